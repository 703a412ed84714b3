import { BYTE, indexOfAscii, indexOfByte, parseDecimal, startsWithAscii } from '../../base/bytes';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { AddressCache, StringCache } from './interning';
import { methodOf, readPort, lastByteBefore, lastIndexOfAscii, lastFrom } from './sshd-text';
import { internField, MAX_FIELD_BYTES, writeLogin, type LineEvent } from './line-event';

/** A count in "message repeated N times" beyond this is cut: it is a number that anyone who can write to the log can choose. */
export const MAX_REPEATS = 1000;

/** The kind that a message without a row is counted as. */
export const SSHD_OTHER = 'sshd other';

const NO_OUTCOME = -1;

/**
 * Messages of OpenSSH's sshd (and sshd-session, since 9.8) to login rows. Messages as auth.c, auth2.c, packet.c, sshd.c and
 * canohost.c of OpenSSH 3 to 9 print them; lines that PAM modules print from within sshd come here too.
 */
export class SshdMessages {
  readonly #sink: RecordSink;
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #service: number;
  #event: LineEvent;
  #times = 1;
  #isRepeat = false;
  #address = 0;
  #name = 0;
  #port = 0;

  constructor(sink: RecordSink, event: LineEvent) {
    this.#sink = sink;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
    this.#service = sink.dictionaries.strings.intern('sshd');
    this.#event = event;
  }

