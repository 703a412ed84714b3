import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from './random';
import {
  benjaminiHochberg,
  binomialAtLeast,
  binomialAtMost,
  empiricalP,
  hypergeometricAtLeast,
  incompleteBeta,
  incompleteGamma,
  kolmogorovSmirnovUniform,
  logChoose,
  logGamma,
  lowerBound,
  median,
  medianAbsoluteDeviation,
  poissonAtLeast,
  poissonAtMost,
  quantile,
  quantileSorted,
  robustZ,
  ruleOfThree,
  sortedFinite,
  variance,
} from './statistics';

describe('order statistics', () => {
  it('interpolates quantiles as type 7 does (R: quantile(1:10, …))', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(quantileSorted(values, 0.25)).toBeCloseTo(3.25, 12);
    expect(quantileSorted(values, 0.5)).toBeCloseTo(5.5, 12);
    expect(quantileSorted(values, 0.9)).toBeCloseTo(9.1, 12);
    expect(quantileSorted([], 0.5)).toBeNaN();
    expect(quantileSorted([1, Infinity, Infinity], 0.75)).toBe(Infinity);
  });

  it('selects the quantiles that sorting gives, in whatever order the values come', () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double({ noNaN: true }).map((number) => number + 0),
      fc.constant(Number.NaN),
    );
    const values = fc.array(value, { maxLength: 300 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (sample, q) => {
        expect(quantile(sample, q)).toEqual(quantileSorted(sortedFinite(sample), q) + 0);
      }),
    );
  });

  it('gives median and MAD of an unsorted sample, without NaN', () => {
    // 1 1 2 2 4 6 9: median 2, deviations 1 1 0 0 2 4 7, their median 1.
    const values = [9, 1, 2, Number.NaN, 6, 4, 1, 2];
    expect(median(values)).toBe(2);
    expect(medianAbsoluteDeviation(values)).toBe(1);
  });

  it('scores outliers as Iglewicz & Hoaglin do', () => {
    expect(robustZ(9, 2, 1)).toBeCloseTo(0.6745 * 7, 12);
    expect(robustZ(2, 2, 0)).toBe(0);
    expect(robustZ(3, 2, 0)).toBe(Infinity);
  });

  it('finds the first entry that is not smaller', () => {
    expect(lowerBound([1, 2, 2, 5], 2)).toBe(1);
    expect(lowerBound([1, 2, 2, 5], 6)).toBe(4);
  });
});

describe('special functions', () => {
  it('knows Γ at points of Abramowitz & Stegun, table 6.1', () => {
    expect(Math.exp(logGamma(0.5))).toBeCloseTo(1.772453850905516, 12);
    expect(Math.exp(logGamma(1.25))).toBeCloseTo(0.9064024771, 9);
    expect(Math.exp(logGamma(1.5))).toBeCloseTo(0.8862269255, 9);
    expect(logGamma(101)).toBeCloseTo(363.73937555556347, 9);
    expect(logChoose(52, 5)).toBeCloseTo(Math.log(2598960), 9);
  });

  it('knows the incomplete beta and gamma functions where they have closed forms', () => {
    // I_x(1, b) = 1 − (1 − x)^b; I_x(a, 1) = x^a.
    expect(incompleteBeta(0.2, 1, 5)).toBeCloseTo(1 - 0.8 ** 5, 12);
    expect(incompleteBeta(0.7, 3, 1)).toBeCloseTo(0.343, 12);
    // P(1, x) = 1 − e^−x; P(2, x) = 1 − (1 + x) e^−x.
    expect(incompleteGamma(1, 3)).toBeCloseTo(1 - Math.exp(-3), 12);
    expect(incompleteGamma(2, 0.5)).toBeCloseTo(1 - 1.5 * Math.exp(-0.5), 12);
  });
});

