import type { Format, Head, ParseContext, RecordParser, TablePreview } from './format';
import { INNER_FORMATS_IN_ORDER } from './inner-formats';
import { CsvParser, refusing, shapeOf } from './shared/csv-table';
import { isUnderstood, needsNames, previewOf, readingOf } from './shared/named-columns';

/** What the mapping dialog shows of a delimited source; null when the head is not delimited text. */
export function previewDelimited(head: Head, delimiter?: string): TablePreview | null {
  const shape = shapeOf(head, delimiter);
  return shape && previewOf(csv.id, shape);
}

function parser(context: ParseContext): RecordParser {
  const { sink, head, options } = context;
  const shape = shapeOf(head, options.mapping?.delimiter);
  if (!shape) return refusing(sink);
  const reading = readingOf(shape, context, INNER_FORMATS_IN_ORDER, 'columns');
  return new CsvParser(sink, shape, reading.write, reading.finish);
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
    needsMapping: (head, options) => needsNames(shapeOf(head), options, INNER_FORMATS_IN_ORDER),
  },
  sniff(head) {
    if (/^\s*[{[]/.test(head.text.slice(0, 100))) return 0;
    const shape = shapeOf(head);
    if (!shape || shape.regularity < 0.8 || shape.rows.length === 0) return 0;
    if (isUnderstood(shape, INNER_FORMATS_IN_ORDER))
      // Nothing but CloudWatch Logs Insights names a column so. The lines in it may look like a log of their own to their format.
      return shape.columns.includes('@message') ? 0.9 : 0.5;
    return shape.hasHeader && shape.columns.length > 2 ? 0.3 : 0.15;
  },
  parser,
};
