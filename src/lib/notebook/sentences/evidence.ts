import { greatest, least } from '../../base/extremes';
import type { Findings, Statement } from '../../analysis/findings';
import { formatBytes, formatCount, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc } from './words';

/** What was loaded, what could not be read, what was counted once. */
export function describeEvidence(findings: Findings): CellText {
  const { sources, totals } = findings;
  const rejected = sources.reduce((sum, source) => sum + source.rejected, 0);
  const duplicates = sources.reduce((sum, source) => sum + source.duplicates, 0);
  const first = least(sources.map((source) => source.firstUs).filter(Number.isFinite));
  const last = greatest(sources.map((source) => source.lastUs).filter(Number.isFinite));
  const empty = sources
    .filter(({ records, rejected, skipped }) => rejected === 0 && records === (skipped['header'] ?? 0))
    .map(({ name }) => name);
  const details: Statement[] = [];
  for (const source of sources) {
    const skipped = Object.entries(source.skipped).filter(([, count]) => count > 0);
    const rows = Object.entries(source.rows).filter(([, count]) => count > 0);
    details.push({
      text:
        `${source.name} (${formatBytes(source.sizeBytes)}, ${source.formatLabel}): ${plural(source.records, 'record')}, ` +
        (rows.length > 0
          ? rows.map(([table, count]) => `${formatCount(count)} ${table}`).join(', ')
          : 'no rows') +
        (skipped.length > 0
          ? `; ${formatCount(skipped.reduce((sum, [, count]) => sum + count, 0))} understood and without a row (${listWords(
              skipped.map(([kind, count]) => `${formatCount(count)} ${kind}`),
              4,
            )})`
          : '') +
        (source.rejected > 0 ? `; ${formatCount(source.rejected)} could not be read` : '') +
        (source.duplicates > 0
          ? `; ${formatCount(source.duplicates)} also stand in ${source.duplicateOf ?? 'another source'} and count once`
          : '') +
        (source.isCut ? '; the file ends in the middle of a record' : '') +
        '.',
      rows: rows.map(([table]) => ({ table: table as 'flows', source: source.id })),
    });
    for (const text of [...source.inferred, ...source.notes])
      details.push({ text: `${source.name}: ${text}` });
  }
  return {
    id: 'evidence',
    question: 'What was loaded, and what does it cover?',
    finding: {
      text:
        sources.length === 0
          ? 'Nothing is loaded.'
          : `${plural(sources.length, 'source')} with ${plural(totals.flows, 'flow record')}, ${plural(totals.logins, 'login event')}, ` +
            `${plural(totals.queries, 'query', 'queries')} and ${plural(totals.changes, 'change')}` +
            (Number.isFinite(first) ? `, from ${minuteUtc(first)} to ${minuteUtc(last)}` : '') +
            `. ${rejected === 0 ? 'Every record could be read' : `${plural(rejected, 'record')} could not be read`}` +
            (duplicates > 0 ? `; ${plural(duplicates, 'row')} stood in two sources and count once` : '') +
            (empty.length > 0
              ? `; no record is in ${listWords(empty, 3)}: check the query and the time range of the export`
              : '') +
            '.',
    },
    details,
    caveats: [...findings.inferred, ...caveatsOf(findings, 'evidence')],
  };
}
