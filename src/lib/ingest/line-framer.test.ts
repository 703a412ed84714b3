import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitsBlockParser, DigitsParser, type Seen } from '../../../tests/fixtures/ingest/formats';
import { bytesOf, cut, places } from '../../../tests/fixtures/ingest/split';
import { headOf } from '../../../tests/support/parse';
import type { Format } from '../formats/format';
import { postgresql } from '../formats/postgresql';
import { redshift } from '../formats/redshift';
import type { SegmentData } from '../tables/segment';
import { LineFramer } from './line-framer';
import { RangeSink } from './sink';

interface Outcome {
  readonly seen: readonly Seen[];
  readonly records: number;
  readonly lines: number;
  readonly rows: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly samples: unknown;
  readonly isCut: boolean;
}

function frame(
  chunks: readonly Uint8Array[],
  options: { block?: boolean; max?: number; range?: { startByte: number; endByte: number } } = {},
): Outcome {
  const sink = new RangeSink(() => undefined);
  const parser = options.block ? new DigitsBlockParser(sink) : new DigitsParser(sink);
  const framer = new LineFramer(
    parser,
    sink,
    options.range ?? { startByte: 0, endByte: Infinity },
    options.max,
  );
  for (const chunk of chunks) if (!framer.push(chunk)) break;
  const { isCut } = framer.finish();
  return {
    seen: parser.seen,
    records: framer.records,
    lines: framer.lines,
    rows: sink.totalRows,
    rejected: sink.rejected,
    skipped: sink.skippedTotal,
    samples: sink.samples,
    isCut,
  };
}

function texts(outcome: Outcome): string[] {
  return outcome.seen.map(({ text }) => text);
}

const line = fc.oneof(
  fc.nat().map(String),
  fc.constant(''),
  fc.constant('   '),
  fc.constant('# comment'),
  fc.string({ maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' ')),
  fc.string({ maxLength: 40, unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
  fc.constant('\0\0\0' + '42'),
  fc.constant('x'.repeat(70)),
);
const file = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 30 }), line)
  .map(
    ([mark, lines, last]) => (mark ? '\uFEFF' : '') + lines.map(([text, end]) => text + end).join('') + last,
  );

/** What was asked, by the rows of a log whose lines are cut at 120 bytes. */
function objectsOf(format: Format, log: string, chunkBytes: number): string[] {
  const segments: SegmentData[] = [];
  const sink = new RangeSink((segment) => segments.push(segment));
  const bytes = bytesOf(log);
  const parser = format.parser({ sink, head: headOf(bytes), options: {} });
  const framer = new LineFramer(parser, sink, { startByte: 0, endByte: Infinity }, 120);
  for (let at = 0; at < bytes.length; at += chunkBytes) framer.push(bytes.subarray(at, at + chunkBytes));
  framer.finish();
  parser.finish?.();
  sink.queries.flush();
  return segments.flatMap(({ columns, length }) => {
    const stored = columns['object'] ?? 0;
    const ids = typeof stored === 'number' ? new Array<number>(length).fill(stored) : [...stored];
    return ids.slice(0, length).map((id) => sink.dictionaries.strings.text(id));
  });
}

describe('records that go on over several lines', () => {
  it.each<[string, Format, (second: number, text: string) => string]>([
    [
      'PostgreSQL',
      postgresql,
      (second, text) => `2015-03-02 10:00:0${second}.000 UTC [7] app@db LOG:  statement: ${text}\n`,
    ],
    [
      'Redshift',
      redshift,
      (second, text) =>
        `'2015-03-02T10:00:0${second}Z UTC [ db=db user=app pid=7 xid=${second} ]' LOG: ${text}\n`,
    ],
  ])('do not take what continues one that is too long: %s', (_name, format, statement) => {
    const log =
      statement(1, 'select 1,') +
      '\t2\n' +
      statement(2, `insert ${'x'.repeat(150)}`) +
      '\t4\n' +
      statement(3, 'select 5,') +
      `\t${'6'.repeat(150)}\n\t7\n` +
      statement(4, 'select 8');
    for (const chunkBytes of [log.length, 50])
      expect(objectsOf(format, log, chunkBytes)).toEqual(['select 1, 2', 'select 5, 7', 'select 8']);
  });
});

