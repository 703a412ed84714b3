export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the sample lies; NaN of an empty sample. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/**
 * Kolmogorov–Smirnov test that values come from the uniform distribution on [0, 1]: largest distance to it, and the p-value by
 * Stephens' approximation of the limit (Press et al., Numerical Recipes, 3rd ed., 14.3.3).
 */
export function testUniform(values: readonly number[]): { distance: number; p: number } {
  const n = values.length;
  if (n === 0) return { distance: Number.NaN, p: Number.NaN };
  const sorted = [...values].sort((a, b) => a - b);
  let distance = 0;
  for (const [index, value] of sorted.entries())
    distance = Math.max(distance, (index + 1) / n - value, value - index / n);
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  let p = 0;
  for (let k = 1; k <= 100; k++) p += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return { distance, p: Math.min(1, Math.max(0, lambda < 0.2 ? 1 : p)) };
}
