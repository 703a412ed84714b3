import { append, greatest, least } from '../base/extremes';
import type { InParts } from '../base/parts';
import { MICROS_PER_MINUTE } from '../base/time';
import type { SourceInfo } from './evidence';
import type { Ground } from './context';
import { BinMerger, type MergedBins } from './coverage-bins';
import { ANY_PORT, isVouchedFor, logOf, type Cells, type CoverageCell } from './coverage-cells';
import type { Rung } from './findings';
import { numbersRunOn, type SequenceGap } from './sequence-gaps';
import { findSilences, silenceAfter, type EventBins, type Silence, type SilenceReport } from './silence';
import { joined, lengthOf, without, type Stretch } from './stretches';
import { pickThresholds, SILENCE_THRESHOLDS } from './thresholds';

/**
 * Sources that are one log in several files: the same format about the same asset, held in the same place. A hole between two daily
 * files, or a missing file, is a hole of the log.
 */
export interface CoverageFamily {
  /** WHOLE_CASE for a control-plane log. */
  readonly asset: number;
  readonly format: string;
  readonly label: string;
  readonly isHeldOff: boolean;
  /** The analyst vouches for it although it lies on the asset. */
  readonly isTrusted: boolean;
  readonly cells: readonly CoverageCell[];
  /** What it covers, holes left out, in order. */
  readonly stretches: readonly Stretch[];
  readonly holes: readonly Hole[];
  readonly longestSilenceUs: number;
  /** Shortest silence that would have been called a gap; Infinity: so few rows that none would. */
  readonly noticeableUs: number;
  /** Port or cloud service (ceilingKey) → highest rung it can show; ANY_PORT holds for all. */
  readonly ceilings: ReadonlyMap<number, Rung>;
  /** The silence from its last row to a moment, by its own rate; null where it tells no rate. */
  readonly silenceUntil: (us: number) => Silence | null;
}

export interface Hole extends Stretch {
  readonly kind: 'silence' | 'lost records' | 'no records' | 'sequence';
  readonly p: number;
  readonly expected: number;
  readonly records: number;
  /** A silence over which the source's record numbers run on: nothing is missing from it, and it stays covered. */
  readonly isQuiet?: boolean;
}

/** `key`: a port, or a cloud service (ceilingKey). */
export function ceilingFor(family: CoverageFamily, key: number): Rung {
  const own = family.ceilings.get(key) ?? -1;
  const any = family.ceilings.get(ANY_PORT) ?? -1;
  return own > any ? own : any;
}

export function highestCeiling(family: CoverageFamily): Rung {
  let highest: Rung = -1;
  for (const rung of family.ceilings.values()) if (rung > highest) highest = rung;
  return highest;
}

/** Whether the family counts for negatives: out of reach of who takes the asset, or vouched for. */
export function isIndependent(family: CoverageFamily): boolean {
  return family.isHeldOff || family.isTrusted;
}

/** Logs judged between two pauses: a network has one a machine. */
const FAMILIES_A_PART = 200;

export function* makeFamilies(
  ground: Ground,
  cells: Cells,
  sequenceGaps: readonly SequenceGap[],
): InParts<CoverageFamily[]> {
  const groups = new Map<
    string,
    { info: SourceInfo; isTrusted: boolean; asset: number; cells: CoverageCell[] }
  >();
  const infos = new Map(ground.evidence.sources.map((source) => [source.id as number, source]));
  const logs = new Map(ground.evidence.sources.map((source) => [source.id as number, logOf(ground, source)]));
  for (const cell of cells.cells) {
    const info = infos.get(cell.source);
    if (!info) continue;
    const key = `${cell.asset} ${logs.get(info.id) ?? ''}`;
    const group = groups.get(key) ?? {
      ...{ info, isTrusted: isVouchedFor(ground, info), asset: cell.asset, cells: [] },
    };
    group.cells.push(cell);
    groups.set(key, group);
  }
  const merger = new BinMerger(cells.grid);
  const families: CoverageFamily[] = [];
  for (const group of groups.values()) {
    families.push(makeFamily(ground, merger, group, sequenceGaps));
    if (families.length % FAMILIES_A_PART === 0) yield;
  }
  return families;
}

function makeFamily(
  ground: Ground,
  merger: BinMerger,
  group: { info: SourceInfo; isTrusted: boolean; asset: number; cells: readonly CoverageCell[] },
  sequenceGaps: readonly SequenceGap[],
): CoverageFamily {
  const { thresholds } = ground;
  const streams = group.cells.map((cell) => cell.stream);
  const mergedBins = (): MergedBins => merger.merge([...new Set(streams.map((cell) => cell.bins))]);
  const merged = mergedBins();
  const missing = streams.some((cell) => cell.heartbeats > 0) ? unwatched(ground, merged) : null;
  const hasHeartbeat =
    missing !== null && isThroughout(missing, merged.bins, thresholds.heartbeatMissingShare);
  const bins = withWatched(merged);
  const limits = pickThresholds(thresholds, SILENCE_THRESHOLDS);
  const { gapProbability } = thresholds;
  const report = hasHeartbeat ? null : findSilences(bins, gapProbability, limits);
  const isQuiet = quietTeller(ground, group.cells, sequenceGaps);
  const holes: Hole[] = report
    ? report.gaps.map((gap) => ({ ...gap, kind: 'silence', records: 0, isQuiet: isQuiet(gap) }))
    : [...(missing ?? [])];
  append(holes, lostRecords(group.cells));
  append(holes, missingNumbers(group.cells, sequenceGaps));
  const noticeableUs = report ? report.noticeableUs : 2 * ground.sessions.aggregationUs + bins.binUs;
  // A log's first and last row do not prove that it began or ended there.
  const edge = Math.min(noticeableUs, thresholds.logEdgeMinutes * MICROS_PER_MINUTE);
  const fromUs = least(streams.map((cell) => cell.firstUs));
  const toUs = greatest(streams.map((cell) => cell.lastUs));
  const range = Number.isFinite(toUs - fromUs) ? [{ fromUs: fromUs - edge, toUs: toUs + edge }] : [];
  const ceilings = new Map<number, Rung>();
  for (const cell of group.cells) {
    for (const [port, rung] of cell.ceilings) if (rung > (ceilings.get(port) ?? -1)) ceilings.set(port, rung);
  }
  return {
    asset: group.asset,
    format: group.info.format,
    label: group.info.formatLabel,
    isHeldOff: group.info.heldOffAsset,
    isTrusted: group.isTrusted,
    cells: group.cells,
    stretches: without(
      range,
      holes.filter((hole) => hole.isQuiet !== true),
    ),
    holes: holes.sort((a, b) => a.fromUs - b.fromUs),
    longestSilenceUs: longestSilence(report, holes),
    noticeableUs,
    ceilings,
    silenceUntil: (us) => silenceAfter(withWatched(mergedBins()), us, gapProbability, limits),
  };
}

