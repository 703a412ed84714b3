import { describe, expect, it } from 'vitest';
import { at, login, loginTimes, rawSource, withHost, yearless } from '../../../tests/fixtures/ingest/sources';
import { TIME_BASIS } from '../base/time';
import { Dictionaries } from '../tables/dictionaries';
import { assertTablesIntegrity } from '../tables/integrity';
import type { SourceInfo } from '../tables/source-info';
import { assemble, type AssembleParameters, type Assembled, type RawSource } from './assemble';

const NOW = Date.UTC(2030, 0, 1);

function put(
  sources: readonly RawSource[],
  parameters: Partial<AssembleParameters> = {},
  dictionaries = new Dictionaries(),
): Assembled {
  const assembled = assemble(sources, dictionaries, { rules: [], ...parameters }, NOW);
  assertTablesIntegrity(assembled.tables, dictionaries);
  return assembled;
}

function times(assembled: Assembled): string[] {
  return loginTimes(assembled.tables.logins.segments);
}

function first(assembled: Assembled): SourceInfo {
  return assembled.sources[0]!;
}

describe('the year of year-less lines', () => {
  it('is the latest in which no line lies after the file’s own date, and is said to be inferred', () => {
    const source = rawSource([login(yearless(3, 1)), login(yearless(3, 10))], {
      lastModifiedMs: Date.UTC(2024, 2, 11),
    });
    const assembled = put([source]);
    expect(times(assembled)).toEqual(['2024-03-01T12:00:00', '2024-03-10T12:00:00']);
    expect(first(assembled).year).toBe(2024);
    expect(first(assembled).inferred.join()).toContain('2024 is assumed');
  });

  it('is the year before for a December log copied in January', () => {
    const source = rawSource([login(yearless(12, 1)), login(yearless(12, 31, 23, 59, 59))], {
      lastModifiedMs: Date.UTC(2024, 0, 1, 0, 0, 5),
    });
    expect(times(put([source]))).toEqual(['2023-12-01T12:00:00', '2023-12-31T23:59:59']);
  });

  it('steps on over New Year, also for a late line of the old year', () => {
    const source = rawSource(
      [
        login(yearless(12, 31, 23, 59, 58)),
        login(yearless(1, 1, 0, 0, 1)),
        login(yearless(12, 31, 23, 59, 59)),
        login(yearless(1, 1, 0, 0, 2)),
      ],
      { lastModifiedMs: Date.UTC(2024, 0, 2) },
    );
    const assembled = put([source]);
    expect(times(assembled)).toEqual([
      '2023-12-31T23:59:58',
      '2024-01-01T00:00:01',
      '2023-12-31T23:59:59',
      '2024-01-01T00:00:02',
    ]);
    expect(first(assembled).year).toBe(2023);
    expect(first(assembled).notes.join()).toContain('pass New Year once');
  });

  it('steps back over New Year in a file that runs from new to old', () => {
    const days = [yearless(1, 20), yearless(1, 19), yearless(1, 10), yearless(12, 12), yearless(12, 1)];
    expect(times(put([rawSource(days.map(login))], { year: 2024 }))).toEqual([
      '2024-01-20T12:00:00',
      '2024-01-19T12:00:00',
      '2024-01-10T12:00:00',
      '2023-12-12T12:00:00',
      '2023-12-01T12:00:00',
    ]);
  });

  it('steps on in the order of lines when they went to several tables', () => {
    const source = rawSource([
      login(yearless(12, 30)),
      { table: 'changes', row: yearless(12, 31) },
      { table: 'changes', row: yearless(1, 2) },
      login(yearless(1, 1)),
    ]);
    const { tables } = put([source], { year: 2019 });
    expect(loginTimes(tables.logins.segments)).toEqual(['2019-12-30T12:00:00', '2020-01-01T12:00:00']);
    expect(loginTimes(tables.changes.segments)).toEqual(['2019-12-31T12:00:00', '2020-01-02T12:00:00']);
  });

  it('has a 29 February when the file does', () => {
    const source = rawSource([login(yearless(2, 28)), login(yearless(2, 29)), login(yearless(3, 1))], {
      lastModifiedMs: Date.UTC(2023, 6, 1),
    });
    const assembled = put([source]);
    expect(times(assembled)).toEqual(['2020-02-28T12:00:00', '2020-02-29T12:00:00', '2020-03-01T12:00:00']);
    expect(first(assembled).inferred.join()).toContain('29 February');
  });

  it('keeps days right in a year without a 29 February, and says when the told year can’t be', () => {
    const source = rawSource([login(yearless(2, 28)), login(yearless(3, 1)), login(yearless(12, 31))]);
    expect(times(put([source], { year: 2015 }))).toEqual([
      '2015-02-28T12:00:00',
      '2015-03-01T12:00:00',
      '2015-12-31T12:00:00',
    ]);
    const leap = rawSource([login(yearless(2, 29))]);
    const assembled = put([leap], { year: 2015 });
    expect(times(assembled)).toEqual(['2015-03-01T12:00:00']);
    expect(first(assembled).notes.join()).toContain('which 2015 does not have');
  });

  it('is the one in which the lines meet other sources that name their year', () => {
    const dated = rawSource([login(at('2017-03-01T00:00:00Z')), login(at('2017-03-20T00:00:00Z'))], {
      name: 'dated.log',
      format: 'other',
    });
    const source = rawSource([login(yearless(3, 10))], { lastModifiedMs: Date.UTC(2024, 5, 1) });
    const { sources } = put([dated, source]);
    expect(sources[1]!.year).toBe(2017);
    expect(sources[1]!.inferred.join()).toContain('meet those of dated.log');
  });

  it('is the one near the rest of the case for a file that was copied long after its last line', () => {
    const dated = (name: string): Parameters<typeof rawSource>[1] => ({ name, format: 'other' });
    const trail = rawSource(
      [login(at('2017-03-12T00:00:00Z')), login(at('2017-03-20T00:00:00Z'))],
      dated('trail.json'),
    );
    const yearOf = (month: number, day: number, lastModifiedMs: number): number | undefined =>
      put([trail, rawSource([login(yearless(month, day))], { lastModifiedMs })]).sources[1]!.year;
    // Before and after the trail, also over New Year; collected with it or copied years later.
    expect(yearOf(3, 10, Date.UTC(2024, 5, 1))).toBe(2017);
    expect(yearOf(4, 2, Date.UTC(2024, 5, 1))).toBe(2017);
    expect(yearOf(3, 10, Number.NaN)).toBe(2017);
    // Its own date says when it was collected.
    expect(yearOf(3, 10, Date.UTC(2024, 2, 11))).toBe(2024);
    // Nothing of the case is near.
    expect(yearOf(9, 10, Date.UTC(2024, 10, 1))).toBe(2024);
  });

  it('is the analyst’s, per source before case, and then is not inferred', () => {
    const [a, b] = [
      rawSource([login(yearless(3, 1))], { name: 'a.log' }),
      rawSource([login(yearless(3, 1))], { name: 'b.log' }),
    ];
    const { sources } = put([a, b], { year: 2012, zone: 'UTC', rules: [{ name: 'b.*', year: 2011 }] });
    expect(sources.map(({ year }) => year)).toEqual([2012, 2011]);
    expect(sources.flatMap(({ inferred }) => inferred)).toEqual([]);
  });

  it('falls back on now for a file without a date', () => {
    const source = rawSource([login(yearless(3, 1))], { lastModifiedMs: Number.NaN });
    expect(first(put([source])).year).toBe(2029);
  });
});

