import { BYTE, decodeUtf8, encodeUtf8, parseDecimal } from '../../base/bytes';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND, TIME_BASIS } from '../../base/time';
import { CONN_STATE, LOGIN_OUTCOME, UNKNOWN_PROTOCOL, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { ByteTable } from './byte-table';
import { commitFlow } from './commit-rows';
import { loginOutcomeOf } from './enumerations';
import { LONGEST_SECONDS, MOST_DIGITS, packetCount, writeFirewallLogin } from './firewall-rows';
import { AddressCache, StringCache } from './interning';
import { KindCounts } from './kind-counts';
import type { LineEvent } from './line-event';
import { OpenConnections } from './open-connections';
import { noTime } from './reject-reasons';
import { parsedTime, parseEpochBytes } from './time';
import { readIsoTime } from './time-prefix';

/** The fields that are read, by their place in `starts` and `ends`. */
const FIELDS = [
  ...[
    'date',
    'time',
    'tz',
    'eventtime',
    'timestamp',
    'devname',
    'devid',
    'type',
    'subtype',
    'action',
    'logid',
  ],
  ...[
    'srcip',
    'dstip',
    'srcport',
    'dstport',
    'proto',
    'duration',
    'sentbyte',
    'rcvdbyte',
    'sentpkt',
    'rcvdpkt',
  ],
  ...['sessionid', 'status', 'user', 'remip', 'ui', 'method', 'tunneltype'],
] as const;
const F = Object.fromEntries(FIELDS.map((name, i) => [name, i])) as Readonly<
  Record<(typeof FIELDS)[number], number>
>;

const TCP = 6;
const HAVE_PORTS: readonly number[] = [TCP, 17, 132];
/** Ids of sessions have 32 bits; the device that counted them goes above. */
const SESSIONS = 2 ** 32;
const SCRATCH = new Uint8Array(32);

/**
 * FortiGate's own log format, `name=value name="value"` (Fortinet, "FortiOS Log Message Reference"; `set format csv` puts commas for the blanks):
 * traffic as flows, logins to the device and through its VPN as logins; all else is counted by type and subtype. A traffic record is written
 * when its session ends, or begins (`start`), or every two minutes while it lasts (log id 20), with the sums so far: one row a session.
 */
export class FortigateMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  readonly #names = new ByteTable<number>(FIELDS.length + 1);
  readonly #starts = new Int32Array(FIELDS.length);
  readonly #ends = new Int32Array(FIELDS.length);
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #sessions: OpenConnections;
  readonly #kinds: KindCounts;
  #bytes: Uint8Array = new Uint8Array(0);

  /** `isFile`: see `OpenConnections`. */
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    this.#sink = sink;
    this.#event = event;
    FIELDS.forEach((name, i) => {
      const key = encodeUtf8(name);
      this.#names.set(key, 0, key.length, i);
    });
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
    this.#sessions = new OpenConnections(
      sink,
      'fortigate session so far, as a later record holds it',
      isFile,
    );
    this.#kinds = new KindCounts(sink, 'fortigate');
  }

  get hasHeld(): boolean {
    return this.#sessions.hasHeld;
  }

  finish(): void {
    this.#sessions.finish(
      (open) =>
        `Sessions still open at the end of the file: ${open}. Their rows hold what was counted so far.`,
    );
  }

  /** The fields from `start` on; where none tells the time, the header's counts. The reason when they cannot be read. */
  read(bytes: Uint8Array, start: number, end: number): string | null {
    this.#split(bytes, start, end);
    const isTraffic = this.#is(F.type, 'traffic');
    const isLogin = !isTraffic && this.#is(F.type, 'event');
    if (this.#isEmpty(F.type))
      return 'there is no type=, so it is not known whether this is traffic or an event';
    if (!isTraffic && !isLogin) {
      this.#count();
      return null;
    }
    if (!this.#time()) return noTime('eventtime=, or date= and time=', 'date=2024-03-10 time=12:00:00');
    if (!isTraffic) {
      if (!this.#login()) this.#count();
      return null;
    }
    const reason = this.#traffic();
    if (reason !== null) this.#sink.flows.abandon();
    return reason;
  }

  #count(): void {
    const text = [this.#text(F.type), this.#text(F.subtype)].filter((word) => word !== '').join('/');
    this.#kinds.skip(text);
  }

  #split(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#starts.fill(0);
    this.#ends.fill(0);
    const isEnd = (byte: number): boolean => byte === BYTE.comma || byte <= BYTE.space;
    let at = start;
    while (at < end) {
      while (at < end && isEnd(bytes[at] as number)) at += 1;
      let equals = at;
      while (equals < end && bytes[equals] !== 0x3d && !isEnd(bytes[equals] as number)) equals += 1;
      if (bytes[equals] !== 0x3d || equals >= end) {
        at = equals;
        continue;
      }
      let from = equals + 1;
      let to: number;
      if (bytes[from] === BYTE.quote && from < end) {
        from += 1;
        to = closingQuote(bytes, from, end);
      } else {
        to = from;
        while (to < end && !isEnd(bytes[to] as number)) to += 1;
      }
      const field = this.#names.get(bytes, at, equals);
      // The first one counts: what a user put into a later field's text must not replace it.
      if (field !== undefined && this.#ends[field] === 0) {
        this.#starts[field] = from;
        this.#ends[field] = to;
      }
      at = to < end && bytes[to] === BYTE.quote ? to + 1 : to;
    }
  }

  #isEmpty(field: number): boolean {
    return this.#ends[field] === this.#starts[field];
  }

  #is(field: number, word: string): boolean {
    const start = this.#starts[field] as number;
    if ((this.#ends[field] as number) - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.#bytes[start + i] !== word.charCodeAt(i)) return false;
    return true;
  }

  #text(field: number): string {
    return decodeUtf8(this.#bytes, this.#starts[field], this.#ends[field]);
  }

  /** A count; NaN when the field is missing or no number. */
  #number(field: number): number {
    const start = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    return end - start > MOST_DIGITS ? Number.NaN : parseDecimal(this.#bytes, start, end);
  }

  /** `eventtime` is an epoch in seconds (6.0) or nanoseconds (6.2 and later); else date and time with `tz`, else the line's header. */
  #time(): boolean {
    const event = this.#event;
    for (const field of [F.eventtime, F.timestamp]) {
      const start = this.#starts[field] as number;
      const end = this.#ends[field] as number;
      if (end - start >= 9 && parseEpochBytes(this.#bytes, start, end)) {
        event.us = parsedTime.us;
        event.basis = TIME_BASIS.absolute;
        return true;
      }
    }
    if (!this.#dateAndTime()) return !Number.isNaN(event.us);
    const minutes = zoneMinutes(this.#text(F.tz));
    // A header with a zone is the better clock where the device does not say its own.
    if (Number.isNaN(minutes) && event.basis === TIME_BASIS.absolute && !Number.isNaN(event.us)) return true;
    event.us = Number.isNaN(minutes) ? parsedTime.us : parsedTime.us - minutes * MICROS_PER_MINUTE;
    event.basis = Number.isNaN(minutes) ? TIME_BASIS.local : TIME_BASIS.absolute;
    return true;
  }

  #dateAndTime(): boolean {
    const dateLength = (this.#ends[F.date] as number) - (this.#starts[F.date] as number);
    const timeLength = (this.#ends[F.time] as number) - (this.#starts[F.time] as number);
    if (dateLength !== 10 || timeLength < 8 || timeLength > 16) return false;
    SCRATCH.set(this.#bytes.subarray(this.#starts[F.date], this.#ends[F.date]));
    SCRATCH[10] = BYTE.space;
    SCRATCH.set(this.#bytes.subarray(this.#starts[F.time], this.#ends[F.time]), 11);
    return readIsoTime(SCRATCH, 0, 11 + timeLength) !== -1;
  }

  #traffic(): string | null {
    const { row } = this.#sink.flows;
    row.srcAddr = this.#address(F.srcip);
    row.dstAddr = this.#address(F.dstip);
    if (row.srcAddr === 0 || row.dstAddr === 0) return 'srcip= and dstip= are not both IP addresses';
    const protocol = this.#number(F.proto);
    row.protocol = protocol <= 255 ? protocol : UNKNOWN_PROTOCOL;
    if (HAVE_PORTS.includes(row.protocol)) {
      row.srcPort = this.#port(F.srcport);
      row.dstPort = this.#port(F.dstport);
    }
    const seconds = this.#number(F.duration);
    row.endUs = this.#event.us;
    row.startUs = seconds <= LONGEST_SECONDS ? row.endUs - seconds * MICROS_PER_SECOND : row.endUs;
    row.timeBasis = this.#event.basis;
    row.sensor = this.#device();
    this.#counters();
    return this.#commit();
  }

  /** What each way carried, and how it ended. Zeros of a denied session count what was let through, not what came. */
  #counters(): void {
    const { row } = this.#sink.flows;
    const isDenied = this.#is(F.action, 'deny') || this.#is(F.action, 'blocked');
    row.verdict = isDenied ? VERDICT.reject : VERDICT.accept;
    if (isDenied && !(this.#number(F.sentbyte) > 0)) return;
    row.srcBytes = this.#number(F.sentbyte);
    row.dstBytes = this.#number(F.rcvdbyte);
    const sent = this.#number(F.sentpkt);
    const received = this.#number(F.rcvdpkt);
    row.srcPackets = packetCount(sent);
    row.dstPackets = packetCount(received);
    if (row.protocol !== TCP || isDenied) return;
    if (this.#is(F.action, 'close')) row.connState = CONN_STATE.established;
    else if (this.#is(F.action, 'ip-conn') || received === 0) row.connState = CONN_STATE.attempt;
    else if (this.#is(F.action, 'server-rst') && received <= 1) row.connState = CONN_STATE.refused;
  }

  #commit(): null {
    const { offset, line } = this.#event;
    const session = this.#number(F.sessionid);
    const isFirst = this.#is(F.action, 'start');
    if (!(session < SESSIONS)) commitFlow(this.#sink.flows, offset, line);
    else {
      const key = this.#device() * SESSIONS + session;
      if (isFirst || this.#isStatistics()) this.#sessions.update(key, offset, line);
      else this.#sessions.end(key, offset, line);
    }
    return null;
  }

  /** Log id 20 (its last six digits), "forward traffic statistics", of a session that goes on. */
  #isStatistics(): boolean {
    const end = this.#ends[F.logid] as number;
    const start = this.#starts[F.logid] as number;
    if (end - start !== 10) return false;
    const digits = '000020';
    for (let i = 0; i < 6; i++) if (this.#bytes[end - 6 + i] !== digits.charCodeAt(i)) return false;
    return true;
  }

  #device(): number {
    for (const field of [F.devname, F.devid]) {
      if (!this.#isEmpty(field))
        return this.#strings.intern(
          this.#bytes,
          this.#starts[field] as number,
          Math.min(this.#ends[field] as number, (this.#starts[field] as number) + 255),
        );
    }
    return this.#event.host;
  }

  #address(field: number): number {
    return this.#addresses.intern(this.#bytes, this.#starts[field] as number, this.#ends[field] as number);
  }

  #port(field: number): number {
    const port = this.#number(field);
    return port <= 65535 ? port : 0;
  }

  /**
   * Logins to the device (`action="login"`), of users it authenticates, and to its SSL VPN. A VPN session leaves two `tunnel-up`: that of the web
   * session (log id 39424) is the login, that of the tunnel in it (39947) only opens a session.
   */
  #login(): boolean {
    const action = this.#text(F.action);
    const outcome = this.#outcome(action);
    if (outcome === LOGIN_OUTCOME.unknown) return false;
    const ui = /^([\w-]+)\(([0-9A-Fa-f.:]+)\)$/.exec(this.#text(F.ui));
    const actor = this.#text(F.srcip) || this.#text(F.remip) || (ui?.[2] ?? '');
    const isVpn = this.#is(F.subtype, 'vpn');
    this.#event.host = this.#device() as LineEvent['host'];
    writeFirewallLogin(this.#sink, this.#event, {
      actor: /^N\/A$/i.test(actor) ? '' : actor,
      service: isVpn ? 'vpn' : ui?.[1] || this.#text(F.method) || this.#text(F.ui) || this.#text(F.subtype),
      user: this.#text(F.user),
      outcome,
    });
    return true;
  }

  #outcome(action: string): number {
    const { unknown, success, failure, sessionOpened, sessionClosed } = LOGIN_OUTCOME;
    if (this.#is(F.subtype, 'vpn')) {
      if (action === 'ssl-login-fail') return failure;
      if (!this.#text(F.tunneltype).startsWith('ssl')) return unknown;
      if (action === 'tunnel-down') return sessionClosed;
      if (action !== 'tunnel-up') return unknown;
      return this.#is(F.tunneltype, 'ssl-tunnel') ? sessionOpened : success;
    }
    if (action === 'login' || action === 'authentication') return loginOutcomeOf(this.#text(F.status));
    return action === 'logout' && this.#is(F.subtype, 'system') ? sessionClosed : unknown;
  }
}

/** The quote that closes a value. A backslash takes the next byte with it. */
function closingQuote(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === BYTE.backslash) i += 1;
    else if (byte === BYTE.quote) return i;
  }
  return end;
}

/** `-0500`, `+02:00`, `UTC-8:00` as minutes; NaN when it is none. */
function zoneMinutes(text: string): number {
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)$/.exec(text);
  if (!match) return Number.NaN;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}
