import type { Failure, Result } from '../base/result';
import { ok, fail } from '../base/result';
import { plural } from '../base/units';
import { visibleJson } from '../base/visible';
import { MICROS_PER_MS } from '../base/time';
import type { Micros } from '../base/brand';
import { rowWords } from '../notebook/row-words';
import { actorsCsv, rowsCsv, verdictsCsv, type CsvRow } from '../report/csv';
import { toContract } from '../report/findings-json';
import { renderHtml } from '../report/html';
import { renderMarkdown } from '../report/markdown';
import { buildReport, collectQueries, type ReportModel } from '../report/model';
import { sigmaText } from '../report/sigma';
import { stixBundle } from '../report/stix';
import { timesketchCsv } from '../report/timesketch';
import type { RowQuery } from '../analysis/evidence';
import type { Engine, RowPage } from '../workers/engine';
import type { CaseSession } from './case-session.svelte';
import { fewNames } from './unread-files';

export const EXPORT_KINDS = [
  { kind: 'markdown', label: 'Markdown', needsFindings: true },
  { kind: 'html', label: 'HTML, one file', needsFindings: true },
  { kind: 'json', label: 'Findings (JSON)', needsFindings: true },
  { kind: 'actors', label: 'Actors (CSV)', needsFindings: true },
  { kind: 'verdicts', label: 'Verdicts (CSV)', needsFindings: true },
  { kind: 'sigma', label: 'Watch list (Sigma rules)', needsFindings: true },
  { kind: 'stix', label: 'STIX 2.1 bundle', needsFindings: true },
  { kind: 'timesketch', label: 'Timeline for Timesketch (CSV)', needsFindings: true },
  { kind: 'case', label: 'Case file (to open elsewhere)', needsFindings: false },
] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number]['kind'];

export interface ExportedFile {
  readonly name: string;
  readonly blob: Blob;
  /** What it ought to hold and does not. */
  readonly lacks?: Failure;
}

/** A case file is made of what this browser has stored. */
function notInCaseFile({ sources, isUnsaved }: CaseSession): Failure | null {
  const files = sources.filter(({ unsaved }) => unsaved !== undefined);
  if (files.length === 0 && !isUnsaved) return null;
  const missing = [
    ...(files.length > 0
      ? [`${plural(files.length, 'file')} (${fewNames(files.map(({ name }) => name))})`]
      : []),
    ...(isUnsaved ? ['the latest edits'] : []),
  ].join(' and ');
  return {
    what: `The case file lacks what this browser could not save: ${missing}.`,
    kept: 'All else is in it.',
    todo: 'Delete another case or free disk space, drop the files again, and export once more.',
  };
}

/** Makes one file of the case as it stands. The name carries the marking: `port-9200.TLP-AMBER.md`. */
export async function exportReport(
  kind: ExportKind,
  session: CaseSession,
  engine: Engine,
): Promise<Result<ExportedFile>> {
  const { document, findings } = session;
  const named = (extension: string, blob: Blob): Result<ExportedFile> =>
    ok({ name: fileName(document.name, document.tlp, extension), blob });
  if (kind === 'case') {
    await session.save();
    const exported = await engine.exportCase();
    if (!exported.ok) return exported;
    const file = named('undertone', exported.value);
    const lacks = notInCaseFile(session);
    return file.ok && lacks ? ok({ ...file.value, lacks }) : file;
  }
  if (!findings)
    return fail({ what: 'There are no findings yet.', todo: 'Wait until the analysis has ended.' });
  switch (kind) {
    case 'json':
      return named(
        'findings.json',
        textBlob(
          visibleJson(
            JSON.stringify(
              toContract(findings, __UNDERTONE_VERSION__, session.detectability.result),
              null,
              2,
            ),
          ),
          'application/json',
        ),
      );
    case 'actors':
      return named('actors.csv', textBlob(actorsCsv(findings), 'text/csv'));
    case 'sigma':
      return named('sigma.yml', textBlob(sigmaText(findings), 'application/yaml'));
    case 'stix':
      return named(
        'stix.json',
        textBlob(
          visibleJson(JSON.stringify(await stixBundle(findings, document.tlp), null, 2)),
          'application/json',
        ),
      );
    case 'timesketch':
      return named('timesketch.csv', textBlob(timesketchCsv(findings), 'text/csv'));
    case 'verdicts':
      return named('verdicts.csv', textBlob(verdictsCsv(findings), 'text/csv'));
    case 'markdown':
    case 'html': {
      const receipts = await engine.receipts(collectQueries(findings, document));
      if (!receipts.ok) return receipts;
      const model: ReportModel = buildReport({
        findings,
        document,
        receipts: receipts.value,
        version: __UNDERTONE_VERSION__,
        generatedUs: (Date.now() * MICROS_PER_MS) as Micros,
      });
      return kind === 'html'
        ? named('html', textBlob(renderHtml(model), 'text/html'))
        : named('md', textBlob(renderMarkdown(model), 'text/markdown'));
    }
  }
}

/** Most rows of one file of rows: what a spreadsheet opens without complaint, and far more than a person reads. */
export const MOST_EXPORTED_ROWS = 100_000;
/** As many as the engine gives at once. */
const EXPORT_PAGE_ROWS = 1_000;

/** The rows that meet any of the questions as one table in the order of time, the first of them where there are too many. */
export async function exportRows(
  queries: readonly RowQuery[],
  session: CaseSession,
  engine: Engine,
): Promise<Result<ExportedFile & { readonly left: number }>> {
  const rows: CsvRow[] = [];
  let total = 1;
  while (rows.length < Math.min(total, MOST_EXPORTED_ROWS)) {
    const page = await engine.rows(queries, rows.length, EXPORT_PAGE_ROWS);
    if (!page.ok) return page;
    if (page.value.rows.length === 0) break;
    total = page.value.total;
    rows.push(...csvRowsOf(page.value));
  }
  const { name, tlp } = session.document;
  return ok({
    name: fileName(name, tlp, 'rows.csv'),
    blob: textBlob(rowsCsv(rows), 'text/csv'),
    left: Math.max(0, total - rows.length),
  });
}

function csvRowsOf({ columns, rows }: RowPage): CsvRow[] {
  return rows.map(({ table, source, line, offset, cells: texts }) => {
    const cells = Object.fromEntries((columns[table] ?? []).map((name, i) => [name, texts[i] ?? '']));
    const us = cells['startUs'] ?? cells['timeUs'] ?? '';
    return {
      us: us === '' ? Number.NaN : Number(us),
      what: rowWords(table, (column) => cells[column] ?? ''),
      table,
      source,
      line,
      offset,
      cells,
    };
  });
}

function textBlob(text: string, type: string): Blob {
  return new Blob([text], { type: `${type};charset=utf-8` });
}

/** A file name that every system takes: letters, digits and dashes, then the marking and the extension. */
export function fileName(caseName: string, tlp: string, extension: string): string {
  const base = caseName
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
    .toLowerCase();
  return `${base || 'case'}.TLP-${tlp.replace('+', '-')}.${extension}`;
}