describe('the zone of wall clocks', () => {
  const local = (iso: string): ReturnType<typeof login> => login(at(iso, TIME_BASIS.local));

  it('is UTC and said to be assumed, unless told', () => {
    const source = rawSource([local('2024-07-01T12:00:00Z')]);
    expect(first(put([source])).inferred).toEqual(['Its clock names no zone; UTC is assumed.']);
    const told = put([source], { zone: 'America/New_York' });
    expect(times(told)).toEqual(['2024-07-01T16:00:00']);
    expect(first(told)).toMatchObject({ zone: 'America/New_York', inferred: [] });
  });

  it('follows daylight saving', () => {
    const source = rawSource([local('2024-03-30T12:00:00Z'), local('2024-03-31T12:00:00Z')]);
    expect(times(put([source], { zone: 'Europe/Berlin' }))).toEqual([
      '2024-03-30T11:00:00',
      '2024-03-31T10:00:00',
    ]);
  });

  it('tells the two showings of an hour apart by the order of the lines', () => {
    // Clocks in New York showed 01:00 to 01:59 twice on 3 November 2024, first at UTC−4, then at UTC−5.
    const source = rawSource([
      local('2024-11-03T01:10:00Z'),
      local('2024-11-03T01:50:00Z'),
      local('2024-11-03T01:05:00Z'),
      local('2024-11-03T01:40:00Z'),
      local('2024-11-03T02:00:00Z'),
    ]);
    const assembled = put([source], { zone: 'America/New_York' });
    expect(times(assembled)).toEqual([
      '2024-11-03T05:10:00',
      '2024-11-03T05:50:00',
      '2024-11-03T06:05:00',
      '2024-11-03T06:40:00',
      '2024-11-03T07:00:00',
    ]);
    expect(first(assembled).inferred.join()).toContain('showed twice');
  });

  it('says when a clock never showed a time', () => {
    const source = rawSource([local('2024-03-31T02:30:00Z')]);
    const assembled = put([source], { zone: 'Europe/Berlin' });
    expect(first(assembled).notes.join()).toContain('never shown by a clock in Europe/Berlin');
  });

  it('applies to year-less lines too, and leaves rows alone that name their own', () => {
    const source = rawSource([login(yearless(7, 1)), login(at('2015-07-01T12:00:00Z'))]);
    expect(times(put([source], { zone: '+05:30', year: 2015 }))).toEqual([
      '2015-07-01T06:30:00',
      '2015-07-01T12:00:00',
    ]);
  });

  it('is UTC when nobody knows the one that was told', () => {
    const assembled = put([rawSource([local('2024-07-01T12:00:00Z')])], { zone: 'Mars/Olympus' });
    expect(first(assembled).notes.join()).toContain('no time zone called Mars/Olympus');
    expect(first(assembled).zone).toBe('UTC');
  });

  it('keeps a flow’s end behind its start', () => {
    const flow = {
      table: 'flows' as const,
      row: {
        startUs: Date.parse('2000-12-31T23:59:50Z') * 1000,
        endUs: Date.parse('2000-01-01T00:00:10Z') * 1000,
        timeBasis: TIME_BASIS.yearless,
      },
    };
    const { tables } = put([rawSource([flow])], { year: 2021 });
    const { startUs, endUs } = tables.flows.segments[0]!.columns;
    expect(new Date(startUs[0]! / 1000).toISOString()).toBe('2021-12-31T23:59:50.000Z');
    expect(new Date(endUs[0]! / 1000).toISOString()).toBe('2022-01-01T00:00:10.000Z');
  });
});

