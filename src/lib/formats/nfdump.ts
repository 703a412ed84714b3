import { decodeUtf8 } from '../base/bytes';
import { MICROS_PER_SECOND } from '../base/time';
import { UNKNOWN_FLAGS } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, tcpFlagsOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';

/**
 * Names of the columns that we read, in the layouts of nfdump 1.6 and 1.7 (`ts,te,td,sa,…`) and of 1.7.3 on (`firstSeen,duration,proto,…`).
 * https://github.com/phaag/nfdump, nfdump(1), "output formats".
 */
const COLUMNS = {
  start: ['ts', 'firstseen', 'first', 'tsfirst'],
  end: ['te', 'lastseen', 'last'],
  duration: ['td', 'duration'],
  src: ['sa', 'srcaddr', 'src4addr', 'srcip'],
  dst: ['da', 'dstaddr', 'dst4addr', 'dstip'],
  srcPort: ['sp', 'srcport'],
  dstPort: ['dp', 'dstport'],
  protocol: ['pr', 'proto', 'protocol'],
  flags: ['flg', 'flags', 'tcpflags'],
  packets: ['ipkt', 'packets', 'inpackets'],
  bytes: ['ibyt', 'bytes', 'inbytes'],
  packetsBack: ['opkt', 'outpackets'],
  bytesBack: ['obyt', 'outbytes'],
  exporter: ['ra', 'routerip'],
} as const;

type Column = keyof typeof COLUMNS;
type Layout = Readonly<Record<Column, number>>;

/** The columns of a header line, or null when it is none of nfdump's. */
function layoutOf(line: string): Layout | null {
  const names = line
    .trim()
    .split(',')
    .map((name) =>
      name
        .trim()
        .toLowerCase()
        .replace(/[^a-z0-9]/g, ''),
    );
  const layout = Object.fromEntries(
    Object.entries(COLUMNS).map(([column, words]) => [
      column,
      names.findIndex((name) => (words as readonly string[]).includes(name)),
    ]),
  ) as Record<Column, number>;
  const isWhole = layout.start !== -1 && layout.src !== -1 && layout.dst !== -1 && layout.bytes !== -1;
  // `sa` and `srcAddr` with `td`, `duration` or `te` beside them: other tables with a source and a destination are not nfdump's.
  const isOurs = /^ts,te,td,sa,da|^firstseen,duration,proto,|^(?:\w+,)?firstseen,lastseen,/i.test(
    line.trim(),
  );
  return isWhole && isOurs ? layout : null;
}

/** `2020-08-05 06:10:08.657     00:00:00.000 UDP        172.18.39.5:65268 ->      172.18.38.5:53    ........   0        1       69     1`. */
const PRINTED =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\s+(?:(\d+):(\d\d):(\d\d(?:\.\d+)?)|(\d+(?:\.\d+)?))\s+(\S+)\s+(\S+)\s+(?:->|<->)\s+(\S+)\s+([A-Z.]{6,8})\s+\d+\s+([\d.]+(?: [kKMGT])?)\s+([\d.]+(?: [kKMGT])?)\s/;

const TRAILER =
  /^(?:Summary|flows,bytes,packets|Time window|Total flows|Sys:|Date first seen|No matched flows|Top \d|Aggregated flows)/i;

class NfdumpParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  #layout: Layout | null;
  #isSummary = false;

  constructor(sink: RecordSink, layout: Layout | null) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
    this.#layout = layout;
  }

  header(): string {
    return JSON.stringify([this.#layout, this.#isSummary]);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, end).replace(/^\uFEFF/, '');
    const reason = this.#line(text, offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #line(text: string, offset: number, line: number): string | null {
    const layout = layoutOf(text);
    if (layout) {
      this.#layout = layout;
      this.#isSummary = false;
      this.#sink.skip('header');
      return null;
    }
    if (TRAILER.test(text)) {
      this.#isSummary = /^(?:Summary|flows,)/i.test(text);
      this.#sink.skip('summary');
      return null;
    }
    if (this.#isSummary && /^[\d,.]+$/.test(text)) {
      this.#sink.skip('summary');
      return null;
    }
    if (/^(?:\d+\|){20}/.test(text)) return this.#pipe(text.split('|'), offset, line);
    if (text.includes(','))
      return this.#csv(
        text.split(',').map((cell) => cell.trim()),
        offset,
        line,
      );
    return this.#printed(text, offset, line);
  }

  #csv(cells: readonly string[], offset: number, line: number): string | null {
    const layout = this.#layout;
    if (!layout)
      return 'no header line (ts,te,td,sa,da,…) stands before it, so it is not known what its columns hold';
    const cell = (column: Column): string => (layout[column] === -1 ? '' : (cells[layout[column]] ?? ''));
    if (cells.length <= Math.max(layout.src, layout.dst, layout.bytes))
      return `the line ends after ${cells.length} columns`;
    const flow = this.#flow;
    flow.times(cell('start'), cell('end'));
    this.#duration(cell('duration'));
    flow.ends(cell('src'), cell('dst'));
    this.#protocolAndPorts(cell('protocol'), cell('srcPort'), cell('dstPort'), cell('flags'));
    flow.row.srcBytes = flow.bytes(cell('bytes'));
    flow.row.srcPackets = flow.packets(cell('packets'));
    // Zero both is what nfdump prints for an exporter without such counters, not a silent peer.
    if (Number(cell('packetsBack')) > 0 || Number(cell('bytesBack')) > 0) {
      flow.row.dstBytes = flow.bytes(cell('bytesBack'));
      flow.row.dstPackets = flow.packets(cell('packetsBack'));
    }
    const exporter = cell('exporter');
    if (exporter !== '' && exporter !== '0.0.0.0' && exporter !== '::')
      flow.row.sensor = flow.ids.string(exporter);
    return flow.commit(offset, line);
  }

  /** Start and end are printed to the second (1.6, 1.7 CSV), the duration to the millisecond: the longer of both counts. */
  #duration(text: string): void {
    const { row } = this.#flow;
    const seconds = text === '' ? Number.NaN : Number(text);
    if (!(seconds >= 0 && seconds < 1e9)) return;
    const endUs = row.startUs + Math.round(seconds * MICROS_PER_SECOND);
    if (!(row.endUs >= endUs)) row.endUs = endUs;
  }

  #protocolAndPorts(protocol: string, srcPort: string, dstPort: string, flags: string): void {
    const { row } = this.#flow;
    row.protocol = protocolOf(protocol);
    // ICMP has its type and code in the destination port: `8.0` where it is printed to be read, 2048 (256 · type + code) elsewhere.
    const isIcmp = row.protocol === 1 || row.protocol === 58;
    const icmp = isIcmp ? /^(\d+)(?:\.(\d+))?$/.exec(dstPort) : null;
    if (icmp?.[2] !== undefined) this.#flow.ports(icmp[1], icmp[2]);
    else if (icmp && (srcPort === '0' || srcPort === ''))
      this.#flow.ports(Number(icmp[1]) >> 8, Number(icmp[1]) & 255);
    else this.#flow.ports(srcPort, dstPort);
    row.tcpFlags = row.protocol === 6 && flags !== '' ? tcpFlagsOf(flags) : UNKNOWN_FLAGS;
  }

  /** `-o pipe`: address family, first and last in milliseconds, protocol, four words of each address and their ports, … flags, packets, bytes. */
  #pipe(fields: readonly string[], offset: number, line: number): string | null {
    if (fields.length < 22) return `22 fields expected, ${fields.length} found`;
    const flow = this.#flow;
    flow.epochs(Number(fields[1]) * 1000, Number(fields[2]) * 1000);
    flow.ends(addressOfWords(fields.slice(4, 8)), addressOfWords(fields.slice(9, 13)));
    this.#protocolAndPorts(fields[3] ?? '', fields[8] ?? '', fields[13] ?? '', fields[18] ?? '');
    const { row } = flow;
    row.srcPackets = flow.packets(fields[20]);
    row.srcBytes = flow.bytes(fields[21]);
    return flow.commit(offset, line);
  }

  /** The lines made for reading (`-o line`, `long`, `extended`). Counts above 999,999 are printed as `1.9 M` and are that exact. */
  #printed(text: string, offset: number, line: number): string | null {
    const match = PRINTED.exec(text);
    if (!match)
      return 'this is no flow as nfdump prints it: expected date, duration, protocol, source -> destination, packets and bytes';
    const [
      ,
      start = '',
      hours,
      minutes,
      seconds,
      plain,
      protocol = '',
      src = '',
      dst = '',
      flags = '',
      packets = '',
      bytes = '',
    ] = match;
    const flow = this.#flow;
    flow.times(start, '');
    const duration =
      plain === undefined ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) : Number(plain);
    this.#duration(String(duration));
    const [srcAddr, srcPort] = splitPort(src);
    const [dstAddr, dstPort] = splitPort(dst);
    flow.ends(srcAddr, dstAddr);
    this.#protocolAndPorts(protocol, srcPort, dstPort, flags);
    flow.row.srcPackets = flow.packets(scaled(packets));
    flow.row.srcBytes = flow.bytes(scaled(bytes));
    if (/[kMGT]/.test(bytes + packets))
      this.#sink.note('Large counts were printed rounded (1.9 M) and are only that exact.');
    return flow.commit(offset, line);
  }
}