function longestSilence(report: SilenceReport | null, holes: readonly Hole[]): number {
  if (report) return report.longest ? report.longest.toUs - report.longest.fromUs : 0;
  return greatest(
    holes.map((hole) => hole.toUs - hole.fromUs),
    0,
  );
}

/** Whether the numbers of some file that holds the whole silence run on over it, and those of none say otherwise. */
function quietTeller(
  ground: Ground,
  cells: readonly CoverageCell[],
  sequenceGaps: readonly SequenceGap[],
): (silence: Stretch) => boolean {
  const ids = new Set(cells.map(({ source }) => source));
  const sources = ground.evidence.sources.filter(({ id }) => ids.has(id));
  return (silence) => {
    const around = sources.filter(({ firstUs, lastUs }) => firstUs < silence.toUs && lastUs > silence.fromUs);
    return (
      around.length > 0 &&
      around.every((source) => numbersRunOn(ground.thresholds, source, sequenceGaps, silence))
    );
  };
}

/** Where the records' own numbers say that some are missing. */
function missingNumbers(cells: readonly CoverageCell[], gaps: readonly SequenceGap[]): Hole[] {
  const ids = new Set(cells.map(({ source }) => source));
  return gaps
    .filter(({ source }) => ids.has(source))
    .map(({ stretch }) => ({
      ...stretch,
      kind: 'sequence',
      p: Number.NaN,
      expected: Number.NaN,
      records: 0,
    }));
}

/** SKIPDATA: the exporter itself says that records of the interval were lost. */
function lostRecords(cells: readonly CoverageCell[]): Hole[] {
  const lost = cells
    .flatMap((cell) => cell.lost)
    .filter(({ fromUs, toUs }) => toUs >= fromUs)
    .sort((a, b) => a.fromUs - b.fromUs);
  const stretches = joined(lost);
  const records = new Uint32Array(stretches.length);
  let at = 0;
  for (const { fromUs, toUs } of lost) {
    while (at < stretches.length && (stretches[at] as Stretch).toUs < toUs) at += 1;
    const stretch = stretches[at];
    if (stretch && fromUs >= stretch.fromUs) records[at] = (records[at] as number) + 1;
  }
  return stretches.map((stretch, i) => ({
    ...stretch,
    kind: 'lost records',
    p: Number.NaN,
    expected: Number.NaN,
    records: records[i] as number,
  }));
}

/**
 * An exporter that writes NODATA when nothing passed writes something every interval: an interval with neither traffic nor NODATA is
 * missing, whatever the rate of traffic.
 */
function unwatched(ground: Ground, merged: MergedBins): Hole[] {
  const { counts, binUs, fromUs } = merged.bins;
  const shortest = 2 * ground.sessions.aggregationUs + binUs;
  const holes: Hole[] = [];
  let lastSeen = -1;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0 && merged.watched[i] === 0) continue;
    const silentUs = (i - lastSeen - 1) * binUs;
    if (lastSeen !== -1 && silentUs >= shortest) {
      const start = fromUs + (lastSeen + 1) * binUs;
      const hole = { fromUs: start, toUs: start + silentUs };
      holes.push({ ...hole, kind: 'no records', p: Number.NaN, expected: Number.NaN, records: 0 });
    }
    lastSeen = i;
  }
  return holes;
}

/** With more of the time without either, NODATA is not written for every quiet interval, or the export is a sample. */
function isThroughout(missing: readonly Hole[], bins: EventBins, most: number): boolean {
  return lengthOf(missing) <= bins.counts.length * bins.binUs * most;
}

/** Bins in which the exporter says that it watched count as one event. */
function withWatched({ bins, watched }: MergedBins): EventBins {
  if (!watched.includes(1)) return bins;
  const counts = bins.counts.map((count, i) => (count === 0 && watched[i] === 1 ? 1 : count));
  return { ...bins, counts };
}

export function coveredShare(family: CoverageFamily, fromUs: number, toUs: number): number {
  if (!(toUs > fromUs)) return 0;
  const inside = family.stretches.map((stretch) => ({
    fromUs: Math.max(stretch.fromUs, fromUs),
    toUs: Math.min(stretch.toUs, toUs),
  }));
  return lengthOf(joined(inside)) / (toUs - fromUs);
}
