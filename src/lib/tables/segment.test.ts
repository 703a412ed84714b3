import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import { TableBuilder } from './builders';
import { constantColumn, isSharedColumn, SEGMENT_ROWS } from './columns';
import { Dictionaries } from './dictionaries';
import { mergeDictionaries } from './merge-dictionaries';
import { assertTableIntegrity } from './integrity';
import { FLOW_SCHEMA, SCHEMAS, TABLE_NAMES, type RowFor, type TableName } from './schemas';
import {
  filterSegment,
  fromSegmentData,
  indexInSegment,
  lineOf,
  locate,
  makeTable,
  offsetOf,
  rowIdOf,
  segmentBytes,
  segmentIndexOf,
  toSegmentData,
  transferablesOf,
  type Segment,
  type SegmentData,
  type Table,
} from './segment';

const SOURCE = 3 as SourceId;

function build<T extends TableName>(
  table: T,
  rows: readonly { row: Partial<RowFor<T>>; offset: number; line: number }[],
): SegmentData[] {
  const out: SegmentData[] = [];
  const builder = new TableBuilder(table, (data) => out.push(data));
  for (const { row, offset, line } of rows) {
    Object.assign(builder.row, row);
    builder.commit(offset, line);
  }
  builder.flush();
  return out;
}

function tableOf<T extends TableName>(name: T, datas: readonly SegmentData[]): Table<T> {
  return makeTable(
    name,
    datas.map((data) => fromSegmentData(data, SOURCE) as Segment<T>),
  );
}

