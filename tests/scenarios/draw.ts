import { seededRandom, type Random } from '../../src/lib/base/random';

/** A value and how often it was counted. */
export type Weighted<T> = readonly (readonly [T, number])[];

/** Quantiles of a measured distribution: [share of the sample at or below, value], shares rising from 0 to 1. */
export type Quantiles = readonly (readonly [number, number])[];

/**
 * A seeded source of draws. Every part of a scenario takes its own by `fork(label)`, so that adding a part, or drawing once
 * more inside one, leaves all others as they were.
 */
export class Draw {
  readonly #random: Random;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#random = seededRandom(this.#seed);
  }

  /** An independent source, the same for the same label. FNV-1a over the label, started from the seed. */
  fork(label: string): Draw {
    let hash = (0x811c9dc5 ^ this.#seed) >>> 0;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
    return new Draw(hash);
  }

  uniform(low = 0, high = 1): number {
    return low + this.#random() * (high - low);
  }

  /** A whole number in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  weighted<T>(table: Weighted<T>): T {
    let left = this.#random() * table.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of table) {
      left -= weight;
      if (left < 0) return value;
    }
    return (table[table.length - 1] as readonly [T, number])[0];
  }

  /** A value of a measured distribution, straight lines between its quantiles. */
  quantile(table: Quantiles): number {
    const share = this.#random();
    for (let i = 1; i < table.length; i++) {
      const [high, to] = table[i] as readonly [number, number];
      if (share > high) continue;
      const [low, from] = table[i - 1] as readonly [number, number];
      return from + ((to - from) * (share - low)) / (high - low);
    }
    return (table[table.length - 1] as readonly [number, number])[1];
  }

  /** Time between events that come at random. */
  exponential(mean: number): number {
    return -Math.log(1 - this.#random()) * mean;
  }

  /** Box–Muller. */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.#random());
  }

  /** How many events of a rate fall into one stretch (inversion by multiplication; rates up to some hundreds). */
  poisson(mean: number): number {
    if (mean > 200) return Math.max(0, Math.round(this.normal(mean, Math.sqrt(mean))));
    const limit = Math.exp(-mean);
    let product = this.#random();
    let count = 0;
    while (product > limit) {
      product *= this.#random();
      count += 1;
    }
    return count;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }

  /** Lower-case hexadecimal digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += Math.floor(this.#random() * 16).toString(16);
    return text;
  }

  /** Base64 digits, for key fingerprints and ids. */
  base64(length: number): string {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    let text = '';
    while (text.length < length) text += digits[Math.floor(this.#random() * 64)];
    return text;
  }
}
