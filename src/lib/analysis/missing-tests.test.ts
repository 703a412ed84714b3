import { describe, expect, it } from 'vitest';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../base/time';
import { seededRandom } from '../base/random';
import { findMissing } from './missing-tests';
import type { Trials } from './trials';
import { DEFAULT_THRESHOLDS } from './parameters';

/** A limit that random gaps reach now and then. */
const LOOSE = { ...DEFAULT_THRESHOLDS, contradictionProbability: 0.1 };

interface Trial {
  minute: number;
  actor: number;
  found: boolean;
  size?: number;
}

function trials(list: readonly Trial[]): Trials {
  const sorted = [...list].sort((a, b) => a.minute - b.minute);
  return {
    count: sorted.length,
    startUs: Float64Array.from(sorted, (trial) => trial.minute * MICROS_PER_MINUTE),
    endUs: Float64Array.from(sorted, (trial) => (trial.minute + 0.5) * MICROS_PER_MINUTE),
    actor: Uint32Array.from(sorted, (trial) => trial.actor),
    found: Uint8Array.from(sorted, (trial) => (trial.found ? 1 : 0)),
    size: Float64Array.from(sorted, (trial) => trial.size ?? 1000),
  };
}

/** 2,000 sessions of 40 bots, one a minute, `rate` of which left a line. */
function bots(rate: number, seed = 1): Trial[] {
  const random = seededRandom(seed);
  return Array.from({ length: 2000 }, (_, i) => ({ minute: i, actor: i % 40, found: random() < rate }));
}

describe('findMissing', () => {
  it('gives the binomial p of an actor none of whose sessions left a line, by hand', () => {
    const list = [
      ...bots(1),
      ...[500.2, 700.2, 900.2].map((minute) => ({ minute, actor: 99, found: false })),
    ];
    const report = findMissing(trials(list), DEFAULT_THRESHOLDS);
    // 2,000 of 2,000 elsewhere: r = 2000.5/2001. P(Bin(3, r) ≤ 0) = (1 − r)³, 41 actors, three looks, three kinds of test.
    const rate = 2000.5 / 2001;
    expect(report.baseRate).toBeCloseTo(rate, 12);
    expect(report.stretches).toHaveLength(1);
    const [stretch] = report.stretches;
    expect(stretch).toMatchObject({ actor: 99, expected: 3, found: 0 });
    expect(stretch!.fromUs).toBe(500.2 * MICROS_PER_MINUTE);
    expect(stretch!.toUs).toBe(900.7 * MICROS_PER_MINUTE);
    const single = (1 - rate) ** 3;
    expect(Math.log10(stretch!.p)).toBeCloseTo(Math.log10(3 * 3 * 41 * single), 3);
  });

  it('does not let the erased sessions of a quiet log vouch for themselves', () => {
    const others = Array.from({ length: 27 }, (_, i) => ({ minute: i * 90, actor: i % 7, found: true }));
    const own = [200, 500, 800, 1100, 1400].map((minute, i) => ({ minute, actor: 99, found: i === 3 }));
    const { stretches } = findMissing(trials([...others, ...own]), DEFAULT_THRESHOLDS);
    // Held against itself it would be 28 of 32: four of five missing by chance. Held against the others, 27 of 27, it is not.
    expect(stretches).toHaveLength(1);
    expect(stretches[0]).toMatchObject({ actor: 99 });
  });

  it('finds the erased largest sessions of an actor that left lines otherwise', () => {
    const own = [10, 300, 600, 1200, 1500].map((minute) => ({
      minute: minute + 0.1,
      actor: 99,
      found: true,
    }));
    const erased = [400, 800, 1700].map((minute) => ({
      minute: minute + 0.1,
      actor: 99,
      found: false,
      size: 9e6,
    }));
    const report = findMissing(trials([...bots(0.999), ...own, ...erased]), DEFAULT_THRESHOLDS);
    expect(report.stretches.map((stretch) => stretch.actor)).toEqual([99]);
  });

  it('finds an erased hour of everyone, and does not accuse those it happened to', () => {
    const list = bots(0.99).map((trial) =>
      trial.minute >= 600 && trial.minute < 660 ? { ...trial, found: false } : trial,
    );
    const report = findMissing(trials(list), DEFAULT_THRESHOLDS);
    expect(report.stretches).toHaveLength(1);
    expect(report.stretches[0]).toMatchObject({ actor: -1, expected: 60, found: 0 });
    expect(report.stretches[0]!.fromUs).toBe(10 * MICROS_PER_HOUR);
  });

  it('finds an hour of which a few lines were left', () => {
    const list = bots(1).map((trial) =>
      trial.minute >= 600 && trial.minute < 660 && trial.minute % 6 !== 0
        ? { ...trial, found: false }
        : trial,
    );
    const report = findMissing(trials(list), DEFAULT_THRESHOLDS);
    // From the first missing to the last: minutes 601 to 659, of which 606, 612, … 654 were left.
    expect(report.stretches).toHaveLength(1);
    expect(report.stretches[0]).toMatchObject({ actor: -1, expected: 59, found: 9 });
  });

  it('keeps to its rate of false alarms in logs that miss lines at random', () => {
    const alarmed = (logs: number): number => {
      let count = 0;
      for (let seed = 1; seed <= 200; seed++)
        if (findMissing(trials(bots(0.97, seed)), LOOSE, logs).stretches.length > 0) count += 1;
      return count;
    };
    // One log a case: 10 % of 200 cases.
    expect(alarmed(1)).toBeLessThanOrEqual(28);
    // Twenty logs a case: 10 % of ten cases have a false alarm, in any of their logs.
    expect(alarmed(20)).toBeLessThanOrEqual(3);
  });

  it('says nothing where most sessions leave no line anyway', () => {
    const list = [...bots(0.3), ...[5, 6, 7, 8].map((minute) => ({ minute, actor: 99, found: false }))];
    expect(findMissing(trials(list), DEFAULT_THRESHOLDS).stretches).toEqual([]);
  });

  it('has nothing to say of nothing', () => {
    expect(findMissing(trials([]), DEFAULT_THRESHOLDS).stretches).toEqual([]);
  });
});
