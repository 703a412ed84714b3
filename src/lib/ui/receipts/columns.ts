import { formatBytes, formatDuration } from '../../base/units';
import { formatTime } from '../../notebook/times';
import type { RowView } from '../../workers/engine';
import { visibleText } from '../../base/visible';

interface ColumnWords {
  readonly name: string;
  /** A CSS grid track. */
  readonly track: string;
  readonly isNumber?: boolean;
}

const WORDS: Readonly<Record<string, ColumnWords>> = {
  startUs: { name: 'Start', track: '17ch' },
  endUs: { name: 'End', track: '17ch' },
  timeUs: { name: 'Time', track: '17ch' },
  srcAddr: { name: 'From', track: '17ch' },
  dstAddr: { name: 'To', track: '17ch' },
  srcPort: { name: 'Port', track: '7ch', isNumber: true },
  dstPort: { name: 'Port', track: '7ch', isNumber: true },
  protocol: { name: 'Protocol', track: '8ch' },
  srcBytes: { name: 'Bytes out', track: '10ch', isNumber: true },
  dstBytes: { name: 'Bytes back', track: '10ch', isNumber: true },
  srcPackets: { name: 'Packets out', track: '11ch', isNumber: true },
  dstPackets: { name: 'Packets back', track: '12ch', isNumber: true },
  verdict: { name: 'Verdict', track: '9ch' },
  logStatus: { name: 'Log status', track: '10ch' },
  tcpFlags: { name: 'TCP flags', track: '16ch' },
  connState: { name: 'State', track: '12ch' },
  sensor: { name: 'Interface', track: '22ch' },
  actorAddr: { name: 'Actor', track: '17ch' },
  actorPort: { name: 'Its port', track: '8ch', isNumber: true },
  actorName: { name: 'Actor’s name', track: '18ch' },
  host: { name: 'Host', track: '18ch' },
  service: { name: 'Service', track: '13ch' },
  user: { name: 'User', track: '14ch' },
  became: { name: 'Became', track: '14ch' },
  method: { name: 'Method', track: '12ch' },
  outcome: { name: 'Outcome', track: '13ch' },
  key: { name: 'Key', track: '24ch' },
  process: { name: 'Process', track: '9ch', isNumber: true },
  principal: { name: 'Principal', track: '26ch' },
  servicePort: { name: 'Service port', track: '11ch', isNumber: true },
  verb: { name: 'Verb', track: '8ch' },
  object: { name: 'Object', track: '36ch' },
  status: { name: 'Status', track: '7ch', isNumber: true },
  rowsReturned: { name: 'Rows back', track: '10ch', isNumber: true },
  bytesReturned: { name: 'Bytes back', track: '11ch', isNumber: true },
  durationUs: { name: 'Duration', track: '11ch', isNumber: true },
  agent: { name: 'Agent', track: '26ch' },
  target: { name: 'Target', track: '26ch' },
  cidr: { name: 'Range', track: '18ch' },
  portFrom: { name: 'From port', track: '9ch', isNumber: true },
  portTo: { name: 'To port', track: '9ch', isNumber: true },
  kind: { name: 'Kind', track: '18ch' },
  detail: { name: 'Detail', track: '40ch' },
};

const TIMES = new Set(['startUs', 'endUs', 'timeUs']);
const BYTES = new Set(['srcBytes', 'dstBytes', 'bytesReturned']);

/** A column's heading and width; a column of a later table keeps its own name. Times say their zone where one is given. */
export function columnWords(name: string, zone?: string): ColumnWords {
  const words = WORDS[name] ?? { name, track: '14ch' };
  return zone !== undefined && TIMES.has(name) ? { ...words, name: `${words.name} (${zone})` } : words;
}

/** The columns in which any of the sampled rows says something: empty ones only push the others out of sight. Ends of stretches go last. */
export function usefulColumns(
  columns: readonly string[],
  sample: readonly RowView[],
): readonly { readonly name: string; readonly index: number }[] {
  return columns
    .map((name, index) => ({ name, index }))
    .toSorted((a, b) => Number(a.name === 'endUs') - Number(b.name === 'endUs'))
    .filter(({ index }) =>
      sample.some(({ cells }) => (cells[index] ?? '') !== '' && cells[index] !== 'unknown'),
    );
}

/** What the places of the sampled rows are called: a file that keeps columns together numbers its rows and has no lines. */
export function placeName(sample: readonly RowView[]): string {
  const isOfRow = sample.map(({ offset }) => offset === null);
  if (!isOfRow.includes(true)) return 'Line';
  return isOfRow.includes(false) ? 'Line or row' : 'Row';
}

/** A cell as the page shows it: times in its zone, durations and sizes with their unit, everything else as it came. */
export function showCell(column: string, text: string, zone: string): string {
  if (text === '') return '';
  if (TIMES.has(column)) return formatTime(Number(text), zone, 'full');
  if (column === 'durationUs') return formatDuration(Number(text));
  if (BYTES.has(column)) return formatBytes(Number(text));
  return visibleText(text);
}
