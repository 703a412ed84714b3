import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimesParser, type Seen } from '../../../tests/fixtures/ingest/formats';
import { bytesOf, cut, places } from '../../../tests/fixtures/ingest/split';
import { JsonLinesFramer } from './json-lines';
import { JsonSplitter } from './json-splitter';
import { RangeSink } from './sink';

interface Outcome {
  readonly seen: readonly Seen[];
  readonly records: number;
  readonly lines: number;
  readonly rows: number;
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly samples: readonly unknown[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly isCut: boolean;
}

function split(
  chunks: readonly Uint8Array[],
  options: { max?: number; lines?: boolean; range?: { startByte: number; endByte: number } } = {},
): Outcome {
  const sink = new RangeSink(() => undefined);
  const parser = new TimesParser(sink);
  const range = options.range ?? { startByte: 0, endByte: Infinity };
  const splitter = options.lines
    ? new JsonLinesFramer(parser, sink, range, options.max)
    : new JsonSplitter(parser, sink, { maxBytes: options.max });
  for (const chunk of chunks) if (!splitter.push(chunk)) break;
  const { isCut } = splitter.finish();
  return {
    seen: parser.seen,
    records: splitter.records,
    lines: splitter.lines,
    rows: sink.totalRows,
    rejected: sink.rejected,
    reasons: sink.rejectedByReason,
    samples: sink.samples,
    skipped: sink.skipped,
    notes: sink.notes,
    isCut,
  };
}

function splitText(text: string): Outcome {
  return split([bytesOf(text)]);
}

function texts(text: string): string[] {
  return splitText(text).seen.map((seen) => seen.text);
}

describe('JsonSplitter finds the records of', () => {
  it('JSON lines, with blank lines, CRLF, a byte-order mark and no last line end', () => {
    const { seen, isCut, lines } = splitText('\uFEFF{"t":1}\r\n\r\n\n{"t":2}\n{"t":3}');
    expect(seen).toEqual([
      { offset: 3, line: 1, text: '{"t":1}' },
      { offset: 15, line: 4, text: '{"t":2}' },
      { offset: 23, line: 5, text: '{"t":3}' },
    ]);
    expect([isCut, lines]).toEqual([false, 5]);
  });

  it('arrays, nested arrays, and objects one behind the other', () => {
    expect(texts('[{"t":1},{"t":2}]')).toEqual(['{"t":1}', '{"t":2}']);
    expect(texts('[[{"t":1}],[{"t":2},{"t":3}]]')).toHaveLength(3);
    expect(texts('{"t":1}{"t":2} {"t":3}')).toEqual(['{"t":1}', '{"t":2}', '{"t":3}']);
    expect(texts('\x1e{"t":1}\n\x1e{"t":2}\n')).toHaveLength(2);
  });

  it('{"events": […]} where the list comes first, as in an export of a log group, and nowhere else', () => {
    expect(splitText('{\n "events": [{"t":1},{"t":2}],\n "nextToken": "x"}').seen).toHaveLength(2);
    const own = '{"t":1,"events":[{"t":2},{"t":3}]}';
    expect(splitText(own).seen).toHaveLength(1);
  });

  it.each(['Records', 'records', 'value', 'Events', 'logEvents', 'entries'])('{"%s": […]}', (key) => {
    const text = `{"@odata.context": "a", "n": [1], "${key}" : [ {"t":1,"a":[{"b":1}]}, {"t":2} ], "next": {"x":[{}]}}\n`;
    const { seen, rows, records, isCut } = splitText(text);
    expect(seen.map((item) => item.text)).toEqual(['{"t":1,"a":[{"b":1}]}', '{"t":2}']);
    expect([rows, records, isCut]).toEqual([2, 2, false]);
  });

  it('several deliveries in one file', () => {
    expect(texts('{"Records":[{"t":1}]}{"Records":[{"t":2},{"t":3}]}\n{"Records":[{"t":4}]}')).toHaveLength(
      4,
    );
  });

  it('objects over many lines', () => {
    const text = '[\n  {\n    "t": 1,\n    "a": [\n      {"b": "}"}\n    ]\n  },\n  {\n    "t": 2\n  }\n]\n';
    const { seen, lines } = splitText(text);
    expect(seen.map(({ line, text: record }) => [line, JSON.parse(record).t])).toEqual([
      [2, 1],
      [8, 2],
    ]);
    expect(lines).toBe(11);
  });

  it('strings with brackets, quotes and backslashes', () => {
    const records = ['{"t":1,"s":"}{][\\""}', '{"t":2,"s":"\\\\"}', '{"t":3,"s":"\\u007d"}'];
    expect(texts(records.join('\n'))).toEqual(records);
  });

  it('a list whose records have lists under the same names', () => {
    expect(texts('{"records":[{"t":1,"records":[{"x":1}],"value":[{"y":1}]}]}')).toEqual([
      '{"t":1,"records":[{"x":1}],"value":[{"y":1}]}',
    ]);
  });

  it('a record whose list is not one of objects', () => {
    expect(
      texts(
        '{"t":1,"value":["a","b"]}\n{"t":2,"records":[]," padding ":"................................................."}',
      ),
    ).toHaveLength(2);
  });
});

describe('JsonSplitter accounts for', () => {
  it('a delivery without records', () => {
    const { records, skipped } = splitText('{"Records":[]}');
    expect([records, skipped]).toEqual([1, { 'empty list of records': 1 }]);
  });

  it('a text that is never closed: rejected with its line, reading goes on with the next', () => {
    const { seen, samples, records } = splitText('{"t":1}\n{"t":2,"s":"abc\n{"t":3}\n');
    expect(seen.map((item) => item.text)).toEqual(['{"t":1}', '{"t":3}']);
    expect(samples).toEqual([{ line: 2, reason: 'a text in it is never closed', text: '{"t":2,"s":"abc' }]);
    expect(records).toBe(3);
  });

  it('an object that is never closed', () => {
    const { seen, samples } = splitText('{"t":1}\n{"t":2,"o":{"p":1}\n{"t":3}\n{"t":4}\n');
    expect(seen.map((item) => item.line)).toEqual([1, 3, 4]);
    expect(samples).toMatchObject([{ line: 2, reason: 'an object in it is never closed' }]);
  });

  it('brackets that do not match', () => {
    const { seen, reasons } = splitText('{"t":[1}\n{"t":2}\n');
    expect(seen.map((item) => item.line)).toEqual([2]);
    expect(reasons).toEqual({ 'its brackets do not match': 1 });
  });

  it('a broken object of an indented array, without taking its inner objects for records', () => {
    const text =
      '[\n  {\n    "t": 1\n  },\n  {\n    "t": "x,\n    "a": [\n      {\n        "t": 9\n      }\n    ]\n  },\n  {\n    "t": 3\n  }\n]\n';
    const { seen, rejected, isCut } = splitText(text);
    expect(seen.map(({ text: record }) => JSON.parse(record).t)).toEqual([1, 3]);
    expect([rejected, isCut]).toEqual([1, false]);
  });

  it('lines that are no objects', () => {
    const { seen, samples, records } = splitText('starting up\n{"t":1}\n42\n{"t":2} trailing\n');
    expect(seen).toHaveLength(2);
    expect(samples).toMatchObject([
      { line: 1, text: 'starting up' },
      { line: 3, text: '42' },
      { line: 4, text: 'trailing' },
    ]);
    expect(records).toBe(5);
  });

  it('a record that the file ends in the middle of', () => {
    const { rejected, isCut, samples } = splitText('{"t":1}\n{"t":2,"s":"ab');
    expect([rejected, isCut]).toEqual([1, true]);
    expect(samples).toMatchObject([{ line: 2, reason: 'the record is cut off at the end of the file' }]);
  });

  it('a list that is never closed: its records are kept, and it is said', () => {
    const { seen, isCut, notes } = splitText('{"Records":[{"t":1},{"t":2},');
    expect([seen.length, isCut]).toEqual([2, true]);
    expect(notes).toEqual(['The file ends inside its list of records: later records are missing.']);
  });

  it('an object over the bound, without holding it', () => {
    const { seen, reasons } = split(
      cut(bytesOf(`{"t":1}\n{"t":2,"s":"${'x'.repeat(5000)}"}\n{"t":3}`), [1000, 2000, 3000]),
      { max: 1000 },
    );
    expect(seen.map((item) => item.line)).toEqual([1, 3]);
    expect(reasons).toEqual({ 'the record is larger than 1.00 kB': 1 });
  });

  it('nesting without end', () => {
    const { seen, rejected } = splitText(
      `${'{"a":'.repeat(100_000)}\n{"t":1}\n${'['.repeat(100_000)}\n{"t":2}`,
    );
    expect(seen.map((item) => item.text)).toEqual(['{"t":1}', '{"t":2}']);
    expect(rejected).toBe(2);
  });
});

const scalar = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), { maxKeys: 3 }),
  ),
}));
const record = fc
  .tuple(fc.nat(), value, fc.constantFrom(undefined, 2))
  .map(([t, extra, indent]) => JSON.stringify({ t, extra }, null, indent));
