import { describe, expect, it } from 'vitest';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../base/time';
import { seededRandom } from '../base/random';
import { correctedP, findSilences, type EventBins } from './silence';

/** Bins of a minute from a list of event times in minutes. */
function binsOf(minutes: readonly number[], length: number): EventBins {
  const counts = new Uint32Array(length);
  const first = new Uint32Array(length);
  const last = new Uint32Array(length);
  for (const minute of [...minutes].sort((a, b) => a - b)) {
    const bin = Math.floor(minute);
    const within = Math.round((minute - bin) * MICROS_PER_MINUTE);
    if (counts[bin] === 0) first[bin] = within;
    last[bin] = within;
    counts[bin]! += 1;
  }
  return { fromUs: 0, binUs: MICROS_PER_MINUTE, counts, first, last };
}

/** Event times of a Poisson process, in minutes. */
function poisson(perMinute: number, minutes: number, seed: number): number[] {
  const random = seededRandom(seed);
  const times: number[] = [];
  for (let at = 0; ;) {
    at -= Math.log(1 - random()) / perMinute;
    if (at >= minutes) return times;
    times.push(at);
  }
}

describe('findSilences', () => {
  it('gives exp(−λ·g), corrected for the number of silences, by hand', () => {
    // One event a minute, minutes 0–49 and 60–109: eleven minutes without, 100 events in all. Outside the hole λ is 1 a minute.
    const minutes = [...Array(50).keys(), ...Array.from({ length: 50 }, (_, i) => 60 + i)];
    const report = findSilences(binsOf(minutes, 110), 0.01);
    expect(report.method).toBe('poisson');
    expect(report.gaps).toHaveLength(1);
    const [gap] = report.gaps;
    expect(gap!.fromUs).toBe(49 * MICROS_PER_MINUTE);
    expect(gap!.toUs).toBe(60 * MICROS_PER_MINUTE);
    expect(gap!.expected).toBeCloseTo(11, 10);
    expect(gap!.p).toBeCloseTo(1 - (1 - Math.exp(-11)) ** 100, 10);
    // The silence that would just have been called a gap: p* = 1 − 0.99^(1/100), −ln p* minutes.
    expect(report.noticeableUs / MICROS_PER_MINUTE).toBeCloseTo(-Math.log(1 - 0.99 ** (1 / 100)), 6);
  });

  it('says nothing of a Poisson stream, however often it is asked', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++)
      alarms += findSilences(binsOf(poisson(0.2, 2000, seed), 2000), 0.05).gaps.length;
    // 200 streams at a corrected level of 5 % each: 10 are to be expected, 25 would be five standard deviations above.
    expect(alarms).toBeLessThan(25);
  });

  it('counts events that come in pairs as what they are', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const pairs = poisson(0.2, 2000, seed).flatMap((minute) => [minute, minute]);
      alarms += findSilences(binsOf(pairs, 2000), 0.05).gaps.length;
    }
    // 100 streams at 5 % each: 5 to be expected. Counted singly, every second stream would hold a silence of e⁻²⁰.
    expect(alarms).toBeLessThan(14);
  });

  it('does not take the pauses of a bursty stream for gaps', () => {
    const random = seededRandom(7);
    const minutes: number[] = [];
    for (const start of poisson(1 / 60, 60 * 24 * 10, 3))
      for (let k = 0; k < 200; k++) minutes.push(Math.min(14_399, start + random() * 2));
    const report = findSilences(binsOf(minutes, 14_400), 0.001);
    expect(report.dispersion).toBeGreaterThan(2);
    expect(report.method).toBe('quantile');
    expect(report.gaps).toEqual([]);
  });

  it('learns the rhythm of the day: the nightly quiet is no gap, a missing morning is', () => {
    const quietNights: number[] = [];
    for (let day = 0; day < 14; day++) {
      for (let minute = 8 * 60; minute < 20 * 60; minute++) {
        const isHole = day === 9 && minute >= 9 * 60 && minute < 12 * 60;
        if (!isHole) quietNights.push(day * 1440 + minute + 0.5);
      }
    }
    const report = findSilences(binsOf(quietNights, 14 * 1440), 0.001);
    expect(report.gaps).toHaveLength(1);
    expect(Math.floor(report.gaps[0]!.fromUs / MICROS_PER_HOUR)).toBe(9 * 24 + 8);
    expect(report.gaps[0]!.toUs / MICROS_PER_HOUR).toBeCloseTo(9 * 24 + 12, 1);
  });

  it('has nothing to say of one event or none', () => {
    expect(findSilences(binsOf([3], 10), 0.05)).toMatchObject({
      gaps: [],
      longest: null,
      noticeableUs: Infinity,
    });
    expect(findSilences(binsOf([], 0), 0.05).gaps).toEqual([]);
  });
});

describe('correctedP', () => {
  it('is Šidák’s, also where 1 − p rounds to 1', () => {
    expect(correctedP(0.01, 10)).toBeCloseTo(1 - 0.99 ** 10, 12);
    expect(correctedP(1e-20, 1000)).toBeCloseTo(1e-17, 25);
  });
});
