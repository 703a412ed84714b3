import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import {
  addressRange,
  cidrContains,
  defang,
  formatAddress,
  parseAddress,
  parseAddressBytes,
  parseCidr,
  parsedWords,
} from './addresses';
import { encodeUtf8 } from './bytes';

/** ipaddr.js' view of an address as sixteen bytes, IPv4 mapped. */
function peerBytes(text: string): number[] {
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress().toByteArray() : address.toByteArray();
}

function wordsToBytes(words: readonly number[]): number[] {
  return words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

function canonical(text: string): string | null {
  const words = parseAddress(text);
  return words && formatAddress(...words);
}

describe('parseAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]', 'fe80::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    // RFC 5952, section 4.2.3: of two equal runs of zeros the first is shortened.
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ])('reads %s as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    '',
    '-',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    'example.com',
    '1:2',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    ':1',
    '1:',
    '::1.2.3',
    '::1.2.3.4.5',
    '[::1',
    '::1]',
    'g::1',
    '١.٢.٣.٤',
    '::ffff:1.2.3.256',
    '1:2:3:4:5:6:7:1.2.3.4',
    'x'.repeat(500),
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('agrees with ipaddr.js on IPv4', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(wordsToBytes(parseAddress(text) ?? [])).toEqual(peerBytes(text));
        expect(canonical(text)).toBe(text);
      }),
    );
  });

  it('agrees with ipaddr.js on IPv6 in all its spellings, reading and writing', () => {
    // ipaddr.js reads the deprecated IPv4-compatible form (RFC 4291, section 2.5.5.1) as mapped; the URL parser is the peer for it.
    const isCompatible = (text: string): boolean => /^[0:]*:\d+\.\d/.test(text);
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        fc.pre(!isCompatible(text));
        expect(wordsToBytes(parseAddress(text) ?? [])).toEqual(peerBytes(text));
        const address = ipaddr.parse(text) as ipaddr.IPv6;
        if (!address.isIPv4MappedAddress()) expect(canonical(text)).toBe(address.toRFC5952String());
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the URL parser of the platform on IPv6', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(parseAddress(text)).toEqual(parseAddress(host));
        if (!host.startsWith('::ffff:')) expect(canonical(text)).toBe(host);
      }),
      { numRuns: 500 },
    );
  });

  it('reads from the middle of a line, and leaves what surrounds it alone', () => {
    const bytes = encodeUtf8('from 203.0.113.9 port');
    expect(parseAddressBytes(bytes, 5, 16)).toBe(true);
    expect([...parsedWords]).toEqual([0, 0, 0xffff, 0xcb007109]);
    expect(parseAddressBytes(bytes, 5, 17)).toBe(false);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(typeof parseAddressBytes(bytes, 0, bytes.length)).toBe('boolean');
      }),
    );
  });
});

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
  ])('%s holds %s: %s', (network, address, expected) => {
    const cidr = parseCidr(network)!;
    expect(cidrContains(cidr, ...parseAddress(address)!)).toBe(expected);
  });

  it('agree with ipaddr.js on what they hold', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat({ max: 32 }), (address, network, bits) => {
        const expected = ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network), bits);
        expect(cidrContains(parseCidr(`${network}/${bits}`)!, ...parseAddress(address)!)).toBe(expected);
      }),
    );
  });

  it.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '10.0.0.0/', '10.0.0.0/1.5', 'host/8', '::/129'])(
    'refuses %s',
    (text) => {
      expect(parseCidr(text)).toBeNull();
    },
  );
});

it('knows the kind of an address', () => {
  const range = (text: string): string => addressRange(...parseAddress(text)!);
  expect([range('10.1.2.3'), range('::ffff:127.0.0.1'), range('fe80::1'), range('8.8.8.8')]).toEqual([
    'private',
    'loopback',
    'linkLocal',
    'unicast',
  ]);
});

it('defangs addresses and links', () => {
  expect(defang('198.51.100.7')).toBe('198[.]51[.]100[.]7');
  expect(defang('2001:db8::1')).toBe('2001[:]db8[:][:]1');
  expect(defang('http://evil.example/a')).toBe('hxxp://evil[.]example/a');
  expect(defang('ftp://evil.example/a')).toBe('fxp://evil[.]example/a');
});
