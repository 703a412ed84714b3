/**
 * The statistics that the questions share. Each function names its source; tests hold it against published values.
 * None of them throws: an answer that cannot be given is NaN.
 */

/**
 * Quantile of ascending values by linear interpolation of order statistics, type 7 of Hyndman & Fan, "Sample Quantiles in
 * Statistical Packages", The American Statistician 50 (1996). `q` in 0…1. NaN for no values.
 */
export function quantileSorted(sorted: ArrayLike<number>, q: number, count = sorted.length): number {
  if (count === 0) return Number.NaN;
  const position = Math.min(Math.max(q, 0), 1) * (count - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  if (below + 1 >= count) return low;
  const high = sorted[below + 1] as number;
  // Equal neighbors first: the difference of two infinities would be NaN.
  return low === high ? low : low + (high - low) * (position - below);
}

/** Copy without NaN, in the given order. */
function finite(values: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

/** Ascending copy without NaN. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  return finite(values).sort();
}

/** Below this many entries sorting is as fast as partitioning. */
const FEW = 32;

/**
 * Puts the entry of rank `k` (from 0) in its place, none larger before it and none smaller after it, and gives it: Hoare's selection (CACM 4,
 * 1961) about the median of three. What is left after many rounds is sorted, so that no arrangement of log values makes it slow. No NaN.
 */
export function select(values: Float64Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  for (let rounds = 0; high - low > FEW; rounds++) {
    if (rounds > 64) break;
    const pivot = middleOf(
      values[low] as number,
      values[(low + high) >>> 1] as number,
      values[high] as number,
    );
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return values[k] as number;
  }
  values.subarray(low, high + 1).sort();
  return values[k] as number;
}

function middleOf(a: number, b: number, c: number): number {
  return a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
}

/** The same as `quantileSorted` of the ascending values, in linear time; puts the entries in another order. No NaN. */
export function quantileInPlace(values: Float64Array, q: number): number {
  const count = values.length;
  if (count === 0) return Number.NaN;
  const position = Math.min(Math.max(q, 0), 1) * (count - 1);
  const below = Math.floor(position);
  const low = select(values, below);
  if (below + 1 >= count) return low;
  let high = Infinity;
  for (let i = below + 1; i < count; i++) if ((values[i] as number) < high) high = values[i] as number;
  return low === high ? low : low + (high - low) * (position - below);
}

/** Quantile of values in any order; NaN entries are left out. */
export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileInPlace(finite(values), q);
}

/** Middle value; NaN entries are left out. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Median absolute deviation from the median, not scaled (Hampel, JASA 69, 1974). */
export function medianAbsoluteDeviation(values: ArrayLike<number>, center = median(values)): number {
  const deviations = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) deviations[i] = Math.abs((values[i] as number) - center);
  return median(deviations);
}

/**
 * Modified z-score 0.6745 (x − median)/MAD; values beyond 3.5 are potential outliers (Iglewicz & Hoaglin, "How to Detect and
 * Handle Outliers", ASQC 1993). With MAD 0 there is no scale: 0 at the median, ±Infinity elsewhere.
 */
export function robustZ(value: number, center: number, mad: number): number {
  if (mad > 0) return (0.6745 * (value - center)) / mad;
  if (Number.isNaN(mad) || Number.isNaN(value)) return Number.NaN;
  return value === center ? 0 : value > center ? Infinity : -Infinity;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return values.length === 0 ? Number.NaN : sum / values.length;
}

/** Sample variance (n − 1). */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - center) ** 2;
  return sum / (values.length - 1);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0: Lanczos' approximation (SIAM J. Numer. Anal. 1, 1964) with Godfrey's coefficients, g = 7, n = 9; about 15 digits. */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : Number.NaN;
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (y + i);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ln of the binomial coefficient; −Infinity where it is 0. */
export function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return -Infinity;
  if (k === 0 || k === n) return 0;
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

const TINY = 1e-300;
const PRECISION = 1e-15;
const ROUNDS = 10_000;

/**
 * Regularized incomplete beta function I_x(a, b) by Lentz' continued fraction (Press et al., "Numerical Recipes", 3rd ed., 6.4).
 * The number of rounds grows with the square root of a and b; the bound serves counts up to about 10⁸.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= ROUNDS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return fraction;
}

/** P(X ≤ k) for X ~ Bin(n, p), by the incomplete beta function (Abramowitz & Stegun 26.5.24). */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(1 - p, n - k, k + 1);
}

/** P(X ≥ k) for X ~ Bin(n, p). Exact in the far tail, where 1 − P(X ≤ k − 1) would be 0. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return incompleteBeta(p, k, n - k + 1);
}

/**
 * P(X ≥ k) where X counts the marked ones among `draws` taken without replacement from `total`, of which `marked` are marked
 * (Fisher, "The Design of Experiments", 1935).
 */
