import { BYTE, startsWithAscii } from '../../base/bytes';
import { LOGIN_METHOD } from '../../tables/schemas';

// Pieces of sshd's messages, read from bytes.

/** LOGIN_METHOD of `password`, `keyboard-interactive/pam`, …, by its first letters. */
export function methodOf(bytes: Uint8Array, start: number, end: number): number {
  switch (bytes[start]) {
    case 0x70:
      return bytes[start + 1] === 0x61 ? LOGIN_METHOD.password : LOGIN_METHOD.publickey;
    case 0x6b:
      return startsWithAscii(bytes, 'keyboard', start, end)
        ? LOGIN_METHOD.keyboardInteractive
        : LOGIN_METHOD.kerberos;
    case 0x6e:
      return LOGIN_METHOD.none;
    case 0x68:
      return LOGIN_METHOD.hostbased;
    case 0x67:
      return LOGIN_METHOD.gssapi;
    default:
      return LOGIN_METHOD.other;
  }
}

/** Port number at `at`; 0 when there is none or it is no port. */
export function readPort(bytes: Uint8Array, at: number, end: number): number {
  let port = 0;
  for (let i = at; i < end; i++) {
    const digit = (bytes[i] as number) - BYTE.zero;
    if (digit < 0 || digit > 9) break;
    port = port * 10 + digit;
    if (port > 65535) return 0;
  }
  return port;
}

export function lastByteBefore(bytes: Uint8Array, byte: number, before: number, lowest: number): number {
  for (let i = before - 1; i >= lowest; i--) if (bytes[i] === byte) return i;
  return -1;
}

export function lastIndexOfAscii(bytes: Uint8Array, text: string, start: number, end: number): number {
  for (let i = end - text.length; i >= start; i--) if (startsWithAscii(bytes, text, i, end)) return i;
  return -1;
}

/** Index of the last " from " whose space may lie just before `start` (an empty user name). */
export function lastFrom(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 6; i >= start - 1; i--) {
    if (
      bytes[i + 1] === 0x66 &&
      bytes[i] === BYTE.space &&
      bytes[i + 2] === 0x72 &&
      bytes[i + 3] === 0x6f &&
      bytes[i + 4] === 0x6d &&
      bytes[i + 5] === BYTE.space
    )
      return i;
  }
  return -1;
}
