import { isLeapYear, microsFromCivil, TIME_BASIS, YEARLESS_BASE_YEAR, type TimeBasis } from '../../base/time';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const PATTERN =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2})(?::(\d{2}))?(?: (\d{4})(?!\S))?/;

export interface ClockTime {
  readonly us: number;
  readonly basis: TimeBasis;
  /** Characters that it takes at the start of the text. */
  readonly length: number;
}

/**
 * A time as ctime(3) writes it at the start of a text, `Mon Mar  2 10:20:30 2015`, by the machine's clock. Its seconds or its year may be absent, as
 * last(1) leaves them out; then the basis is `yearless`.
 */
export function ctimeOf(text: string): ClockTime | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [whole, name = '', day = '', hour = '', minute = '', second = '0', yearText] = match;
  const month = MONTHS.indexOf(name);
  const year = yearText === undefined ? YEARLESS_BASE_YEAR : Number(yearText);
  const days = month === 1 && isLeapYear(year) ? 29 : DAYS[month];
  if (days === undefined || Number(day) < 1 || Number(day) > days) return undefined;
  // 60 is a leap second.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return {
    us: microsFromCivil(year, month + 1, Number(day), Number(hour), Number(minute), Number(second)),
    basis: yearText === undefined ? TIME_BASIS.yearless : TIME_BASIS.local,
    length: whole.length,
  };
}
