import { greatest, least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { formatUtc, MICROS_PER_MINUTE } from '../base/time';
import { formatCount, formatShare, plural } from '../base/units';
import { kolmogorovSmirnovUniform } from '../base/statistics';
import type { NumberGap, SequenceInfo, SeriesEnds, SeriesKind } from '../tables/sequences';
import { TABLE_NAMES, type TableName } from '../tables/schemas';
import { rowIdOf } from '../tables/segment';
import { assetOfSource } from './assets';
import type { Ground } from './context';
import type { RowQuery, SourceInfo } from './evidence';
import type { GapFinding } from './findings';
import type { Thresholds } from './parameters';
import type { Stretch } from './stretches';
import { pickThresholds, SEQUENCE_THRESHOLDS } from './thresholds';

type Limits = Pick<Thresholds, keyof typeof SEQUENCE_THRESHOLDS>;

const WORDS: Readonly<Record<SeriesKind, string>> = {
  journal: 'journal sequence numbers',
  windows: 'event record numbers',
  audit: 'audit event numbers',
  'session line': 'line numbers of the database session',
  'session statement': 'statement numbers of the database session',
};

/** Records that a source's own numbers show to be missing, and between which of its rows. */
export interface SequenceGap {
  readonly source: number;
  readonly stretch: Stretch;
  /** Null: said together with the others of its source. */
  readonly finding: GapFinding | null;
}

/**
 * Whether the numbers of a source follow each other closely enough that a missing one says something: an export of chosen records has gaps
 * all over.
 */
function speaks(limits: Limits): (info: SequenceInfo) => boolean {
  return ({ numbers, breaks, scattered, series }) =>
    numbers >= limits.fewestNumbers &&
    breaks <= numbers * (1 - limits.unbrokenShare) &&
    scattered * 10 <= series;
}

/** Breaks in the record numbers of every source whose numbers are otherwise unbroken (ANALYSIS 7): no rate and no day need be missing for that. */
export function findSequenceGaps(ground: Ground): SequenceGap[] {
  const limits = pickThresholds(ground.thresholds, SEQUENCE_THRESHOLDS);
  const within = ground.evidence.sources.flatMap((source) =>
    (source.sequences ?? []).filter(speaks(limits)).flatMap((told) => {
      const info = withoutThoseElsewhere(ground, source, told);
      const gaps = info.gaps.map((gap) => gapOf(ground, source, info, gap));
      return areSingle(info, limits)
        ? saidTogether(ground, source, info, gaps, isEven(source, info, limits) ? FILTERED : CLOSE)
        : gaps;
    }),
  );
  return [...within, ...gapsBetweenFiles(ground, limits)];
}

/** The format of files whose numbers run through several of them at the same time. */
const SPLIT_FORMAT = 'systemd-journal';
const SPLIT_HINT =
  ' What the processes of a user wrote is numbered with it and may stand in a file of its own (user-1000.journal).';

/**
 * journald numbers the entries of a machine and keeps those of each user's processes in another file (journald.conf(5), "SplitMode"): numbers
 * that one file lacks are missing only if none of the others may hold them.
 */
function standElsewhere(
  { evidence, assets }: Ground,
  source: SourceInfo,
  { name, after, before }: Pick<NumberGap, 'name' | 'after' | 'before'>,
): boolean {
  if (source.format !== SPLIT_FORMAT) return false;
  return evidence.sources.some((other) => {
    if (other.id === source.id || other.format !== SPLIT_FORMAT) return false;
    return (other.sequences ?? []).some((info) => {
      // Of numbers that hardly ever follow each other nothing more is kept.
      if (info.scattered > 0) return assetOfSource(assets, other) === assetOfSource(assets, source);
      const lacks = info.gaps.some((gap) => gap.name === name && gap.after <= after && gap.before >= before);
      return (
        !lacks && info.ends.some((ends) => ends.name === name && ends.first < before && ends.last > after)
      );
    });
  });
}

function hintFor(source: SourceInfo): string {
  return source.format === SPLIT_FORMAT ? SPLIT_HINT : '';
}

function withoutThoseElsewhere(ground: Ground, source: SourceInfo, info: SequenceInfo): SequenceInfo {
  const gaps = info.gaps.filter((gap) => !standElsewhere(ground, source, gap));
  if (gaps.length === info.gaps.length) return info;
  const found = info.gaps.filter((gap) => !gaps.includes(gap));
  return {
    ...info,
    gaps,
    breaks: info.breaks - found.length,
    missing: found.reduce((left, { after, before }) => left - (before - after - 1), info.missing),
  };
}

/** Whether the breaks are many and hardly wider than a record each *own*: a list of them would say less than their number. */
function areSingle({ breaks, missing }: SequenceInfo, limits: Limits): boolean {
  return breaks >= limits.filteredBreaks && missing <= breaks * limits.filteredWidth;
}

/** Whether the breaks are spread over the source as evenly as chance would. Who erases takes what lies together. */
function isEven(source: SourceInfo, info: SequenceInfo, limits: Limits): boolean {
  // A packed file's size says nothing of offsets within what it holds.
  const endOffset =
    info.ends.reduce((most, { lastOffset }) => Math.max(most, lastOffset), 0) || source.sizeBytes;
  const places = info.gaps.map((gap) => Math.min(1, gap.afterOffset / Math.max(1, endOffset)));
  return kolmogorovSmirnovUniform(places).p > limits.filteredProbability;
}

const FILTERED =
  'spread evenly over the log: it looks filtered (an export of chosen records), not erased, which would take what lies together.';
const CLOSE =
  'closer together than chance would put them: dropped under load, left out by a filter, or removed one by one. The numbers alone do not say which.';

/** One finding for all: each stretch is still one that the source can't vouch for. */
function saidTogether(
  { assets }: Ground,
  source: SourceInfo,
  info: SequenceInfo,
  gaps: readonly SequenceGap[],
  how: string,
): SequenceGap[] {
  const fromUs = least(gaps.map((gap) => gap.finding?.fromUs ?? Infinity));
  const toUs = greatest(gaps.map((gap) => gap.finding?.toUs ?? -Infinity));
  const finding: GapFinding = {
    source: source.name,
    sourceId: source.id,
    asset: assetOfSource(assets, source),
    kind: 'sequence',
    fromUs: fromUs as Micros,
    toUs: toUs as Micros,
    p: Number.NaN,
    text:
      `${plural(info.missing, 'number')} of the ${WORDS[info.kind]} ${info.missing === 1 ? 'is' : 'are'} missing at ${plural(info.breaks, 'place')}, hardly more than one each, ` +
      `between ${formatUtc(fromUs)} and ${formatUtc(toUs)}, ${how} ${formatShare(1 - info.breaks / info.numbers)} of the ${formatCount(info.numbers)} numbers follow each other. An export of all records settles it.`,
    rows: gaps.flatMap((gap) => gap.finding?.rows ?? []),
  };
  return gaps.map((gap, at) => ({ ...gap, finding: at === 0 ? finding : null }));
}

interface FileEnds extends SeriesEnds {
  readonly source: SourceInfo;
  readonly kind: SeriesKind;
}

/** A log that comes in several files goes on counting from one to the next: what no file holds was not loaded, or is gone. */
function gapsBetweenFiles(ground: Ground, limits: Limits): SequenceGap[] {
  const series = new Map<string, FileEnds[]>();
  for (const source of ground.evidence.sources) {
    for (const info of (source.sequences ?? []).filter(speaks(limits))) {
      for (const ends of info.ends) {
        const key = `${source.format} ${info.kind} ${ends.name || writerOf(ground, source)}`;
        series.set(key, [...(series.get(key) ?? []), { ...ends, source, kind: info.kind }]);
      }
    }
  }
  return [...series.values()].flatMap((files) => {
    files.sort((a, b) => a.first - b.first);
    return files.slice(1).flatMap((next, i) => {
      const before = files.slice(0, i + 1).reduce((most, file) => (file.last > most.last ? file : most));
      const missing = { name: next.name, after: before.last, before: next.first };
      const isMissing = next.first > before.last + 1 && !standElsewhere(ground, next.source, missing);
      return isMissing ? [gapBetween(ground, before, next)] : [];
    });
  });
}

/** A rotated file's number or date, and how it is packed: `audit.log.2.gz`, `audit.log-20260410`. */
const ROTATED = /(?:[.-]\d+)?(?:\.(?:gz|bz2|xz|zst|zip))?$/;

/** Whose numbers they are where the records do not say: a known machine's, else those of the log that the file's name is of. Every host counts for itself. */
function writerOf({ assets }: Ground, source: SourceInfo): string {
  const id = (assets.bySource?.[source.id] ?? 0) - 1;
  const isKnown = source.asset !== undefined || (assets.aliases[id]?.length ?? 0) > 0;
  return id !== -1 && isKnown ? `machine ${id}` : source.name.replace(ROTATED, '');
}

function gapBetween(ground: Ground, before: FileEnds, next: FileEnds): SequenceGap {
  const last = nearest(ground, before.source.id, before.lastOffset, -1);
  const first = nearest(ground, next.source.id, next.firstOffset, 1);
  const fromUs = last?.us ?? before.source.lastUs;
  const toUs = Math.max(fromUs, first?.us ?? next.source.firstUs);
  const missing = next.first - before.last - 1;
  return {
    source: before.source.id,
    stretch: { fromUs: fromUs - MICROS_PER_MINUTE, toUs: toUs + MICROS_PER_MINUTE },
    finding: {
      source: before.source.name,
      sourceId: before.source.id,
      asset: assetOfSource(ground.assets, before.source),
      kind: 'sequence',
      fromUs: fromUs as Micros,
      toUs: toUs as Micros,
      p: Number.NaN,
      text:
        `${numbersAre(before.last, next.first)} in no file: ${before.source.name} ends at ${before.last} and ${next.source.name} begins at ${next.first} ` +
        `in the ${WORDS[next.kind]}${next.name === '' ? '' : ` of ${next.name}`} (${plural(missing, 'record')}). A file between them was not loaded, or is gone.${hintFor(next.source)}`,
      rows: rowsOf(last, first),
    },
  };
}

function numbersAre(after: number, before: number): string {
  return before - after === 2 ? `Number ${after + 1} is` : `Numbers ${after + 1} to ${before - 1} are`;
}

/**
 * What record numbers say of a silence of the same source: that no record of it is gone, or nothing at all. A log that was switched off
 * meanwhile looks the same.
 */
export function numbersRunOn(
  thresholds: Thresholds,
  source: SourceInfo | undefined,
  gaps: readonly SequenceGap[],
  silence: Stretch,
): boolean {
  if (!source?.sequences?.some(speaks(pickThresholds(thresholds, SEQUENCE_THRESHOLDS)))) return false;
  // Between two files of a log each may be whole.
  if (silence.fromUs < source.firstUs || silence.toUs > source.lastUs) return false;
  return !gaps.some(
    ({ source: id, stretch }) =>
      id === source.id && stretch.fromUs < silence.toUs && stretch.toUs > silence.fromUs,
  );
}

function gapOf(ground: Ground, source: SourceInfo, info: SequenceInfo, gap: NumberGap): SequenceGap {
  const before = nearest(ground, source.id, gap.afterOffset, -1);
  const after = nearest(ground, source.id, gap.beforeOffset, 1);
  const fromUs = before?.us ?? source.firstUs;
  const toUs = after?.us ?? source.lastUs;
  const missing = gap.before - gap.after - 1;
  const numbers = numbersAre(gap.after, gap.before);
  const more = info.breaks - info.gaps.length;
  const isLast = gap === info.gaps[info.gaps.length - 1];
  // Who exported newest first has the later record above.
  const [from, to] = fromUs <= toUs ? [fromUs, toUs] : [toUs, fromUs];
  return {
    source: source.id,
    // A record that is missing between two of the same second leaves no stretch: a minute around it can't be vouched for.
    stretch: { fromUs: from - MICROS_PER_MINUTE, toUs: to + MICROS_PER_MINUTE },
    finding: {
      source: source.name,
      sourceId: source.id,
      asset: assetOfSource(ground.assets, source),
      kind: 'sequence',
      fromUs: from as Micros,
      toUs: to as Micros,
      p: Number.NaN,
      text:
        `${numbers} missing in the ${WORDS[info.kind]}${gap.name === '' ? '' : ` of ${gap.name}`} (${plural(missing, 'record')}), between ` +
        `${formatUtc(from)} and ${formatUtc(to)}; ${formatShare(1 - info.breaks / info.numbers)} of the ${formatCount(info.numbers)} numbers there follow each other. ` +
        `Told by the numbers alone, whatever the rate of rows.${isLast && more > 0 ? ` ${plural(more, 'narrower break')} not listed.` : ''}${hintFor(source)}`,
      rows: rowsOf(before, after),
    },
  };
}

interface Place {
  readonly table: TableName;
  readonly row: number;
  readonly offset: number;
  readonly us: number;
}

function rowsOf(before: Place | null, after: Place | null): RowQuery[] {
  const places = [before, after].filter((place): place is Place => place !== null);
  return TABLE_NAMES.flatMap((table) => {
    const rows = places.filter((place) => place.table === table).map(({ row }) => row);
    return rows.length === 0 ? [] : [{ table, rows }];
  });
}

/** The row whose record stands at `offset` of a source, or the closest one above (−1) or below (1): many records give no row. */
function nearest(ground: Ground, source: number, offset: number, direction: -1 | 1): Place | null {
  let best: Place | null = null;
  for (const table of TABLE_NAMES) {
    ground.evidence.tables[table].segments.forEach((segment, index) => {
      if (segment.source !== source || segment.length === 0) return;
      const offsets = segment.columns.offset;
      const lastOffset = segment.baseOffset + offsets[segment.length - 1];
      // Offsets ascend within a segment.
      if (direction === 1 ? lastOffset < offset : segment.baseOffset > offset) return;
      const times = 'startUs' in segment.columns ? segment.columns.startUs : segment.columns.timeUs;
      for (let i = 0; i < segment.length; i++) {
        const at = segment.baseOffset + offsets[i];
        const isFit =
          direction === -1
            ? at <= offset && at > (best?.offset ?? -1)
            : at >= offset && at < (best?.offset ?? Infinity);
        if (isFit && Number.isFinite(times[i]))
          best = { table, row: rowIdOf(index, i), offset: at, us: times[i] };
      }
    });
  }
  return best;
}
