import { describe, expect, it } from 'vitest';
import { SCHEMAS } from '../../tables/schemas';
import type { RowView } from '../../workers/engine';
import { columnWords, placeName, showCell, usefulColumns } from './columns';

const row = (cells: readonly string[]): RowView => ({
  table: 'flows',
  row: 0,
  source: 's',
  sourceId: 0,
  line: 1,
  offset: 0,
  cells,
});

describe('columns of the receipts', () => {
  it('have a heading for every column of every table', () => {
    const receipt = ['timeBasis', 'offset', 'lineAdjust'];
    for (const schema of Object.values(SCHEMAS)) {
      for (const name of Object.keys(schema)) {
        if (!receipt.includes(name)) expect(columnWords(name).name, name).not.toBe(name);
      }
    }
  });

  it('leave out what no row says', () => {
    const sample = [row(['1', '', 'unknown', 'x']), row(['', '', 'unknown', ''])];
    expect(usefulColumns(['a', 'b', 'c', 'd'], sample).map(({ index }) => index)).toEqual([0, 3]);
  });

  it('call the place of a Parquet file’s row what it is', () => {
    const line = row([]);
    const numbered = { ...line, offset: null };
    expect([[line], [numbered, numbered], [line, numbered], []].map((sample) => placeName(sample))).toEqual([
      'Line',
      'Row',
      'Line or row',
      'Line',
    ]);
  });

  it('show times in the zone and leave other texts alone', () => {
    const noon = String(Date.UTC(2015, 2, 2, 12) * 1000);
    expect(showCell('timeUs', noon, 'Asia/Tokyo')).toBe('2015-03-02 21:00:00');
    expect(showCell('bytesReturned', '12000', 'UTC')).toBe('12.0 kB');
    expect(showCell('object', noon, 'UTC')).toBe(noon);
    expect(showCell('timeUs', '', 'UTC')).toBe('');
  });
});
