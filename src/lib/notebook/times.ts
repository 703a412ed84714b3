import { DateTime, IANAZone } from 'luxon';
import type { ExposureFinding } from '../analysis/findings';
import { MICROS_PER_MS, MICROS_PER_SECOND, parseIsoUtc } from '../base/time';
import { visibleText } from '../base/visible';

/** How much of a time is printed. */
export type TimePrecision = 'day' | 'minute' | 'second' | 'full';

const FORMATS: Record<Exclude<TimePrecision, 'full'>, string> = {
  day: 'yyyy-MM-dd',
  minute: 'yyyy-MM-dd HH:mm',
  second: 'yyyy-MM-dd HH:mm:ss',
};

/** Whether luxon and the platform know the zone: an IANA name, `UTC`, or a fixed offset as `UTC+2`. */
export function isKnownZone(zone: string): boolean {
  return zone === 'UTC' || IANAZone.isValidZone(zone) || DateTime.now().setZone(zone).isValid;
}

function inZone(us: number, zone: string): DateTime {
  // With a locale: without, luxon asks the browser for its own, which takes longer than to print all times of a page. All are figures.
  return DateTime.fromMillis(Math.floor(us / MICROS_PER_MS), {
    zone: isKnownZone(zone) ? zone : 'UTC',
    locale: 'en-US',
  });
}

/**
 * A time as wall clock in `zone`, without the zone itself (the page prints it once, beside the clock switch).
 * `full` adds the fraction of a second where there is one. NaN and infinities print as `unknown time`.
 */
export function formatTime(us: number, zone: string, precision: TimePrecision = 'second'): string {
  if (!Number.isFinite(us)) return 'unknown time';
  const time = inZone(us, zone);
  if (!time.isValid) return 'unknown time';
  if (precision !== 'full') return time.toFormat(FORMATS[precision]);
  const micros = Math.round(us - Math.floor(us / MICROS_PER_SECOND) * MICROS_PER_SECOND);
  const text = time.toFormat(FORMATS.second);
  if (micros === 0) return text;
  const digits = micros.toString().padStart(6, '0');
  return `${text}.${micros % MICROS_PER_MS === 0 ? digits.slice(0, 3) : digits}`;
}

/** The time with its zone: `2015-03-02 10:20:30 UTC`, `2015-03-02 11:20:30 +01:00 (Europe/Berlin)`. */
export function formatTimeWithZone(us: number, zone: string, precision: TimePrecision = 'second'): string {
  return Number.isFinite(us) ? `${formatTime(us, zone, precision)} ${zoneLabel(us, zone)}` : 'unknown time';
}

/** The zone as it must be printed beside a time: its offset at that instant and its name. */
export function zoneLabel(us: number, zone: string): string {
  if (zone === 'UTC' || !isKnownZone(zone)) return 'UTC';
  return `${inZone(Number.isFinite(us) ? us : 0, zone).toFormat('ZZ')} (${zone})`;
}

/** A time as sentences write it: `2026-02-20T09:12:30Z` or `2026-02-20 09:12 UTC`, on its own between spaces and punctuation. */
const WRITTEN_TIME =
  /(?<=^|[\s(–→])(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)Z| (\d\d:\d\d(?::\d\d)?) UTC)(?=$|[\s,;:.)–→])(?!\.\S)/g;

/**
 * The times in a sentence as wall clock of `zone`, which stands behind each. A time within a path or a quoted text of a log is left as it
 * is: there it is evidence. What of a log would not be seen, or would turn the sentence around, is written out.
 */
export function sentenceInZone(text: string, zone: string): string {
  return visibleText(text).replace(WRITTEN_TIME, (written, day: string, iso?: string, plain?: string) => {
    const clock = iso ?? plain ?? '';
    const us = parseIsoUtc(`${day}T${clock}Z`);
    return Number.isFinite(us) ? formatTimeWithZone(us, zone, clock.length > 5 ? 'full' : 'minute') : written;
  });
}

/** From one instant to another, saying which end the evidence does not hold (NaN), and between which times one lies that traffic alone tells of. */
export function formatWindow(
  openedUs: number,
  closedUs: number,
  zone: string,
  ends: Pick<ExposureFinding, 'opening' | 'closing'> = {},
): string {
  const within = ({ fromUs, toUs }: NonNullable<typeof ends.opening>): string =>
    `between ${formatTime(fromUs, zone, 'minute')} and ${formatTime(toUs, zone, 'minute')}`;
  const opened = ends.opening
    ? within(ends.opening)
    : Number.isFinite(openedUs)
      ? formatTime(openedUs, zone, 'minute')
      : 'before the evidence begins';
  const closed = ends.closing
    ? within(ends.closing)
    : Number.isFinite(closedUs)
      ? formatTime(closedUs, zone, 'minute')
      : 'still open when the evidence ends';
  return `${opened} → ${closed}`;
}
