import { listUnder } from '../base/lists';
/** What numbers a series: journald's __SEQNUM, Windows' EventRecordID, auditd's event serial, a PostgreSQL session's lines or statements. */
export type SeriesKind = 'journal' | 'windows' | 'audit' | 'session line' | 'session statement';

/** Consecutive numbers of a series that were all seen, and where its lowest and highest stand in the source. */
export interface NumberRun {
  readonly from: number;
  readonly to: number;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly fromLine: number;
  readonly toLine: number;
}

/** Runs between two fresh starts of the numbering, in the order of the numbers. */
export interface SeriesPass {
  /** First and last number in the order of the file. */
  readonly first: number;
  readonly last: number;
  readonly runs: readonly NumberRun[];
}

/** One numbered series of a source, as compact as its breaks are few. */
export interface SeriesData {
  readonly kind: SeriesKind;
  /** Which of its kind: the machine and channel, the session. Hostile text. */
  readonly name: string;
  readonly records: number;
  readonly passes: readonly SeriesPass[];
  /** So many breaks that the numbers were no longer followed. */
  readonly isScattered: boolean;
}

/** A number this much below the last one begins the numbering anew; less is writers that overtake each other. */
const REORDERED = 1_000;
/** Runs kept of a pass: a series with more breaks is a filtered export, of which a break says nothing. */
const MOST_RUNS = 256;
const MOST_PASSES = 64;
/** Series followed in one source: sessions of a database are many. */
export const MOST_SERIES = 20_000;

type OpenRun = { -readonly [name in keyof NumberRun]: NumberRun[name] };

interface Pass {
  first: number;
  last: number;
  readonly runs: OpenRun[];
}

interface Series {
  readonly kind: SeriesKind;
  readonly name: string;
  records: number;
  isScattered: boolean;
  readonly passes: Pass[];
}

/** Follows the record numbers of a source, or of a range of it; `addAll` puts ranges together in the order of the file. */
export class SequenceBook {
  readonly #series = new Map<SeriesKind, Map<string, Series>>();
  #count = 0;

  /** A record with its number. `offset` and `line` are the record's own. */
  add(kind: SeriesKind, name: string, value: number, offset: number, line: number): void {
    if (!Number.isSafeInteger(value) || value < 0) return;
    const series = this.#seriesOf(kind, name);
    if (!series) return;
    series.records += 1;
    if (series.isScattered) return;
    const pass = passFor(series, value);
    if (!pass) return;
    pass.last = value;
    const { runs } = pass;
    const last = runs[runs.length - 1];
    if (last !== undefined && value === last.to + 1) {
      last.to = value;
      last.toOffset = offset;
      last.toLine = line;
    } else
      insert(series, runs, {
        from: value,
        to: value,
        fromOffset: offset,
        toOffset: offset,
        fromLine: line,
        toLine: line,
      });
  }

  /** Adds what a later range found, whose lines count from `lineShift`. */
  addAll(later: readonly SeriesData[], lineShift: number): void {
    for (const { kind, name, records, passes, isScattered } of later) {
      const series = this.#seriesOf(kind, name);
      if (!series) continue;
      series.records += records;
      series.isScattered ||= isScattered;
      for (const { first, last, runs } of passes) {
        const pass = series.isScattered ? undefined : passFor(series, first);
        if (!pass) break;
        pass.last = last;
        for (const run of runs)
          insert(series, pass.runs, {
            ...run,
            fromLine: run.fromLine + lineShift,
            toLine: run.toLine + lineShift,
          });
      }
    }
  }

  data(): SeriesData[] {
    return [...this.#series.values()].flatMap((series) => [...series.values()]);
  }

  #seriesOf(kind: SeriesKind, name: string): Series | undefined {
    let ofKind = this.#series.get(kind);
    if (!ofKind) this.#series.set(kind, (ofKind = new Map()));
    let series = ofKind.get(name);
    if (!series && this.#count < MOST_SERIES) {
      series = { kind, name: name.slice(0, 200), records: 0, isScattered: false, passes: [] };
      ofKind.set(name, series);
      this.#count += 1;
    }
    return series;
  }
}

/** The pass that a number belongs to when it comes after all that are there. */
function passFor(series: Series, value: number): Pass | undefined {
  const pass = series.passes[series.passes.length - 1];
  if (pass && value >= pass.last - REORDERED) return pass;
  if (series.passes.length >= MOST_PASSES) {
    series.isScattered = true;
    return undefined;
  }
  const made: Pass = { first: value, last: value, runs: [] };
  series.passes.push(made);
  return made;
}

