import type { Dictionaries } from '../tables/dictionaries';
import { formatById } from '../formats/registry';
import { TABLE_NAMES, type TableName } from '../tables/schemas';
import { makeTables, type Segment } from '../tables/segment';
import type { ColumnArray } from '../tables/columns';
import type { SourceInfo } from '../tables/source-info';
import { plural } from '../base/units';
import { deduplicate, type Deduplicated } from './duplicates';
import { markRetold, type Retelling, type TellingSource } from './retold';
import { markRetoldLines, type RetoldLines } from './retold-lines';
import type { AssembleParameters, Assembled, RawSource, SourceRuleLike } from './raw-source';
import {
  resolveTimes,
  surveyTimes,
  rangeOf,
  yearEvidenceFor,
  type ResolvedTimes,
  type TimeSurvey,
} from './resolve-times';
import { ruleBook } from './rules';
import type { YearEvidence } from './years';

export type { AssembleParameters, Assembled, RawSource, SourceRuleLike } from './raw-source';

/** One source on its way: what was read, what the rules say, and its rows with times in UTC. */
interface Prepared {
  readonly raw: RawSource;
  readonly rule: Omit<SourceRuleLike, 'name' | 'id'>;
  readonly survey: TimeSurvey;
}

/**
 * All sources of a case as the analysis reads them: years and zones applied (and said where they were inferred), rows that several
 * sources hold counted once. Pure: the raw sources stay as they are, so that zone and year can be changed without reading a file again.
 */
export function assemble(
  rawSources: readonly RawSource[],
  dictionaries: Dictionaries,
  parameters: AssembleParameters,
  nowMs = Date.now(),
): Assembled {
  const ruleOf = ruleBook(parameters.rules);
  const prepared = rawSources.map((raw): Prepared => ({
    raw,
    rule: ruleOf(raw.name, raw.id),
    survey: surveyTimes(raw),
  }));
  const dated = datedSources(prepared);
  const resolved = prepared.map(({ raw, rule, survey }) =>
    resolveTimes(raw, survey, {
      zone: rule.zone ?? parameters.zone,
      year: rule.year ?? parameters.year,
      evidence: yearEvidenceFor(raw, dated, nowMs),
    }),
  );
  const assets = prepared.map(({ raw, rule }) => rule.asset ?? onlyHostOf(raw, dictionaries));
  const unique = deduplicate(
    prepared.map(({ raw }, i) => ({
      name: raw.name,
      sha256: raw.sha256,
      format: raw.format,
      asset: assets[i],
      ...(resolved[i] as ResolvedTimes),
    })),
  );
  const told = markRetold(
    prepared.map(({ raw: { name, format } }, i) => ({
      name,
      format,
      asset: assets[i],
      segments: (unique[i] as Deduplicated).segments,
    })),
    dictionaries,
  );
  const lines = markAllLines(
    prepared.map(({ raw: { name, format } }, i) => ({
      name,
      format,
      asset: assets[i],
      segments: (told[i] as Retelling).segments,
    })),
    dictionaries,
  );
  return {
    tables: makeTables(lines.flatMap(({ segments }) => segments)),
    dictionaries,
    sources: prepared.map((source, i) =>
      infoOf(
        source,
        resolved[i] as ResolvedTimes,
        unique[i] as Deduplicated,
        [...retoldNotes('login', told[i] as Retelling), ...(lines[i] as MarkedLines).notes],
        assets[i],
      ),
    ),
  };
}

/** Where in time the sources lie whose rows name their year. */
function datedSources(prepared: readonly Prepared[]): YearEvidence['others'] {
  return prepared
    .filter(({ survey }) => survey.yearless === 0)
    .map(({ raw }) => ({ name: raw.name, ...rangeOf(raw) }))
    .filter(({ firstUs }) => Number.isFinite(firstUs));
}

/** The host that all rows of a source name as their writer; undefined when they name none or several. */
function onlyHostOf(raw: RawSource, dictionaries: Dictionaries): string | undefined {
  let host = 0;
  for (const segment of raw.segments) {
    if (segment.table === 'flows') return undefined;
    const column = (segment.columns as unknown as Record<string, ColumnArray>)['host'] as ColumnArray;
    for (let i = 0; i < segment.length; i++) {
      const id = column[i] as number;
      if (id === 0) continue;
      if (host !== 0 && id !== host) return undefined;
      host = id;
    }
  }
  return host === 0 ? undefined : dictionaries.strings.text(host);
}

function infoOf(
  { raw, rule }: Prepared,
  times: ResolvedTimes,
  unique: Deduplicated,
  told: readonly string[],
  asset: string | undefined,
): SourceInfo {
  return {
    id: raw.id,
    name: raw.name,
    sizeBytes: raw.sizeBytes,
    sha256: raw.sha256,
    format: raw.format,
    formatLabel: raw.formatLabel,
    container: raw.container,
    records: raw.records,
    rows: rowsOf(unique.segments),
    rejected: raw.rejected,
    rejectedSamples: raw.rejectedSamples,
    rejectedByReason: raw.rejectedByReason,
    skipped: raw.skipped,
    duplicates: unique.duplicates,
    duplicateOf: unique.duplicateOf,
    firstUs: times.firstUs,
    lastUs: times.lastUs,
    zone: times.zone,
    year: times.year,
    inferred: times.inferred,
    asset,
    heldOffAsset: rule.heldOffAsset ?? formatById(raw.format)?.heldOffAsset ?? false,
    isCut: raw.isCut,
    ...(raw.sequences && { sequences: raw.sequences }),
    notes: [
      ...raw.notes,
      ...times.notes,
      // Without rows there is nothing that could count twice.
      ...(raw.segments.length > 0 ? duplicateNotes(unique) : []),
      ...told,
    ],
  };
}

function rowsOf(segments: readonly Segment[]): Record<TableName, number> {
  const rows = Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>;
  for (const segment of segments) rows[segment.table] += segment.length;
  return rows;
}

function duplicateNotes({ duplicates, duplicateOf, isSameFile }: Deduplicated): string[] {
  if (duplicateOf === undefined) return [];
  if (isSameFile) return [`It holds the same bytes as ${duplicateOf} and is counted there.`];
  const rows = plural(duplicates, 'row');
  return [`${rows} also ${duplicates === 1 ? 'stands' : 'stand'} in ${duplicateOf}: counted once.`];
}

/** A source's rows with the lines marked that another holds, too, and what to say of it. */
interface MarkedLines {
  readonly segments: readonly Segment[];
  readonly notes: readonly string[];
}

function markAllLines(sources: readonly TellingSource[], dictionaries: Dictionaries): MarkedLines[] {
  const changes = markRetoldLines(sources, dictionaries, 'changes');
  const marked = sources.map((source, i) => ({ ...source, segments: (changes[i] as RetoldLines).segments }));
  return markRetoldLines(marked, dictionaries, 'flows').map((flows, i) => ({
    segments: flows.segments,
    notes: [...retoldNotes('change', changes[i] as RetoldLines), ...retoldNotes('flow', flows)],
  }));
}

function retoldNotes(what: string, { retold, retoldOf }: Pick<Retelling, 'retold' | 'retoldOf'>): string[] {
  if (retoldOf === undefined) return [];
  return [
    `${plural(retold, what)} of it ${retold === 1 ? 'is' : 'are'} told by ${retoldOf}, too: counted there, and shown here as “retold”.`,
  ];
}
