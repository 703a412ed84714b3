import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import { ColumnCache, fromRestingSegment, RestingColumn, withColumns } from './resting-columns';

describe('ColumnCache', () => {
  function columns(cache: ColumnCache, count: number): { column: RestingColumn; reads: () => number }[] {
    return Array.from({ length: count }, (_, i) => {
      let reads = 0;
      const column = new RestingColumn(cache, 100, () => {
        reads += 1;
        return [Uint8Array.of(i)];
      });
      return { column, reads: () => reads };
    });
  }

  it('reads a column once while there is room', () => {
    const cache = new ColumnCache(1000);
    const all = columns(cache, 10);
    for (let turn = 0; turn < 3; turn++) all.forEach(({ column }, i) => expect(column.view(0)[0]).toBe(i));
    expect(all.map(({ reads }) => reads())).toEqual(all.map(() => 1));
    expect([cache.knownBytes, cache.heldBytes, cache.isSmall]).toEqual([1000, 1000, false]);
  });

  it('never holds more than it may, and gives what it let go again', () => {
    const cache = new ColumnCache(350);
    const all = columns(cache, 10);
    for (let turn = 0; turn < 3; turn++) {
      all.forEach(({ column }, i) => {
        expect(column.view(0)[0]).toBe(i);
        expect(cache.heldBytes).toBeLessThanOrEqual(350);
      });
    }
    expect(cache.isSmall).toBe(true);
  });

  it('keeps a column that is asked for again and again', () => {
    const cache = new ColumnCache(300);
    const [often, ...others] = columns(cache, 30);
    for (const { column } of others) {
      often?.column.view(0);
      column.view(0);
    }
    expect(often?.reads()).toBeLessThan(8);
  });

  it('holds a column that is larger than it may hold until the next one comes', () => {
    const cache = new ColumnCache(10);
    const [one, two] = columns(cache, 2);
    for (const entry of [one, one, two, two]) entry?.column.view(0);
    expect([one?.reads(), two?.reads(), cache.heldBytes]).toEqual([1, 1, 100]);
  });
});

it('a segment with other times goes on reading its other columns as they are asked for', () => {
  const cache = new ColumnCache(1000);
  let reads = 0;
  const column = new RestingColumn(cache, 4, () => {
    reads += 1;
    return [Uint16Array.of(22, 9200)];
  });
  const segment = fromRestingSegment(
    {
      table: 'flows',
      length: 2,
      baseOffset: 0,
      baseLine: 1,
      columns: { dstPort: { column, at: 0 }, protocol: 6 },
    },
    0 as SourceId,
  );
  const moved = withColumns(segment, { startUs: Float64Array.of(1, 2) });
  expect(reads).toBe(0);
  if (moved.table !== 'flows') throw new Error('the table has changed');
  const { startUs, dstPort, protocol, srcAddr } = moved.columns as unknown as Record<
    string,
    ArrayLike<number>
  >;
  expect([startUs, dstPort, protocol, srcAddr].map((values) => [values![0], values![1]])).toEqual([
    [1, 2],
    [22, 9200],
    [6, 6],
    [0, 0],
  ]);
  expect(reads).toBe(1);
});