describe('LineFramer', () => {
  it('gives each line with its offset and number, without its end', () => {
    const { seen, records, lines } = frame([bytesOf('1\r\n22\n\n333\n')]);
    expect(seen).toEqual([
      { offset: 0, line: 1, text: '1' },
      { offset: 3, line: 2, text: '22' },
      { offset: 7, line: 4, text: '333' },
    ]);
    expect([records, lines]).toEqual([4, 4]);
  });

  it('drops the byte-order mark, and the offset then points behind it', () => {
    expect(frame([bytesOf('\uFEFF12\n3\n')]).seen).toEqual([
      { offset: 3, line: 1, text: '12' },
      { offset: 6, line: 2, text: '3' },
    ]);
  });

  it('reads a last line without an end, and calls the file cut only when that line is unreadable', () => {
    const whole = frame([bytesOf('1\n22')]);
    expect(texts(whole)).toEqual(['1', '22']);
    expect(whole.isCut).toBe(false);
    expect(frame([bytesOf('1\n22 and the rest is mis')]).isCut).toBe(true);
    expect(frame([bytesOf('1\n22\n')]).isCut).toBe(false);
  });

  it('passes over runs of NUL bytes and reads the line behind them', () => {
    for (const block of [false, true]) {
      const { seen, rejected } = frame([bytesOf('1\n\x00\x00\x00\x007\n\x00\x00\n8\n')], { block });
      expect(seen.map(({ text, offset }) => [text, offset])).toEqual([
        ['1', 0],
        ['7', 6],
        ['8', 11],
      ]);
      expect(rejected).toBe(0);
    }
  });

  it('rejects a line over the bound without holding it, and goes on behind it', () => {
    for (const block of [false, true]) {
      const long = 'z'.repeat(5000);
      const outcome = frame(cut(bytesOf(`1\n${long}\n2\n`), [900, 1800, 2700, 4000]), { block, max: 1000 });
      expect(texts(outcome)).toEqual(['1', '2']);
      expect(outcome.seen[1]).toMatchObject({ line: 3, offset: 5003 });
      expect(outcome.samples).toEqual([
        { line: 2, reason: 'the line is longer than 1.00 kB', text: 'z'.repeat(300) },
      ]);
      expect(outcome.records).toBe(3);
    }
  });

  it('gives blocks to a parser that takes them', () => {
    const sink = new RangeSink(() => undefined);
    const parser = new DigitsBlockParser(sink);
    const framer = new LineFramer(parser, sink, { startByte: 0, endByte: Infinity });
    framer.push(bytesOf('1\n2\n3\n4\n5'));
    framer.push(bytesOf('5\n6\n7\n'));
    framer.finish();
    expect(parser.blocks).toBe(2);
    expect(parser.seen.map(({ text }) => text)).toEqual(['1', '2', '3', '4', '55', '6', '7']);
  });

  it('counts a record whose parser fails as rejected, and goes on', () => {
    const sink = new RangeSink(() => undefined);
    const framer = new LineFramer(
      {
        record: (bytes, start) => {
          if (bytes[start] === 0x62) throw new Error('broken');
          sink.skip('fine');
        },
      },
      sink,
      { startByte: 0, endByte: Infinity },
    );
    framer.push(bytesOf('a\nb\nc\n'));
    framer.finish();
    expect(framer.records).toBe(3);
    expect(sink.skipped).toEqual({ fine: 2 });
    expect(sink.rejectedByReason).toEqual({ 'it could not be read (broken)': 1 });
  });

  it('gives the same whatever the chunks, with and without blocks, and counts every line once', () => {
    fc.assert(
      fc.property(file, places, fc.boolean(), (text, cuts, block) => {
        const bytes = bytesOf(text);
        const whole = frame([bytes], { max: 60 });
        const parts = frame(cut(bytes, cuts), { block, max: 60 });
        expect(parts).toEqual(whole);
        expect(parts.records).toBe(parts.rows + parts.rejected + parts.skipped);
        const newlines = text.split('\n').length - 1;
        expect(parts.lines).toBe(newlines + (/\n$|^$/.test(text) || bytes.length === 0 ? 0 : 1));
      }),
    );
  });

  it('gives the same lines when the file is shared out in ranges', () => {
    fc.assert(
      fc.property(file, places, places, (text, borders, cuts) => {
        const bytes = bytesOf(text);
        const whole = frame([bytes], { max: 60 });
        const ends = [...new Set(borders.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
        const seen: Seen[] = [];
        let [from, records, lines] = [0, 0, 0];
        for (const to of [...ends, bytes.length]) {
          if (to === from) continue;
          const range = { startByte: from, endByte: to };
          const read = bytes.slice(Math.max(0, from - 1));
          const part = frame(cut(read, cuts), { max: 60, range });
          seen.push(...part.seen.map((item) => ({ ...item, line: item.line + lines })));
          records += part.records;
          lines += part.lines;
          from = to;
        }
        expect(seen).toEqual(whole.seen);
        expect([records, lines]).toEqual([whole.records, whole.lines]);
      }),
    );
  });
});
