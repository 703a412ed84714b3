import type { Micros } from '../base/brand';
import { finished, type InParts } from '../base/parts';
import { MICROS_PER_HOUR, floorTo, formatUtc } from '../base/time';
import { formatDuration, plural } from '../base/units';
import type { TableName } from '../tables/schemas';
import { TABLE_NAMES } from '../tables/schemas';
import { assetOfSource } from './assets';
import type { AssetId, Ground } from './context';
import { gatherCells, type Cells, type CoverageCell } from './coverage-cells';
import {
  ceilingFor,
  coveredShare,
  highestCeiling,
  isIndependent,
  makeFamilies,
  type CoverageFamily,
  type Hole,
} from './coverage-families';
import { WHOLE_CASE } from './coverage-flows';
import { CaseTimes } from './case-times';
import type { RowQuery, SourceInfo } from './evidence';
import { ClockCorrection } from './log-clocks';
import { findEarlyEnds } from './log-ends';
import type { LogClocks } from './login-matches';
import type { CoverageFinding, GapFinding, Rung } from './findings';
import { findSequenceGaps } from './sequence-gaps';
import { common, coveredWithin, type Stretch } from './stretches';

/** What the loaded sources cover of each asset, where they fall silent, and what they could have shown at best. */
export interface Coverage {
  readonly coverage: readonly CoverageFinding[];
  readonly gaps: readonly GapFinding[];
  /** Highest rung that any source could have shown for the asset in the UTC hour that holds `hourUs`; −1: none watched it. */
  ceilingAt(asset: AssetId, hourUs: number, heldOffOnly?: boolean): Rung;
  /** The same for one of its ports, or a cloud service (ceilingKey): an access log of 9200 says nothing of 5601. */
  serviceCeilingAt(asset: AssetId, key: number, hourUs: number, heldOffOnly?: boolean): Rung;
  /** The logs that speak of the asset, with what each covers; empty: none does. */
  familiesOf(asset: AssetId): readonly CoverageFamily[];
}

/** Columns of the coverage strip of one source, at most. */
const STRIP_BINS = 200;
/** Share of rows that may go back in time before a log is simply held to be unsorted, and nothing is said. */
const SORTED_SHARE = 0.01;
/** Gaps listed per log; the rest is counted in the last one's text. */
const GAPS_LISTED = 100;

/**
 * Coverage of every (source, asset), gaps of every log (ANALYSIS 7), and ceilings per asset, port and hour. A log is judged as a whole
 * even where it comes in many files, and in the flows' clock where `clocks` (those of readClocks) tell how its own runs.
 */
export function findCoverage(ground: Ground, clocks?: LogClocks): Coverage {
  return finished(findCoverageInParts(ground, clocks));
}

