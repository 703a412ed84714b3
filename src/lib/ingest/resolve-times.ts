import type { Micros } from '../base/brand';
import { isLeapYear, MICROS_PER_MS, TIME_BASIS, UNKNOWN_TIME } from '../base/time';
import { formatCount, plural } from '../base/units';
import { constantValue, type ColumnArray } from '../tables/columns';
import { TABLE_NAMES } from '../tables/schemas';
import { withColumns } from '../tables/resting-columns';
import { lineOf, type Segment } from '../tables/segment';
import type { RawSource, TimeRange } from './raw-source';
import { inferYear, inYear, YearWalker, type YearEvidence, type YearlessSpan } from './years';
import { WallClock, zoneOf } from './zones';

/** A source's rows with times in UTC, and what had to be assumed for it. */
export interface ResolvedTimes {
  readonly segments: readonly Segment[];
  readonly firstUs: Micros;
  readonly lastUs: Micros;
  readonly zone: string;
  readonly year?: number;
  readonly inferred: readonly string[];
  readonly notes: readonly string[];
}

export interface TimeSettings {
  /** Said by the analyst; undefined: inferred. */
  readonly zone?: string;
  readonly year?: number;
  readonly evidence: YearEvidence;
}

/** How a source's rows tell the time. */
export interface TimeSurvey {
  readonly local: number;
  readonly yearless: number;
  readonly span?: YearlessSpan;
}

type Columns = Readonly<Record<string, ColumnArray>>;

function columnsOf(segment: Segment): Columns {
  return segment.columns as unknown as Columns;
}

/** The time columns of a row, start before end. */
function timeColumnsOf(segment: Segment): readonly string[] {
  return segment.table === 'flows' ? ['startUs', 'endUs'] : ['timeUs'];
}

function basisOf(segment: Segment): ColumnArray {
  return columnsOf(segment)['timeBasis'] as ColumnArray;
}

function isAbsolute(segment: Segment): boolean {
  return constantValue(basisOf(segment), segment.length) === TIME_BASIS.absolute;
}

/** Calls `visit` for every row of the segments in the order of the lines, across tables. */
function inLineOrder(segments: readonly Segment[], visit: (segment: Segment, index: number) => void): void {
  const cursors = TABLE_NAMES.map((table) => ({
    segments: segments.filter((segment) => segment.table === table),
    at: 0,
    index: 0,
  })).filter((cursor) => cursor.segments.length > 0);
  const lineAt = (cursor: (typeof cursors)[number]): number => {
    const segment = cursor.segments[cursor.at];
    return segment ? lineOf(segment, cursor.index) : Infinity;
  };
  for (;;) {
    let next = cursors[0];
    let line = next ? lineAt(next) : Infinity;
    for (let k = 1; k < cursors.length; k++) {
      const cursor = cursors[k] as (typeof cursors)[number];
      const candidate = lineAt(cursor);
      if (candidate < line) {
        next = cursor;
        line = candidate;
      }
    }
    const segment = next?.segments[next.at];
    if (!next || !segment) return;
    visit(segment, next.index);
    next.index += 1;
    if (next.index === segment.length) {
      next.at += 1;
      next.index = 0;
    }
  }
}

/** Counts rows by how their times are anchored, and follows the year-less ones through the file. */
export function surveyTimes(source: RawSource): TimeSurvey {
  let local = 0;
  let yearless = 0;
  const walker = new YearWalker();
  inLineOrder(
    source.segments.filter((segment) => !isAbsolute(segment)),
    (segment, index) => {
      const basis = basisOf(segment)[index];
      if (basis === TIME_BASIS.local) local += 1;
      if (basis !== TIME_BASIS.yearless) return;
      yearless += 1;
      const [first] = timeColumnsOf(segment);
      walker.next(columnsOf(segment)[first as string]?.[index] as number);
    },
  );
  return { local, yearless, span: walker.span() };
}

const ranges = new WeakMap<readonly Segment[], TimeRange>();

/** Where a source's rows lie in time as they are written: looked for once, since that reads two columns of every row, perhaps from storage. */
export function rangeOf({ range, segments }: Pick<RawSource, 'range' | 'segments'>): TimeRange {
  const known = range ?? ranges.get(segments) ?? timeRange(segments);
  ranges.set(segments, known);
  return known;
}

function timeRange(segments: readonly Segment[]): TimeRange {
  let first = Infinity;
  let last = -Infinity;
  for (const segment of segments) {
    for (const name of timeColumnsOf(segment)) {
      const column = columnsOf(segment)[name] as ColumnArray;
      for (let i = 0; i < segment.length; i++) {
        const us = column[i] as number;
        if (us < first) first = us;
        if (us > last) last = us;
      }
    }
  }
  return first === Infinity
    ? { firstUs: UNKNOWN_TIME, lastUs: UNKNOWN_TIME }
    : { firstUs: first as Micros, lastUs: last as Micros };
}