/** A value that fits a column, as a log might give it. */
function valueFor(type: string, unknown: number): fc.Arbitrary<number> {
  const any =
    type === 'f64'
      ? fc.oneof(fc.integer({ min: 0, max: 1e15 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
      : type === 'u32'
        ? fc.nat({ max: 0xffffffff })
        : type === 'i32'
          ? fc.integer()
          : fc.nat({ max: type === 'u16' ? 0xffff : 0xff });
  return fc.oneof(fc.constant(unknown), any);
}

describe.each(TABLE_NAMES)('rows of %s', (name) => {
  const specs = Object.entries(SCHEMAS[name]).filter(
    ([column]) => column !== 'offset' && column !== 'lineAdjust',
  );
  const row = fc.record(
    Object.fromEntries(specs.map(([column, { type, unknown }]) => [column, valueFor(type, unknown)])),
  );

  it('come back as they were put in, through packing and unpacking, with their receipts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(row, fc.nat({ max: 5e9 }), fc.nat({ max: 1000 })), { maxLength: 12 }),
        (given) => {
          let line = 1;
          const rows = given.map(([values, offset, skipped]) => ({
            row: values,
            offset,
            line: (line += skipped),
          }));
          const datas = build(name, rows as never);
          const table = tableOf(name, structuredClone(datas));
          expect(table.rowCount).toBe(rows.length);
          let k = 0;
          for (const segment of table.segments) {
            for (let i = 0; i < segment.length; i++, k++) {
              const expected = rows[k]!;
              expect([offsetOf(segment, i), lineOf(segment, i)]).toEqual([expected.offset, expected.line]);
              const columns = segment.columns as unknown as Record<string, Float64Array>;
              for (const [column, value] of Object.entries(expected.row))
                expect(columns[column]![i]).toBe(value);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that say nothing hold the unknown values, and cost nothing', () => {
    const [data] = build(name, [{ row: {}, offset: 0, line: 1 }]);
    for (const [column, { unknown }] of specs) expect(data!.columns[column]).toBe(unknown);
    expect(transferablesOf(data!)).toEqual([]);
  });
});

describe('TableBuilder', () => {
  it('resets the row between commits and when it is abandoned', () => {
    const out: SegmentData[] = [];
    const builder = new TableBuilder('logins', (data) => out.push(data));
    builder.row.user = 7;
    builder.abandon();
    builder.row.timeUs = 1;
    builder.commit(0, 1);
    builder.row.timeUs = 2;
    builder.row.user = 9;
    builder.commit(10, 2);
    builder.commit(20, 3);
    builder.flush();
    const [segment] = tableOf('logins', out).segments;
    expect([...segment!.columns.user.subarray(0, 3)]).toEqual([0, 9, 0]);
    expect(segment!.columns.timeUs[2]).toBeNaN();
    expect(builder.total).toBe(3);
  });

  it('hands full segments on, and nothing twice', () => {
    const rows = Array.from({ length: SEGMENT_ROWS + 5 }, (_, i) => ({
      row: { timeUs: i },
      offset: i * 100,
      line: i + 1,
    }));
    const table = tableOf('logins', build('logins', rows));
    expect(table.segments.map(({ length }) => length)).toEqual([SEGMENT_ROWS, 5]);
    const last = locate(table, rowIdOf(1, 4));
    expect(last.segment.columns.timeUs[last.index]).toBe(SEGMENT_ROWS + 4);
    expect([segmentIndexOf(rowIdOf(1, 4)), indexInSegment(rowIdOf(1, 4))]).toEqual([1, 4]);
    expect(() => locate(table, rowIdOf(1, 5))).toThrow(RangeError);
    expect(() => locate(table, rowIdOf(2, 0))).toThrow(RangeError);
  });

  it('keeps offsets of more than 4 GB, and of records that come late', () => {
    const offsets = [10, 5_000_000_000, 5_000_000_100, 50];
    const datas = build(
      'logins',
      offsets.map((offset, i) => ({ row: { timeUs: i }, offset, line: i + 1 })),
    );
    const table = tableOf('logins', datas);
    expect(
      table.segments.flatMap((segment) =>
        Array.from({ length: segment.length }, (_, i) => offsetOf(segment, i)),
      ),
    ).toEqual(offsets);
  });
});

describe('dictionary ids', () => {
  it('point to the same values in the case’s dictionaries', () => {
    const own = new Dictionaries();
    const ofCase = new Dictionaries();
    for (const word of ['sshd', 'root', 'web']) ofCase.strings.intern(word);
    ofCase.addresses.internText('192.0.2.1');
    const rows = [
      { host: 'web', user: 'admin', from: '2001:db8::1' },
      { host: 'web', user: 'root', from: '192.0.2.1' },
    ];
    const datas = build(
      'logins',
      rows.map(({ host, user, from }, i) => ({
        row: {
          host: own.strings.intern(host),
          user: own.strings.intern(user),
          actorAddr: own.addresses.internText(from),
        },
        offset: i,
        line: i + 1,
      })),
    );
    const map = mergeDictionaries(ofCase, own.toData());
    const segment = fromSegmentData(structuredClone(datas[0]!), SOURCE, map) as Segment<'logins'>;
    const { host, user, actorAddr, key } = segment.columns;
    expect(
      rows.map((_, i) => ({
        host: ofCase.strings.text(host[i]!),
        user: ofCase.strings.text(user[i]!),
        from: ofCase.addresses.text(actorAddr[i]!),
      })),
    ).toEqual(rows);
    expect(key[0]).toBe(0);
    assertTableIntegrity(makeTable('logins', [segment]), ofCase);
  });
});

describe('filterSegment', () => {
  it('keeps rows with their own lines and offsets', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (keep) => {
        const datas = build(
          'logins',
          keep.map((_, i) => ({ row: { timeUs: i * 7 }, offset: i * 30, line: i * 2 + 1 })),
        );
        const segment = fromSegmentData(datas[0]!, SOURCE) as Segment<'logins'>;
        const filtered = filterSegment(segment, (i) => keep[i]!);
        const wanted = keep.flatMap((kept, i) => (kept ? [i] : []));
        const found = Array.from({ length: filtered?.length ?? 0 }, (_, i) => [
          filtered!.columns.timeUs[i]! / 7,
          offsetOf(filtered!, i) / 30,
          (lineOf(filtered!, i) - 1) / 2,
        ]);
        expect(found).toEqual(wanted.map((i) => [i, i, i]));
      }),
    );
  });
});

describe('memory', () => {
  const rowsOf = (
    count: number,
    row: (i: number) => object,
  ): { row: object; offset: number; line: number }[] =>
    Array.from({ length: count }, (_, i) => ({ row: row(i), offset: i * 120, line: i + 1 }));
  const bytesPerRow = <T extends TableName>(
    name: T,
    rows: { row: object; offset: number; line: number }[],
  ): number => {
    const { segments, rowCount } = tableOf(name, build(name, rows as never));
    return segments.reduce((sum, segment) => sum + segmentBytes(segment), 0) / rowCount;
  };

  it('is at most 60 bytes a row for a VPC flow log (version 2) in which all fields vary', () => {
    const flow = (i: number): Partial<RowFor<'flows'>> => ({
      startUs: i * 1e6,
      endUs: i * 1e6 + 60e6,
      srcAddr: i % 5000,
      dstAddr: i % 50,
      srcPort: i % 60_000,
      dstPort: i % 5,
      protocol: i % 2 ? 6 : 17,
      srcBytes: i * 3,
      srcPackets: i % 90,
      verdict: 1 + (i % 2),
      logStatus: i % 3,
      sensor: 1 + (i % 4),
    });
    expect(bytesPerRow('flows', rowsOf(SEGMENT_ROWS, flow))).toBeLessThanOrEqual(60);
  });

  it('is at most 40 bytes a row for an auth log of one host, every fifth line of it without a row', () => {
    const login = (i: number): Partial<RowFor<'logins'>> => ({
      timeUs: i * 1e6,
      timeBasis: 2,
      actorAddr: i % 900,
      actorPort: i % 60_000,
      host: 1,
      service: 2,
      user: i % 300,
      method: i % 2,
      outcome: i % 5,
      process: i,
    });
    const rows = rowsOf(SEGMENT_ROWS, login).map((row, i) => ({ ...row, line: i + Math.floor(i / 4) + 1 }));
    expect(bytesPerRow('logins', rows)).toBeLessThanOrEqual(40);
  });

  it('is small for small files, however many there are and whatever their constants', () => {
    let bytes = 0;
    for (let file = 0; file < 2000; file++) {
      const rows = rowsOf(2, () => ({ startUs: file, sensor: file, srcAddr: file, dstAddr: 7 }));
      const [segment] = tableOf('flows', build('flows', rows as never)).segments;
      for (const column of Object.keys(FLOW_SCHEMA)) {
        const array = (segment!.columns as unknown as Record<string, Float64Array>)[column]!;
        if (!isSharedColumn(FLOW_SCHEMA[column as keyof typeof FLOW_SCHEMA].type, array))
          bytes += array.byteLength;
      }
    }
    expect(bytes / 4000).toBeLessThan(100);
  });

  it('is shared by columns that hold one value throughout', () => {
    const first = constantColumn('u16', 12_345);
    expect(constantColumn('u16', 12_345)).toBe(first);
    expect([first.length, first[SEGMENT_ROWS - 1]]).toEqual([SEGMENT_ROWS, 12_345]);
    expect(constantColumn('f64', Number.NaN)[77]).toBeNaN();
    expect(constantColumn('u32', 98_765, 3)).toHaveLength(3);
  });
});

it('toSegmentData gives back what fromSegmentData was given', () => {
  const datas = build('queries', [
    { row: { timeUs: 5, object: 3, status: 200 }, offset: 7, line: 2 },
    { row: { timeUs: 6, object: 3, status: 404 }, offset: 90, line: 4 },
  ]);
  expect(toSegmentData(fromSegmentData(structuredClone(datas[0]!), SOURCE))).toEqual(datas[0]);
});

describe('assertTableIntegrity', () => {
  const dictionaries = new Dictionaries();
  const check = (row: Partial<RowFor<'flows'>>, line = 1): void =>
    assertTableIntegrity(tableOf('flows', build('flows', [{ row, offset: 0, line }])), dictionaries);

  it('finds ids that nobody gave, infinite times, ends before starts, lines before the first', () => {
    expect(() => check({ startUs: 1, endUs: 2 })).not.toThrow();
    expect(() => check({ srcAddr: 1 })).toThrow('srcAddr');
    expect(() => check({ startUs: Infinity, endUs: Infinity })).toThrow('infinite');
    expect(() => check({ startUs: 3, endUs: 2 })).toThrow('ends before it starts');
    expect(() => check({}, 0)).toThrow('line before 1');
    expect(() => assertTableIntegrity({ name: 'flows', segments: [], rowCount: 1 }, dictionaries)).toThrow(
      '1 said',
    );
  });
});
