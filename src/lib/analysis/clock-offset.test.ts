import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import { fitClock, offsetAt } from './clock-offset';
import { DEFAULT_THRESHOLDS } from './parameters';

const HOUR = MICROS_PER_HOUR;
const SECOND = MICROS_PER_SECOND;

describe('fitClock', () => {
  it('finds an offset of hours among chance pairs, with its median and MAD', () => {
    const random = seededRandom(3);
    const flow: number[] = [];
    const difference: number[] = [];
    const delays = [1, 2, 3, 4, 5];
    for (let i = 0; i < 50; i++) {
      flow.push(i * 60 * SECOND);
      difference.push(-5 * HOUR + delays[i % 5]! * SECOND);
      flow.push(i * 60 * SECOND);
      difference.push((random() * 2 - 1) * 26 * HOUR);
    }
    const fit = fitClock(flow, difference, DEFAULT_THRESHOLDS)!;
    // Delays 1…5 s, ten times each: median 3 s, deviations 2 1 0 1 2: MAD 1 s. A chance pair may fall into the window.
    expect(fit.offsetUs / SECOND).toBeCloseTo(-5 * 3600 + 3, 0);
    expect(fit.spreadUs / SECOND).toBeCloseTo(1, 0);
    expect(fit.driftUsPerDay).toBe(0);
  });

  it('finds a clock that runs fast by 20 s a day', () => {
    const flow: number[] = [];
    const difference: number[] = [];
    for (let hour = 0; hour < 240; hour++) {
      flow.push(hour * HOUR);
      difference.push(30 * SECOND + (hour / 24) * 20 * SECOND + (hour % 3) * SECOND);
    }
    const fit = fitClock(flow, difference, DEFAULT_THRESHOLDS)!;
    expect(fit.driftUsPerDay / SECOND).toBeCloseTo(20, 0);
    expect(offsetAt(fit, 0) / SECOND).toBeCloseTo(31, 0);
    expect(offsetAt(fit, 10 * MICROS_PER_DAY) / SECOND).toBeCloseTo(231, 0);
  });

  it('finds a clock that daylight saving puts forward, and when', () => {
    const random = seededRandom(5);
    const flow: number[] = [];
    const difference: number[] = [];
    for (let hour = 0; hour < 240; hour++) {
      flow.push(hour * HOUR, hour * HOUR);
      difference.push((hour < 80 ? 1 : 2) * HOUR + (hour % 3) * SECOND, (random() * 2 - 1) * 26 * HOUR);
    }
    const fit = fitClock(flow, difference, DEFAULT_THRESHOLDS)!;
    expect(offsetAt(fit, 0) / SECOND).toBeCloseTo(3601, 0);
    expect(offsetAt(fit, 79 * HOUR) / SECOND).toBeCloseTo(3601, 0);
    expect(offsetAt(fit, 80 * HOUR) / SECOND).toBeCloseTo(7201, 0);
    expect(fit.step?.isBefore).toBe(true);
  });

  it('takes two offsets that take turns for no change of a clock', () => {
    const flow = Array.from({ length: 240 }, (_, hour) => hour * HOUR);
    const difference = flow.map((_, hour) => (hour % 3 === 0 ? 1 : 2) * HOUR);
    expect(fitClock(flow, difference, DEFAULT_THRESHOLDS)).not.toHaveProperty('step');
  });

  it('believes few pairs only where they say that the clocks agree', () => {
    expect(fitClock([0], [2 * SECOND], DEFAULT_THRESHOLDS)).toMatchObject({
      offsetUs: 2 * SECOND,
      matches: 1,
    });
    expect(fitClock([0], [3 * HOUR], DEFAULT_THRESHOLDS)).toBeNull();
    expect(fitClock([], [], DEFAULT_THRESHOLDS)).toBeNull();
  });

  it('finds nothing in pairs that do not agree', () => {
    const random = seededRandom(9);
    const difference = Array.from({ length: 500 }, () => (random() * 2 - 1) * 26 * HOUR);
    // Whatever its fullest window holds, it is not five times what chance puts there.
    expect(
      fitClock(
        difference.map((_, i) => i),
        difference,
        DEFAULT_THRESHOLDS,
      ),
    ).toBeNull();
  });
});