export function* findCoverageInParts(ground: Ground, clocks?: LogClocks): InParts<Coverage> {
  const cells = yield* gatherCells(ground, new ClockCorrection(ground, clocks));
  const sequenceGaps = findSequenceGaps(ground);
  const families = yield* makeFamilies(ground, cells, sequenceGaps);
  const byAsset = new Map<number, CoverageFamily[]>();
  for (const family of families) {
    const list = byAsset.get(family.asset) ?? [];
    list.push(family);
    byAsset.set(family.asset, list);
  }
  const infos = new Map(ground.evidence.sources.map((source) => [source.id as number, source]));
  const familiesOf = (asset: AssetId): readonly CoverageFamily[] => byAsset.get(asset) ?? [];
  const windows = exposedStretches(ground, new CaseTimes(ground, familiesOf));
  const ceiling = (asset: AssetId, hourUs: number, only: boolean, key: number | null): Rung => {
    const fromUs = floorTo(hourUs, MICROS_PER_HOUR);
    let highest: Rung = -1;
    for (const family of familiesOf(asset)) {
      if (only && !isIndependent(family)) continue;
      const rung = key === null ? highestCeiling(family) : ceilingFor(family, key);
      if (rung <= highest) continue;
      // Half of the hour, or of what the case's rows span of it: neither generous nor blind at the edges.
      const from = Math.max(fromUs, ground.fromUs);
      const to = Math.min(fromUs + MICROS_PER_HOUR, ground.toUs);
      const covered = coveredWithin(family.stretches, from, to);
      if (to >= from && covered * 2 >= to - from) highest = rung;
    }
    return highest;
  };
  return {
    coverage: families.flatMap((family) =>
      cells.isByLog && family.cells.length > 1
        ? [logFinding(ground, cells, family)]
        : family.cells.map((cell) => coverageFinding(ground, cells, family, cell, infos)),
    ),
    gaps: [
      ...families.flatMap((family) => holeFindings(ground, family, infos)),
      ...families.flatMap((family) => edgeFindings(ground, family, windows.get(family.asset), infos)),
      ...findEarlyEnds(ground, families, infos),
      ...sequenceGaps.flatMap(({ finding }) => finding ?? []),
      ...cutFindings(ground),
      ...backwardFindings(ground, cells, infos),
    ].sort((a, b) => a.fromUs - b.fromUs),
    ceilingAt: (asset, hourUs, heldOffOnly = false) => ceiling(asset, hourUs, heldOffOnly, null),
    serviceCeilingAt: (asset, key, hourUs, heldOffOnly = false) => ceiling(asset, hourUs, heldOffOnly, key),
    familiesOf,
  };
}

function assetText(ground: Ground, asset: number): string | null {
  return asset === WHOLE_CASE ? null : (ground.assets.names[asset] ?? null);
}

function coverageFinding(
  ground: Ground,
  cells: Cells,
  family: CoverageFamily,
  cell: CoverageCell,
  infos: ReadonlyMap<number, SourceInfo>,
): CoverageFinding {
  const info = infos.get(cell.source);
  const first = family.stretches[0]?.fromUs ?? Number.NaN;
  const last = family.stretches[family.stretches.length - 1]?.toUs ?? Number.NaN;
  // A file at the edge of its log reaches as far as the log does.
  const fromUs = cell.firstUs - first <= MICROS_PER_HOUR ? first : cell.firstUs;
  const toUs = last - cell.lastUs <= MICROS_PER_HOUR ? last : cell.lastUs;
  const strip = stripOf(cells, cell);
  return {
    source: info?.name ?? '',
    sourceId: cell.source,
    asset: assetText(ground, cell.asset),
    ceiling: highestCeiling(family),
    heldOffAsset: family.isHeldOff,
    trusted: isIndependent(family),
    stretches: common(family.stretches, [{ fromUs, toUs }]).map(asMicros),
    share: coveredShare(family, ground.fromUs, ground.toUs),
    longestSilenceUs: family.longestSilenceUs,
    ...strip,
  };
}

/** All files of a log, which were counted together. */
function logFinding(ground: Ground, cells: Cells, family: CoverageFamily): CoverageFinding {
  const [first] = family.cells as [CoverageCell];
  return {
    source: `${plural(family.cells.length, 'file')} · ${family.label}`,
    sourceId: first.source,
    sourceIds: family.cells.map(({ source }) => source),
    asset: assetText(ground, family.asset),
    ceiling: highestCeiling(family),
    heldOffAsset: family.isHeldOff,
    trusted: isIndependent(family),
    stretches: family.stretches.map(asMicros),
    share: coveredShare(family, ground.fromUs, ground.toUs),
    longestSilenceUs: family.longestSilenceUs,
    ...stripOf(cells, first),
  };
}

function asMicros(stretch: Stretch): { fromUs: Micros; toUs: Micros } {
  return { fromUs: stretch.fromUs as Micros, toUs: stretch.toUs as Micros };
}