  /** Reads one message; true when it gave at least one row. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#times = 1;
    this.#isRepeat = false;
    this.#address = 0;
    this.#name = 0;
    this.#port = 0;
    return this.#leveled(bytes, start, end);
  }

  /** sshd puts the level before messages that matter; a message has one level, however many a hostile one shows. */
  #leveled(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start];
    const isLeveled =
      (first === 0x65 && startsWithAscii(bytes, 'error: ', start, end)) ||
      (first === 0x66 && startsWithAscii(bytes, 'fatal: ', start, end));
    return this.#dispatch(bytes, isLeveled ? start + 7 : start, end);
  }

  #dispatch(bytes: Uint8Array, start: number, end: number): boolean {
    switch (bytes[start]) {
      case 0x46: // F
        return startsWithAscii(bytes, 'Failed ', start, end) && this.#failed(bytes, start + 7, end);
      case 0x41: // A
        return startsWithAscii(bytes, 'Accepted ', start, end) && this.#accepted(bytes, start + 9, end);
      case 0x49: // I: older versions say "Illegal user"
        if (
          startsWithAscii(bytes, 'Invalid user ', start, end) ||
          startsWithAscii(bytes, 'Illegal user ', start, end)
        )
          return this.#invalidUser(bytes, start + 13, end);
        return false;
      case 0x43: // C
        return this.#connection(bytes, start, end);
      case 0x44: // D
        return this.#disconnect(bytes, start, end);
      case 0x52: // R
        return (
          startsWithAscii(bytes, 'Received disconnect from ', start, end) &&
          this.#plainPeer(bytes, start + 25, end, LOGIN_OUTCOME.disconnect)
        );
      case 0x70: // p
        return startsWithAscii(bytes, 'pam_unix(sshd', start, end) && this.#pamSession(bytes, start, end);
      case 0x6d: // m
        return startsWithAscii(bytes, 'message repeated ', start, end)
          ? this.#repeated(bytes, start + 17, end)
          : this.#tooMany(bytes, start, end);
      default:
        return this.#rare(bytes, start, end);
    }
  }

  #write(outcome: number, method: number, user: number, key = 0): true {
    for (let t = 0; t < this.#times; t++) {
      writeLogin(
        this.#sink.logins,
        this.#event,
        this.#service,
        outcome,
        method,
        user,
        this.#address,
        this.#name,
        this.#port,
        key,
      );
    }
    return true;
  }

  /** Remote host and port from `<address or name> port <n>…` in [start, end); the port may be missing. */
  #peer(bytes: Uint8Array, start: number, end: number): void {
    let stop = start;
    while (stop < end && bytes[stop] !== BYTE.space) stop += 1;
    this.#remote(bytes, start, stop);
    if (startsWithAscii(bytes, ' port ', stop, end)) this.#port = readPort(bytes, stop + 6, end);
  }

  #remote(bytes: Uint8Array, start: number, end: number): void {
    this.#address = this.#addresses.intern(bytes, start, end);
    if (this.#address !== 0 || startsWithAscii(bytes, 'UNKNOWN', start, end)) return;
    this.#name = this.#strings.intern(bytes, start, Math.min(end, start + 255));
  }

  #user(bytes: Uint8Array, start: number, end: number): number {
    return this.#strings.intern(bytes, start, Math.min(end, start + MAX_FIELD_BYTES));
  }

  /** `<method> for [invalid user ]<user> from <peer> port <n> ssh2[: <key>]`, after "Failed ". */
  #failed(bytes: Uint8Array, start: number, end: number): boolean {
    const methodEnd = indexOfByte(bytes, BYTE.space, start, end);
    if (methodEnd === -1 || !startsWithAscii(bytes, ' for ', methodEnd, end)) return false;
    let userStart = methodEnd + 5;
    const isInvalid =
      bytes[userStart] === 0x69 &&
      (startsWithAscii(bytes, 'invalid user ', userStart, end) ||
        startsWithAscii(bytes, 'illegal user ', userStart, end));
    if (isInvalid) userStart += 13;
    // An account that exists has an ordinary name, but what follows its key may hold a certificate's free text; an account that does
    // not exist is free text itself, and no key follows it. Hence the first " from " for the one and the last for the other.
    const from = isInvalid
      ? lastFrom(bytes, userStart, end)
      : indexOfAscii(bytes, ' from ', userStart - 1, end);
    if (from === -1) return false;
    this.#peer(bytes, from + 6, end);
    const method = methodOf(bytes, start, methodEnd);
    const key = method === LOGIN_METHOD.publickey && !isInvalid ? this.#key(bytes, from + 6, end) : 0;
    return this.#write(LOGIN_OUTCOME.failure, method, this.#user(bytes, userStart, from), key);
  }

  #accepted(bytes: Uint8Array, start: number, end: number): boolean {
    const methodEnd = indexOfByte(bytes, BYTE.space, start, end);
    if (methodEnd === -1 || !startsWithAscii(bytes, ' for ', methodEnd, end)) return false;
    const from = indexOfAscii(bytes, ' from ', methodEnd + 4, end);
    if (from === -1) return false;
    this.#peer(bytes, from + 6, end);
    const user = this.#user(bytes, methodEnd + 5, from);
    return this.#write(
      LOGIN_OUTCOME.success,
      methodOf(bytes, start, methodEnd),
      user,
      this.#key(bytes, from + 6, end),
    );
  }

  /** Fingerprint of the key named after `ssh2: `: `RSA SHA256:…`, `RSA 39:33:…`, or a certificate's, which comes first. */
  #key(bytes: Uint8Array, start: number, end: number): number {
    // Not the first colon: an address may end with two of them.
    const mark = indexOfAscii(bytes, ' ssh2: ', start, end);
    if (mark === -1) return 0;
    let at = mark + 7;
    while (at < end && bytes[at] !== BYTE.space) at += 1;
    const keyStart = at + 1;
    let keyEnd = keyStart;
    while (keyEnd < end && bytes[keyEnd] !== BYTE.space && bytes[keyEnd] !== BYTE.comma) keyEnd += 1;
    return keyEnd > keyStart ? internField(this.#sink.dictionaries, bytes, keyStart, keyEnd) : 0;
  }

  /** `<user> from <peer>[ port <n>]`; the user is free text, so the last " from " counts. */
  #invalidUser(bytes: Uint8Array, start: number, end: number): boolean {
    const from = lastFrom(bytes, start, end);
    if (from === -1) return false;
    this.#peer(bytes, from + 6, end);
    return this.#write(LOGIN_OUTCOME.invalidUser, LOGIN_METHOD.unknown, this.#user(bytes, start, from));
  }

  #connection(bytes: Uint8Array, start: number, end: number): boolean {
    if (startsWithAscii(bytes, 'Connection from ', start, end))
      return this.#plainPeer(bytes, start + 16, end, LOGIN_OUTCOME.connect);
    if (
      startsWithAscii(bytes, 'Connection closed by ', start, end) ||
      startsWithAscii(bytes, 'Connection reset by ', start, end)
    ) {
      const at = bytes[start + 11] === 0x63 ? start + 21 : start + 20;
      return this.#userAndPeer(bytes, at, end, LOGIN_OUTCOME.disconnect);
    }
    return false;
  }

  #disconnect(bytes: Uint8Array, start: number, end: number): boolean {
    if (startsWithAscii(bytes, 'Disconnected from ', start, end))
      return this.#userAndPeer(bytes, start + 18, end, LOGIN_OUTCOME.disconnect);
    if (startsWithAscii(bytes, 'Disconnecting: Too many authentication failures for ', start, end))
      return this.#tooManyFor(bytes, start + 52, end);
    if (startsWithAscii(bytes, 'Disconnecting: ', start, end))
      return this.#write(LOGIN_OUTCOME.disconnect, LOGIN_METHOD.unknown, 0);
    if (startsWithAscii(bytes, 'Disconnecting ', start, end))
      return this.#userAndPeer(bytes, start + 14, end, LOGIN_OUTCOME.disconnect);
    if (startsWithAscii(bytes, 'Did not receive identification string from ', start, end))
      return this.#plainPeer(bytes, start + 43, end, LOGIN_OUTCOME.noIdentification);
    return false;
  }

  /** A message that goes on with the peer: `<address>[ port <n>]` and then anything. */
  #plainPeer(bytes: Uint8Array, start: number, end: number, outcome: number): boolean {
    let stop = start;
    while (stop < end && bytes[stop] !== BYTE.space) stop += 1;
    // `Received disconnect from 192.0.2.1: 11: Bye Bye`: the colon is not the address'.
    const last = bytes[stop - 1];
    if (last === BYTE.colon || last === BYTE.comma) stop -= 1;
    if (stop === start) return false;
    this.#remote(bytes, start, stop);
    if (startsWithAscii(bytes, ' port ', stop, end)) this.#port = readPort(bytes, stop + 6, end);
    return this.#write(outcome, LOGIN_METHOD.unknown, 0);
  }

  /** `[<kind> user <user> ]<address> port <n>[: reason]`, in which the user of the kind `invalid` is free text. */
  #userAndPeer(bytes: Uint8Array, start: number, end: number, outcome: number): boolean {
    let userStart = -1;
    for (const prefix of ['authenticating user ', 'invalid user ', 'user ']) {
      if (startsWithAscii(bytes, prefix, start, end)) {
        userStart = start + prefix.length;
        break;
      }
    }
    if (userStart === -1) return this.#plainPeer(bytes, start, end, outcome);
    const first = indexOfAscii(bytes, ' port ', userStart, end);
    if (first === -1) return this.#write(outcome, LOGIN_METHOD.unknown, this.#user(bytes, userStart, end));
    const last = lastIndexOfAscii(bytes, ' port ', userStart, end);
    const space = lastByteBefore(bytes, BYTE.space, last, userStart - 1);
    // Both the user and the reason at the line's end are the client's to choose: with two places that look like a peer, neither is believed.
    if (first !== last)
      return this.#write(outcome, LOGIN_METHOD.unknown, this.#user(bytes, userStart, first));
    this.#remote(bytes, space + 1, last);
    this.#port = readPort(bytes, last + 6, end);
    return this.#write(
      outcome,
      LOGIN_METHOD.unknown,
      this.#user(bytes, userStart, Math.max(userStart, space)),
    );
  }

  /** `maximum authentication attempts exceeded for [invalid user ]<user> from <peer> port <n> ssh2`. */
  #tooMany(bytes: Uint8Array, start: number, end: number): boolean {
    return (
      startsWithAscii(bytes, 'maximum authentication attempts exceeded for ', start, end) &&
      this.#tooManyFor(bytes, start + 45, end)
    );
  }

  #tooManyFor(bytes: Uint8Array, start: number, end: number): boolean {
    const userStart = startsWithAscii(bytes, 'invalid user ', start, end) ? start + 13 : start;
    const from = lastFrom(bytes, userStart, end);
    if (from !== -1) this.#peer(bytes, from + 6, end);
    const preauth = indexOfAscii(bytes, ' [preauth]', userStart, end);
    const userEnd = from !== -1 ? from : preauth !== -1 ? preauth : end;
    return this.#write(
      LOGIN_OUTCOME.maxAttempts,
      LOGIN_METHOD.unknown,
      this.#user(bytes, userStart, userEnd),
    );
  }

  /** `pam_unix(sshd:session): session opened for user <user>(uid=0) by (uid=0)`; sshd itself says all that pam_unix says of a failure. */
  #pamSession(bytes: Uint8Array, start: number, end: number): boolean {
    // `pam_unix(sshd:auth)` is the commonest line of an attacked machine, and gives no row.
    if (bytes[start + 13] === BYTE.colon && bytes[start + 14] === 0x61) return false;
    const at = indexOfAscii(bytes, ': session ', start, Math.min(end, start + 40));
    if (at === -1) return false;
    let outcome: number = NO_OUTCOME;
    if (startsWithAscii(bytes, 'opened for user ', at + 10, end)) outcome = LOGIN_OUTCOME.sessionOpened;
    else if (startsWithAscii(bytes, 'closed for user ', at + 10, end)) outcome = LOGIN_OUTCOME.sessionClosed;
    if (outcome === NO_OUTCOME) return false;
    let stop = at + 26;
    while (stop < end && bytes[stop] !== BYTE.space && bytes[stop] !== 0x28) stop += 1;
    return this.#write(outcome, LOGIN_METHOD.unknown, this.#user(bytes, at + 26, stop));
  }

  /** `<n> times: [ <message>]`: the syslog daemon folded equal lines; each counts. */
  #repeated(bytes: Uint8Array, start: number, end: number): boolean {
    const space = indexOfByte(bytes, BYTE.space, start, end);
    const times = space === -1 ? Number.NaN : parseDecimal(bytes, start, space);
    if (this.#isRepeat || Number.isNaN(times) || !startsWithAscii(bytes, ' times: [', space, end))
      return false;
    this.#isRepeat = true;
    let at = space + 9;
    while (at < end && bytes[at] === BYTE.space) at += 1;
    const close = lastByteBefore(bytes, BYTE.closeBracket, end, at);
    if (times > MAX_REPEATS)
      this.#sink.note(
        `A line says that its message was repeated more than ${MAX_REPEATS} times; only ${MAX_REPEATS} are counted.`,
      );
    this.#times = Math.max(1, Math.min(MAX_REPEATS, times));
    return this.#leveled(bytes, at, close > at ? close : end);
  }

  #rare(bytes: Uint8Array, start: number, end: number): boolean {
    const unmatched = LOGIN_METHOD.unknown;
    switch (bytes[start]) {
      case 0x42: // Bad protocol version identification '<free text>' from <peer>
      case 0x62: // banner exchange: Connection from <peer>: invalid format
        return this.#noIdentification(bytes, start, end);
      case 0x50: // PAM: <reason> for [illegal user ]<user> from <peer>
        return startsWithAscii(bytes, 'PAM: ', start, end) && this.#pamError(bytes, start + 5, end);
      case 0x55: // User <user> from <peer> not allowed because …; Unable to negotiate with <peer> port <n>: …
        if (startsWithAscii(bytes, 'Unable to negotiate with ', start, end))
          return this.#plainPeer(bytes, start + 25, end, LOGIN_OUTCOME.disconnect);
        return startsWithAscii(bytes, 'User ', start, end) && this.#notAllowed(bytes, start + 5, end);
      case 0x54: // Timeout before authentication for …; Too many authentication failures for …
        if (startsWithAscii(bytes, 'Too many authentication failures for ', start, end))
          return this.#tooManyFor(bytes, start + 37, end);
        if (!startsWithAscii(bytes, 'Timeout before authentication for ', start, end)) return false;
        return this.#plainPeer(
          bytes,
          start + (startsWithAscii(bytes, 'connection from ', start + 34, end) ? 50 : 34),
          end,
          LOGIN_OUTCOME.disconnect,
        );
      case 0x73: // ssh_dispatch_run_fatal: Connection from <peer> port <n>: …
        return (
          startsWithAscii(bytes, 'ssh_dispatch_run_fatal: Connection from ', start, end) &&
          this.#plainPeer(bytes, start + 40, end, LOGIN_OUTCOME.disconnect)
        );
      case 0x64: // drop connection #10 from [<address>]:<port> on …
        return startsWithAscii(bytes, 'drop connection ', start, end) && this.#dropped(bytes, start, end);
      case 0x72: // refused connect from <name> (<address>), by TCP wrappers
        if (!startsWithAscii(bytes, 'refused connect from ', start, end)) return false;
        this.#refused(bytes, start + 21, end);
        return this.#write(LOGIN_OUTCOME.disconnect, unmatched, 0);
      default:
        return false;
    }
  }

  #noIdentification(bytes: Uint8Array, start: number, end: number): boolean {
    if (startsWithAscii(bytes, 'banner exchange: Connection from ', start, end))
      return this.#plainPeer(bytes, start + 33, end, LOGIN_OUTCOME.noIdentification);
    if (!startsWithAscii(bytes, 'Bad protocol version identification ', start, end)) return false;
    const from = lastFrom(bytes, start, end);
    if (from === -1) return false;
    return this.#plainPeer(bytes, from + 6, end, LOGIN_OUTCOME.noIdentification);
  }

  /**
   * For an unknown account sshd prints its own `Failed keyboard-interactive/pam` at once, which is the row. For a known one it does so only
   * from half of MaxAuthTries on (auth.c, auth_log), so this line is the row; those later tries are counted twice.
   */
  #pamError(bytes: Uint8Array, start: number, end: number): boolean {
    const at = indexOfAscii(bytes, ' for ', start, end);
    if (at === -1 || startsWithAscii(bytes, 'illegal user ', at + 5, end)) return false;
    const from = lastFrom(bytes, at + 5, end);
    if (from === -1) return false;
    this.#peer(bytes, from + 6, end);
    return this.#write(
      LOGIN_OUTCOME.failure,
      LOGIN_METHOD.keyboardInteractive,
      this.#user(bytes, at + 5, from),
    );
  }

  #notAllowed(bytes: Uint8Array, start: number, end: number): boolean {
    const because = indexOfAscii(bytes, ' not allowed because ', start, end);
    if (because === -1) return false;
    const from = lastFrom(bytes, start, because);
    if (from !== -1) this.#peer(bytes, from + 6, because);
    return this.#write(
      LOGIN_OUTCOME.invalidUser,
      LOGIN_METHOD.unknown,
      this.#user(bytes, start, from === -1 ? because : from),
    );
  }

  #dropped(bytes: Uint8Array, start: number, end: number): boolean {
    const open = indexOfByte(bytes, BYTE.openBracket, start, end);
    const close = open === -1 ? -1 : indexOfByte(bytes, BYTE.closeBracket, open, end);
    if (close === -1) return false;
    this.#remote(bytes, open + 1, close);
    if (bytes[close + 1] === BYTE.colon) this.#port = readPort(bytes, close + 2, end);
    return this.#write(LOGIN_OUTCOME.disconnect, LOGIN_METHOD.unknown, 0);
  }

  #refused(bytes: Uint8Array, start: number, end: number): void {
    const open = lastByteBefore(bytes, 0x28, end, start);
    const close = open === -1 ? -1 : indexOfByte(bytes, 0x29, open, end);
    if (close !== -1) this.#address = this.#addresses.intern(bytes, open + 1, close);
    if (this.#address === 0) this.#peer(bytes, start, end);
  }
}
