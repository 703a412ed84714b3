import { describe, expect, it } from 'vitest';
import { describeSelection, isEmptySelection, overlaps, toggleSelection, withinBrush } from './selection';

describe('the linked selection', () => {
  it('is cleared by picking the same mark again, and replaced by another', () => {
    const picked = { asset: 'log-1', rung: 6 } as const;
    expect(isEmptySelection(toggleSelection(picked, { rung: 6, asset: 'log-1' }))).toBe(true);
    expect(toggleSelection(picked, { actor: '203.0.113.9' })).toEqual({ actor: '203.0.113.9' });
  });

  it('reads as words', () => {
    expect(describeSelection({ asset: 'log-1', service: '9200/tcp', rung: 6 })).toBe(
      'asset log-1 · service 9200/tcp · rung 6',
    );
  });
});

describe('the brush', () => {
  const brush = { fromUs: 100, toUs: 200 };

  it('narrows a query without widening it', () => {
    expect(withinBrush({ table: 'flows', fromUs: 150, toUs: 500 }, brush)).toEqual({
      table: 'flows',
      fromUs: 150,
      toUs: 200,
    });
    expect(withinBrush({ table: 'flows' }, null)).toEqual({ table: 'flows' });
  });

  it('leaves rows alone that were named one by one', () => {
    expect(withinBrush({ table: 'flows', rows: [1, 2] }, brush)).toEqual({ table: 'flows', rows: [1, 2] });
  });

  it('treats an unknown end as open', () => {
    expect(overlaps(Number.NaN, 120, brush)).toBe(true);
    expect(overlaps(10, Number.NaN, brush)).toBe(true);
    expect(overlaps(10, 99, brush)).toBe(false);
    expect(overlaps(200, 300, brush)).toBe(false);
  });
});
