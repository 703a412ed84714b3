const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

function isAscending(values: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (!((values[i] as number) >= (values[i - 1] as number))) return false;
  return true;
}

/**
 * Order that sorts the first `count` values ascending: stable, NaN last. Least-significant-digit radix sort over whole units, so
 * that microseconds of millions of rows sort in linear time; fractions of a unit do not count.
 */
export function argsort(values: Float64Array, count = values.length): Uint32Array {
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (isAscending(values, count)) return order;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = Math.floor(high - low) + 1;
  if (!(range > 0 && range < Number.MAX_SAFE_INTEGER))
    return order.sort((a, b) => compareNanLast(values[a] as number, values[b] as number));
  const words = new Uint32Array(count);
  let spare = new Uint32Array(count);
  for (let half = 0; half < 2; half++) {
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      const distance = Number.isNaN(value) ? range : Math.floor(value - low);
      words[i] = half === 0 ? distance % 4294967296 : Math.floor(distance / 4294967296);
    }
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (Math.floor(range / 2 ** (half * 32 + shift)) === 0) return order;
      countingPass(words, shift, order, spare);
      [order, spare] = [spare, order];
    }
  }
  return order;
}

function compareNanLast(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b;
}

function countingPass(words: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): void {
  const starts = new Uint32Array(DIGITS + 1);
  for (let i = 0; i < from.length; i++) {
    const digit = ((words[i] as number) >>> shift) & (DIGITS - 1);
    starts[digit + 1] = (starts[digit + 1] as number) + 1;
  }
  for (let d = 0; d < DIGITS; d++) starts[d + 1] = (starts[d + 1] as number) + (starts[d] as number);
  for (let i = 0; i < from.length; i++) {
    const at = from[i] as number;
    const digit = ((words[at] as number) >>> shift) & (DIGITS - 1);
    const place = starts[digit] as number;
    to[place] = at;
    starts[digit] = place + 1;
  }
}

/** Entries grouped by a small id: `order` holds the entries of group g from `starts[g]` to `starts[g + 1]`, in their given order. */
export interface Groups {
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
}

/** Counting sort of 0…count − 1 by `groupOf`; entries whose group is outside 0…groups − 1 are left out. */
export function groupBy(groupOf: ArrayLike<number>, groups: number, count = groupOf.length): Groups {
  const starts = new Uint32Array(groups + 1);
  for (let i = 0; i < count; i++) {
    const group = groupOf[i] as number;
    if (group < groups) starts[group + 1] = (starts[group + 1] as number) + 1;
  }
  for (let g = 0; g < groups; g++) starts[g + 1] = (starts[g + 1] as number) + (starts[g] as number);
  const cursor = starts.slice();
  const order = new Uint32Array(starts[groups] as number);
  for (let i = 0; i < count; i++) {
    const group = groupOf[i] as number;
    if (group >= groups) continue;
    const place = cursor[group] as number;
    order[place] = i;
    cursor[group] = place + 1;
  }
  return { starts, order };
}
