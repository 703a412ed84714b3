import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES, RecordReader } from './raw-records';

/** Lines of which each says its number, and the offset at which each starts. */
function numbered(count: number, width = 40): { text: string; offsets: number[] } {
  const offsets: number[] = [];
  let text = '';
  for (let i = 0; i < count; i++) {
    offsets.push(text.length);
    text += `${String(i).padStart(8, '0')} ${'x'.repeat(i % width)}\n`;
  }
  return { text, offsets };
}

const line = (i: number, width = 40): string => `${String(i).padStart(8, '0')} ${'x'.repeat(i % width)}`;

describe('a raw record', () => {
  it('is the whole line at its offset, without its end', async () => {
    const reader = new RecordReader(new Blob(['one\r\ntwo\nthree']), 'none', 'lines');
    expect(await reader.record(0)).toBe('one');
    expect(await reader.record(5)).toBe('two');
    expect(await reader.record(9)).toBe('three');
  });

  it('comes out of a compressed file in any order, far apart and side by side', async () => {
    const { text, offsets } = numbered(400_000, 30);
    const reader = new RecordReader(new Blob([gzipSync(text)]), 'gzip', 'lines');
    for (const i of [0, 399_999, 399_998, 200_000, 200_001, 1, 399_000, 7])
      expect(await reader.record(offsets[i]!), `line ${i}`).toBe(line(i, 30));
  });

  it('is read by its offset in UTF-8 where the file is UTF-16', async () => {
    const text = 'first é line\nsecond line\n';
    const reader = new RecordReader(new Blob([Buffer.from(text, 'utf16le')]), 'utf-16le', 'lines');
    expect(await reader.record(Buffer.byteLength('first é line\n'))).toBe('second line');
  });

  it('is one whole JSON object where objects are the records, braces in its texts or not', async () => {
    const first = '{"a": "}{", "b": {"c": "\\"}"}}';
    const second = '{\n  "d": [1, {"e": 2}]\n}';
    const text = `{"Records": [${first}, ${second}]}`;
    const reader = new RecordReader(new Blob([text]), 'none', 'json');
    expect(await reader.record(text.indexOf(first))).toBe(first);
    expect(await reader.record(text.indexOf(second))).toBe(second);
  });

  it('is shown cut, and marked so, when it is longer than anybody reads', async () => {
    for (const [container, pack] of [
      ['none', (text: string) => text],
      ['gzip', (text: string) => gzipSync(text)],
    ] as const) {
      const reader = new RecordReader(new Blob([pack(`${'y'.repeat(300_000)}\nnext\n`)]), container, 'lines');
      const text = await reader.record(0);
      expect(text).toHaveLength(MAX_RECORD_BYTES + 1);
      expect(text.endsWith('y…')).toBe(true);
      expect(await reader.record(300_001)).toBe('next');
    }
  });

  it('behind the end of its file is empty', async () => {
    const short = new RecordReader(new Blob([gzipSync('a\n')]), 'gzip', 'lines');
    expect(await short.record(5_000)).toBe('');
    expect(await short.record(0)).toBe('a');
  });
});