/** Four 32-bit words; IPv4 stands in the last. */
function addressOfWords(words: readonly string[]): string {
  const numbers = words.map(Number);
  if (numbers.some((word) => !(word >= 0 && word <= 0xffffffff))) return 'unreadable';
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = numbers;
  if (w0 === 0 && w1 === 0 && w2 === 0)
    return [w3 >>> 24, (w3 >>> 16) & 255, (w3 >>> 8) & 255, w3 & 255].join('.');
  return numbers.map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(':');
}

/** `172.18.39.5:65268`, `2001:db8::7.443`, `10.0.0.1:8.0` (ICMP). */
function splitPort(text: string): [string, string] {
  const match =
    /^(\d+\.\d+\.\d+\.\d+):([\d.]+)$/.exec(text) ?? /^([0-9a-f:]*:[0-9a-f:]*)\.(\d+)$/i.exec(text);
  return match ? [match[1] ?? '', match[2] ?? ''] : [text, ''];
}

function scaled(text: string): number {
  const [digits = '', unit = ''] = text.split(' ');
  const powers: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
  return Math.round(Number(digits) * (powers[unit] ?? 1));
}

function headLayout(head: Head): Layout | null {
  for (const line of head.lines.slice(0, 20)) {
    const layout = layoutOf(line.replace(/^\uFEFF/, ''));
    if (layout) return layout;
  }
  return null;
}

/**
 * What nfdump prints of NetFlow, IPFIX and sFlow captures: `-o csv` (both layouts, its summary at the end left out), `-o pipe`, and the lines made
 * for reading. Each record is one direction; the answers are records of their own. Times are in the zone of the machine that printed them.
 */
export const nfdump: Format = {
  id: 'nfdump',
  label: 'nfdump output',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff(head) {
    if (headLayout(head)) return 0.98;
    const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 20);
    if (lines.length === 0) return 0;
    const fitting = lines.filter(
      (line) =>
        PRINTED.test(line) ||
        TRAILER.test(line) ||
        /^(?:2|10)\|\d{12,14}\|\d{12,14}\|(?:\d+\|){18,}\d+$/.test(line),
    );
    return (0.95 * fitting.length) / lines.length;
  },
  parser: ({ sink, head }: ParseContext) => new NfdumpParser(sink, headLayout(head)),
};
