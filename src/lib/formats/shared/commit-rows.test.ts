import { describe, expect, it } from 'vitest';
import { TableBuilder } from '../../tables/builders';
import { SCHEMAS, TABLE_NAMES } from '../../tables/schemas';
import type { SegmentData } from '../../tables/segment';
import { commitRow } from './commit-rows';

describe('committing a row by the names of its columns', () => {
  it.each(TABLE_NAMES)('writes every column of %s and forgets the row, as the builder does', (table) => {
    const written = [true, false].map((isFast) => {
      const segments: SegmentData[] = [];
      const builder = new TableBuilder(table, (segment) => segments.push(segment));
      const row = builder.row as unknown as Record<string, number>;
      for (let r = 0; r < 3; r++) {
        Object.keys(SCHEMAS[table]).forEach((name, k) => {
          // The second row keeps what is unknown, as the first row's commit must have left it.
          if (r !== 1) row[name] = 10 + k + 40 * r;
        });
        if (isFast) commitRow(builder, 100 * r, r + 1);
        else builder.commit(100 * r, r + 1);
      }
      builder.flush();
      return segments;
    });
    expect(written[0]).toEqual(written[1]);
    expect(written[0]?.[0]?.length).toBe(3);
  });
});
