import { randomInt, type Random } from '../../src/lib/base/random';

// What generated logs are made of.

export const START = 1_771_545_600;

export interface Row {
  readonly line: string;
  readonly size: number;
  readonly isMatch: boolean;
  /** Of a line that gives no row of the kind that is counted. */
  readonly isOther?: boolean;
}

export type MakeRow = (random: Random, index: number) => Row;

export function outside(random: Random): string {
  return `198.18.${randomInt(random, 0, 255)}.${randomInt(random, 1, 254)}`;
}

export function pick<T>(random: Random, all: readonly T[]): T {
  return all[randomInt(random, 0, all.length - 1)] as T;
}

export function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += randomInt(random, 0, 0xffffff).toString(16).padStart(6, '0');
  return text.slice(0, digits);
}

export function uuid(random: Random): string {
  const digits = hex(random, 32);
  return [0, 8, 12, 16, 20].map((from, i, all) => digits.slice(from, all[i + 1])).join('-');
}

export const pad = (value: number): string => String(value).padStart(2, '0');

export function iso(second: number): string {
  return new Date(second * 1000).toISOString();
}

/** `2026-02-20T00:00:00.123Z`, with as many digits behind the dot. */
export function isoFraction(second: number, fraction: number, digits: number): string {
  return `${iso(second).slice(0, 20)}${String(fraction).padStart(digits, '0')}Z`;
}
