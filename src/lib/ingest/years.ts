import { daysFromCivil, isLeapYear, MICROS_PER_DAY, microsFromCivil, YEARLESS_BASE_YEAR } from '../base/time';
import { plural } from '../base/units';

const BASE_START_US = microsFromCivil(YEARLESS_BASE_YEAR, 1, 1);
/** Index of 29 February in a leap year, from 0. */
const LEAP_DAY = 59;

/** What a source's year-less times are, seen in the order of its lines, with the first line's year as 0. */
export interface YearlessSpan {
  /** First year-less time as stored, in YEARLESS_BASE_YEAR. */
  readonly firstUs: number;
  /** Earliest and latest time and the years they lie in, counted from the first line's. */
  readonly earliest: YearPoint;
  readonly latest: YearPoint;
  /** Years, counted from the first line's, in which a 29 February was seen. */
  readonly leapYears: readonly number[];
  /** How many New Years lie in it. */
  readonly wraps: number;
}

export interface YearPoint {
  readonly us: number;
  readonly year: number;
}

/**
 * Follows year-less times through a file. A step back of more than about six months is a new year; a late line of December close behind
 * the first of January is the old year still. In files that run from new to old it is the other way round. What it cannot know:
 * silences of more than six months over New Year.
 */
export class YearWalker {
  #previous = Number.NaN;
  #year = 0;
  #first = Number.NaN;
  #earliest: YearPoint = { us: Infinity, year: 0 };
  #latest: YearPoint = { us: -Infinity, year: 0 };
  readonly #leapYears = new Set<number>();
  #ahead = 0;
  #back = 0;