function stripOf(
  { grid }: Cells,
  { bins: counted }: CoverageCell,
): { fromUs: Micros; binUs: number; bins: number[] } {
  const { bins: held, counts, length } = counted;
  const from = length === 0 ? 0 : (held[0] as number);
  const to = length === 0 ? 0 : (held[length - 1] as number) + 1;
  const width = Math.max(1, Math.ceil((to - from) / STRIP_BINS));
  const bins = new Array<number>(Math.ceil((to - from) / width)).fill(0);
  for (let i = 0; i < length; i++) {
    const at = Math.floor(((held[i] as number) - from) / width);
    bins[at] = (bins[at] as number) + (counts[i] as number);
  }
  return { fromUs: (grid.fromUs + from * grid.binUs) as Micros, binUs: width * grid.binUs, bins };
}

/** The file of a log that was being written when the silence began. */
function sourceAt(family: CoverageFamily, us: number): CoverageCell {
  let best = family.cells[0] as CoverageCell;
  for (const cell of family.cells) {
    if (cell.firstUs <= us && (best.firstUs > us || cell.firstUs > best.firstUs)) best = cell;
  }
  return best;
}

/** Rows around a stretch, in the table that the source fills most. */
function rowsAround(
  ground: Ground,
  info: SourceInfo | undefined,
  asset: string | null,
  hole: Stretch,
): RowQuery[] {
  if (!info) return [];
  const table = TABLE_NAMES.reduce<TableName>(
    (most, name) => (info.rows[name] > info.rows[most] ? name : most),
    'flows',
  );
  const base: RowQuery = {
    table,
    source: info.id,
    fromUs: hole.fromUs - MICROS_PER_HOUR,
    toUs: hole.toUs + MICROS_PER_HOUR,
  };
  return [asset === null ? base : { ...base, asset }];
}

function holeFindings(
  ground: Ground,
  family: CoverageFamily,
  infos: ReadonlyMap<number, SourceInfo>,
): GapFinding[] {
  const asset = assetText(ground, family.asset);
  // Those that record numbers tell are findings of their source, once for all of its assets.
  const holes = family.holes.filter(({ kind }) => kind !== 'sequence');
  const listed = holes.slice(0, GAPS_LISTED);
  return listed.map((hole, index) => {
    const info = infos.get(sourceAt(family, hole.fromUs).source);
    const unlisted = index === listed.length - 1 ? holes.length - listed.length : 0;
    return {
      source: info?.name ?? '',
      sourceId: info?.id ?? -1,
      asset,
      kind: hole.kind,
      fromUs: hole.fromUs as Micros,
      toUs: hole.toUs as Micros,
      p: hole.p,
      text:
        holeText(hole, asset) +
        (hole.isQuiet === true
          ? ' Its record numbers run on over it: no record is missing, so it was quiet and stays covered, unless logging was switched off meanwhile.'
          : '') +
        (unlisted > 0 ? ` ${plural(unlisted, 'more gap')} of this log not listed.` : ''),
      rows: rowsAround(ground, info, asset, hole),
    };
  });
}

function holeText(hole: Hole, asset: string | null): string {
  const about = asset === null ? '' : ` about ${asset}`;
  const span = `from ${formatUtc(hole.fromUs)} to ${formatUtc(hole.toUs)} (${formatDuration(hole.toUs - hole.fromUs)})`;
  if (hole.kind === 'lost records')
    return `The exporter says that it lost records${about} ${span}: ${plural(hole.records, 'SKIPDATA record')}.`;
  if (hole.kind === 'no records')
    return `No record at all${about} ${span}, although this export writes NODATA where nothing passed.`;
  return (
    `No row${about} ${span}, where about ${plural(Math.round(hole.expected), 'row')} ` +
    `${Math.round(hole.expected) === 1 ? 'was' : 'were'} to be expected (corrected p = ${hole.p.toPrecision(2)}).`
  );
}

