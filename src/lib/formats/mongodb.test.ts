import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { fuzzJson, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { mongodb } from './mongodb';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/mongodb/${name}`, 'utf8');
const told = (parsed: Parsed): unknown[] =>
  parsed.rows('logins').map((row) => [row.outcome, row.user, row.actorAddr, row.actorPort]);

describe('a MongoDB log', () => {
  it.each(['json.log', 'plain.log', 'plain-2.4.log', 'plain-2.6.log', 'audit.log'])(
    'is recognized by its content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('mongodb');
    },
  );

  it.each(['json.log', 'plain.log'])('tells who came, was refused, let in, and what was read: %s', (name) => {
    const parsed = parseWith(mongodb, fixture(name));
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    const port = name === 'json.log' ? 56982 : 55404;
    expect(told(parsed)).toEqual([
      [LOGIN_OUTCOME.connect, '', '203.0.113.7', port],
      [LOGIN_OUTCOME.failure, 'root', '203.0.113.7', port],
      [LOGIN_OUTCOME.success, 'alice', '203.0.113.7', port],
      [LOGIN_OUTCOME.disconnect, 'alice', '203.0.113.7', port],
    ]);
    expect(parsed.rows('logins')[1]).toMatchObject({ method: LOGIN_METHOD.password });
    expect(parsed.rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        principal: 'alice',
        verb: QUERY_VERB.read,
        object: 'mail.keys',
        rowsReturned: 101,
        bytesReturned: 14_000,
        durationUs: 120_000,
      },
      { verb: QUERY_VERB.list, outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('is read as 2.4 and 2.6 wrote it', () => {
    const older = parseWith(mongodb, fixture('plain-2.4.log'));
    expect(recordsAccounted(older)).toBe(older.records);
    expect(told(older)).toEqual([
      [LOGIN_OUTCOME.connect, '', '203.0.113.7', 51514],
      [LOGIN_OUTCOME.unknown, 'root', '203.0.113.7', 51514],
      [LOGIN_OUTCOME.failure, 'root', '203.0.113.7', 51514],
      [LOGIN_OUTCOME.disconnect, '', '203.0.113.7', 51514],
    ]);
    expect(older.rows('queries')).toMatchObject([
      {
        timeBasis: TIME_BASIS.yearless,
        timeUs: Date.UTC(2000, 4, 5, 10, 20, 32, 123) * 1000,
        object: 'shop.users',
        verb: QUERY_VERB.read,
        rowsReturned: 101,
        bytesReturned: 12_345,
      },
    ]);
    expect(told(parseWith(mongodb, fixture('plain-2.6.log')))).toEqual([
      [LOGIN_OUTCOME.connect, '', '203.0.113.7', 51514],
      [LOGIN_OUTCOME.failure, 'root', '203.0.113.7', 51514],
      [LOGIN_OUTCOME.success, 'alice', '203.0.113.7', 51514],
    ]);
  });

  it('reads the audit log', () => {
    const parsed = parseWith(mongodb, fixture('audit.log'));
    expect(told(parsed)).toEqual([[LOGIN_OUTCOME.failure, 'alice', '203.0.113.7', 40_000]]);
    expect(parsed.rows('queries')).toMatchObject([
      { object: 'mail.keys', verb: QUERY_VERB.read, principal: 'alice' },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'mallory', principal: 'alice', host: '10.0.0.5' },
    ]);
  });

  it('never throws and never loses a line, whatever the bytes and values', () => {
    fuzzLines(mongodb, fixture('plain.log') + fixture('plain-2.4.log') + fixture('json.log'));
    const lines = (fixture('json.log') + fixture('audit.log')).trim().split('\n');
    fuzzJson(
      mongodb,
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('MongoDB logs of others', () => {
  it.each([
    'elastic-beats/filebeat/module/mongodb/log/test/mongodb-debian-3.2.11.log',
    'elastic-beats/filebeat/module/mongodb/log/test/mongodb-ubuntu-4.4.4-json.log',
    'lnav/test/logfile_mongodb.0',
    'crowdsec-hub/mongodb-logs/mongodb-logs.log',
  ])('lose nothing: %s', (path) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('mongodb');
    const parsed = parseWith(mongodb, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });

  it('give CrowdSec’s refused logins, the speculative one left to the line that follows it', () => {
    const parsed = parseWith(mongodb, sharedBytes('crowdsec-hub/mongodb-logs/mongodb-logs.log'));
    expect(told(parsed)).toEqual([[LOGIN_OUTCOME.failure, 'root', '127.0.0.1', 4071]]);
    expect(parsed.skipped).toEqual({ 'speculative authentication': 1 });
  });
});
