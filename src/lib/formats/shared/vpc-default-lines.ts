import { MICROS_PER_SECOND } from '../../base/time';
import type { TableBuilder } from '../../tables/builders';
import { SEGMENT_ROWS } from '../../tables/columns';
import { VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import type { AddressCache } from './interning';
import { Pause } from './pause';
import { Ipv4Ids, readIpv4 } from './vpc-addresses';
import { fillVpcConstants, type VpcLines } from './vpc-lines';
import { VpcLineStarts } from './vpc-line-starts';
import { digitsValue, firstOf, othersThanDigitsIn } from './vpc-words';

/** More than one line read here can take, so that near the end of a block no read needs a check of its own. */
const LONGEST_LINE = 512;

/** The latest second taken for a time: 2255, the last year a double holds to the microsecond. */
export const LATEST_SECOND = 9_007_199_254;

/** The longest IPv6 text (with an IPv4 tail) has 45 characters. */
const LONGEST_ADDRESS = 45;

const TENS = [1, 10, 100, 1000, 10_000] as const;

/** `ACCE` and `EPT␠`, `REJE` and `ECT␠`, as little-endian words. */
const ACCE = 0x45434341;
const EPT = 0x20545045;
const REJE = 0x454a4552;
const ECT = 0x20544345;

/**
 * `VpcLines` in plain TypeScript, for engines without WebAssembly's SIMD and for Node. Reads four bytes at a time and knows line starts and
 * addresses that came before by their text.
 */
export class VpcDefaultLines implements VpcLines {
  taken = 0;
  readonly #flows: TableBuilder<'flows'>;
  readonly #starts: VpcLineStarts;
  readonly #addresses: AddressCache;
  readonly #ipv4Ids: Ipv4Ids;
  /** Addresses of the run that are not IPv4 (or are 0.0.0.0), already as ids: row, which end, id. */
  readonly #others: [index: number, isSource: boolean, id: number][] = [];
  /** Where the number that was read last ends. */
  #at = 0;
  /** Rows that the last `#run` wrote. */
  #rows = 0;
  readonly #pause = new Pause();
  // The time read last, by its first eight digits: records come in the order of time.
  #timeHigh = 0;
  #timeLow = 0;
  #timeBase = 0;

  constructor(sink: RecordSink, addresses: AddressCache) {
    this.#flows = sink.flows;
    this.#starts = new VpcLineStarts(sink.dictionaries.strings);
    this.#addresses = addresses;
    this.#ipv4Ids = new Ipv4Ids(sink.dictionaries.addresses);
  }

  read(bytes: Uint8Array, view: DataView, from: number, end: number, origin: number, line: number): number {
    this.taken = 0;
    if (this.#pause.holds()) return from;
    const safeEnd = end - LONGEST_LINE;
    let at = from;
    let isLeft = false;
    while (at < safeEnd && !isLeft) {
      const flows = this.#flows;
      const first = flows.openRun(origin + at, origin + end, line + this.taken);
      const room = SEGMENT_ROWS - first;
      at = this.#run(bytes, view, at, safeEnd, origin - flows.baseOffset, first, room);
      const count = this.#rows;
      this.#nameAddresses(first, first + count);
      fillVpcConstants(flows.columns, first, count);
      flows.commitRun(count, line + this.taken);
      this.taken += count;
      isLeft = count < room && at < safeEnd;
    }
    this.#pause.note(this.taken > 0, isLeft);
    return at;
  }

  /** Writes at most `room` rows from index `first` on; `#rows` says how many. Returns where the line after them starts. */
  #run(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    safeEnd: number,
    toOffset: number,
    first: number,
    room: number,
  ): number {
    const { startUs, endUs, srcAddr, dstAddr, srcPort, dstPort, protocol, srcPackets } = this.#flows.columns;
    const { srcBytes, verdict, sensor, offset } = this.#flows.columns;
    const starts = this.#starts;
    const last = first + room;
    let index = first;
    let at = from;
    for (; index < last && at < safeEnd; index++) {
      const interfaceId = starts.find(bytes, view, at);
      if (interfaceId === 0) break;
      const source = at + starts.length;
      const sourceEnd =
        readIpv4(bytes, source, srcAddr, index) || this.#otherAddress(bytes, source, index, true);
      if (sourceEnd === 0) break;
      const destination = sourceEnd + 1;
      const destinationEnd =
        readIpv4(bytes, destination, dstAddr, index) || this.#otherAddress(bytes, destination, index, false);
      if (destinationEnd === 0) break;
      const sourcePort = this.#number(view, destinationEnd + 1);
      const destinationPort = this.#number(view, this.#at);
      const protocolNumber = this.#number(view, this.#at);
      const packets = this.#number(view, this.#at);
      const byteCount = this.#number(view, this.#at);
      // No number reads as −1, whose sign the others can't hide.
      if ((sourcePort | destinationPort | protocolNumber | packets | byteCount) < 0) break;
      if (sourcePort > 65535 || destinationPort > 65535 || protocolNumber > 255) break;
      const opened = this.#seconds(bytes, view, this.#at);
      if (opened < 0) break;
      const closed = this.#seconds(bytes, view, this.#at + 11);
      if (closed < opened) break;
      const action = this.#at + 22;
      const isAccept = view.getInt32(action, true) === ACCE && view.getInt32(action + 3, true) === EPT;
      if (!isAccept && (view.getInt32(action, true) !== REJE || view.getInt32(action + 3, true) !== ECT))
        break;
      if (bytes[action + 7] !== 79 || bytes[action + 8] !== 75) break;
      let newline = action + 9;
      if (bytes[newline] === 13) newline += 1;
      if (bytes[newline] !== 10) break;

      startUs[index] = opened * MICROS_PER_SECOND;
      endUs[index] = closed * MICROS_PER_SECOND;
      srcPort[index] = sourcePort;
      dstPort[index] = destinationPort;
      protocol[index] = protocolNumber;
      srcPackets[index] = packets;
      srcBytes[index] = byteCount;
      verdict[index] = isAccept ? VERDICT.accept : VERDICT.reject;
      sensor[index] = interfaceId;
      offset[index] = at + toOffset;
      at = newline + 1;
    }
    this.#rows = index - first;
    return at;
  }

  /** Any other address at `at`: its id is noted for row `index`. Returns where the space after it is, or 0. */
  #otherAddress(bytes: Uint8Array, at: number, index: number, isSource: boolean): number {
    let end = at;
    while (end - at <= LONGEST_ADDRESS && (bytes[end] as number) > 32) end += 1;
    if (bytes[end] !== 32) return 0;
    const id = this.#addresses.intern(bytes, at, end);
    if (id === 0) return 0;
    (isSource ? this.#flows.columns.srcAddr : this.#flows.columns.dstAddr)[index] = 0;
    this.#others.push([index, isSource, id]);
    return end;
  }

  /** Ids for the addresses that `#run` wrote as words. */
  #nameAddresses(from: number, to: number): void {
    const { srcAddr, dstAddr } = this.#flows.columns;
    this.#ipv4Ids.replace(srcAddr, from, to);
    this.#ipv4Ids.replace(dstAddr, from, to);
    for (const [index, isSource, id] of this.#others)
      if (index < to) (isSource ? srcAddr : dstAddr)[index] = id;
    this.#others.length = 0;
  }

  /** One to eight digits and a space; `#at` is behind the space then. −1 for anything else. */
  #number(view: DataView, at: number): number {
    const word = view.getInt32(at, true);
    const others = othersThanDigitsIn(word);
    if (others !== 0) {
      const count = firstOf(others);
      this.#at = at + count + 1;
      return count === 0 || ((word >>> (count << 3)) & 0xff) !== 32 ? -1 : digitsValue(word, count);
    }
    return this.#longNumber(view, at + 4, digitsValue(word, 4));
  }

  #longNumber(view: DataView, at: number, high: number): number {
    const word = view.getInt32(at, true);
    const others = othersThanDigitsIn(word);
    const count = others === 0 ? 4 : firstOf(others);
    this.#at = at + count + 1;
    if (view.getUint8(at + count) !== 32) return -1;
    return count === 0 ? high : high * (TENS[count] as number) + digitsValue(word, count);
  }

  /** Ten digits and a space, as a time in seconds is written from 2001 to 2286; −1 for anything else. */
  #seconds(bytes: Uint8Array, view: DataView, at: number): number {
    const high = view.getInt32(at, true);
    const low = view.getInt32(at + 4, true);
    if (high !== this.#timeHigh || low !== this.#timeLow) {
      if (othersThanDigitsIn(high) !== 0 || othersThanDigitsIn(low) !== 0) return -1;
      this.#timeBase = (digitsValue(high, 4) * 10_000 + digitsValue(low, 4)) * 100;
      this.#timeHigh = high;
      this.#timeLow = low;
    }
    const tens = (bytes[at + 8] as number) - 48;
    const ones = (bytes[at + 9] as number) - 48;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9 || bytes[at + 10] !== 32) return -1;
    const seconds = this.#timeBase + tens * 10 + ones;
    return seconds > LATEST_SECOND ? -1 : seconds;
  }
}
