import { BYTE, decodeUtf8, indexOfAscii, parseDecimal, startsWithAscii } from '../../base/bytes';
import { CONN_STATE, UNKNOWN_PROTOCOL } from '../../tables/schemas';
import { protocolOf } from './enumerations';

// Parts of the messages of Cisco's firewalls, read from their bytes: there are gigabytes of them.

export const TCP = 6;
export const UDP = 17;
/** Ids of connections have 32 bits. */
export const CONNECTIONS = 2 ** 32;

/** Whether this ends an address: a blank, a bracket, `/` or a comma. */
export function isAddressEnd(byte: number): boolean {
  return byte === BYTE.slash || byte <= BYTE.space || byte === 0x28 || byte === BYTE.comma;
}

/** The index behind `6-302013` or `session-6-302013` at `at`; −1 when there is none. */
export function afterTag(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  for (; i < Math.min(end, at + 24); i++) {
    const byte = bytes[i] as number;
    if (byte >= BYTE.zero && byte <= BYTE.nine && bytes[i + 1] === BYTE.dash) break;
  }
  const number = i + 2;
  return digitsFrom(bytes, number, Math.min(end, number + 6)) === number + 6 ? number + 6 : -1;
}

export function connectionId(bytes: Uint8Array, start: number, end: number): number {
  const at = indexOfAscii(bytes, 'connection ', start, end);
  if (at === -1) return Number.NaN;
  const stop = digitsFrom(bytes, at + 11, end);
  const id = parseDecimal(bytes, at + 11, stop);
  return id < CONNECTIONS ? id : Number.NaN;
}

export function digitsFrom(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (bytes[i] as number) >= BYTE.zero && (bytes[i] as number) <= BYTE.nine) i += 1;
  return i;
}

/** The number behind these words, as a port or a type; 0 when there is none. */
export function numberBehind(bytes: Uint8Array, words: string, start: number, end: number): number {
  const at = indexOfAscii(bytes, words, start, end);
  if (at === -1) return 0;
  const from = at + words.length;
  return portOf(parseDecimal(bytes, from, digitsFrom(bytes, from, end)));
}

export function portOf(value: number): number {
  return value <= 65535 ? value : 0;
}

export function isService(port: number): boolean {
  return port > 0 && port < 1024;
}

/** Seconds of `0:00:53` or `31:10:15`; NaN when it is none. */
export function secondsAt(bytes: Uint8Array, at: number, end: number): number {
  let seconds = 0;
  let i = at;
  for (let part = 0; part < 3; part++) {
    const stop = digitsFrom(bytes, i, end);
    const value = parseDecimal(bytes, i, stop);
    if (Number.isNaN(value) || (part < 2 && bytes[stop] !== BYTE.colon)) return Number.NaN;
    seconds = seconds * 60 + value;
    i = stop + 1;
  }
  return seconds <= 1e9 ? seconds : Number.NaN;
}

/** Where these words first stand outside of round brackets; −1 when they don't. */
export function outsideBrackets(bytes: Uint8Array, words: string, start: number, end: number): number {
  let depth = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x28) depth += 1;
    else if (byte === 0x29) depth -= 1;
    else if (depth <= 0 && byte === BYTE.space && startsWithAscii(bytes, words, i, end)) return i;
  }
  return -1;
}

/** The protocol that one of the words names; `Deny protocol 50` has a number. */
export function protocolIn(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (i > start && bytes[i - 1] !== BYTE.space) continue;
    let stop = i;
    while (stop < end && bytes[stop] !== BYTE.space) stop += 1;
    if (stop - i < 1 || stop - i > 10) continue;
    const protocol = protocolWord(bytes, i, stop);
    if (protocol !== UNKNOWN_PROTOCOL) return protocol;
  }
  return UNKNOWN_PROTOCOL;
}

function protocolWord(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 3) {
    const first = (bytes[start] as number) | 0x20;
    const last = (bytes[end - 1] as number) | 0x20;
    if (first === 0x74 && last === 0x70) return TCP;
    if (first === 0x75 && last === 0x70) return UDP;
  }
  const word = decodeUtf8(bytes, start, end);
  // One letter is no protocol's name here.
  return word.length === 1 && !/\d/.test(word) ? UNKNOWN_PROTOCOL : protocolOf(word);
}

/**
 * What the reason of a TCP teardown says of the handshake (302014, "Reason"). A reset before any byte is a closed port, or whoever called took
 * it back: neither is an agreement.
 */
export function stateOf(bytes: Uint8Array, start: number, end: number, sent: number): number {
  const says = (words: string): boolean => indexOfAscii(bytes, words, start, end) !== -1;
  if (says('SYN Timeout')) return CONN_STATE.attempt;
  if (sent > 0) return CONN_STATE.established;
  if (says('TCP FINs') || says('FIN Timeout') || says('dle Timeout') || says('Conn-timeout'))
    return CONN_STATE.established;
  return CONN_STATE.unknown;
}
