import { decodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { LOG_STATUS, UNKNOWN_FLAGS, VERDICT } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, tcpFlagsOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';

/** Fields of versions 1.0 to 1.5 where no `#Fields:` line names them. */
const DEFAULT_FIELDS =
  'date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path';

const VERDICTS: Readonly<Record<string, number>> = {
  ALLOW: VERDICT.accept,
  OPEN: VERDICT.accept,
  'OPEN-INBOUND': VERDICT.accept,
  DROP: VERDICT.reject,
};

interface Shape {
  fields: readonly string[];
  isUtc: boolean;
}

/** Takes in one `#` line. */
function takeDirective(shape: Shape, line: string): void {
  const fields = /^#Fields:\s*(.+)$/i.exec(line)?.[1];
  if (fields !== undefined) shape.fields = fields.trim().toLowerCase().split(/\s+/);
  const clock = /^#Time Format:\s*(\w+)/i.exec(line)?.[1];
  if (clock !== undefined) shape.isUtc = /^(?:gmt|utc)$/i.test(clock);
}

function shapeOf(head: Head): Shape {
  const shape: Shape = { fields: DEFAULT_FIELDS.split(' '), isUtc: false };
  for (const line of head.lines.slice(0, 20)) if (line.startsWith('#')) takeDirective(shape, line);
  return shape;
}

class WindowsFirewallParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  readonly #shape: Shape;

  constructor(sink: RecordSink, shape: Shape) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
    this.#shape = shape;
  }

  header(): string {
    return JSON.stringify(this.#shape);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, end);
    if (text.startsWith('#')) {
      takeDirective(this.#shape, text);
      this.#sink.skip('header');
      return;
    }
    const reason = this.#line(text.trim().split(/\s+/), offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #line(cells: readonly string[], offset: number, line: number): string | null {
    const { fields, isUtc } = this.#shape;
    // A field added by a later version stands at the end; one that is missing there may be a cut line.
    if (cells.length < Math.min(fields.length, 8))
      return `${fields.length} fields expected, ${cells.length} found`;
    const cell = (name: string): string => {
      const text = cells[fields.indexOf(name)] ?? '';
      return text === '-' ? '' : text;
    };
    const flow = this.#flow;
    const { row } = flow;
    flow.times(`${cell('date')} ${cell('time')}`, '');
    if (isUtc && row.timeBasis === TIME_BASIS.local) row.timeBasis = TIME_BASIS.absolute;
    const action = cell('action').toUpperCase();
    if (action === 'INFO-EVENTS-LOST') {
      row.logStatus = LOG_STATUS.skipData;
      return flow.commit(offset, line);
    }
    row.protocol = protocolOf(cell('protocol'));
    flow.ends(cell('src-ip'), cell('dst-ip'));
    const hasIcmp = cell('icmptype') !== '';
    flow.ports(cell(hasIcmp ? 'icmptype' : 'src-port'), cell(hasIcmp ? 'icmpcode' : 'dst-port'));
    // CLOSE tells that a conversation ended, not what the rules decided.
    row.verdict = VERDICTS[action] ?? VERDICT.unknown;
    row.srcBytes = flow.bytes(cell('size'));
    if (cell('size') !== '') row.srcPackets = 1;
    const flags = cell('tcpflags');
    row.tcpFlags = row.protocol === 6 && flags !== '' ? tcpFlagsOf(flags) : UNKNOWN_FLAGS;
    return flow.commit(offset, line);
  }
}

/** The log of Windows' own firewall (`pfirewall.log`): one line a packet dropped or a connection opened and closed. */
export const windowsFirewall: Format = {
  id: 'windows-firewall',
  label: 'Windows firewall log',
  framing: 'lines',
  splittable: true,
  tables: ['flows'],
  sniff(head) {
    if (/^#Software:\s*Microsoft Windows Firewall/im.test(head.text.slice(0, 2000))) return 1;
    if (/^#Fields:\s*date time action protocol src-ip dst-ip/im.test(head.text.slice(0, 2000))) return 0.99;
    const lines = head.lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).slice(0, 20);
    const fitting = lines.filter((line) =>
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:ALLOW|DROP|OPEN|CLOSE|OPEN-INBOUND|INFO-EVENTS-LOST) \S+ \S+ \S+ /.test(
        line,
      ),
    );
    return lines.length === 0 ? 0 : (0.9 * fitting.length) / lines.length;
  },
  parser: ({ sink, head }: ParseContext) => new WindowsFirewallParser(sink, shapeOf(head)),
};
