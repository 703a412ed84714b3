import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  DigitsBlockParser,
  DigitsParser,
  jsonFormat,
  lineFormat,
  TimesParser,
} from '../../../tests/fixtures/ingest/formats';
import type { Format, Head } from '../formats/format';
import { Dictionaries } from '../tables/dictionaries';
import { mergeDictionaries } from '../tables/merge-dictionaries';
import { fromSegmentData, lineOf, offsetOf, type Segment } from '../tables/segment';
import type { Container } from './container';
import { Cancelled } from './pace';
import { parseRangeAs, type RangeResult } from './parse-range';
import { isJsonLines, planRanges, readersOf, type ByteRange } from './plan';
import { recognize } from './recognize';

const digits = lineFormat((sink) => new DigitsParser(sink));
const blocks = lineFormat((sink) => new DigitsBlockParser(sink));
const times = jsonFormat((sink) => new TimesParser(sink));

interface Read {
  readonly results: readonly RangeResult[];
  /** Time, line and offset of each row, lines counted through the file. */
  readonly rows: readonly (readonly number[])[];
  readonly progress: readonly number[];
}

async function read(
  blob: Blob,
  format: Format,
  ranges: readonly ByteRange[],
  container: Container = 'none',
  sliceBytes?: number,
  signal?: AbortSignal,
): Promise<Read> {
  const { head } = await recognize(blob);
  const results: RangeResult[] = [];
  const rows: number[][] = [];
  const progress: number[] = [];
  let lines = 0;
  for (const range of ranges) {
    const segments: Segment[] = [];
    const result = await parseRangeAs(
      format,
      { blob, container, head, options: {}, range },
      {
        onSegment: (data) => segments.push(fromSegmentData(data, 0 as never)),
        onProgress: (bytes) => progress.push(bytes),
      },
      signal,
      { sliceBytes },
    );
    for (const segment of segments) {
      const { timeUs } = (segment as Segment<'logins'>).columns;
      for (let i = 0; i < segment.length; i++)
        rows.push([timeUs[i]!, lineOf(segment, i) + lines, offsetOf(segment, i)]);
    }
    lines += result.lines;
    results.push(result);
  }
  return { results, rows, progress };
}

function whole(blob: Blob): ByteRange[] {
  return [{ index: 0, startByte: 0, endByte: blob.size }];
}

function shared(size: number, count: number): ByteRange[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    startByte: Math.floor((size * index) / count),
    endByte: Math.floor((size * (index + 1)) / count),
  }));
}

const text = Array.from({ length: 3000 }, (_, i) =>
  i % 100 === 7 ? 'bad line' : i % 50 === 3 ? '# c' : `${i * 11}`,
).join('\r\n');

