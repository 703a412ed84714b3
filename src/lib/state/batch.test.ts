import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Batch } from './batch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('gives the first at once, what follows together and in order, and nothing twice', () => {
  const taken: (readonly number[])[] = [];
  const batch = new Batch<number>((items) => taken.push(items), 100);
  for (const item of [1, 2, 3]) batch.add(item);
  expect(taken).toEqual([[1]]);
  vi.advanceTimersByTime(100);
  expect(taken).toEqual([[1], [2, 3]]);
  batch.add(4);
  batch.flush();
  batch.flush();
  vi.advanceTimersByTime(1000);
  expect(taken).toEqual([[1], [2, 3], [4]]);
  batch.add(5);
  expect(taken.at(-1)).toEqual([5]);
});
