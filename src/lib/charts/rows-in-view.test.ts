import { describe, expect, it } from 'vitest';
import { rowsInView } from './rows-in-view';

describe('rows of a picture in a box of its own', () => {
  it('are drawn all where the box shows all', () => {
    expect(rowsInView(9, 26, 0, 520)).toEqual({ from: 0, to: 9 });
  });

  it('are drawn where the box is scrolled to, however many there are', () => {
    const { from, to } = rowsInView(5_000, 26, 26 * 1_000, 520);
    expect(from).toBeLessThan(1_000);
    expect(to).toBeGreaterThanOrEqual(1_020);
    expect(to - from).toBeLessThan(40);
  });

  it('are there at the end, and when fewer are left than the box was scrolled by', () => {
    expect(rowsInView(100, 26, 26 * 80, 520).to).toBe(100);
    expect(rowsInView(3, 26, 26 * 80, 520)).toEqual({ from: 0, to: 3 });
  });
});
