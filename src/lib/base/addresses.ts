import ipaddr from 'ipaddr.js';

/**
 * An address as four 32-bit words, most significant first; IPv4 is held mapped (::ffff:a.b.c.d), so that
 * `::ffff:192.0.2.1` in one log and `192.0.2.1` in another are one address.
 */
export type AddressWords = [number, number, number, number];

export const MAPPED_PREFIX = 0xffff;

/** What parseAddressBytes wrote last; one shared target keeps the hot path free of allocation. */
export const parsedWords: Uint32Array = new Uint32Array(4);

/**
 * Reads an IPv4 or IPv6 address from ASCII bytes into `parsedWords`. Returns false when the bytes are not an address
 * (`-`, a host name, an octet over 255). IPv6 zone ids (`%eth0`) and brackets are accepted and dropped.
 */
export function parseAddressBytes(bytes: Uint8Array, start: number, end: number): boolean {
  return (end - start <= 15 && parseIpv4Bytes(bytes, start, end)) || parseIpv6Bytes(bytes, start, end);
}

function parseIpv4Bytes(bytes: Uint8Array, start: number, end: number): boolean {
  let octet = -1;
  let dots = 0;
  let word = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 48 && byte <= 57) {
      octet = octet === -1 ? byte - 48 : octet * 10 + byte - 48;
      if (octet > 255) return false;
    } else if (byte === 46) {
      if (octet === -1 || dots === 3) return false;
      word = (word << 8) | octet;
      octet = -1;
      dots += 1;
    } else return false;
  }
  if (dots !== 3 || octet === -1) return false;
  parsedWords[0] = 0;
  parsedWords[1] = 0;
  parsedWords[2] = MAPPED_PREFIX;
  parsedWords[3] = ((word << 8) | octet) >>> 0;
  return true;
}

function parseIpv6Bytes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 2 && bytes[start] === 91 && bytes[end - 1] === 93) {
    start += 1;
    end -= 1;
  }
  if (end - start < 2 || end - start > 64) return false;
  const groups = new Uint16Array(8);
  let count = 0;
  let gapAt = -1;
  let value = -1;
  let digits = 0;
  let groupStart = start;
  let i = start;
  for (; i <= end; i++) {
    const byte = i < end ? (bytes[i] as number) : -1;
    const digit =
      byte >= 48 && byte <= 57
        ? byte - 48
        : byte >= 97 && byte <= 102
          ? byte - 87
          : byte >= 65 && byte <= 70
            ? byte - 55
            : -1;
    if (digit >= 0) {
      value = value === -1 ? digit : value * 16 + digit;
      digits += 1;
      if (digits > 4) return false;
      continue;
    }
    if (byte === 46) {
      // A dotted tail: the last two groups as an IPv4 address.
      let tailEnd = groupStart;
      while (tailEnd < end && bytes[tailEnd] !== 37) tailEnd += 1;
      if (count > 6 || !parseIpv4Bytes(bytes, groupStart, tailEnd) || tailEnd - groupStart > 15) return false;
      const word = parsedWords[3] as number;
      groups[count] = word >>> 16;
      groups[count + 1] = word & 0xffff;
      count += 2;
      break;
    }
    if (value !== -1) {
      if (count === 8) return false;
      groups[count] = value;
      count += 1;
      value = -1;
      digits = 0;
    }
    if (byte === -1 || byte === 37) break;
    if (byte !== 58) return false;
    if (i + 1 < end && bytes[i + 1] === 58) {
      if (gapAt !== -1) return false;
      gapAt = count;
      i += 1;
    } else if (i === start || i + 1 >= end) return false;
    groupStart = i + 1;
  }
  if (gapAt === -1 ? count !== 8 : count > 7) return false;
  if (gapAt !== -1) {
    const tail = count - gapAt;
    groups.copyWithin(8 - tail, gapAt, count);
    groups.fill(0, gapAt, 8 - tail);
  }
  for (let w = 0; w < 4; w++) {
    parsedWords[w] = (((groups[2 * w] as number) << 16) | (groups[2 * w + 1] as number)) >>> 0;
  }
  return true;
}

const scratch = new Uint8Array(64);

/** The words of an address text, or null when it is not an address. */
export function parseAddress(text: string): AddressWords | null {
  if (text.length > 64) return null;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return null;
    scratch[i] = code;
  }
  if (!parseAddressBytes(scratch, 0, text.length)) return null;
  return [
    parsedWords[0] as number,
    parsedWords[1] as number,
    parsedWords[2] as number,
    parsedWords[3] as number,
  ];
}

export function isMappedIpv4(w0: number, w1: number, w2: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === MAPPED_PREFIX;
}

/** Canonical text: dotted IPv4, RFC 5952 IPv6. */
export function formatAddress(w0: number, w1: number, w2: number, w3: number): string {
  if (isMappedIpv4(w0, w1, w2)) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`;
  const groups: number[] = [];
  for (const word of [w0, w1, w2, w3]) groups.push(word >>> 16, word & 0xffff);
  return new ipaddr.IPv6(groups).toRFC5952String();
}

/** A network as words and a prefix length counted over 128 bits. */
export interface Cidr {
  readonly words: AddressWords;
  readonly prefix: number;
  readonly text: string;
}

/** `10.0.0.0/8`, `2001:db8::/32` or a bare address (one host); null when it is neither. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const words = parseAddress(slash === -1 ? text.trim() : text.slice(0, slash).trim());
  if (!words) return null;
  const isV4 = isMappedIpv4(words[0], words[1], words[2]) && !text.includes(':');
  const widest = isV4 ? 32 : 128;
  const suffix = slash === -1 ? String(widest) : text.slice(slash + 1).trim();
  const bits = Number(suffix);
  if (!/^\d{1,3}$/.test(suffix) || bits > widest) return null;
  return { words, prefix: isV4 ? bits + 96 : bits, text: text.trim() };
}

export function cidrContains(cidr: Cidr, w0: number, w1: number, w2: number, w3: number): boolean {
  const { words, prefix } = cidr;
  return (
    agree(w0, words[0], prefix) &&
    agree(w1, words[1], prefix - 32) &&
    agree(w2, words[2], prefix - 64) &&
    agree(w3, words[3], prefix - 96)
  );
}

/** Whether two words have their first `bits` bits in common; any two do where none is asked for. */
function agree(a: number, b: number, bits: number): boolean {
  return bits <= 0 || (a ^ b) >>> (32 - Math.min(32, bits)) === 0;
}

/** What kind of address it is, by the registries that ipaddr.js follows: `private`, `loopback`, `linkLocal`, `unicast`, … */
export function addressRange(w0: number, w1: number, w2: number, w3: number): string {
  return ipaddr.process(formatAddress(w0, w1, w2, w3)).range();
}

/** `198[.]51[.]100[.]7`, `2001[:]db8[:]…`: an indicator that a mail or chat program will not turn into a link. */
export function defang(indicator: string): string {
  return indicator
    .replace(/^(h)tt(ps?:)/i, '$1xx$2')
    .replace(/^(f)t(p:)/i, '$1x$2')
    .replace(/[.:](?!\/\/)/g, (mark) => `[${mark}]`);
}
