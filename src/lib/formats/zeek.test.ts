import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accounted, headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import {
  Agreement,
  hasSharedData,
  SHARED_DATA,
  sharedBytes,
  sharedJson,
  sharedText,
} from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import {
  CONN_STATE,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  TABLE_NAMES,
  UNKNOWN_FLAGS,
} from '../tables/schemas';
import { recognizeFormat } from './registry';
import { zeek } from './zeek';
import { zeekJson } from './zeek-json';

const fixture = (name: string): string => readFileSync(`tests/fixtures/zeek/${name}`, 'utf8');
const jsonFixture = (name: string): string => readFileSync(`tests/fixtures/zeek-json/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(zeek, text);

describe('a Zeek log', () => {
  it.each(readdirSync('tests/fixtures/zeek').filter((name) => name.endsWith('.log')))(
    'is recognized by its content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('zeek');
    },
  );

  it('tells requests, what they got and who made them', () => {
    const told = parse(fixture('http.log'))
      .rows('queries')
      .map((row) => [row.actorAddr, row.principal, row.verb, row.object, row.outcome, row.bytesReturned]);
    expect(told).toEqual([
      ['198.51.100.7', '', QUERY_VERB.read, '/logs-2015.03.01/_search?q=*', QUERY_OUTCOME.success, 912034],
      ['198.51.100.8', 'admin', QUERY_VERB.read, '/_cat/indices', QUERY_OUTCOME.denied, 120],
      [
        '198.51.100.8',
        '',
        QUERY_VERB.delete,
        '/logs-2015.03.01/_delete_by_query',
        QUERY_OUTCOME.unknown,
        Number.NaN,
      ],
    ]);
  });

  it('takes a remote desktop’s negotiation for no login, and NTLM’s answer for one', () => {
    const told = (name: string) =>
      parse(fixture(name))
        .rows('logins')
        .map((row) => [row.service, row.user, row.actorName, row.outcome]);
    expect(told('rdp.log')).toEqual([
      ['rdp', 'alice', '', LOGIN_OUTCOME.connect],
      ['rdp', 'administr', '', LOGIN_OUTCOME.connect],
      ['rdp', '', '', LOGIN_OUTCOME.connect],
    ]);
    expect(told('ntlm.log')).toEqual([
      ['ntlm', 'alice', 'CLIENT1', LOGIN_OUTCOME.success],
      ['ntlm', 'administrator', 'SCANNER', LOGIN_OUTCOME.failure],
      ['ntlm', '', '', LOGIN_OUTCOME.unknown],
    ]);
  });

  it('tells which files of a share were opened, read and deleted', () => {
    expect(
      parse(fixture('smb_files.log'))
        .rows('queries')
        .map((row) => [row.verb, row.object]),
    ).toEqual([
      [QUERY_VERB.read, '\\\\log1\\archive\\2015\\march.log'],
      [QUERY_VERB.read, '\\\\log1\\archive\\2015\\march.log'],
      [QUERY_VERB.delete, '\\\\log1\\archive\\2015\\january.log'],
    ]);
  });

  it('takes the root of a share that is opened for a listing, and an empty file for nothing read', () => {
    const verbOf = (name: string, size: number): string | number =>
      parse(fixture('smb_files.log').replace(/2015\S+march\.log\t81920/, `${name}\t${size}`)).rows(
        'queries',
      )[0]!.verb;
    expect(verbOf('<share_root>', 4096)).toBe(QUERY_VERB.list);
    expect(verbOf('dropped.exe', 0)).toBe(QUERY_VERB.unknown);
  });

  it('says the same as JSON of the same records', () => {
    const logs = ['http', 'rdp', 'ntlm', 'smb_files'].map((name) => parse(fixture(`${name}.log`)));
    const json = parseWith(zeekJson, jsonFixture('access.log'));
    for (const table of TABLE_NAMES)
      expect(json.rows(table).map(content)).toEqual(logs.flatMap((log) => log.rows(table).map(content)));
  });

  it('gives flows with both sides’ bytes and what is known of the conversation', () => {
    const parsed = parse(fixture('conn.log'));
    const rows = parsed.rows('flows');
    expect(parsed.rejected).toEqual([]);
    expect(rows[0]).toMatchObject({
      startUs: 1425291630_250_000,
      endUs: 1425291631_750_000,
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcBytes: 640,
      dstBytes: 91200,
      srcPackets: 10,
      dstPackets: 80,
      connState: CONN_STATE.established,
      tcpFlags: 2 | 16 | 1,
      line: 8,
    });
    expect(rows.map((row) => row.connState)).toEqual([
      CONN_STATE.established,
      CONN_STATE.attempt,
      CONN_STATE.refused,
      CONN_STATE.midstream,
      CONN_STATE.established,
      CONN_STATE.established,
    ]);
    expect(rows[2]).toMatchObject({ tcpFlags: 2 | 4 });
    expect(rows[3]).toMatchObject({
      srcAddr: '2001:db8::7',
      srcPort: 3,
      protocol: 1,
      tcpFlags: UNKNOWN_FLAGS,
    });
    expect(rows[4]).toMatchObject({ startUs: 19_980_000 });
  });

  it('follows a second header in another order', () => {
    const parsed = parse(fixture('conn.log'));
    expect(parsed.notes.join()).toContain('names other columns');
    expect(parse(fixture('ssh.log').repeat(2)).notes).toEqual([]);
    expect(parsed.rows('flows')[5]).toMatchObject({
      srcAddr: '198.51.100.7',
      dstPort: 443,
      srcBytes: 70,
      dstBytes: Number.NaN,
      startUs: 1425291700_000_000,
    });
  });

  it('follows the header’s own separator, marks and field names', () => {
    expect(parse(fixture('conn-comma.log')).rows('flows')).toMatchObject([
      {
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        srcPort: 40000,
        dstPort: 9200,
        srcBytes: 120,
        dstBytes: 88000,
        endUs: 1425291630_250_000,
      },
    ]);
  });

  it('does not take an outcome that Zeek could not see for a failure', () => {
    expect(
      parse(fixture('ssh.log'))
        .rows('logins')
        .map((row) => row.outcome),
    ).toEqual([LOGIN_OUTCOME.success, LOGIN_OUTCOME.failure, LOGIN_OUTCOME.connect]);
  });

  it('tells Kerberos’ usual first step from a rejected password', () => {
    const rows = parse(fixture('kerberos.log')).rows('logins');
    expect(rows.map((row) => row.outcome)).toEqual([
      LOGIN_OUTCOME.connect,
      LOGIN_OUTCOME.failure,
      LOGIN_OUTCOME.success,
      LOGIN_OUTCOME.success,
      LOGIN_OUTCOME.invalidUser,
    ]);
    expect(rows.map((row) => row.user)).toEqual(['alice', 'alice', 'alice', 'alice', 'nobody']);
    expect(rows[3]?.service).toBe('kerberos-tgs');
  });

  it('gives database statements with escapes undone, and the login before them', () => {
    const parsed = parse(fixture('mysql.log'));
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'app', outcome: LOGIN_OUTCOME.success, service: 'mysql', host: '10.0.0.5' },
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        object: "select * from t where a = 'x\ty\\z'",
        verb: QUERY_VERB.read,
        rowsReturned: 250,
        outcome: QUERY_OUTCOME.success,
        servicePort: 3306,
      },
      { verb: QUERY_VERB.delete, rowsReturned: Number.NaN, outcome: QUERY_OUTCOME.error },
      { object: 'quit', verb: QUERY_VERB.unknown },
    ]);
    expect(
      parse(fixture('redis.log'))
        .rows('queries')
        .map((row) => [row.object, row.verb]),
    ).toEqual([
      ['KEYS *', QUERY_VERB.list],
      ['GET session:1', QUERY_VERB.read],
      ['CONFIG dir', QUERY_VERB.admin],
    ]);
  });

  it('counts logs that give no rows by their name', () => {
    expect(parse(fixture('weird.log')).skipped).toMatchObject({ 'zeek weird': 3 });
  });

  it('rejects lines of another width and values that are not what they should be', () => {
    const text = fixture('conn.log')
      .replace('198.51.100.8\t40001', 'nobody\t40001')
      .replace('\t22\ttcp', '\ttcp')
      .replace('1425291632.000000', 'now');
    expect(parse(text).rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [9, '20 columns expected, 19 found'],
      [10, 'ts is not a time'],
    ]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    const lines = ['conn.log', 'mysql.log', 'conn-comma.log'].flatMap((name) => fixture(name).split('\n'));
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...lines), fc.nat(150), fc.string({ unit: 'binary', maxLength: 4 })),
          { maxLength: 10 },
        ),
        (parts) => {
          const parsed = parse(
            parts.map(([line, at, insert]) => line.slice(0, at) + insert + line.slice(at)).join('\n'),
          );
          expect(accounted(parsed)).toBe(parsed.records);
        },
      ),
      { seed: 3, numRuns: 150 },
    );
  });
});

describe('a Zeek log in JSON', () => {
  it.each(['streaming.log', 'plain.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(jsonFixture(name))))[0]?.format.id).toBe('zeek-json');
  });

  it('gives the rows of its tab-separated form, whatever the form of its times', () => {
    const streaming = parseWith(zeekJson, jsonFixture('streaming.log'));
    const plain = parseWith(zeekJson, jsonFixture('plain.log'));
    const flows = parse(fixture('conn.log')).rows('flows').map(content);
    expect(streaming.rows('flows').map(content)).toEqual([flows[0]]);
    expect(plain.rows('flows').map(content)).toEqual([flows[1]]);
    expect(streaming.rows('logins').map(content)).toEqual([
      parse(fixture('ssh.log')).rows('logins').map(content)[2],
    ]);
    expect(streaming.skipped).toEqual({ 'zeek dns': 1 });
    expect(plain.rows('queries')).toMatchObject([{ object: 'GET session:1', timeUs: 1425291630_250_000 }]);
    expect(plain.rejected).toMatchObject([{ line: 3, reason: 'ts is not a time' }]);
  });
});

function content({ offset: _offset, line: _line, lineAdjust: _adjust, ...row }: ParsedRow): object {
  return row;
}

interface Expected {
  readonly [field: string]: unknown;
}

const PEER = 'elastic-beats/x-pack/filebeat/module/zeek';

describe.skipIf(!hasSharedData)('Zeek logs of others', () => {
  it('give the same rows as TSV and as JSON of the same packets', () => {
    const agreement = new Agreement('zeek TSV against JSON (brim-wrccdc)');
    for (const name of readdirSync(join(SHARED_DATA, 'brim-wrccdc/zeek-default'))) {
      const tsv = parseWith(zeek, sharedBytes(`brim-wrccdc/zeek-default/${name}`));
      const json = parseWith(
        zeekJson,
        sharedBytes(`brim-wrccdc/zeek-json/${name.replace('.log.gz', '.json.gz')}`),
      );
      expect(accounted(tsv), name).toBe(tsv.records);
      expect(json.rejected, name).toEqual([]);
      // Logs that show no access give no rows: all their records are then counted alike.
      const counted = ({ skipped }: Parsed): unknown =>
        Object.entries(skipped).filter(([kind]) => !/^(?:header|blank)/.test(kind));
      expect(counted(tsv), name).toEqual(counted(json));
      for (const table of TABLE_NAMES) {
        const [ours, theirs] = [tsv, json].map((parsed) =>
          parsed.rows(table).map((row) => JSON.stringify(content(row))),
        );
        expect(ours!.length, name).toBe(theirs!.length);
        ours!.forEach((row, i) => agreement.compare(`${name} ${i}`, row, theirs![i]));
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('zeek JSON against Filebeat');
    for (const [log, table] of [
      ['connection', 'flows'],
      ['http', 'queries'],
      ['kerberos', 'logins'],
      ['mysql', 'queries'],
      ['ntlm', 'logins'],
      ['rdp', 'logins'],
      ['ssh', 'logins'],
    ] as const) {
      const bytes = sharedBytes(`${PEER}/${log}/test/${log}-json.log`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('zeek-json');
      const rows = parseWith(zeekJson, bytes).rows(table);
      const expected = sharedJson<Expected[]>(`${PEER}/${log}/test/${log}-json.log-expected.json`);
      agreement.compare(`${log} rows`, rows.length, expected.length);
      rows.forEach((row, i) => compareWithPeer(agreement, row, expected[i] ?? {}));
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('account for every line of Zeek’s own baselines', () => {
    const root = join(SHARED_DATA, 'zeek-btest');
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && /\.log/.test(entry.name),
    );
    let recognized = 0;
    let rows = 0;
    const rejected: string[] = [];
    for (const entry of files) {
      const path = join(entry.parentPath, entry.name);
      if (statSync(path).size === 0) continue;
      // The baselines mask their times; any time will do.
      const text = sharedText(path).replaceAll('XXXXXXXXXX.XXXXXX', '1425291630.000000');
      const best = recognizeFormat(headOf(encodeUtf8(text)))[0]?.format;
      if (best !== zeek && best !== zeekJson) continue;
      recognized += 1;
      const parsed = parseWith(best, text);
      expect(accounted(parsed), path).toBe(parsed.records);
      for (const table of TABLE_NAMES) rows += parsed.tables[table].rowCount;
      for (const { reason } of parsed.rejected) rejected.push(`${path.slice(root.length)}: ${reason}`);
    }
    console.log(
      `zeek-btest: ${recognized} of ${files.length} logs recognized, ${rows} rows, ${rejected.length} rejected`,
    );
    // Not recognized: extracts by zeek-cut without a time column, and tests of the log writer itself. Those of the latter that look like a
    // log have no `ts` either.
    expect(recognized).toBeGreaterThan(430);
    expect(rejected.filter((line) => !line.endsWith('the time (ts) is missing'))).toEqual([]);
  });

  it('give every connection of a labelled capture', () => {
    const parsed = parseWith(zeek, sharedBytes('stratosphere-testing/008-zeek-mixed/data/conn.log.labeled'));
    expect(parsed.rows('flows')).toHaveLength(5663);
    expect(parsed.rejected).toEqual([]);
  });
});

function compareWithPeer(agreement: Agreement, row: ParsedRow, expected: Expected): void {
  const time = (row.startUs ?? row.timeUs) as number;
  // Filebeat keeps milliseconds.
  agreement.compare('time', Math.floor(time / 1000), Date.parse(expected['@timestamp'] as string));
  agreement.compare(
    'source',
    row.srcAddr ?? row.actorAddr,
    expected['source.ip'] ?? expected['source.address'],
  );
  // Filebeat leaves ICMP's type and code out; we keep them in the ports.
  const hasPorts = row.protocol !== 1;
  if (hasPorts) agreement.compare('source port', row.srcPort ?? row.actorPort, expected['source.port']);
  agreement.compare(
    'destination',
    row.dstAddr ?? row.host,
    expected['destination.ip'] ?? expected['destination.address'],
  );
  if (row.srcBytes !== undefined) {
    if (hasPorts) agreement.compare('destination port', row.dstPort, expected['destination.port']);
    agreement.compare('bytes', row.srcBytes, expected['source.bytes']);
    agreement.compare('bytes back', row.dstBytes, expected['destination.bytes']);
    agreement.compare('packets', row.srcPackets, expected['source.packets']);
    agreement.compare('packets back', row.dstPackets, expected['destination.packets']);
  }
  if (row.status !== undefined && row.status !== 0) {
    agreement.compare('status', row.status, expected['http.response.status_code']);
    agreement.compare('object', row.object, expected['url.original'] ?? expected['zeek.http.uri']);
    agreement.compare('bytes', row.bytesReturned, expected['http.response.body.bytes']);
    agreement.compare('agent', row.agent, expected['user_agent.original']);
  }
  const outcome = expected['event.outcome'];
  if (row.outcome !== undefined && typeof outcome === 'string' && row.user !== undefined) {
    const ours =
      row.outcome === LOGIN_OUTCOME.success
        ? 'success'
        : row.outcome === LOGIN_OUTCOME.failure
          ? 'failure'
          : 'unknown';
    agreement.compare('outcome', ours, outcome);
  }
  if (typeof row.user === 'string' && row.user !== '')
    agreement.compare('user', row.user, expected['user.name'] ?? expected['client.user.name'] ?? row.user);
}