/** Applies year and zone to copies of the time columns that need it; rows that named their own are left as they are. */
export function resolveTimes(source: RawSource, survey: TimeSurvey, settings: TimeSettings): ResolvedTimes {
  const inferred: string[] = [];
  const notes: string[] = [];
  const needsZone = survey.local + survey.yearless > 0;
  const { zone, text: zoneText } = chooseZone(settings.zone, needsZone, inferred, notes);
  if (!needsZone) return { segments: source.segments, ...rangeOf(source), zone: zoneText, inferred, notes };

  const year = survey.span ? chooseYear(survey.span, settings, inferred, notes) : undefined;
  const clocks = [new WallClock(zone), new WallClock(zone)];
  const walker = new YearWalker();
  const copies = new Map<Segment, Record<string, Float64Array>>();
  const affected = source.segments.filter((segment) => !isAbsolute(segment));
  inLineOrder(affected, (segment, index) => {
    const basis = basisOf(segment)[index];
    if (basis === TIME_BASIS.absolute) return;
    const copy = copies.get(segment) ?? copyTimes(segment);
    copies.set(segment, copy);
    let yearOffset = 0;
    let previous = -Infinity;
    timeColumnsOf(segment).forEach((name, k) => {
      const column = copy[name] as Float64Array;
      let us = column[index] as number;
      if (basis === TIME_BASIS.yearless && year !== undefined) {
        if (k === 0) yearOffset = walker.next(us);
        // A flow that ends in January began in December.
        else if (us < previous) yearOffset += 1;
        previous = us;
        us = inYear(us, year + yearOffset);
      }
      column[index] = (clocks[k] as WallClock).toUtc(us);
    });
    if (segment.table === 'flows') {
      const start = copy['startUs'] as Float64Array;
      const end = copy['endUs'] as Float64Array;
      if ((end[index] as number) < (start[index] as number)) end[index] = start[index] as number;
    }
  });
  noteClockChanges(clocks[0] as WallClock, zoneText, inferred, notes);
  const segments = source.segments.map((segment) => {
    const copy = copies.get(segment);
    return copy ? withColumns(segment, copy) : segment;
  });
  return { segments, ...timeRange(segments), zone: zoneText, year, inferred, notes };
}

function copyTimes(segment: Segment): Record<string, Float64Array> {
  const copy: Record<string, Float64Array> = {};
  for (const name of timeColumnsOf(segment)) {
    copy[name] = Float64Array.from((columnsOf(segment)[name] as ColumnArray).subarray(0, segment.length));
  }
  return copy;
}

const DEFAULT_ZONE = 'UTC';

function chooseZone(
  said: string | undefined,
  isNeeded: boolean,
  inferred: string[],
  notes: string[],
): { zone: NonNullable<ReturnType<typeof zoneOf>>; text: string } {
  const utc = zoneOf(DEFAULT_ZONE) as NonNullable<ReturnType<typeof zoneOf>>;
  const zone = said === undefined ? undefined : zoneOf(said);
  if (zone && said !== undefined) return { zone, text: said };
  if (said !== undefined) notes.push(`There is no time zone called ${said}: UTC was taken.`);
  if (isNeeded) inferred.push('Its clock names no zone; UTC is assumed.');
  return { zone: utc, text: DEFAULT_ZONE };
}

function chooseYear(span: YearlessSpan, settings: TimeSettings, inferred: string[], notes: string[]): number {
  let year = settings.year;
  if (year === undefined) {
    const guess = inferYear(span, settings.evidence);
    year = guess.year;
    inferred.push(`Its lines carry no year; ${year} is assumed for the first one: ${guess.why}.`);
  }
  const told = year;
  if (span.wraps > 0)
    notes.push(
      `Its year-less times pass New Year ${span.wraps === 1 ? 'once' : plural(span.wraps, 'time')}: they reach from ` +
        `${year + span.earliest.year} to ${year + span.latest.year}.`,
    );
  const impossible = span.leapYears
    .map((offset) => told + offset)
    .find((candidate) => !isLeapYear(candidate));
  if (impossible !== undefined)
    notes.push(`It speaks of a 29 February, which ${impossible} does not have: the year is probably wrong.`);
  return year;
}

function noteClockChanges(clock: WallClock, zone: string, inferred: string[], notes: string[]): void {
  if (clock.ambiguous > 0)
    inferred.push(
      `${formatCount(clock.ambiguous)} of its times lie in an hour that clocks in ${zone} showed twice; the order of the lines decided which.`,
    );
  if (clock.skipped > 0)
    notes.push(
      `${formatCount(clock.skipped)} of its times were never shown by a clock in ${zone} (it was moved past them): the zone may be wrong.`,
    );
}

/** The year evidence for one source: its own date, and the other sources that name their year. */
export function yearEvidenceFor(
  source: RawSource,
  others: YearEvidence['others'],
  nowMs: number,
): YearEvidence {
  return {
    lastModifiedUs: source.lastModifiedMs * MICROS_PER_MS,
    others,
    nowUs: nowMs * MICROS_PER_MS,
  };
}