  /** The year of this time, counted from that of the first. `us` is as stored, in YEARLESS_BASE_YEAR. */
  next(us: number): number {
    if (Number.isNaN(us)) return this.#year;
    if (Number.isNaN(this.#previous)) this.#first = us;
    else this.#step(us - this.#previous);
    this.#previous = us;
    const year = this.#year;
    if (isBefore(us, year, this.#earliest)) this.#earliest = { us, year };
    if (!isBefore(us, year, this.#latest)) this.#latest = { us, year };
    if (dayOfBaseYear(us) === LEAP_DAY) this.#leapYears.add(year);
    return year;
  }

  #step(us: number): void {
    const isNewToOld = this.#back > this.#ahead;
    const isLate = Math.abs(us) > YEAR_US - DISORDER_US;
    if (us < -HALF_YEAR_US && (!isNewToOld || isLate)) this.#year += 1;
    else if (us > HALF_YEAR_US && (isNewToOld || isLate)) this.#year -= 1;
    else if (us > 0) this.#ahead += 1;
    else if (us < 0) this.#back += 1;
  }

  /** What was seen; undefined when there was no time at all. */
  span(): YearlessSpan | undefined {
    if (Number.isNaN(this.#first)) return undefined;
    return {
      firstUs: this.#first,
      earliest: this.#earliest,
      latest: this.#latest,
      leapYears: [...this.#leapYears],
      wraps: this.#latest.year - this.#earliest.year,
    };
  }
}

const HALF_YEAR_US = 183 * MICROS_PER_DAY;
const YEAR_US = 366 * MICROS_PER_DAY;
/** How late a line may be written. */
const DISORDER_US = 2 * MICROS_PER_DAY;

function isBefore(us: number, year: number, point: YearPoint): boolean {
  if (point.us === Infinity) return true;
  if (point.us === -Infinity) return false;
  return year === point.year ? us < point.us : year < point.year;
}

function dayOfBaseYear(us: number): number {
  return Math.floor((us - BASE_START_US) / MICROS_PER_DAY);
}

/**
 * A year-less time in a year. 29 February in a year that has none becomes 1 March: the year is wrong then, and `inferYear` avoids it
 * where it can.
 */
export function inYear(us: number, year: number): number {
  const day = dayOfBaseYear(us);
  const shifted = day > LEAP_DAY && !isLeapYear(year) ? day - 1 : day;
  return us + (daysFromCivil(year, 1, 1) + shifted) * MICROS_PER_DAY - (BASE_START_US + day * MICROS_PER_DAY);
}

/** What years can be told by, beside the file. */
export interface YearEvidence {
  /** The file's own date; NaN when it has none. */
  readonly lastModifiedUs: number;
  /** Other sources whose times name their year. */
  readonly others: readonly { readonly name: string; readonly firstUs: number; readonly lastUs: number }[];
  /** Now, as the last resort: no log is from the future. */
  readonly nowUs: number;
}

export interface InferredYear {
  readonly year: number;
  /** Sentence part: why that one. */
  readonly why: string;
}

const YEARS_BACK = 60;
/** A log is collected days after its last line, not weeks. */
const COPIED_US = 14 * MICROS_PER_DAY;
/** Logs of one incident lie no further apart; in any year some other log is at most half a year away. */
const NEAR_US = 60 * MICROS_PER_DAY;

/** A clock's zone is not known yet, and copies are dated a little early: a day's grace. */
const GRACE_US = MICROS_PER_DAY;

/**
 * The year of a source's first year-less line: one in which its times meet those of other sources that name their year; else, where the file's
 * own date is long after, the one in which they come near to those; else the latest in which no time lies after that date. Years without a 29 February are passed over where the file holds one.
 */
export function inferYear(span: YearlessSpan, evidence: YearEvidence): InferredYear {
  const { lastModifiedUs, others, nowUs } = evidence;
  const hasDate = Number.isFinite(lastModifiedUs) && lastModifiedUs > 0;
  const limitUs = (hasDate ? lastModifiedUs : nowUs) + GRACE_US;
  const endOf = (year: number): number => inYear(span.latest.us, year + span.latest.year);
  const startOf = (year: number): number => inYear(span.earliest.us, year + span.earliest.year);
  const isPossible = (year: number): boolean => span.leapYears.every((leap) => isLeapYear(year + leap));
  const newestUs = others.reduce((latest, other) => Math.max(latest, other.lastUs), limitUs);
  const newest = new Date(newestUs / 1000).getUTCFullYear();
  const candidates: number[] = [];
  for (let year = newest; year > newest - YEARS_BACK; year--) if (isPossible(year)) candidates.push(year);

  const meets = (year: number): typeof others =>
    others.filter((other) => startOf(year) <= other.lastUs && endOf(year) >= other.firstUs);
  const most = candidates.reduce((best, year) => Math.max(best, meets(year).length), 0);
  if (most > 0) {
    const meeting = candidates.filter((year) => meets(year).length === most);
    const year = meeting.find((candidate) => endOf(candidate) <= limitUs) ?? (meeting[0] as number);
    const [first] = meets(year);
    const rest = most > 1 ? ` and ${plural(most - 1, 'other source')}` : '';
    return { year, why: `its times then meet those of ${first?.name ?? ''}${rest}` };
  }
  const year = candidates.find((candidate) => endOf(candidate) <= limitUs) ?? candidates.at(-1) ?? newest;
  // Copying gives a file the date of the copy: one that lies long after its last line tells nothing of the year, and the case does.
  const isCopied = !hasDate || lastModifiedUs - endOf(year) > COPIED_US;
  const distance = (candidate: number): number =>
    others.reduce(
      (least, { firstUs, lastUs }) =>
        Math.min(least, Math.max(firstUs - endOf(candidate), startOf(candidate) - lastUs)),
      Infinity,
    );
  const nearest = candidates.reduce(
    (best, candidate) => (distance(candidate) < distance(best) ? candidate : best),
    year,
  );
  if (isCopied && nearest !== year && distance(nearest) <= NEAR_US) {
    const { name = '' } =
      others.find(
        ({ firstUs, lastUs }) =>
          Math.max(firstUs - endOf(nearest), startOf(nearest) - lastUs) === distance(nearest),
      ) ?? {};
    return { year: nearest, why: `its times then come nearest to those of ${name}` };
  }
  const leap = span.leapYears.length > 0 ? ' and that has the 29 February it speaks of' : '';
  return {
    year,
    why: hasDate
      ? `it is the latest year in which no line lies after the file's own date${leap}`
      : `the file has no date, and it is the latest year in which no line lies in the future${leap}`,
  };
}
