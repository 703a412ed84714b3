import { decodeUtf8, startsWithAscii } from '../../base/bytes';
import { MICROS_PER_SECOND } from '../../base/time';
import type { TableBuilder } from '../../tables/builders';
import {
  CONN_STATE,
  LOG_STATUS,
  UNKNOWN_FLAGS,
  UNKNOWN_PACKETS,
  UNKNOWN_PROTOCOL,
  VERDICT,
} from '../../tables/schemas';
import { NUL_NOTE, type RecordSink } from '../format';
import { awsFlowHeader, awsFlowLayout, type AwsFlowLayout } from './aws-flow-layout';
import { AddressCache, StringCache } from './interning';
import { parsedTime, parseTimeBytes } from './time';
import { kernelFor } from './kernels';
import { LATEST_SECOND, VpcDefaultLines } from './vpc-default-lines';
import { VpcKernelLines } from './vpc-kernel-lines';
import type { VpcLines } from './vpc-lines';

const MOST_FIELDS = 128;
/** Field values that are not numbers: `-` or not in the file; not what the field should hold. */
const ABSENT = -1;
const MALFORMED = -2;

/** Why a line was rejected; index is the code that the reading functions return. */
const REASONS = [
  '',
  'the source address is not an IP address',
  'the destination address is not an IP address',
  'the source port is not a port number',
  'the destination port is not a port number',
  'the protocol is not a number from 0 to 255',
  'the number of packets is not a number',
  'the number of bytes is not a number',
  'the start time is not a number',
  'the end time is not a number',
  'the end time is before the start time',
  'the action is neither ACCEPT nor REJECT',
  'the log status is none of OK, NODATA, SKIPDATA',
  'the TCP flags are not a number',
  'the packet source address is not an IP address',
  'the packet destination address is not an IP address',
] as const;

/**
 * Reads space-separated AWS flow records (VPC and transit gateway) into flow rows straight from bytes: no string is made for a
 * line that can be read.
 */
export class AwsFlowReader {
  readonly takesNul = true;
  readonly #sink: RecordSink;
  readonly #flows: TableBuilder<'flows'>;
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  /** Fields before the record: a timestamp, or a timestamp and a log stream's name (CloudWatch exports). */
  readonly #prefix: number;
  #defaultLines: VpcLines | undefined;
  #layout: AwsFlowLayout;
  readonly #starts = new Int32Array(MOST_FIELDS);
  readonly #ends = new Int32Array(MOST_FIELDS);
  #count = 0;

  constructor(sink: RecordSink, layout: AwsFlowLayout, prefix = 0) {
    this.#sink = sink;
    this.#flows = sink.flows;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
    this.#layout = layout;
    this.#prefix = prefix;
  }

  header(): string {
    return this.#layout.fields.join(' ');
  }

