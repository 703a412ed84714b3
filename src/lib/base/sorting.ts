const DIGIT_BITS = 14;
const DIGITS = 1 << DIGIT_BITS;
/** Up to this many ascending runs (files that were each in order) are merged: each round goes through memory in order. */
const MOST_RUNS = 16;

/**
 * Order that sorts the first `count` values ascending: stable, NaN last. A few ascending runs are merged; anything else is sorted by a
 * least-significant-digit radix sort over whole units, so that microseconds of millions of rows sort in linear time; fractions of a unit
 * do not count there.
 */
export function argsort(values: Float64Array, count = values.length): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const starts = [0];
  let low = Infinity;
  let high = -Infinity;
  let hasNan = false;
  let before = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    if (value < before && starts.length <= MOST_RUNS) starts.push(i);
    if (value < low) low = value;
    if (value > high) high = value;
    hasNan ||= Number.isNaN(value);
    before = value;
  }
  if (!hasNan && starts.length <= MOST_RUNS) return mergeRuns(values, order, [...starts, count]);
  const range = Math.floor(high - low) + 1;
  if (!(range > 0 && range < Number.MAX_SAFE_INTEGER))
    return order.sort((a, b) => compareNanLast(values[a] as number, values[b] as number));
  return radixSort(values, order, low, range);
}

function compareNanLast(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b;
}

/** Natural merge sort; run r lies from `starts[r]` to `starts[r + 1]`. */
function mergeRuns(values: Float64Array, order: Uint32Array, starts: number[]): Uint32Array {
  let from = order;
  let to = starts.length > 2 ? new Uint32Array(order.length) : order;
  for (let runs = starts; runs.length > 2;) {
    const next = [0];
    for (let r = 0; r + 1 < runs.length; r += 2) {
      const middle = runs[r + 1] as number;
      const end = runs[r + 2] ?? middle;
      mergeTwo(values, from, to, runs[r] as number, middle, end);
      next.push(end);
    }
    [from, to] = [to, from];
    runs = next;
  }
  return from;
}

function mergeTwo(
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let left = start;
  let right = middle;
  let place = start;
  while (left < middle && right < end) {
    const first = from[left] as number;
    const second = from[right] as number;
    if ((values[second] as number) < (values[first] as number)) {
      to[place++] = second;
      right += 1;
    } else {
      to[place++] = first;
      left += 1;
    }
  }
  while (left < middle) to[place++] = from[left++] as number;
  while (right < end) to[place++] = from[right++] as number;
}

/** Times in microseconds are often whole seconds or milliseconds: the unit of all distances from `low`, which leaves fewer digits to sort by. */
function commonUnit(values: Float64Array, low: number, count: number): number {
  let unit = 1_000_000;
  for (let i = 0; i < count && unit > 1; i++) {
    const distance = (values[i] as number) - low;
    while (unit > 1 && Math.floor(distance / unit) * unit !== distance && !Number.isNaN(distance))
      unit /= 1000;
  }
  return unit;
}

function radixSort(values: Float64Array, identity: Uint32Array, low: number, range: number): Uint32Array {
  const count = identity.length;
  let order = identity;
  let spare: Uint32Array = new Uint32Array(count);
  const digits = new Uint16Array(count);
  const smallest = commonUnit(values, low, count);
  const missing = range - 1 + smallest;
  for (let unit = smallest; unit <= missing; unit *= DIGITS) {
    const starts = readDigits(values, digits, low, unit, missing);
    for (let d = 0; d < DIGITS; d++) starts[d + 1] = (starts[d + 1] as number) + (starts[d] as number);
    distribute(order, spare, digits, starts);
    [order, spare] = [spare, order];
  }
  return order;
}

// Loops of their own: small functions are compiled soon, while the first of millions of rows go by.

/** Writes the digit of each value, and gives how many there are of each, one place further on. */
function readDigits(
  values: Float64Array,
  digits: Uint16Array,
  low: number,
  unit: number,
  missing: number,
): Uint32Array {
  const counts = new Uint32Array(DIGITS + 1);
  const last = Math.floor(missing / unit) & (DIGITS - 1);
  for (let i = 0; i < digits.length; i++) {
    const value = values[i] as number;
    // Chosen as a digit, not as a distance: a fraction that may be either of two is an object each time.
    const digit = Number.isNaN(value) ? last : Math.floor(Math.floor(value - low) / unit) & (DIGITS - 1);
    digits[i] = digit;
    counts[digit + 1] = (counts[digit + 1] as number) + 1;
  }
  return counts;
}

function distribute(from: Uint32Array, to: Uint32Array, digits: Uint16Array, starts: Uint32Array): void {
  for (let i = 0; i < from.length; i++) {
    const at = from[i] as number;
    const digit = digits[at] as number;
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
