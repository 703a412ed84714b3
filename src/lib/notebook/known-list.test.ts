import { describe, expect, it } from 'vitest';
import { MOST_KNOWN, parseKnownList } from './known-list';

const read = (text: string): (string | undefined)[][] =>
  parseKnownList(text, 'ranges.txt').entries.map((entry) => [entry.cidr ?? entry.actor, entry.label]);

describe('a file of known ranges', () => {
  it('may be a plain list with remarks', () => {
    const text =
      '\uFEFF# Scanner\r\n162.142.125.0/24\r\n\r\n2602:80d:1000::/44 ; new\r\n; old\r\n192.0.2.7\r\nnot.a.range\r\n';
    expect(read(text)).toEqual([
      ['162.142.125.0/24', 'ranges.txt'],
      ['2602:80d:1000::/44', 'ranges.txt'],
      ['192.0.2.7', 'ranges.txt'],
    ]);
    expect(parseKnownList(text, 'x')).toMatchObject({ unreadable: 1, leftOut: 0 });
  });

  it('may be CSV, with a header or without', () => {
    expect(
      read('organization,first seen,cidr\n"Scan, Inc.",2015,192.0.2.0/24\nOther,2016,198.51.100.0/24\n'),
    ).toEqual([
      ['192.0.2.0/24', 'Scan, Inc.'],
      ['198.51.100.0/24', 'Other'],
    ]);
    expect(read('192.0.2.0/24;Scan\n198.51.100.1;Other\n')).toEqual([
      ['192.0.2.0/24', 'Scan'],
      ['198.51.100.1', 'Other'],
    ]);
  });

  it('may be JSON as clouds and scanners publish it', () => {
    const aws = {
      syncToken: '1',
      prefixes: [{ ip_prefix: '192.0.2.0/24', region: 'x', service: 'S3' }],
      ipv6_prefixes: [{ ipv6_prefix: '2001:db8::/32', service: 'EC2' }],
    };
    expect(read(JSON.stringify(aws))).toEqual([
      ['192.0.2.0/24', 'S3'],
      ['2001:db8::/32', 'EC2'],
    ]);
    const scanners = [{ name: 'Scan', ranges: ['192.0.2.0/24', '198.51.100.9'] }];
    expect(read(JSON.stringify(scanners))).toEqual([
      ['192.0.2.0/24', 'Scan'],
      ['198.51.100.9', 'Scan'],
    ]);
    expect(read('["192.0.2.0/24"]')).toEqual([['192.0.2.0/24', 'ranges.txt']]);
    expect(read('{"192.0.2.0/24": "Scan"}')).toEqual([['192.0.2.0/24', 'Scan']]);
  });

  it('says what it did not take', () => {
    expect(read('[broken')).toEqual([]);
    const many = Array.from(
      { length: MOST_KNOWN + 5 },
      (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    );
    const list = parseKnownList(many.join('\n'), 'x');
    expect(list.entries).toHaveLength(MOST_KNOWN);
    expect(list.leftOut).toBe(5);
  });
});
