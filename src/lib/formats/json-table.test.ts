import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import { headOf, parseWith, rowsOf, type ParsedRow } from '../../../tests/support/parse';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME, QUERY_OUTCOME, VERDICT } from '../tables/schemas';
import { ingestFile } from '../ingest/ingest-file';
import { Dictionaries } from '../tables/dictionaries';
import { makeTables } from '../tables/segment';
import { jsonLogLines, jsonTable } from './json-table';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/json-table/${name}`, 'utf8');

/** Rows as a load gives them: wrappers are the splitter's to look into. */
async function logins(name: string): Promise<ParsedRow[]> {
  const dictionaries = new Dictionaries();
  const blob = new Blob([fixture(name)]);
  const result = await ingestFile({ blob, name: 'unknown', lastModifiedMs: 0 }, 0 as SourceId, dictionaries);
  if (!result.ok) throw new Error(result.error.what);
  expect(result.value.rejected).toBe(0);
  return rowsOf(makeTables(result.value.segments).logins, dictionaries);
}

describe('JSON records of any kind', () => {
  it.each(['firewall.jsonl', 'splunk-export.json', 'search-hits.json', 'sentinel-signins.json'])(
    'are understood by the names of their fields: %s',
    (name) => {
      const head = headOf(encodeUtf8(fixture(name)));
      expect(recognizeFormat(head)[0]?.format.id).toBe('json-table');
      expect(jsonTable.mapped?.needsMapping(head, {})).toBe(false);
    },
  );

  it('become flows, and a record without a time is rejected by name', () => {
    const parsed = parseWith(jsonTable, fixture('firewall.jsonl'));
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: Date.UTC(2024, 2, 2, 10, 20, 30) * 1000,
        srcAddr: '203.0.113.7',
        srcPort: 51514,
        dstAddr: '198.51.100.2',
        dstPort: 22,
        protocol: 6,
        srcBytes: 1200,
        verdict: VERDICT.reject,
        line: 1,
      },
      { srcAddr: '2001:db8::7', verdict: VERDICT.accept },
    ]);
    expect(parsed.rejected.map(({ reason, line }) => [reason, line])).toEqual([
      ['"timestamp" is not a time', 3],
    ]);
    expect(parsed.notes[0]).toContain('srcAddr from "src_ip"');
  });

  it('are taken out of the answer of a search', async () => {
    expect(await logins('search-hits.json')).toMatchObject([
      { user: 'alice', actorAddr: '203.0.113.7', actorPort: 51514, outcome: LOGIN_OUTCOME.failure },
      { user: 'bob', actorAddr: '198.51.100.9', host: 'app1', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(await logins('sentinel-signins.json')).toMatchObject([
      { user: 'alice@example.com', actorAddr: '203.0.113.7' },
      { user: 'bob@example.com', actorAddr: '198.51.100.9' },
    ]);
  });

  it('that carry a log’s own lines are read as those', async () => {
    expect(await logins('splunk-export.json')).toMatchObject([
      { user: 'root', outcome: LOGIN_OUTCOME.failure, process: 7, service: 'sshd' },
      { user: 'alice', outcome: LOGIN_OUTCOME.success, actorAddr: '198.51.100.9' },
    ]);
  });

  it('of unknown names are shown to a person and read as that person says', () => {
    const text = fixture('unknown.jsonl');
    const head = headOf(encodeUtf8(text));
    expect(recognizeFormat(head)[0]?.format.id).toBe('json-table');
    expect(jsonTable.mapped?.needsMapping(head, {})).toBe(true);
    expect(jsonTable.mapped?.preview(head)).toMatchObject({
      formatId: 'json-table',
      columns: ['when', 'who.id', 'peer', 'did', 'late'],
      rows: [
        ['2024-03-02T10:20:30Z', 'alice', '203.0.113.7', 'opened', ''],
        ['2024-03-02T10:20:31Z', 'bob', '198.51.100.9', 'opened', 'field'],
      ],
    });
    const mapping = {
      table: 'logins' as const,
      columns: { timeUs: 'when', user: 'who.id', actorAddr: 'peer' },
    };
    expect(parseWith(jsonTable, text, { options: { mapping } }).rows('logins')).toMatchObject([
      { user: 'alice', actorAddr: '203.0.113.7' },
      { user: 'bob', actorAddr: '198.51.100.9' },
    ]);
    expect(parseWith(jsonTable, text).rejected).toHaveLength(2);
  });

  it('are read wherever a record keeps its fields, and of whatever kind their values are', () => {
    const event = '"src_ip":"203.0.113.7","src_port":51514,"dest_ip":"198.51.100.2","dest_port":22';
    const lines = [
      `{"timestamp":"2024-03-02T10:20:30Z",${event},"bytes":1200}`,
      `{"timestamp":"2024-03-02T10:20:30Z",${event},"bytes":"1200"}`,
      `{"timestamp":1709374830,${event},"bytes":1.2e3}`,
      `{"_index":"x","_source":{"timestamp":"2024-03-02T10:20:30Z",${event},"bytes":1200}}`,
      `{"timestamp":"2024-03-02T10:20:30Z","fields":"a field that is called so",${event},"bytes":1200}`,
      `{"timestamp":"2024-03-02T10:20:30Z",${event.replace('22', '70000')},"bytes":1200}`,
    ];
    const parsed = parseWith(jsonTable, lines.join('\n'));
    const [first, ...others] = parsed
      .rows('flows')
      .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    expect(first).toMatchObject({ srcPort: 51514, dstPort: 22, srcBytes: 1200 });
    expect(others).toEqual([first, first, first, first]);
    expect(parsed.rejected.map(({ reason }) => reason)).toEqual(['"dest_port" is out of range']);
  });

  it('have a time of two fields, where one holds the date and another the clock', () => {
    const lines = ['10:20:30', '10:20:31'].map((time) =>
      JSON.stringify({ date: '2024-03-02', time, user: 'alice', ip: '203.0.113.7', result: 'failure' }),
    );
    expect(parseWith(jsonTable, lines.join('\n')).rows('logins')).toMatchObject([
      { timeUs: Date.UTC(2024, 2, 2, 10, 20, 30) * 1000, user: 'alice' },
      { timeUs: Date.UTC(2024, 2, 2, 10, 20, 31) * 1000 },
    ]);
  });

  it('are not claimed where nothing is a time', () => {
    const text = '{"name":"undertone","version":"0.1.0","private":true}\n';
    expect(jsonTable.sniff(headOf(encodeUtf8(text)))).toBe(0);
  });

  it('never throw and are never lost, whatever the values', () => {
    const records = fixture('firewall.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    fuzzJson(jsonTable, records);
    const parsed = parseWith(jsonTable, fixture('unknown.jsonl'));
    expect(recordsAccounted(parsed)).toBe(parsed.records);
  });
});

describe('JSON records around whole lines of a log', () => {
  const LINES = [
    '2015-03-02 10:20:30.101 UTC [41] LOG:  connection received: host=203.0.113.7 port=42304',
    '2015-03-02 10:20:30.140 UTC [41] LOG:  connection authorized: user=app database=mail',
    '2015-03-02 10:20:30.200 UTC [41] LOG:  statement: SELECT body FROM messages',
    '2015-03-02 10:20:31.000 UTC [41] LOG:  disconnection: session time: 0:00:00.900 user=app database=mail host=203.0.113.7 port=42304',
  ];
  const time = '2015-03-02T10:20:30.2Z';
  it.each([
    ['Docker’s json-file driver', (log: string) => ({ log: `${log}\n`, stream: 'stderr', time })],
    [
      'Filebeat',
      (message: string) => ({
        '@timestamp': time,
        message,
        host: { name: 'db-1' },
        ecs: { version: '8.0.0' },
      }),
    ],
    [
      'Google Cloud’s Logging',
      (textPayload: string) => ({ textPayload, insertId: 'a', timestamp: time, severity: 'INFO' }),
    ],
    ['logcli', (line: string) => ({ labels: { job: 'db' }, line, timestamp: time })],
    ['Splunk', (_raw: string) => ({ preview: false, result: { _raw, _time: time, host: 'db-1' } })],
  ])('are read as that log, each line with those before it: %s', (_, wrap) => {
    const text = LINES.map((line) => `${JSON.stringify(wrap(line))}\n`).join('');
    expect(recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id).toBe('json-log-lines');
    const parsed = parseWith(jsonLogLines, text);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        object: 'SELECT body FROM messages',
        actorAddr: '203.0.113.7',
        outcome: QUERY_OUTCOME.success,
        line: 3,
      },
    ]);
    expect(parsed.rows('logins')).toHaveLength(3);
  });
});
