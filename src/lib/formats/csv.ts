import { accessLog } from './access-log';
import { cloudtrail } from './cloudtrail';
import type { Format, Head, ParseContext, RecordParser, TablePreview } from './format';
import { CsvParser, refusing, shapeOf } from './shared/csv-table';
import { isUnderstood, needsNames, previewOf, readingOf } from './shared/named-columns';
import { suricata } from './suricata';
import { syslog } from './syslog';
import { vpcFlow } from './vpc-flow';
import { zeekJson } from './zeek-json';

/** Logs whose lines a search's export may hold whole (Splunk's `_raw`). */
export const INNER_FORMATS: readonly Format[] = [cloudtrail, suricata, zeekJson, vpcFlow, accessLog, syslog];

/** What the mapping dialog shows of a delimited source; null when the head is not delimited text. */
export function previewDelimited(head: Head, delimiter?: string): TablePreview | null {
  const shape = shapeOf(head, delimiter);
  return shape && previewOf(csv.id, shape);
}

function parser(context: ParseContext): RecordParser {
  const { sink, head, options } = context;
  const shape = shapeOf(head, options.mapping?.delimiter);
  if (!shape) return refusing(sink);
  return new CsvParser(sink, shape, readingOf(shape, context, INNER_FORMATS, 'columns').write);
}

/** Any delimited text whose columns a header or a person names. */
export const csv: Format = {
  id: 'csv',
  label: 'CSV or TSV table',
  framing: 'lines',
  // A quoted cell may hold line ends, so a worker that starts at a line can't know whether it is inside one.
  splittable: false,
  tables: ['flows', 'logins', 'queries', 'changes'],
  mapped: {
    preview: (head) => previewDelimited(head),
    needsMapping: (head, options) => needsNames(shapeOf(head), options, INNER_FORMATS),
  },
  sniff(head) {
    if (/^\s*[{[]/.test(head.text.slice(0, 100))) return 0;
    const shape = shapeOf(head);
    if (!shape || shape.regularity < 0.8 || shape.rows.length === 0) return 0;
    if (isUnderstood(shape, INNER_FORMATS)) return 0.5;
    return shape.hasHeader && shape.columns.length > 2 ? 0.3 : 0.15;
  },
  parser,
};
