import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import type { Evidence, RowQuery } from '../analysis/evidence';
import { TableBuilder } from '../tables/builders';
import { Dictionaries } from '../tables/dictionaries';
import { CHANGE_KIND, LOG_STATUS, LOGIN_OUTCOME, VERDICT, type TableName } from '../tables/schemas';
import { fromSegmentData, makeTables, type Segment } from '../tables/segment';
import { columnsOf, renderRows } from './row-page';
import { RowReader } from './row-reader';

const dictionaries = new Dictionaries();

/** Evidence of one source with the rows that `fill` sets. */
function evidenceOf<T extends TableName>(
  table: T,
  fill: ((row: TableBuilder<T>['row']) => void)[],
): Evidence {
  const segments: Segment[] = [];
  const builder = new TableBuilder(table, (data) => segments.push(fromSegmentData(data, 4 as SourceId)));
  fill.forEach((set, i) => {
    set(builder.row);
    builder.commit(i * 100, i + 1);
  });
  builder.flush();
  const source = { id: 4 as SourceId, name: 'x.log', sha256: 'f'.repeat(64) } as Evidence['sources'][number];
  return { tables: makeTables(segments), dictionaries, sources: [source] };
}

function cellsOf(evidence: Evidence, table: TableName, row = 0): Record<string, string> {
  const [view] = renderRows(evidence, [{ table, row }]);
  return Object.fromEntries(columnsOf(table).map((name, i) => [name, view!.cells[i]!]));
}

describe('cells of a row', () => {
  it('say nothing where the log said nothing', () => {
    for (const table of ['flows', 'logins', 'queries'] as const) {
      const cells = cellsOf(evidenceOf(table, [() => undefined]), table);
      const said = Object.entries(cells).filter(([, text]) => text !== '');
      // "ok" is the log's own status of a record, not a guess.
      expect(said, table).toEqual(table === 'flows' ? [['logStatus', 'ok']] : []);
    }
  });

  it('are words, canonical addresses and whole microseconds', () => {
    const evidence = evidenceOf('flows', [
      (row) => {
        row.startUs = 1_456_789_012_345_678;
        row.srcAddr = dictionaries.addresses.internText('2001:DB8:0:0::1');
        row.dstAddr = dictionaries.addresses.internText('::ffff:192.0.2.7');
        row.protocol = 17;
        row.srcBytes = 0;
        row.tcpFlags = 0x12;
        row.verdict = VERDICT.reject;
        row.logStatus = LOG_STATUS.skipData;
        row.sensor = dictionaries.strings.intern('eni-<b>1</b>');
      },
    ]);
    expect(cellsOf(evidence, 'flows')).toMatchObject({
      startUs: '1456789012345678',
      endUs: '',
      srcAddr: '2001:db8::1',
      dstAddr: '192.0.2.7',
      protocol: 'udp',
      srcBytes: '0',
      srcPackets: '',
      tcpFlags: 'SYN ACK',
      verdict: 'reject',
      logStatus: 'skipData',
      sensor: 'eni-<b>1</b>',
    });
  });

  it('tell every port from no port', () => {
    const open = (from: number, to: number) => (row: TableBuilder<'changes'>['row']) => {
      row.kind = CHANGE_KIND.portOpened;
      row.portFrom = from;
      row.portTo = to;
    };
    const evidence = evidenceOf('changes', [open(0, 65_535), open(0, 0), open(22, 22)]);
    const ports = [0, 1, 2].map((row) => {
      const { portFrom, portTo } = cellsOf(evidence, 'changes', row);
      return [portFrom, portTo];
    });
    expect(ports).toEqual([
      ['0', '65535'],
      ['', ''],
      ['22', '22'],
    ]);
  });

  it('are cut where one holds a whole statement', () => {
    const evidence = evidenceOf('queries', [
      (row) => {
        row.object = dictionaries.strings.intern(`SELECT ${'1, '.repeat(5000)}`);
      },
    ]);
    expect(cellsOf(evidence, 'queries')['object']).toHaveLength(2001);
  });
});

describe('rows of a query', () => {
  const evidence = evidenceOf(
    'logins',
    Array.from({ length: 10 }, (_, i) => (row: TableBuilder<'logins'>['row']) => {
      row.timeUs = 1_000 - i;
      row.outcome = i % 2 ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    }),
  );
  const backwards = Uint32Array.from({ length: 10 }, (_, i) => 9 - i);

  it('come a page at a time, and are selected once', () => {
    let selections = 0;
    const select = (): Uint32Array => {
      selections += 1;
      return backwards;
    };
    const reader = new RowReader();
    const query = { table: 'logins' as const };
    const first = reader.page(evidence, select, [query], 0, 4);
    const last = reader.page(evidence, select, [{ table: 'logins' }], 8, 4);
    expect(first).toMatchObject({ total: 10, columns: { logins: columnsOf('logins') } });
    expect(first.rows.map(({ row, line, offset }) => [row, line, offset])).toEqual([
      [9, 10, 900],
      [8, 9, 800],
      [7, 8, 700],
      [6, 7, 600],
    ]);
    expect(last.rows.map(({ row }) => row)).toEqual([1, 0]);
    expect(selections).toBe(1);
    // Other evidence is another answer.
    reader.page({ ...evidence }, select, [query], 0, 1);
    expect(selections).toBe(2);
  });

  it('of several questions stand in one order of time, each once, the change first that let the others happen', () => {
    const segments: Segment[] = [];
    const add = <T extends TableName>(table: T, times: readonly number[]): void => {
      const builder = new TableBuilder(table, (data) => segments.push(fromSegmentData(data, 4 as SourceId)));
      const timeName = table === 'flows' ? 'startUs' : 'timeUs';
      times.forEach((us, i) => {
        Object.assign(builder.row, { [timeName]: us });
        builder.commit(i * 100, i + 1);
      });
      builder.flush();
    };
    add('flows', [20, 10, 40]);
    add('queries', [40, 15]);
    add('changes', [40]);
    const all: Evidence = { tables: makeTables(segments), dictionaries, sources: [] };
    // As the analysis selects: each table's rows in the order of time.
    const selected = { flows: [1, 0, 2], queries: [1, 0], changes: [0], logins: [] };
    const select = (_: Evidence, query: RowQuery): Uint32Array =>
      Uint32Array.from(query.text === 'late' ? [2] : selected[query.table]);
    const asked: RowQuery[] = [
      { table: 'flows' },
      { table: 'queries' },
      { table: 'changes' },
      { table: 'flows', text: 'late' },
    ];
    const page = new RowReader().page(all, select, asked, 0, 10);
    expect(page.total).toBe(6);
    expect(page.rows.map(({ table, row }) => [table, row])).toEqual([
      ['flows', 1],
      ['queries', 1],
      ['flows', 0],
      ['changes', 0],
      ['flows', 2],
      ['queries', 0],
    ]);
    expect(Object.keys(page.columns).sort()).toEqual(['changes', 'flows', 'queries']);
    const middle = new RowReader().page(all, select, asked, 2, 2);
    expect(middle.rows.map(({ table, row }) => [table, row])).toEqual([
      ['flows', 0],
      ['changes', 0],
    ]);
  });

  it('are counted by source, with the first places named', () => {
    const receipt = new RowReader().receipt(evidence, () => backwards, { table: 'logins' });
    expect(receipt).toMatchObject({
      count: 10,
      sources: [{ name: 'x.log', sha256: 'f'.repeat(64), count: 10 }],
    });
    expect(receipt.first[0]).toEqual({ source: 'x.log', line: 10, offset: 900 });
    expect(receipt.first).toHaveLength(5);
  });
});
