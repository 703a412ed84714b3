import { BYTE, indexOfAscii, indexOfByte, parseDecimal, startsWithAscii } from '../../base/bytes';
import { MICROS_PER_SECOND } from '../../base/time';
import { VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { readAsaLogin } from './cisco-logins';
import {
  TCP,
  UDP,
  CONNECTIONS,
  isAddressEnd,
  afterTag,
  connectionId,
  digitsFrom,
  numberBehind,
  portOf,
  isService,
  secondsAt,
  outsideBrackets,
  protocolIn,
  stateOf,
} from './cisco-text';
import { commitFlow } from './commit-rows';
import { MOST_DIGITS } from './firewall-rows';
import { AddressCache } from './interning';
import { KindCounts } from './kind-counts';
import type { LineEvent } from './line-event';
import { OpenConnections, type HeldFlow } from './open-connections';

const ICMP = 1;
const ICMPV6 = 58;

const TWICE = 'asa connection built, as its teardown holds it';
const BOTH_WAYS =
  'The firewall counts the bytes of a connection both ways together. They stand as what came back, which is the most that can have come back; what was sent is not known.';

/** One end of a connection as the last call of `#endpoint` read it. */
interface End {
  address: number;
  port: number;
}

/**
 * Messages of Cisco's ASA and FTD by their number (Cisco, "Secure Firewall ASA Series Syslog Messages"): connections built and torn down become
 * one row, packets and connections denied one each, logins rows; all others are counted by number. Addresses are the real ones, those that NAT
 * makes of them (in brackets) are left aside.
 */
export class AsaMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  readonly #addresses: AddressCache;
  readonly #connections: OpenConnections;
  /** What access lists say that they permit, until the connection itself is logged. */
  readonly #permits: OpenConnections;
  readonly #kinds: KindCounts;
  /** Addresses and ports of the connections built last, three words each: what an access list says of one may stand behind it. */
  readonly #lastBuilt = new Uint32Array(3 * 64);
  #nextBuilt = 0;
  readonly #from: End = { address: 0, port: 0 };
  readonly #to: End = { address: 0, port: 0 };

  /** `isFile`: see `OpenConnections`. */
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    this.#sink = sink;
    this.#event = event;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#connections = new OpenConnections(sink, TWICE, isFile);
    this.#permits = new OpenConnections(sink, 'asa access list permits, as the connection is logged', isFile);
    this.#kinds = new KindCounts(sink, 'asa');
  }

  get hasHeld(): boolean {
    return this.#connections.hasHeld || this.#permits.hasHeld;
  }

  finish(): void {
    this.#permits.finish();
    this.#connections.finish(
      (open) =>
        `Connections still open at the end of the file, or whose end is not in it: ${open}. Their rows have no bytes and no end.`,
    );
  }

  /** The message whose tag's `%ASA-` or `%FTD-` ends before `at`. The reason when it cannot be read. */
  read(bytes: Uint8Array, at: number, end: number): string | null {
    const tag = afterTag(bytes, at, end);
    if (tag === -1) return 'no message number stands behind %ASA- or %FTD-, such as %ASA-6-302013';
    const number = parseDecimal(bytes, tag - 6, tag);
    let start = tag;
    while (start < end && (bytes[start] === BYTE.colon || bytes[start] === BYTE.space)) start += 1;
    const reason = this.#message(number, bytes, start, end);
    if (reason !== null) this.#sink.flows.abandon();
    return reason;
  }

  #message(number: number, bytes: Uint8Array, start: number, end: number): string | null {
    switch (number) {
      case 302013:
        return this.#built(TCP, bytes, start, end);
      case 302015:
        return this.#built(UDP, bytes, start, end);
      case 302014:
        return this.#teardown(TCP, bytes, start, end);
      case 302016:
        return this.#teardown(UDP, bytes, start, end);
      case 302020:
      case 302021:
        return this.#icmp(number === 302020, bytes, start, end);
      case 106001:
      case 106006:
      case 106007:
      case 106015:
      case 106021:
        return this.#deniedFromTo(bytes, start, end, false);
      case 710003:
        return this.#deniedFromTo(bytes, start, end, true);
      case 106014:
      case 106023:
        return this.#deniedByRule(bytes, start, end);
      case 106100:
        return this.#accessList(bytes, start, end);
      case 313001:
      case 313008:
        return this.#deniedIcmp(number === 313001 ? ICMP : ICMPV6, bytes, start, end);
      default:
        if (!readAsaLogin(this.#sink, this.#event, number, bytes, start, end))
          this.#kinds.skip(String(number));
        return null;
    }
  }

  /** `Built inbound TCP connection 8 for outside:192.0.2.1/1234 (…) to inside:10.0.0.1/22 (…)`: inbound, the first opened it, outbound the second. */
  #built(protocol: number, bytes: Uint8Array, start: number, end: number): string | null {
    const id = connectionId(bytes, start, end);
    const reason = this.#pair(bytes, start, end);
    if (Number.isNaN(id)) return 'no connection number is given';
    if (reason !== null) return reason;
    const isInbound = startsWithAscii(bytes, 'Built inbound', start, end);
    this.#fill(protocol, isInbound ? this.#from : this.#to, isInbound ? this.#to : this.#from);
    this.#sink.flows.row.verdict = VERDICT.accept;
    if (this.#permits.size > 0 && this.#permits.take(this.#ends())) this.#permits.drop();
    this.#rememberBuilt();
    this.#begin(this.#keyOf(id));
    return null;
  }

  #begin(key: number | string): void {
    const { offset, line } = this.#event;
    const held = this.#connections.take(key);
    // The newest lines come first in some exports: then the end is what waits.
    if (held?.isEnd && this.#orient(held, this.#sink.flows.row)) {
      this.#sink.flows.abandon();
      this.#connections.drop();
      this.#connections.write(held);
      return;
    }
    if (held) this.#connections.write(held);
    this.#connections.hold(key, offset, line);
  }

  /** `Teardown TCP connection 8 for outside:192.0.2.1/1234 to inside:10.0.0.1/22 duration 0:00:53 bytes 2436 TCP FINs`. */
  #teardown(protocol: number, bytes: Uint8Array, start: number, end: number): string | null {
    const id = connectionId(bytes, start, end);
    const reason = this.#pair(bytes, start, end);
    if (Number.isNaN(id)) return 'no connection number is given';
    if (reason !== null) return reason;
    const durationAt = indexOfAscii(bytes, ' duration ', start, end);
    const seconds = durationAt === -1 ? Number.NaN : secondsAt(bytes, durationAt + 10, end);
    if (Number.isNaN(seconds)) return 'no duration such as "duration 0:00:53" is given: is the line cut off?';
    const bytesAt = indexOfAscii(bytes, ' bytes ', durationAt, end);
    const digitsEnd = bytesAt === -1 ? end : digitsFrom(bytes, bytesAt + 7, end);
    const isSwapped = isService(this.#from.port) && !isService(this.#to.port);
    this.#fill(protocol, isSwapped ? this.#to : this.#from, isSwapped ? this.#from : this.#to);
    const { row } = this.#sink.flows;
    row.startUs = row.endUs - seconds * MICROS_PER_SECOND;
    row.verdict = VERDICT.accept;
    const digits = bytesAt === -1 ? 0 : digitsEnd - bytesAt - 7;
    row.dstBytes =
      digits > 0 && digits <= MOST_DIGITS ? parseDecimal(bytes, bytesAt + 7, digitsEnd) : Number.NaN;
    if (row.dstBytes > 0) this.#sink.note(BOTH_WAYS);
    if (protocol === TCP) row.connState = stateOf(bytes, digitsEnd, end, row.dstBytes);
    this.#end(this.#keyOf(id));
    return null;
  }

  #end(key: number | string): void {
    const { flows } = this.#sink;
    const { offset, line } = this.#event;
    const held = this.#connections.take(key);
    if (held && !held.isEnd && this.#orient({ row: flows.row }, held.row)) {
      this.#connections.drop();
      commitFlow(flows, offset, line);
      return;
    }
    if (held) this.#connections.write(held);
    this.#connections.hold(key, offset, line, true);
  }

  /** Turns the end of a connection as its beginning has it; false when they are two connections. */
  #orient({ row }: Pick<HeldFlow, 'row'>, built: HeldFlow['row']): boolean {
    const { srcAddr, dstAddr, srcPort, dstPort } = built;
    const hasPorts = row.protocol !== ICMP;
    const isSame = row.srcAddr === srcAddr && row.dstAddr === dstAddr;
    const isTurned = row.srcAddr === dstAddr && row.dstAddr === srcAddr;
    if (
      !(isSame && (!hasPorts || row.srcPort === srcPort)) &&
      !(isTurned && (!hasPorts || row.srcPort === dstPort))
    )
      return false;
    Object.assign(row, { srcAddr, dstAddr });
    // An end without a duration, of pings: they began when they were built.
    if (row.startUs === row.endUs && built.startUs < row.startUs) row.startUs = built.startUs;
    if (hasPorts || row.srcPort === 0) Object.assign(row, { srcPort, dstPort });
    return true;
  }

  /** `Built inbound ICMP connection for faddr 192.0.2.1/7 gaddr 203.0.113.9/0 laddr 10.0.0.1/0 type 8 code 0`: foreign, mapped, local. */
  #icmp(isBuilt: boolean, bytes: Uint8Array, start: number, end: number): string | null {
    const foreign = indexOfAscii(bytes, 'faddr ', start, end);
    const local = indexOfAscii(bytes, 'laddr ', start, end);
    if (foreign === -1 || local === -1) return 'faddr and laddr are expected, which name the two sides';
    this.#endpoint(this.#from, bytes, foreign + 6, end, false);
    this.#endpoint(this.#to, bytes, local + 6, end, false);
    if (this.#from.address === 0 || this.#to.address === 0)
      return 'what stands behind faddr or laddr is no IP address (the firewall may print names instead)';
    const sequence = this.#from.port + this.#to.port * 65536;
    const key = `${this.#event.host} ${this.#from.address} ${this.#to.address} ${sequence}`;
    const isOutbound = startsWithAscii(bytes, 'Built outbound', start, end);
    this.#from.port = numberBehind(bytes, 'type ', local, end);
    this.#to.port = numberBehind(bytes, 'code ', local, end);
    const { row } = this.#sink.flows;
    this.#fill(ICMP, this.#from, this.#to);
    if (isOutbound) [row.srcAddr, row.dstAddr] = [row.dstAddr, row.srcAddr];
    row.verdict = VERDICT.accept;
    if (isBuilt) {
      this.#begin(key);
      return null;
    }
    this.#end(key);
    return null;
  }

  /**
   * `Inbound TCP connection denied from 192.0.2.1/4321 to 10.0.0.1/22 flags SYN on interface outside` and its like. `hasInterface`: the second
   * end begins with its interface's name.
   */
  #deniedFromTo(bytes: Uint8Array, start: number, end: number, hasInterface: boolean): string | null {
    const from = indexOfAscii(bytes, ' from ', start, end);
    const to = from === -1 ? -1 : indexOfAscii(bytes, ' to ', from + 6, end);
    if (to === -1) return '"from ADDRESS/PORT to ADDRESS/PORT" is expected: is the line cut off?';
    this.#endpoint(this.#from, bytes, from + 6, to, false);
    this.#endpoint(this.#to, bytes, to + 4, end, hasInterface);
    return this.#denied(protocolIn(bytes, start, from));
  }

  /** `Deny tcp src outside:192.0.2.1/4321 dst inside:10.0.0.1/22 by access-group "outside_in"`; of ICMP with `(type 8, code 0)` and no ports. */
  #deniedByRule(bytes: Uint8Array, start: number, end: number): string | null {
    const src = indexOfAscii(bytes, ' src ', start, end);
    const dst = src === -1 ? -1 : indexOfAscii(bytes, ' dst ', src, end);
    if (dst === -1) return '"src INTERFACE:ADDRESS dst INTERFACE:ADDRESS" is expected: is the line cut off?';
    this.#endpoint(this.#from, bytes, src + 5, dst, true);
    this.#endpoint(this.#to, bytes, dst + 5, end, true);
    const protocol = protocolIn(bytes, start, src);
    if (protocol === ICMP || protocol === ICMPV6) {
      this.#from.port = numberBehind(bytes, 'type ', dst, end);
      this.#to.port = numberBehind(bytes, 'code ', dst, end);
    }
    return this.#denied(protocol);
  }

  /** `access-list outside_in denied tcp outside/192.0.2.1(4321) -> inside/10.0.0.1(22) hit-cnt 1 first hit`. */
  #accessList(bytes: Uint8Array, start: number, end: number): string | null {
    const arrow = indexOfAscii(bytes, ' -> ', start, end);
    const listEnd = indexOfByte(bytes, BYTE.space, start + 'access-list '.length, end);
    if (arrow === -1 || listEnd === -1 || listEnd > arrow)
      return '"INTERFACE/ADDRESS(PORT) -> INTERFACE/ADDRESS(PORT)" is expected: is the line cut off?';
    const verdictEnd = indexOfByte(bytes, BYTE.space, listEnd + 1, end);
    const protocolEnd = indexOfByte(bytes, BYTE.space, verdictEnd + 1, end);
    this.#bracketed(this.#from, bytes, protocolEnd + 1, arrow);
    this.#bracketed(this.#to, bytes, arrow + 4, end);
    const protocol = protocolIn(bytes, verdictEnd, protocolEnd);
    if (startsWithAscii(bytes, 'denied', listEnd + 1, end)) return this.#denied(protocol);
    if (this.#from.address === 0 || this.#to.address === 0) return NO_ADDRESS;
    this.#fill(protocol, this.#from, this.#to);
    this.#sink.flows.row.verdict = VERDICT.accept;
    if (this.#wasBuilt()) {
      this.#sink.flows.abandon();
      this.#permits.drop();
      return null;
    }
    const key = this.#ends();
    const held = this.#permits.take(key);
    if (held) this.#permits.write(held);
    this.#permits.hold(key, this.#event.offset, this.#event.line);
    return null;
  }

  /** `Denied ICMP type=8, code=0 from 192.0.2.1 on interface outside`: to the firewall itself, by whichever address. */
  #deniedIcmp(protocol: number, bytes: Uint8Array, start: number, end: number): string | null {
    const from = indexOfAscii(bytes, ' from ', start, end);
    if (from === -1) return '"from ADDRESS on interface NAME" is expected: is the line cut off?';
    this.#endpoint(this.#from, bytes, from + 6, end, false);
    if (this.#from.address === 0) return NO_ADDRESS;
    this.#from.port = numberBehind(bytes, 'type=', start, from);
    this.#to.address = 0;
    this.#to.port = numberBehind(bytes, 'code=', start, from);
    this.#fill(protocol, this.#from, this.#to);
    this.#sink.flows.row.verdict = VERDICT.reject;
    commitFlow(this.#sink.flows, this.#event.offset, this.#event.line);
    return null;
  }

  #denied(protocol: number): string | null {
    if (this.#from.address === 0 || this.#to.address === 0) return NO_ADDRESS;
    this.#fill(protocol, this.#from, this.#to);
    const { row } = this.#sink.flows;
    row.verdict = VERDICT.reject;
    row.srcPackets = 1;
    commitFlow(this.#sink.flows, this.#event.offset, this.#event.line);
    return null;
  }

  #fill(protocol: number, source: End, destination: End): void {
    const { row } = this.#sink.flows;
    row.startUs = row.endUs = this.#event.us;
    row.timeBasis = this.#event.basis;
    row.srcAddr = source.address;
    row.dstAddr = destination.address;
    row.srcPort = source.port;
    row.dstPort = destination.port;
    row.protocol = protocol;
    row.sensor = this.#event.host;
  }

  /** Both ends of `for INTERFACE:ADDRESS/PORT … to INTERFACE:ADDRESS/PORT`; mapped addresses and users may stand between, in brackets or not. */
  #pair(bytes: Uint8Array, start: number, end: number): string | null {
    const first = indexOfAscii(bytes, ' for ', start, end);
    if (first === -1) return '"for INTERFACE:ADDRESS/PORT" is expected: is the line cut off?';
    const to = this.#endpoint(this.#from, bytes, first + 5, end, true);
    const second = outsideBrackets(bytes, ' to ', to, end);
    if (second === -1) return '"to INTERFACE:ADDRESS/PORT" is expected: is the line cut off?';
    this.#endpoint(this.#to, bytes, second + 4, end, true);
    return this.#from.address === 0 || this.#to.address === 0 ? NO_ADDRESS : null;
  }

  /** `INTERFACE:ADDRESS/PORT`, or without interface or port; returns the index behind it. */
  #endpoint(into: End, bytes: Uint8Array, start: number, end: number, hasInterface: boolean): number {
    let at = start;
    if (hasInterface) {
      const colon = indexOfByte(bytes, BYTE.colon, start, end);
      if (colon !== -1) at = colon + 1;
    }
    let stop = at;
    while (stop < end && !isAddressEnd(bytes[stop] as number)) stop += 1;
    into.address = this.#addresses.intern(bytes, at, stop);
    into.port = 0;
    if (bytes[stop] !== BYTE.slash || stop >= end) return stop;
    const portEnd = digitsFrom(bytes, stop + 1, end);
    into.port = portOf(parseDecimal(bytes, stop + 1, portEnd));
    return portEnd;
  }

  /** `INTERFACE/ADDRESS(PORT)`. */
  #bracketed(into: End, bytes: Uint8Array, start: number, end: number): void {
    const slash = indexOfByte(bytes, BYTE.slash, start, end);
    const open = slash === -1 ? -1 : indexOfByte(bytes, 0x28, slash, end);
    into.address = open === -1 ? 0 : this.#addresses.intern(bytes, slash + 1, open);
    into.port = open === -1 ? 0 : portOf(parseDecimal(bytes, open + 1, digitsFrom(bytes, open + 1, end)));
  }

  #keyOf(id: number): number {
    return this.#event.host * CONNECTIONS + id;
  }

  #rememberBuilt(): void {
    const { srcAddr, dstAddr, srcPort, dstPort } = this.#sink.flows.row;
    const last = this.#lastBuilt;
    const at = this.#nextBuilt;
    last[at] = srcAddr;
    last[at + 1] = dstAddr;
    last[at + 2] = srcPort * 65536 + dstPort;
    this.#nextBuilt = (at + 3) % last.length;
  }

  /** Whether the connection of the row that was filled is among the last ones built. */
  #wasBuilt(): boolean {
    const { srcAddr, dstAddr, srcPort, dstPort } = this.#sink.flows.row;
    const last = this.#lastBuilt;
    for (let i = 0; i < last.length; i += 3)
      if (last[i] === srcAddr && last[i + 1] === dstAddr && last[i + 2] === srcPort * 65536 + dstPort)
        return true;
    return false;
  }

  /** The two ends of the row that was filled. */
  #ends(): string {
    const { srcAddr, dstAddr, srcPort, dstPort, protocol } = this.#sink.flows.row;
    return `${srcAddr} ${dstAddr} ${srcPort} ${dstPort} ${protocol}`;
  }
}

const NO_ADDRESS =
  'one of the two sides is no IP address: the firewall prints names instead where "names" is configured';