describe('rows that several sources hold', () => {
  const line = (minute: number, user = 1): ReturnType<typeof login> =>
    login({ ...at(`2024-05-01T00:${String(minute).padStart(2, '0')}:00Z`), user });

  it('count once when the same file is loaded twice, and it says so', () => {
    const rows = [line(1), line(1), line(2)];
    const a = rawSource(rows, { sha256: 'same', name: 'a.log' });
    const b = rawSource(rows, { sha256: 'same', name: 'b.log' });
    const { tables, sources } = put([a, b], {}, withUsers());
    expect(tables.logins.rowCount).toBe(3);
    expect(sources[1]).toMatchObject({ duplicates: 3, duplicateOf: 'a.log', rows: { logins: 0 } });
    expect(sources[1]!.notes.join()).toContain('same bytes as a.log');
    expect(sources[0]).toMatchObject({ duplicates: 0, rows: { logins: 3 } });
  });

  it('count once when exports overlap; equal lines within one file all count', () => {
    const early = [line(1), line(2), line(2), line(2), line(3), line(4)];
    const late = [line(2), line(2), line(2), line(3), line(4), line(5), line(5)];
    const a = rawSource(early, { name: 'early.log' });
    const b = rawSource(late, { name: 'late.log' });
    for (const sources of [
      [a, b],
      [b, a],
    ]) {
      const assembled = put(sources, {}, withUsers());
      // 1, 2 ×3, 3, 4, 5 ×2.
      expect(assembled.tables.logins.rowCount).toBe(8);
      expect(assembled.sources[1]!.duplicates).toBe(5);
      expect(assembled.sources[1]!.notes.join()).toContain('5 rows also stand in');
    }
  });

  it('count as often as the export that has them most often', () => {
    const a = rawSource([line(1), line(2), line(2), line(3)], { name: 'a.log' });
    const b = rawSource([line(1), line(2), line(2), line(2), line(3)], { name: 'b.log' });
    expect(put([a, b], {}, withUsers()).tables.logins.rowCount).toBe(5);
  });

  it('are not the same just because a few are equal', () => {
    const a = rawSource(Array.from({ length: 40 }, (_, i) => line(i, 1 + (i % 2))));
    const b = rawSource(Array.from({ length: 40 }, (_, i) => line(i, 1 + (i % 3))));
    expect(put([a, b], {}, withUsers()).tables.logins.rowCount).toBe(80);
  });

  it('are kept when the sources speak of different machines', () => {
    const rows = [line(1), line(2)];
    const rules = [
      { name: 'a.log', asset: 'web-1' },
      { name: 'b.log', asset: 'web-2' },
    ];
    const sources = [rawSource(rows, { name: 'a.log' }), rawSource(rows, { name: 'b.log' })];
    expect(put(sources, { rules }, withUsers()).tables.logins.rowCount).toBe(4);
    expect(put(sources, {}, withUsers()).tables.logins.rowCount).toBe(2);
  });

  it('are found in flow exports of neighboring hours', () => {
    const flow = (minute: number, bytes: number) => ({
      table: 'flows' as const,
      row: {
        startUs: minute * 60e6,
        endUs: minute * 60e6 + 59e6,
        srcPort: 1000 + minute,
        dstPort: 22,
        srcBytes: bytes,
      },
    });
    const range = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => flow(from + i, i % 3));
    const all = range(0, 90);
    const a = rawSource(all.slice(0, 60), { format: 'vpc-flow' });
    const b = rawSource(all.slice(50), { format: 'vpc-flow' });
    const { tables, sources } = put([a, b]);
    expect(tables.flows.rowCount).toBe(90);
    expect(sources[1]!.duplicates).toBe(10);
  });

  it('are compared in UTC, after years and zones are known', () => {
    const a = rawSource([login(yearless(3, 1)), login(yearless(3, 2))], { name: 'a.log' });
    const b = rawSource([login(yearless(3, 1)), login(yearless(3, 2))], { name: 'b.log' });
    const parameters = {
      zone: 'UTC',
      rules: [
        { name: 'a.log', year: 2013 },
        { name: 'b.log', year: 2014 },
      ],
    };
    expect(put([a, b], parameters).tables.logins.rowCount).toBe(4);
    expect(put([a, b], { zone: 'UTC', year: 2014 }).tables.logins.rowCount).toBe(2);
  });
});

