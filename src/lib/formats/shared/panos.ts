import type { Micros } from '../../base/brand';
import { BYTE, decodeUtf8, indexOfByte, parseDecimal } from '../../base/bytes';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND, TIME_BASIS } from '../../base/time';
import { CONN_STATE, LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { loginOutcomeOf, protocolOf, verdictOf } from './enumerations';
import { MOST_DIGITS, packetCount, writeFirewallLogin } from './firewall-rows';
import { AddressCache, StringCache } from './interning';
import { KindCounts } from './kind-counts';
import type { LineEvent } from './line-event';
import { OpenConnections } from './open-connections';
import { noTime } from './reject-reasons';
import { parsedTime } from './time';
import { readIsoTime } from './time-prefix';

/**
 * Places of the fields that are read, from 0: Palo Alto Networks, "Syslog Field Descriptions", Traffic Log Fields (the same in PAN-OS 9.0 to 11.x;
 * later versions add fields behind these).
 */
const T = {
  serial: 2,
  type: 3,
  subtype: 4,
  generated: 6,
  src: 7,
  dst: 8,
  session: 22,
  srcPort: 24,
  dstPort: 25,
  protocol: 29,
  action: 30,
  bytesSent: 32,
  bytesReceived: 33,
  start: 35,
  elapsed: 36,
  packetsSent: 44,
  packetsReceived: 45,
  endReason: 46,
  deviceName: 52,
} as const;
const TRAFFIC_FIELDS = 46;
/** GlobalProtect Log Fields (PAN-OS 9.1.3 and later). */
const G = { event: 8, user: 12, publicIp: 15, publicIpv6: 16, status: 28 } as const;

/** Fields before this are of fixed meaning; the high resolution timestamp of PAN-OS 10.0 and later stands behind. */
const FIRST_LATE = 60;
const MOST_FIELDS = 200;
const TCP = 6;
/** Ids of sessions have 32 bits; the device that counted them goes above. */
const SESSIONS = 2 ** 32;
const LONGEST_SECONDS = 3.2e9;
const QUARTER_HOUR_US = 15 * MICROS_PER_MINUTE;
/** The furthest that a zone is from UTC, and what a log may be late. */
const FARTHEST_US = 15 * 60 * MICROS_PER_MINUTE;
/** What the two stamps of one record may lie apart. */
const LATEST_US = 2 * MICROS_PER_MINUTE;

/**
 * Records of a Palo Alto Networks firewall in the default order of its syslog fields: TRAFFIC as flows, a session that is logged at its start and
 * its end once; GLOBALPROTECT's logins; all other types are counted.
 */
export class PanosMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  readonly #starts = new Int32Array(MOST_FIELDS);
  readonly #ends = new Int32Array(MOST_FIELDS);
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #sessions: OpenConnections;
  readonly #kinds: KindCounts;
  #bytes: Uint8Array = new Uint8Array(0);
  #count = 0;

  /** `isFile`: see `OpenConnections`. */
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    this.#sink = sink;
    this.#event = event;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
    this.#sessions = new OpenConnections(sink, 'panos session start, as its end holds it', isFile);
    this.#kinds = new KindCounts(sink, 'panos');
  }

  get hasHeld(): boolean {
    return this.#sessions.hasHeld;
  }

  finish(): void {
    this.#sessions.finish(
      (open) => `Sessions still open at the end of the file: ${open}. Their rows have no end.`,
    );
  }

  /** The record whose first field begins at `start`. The reason when it cannot be read. */
  read(bytes: Uint8Array, start: number, end: number): string | null {
    this.#split(bytes, start, end);
    const type = this.#text(T.type);
    if (type === 'TRAFFIC') {
      const reason = this.#traffic();
      if (reason !== null) this.#sink.flows.abandon();
      return reason;
    }
    if (type === 'GLOBALPROTECT' && this.#count > G.status) return this.#globalProtect();
    this.#kinds.skip(type);
    return null;
  }

  #split(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    let at = start;
    let count = 0;
    while (at <= end && count < MOST_FIELDS) {
      if (bytes[at] === BYTE.quote && at < end) {
        const close = closingQuote(bytes, at + 1, end);
        this.#starts[count] = at + 1;
        this.#ends[count] = close;
        at = close;
        while (at < end && bytes[at] !== BYTE.comma) at += 1;
      } else {
        this.#starts[count] = at;
        while (at < end && bytes[at] !== BYTE.comma) at += 1;
        this.#ends[count] = at;
      }
      count += 1;
      at += 1;
    }
    this.#count = count;
  }

  #text(field: number): string {
    return field < this.#count ? decodeUtf8(this.#bytes, this.#starts[field], this.#ends[field]) : '';
  }

  /** A count; NaN when the field is missing or no number. */
  #number(field: number): number {
    if (field >= this.#count) return Number.NaN;
    const start = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    return end - start > MOST_DIGITS ? Number.NaN : parseDecimal(this.#bytes, start, end);
  }

  /** Whether the whole field is a time, which is then in `parsedTime`. */
  #time(field: number): boolean {
    const end = this.#ends[field] as number;
    return field < this.#count && readIsoTime(this.#bytes, this.#starts[field] as number, end) === end;
  }

  #traffic(): string | null {
    if (this.#count < TRAFFIC_FIELDS)
      return `a TRAFFIC record has at least ${TRAFFIC_FIELDS} fields, ${this.#count} are here: is the line cut off, or written in a custom order?`;
    const { row } = this.#sink.flows;
    row.srcAddr = this.#address(T.src);
    row.dstAddr = this.#address(T.dst);
    if (row.srcAddr === 0 || row.dstAddr === 0)
      return 'the fields Source Address and Destination Address are not both IP addresses';
    if (!this.#when(T.start, FIRST_LATE) && !this.#when(T.generated, FIRST_LATE))
      return noTime('the field Start Time or Generated Time', '2024/03/10 12:00:00');
    row.startUs = parsedTime.us;
    row.timeBasis = parsedTime.basis;
    const seconds = this.#number(T.elapsed);
    row.endUs = seconds <= LONGEST_SECONDS ? row.startUs + seconds * MICROS_PER_SECOND : row.startUs;
    row.srcPort = this.#port(T.srcPort);
    row.dstPort = this.#port(T.dstPort);
    row.protocol = protocolOf(this.#text(T.protocol));
    row.sensor = this.#device();
    this.#counters();
    const { offset, line } = this.#event;
    const session = this.#number(T.session);
    if (!(session > 0 && session < SESSIONS)) commitFlow(this.#sink.flows, offset, line);
    else {
      const key = this.#serial() * SESSIONS + session;
      if (this.#text(T.subtype) === 'start') this.#sessions.update(key, offset, line);
      else this.#sessions.end(key, offset, line);
    }
    return null;
  }

  #counters(): void {
    const { row } = this.#sink.flows;
    const subtype = this.#text(T.subtype);
    const isDenied = subtype === 'drop' || subtype === 'deny';
    row.verdict = isDenied ? VERDICT.reject : verdictOf(this.#text(T.action));
    row.srcBytes = this.#number(T.bytesSent);
    row.dstBytes = this.#number(T.bytesReceived);
    const received = this.#number(T.packetsReceived);
    row.srcPackets = packetCount(this.#number(T.packetsSent));
    row.dstPackets = packetCount(received);
    if (row.protocol !== TCP || row.verdict === VERDICT.reject || subtype !== 'end') return;
    const reason = this.#text(T.endReason);
    if (reason === 'tcp-fin') row.connState = CONN_STATE.established;
    else if (received === 0) row.connState = CONN_STATE.attempt;
    else if (reason === 'tcp-rst-from-server' && received <= 1) row.connState = CONN_STATE.refused;
  }

  /**
   * The time of a field to `parsedTime`, with the zone where the record tells it: the firewall's stamps have none, but the high resolution
   * timestamp, which later versions add (from field `late` on), has, as the line's header may, and tells of the moment at which the record was generated.
   */
  #when(field: number, late: number): boolean {
    const zoneUs = this.#zoneUs(late);
    if (!this.#time(field)) return false;
    if (hasZone() || Number.isNaN(zoneUs)) return true;
    parsedTime.us = (parsedTime.us - zoneUs) as Micros;
    parsedTime.basis = TIME_BASIS.absolute;
    return true;
  }

  /** How far the firewall's clock is ahead of UTC; NaN where the record does not tell (some versions write 1970). */
  #zoneUs(late: number): number {
    if (!this.#time(T.generated) || hasZone()) return Number.NaN;
    const localUs = parsedTime.us;
    for (let field = late; field < this.#count; field++) {
      const start = this.#starts[field] as number;
      if ((this.#ends[field] as number) - start < 20 || this.#bytes[start + 10] !== 0x54) continue;
      if (!this.#time(field) || !hasZone()) continue;
      const zoneUs = zoneBetween(localUs, parsedTime.us);
      if (!Number.isNaN(zoneUs)) return zoneUs;
    }
    return this.#event.basis === TIME_BASIS.absolute ? zoneBetween(localUs, this.#event.us) : Number.NaN;
  }

  #serial(): number {
    return this.#strings.intern(this.#bytes, this.#starts[T.serial] as number, this.#shortEnd(T.serial));
  }

  #device(): number {
    const named =
      this.#count > T.deviceName
        ? this.#strings.intern(
            this.#bytes,
            this.#starts[T.deviceName] as number,
            this.#shortEnd(T.deviceName),
          )
        : 0;
    return named || this.#event.host || this.#serial();
  }

  #shortEnd(field: number): number {
    return Math.min(this.#ends[field] as number, (this.#starts[field] as number) + 255);
  }

  #address(field: number): number {
    return this.#addresses.intern(this.#bytes, this.#starts[field] as number, this.#ends[field] as number);
  }

  #port(field: number): number {
    const port = this.#number(field);
    return port <= 65535 ? port : 0;
  }

  #globalProtect(): string | null {
    const name = this.#text(G.event);
    const outcome = this.#loginOutcome(name);
    if (outcome === LOGIN_OUTCOME.unknown) {
      this.#kinds.skip('GLOBALPROTECT');
      return null;
    }
    if (!this.#when(T.generated, G.status)) return noTime('the field Generated Time', '2024/03/10 12:00:00');
    const event = this.#event;
    event.us = parsedTime.us;
    event.basis = parsedTime.basis;
    const address = this.#text(G.publicIp);
    writeFirewallLogin(this.#sink, event, {
      actor: address === '' || address === '0.0.0.0' ? this.#text(G.publicIpv6) : address,
      service: name.startsWith('portal') ? 'globalprotect portal' : 'globalprotect gateway',
      user: this.#text(G.user),
      outcome,
    });
    return null;
  }

  #loginOutcome(name: string): number {
    if (name === 'portal-auth' || name === 'gateway-auth') return loginOutcomeOf(this.#text(G.status));
    if (name === 'gateway-connected') return LOGIN_OUTCOME.sessionOpened;
    return name === 'gateway-logout' ? LOGIN_OUTCOME.sessionClosed : LOGIN_OUTCOME.unknown;
  }
}

/** By how much a wall clock is ahead of the same moment in UTC, in quarters of an hour; NaN when the two are no such moment. */
function zoneBetween(localUs: number, us: number): number {
  const apart = localUs - us;
  const zoneUs = Math.round(apart / QUARTER_HOUR_US) * QUARTER_HOUR_US;
  return Math.abs(zoneUs) <= FARTHEST_US && Math.abs(apart - zoneUs) <= LATEST_US ? zoneUs : Number.NaN;
}

function hasZone(): boolean {
  return parsedTime.basis === TIME_BASIS.absolute;
}

/** The quote that ends a field; two in a row are one of its text. */
function closingQuote(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== BYTE.quote) continue;
    if (bytes[i + 1] === BYTE.quote && i + 1 < end) i += 1;
    else return i;
  }
  return end;
}

