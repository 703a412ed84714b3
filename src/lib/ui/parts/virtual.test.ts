import { describe, expect, it } from 'vitest';
import { ROW_PX, windowOf } from './virtual';

describe('the window of a long table', () => {
  it('draws what is in sight and little more', () => {
    const view = windowOf(1000, 100 * ROW_PX, 10 * ROW_PX);
    expect(view.from).toBeLessThanOrEqual(100);
    expect(view.to).toBeGreaterThanOrEqual(110);
    expect(view.to - view.from).toBeLessThan(40);
    expect(view.topOf(100)).toBe(100 * ROW_PX);
  });

  it('draws all of a short one, and nothing of an empty one', () => {
    expect(windowOf(3, 0, 3 * ROW_PX)).toMatchObject({ from: 0, to: 3, heightPx: 3 * ROW_PX });
    expect(windowOf(0, 0, 0)).toMatchObject({ from: 0, to: 0, heightPx: 0 });
  });

  it('does not overshoot when rows went away under the scroll position', () => {
    const view = windowOf(20, 5000, 10 * ROW_PX);
    expect(view.to).toBe(20);
    expect(view.from).toBeLessThanOrEqual(10);
  });

  it('reaches the first and the last of ten million rows', () => {
    const total = 10_000_000;
    const viewPx = 14 * ROW_PX;
    const top = windowOf(total, 0, viewPx);
    expect(top.from).toBe(0);
    expect(top.topOf(0)).toBe(0);
    const end = windowOf(total, top.heightPx - viewPx, viewPx);
    expect(end.to).toBe(total);
    expect(end.topOf(total - 1) + ROW_PX).toBeCloseTo(top.heightPx, 3);
    expect(top.heightPx).toBeLessThan(17_000_000);
  });
});