describe('parseRange', () => {
  it('gives rows with their lines and byte offsets in the source', async () => {
    const { rows, results } = await read(new Blob(['#x\n5\nbad\n77\n']), digits, [
      { index: 0, startByte: 0, endByte: 12 },
    ]);
    expect(rows).toEqual([
      [5, 2, 3],
      [77, 4, 9],
    ]);
    expect(results[0]).toMatchObject({
      records: 4,
      lines: 4,
      rejected: 1,
      rejectedByReason: { 'it is no number': 1 },
      rejectedSamples: [{ line: 3, reason: 'it is no number', text: 'bad' }],
      skipped: { comment: 1 },
      isCut: false,
    });
  });

  it('gives the same rows and counts however many ranges and slices it is read in', async () => {
    const blob = new Blob([text]);
    const expected = await read(blob, digits, whole(blob));
    for (const format of [digits, blocks]) {
      for (const [count, slice] of [
        [1, 97],
        [2, 1000],
        [7, 333],
        [40, 5000],
      ] as const) {
        const got = await read(blob, format, shared(blob.size, count), 'none', slice);
        expect(got.rows).toEqual(expected.rows);
        const total = (key: 'records' | 'rejected' | 'lines'): number =>
          got.results.reduce((sum, result) => sum + result[key], 0);
        expect([total('records'), total('rejected'), total('lines')]).toEqual([3000, 30, 3000]);
      }
    }
  });

  it('reads packed sources as their text, with offsets in the text', async () => {
    const plain = await read(new Blob([text]), digits, whole(new Blob([text])));
    const utf16 = Buffer.from(text, 'utf16le');
    for (const [bytes, container] of [
      [gzipSync(text), 'gzip'],
      [utf16, 'utf-16le'],
      [gzipSync(utf16), 'gzip+utf-16le'],
    ] as const) {
      const blob = new Blob([bytes]);
      const got = await read(blob, digits, whole(blob), container, 100);
      expect(got.rows).toEqual(plain.rows);
      expect(got.results[0]!.bytesRead).toBe(blob.size);
    }
  });

  it('keeps the rows of a truncated gzip and says that it is cut', async () => {
    const packed = gzipSync(text);
    const blob = new Blob([packed.subarray(0, packed.length - 200)]);
    const { results, rows } = await read(blob, digits, whole(blob), 'gzip');
    expect(rows.length).toBeGreaterThan(1000);
    expect(results[0]!.isCut).toBe(true);
    expect(results[0]!.notes.join()).toContain('cut off');
  });

  it('reads JSON lines in ranges, and other JSON in one piece', async () => {
    const lines = Array.from({ length: 500 }, (_, t) => JSON.stringify({ t })).join('\n');
    const blob = new Blob([lines]);
    const expected = await read(blob, times, whole(blob));
    expect(expected.rows).toHaveLength(500);
    expect((await read(blob, times, shared(blob.size, 9), 'none', 50)).rows).toEqual(expected.rows);
    const array = new Blob([`[${lines.replaceAll('\n', ',\n')}]`]);
    expect((await read(array, times, whole(array), 'none', 64)).rows).toHaveLength(500);
  });

  it('stops between two slices when it is cancelled', async () => {
    const controller = new AbortController();
    const blob = new Blob([text]);
    const { head } = await recognize(blob);
    let calls = 0;
    const reading = parseRangeAs(
      digits,
      { blob, container: 'none', head, options: {}, range: whole(blob)[0]! },
      {
        onSegment: () => undefined,
        onProgress: () => {
          calls += 1;
          if (calls === 3) controller.abort();
        },
      },
      controller.signal,
      { sliceBytes: 1000 },
    );
    await expect(reading).rejects.toBeInstanceOf(Cancelled);
    expect(calls).toBe(3);
  });

  it('says what happened when the file can no longer be read', async () => {
    class Gone extends Blob {
      override slice(): Blob {
        const part = new Blob(['x']);
        part.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
        return part;
      }
    }
    const blob = new Gone(['1\n2\n']);
    const head: Head = { bytes: new Uint8Array(), text: '', lines: [], isWhole: true };
    const reading = parseRangeAs(
      digits,
      { blob, container: 'none', head, options: {}, range: { index: 0, startByte: 0, endByte: 4 } },
      { onSegment: () => undefined, onProgress: () => undefined },
    );
    await expect(reading).rejects.toThrow('changed, moved or deleted');
  });

  it('has the ids of a range’s own dictionaries', async () => {
    const format = lineFormat((sink) => ({
      record(bytes, start, end, offset, line) {
        sink.logins.row.user = sink.dictionaries.strings.internBytes(bytes, start, end);
        sink.logins.row.actorAddr = sink.dictionaries.addresses.internText('192.0.2.1');
        sink.logins.commit(offset, line);
      },
    }));
    const blob = new Blob(['root\nadmin\nroot\n']);
    const { head } = await recognize(blob);
    const segments: Segment[] = [];
    const dictionaries = new Dictionaries();
    dictionaries.strings.intern('admin');
    dictionaries.addresses.internText('198.51.100.7');
    const datas: Parameters<typeof fromSegmentData>[0][] = [];
    const result = await parseRangeAs(
      format,
      { blob, container: 'none', head, options: {}, range: whole(blob)[0]! },
      { onSegment: (data) => datas.push(data), onProgress: () => undefined },
    );
    const map = mergeDictionaries(dictionaries, result.dictionaries);
    for (const data of datas) segments.push(fromSegmentData(data, 0 as never, map));
    const { columns, length } = segments[0] as Segment<'logins'>;
    const users = Array.from({ length }, (_, i) => dictionaries.strings.text(columns.user[i]!));
    expect(users).toEqual(['root', 'admin', 'root']);
    expect(dictionaries.addresses.text(columns.actorAddr[0]!)).toBe('192.0.2.1');
  });
});

function headOf(lines: readonly string[], isWhole = true): Head {
  return { bytes: new Uint8Array(), text: lines.join('\n'), lines, isWhole };
}

describe('planRanges', () => {
  const large = 100_000_000;

  it('shares plain files of lines out over the workers, without holes', () => {
    const ranges = planRanges(large, digits, 'none', 4);
    expect(ranges.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(ranges[0]!.startByte).toBe(0);
    expect(ranges.at(-1)!.endByte).toBe(large);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i]!.startByte).toBe(ranges[i - 1]!.endByte);
  });

  it('keeps small, packed and indivisible sources in one piece', () => {
    expect(planRanges(1_000_000, digits, 'none', 4)).toHaveLength(1);
    expect(planRanges(large, digits, 'gzip', 4)).toHaveLength(1);
    expect(planRanges(large, { ...digits, splittable: false }, 'none', 4)).toHaveLength(1);
    expect(planRanges(large, { ...digits, framing: 'whole' }, 'none', 4)).toHaveLength(1);
    expect(planRanges(0, digits, 'none', 4)).toEqual([{ index: 0, startByte: 0, endByte: 0 }]);
  });

  it('leaves a processor to the browser, which hands over what is read as fast as that', () => {
    const head = headOf(['1']);
    const readers = (keepsPace: boolean): number[] =>
      [1, 2, 3, 4, 16].map((processors) =>
        readersOf({ ...digits, keepsPace: () => keepsPace }, head, 4, processors),
      );
    expect(readers(true)).toEqual([1, 1, 2, 3, 4]);
    expect(readers(false)).toEqual([4, 4, 4, 4, 4]);
  });

  it('shares JSON out only when the head shows one object a line', () => {
    const lines = headOf(['{"a":1}', '', '{"a":2}', '{"a'], false);
    const pretty = headOf(['{', '"a": 1', '}']);
    expect([
      isJsonLines(lines),
      isJsonLines(pretty),
      isJsonLines(headOf(['{"Records":[]}', '{"Records":[]}'])),
    ]).toEqual([true, false, false]);
    expect(planRanges(large, times, 'none', 4, lines)).toHaveLength(4);
    expect(planRanges(large, times, 'none', 4, pretty)).toHaveLength(1);
    expect(planRanges(large, times, 'none', 4)).toHaveLength(1);
  });
});