/**
 * Whether a record begins at `at`: a number, the time of receipt, a serial number and the type in capitals (`1,2024/03/10 12:00:00,0123,TRAFFIC,`).
 */
export function isPanosRecord(bytes: Uint8Array, at: number, end: number): boolean {
  let i = at;
  while (i < end && i - at < 12 && (bytes[i] as number) >= BYTE.zero && (bytes[i] as number) <= BYTE.nine)
    i += 1;
  if (i >= end || bytes[i] !== BYTE.comma) return false;
  // A comma may begin a fraction too, so that the field's end has to be known first.
  const timeEnd = indexOfByte(bytes, BYTE.comma, i + 1, Math.min(end, i + 40));
  if (timeEnd === -1 || readIsoTime(bytes, i + 1, timeEnd) !== timeEnd) return false;
  i = timeEnd + 1;
  while (i < end && i - timeEnd < 40 && bytes[i] !== BYTE.comma) i += 1;
  if (i >= end || bytes[i] !== BYTE.comma) return false;
  const type = i + 1;
  for (i = type; i < end && i - type < 24; i++) {
    const byte = bytes[i] as number;
    if (!((byte >= 65 && byte <= 90) || byte === BYTE.dash)) break;
  }
  return i - type >= 3 && i < end && bytes[i] === BYTE.comma;
}
