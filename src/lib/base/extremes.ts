/**
 * The least of any number of values, and no more than `most`; NaN where one is NaN, as `Math.min`. That takes its values as arguments, of which a call
 * holds some ten thousands: a public server's visitors of one day can be more.
 */
export function least(values: Iterable<number>, most = Infinity): number {
  let result = most;
  for (const value of values) result = Math.min(result, value);
  return result;
}

/** The greatest of any number of values, and no less than `fewest`; NaN where one is NaN. */
export function greatest(values: Iterable<number>, fewest = -Infinity): number {
  let result = fewest;
  for (const value of values) result = Math.max(result, value);
  return result;
}

/** Appends all items, however many: `push(...items)` hands each over as an argument. */
export function append<T>(to: T[], items: Iterable<T>): void {
  for (const item of items) to.push(item);
}