/** Puts a run where it belongs and joins it with those that it touches. */
function insert(series: Series, runs: OpenRun[], run: OpenRun): void {
  let at = runs.length;
  while (at > 0 && (runs[at - 1] as NumberRun).to >= run.from - 1) at -= 1;
  let joined = run;
  let taken = 0;
  for (let next = runs[at]; next !== undefined && next.from <= joined.to + 1; next = runs[at + taken]) {
    joined = union(next, joined);
    taken += 1;
  }
  runs.splice(at, taken, joined);
  if (runs.length <= MOST_RUNS) return;
  series.isScattered = true;
  series.passes.length = 0;
}

function union(a: NumberRun, b: NumberRun): NumberRun {
  const low = a.from <= b.from ? a : b;
  const high = a.to >= b.to ? a : b;
  return {
    from: low.from,
    fromOffset: low.fromOffset,
    fromLine: low.fromLine,
    to: high.to,
    toOffset: high.toOffset,
    toLine: high.toLine,
  };
}

/** Numbers that no record of a series has, between two that follow each other. */
export interface NumberGap {
  readonly name: string;
  /** The last number before and the first after. */
  readonly after: number;
  readonly before: number;
  readonly afterOffset: number;
  readonly beforeOffset: number;
  readonly line: number;
}

/** Where a series begins and ends in one source. */
export interface SeriesEnds {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** What the record numbers of one kind say about a source. */
export interface SequenceInfo {
  readonly kind: SeriesKind;
  readonly series: number;
  readonly records: number;
  /** Different numbers seen, and numbers missing between them. */
  readonly numbers: number;
  readonly missing: number;
  readonly breaks: number;
  /** The widest breaks, in the order of the file. */
  readonly gaps: readonly NumberGap[];
  /** Lowest and highest number of the longest series, by which the files of one log are held against each other. */
  readonly ends: readonly SeriesEnds[];
  /** How often a numbering began anew. */
  readonly restarts: number;
  /** Series whose numbers hardly ever follow each other: exports of chosen records. */
  readonly scattered: number;
}

const GAPS_KEPT = 50;
const ENDS_KEPT = 20;

/** The whole source's series in a few numbers a kind, which is all that is kept of them. */
export function summarize(all: readonly SeriesData[]): SequenceInfo[] {
  const byKind = new Map<SeriesKind, SeriesData[]>();
  for (const series of all) {
    listUnder(byKind, series.kind, series);
  }
  return [...byKind].map(([kind, list]) => summarizeKind(kind, list));
}

function summarizeKind(kind: SeriesKind, list: readonly SeriesData[]): SequenceInfo {
  let [numbers, missing, breaks, restarts] = [0, 0, 0, 0];
  let gaps: NumberGap[] = [];
  for (const { name, passes, isScattered } of list) {
    if (isScattered) continue;
    restarts += Math.max(0, passes.length - 1);
    for (const { runs } of passes) {
      runs.forEach((run, index) => {
        numbers += run.to - run.from + 1;
        const before = runs[index - 1];
        if (!before) return;
        breaks += 1;
        missing += run.from - before.to - 1;
        gaps.push({
          name,
          after: before.to,
          before: run.from,
          afterOffset: before.toOffset,
          beforeOffset: run.fromOffset,
          line: run.fromLine,
        });
      });
    }
    if (gaps.length > 4 * GAPS_KEPT) gaps = widest(gaps);
  }
  return {
    kind,
    series: list.length,
    records: list.reduce((sum, { records }) => sum + records, 0),
    numbers,
    missing,
    breaks,
    gaps: widest(gaps).sort((a, b) => a.line - b.line),
    ends: endsOf(list),
    restarts,
    scattered: list.filter(({ isScattered }) => isScattered).length,
  };
}

/** A series that begins anew has no one end. */
function endsOf(list: readonly SeriesData[]): SeriesEnds[] {
  return list
    .filter(({ passes, isScattered }) => passes.length === 1 && !isScattered)
    .sort((a, b) => b.records - a.records)
    .slice(0, ENDS_KEPT)
    .flatMap(({ name, passes: [pass] }) => {
      const low = pass?.runs[0];
      const high = pass?.runs[pass.runs.length - 1];
      if (!low || !high) return [];
      return { name, first: low.from, last: high.to, firstOffset: low.fromOffset, lastOffset: high.toOffset };
    });
}

function widest(gaps: readonly NumberGap[]): NumberGap[] {
  return [...gaps]
    .sort((a, b) => b.before - b.after - (a.before - a.after) || a.line - b.line)
    .slice(0, GAPS_KEPT);
}