  /** Whole lines; returns how many. */
  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const origin = offset - start;
    let at = start;
    let lines = 0;
    while (at < end) {
      if (this.#layout.isDefault && this.#prefix === 0) {
        const defaultLines = this.#linesFor(end - start);
        at = defaultLines.read(bytes, view, at, end, origin, line + lines);
        lines += defaultLines.taken;
        if (at >= end) break;
      }
      if (bytes[at] === 0) {
        this.#sink.note(NUL_NOTE);
        while (bytes[at] === 0 && at < end) at += 1;
      }
      const lineEnd = this.#split(bytes, at, end);
      this.#line(bytes, at, lineEnd, offset + at - start, line + lines);
      lines += 1;
      at = lineEnd + 1;
    }
    return lines;
  }

  /** The reader of plain lines, made at the first block, whose size says whether a kernel's own memory is worth it. */
  #linesFor(blockBytes: number): VpcLines {
    if (this.#defaultLines) return this.#defaultLines;
    const module = kernelFor('vpc-flow', blockBytes);
    this.#defaultLines = module
      ? new VpcKernelLines(module, this.#sink, this.#addresses)
      : new VpcDefaultLines(this.#sink, this.#addresses);
    return this.#defaultLines;
  }

  /** One line without its end. */
  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    this.#line(bytes, start, this.#split(bytes, start, end), offset, line);
  }

  /** Finds the fields of the line at `at` and where it ends (its newline, or `end`). */
  #split(bytes: Uint8Array, at: number, end: number): number {
    const starts = this.#starts;
    const ends = this.#ends;
    let count = 0;
    let i = at;
    if (bytes[i] === 0xef && startsWithAscii(bytes, '\u00bb\u00bf', i + 1, end)) i += 3;
    for (;;) {
      // Blanks, tabs, carriage returns and stray control bytes all separate; a newline ends.
      let byte = i < end ? (bytes[i] as number) : 10;
      while (byte <= 32 && byte !== 10) {
        i += 1;
        byte = i < end ? (bytes[i] as number) : 10;
      }
      if (byte === 10) break;
      if (count < MOST_FIELDS) starts[count] = i;
      i += 1;
      while (i < end && (bytes[i] as number) > 32) i += 1;
      if (count < MOST_FIELDS) ends[count] = i;
      count += 1;
    }
    this.#count = count;
    return i;
  }

  #line(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const layout = this.#layout;
    const prefix = this.#prefixOf(layout);
    const count = this.#count - prefix;
    if (count < layout.least || count > layout.most || this.#mayBeHeader(bytes)) {
      if (this.#otherLine(bytes, start, end, line)) return;
    }
    const fault = this.#row(bytes, prefix, offset, line);
    if (fault !== 0) this.#sink.reject(REASONS[fault] as string, bytes, start, end, line);
  }

  /** Blank lines, headers and lines of another length; false when the line is a record after all. */
  #otherLine(bytes: Uint8Array, start: number, end: number, line: number): boolean {
    if (this.#count === 0) {
      this.#sink.skip('blank');
      return true;
    }
    const header = this.#count <= MOST_FIELDS ? awsFlowHeader(decodeUtf8(bytes, start, end)) : null;
    if (header) {
      this.#sink.skip('header');
      if (header.join() !== this.#layout.fields.join()) this.#adopt(header);
      return true;
    }
    const { least, most } = this.#layout;
    const count = this.#count - this.#prefixOf(this.#layout);
    if (count >= least && count <= most) return false;
    const expected = least === most ? `${least} fields` : `${least} to ${most} fields`;
    this.#sink.reject(`${expected} expected, ${count} found`, bytes, start, end, line);
    return true;
  }

  #adopt(header: readonly string[]): void {
    const isFirst = this.#layout.least !== this.#layout.most;
    this.#layout = awsFlowLayout(header);
    if (isFirst) return;
    this.#sink.note(
      'A header inside the file names other fields than the one before it: the lines after it were read by the new header.',
    );
  }

  /** Header names are words in lower case; the first field of a record holds a digit, an upper-case letter or `-`. */
  #mayBeHeader(bytes: Uint8Array): boolean {
    if (this.#count === 0) return true;
    let i = this.#starts[0] as number;
    const end = this.#ends[0] as number;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if ((byte < 97 || byte > 122) && byte !== 45 && byte !== 95) return false;
    }
    return end - (this.#starts[0] as number) > 1;
  }

  /** Lines of a CloudWatch export that lack the timestamp (a continued record) are still read. */
  #prefixOf(layout: AwsFlowLayout): number {
    return this.#prefix !== 0 && this.#count - this.#prefix >= layout.least ? this.#prefix : 0;
  }

  /** Writes one flow row. Returns 0, or the index of the reason in REASONS. */
  #row(bytes: Uint8Array, prefix: number, offset: number, line: number): number {
    const layout = this.#layout;
    let src = this.#address(bytes, prefix, layout.srcAddr);
    if (src === MALFORMED) return 1;
    let dst = this.#address(bytes, prefix, layout.dstAddr);
    if (dst === MALFORMED) return 2;
    if (layout.packetSrcAddr !== ABSENT || layout.packetDstAddr !== ABSENT) {
      // srcaddr and dstaddr name the interface that saw the packet; behind a NAT gateway, a transit gateway or on an interface with
      // several addresses that is a stop on the way, and the packet's own addresses are who spoke with whom. An analyst follows
      // the conversation, so those are its ends; which interface saw it stays in `sensor`.
      const packetSrc = this.#address(bytes, prefix, layout.packetSrcAddr);
      if (packetSrc === MALFORMED) return 14;
      const packetDst = this.#address(bytes, prefix, layout.packetDstAddr);
      if (packetDst === MALFORMED) return 15;
      if (packetSrc > 0) src = packetSrc;
      if (packetDst > 0) dst = packetDst;
    }
    const srcPort = this.#number(bytes, prefix, layout.srcPort);
    if (srcPort === MALFORMED || srcPort > 65535) return 3;
    const dstPort = this.#number(bytes, prefix, layout.dstPort);
    if (dstPort === MALFORMED || dstPort > 65535) return 4;
    const protocol = this.#number(bytes, prefix, layout.protocol);
    if (protocol === MALFORMED || protocol > 255) return 5;
    const packets = this.#number(bytes, prefix, layout.packets);
    if (packets === MALFORMED) return 6;
    const byteCount = this.#number(bytes, prefix, layout.bytes);
    if (byteCount === MALFORMED) return 7;
    const flags = this.#number(bytes, prefix, layout.tcpFlags);
    if (flags === MALFORMED) return 13;
    const verdict = this.#verdict(bytes, prefix, layout.action);
    if (verdict === MALFORMED) return 11;
    const logStatus = this.#logStatus(bytes, prefix, layout.logStatus);
    if (logStatus === MALFORMED) return 12;

    let startUs = this.#seconds(bytes, prefix, layout.start);
    if (startUs === MALFORMED) return 8;
    let endUs = this.#seconds(bytes, prefix, layout.end);
    if (endUs === MALFORMED) return 9;
    // A record with one time, or with none but CloudWatch's own, is an instant.
    if (startUs === ABSENT) startUs = endUs === ABSENT ? this.#prefixTime(bytes, prefix) : endUs;
    if (endUs === ABSENT) endUs = startUs;
    if (endUs < startUs) return 10;

    const index = this.#flows.open(offset, line);
    const columns = this.#flows.columns;
    columns.startUs[index] = startUs;
    columns.endUs[index] = endUs;
    columns.srcAddr[index] = src > 0 ? src : 0;
    columns.dstAddr[index] = dst > 0 ? dst : 0;
    columns.srcPort[index] = srcPort > 0 ? srcPort : 0;
    columns.dstPort[index] = dstPort > 0 ? dstPort : 0;
    columns.protocol[index] = protocol === ABSENT ? UNKNOWN_PROTOCOL : protocol;
    columns.srcBytes[index] = byteCount === ABSENT ? Number.NaN : byteCount;
    columns.dstBytes[index] = Number.NaN;
    columns.srcPackets[index] =
      packets === ABSENT ? UNKNOWN_PACKETS : packets < UNKNOWN_PACKETS ? packets : UNKNOWN_PACKETS - 1;
    columns.dstPackets[index] = UNKNOWN_PACKETS;
    columns.verdict[index] = verdict;
    columns.logStatus[index] = logStatus;
    columns.tcpFlags[index] = flags === ABSENT || flags > 254 ? UNKNOWN_FLAGS : flags;
    // SYN and ACK from one side is the second step of the handshake: its row alone shows that both agreed. No other combination
    // of one direction's flags does.
    columns.connState[index] =
      flags !== ABSENT && (flags & 18) === 18 ? CONN_STATE.established : CONN_STATE.unknown;
    columns.sensor[index] = this.#sensor(bytes, prefix, layout);
    columns.timeBasis[index] = 0;
    this.#flows.commitDirect(offset, line);
    return 0;
  }

  /** Position of a field among the line's fields; ABSENT when the line has none or holds `-` there. */
  #field(bytes: Uint8Array, prefix: number, position: number): number {
    const field = prefix + position;
    if (position === ABSENT || field >= this.#count) return ABSENT;
    const at = this.#starts[field] as number;
    return bytes[at] === 45 && this.#ends[field] === at + 1 ? ABSENT : field;
  }

  #number(bytes: Uint8Array, prefix: number, position: number): number {
    const field = this.#field(bytes, prefix, position);
    if (field === ABSENT) return ABSENT;
    const end = this.#ends[field] as number;
    let value = 0;
    let i = this.#starts[field] as number;
    if (end - i > 18) return MALFORMED;
    for (; i < end; i++) {
      const digit = (bytes[i] as number) - 48;
      if (digit < 0 || digit > 9) return MALFORMED;
      value = value * 10 + digit;
    }
    return value;
  }

  #seconds(bytes: Uint8Array, prefix: number, position: number): number {
    const seconds = this.#number(bytes, prefix, position);
    if (seconds < 0) return seconds;
    return seconds > LATEST_SECOND ? MALFORMED : seconds * MICROS_PER_SECOND;
  }

  #prefixTime(bytes: Uint8Array, prefix: number): number {
    return prefix > 0 && parseTimeBytes(bytes, this.#starts[0] as number, this.#ends[0] as number)
      ? parsedTime.us
      : Number.NaN;
  }

  #address(bytes: Uint8Array, prefix: number, position: number): number {
    const field = this.#field(bytes, prefix, position);
    if (field === ABSENT) return ABSENT;
    const id = this.#addresses.intern(bytes, this.#starts[field] as number, this.#ends[field] as number);
    return id === 0 ? MALFORMED : id;
  }

  #verdict(bytes: Uint8Array, prefix: number, position: number): number {
    const field = this.#field(bytes, prefix, position);
    if (field === ABSENT) return VERDICT.unknown;
    const at = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    if (end - at !== 6) return MALFORMED;
    if (startsWithAscii(bytes, 'ACCEPT', at, end)) return VERDICT.accept;
    return startsWithAscii(bytes, 'REJECT', at, end) ? VERDICT.reject : MALFORMED;
  }

  #logStatus(bytes: Uint8Array, prefix: number, position: number): number {
    const field = this.#field(bytes, prefix, position);
    if (field === ABSENT) return LOG_STATUS.ok;
    const at = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    const length = end - at;
    if (length === 2 && startsWithAscii(bytes, 'OK', at, end)) return LOG_STATUS.ok;
    if (length === 6 && startsWithAscii(bytes, 'NODATA', at, end)) return LOG_STATUS.noData;
    return length === 8 && startsWithAscii(bytes, 'SKIPDATA', at, end) ? LOG_STATUS.skipData : MALFORMED;
  }

  #sensor(bytes: Uint8Array, prefix: number, layout: AwsFlowLayout): number {
    let field = this.#field(bytes, prefix, layout.sensor);
    if (field === ABSENT) field = this.#field(bytes, prefix, layout.sensorFallback);
    if (field === ABSENT) return 0;
    return this.#strings.intern(bytes, this.#starts[field] as number, this.#ends[field] as number);
  }
}
