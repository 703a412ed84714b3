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

/** Where p-values that are not uniform crowd: near 0 they promise findings that are none, near 1 they only hide some. */
export type Crowding = 'small' | 'large';

export interface Uniform {
  readonly distance: number;
  readonly p: number;
  /** The side of the distance. */
  readonly crowding: Crowding;
}

/**
 * Whether smoothed p-values against shared control groups are uniform: the Kolmogorov–Smirnov distance of all of them, and how often
 * exchangeable suspects and controls in groups of the same sizes lie as far off. Those of one group depend on one another, since one
 * group that happens to be small moves all of them (Bates, Candès, Lei, Romano & Sesia, Annals of Statistics 51, 2023), so the p-value for independent ones
 * promises too much: of 20 suspects and 20 controls a group it calls every fourth true null false at 5 %.
 */
export function uniformAmongControls(groups: readonly JudgedTogether[], runs = RUNS): Uniform {
  const all = groups.flatMap(({ ps }) => ps);
  if (all.length === 0) return { distance: 0, p: 1, crowding: 'large' };
  const { distance } = kolmogorovSmirnovUniform(all);
  const random = seededRandom(1);
  let asFar = 0;
  for (let run = 0; run < runs; run++) {
    const drawn = groups.flatMap(({ ps, controls }) => exchangeablePs(ps.length, controls, random));
    if (kolmogorovSmirnovUniform(drawn).distance >= distance) asFar += 1;
  }
  return { distance, p: (1 + asFar) / (1 + runs), crowding: crowdingOf(all) };
}

/** Which of the two one-sided Kolmogorov–Smirnov distances is the larger. */
export function crowdingOf(ps: readonly number[]): Crowding {
  const sorted = [...ps].sort((a, b) => a - b);
  let [above, below] = [0, 0];
  sorted.forEach((p, k) => {
    above = Math.max(above, (k + 1) / sorted.length - p);
    below = Math.max(below, p - k / sorted.length);
  });
  return above > below ? 'small' : 'large';
}

/**
 * p-values of one family, each so large that a limit on it holds for all of them together, however they depend on one another (Holm,
 * Scandinavian Journal of Statistics 6, 1979).
 */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let least = 0;
  [...ps.keys()]
    .sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1))
    .forEach((at, rank) => {
      least = Math.max(least, Math.min(1, (ps.length - rank) * (ps[at] ?? 1)));
      adjusted[at] = least;
    });
  return adjusted;
}

/** Smoothed p-values of suspects whose places among themselves and the controls are drawn at random. */
export function exchangeablePs(suspects: number, controls: number, random: () => number): number[] {
  const places = new Set<number>();
  while (places.size < suspects) places.add(Math.floor(random() * (suspects + controls)));
  return [...places]
    .sort((a, b) => a - b)
    .map((place, before) => (controls - (place - before) + random()) / (1 + controls));
}