function withUsers(): Dictionaries {
  const dictionaries = new Dictionaries();
  for (const user of ['root', 'admin', 'oracle']) dictionaries.strings.intern(user);
  return dictionaries;
}

describe('assemble', () => {
  it('never changes the raw sources', () => {
    const source = rawSource([login(yearless(12, 31)), login(yearless(1, 1))]);
    const before = structuredClone(source);
    put([source], { year: 2012, zone: 'Asia/Tokyo' });
    expect(source).toEqual(before);
    expect(times(put([source], { year: 2014 }))).toEqual(['2014-12-31T12:00:00', '2015-01-01T12:00:00']);
  });

  it('names the machine that wrote a source when all its rows agree, and lets the analyst overrule', () => {
    const dictionaries = new Dictionaries();
    const one = rawSource([
      withHost(dictionaries, 'web', at('2024-01-01T00:00:00Z')),
      login(at('2024-01-01T00:00:01Z')),
    ]);
    const two = rawSource([
      withHost(dictionaries, 'web', at('2024-02-01T00:00:00Z')),
      withHost(dictionaries, 'db', at('2024-02-01T00:00:01Z')),
    ]);
    const { sources } = put([one, two], {}, dictionaries);
    expect(sources.map(({ asset }) => asset)).toEqual(['web', undefined]);
    const rules = [{ name: '*', asset: 'gateway', heldOffAsset: true }];
    expect(first(put([one], { rules }, dictionaries))).toMatchObject({
      asset: 'gateway',
      heldOffAsset: true,
    });
  });

  it('gives no sources and empty tables for none', () => {
    expect(put([]).tables.flows.rowCount).toBe(0);
    const empty = put([rawSource([])]);
    expect(first(empty).firstUs).toBeNaN();
  });

  it('carries on a rule made for exactly one source', () => {
    const [a, b] = [rawSource([login(yearless(3, 1))]), rawSource([login(yearless(3, 1))])];
    const { sources } = put([a, b], {
      year: 2010,
      zone: 'UTC',
      rules: [{ name: a.name, id: b.id, year: 2011 }],
    });
    expect(sources.map(({ year }) => year)).toEqual([2010, 2011]);
  });
});