export function hypergeometricAtLeast(k: number, draws: number, marked: number, total: number): number {
  const lowest = Math.max(0, draws + marked - total);
  const highest = Math.min(draws, marked);
  if (k <= lowest) return 1;
  if (k > highest) return 0;
  const all = logChoose(total, draws);
  let sum = 0;
  for (let i = highest; i >= k; i--)
    sum += Math.exp(logChoose(marked, i) + logChoose(total - marked, draws - i) - all);
  return Math.min(1, sum);
}

/** Regularized lower incomplete gamma P(a, x): series below a + 1, continued fraction above (Numerical Recipes, 6.2). */
export function incompleteGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n <= ROUNDS && Math.abs(term) > Math.abs(sum) * PRECISION; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return front * sum;
  }
  return 1 - upperGammaFraction(a, x, front);
}

function upperGammaFraction(a: number, x: number, front: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / awayFromZero(b);
  let fraction = d;
  for (let n = 1; n <= ROUNDS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / awayFromZero(an * d + b);
    c = awayFromZero(b + an / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return front * fraction;
}

/** P(X ≤ k) for X ~ Poisson(λ) (Abramowitz & Stegun 26.4.21). */
export function poissonAtMost(k: number, lambda: number): number {
  if (k < 0) return 0;
  if (lambda <= 0) return 1;
  const a = Math.floor(k) + 1;
  if (lambda < a + 1) return 1 - incompleteGamma(a, lambda);
  return upperGammaFraction(a, lambda, Math.exp(-lambda + a * Math.log(lambda) - logGamma(a)));
}

/** P(X ≥ k) for X ~ Poisson(λ). */
export function poissonAtLeast(k: number, lambda: number): number {
  if (k <= 0) return 1;
  return lambda <= 0 ? 0 : incompleteGamma(Math.ceil(k), lambda);
}

export interface Discoveries {
  /** 1 where the hypothesis is rejected. */
  readonly isDiscovery: Uint8Array;
  /** Smallest false-discovery rate at which it would be. */
  readonly adjusted: Float64Array;
}

/**
 * Step-up procedure of Benjamini & Hochberg (J. R. Stat. Soc. B 57, 1995): the k smallest p-values are discoveries for the largest
 * k with p(k) ≤ k/m · rate. NaN entries are no tests. `tests` is m where more were made than are given (the rest are then held to be
 * no discoveries, which only errs to the safe side).
 */
export function benjaminiHochberg(ps: ArrayLike<number>, rate: number, tests = 0): Discoveries {
  const order: number[] = [];
  for (let i = 0; i < ps.length; i++) if (!Number.isNaN(ps[i])) order.push(i);
  order.sort((a, b) => (ps[a] as number) - (ps[b] as number));
  const isDiscovery = new Uint8Array(ps.length);
  const adjusted = new Float64Array(ps.length).fill(Number.NaN);
  const m = Math.max(tests, order.length);
  let lowest = 1;
  for (let k = order.length; k >= 1; k--) {
    const at = order[k - 1] as number;
    lowest = Math.min(lowest, ((ps[at] as number) * m) / k);
    adjusted[at] = lowest;
    // A hair of slack: k/m·rate and p·m/k round differently where they are equal.
    isDiscovery[at] = lowest <= rate * (1 + 1e-12) ? 1 : 0;
  }
  return { isDiscovery, adjusted };
}

/**
 * Empirical p-value with the observation among the permutations: (1 + #null ≥ x)/(1 + #null), which can never be 0
 * (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010). `ascending`: the null values, sorted.
 */
export function empiricalP(value: number, ascending: ArrayLike<number>, count = ascending.length): number {
  if (Number.isNaN(value)) return Number.NaN;
  return (1 + count - lowerBound(ascending, value, count)) / (1 + count);
}

/** Index of the first entry of an ascending array that is ≥ value. */
export function lowerBound(ascending: ArrayLike<number>, value: number, count = ascending.length): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One-sample Kolmogorov–Smirnov test against the uniform distribution on 0…1: the largest distance and its asymptotic p-value with
 * Stephens' correction (J. R. Stat. Soc. B 32, 1970).
 */
export function kolmogorovSmirnovUniform(values: ArrayLike<number>): { distance: number; p: number } {
  const sorted = sortedFinite(values);
  const n = sorted.length;
  if (n === 0) return { distance: Number.NaN, p: Number.NaN };
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const value = sorted[i] as number;
    distance = Math.max(distance, (i + 1) / n - value, value - i / n);
  }
  const root = Math.sqrt(n);
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) return { distance, p: 1 };
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * lambda * lambda);
  return { distance, p: Math.min(1, Math.max(0, p)) };
}

/** Upper 95 % bound of a rate of which nothing was seen in n trials (Hanley & Lippman-Hand, JAMA 249, 1983). */
export function ruleOfThree(trials: number): number {
  return trials > 0 ? Math.min(1, 3 / trials) : 1;
}
