/** Normal quantile of 97.5 %. */
const Z = 1.959964;

/**
 * 95 % bounds of a rate seen `part` times in `of` trials: Wilson's score interval (JASA 22, 1927), which keeps its promise near 0 and 1
 * too. It takes the trials for independent; days and bots of one incident are not, so where they are counted it is too narrow.
 */
export function rateBounds(part: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const rate = part / of;
  const center = rate + (Z * Z) / (2 * of);
  const half = Z * Math.sqrt((rate * (1 - rate)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  return [Math.max(0, (center - half) / scale), Math.min(1, (center + half) / scale)];
}