const listed = fc.tuple(
  fc.constantFrom('Records', 'records', 'value'),
  fc.array(record, { minLength: 1, maxLength: 4 }),
);

describe('JsonSplitter, whatever the text', () => {
  it('finds every record of a valid file exactly once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(record, fc.array(record, { maxLength: 4 }), listed), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n', ' ', '\n\n'),
        places,
        (parts, gap, cuts) => {
          const expected: string[] = [];
          const text = parts
            .map((part) => {
              if (typeof part === 'string') {
                expected.push(part);
                return part;
              }
              const isListed = typeof part[1] !== 'string' && Array.isArray(part[1]);
              const records = (isListed ? part[1] : part) as string[];
              expected.push(...records);
              const array = `[${records.join(`,${gap}`)}]`;
              return isListed
                ? `{"id": 7,${gap}"${part[0] as string}": ${array}, "more": {"a": [1]}}`
                : array;
            })
            .join(gap);
          const outcome = split(cut(bytesOf(text), cuts));
          expect(outcome.seen.map((item) => item.text)).toEqual(expected);
          expect(outcome.records).toBe(expected.length);
          expect(outcome.isCut).toBe(false);
          for (const { offset, text: found, line } of outcome.seen) {
            const before = bytesOf(text).slice(0, offset);
            expect(bytesOf(text).slice(offset, offset + bytesOf(found).length)).toEqual(bytesOf(found));
            expect(line).toBe(before.filter((byte) => byte === 10).length + 1);
          }
        },
      ),
    );
  });

  it('gives the same whatever the chunks, and counts every record once, however broken the text', () => {
    const fragment = fc.oneof(
      record,
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        '"',
        '\\',
        '\n',
        '\n{',
        '\n  {',
        '{"Records":[',
        '{"value": [',
        ':',
        '\0',
      ),
      fc.string({ maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 25 }), places, fc.boolean(), (fragments, cuts, lines) => {
        const bytes = bytesOf(fragments.join(''));
        const whole = split([bytes], { max: 200, lines });
        const parts = split(cut(bytes, cuts), { max: 200, lines });
        expect(parts).toEqual(whole);
        const skipped = Object.values(parts.skipped).reduce((sum, count) => sum + count, 0);
        expect(parts.records).toBe(parts.rows + parts.rejected + skipped);
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same records when JSON lines are shared out in ranges', () => {
    const lines = fc.array(
      fc.oneof(
        fc.nat().map((t) => JSON.stringify({ t })),
        fc.constantFrom('', 'garbage', '{"t":"', '{"t":', '{"t":1}{"t":2}', '{"t":[1}'),
      ),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(lines, places, places, (texts, borders, cuts) => {
        const bytes = bytesOf(texts.map((text) => `${text}\n`).join(''));
        const whole = split([bytes], { lines: true });
        const ends = [...new Set(borders.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
        const seen: Seen[] = [];
        let [from, lines, records] = [0, 0, 0];
        for (const to of [...ends, bytes.length]) {
          if (to === from) continue;
          const part = split(cut(bytes.slice(Math.max(0, from - 1)), cuts), {
            lines: true,
            range: { startByte: from, endByte: to },
          });
          seen.push(...part.seen.map((item) => ({ ...item, line: item.line + lines })));
          lines += part.lines;
          records += part.records;
          from = to;
        }
        expect(seen).toEqual(whole.seen);
        expect([records, lines]).toEqual([whole.records, whole.lines]);
      }),
    );
  });
});