describe('tails', () => {
  it('agrees with printed binomial tables', () => {
    expect(binomialAtMost(5, 20, 0.25)).toBeCloseTo(0.6172, 4);
    expect(binomialAtMost(1, 10, 0.1)).toBeCloseTo(0.7361, 4);
    expect(binomialAtLeast(3, 3, 0.1)).toBeCloseTo(0.001, 12);
    expect(binomialAtMost(0, 1000, 0.003)).toBeCloseTo(0.997 ** 1000, 12);
  });

  it('keeps its digits far out, where subtraction from 1 would lose them', () => {
    expect(binomialAtLeast(50, 50, 0.1)).toBeCloseTo(1e-50, 60);
    expect(binomialAtLeast(50, 50, 0.1) / 1e-50).toBeCloseTo(1, 9);
    expect(binomialAtMost(0, 50, 0.9) / 1e-50).toBeCloseTo(1, 9);
    expect(poissonAtMost(0, 400) / Math.exp(-400)).toBeCloseTo(1, 9);
  });

  it('stands for large counts', () => {
    // Symmetric: P(X ≤ n/2 − 1) = P(X ≥ n/2 + 1).
    expect(binomialAtMost(499_999, 1_000_000, 0.5)).toBeCloseTo(binomialAtLeast(500_001, 1_000_000, 0.5), 9);
  });

  it('tastes tea as Fisher did: all four cups 1/70, at least three 17/70', () => {
    expect(hypergeometricAtLeast(4, 4, 4, 8)).toBeCloseTo(1 / 70, 12);
    expect(hypergeometricAtLeast(3, 4, 4, 8)).toBeCloseTo(17 / 70, 12);
    expect(hypergeometricAtLeast(0, 4, 4, 8)).toBe(1);
    expect(hypergeometricAtLeast(5, 4, 4, 8)).toBe(0);
  });

  it('counts horse kicks as Bortkiewicz did (λ = 0.61)', () => {
    expect(poissonAtMost(0, 0.61)).toBeCloseTo(0.5434, 4);
    expect(poissonAtLeast(2, 0.61)).toBeCloseTo(1 - 0.5434 - 0.3314, 4);
    expect(poissonAtLeast(0, 0.61)).toBe(1);
  });

  it('bounds what was never seen', () => {
    expect(ruleOfThree(300)).toBeCloseTo(0.01, 12);
    expect(ruleOfThree(0)).toBe(1);
  });
});

describe('many tests at once', () => {
  // Benjamini & Hochberg 1995, section 3.2: fifteen hypotheses, the first four rejected at 0.05.
  const published = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1.0,
  ];

  it('rejects the four that Benjamini & Hochberg reject', () => {
    const shuffled = [...published].reverse();
    const { isDiscovery } = benjaminiHochberg(shuffled, 0.05);
    expect([...isDiscovery].reverse().slice(0, 5)).toEqual([1, 1, 1, 1, 0]);
    expect(isDiscovery.reduce((sum, value) => sum + value, 0)).toBe(4);
  });

  it('steps up: a later small enough p carries those before it', () => {
    expect([...benjaminiHochberg([0.03, 0.035, 0.04, 0.05], 0.05).isDiscovery]).toEqual([1, 1, 1, 1]);
  });

  it('counts tests that were made but not given, and leaves NaN out', () => {
    expect([...benjaminiHochberg([0.001, Number.NaN], 0.05, 51).isDiscovery]).toEqual([0, 0]);
    expect([...benjaminiHochberg([0.001, Number.NaN], 0.05, 50).isDiscovery]).toEqual([1, 0]);
  });

  it('never gives an empirical p of 0', () => {
    const null99 = Array.from({ length: 99 }, (_, i) => i);
    expect(empiricalP(1000, null99)).toBeCloseTo(0.01, 12);
    expect(empiricalP(98, null99)).toBeCloseTo(0.02, 12);
    expect(empiricalP(-1, null99)).toBe(1);
    expect(empiricalP(Number.NaN, null99)).toBeNaN();
  });

  it('tells uniform from skewed values', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 500 }, random);
    expect(kolmogorovSmirnovUniform(values).p).toBeGreaterThan(0.05);
    expect(kolmogorovSmirnovUniform(values.map((value) => value * value)).p).toBeLessThan(1e-6);
    // One value: the distance is the larger of x and 1 − x.
    expect(kolmogorovSmirnovUniform([0.3]).distance).toBeCloseTo(0.7, 12);
  });

  it('estimates variance without bias', () => {
    expect(variance([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(32 / 7, 12);
  });
});