/** An exposed asset's log that begins after the opening or ends before the closing. */
function edgeFindings(
  ground: Ground,
  family: CoverageFamily,
  window: Stretch | undefined,
  infos: ReadonlyMap<number, SourceInfo>,
): GapFinding[] {
  const asset = assetText(ground, family.asset);
  const first = family.stretches[0];
  const last = family.stretches[family.stretches.length - 1];
  if (asset === null || !first || !last || !window) return [];
  const finding = (fromUs: number, toUs: number, cell: CoverageCell, text: string): GapFinding => ({
    source: infos.get(cell.source)?.name ?? '',
    sourceId: cell.source,
    asset,
    kind: 'no records',
    fromUs: fromUs as Micros,
    toUs: toUs as Micros,
    p: Number.NaN,
    text,
  });
  const found: GapFinding[] = [];
  if (first.fromUs > window.fromUs) {
    const missing = formatDuration(first.fromUs - window.fromUs);
    const text = `${family.label} about ${asset} begins ${missing} after the exposure did.`;
    found.push(finding(window.fromUs, first.fromUs, sourceAt(family, first.fromUs), text));
  }
  if (last.toUs < window.toUs) {
    const missing = formatDuration(window.toUs - last.toUs);
    const text = `${family.label} about ${asset} ends ${missing} before the exposure did.`;
    found.push(finding(last.toUs, window.toUs, sourceAt(family, last.toUs), text));
  }
  return found;
}

/** First opening to last closing of each exposed asset, within its time of the case. */
function exposedStretches({ exposure }: Ground, times: CaseTimes): ReadonlyMap<number, Stretch> {
  const stretches = new Map<number, Stretch>();
  for (const window of exposure) {
    const { fromUs, toUs } = times.within(window);
    const known = stretches.get(window.asset) ?? { fromUs: Infinity, toUs: -Infinity };
    stretches.set(window.asset, {
      fromUs: Math.min(known.fromUs, fromUs),
      toUs: Math.max(known.toUs, toUs),
    });
  }
  for (const [asset, stretch] of stretches) if (!(stretch.toUs > stretch.fromUs)) stretches.delete(asset);
  return stretches;
}

function cutFindings(ground: Ground): GapFinding[] {
  return ground.evidence.sources
    .filter((source) => source.isCut)
    .map((source) => ({
      source: source.name,
      sourceId: source.id,
      asset: assetOfSource(ground.assets, source),
      kind: 'cut' as const,
      fromUs: source.lastUs,
      toUs: source.lastUs,
      p: Number.NaN,
      text: `${source.name} ends in the middle of a record: what followed ${formatUtc(source.lastUs)} is missing.`,
      rows: rowsAround(ground, source, null, { fromUs: source.lastUs, toUs: source.lastUs }),
    }));
}

/**
 * Time that runs backwards in a log that is otherwise in order: a clock set back, a restart, or lines put in later. Flow and cloud exports
 * are not in order by nature, which their share of steps shows, and flow tables are not looked at.
 */
function backwardFindings(
  { assets }: Ground,
  cells: Cells,
  infos: ReadonlyMap<number, SourceInfo>,
): GapFinding[] {
  const found: GapFinding[] = [];
  for (const [source, order] of cells.order) {
    const steps = order.kept;
    if (steps.length === 0 || order.steps > order.rows * SORTED_SHARE) continue;
    const info = infos.get(source);
    for (const step of steps) {
      found.push({
        source: info?.name ?? '',
        sourceId: source,
        asset: assetOfSource(assets, info),
        kind: 'backwards',
        fromUs: step.afterUs as Micros,
        toUs: step.beforeUs as Micros,
        p: Number.NaN,
        text: `Time runs back by ${formatDuration(step.beforeUs - step.afterUs)} in a log that is in order elsewhere.`,
        rows: [{ table: step.table, rows: [Math.max(0, step.row - 1), step.row] }],
      });
    }
  }
  return found;
}
