import { describe, expect, it } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../base/time';
import { bestDay, scoreBeacon, statisticalScore } from './beacon';

const seconds = (values: readonly number[]): number[] => values.map((value) => value * MICROS_PER_SECOND);

describe('statisticalScore', () => {
  it('is 1 for equal values', () => {
    expect(statisticalScore([60, 60, 60, 60], 1)).toBe(1);
  });

  it('follows Bowley and MAD by hand', () => {
    // Sorted 10 20 30 70 110: median 30, halves (10 20) and (70 110): Q1 15, Q3 90. Bowley = (15 + 90 − 60)/75 = 0.6.
    // Deviations 20 10 0 40 80: MAD 20, so (30 − 20)/30 = 0.3333. Mean of 0.4 and 0.3333 = 0.3667.
    expect(statisticalScore([110, 10, 30, 20, 70], 1)).toBe(0.367);
  });

  it('takes no skew from quartiles closer than ten, nor where the median is one of them', () => {
    // 100 101 102 103 108: Q1 100.5, Q3 105.5; MAD: 2 1 0 1 6 → 1. (1 + 101/102)/2.
    expect(statisticalScore([100, 101, 102, 103, 108], 1)).toBe(0.995);
    // 5 5 5 5 50 95: median 5 = Q1. MAD 0 of deviations 0 0 0 0 45 90. (1 + 1)/2.
    expect(statisticalScore([5, 5, 5, 5, 50, 95], 1)).toBe(1);
  });

  it('is half of what it can be where nothing was sent', () => {
    expect(statisticalScore([0, 0, 0, 0], 0)).toBe(0.5);
  });
});

describe('scoreBeacon', () => {
  it('is 1 for a call every ten minutes of a day with the same bytes', () => {
    const times = seconds(Array.from({ length: 144 }, (_, i) => i * 600));
    const score = scoreBeacon(
      times,
      times.map(() => 420),
      0,
      MICROS_PER_DAY,
    );
    expect(score).toEqual({ score: 1, ts: 1, ds: 1, dur: 1, hist: 1 });
  });

  it('is what the formula gives for twelve hours of calls, by hand', () => {
    // Twice an hour from 00:00 to 11:30: 24 calls, every delta 1,800 s, so ts = 1. Bytes alternate 100 and 300: Q1 100, Q3 300, median 200,
    // no skew; MAD 100, so ds = (1 + 0.5)/2 = 0.75. Bars: 12 of height 2 and 12 of 0: mean 1, deviation 1, CV 1: flat 0. Bimodal: 12 filled
    // hours of one height, 12/11 cut to 1: hist = 1. Coverage (41,400/86,400) rounded up to 0.480; run 12 of 12 = 1: dur = 1.
    const times = seconds(Array.from({ length: 24 }, (_, i) => i * 1800));
    const score = scoreBeacon(
      times,
      times.map((_, i) => (i % 2 === 0 ? 100 : 300)),
      0,
      MICROS_PER_DAY,
    );
    expect(score).toEqual({ score: 0.938, ts: 1, ds: 0.75, dur: 1, hist: 1 });
  });

  it('is low for calls at random', () => {
    const times = seconds([100, 200, 9000, 9100, 30_000, 60_000, 60_500]);
    const score = scoreBeacon(times, [10, 20_000, 500, 90, 4000, 1, 70_000], 0, MICROS_PER_DAY);
    // Five filled hours of 24: too few for a duration or two modes.
    expect(score!.dur).toBe(0);
    expect(score!.score).toBeLessThan(0.5);
  });

  it('needs four distinct times', () => {
    expect(scoreBeacon(seconds([1, 1, 2, 2, 3]), [1, 1, 1, 1, 1], 0, MICROS_PER_DAY)).toBeNull();
    expect(scoreBeacon(seconds([1, 2, 3, 4]), [1, 1, 1, 1], 0, MICROS_PER_DAY)).not.toBeNull();
  });
});

describe('bestDay', () => {
  it('finds the day on which a pair was regular among others on which it was not', () => {
    const odd = [50, 4000, 4100, 70_000];
    const regular = Array.from({ length: 144 }, (_, i) => 10 * 86_400 + i * 600);
    const times = seconds([...odd, ...regular]);
    const best = bestDay(
      times,
      times.map(() => 64),
      30 * MICROS_PER_DAY,
    );
    expect(best).toMatchObject({ score: 1, fromUs: 10 * MICROS_PER_DAY, sessions: 144 });
  });
});
