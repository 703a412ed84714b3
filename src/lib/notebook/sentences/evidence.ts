import { greatest, least } from '../../base/extremes';
import { listUnder } from '../../base/lists';
import type { SourceInfo } from '../../analysis/evidence';
import type { Findings, Statement } from '../../analysis/findings';
import { formatBytes, formatCount, plural } from '../../base/units';
import type { CellText } from '../sentences';
import { caveatsOf } from './caveats';
import { listWords, minuteUtc } from './words';

/** So many files of one kind that hold nothing for the tables are told of together: a machine's logs are collected by the hundred. */
const FEWEST_TOGETHER = 4;
const NAMES_SHOWN = 3;
const KINDS_SHOWN = 4;

/** Files of which each record was understood and none gives a row, by their format, where they are many. */
function barrenSources(sources: readonly SourceInfo[]): SourceInfo[][] {
  const byFormat = new Map<string, SourceInfo[]>();
  for (const source of sources) {
    const { rows, records, rejected, duplicates, isCut, skipped } = source;
    const isBarren =
      records > (skipped['header'] ?? 0) &&
      rejected === 0 &&
      duplicates === 0 &&
      !isCut &&
      Object.values(rows).every((count) => count === 0);
    if (isBarren) listUnder(byFormat, source.formatLabel, source);
  }
  return [...byFormat.values()].filter(({ length }) => length >= FEWEST_TOGETHER);
}

/** One sentence on all of them; what is noted of them is told with the notes of the others. */
function describeBarren(group: readonly SourceInfo[]): Statement {
  const kinds = new Map<string, number>();
  for (const { skipped } of group)
    for (const [kind, count] of Object.entries(skipped)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  const most = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${formatCount(count)} ${kind}`);
  const records = group.reduce((sum, source) => sum + source.records, 0);
  const names = listWords(
    group.map(({ name }) => name),
    NAMES_SHOWN,
  );
  return {
    text: `${plural(group.length, 'file')} of one kind (${group[0]?.formatLabel ?? ''}) hold nothing that this case asks for: ${names}. Their ${plural(records, 'record')} were understood and give no row (${listWords(most, KINDS_SHOWN)}).`,
  };
}

/** Sources named of which the same is noted. */
const NAMED = 4;

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
  const together = barrenSources(sources);
  const isTogether = new Set(together.flat());
  for (const source of sources) {
    if (isTogether.has(source)) continue;
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
              KINDS_SHOWN,
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
  }
  details.push(...together.map(describeBarren));
  const noted = sources.map(({ name, inferred, notes }) => ({ name, texts: [...inferred, ...notes] }));
  details.push(...notesOf(noted).map((text) => ({ text })));
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
    caveats: [...withoutNotes(findings.inferred, sources), ...caveatsOf(findings, 'evidence')],
  };
}

/** Everything that was inferred rather than told, once for all sources of which the same was. */
export function inferredOnce({ inferred, sources }: Pick<Findings, 'inferred' | 'sources'>): string[] {
  return [
    ...withoutNotes(inferred, sources),
    ...notesOf(sources.map(({ name, inferred: own }) => ({ name, texts: own }))),
  ];
}

function notesOf(sources: readonly { readonly name: string; readonly texts: readonly string[] }[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, texts } of sources) for (const text of new Set(texts)) listUnder(names, text, name);
  return [...names].map(([text, of]) => `${listWords(of, NAMED)}: ${text}`);
}

/** What was inferred beyond what is noted of single sources. */
function withoutNotes(inferred: readonly string[], sources: readonly SourceInfo[]): string[] {
  const noted = new Set(
    sources.flatMap((source) => source.inferred.map((text) => `${source.name}: ${text}`)),
  );
  return inferred.filter((text) => !noted.has(text));
}
