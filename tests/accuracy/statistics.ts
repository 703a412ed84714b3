import { seededRandom } from '../../src/lib/base/random';
import { kolmogorovSmirnovUniform } from '../../src/lib/base/statistics';

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

/** p-values of one case, and how many controls all of them were held against. */
export interface JudgedTogether {
  readonly ps: readonly number[];
  readonly controls: number;
}

const RUNS = 999;

/**
 * Whether smoothed p-values against shared control groups are uniform: the Kolmogorov–Smirnov distance of all of them, and how often
 * exchangeable suspects and controls in groups of the same sizes lie as far off. Those of one group depend on one another, since one
 * group that happens to be small moves all of them (Bates, Candès, Lei, Romano & Sesia, Annals of Statistics 51, 2023), so the p-value for independent ones
 * promises too much: of 20 suspects and 20 controls a group it calls every fourth true null false at 5 %.
 */
export function uniformAmongControls(
  groups: readonly JudgedTogether[],
  runs = RUNS,
): { readonly distance: number; readonly p: number } {
  const all = groups.flatMap(({ ps }) => ps);
  if (all.length === 0) return { distance: 0, p: 1 };
  const { distance } = kolmogorovSmirnovUniform(all);
  const random = seededRandom(1);
  let asFar = 0;
  for (let run = 0; run < runs; run++) {
    const drawn = groups.flatMap(({ ps, controls }) => exchangeablePs(ps.length, controls, random));
    if (kolmogorovSmirnovUniform(drawn).distance >= distance) asFar += 1;
  }
  return { distance, p: (1 + asFar) / (1 + runs) };
}

/** Smoothed p-values of suspects whose places among themselves and the controls are drawn at random. */
export function exchangeablePs(suspects: number, controls: number, random: () => number): number[] {
  const places = new Set<number>();
  while (places.size < suspects) places.add(Math.floor(random() * (suspects + controls)));
  return [...places]
    .sort((a, b) => a - b)
    .map((place, before) => (controls - (place - before) + random()) / (1 + controls));
}
