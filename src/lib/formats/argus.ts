import { decodeUtf8 } from '../base/bytes';
import { MICROS_PER_SECOND } from '../base/time';
import { CONN_STATE, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, tcpFlagsOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';

/** Columns of `ra -c ,` that we read, by the names it prints (ra(1), `-s`), lower case. */
const COLUMNS = {
  start: ['starttime', 'stime'],
  end: ['lasttime', 'ltime'],
  duration: ['dur', 'duration'],
  protocol: ['proto'],
  src: ['srcaddr', 'saddr'],
  srcPort: ['sport'],
  direction: ['dir'],
  dst: ['dstaddr', 'daddr'],
  dstPort: ['dport'],
  state: ['state'],
  packets: ['totpkts', 'pkts'],
  bytes: ['totbytes', 'bytes'],
  srcBytes: ['srcbytes', 'sbytes'],
  dstBytes: ['dstbytes', 'dbytes'],
  srcPackets: ['srcpkts', 'spkts'],
  dstPackets: ['dstpkts', 'dpkts'],
  sensor: ['srcid', 'sid'],
} as const;

type Column = keyof typeof COLUMNS;

interface Layout {
  readonly width: number;
  readonly at: Readonly<Record<Column, number>>;
}

function layoutOf(line: string): Layout | null {
  const names = line
    .replace(/^\uFEFF/, '')
    .trim()
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const at = Object.fromEntries(
    Object.entries(COLUMNS).map(([column, words]) => [
      column,
      names.findIndex((name) => (words as readonly string[]).includes(name)),
    ]),
  ) as Record<Column, number>;
  const isOurs = at.start !== -1 && at.src !== -1 && at.dst !== -1 && at.direction !== -1 && at.state !== -1;
  return isOurs ? { width: names.length, at } : null;
}

/** Argus' states (ra(1), `-s state`) as what both sides are known to have agreed. RST and TIM say how it ended, not how it began. */
const STATES: Readonly<Record<string, number>> = {
  REQ: CONN_STATE.attempt,
  INT: CONN_STATE.attempt,
  ACC: CONN_STATE.established,
  EST: CONN_STATE.established,
  CON: CONN_STATE.established,
  FIN: CONN_STATE.established,
  CLO: CONN_STATE.established,
};

/** States in which only one side has been seen, so that totals are its alone. */
const ONE_SIDED = new Set(['REQ', 'INT']);

/** CTU's files and `ra -Z b` print the flags of both sides: `FSPA_FSPA`, `S_RA`, `S_`. */
const FLAG_STATE = /^([FSRPAUECW]*)_([FSRPAUECW]*)$/;

class ArgusParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  #layout: Layout | null;
  #cells: readonly string[] = [];

  constructor(sink: RecordSink, layout: Layout | null) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
    this.#layout = layout;
  }

  header(): string {
    return JSON.stringify(this.#layout);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, end);
    const layout = layoutOf(text);
    if (layout) {
      this.#layout = layout;
      this.#sink.skip('header');
      return;
    }
    const reason = this.#record(text, offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #cell(column: Column): string {
    const index = this.#layout?.at[column] ?? -1;
    return index === -1 ? '' : (this.#cells[index] ?? '');
  }

  #record(text: string, offset: number, line: number): string | null {
    const layout = this.#layout;
    if (!layout)
      return 'no header line (StartTime,Dur,Proto,…) stands before it, so it is not known what its columns hold';
    this.#cells = text.split(',').map((cell) => cell.trim());
    if (this.#cells.length !== layout.width)
      return `${layout.width} columns expected, ${this.#cells.length} found`;
    const protocol = this.#cell('protocol').toLowerCase();
    if (protocol === 'man') {
      this.#sink.skip("argus' own status");
      return null;
    }
    if (
      isLinkAddress(this.#cell('src')) ||
      isLinkAddress(this.#cell('dst')) ||
      protocol === 'arp' ||
      protocol === 'rarp'
    ) {
      this.#sink.skip(`argus ${protocol === '' ? 'record' : protocol} without IP addresses`);
      return null;
    }
    const start = this.#cell('start');
    if (/^\d\d:\d\d:\d\d/.test(start))
      return 'the start time has no date (print it with "ra -u" or a time format that has one)';
    this.#times(start);
    this.#ends(protocol);
    this.#counts();
    return this.#flow.commit(offset, line);
  }

  #times(start: string): void {
    const flow = this.#flow;
    flow.times(start, this.#cell('end'));
    const seconds = Number(this.#cell('duration') || Number.NaN);
    if (Number.isNaN(flow.row.endUs) && seconds >= 0 && seconds < 1e9) {
      flow.row.endUs = flow.row.startUs + Math.round(seconds * MICROS_PER_SECOND);
    }
  }

  #ends(protocol: string): void {
    const flow = this.#flow;
    const { row } = flow;
    row.protocol = protocolOf(protocol);
    const [from, to] = this.#isReversed() ? (['dst', 'src'] as const) : (['src', 'dst'] as const);
    flow.ends(this.#cell(from), this.#cell(to));
    flow.ports(portText(this.#cell(`${from}Port`)), portText(this.#cell(`${to}Port`)));
    row.sensor = flow.ids.string(this.#cell('sensor'));
    const state = this.#cell('state').toUpperCase();
    const flags = FLAG_STATE.exec(state);
    if (flags && row.protocol === 6) {
      const [sent, answered] = [flagsOf(flags[1]), flagsOf(flags[2])];
      row.tcpFlags = sent | answered;
      row.connState = connStateOf(sent, answered);
      return;
    }
    row.tcpFlags = UNKNOWN_FLAGS;
    row.connState = STATES[state] ?? CONN_STATE.unknown;
    // `<?>`: argus came in the middle and can't tell who began.
    if (
      row.protocol === 6 &&
      this.#cell('direction').includes('?') &&
      row.connState === CONN_STATE.established
    ) {
      row.connState = CONN_STATE.midstream;
    }
  }

  /** `<-`: the record names the answering side first. */
  #isReversed(): boolean {
    return this.#cell('direction') === '<-';
  }

  #counts(): void {
    const flow = this.#flow;
    const { row } = flow;
    const isOneSided = ONE_SIDED.has(this.#cell('state').toUpperCase());
    const bytes = sides(
      flow.bytes(this.#cell('bytes')),
      flow.bytes(this.#cell('srcBytes')),
      flow.bytes(this.#cell('dstBytes')),
      isOneSided,
    );
    const packets = sides(
      known(flow.packets(this.#cell('packets'))),
      known(flow.packets(this.#cell('srcPackets'))),
      known(flow.packets(this.#cell('dstPackets'))),
      isOneSided,
    );
    if (Number.isNaN(bytes[0]) && this.#cell('bytes') !== '') {
      this.#sink.note(
        'The records hold only the bytes of both directions together; what each side sent is not known.',
      );
    }
    const order = this.#isReversed() ? [1, 0] : [0, 1];
    row.srcBytes = bytes[order[0] as number] as number;
    row.dstBytes = bytes[order[1] as number] as number;
    row.srcPackets = packetCount(packets[order[0] as number] as number);
    row.dstPackets = packetCount(packets[order[1] as number] as number);
  }
}

/** What each side sent, of a total and whichever side is given. */
function sides(total: number, src: number, dst: number, isOneSided: boolean): [number, number] {
  if (!Number.isNaN(src) && !Number.isNaN(dst)) return [src, dst];
  if (!Number.isNaN(src) && total >= src) return [src, total - src];
  if (!Number.isNaN(dst) && total >= dst) return [total - dst, dst];
  return isOneSided ? [total, 0] : [src, dst];
}

function known(packets: number): number {
  return packets === UNKNOWN_PACKETS ? Number.NaN : packets;
}

function packetCount(packets: number): number {
  return Number.isNaN(packets) ? UNKNOWN_PACKETS : packets;
}

function flagsOf(letters: string | undefined): number {
  return letters === undefined || letters === '' ? 0 : tcpFlagsOf(letters);
}

function connStateOf(sent: number, answered: number): number {
  if ((answered & 18) === 18) return CONN_STATE.established;
  if ((answered & 4) === 4 && (answered & 2) === 0)
    return (sent & 2) === 2 ? CONN_STATE.refused : CONN_STATE.midstream;
  if (answered === 0 && (sent & 2) === 2) return CONN_STATE.attempt;
  return CONN_STATE.midstream;
}

function isLinkAddress(text: string): boolean {
  return /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text);
}

/** Ports come as numbers, in hexadecimal (`0x0303`, ICMP type and code among them), or as a service's name. */
function portText(text: string): string {
  if (/^0x[0-9a-f]+$/i.test(text)) return String(Number.parseInt(text, 16));
  return /^\d*$/.test(text) ? text : (SERVICES[text.toLowerCase()] ?? text);
}

/** Names that ra prints for well-known ports unless told not to (`-n`); the services that this product asks about. */
const SERVICES: Readonly<Record<string, string>> = {
  ...{
    ftp: '21',
    ssh: '22',
    telnet: '23',
    smtp: '25',
    domain: '53',
    http: '80',
    www: '80',
    kerberos: '88',
    pop3: '110',
    sunrpc: '111',
  },
  ...{
    ntp: '123',
    epmap: '135',
    'netbios-ns': '137',
    'netbios-ssn': '139',
    imap: '143',
    snmp: '161',
    ldap: '389',
    https: '443',
  },
  ...{
    'microsoft-ds': '445',
    ldaps: '636',
    imaps: '993',
    pop3s: '995',
    'ms-sql-s': '1433',
    mysql: '3306',
    'ms-wbt-server': '3389',
    postgresql: '5432',
  },
};

function headLayout(head: Head): Layout | null {
  for (const line of head.lines.slice(0, 20)) {
    const layout = layoutOf(line);
    if (layout) return layout;
  }
  return null;
}

/** Argus records as `ra -c ,` prints them, with the CTU data sets' `.binetflow` among them. Both directions stand in one record. */
export const argus: Format = {
  id: 'argus',
  label: 'Argus flow records',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff: (head) => (headLayout(head) ? 0.98 : 0),
  parser: ({ sink, head }: ParseContext) => new ArgusParser(sink, headLayout(head)),
};
