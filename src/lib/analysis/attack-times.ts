import { randomInt, type Random } from '../base/random';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import type { ExposureWindow, Ground } from './context';

/** Hours of the day in UTC, from the first to before the second; a second that is not later means over midnight. */
export type HoursOfDay = readonly [from: number, to: number];

/**
 * When a service could be attacked: its windows as far as rows were loaded of them, and within certain hours of the day only where such are
 * chosen. Ascending stretches in µs, each an hour short of its window's end, so that what begins in one can end there too.
 */
export function attackSpans(
  ground: Pick<Ground, 'fromUs' | 'toUs'>,
  windows: readonly ExposureWindow[],
  hours?: HoursOfDay,
): readonly (readonly [number, number])[] {
  return windows.flatMap(({ openedUs, closedUs }) => {
    const fromUs = Math.max(openedUs, ground.fromUs);
    const toUs = Math.max(fromUs + 1, Math.min(closedUs, ground.toUs) - MICROS_PER_HOUR);
    return hours ? withinHours(fromUs, toUs, hours) : [[fromUs, toUs] as const];
  });
}

function withinHours(fromUs: number, toUs: number, [from, to]: HoursOfDay): (readonly [number, number])[] {
  const lengthUs = (to > from ? to - from : 24 - from + to) * MICROS_PER_HOUR;
  const spans: (readonly [number, number])[] = [];
  // The day before may reach over midnight.
  const firstDay = Math.floor(fromUs / MICROS_PER_DAY) - 1;
  for (
    let startUs = firstDay * MICROS_PER_DAY + from * MICROS_PER_HOUR;
    startUs < toUs;
    startUs += MICROS_PER_DAY
  ) {
    const span = [Math.max(startUs, fromUs), Math.min(startUs + lengthUs, toUs)] as const;
    if (span[1] > span[0]) spans.push(span);
  }
  return spans;
}

/** Ascending random times in these stretches. */
export function attackTimes(
  spans: readonly (readonly [number, number])[],
  count: number,
  random: Random,
): number[] {
  const wholeUs = spans.reduce((sum, [fromUs, toUs]) => sum + (toUs - fromUs), 0);
  const times = Array.from({ length: count }, () => {
    let atUs = Math.floor(random() * wholeUs);
    const withinSecond = randomInt(random, 0, 999_999);
    for (const [fromUs, toUs] of spans) {
      if (atUs < toUs - fromUs) return fromUs + atUs + withinSecond;
      atUs -= toUs - fromUs;
    }
    return (spans.at(-1)?.[1] ?? 0) + withinSecond;
  });
  return times.sort((a, b) => a - b);
}
