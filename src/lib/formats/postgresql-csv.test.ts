import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { postgresqlCsv } from './postgresql-csv';
import { recognizeFormat } from './registry';
import { shownStatement } from './shared/sql';

const fixture = readFileSync('tests/fixtures/postgresql-csv/postgresql.csv', 'utf8');

describe('a PostgreSQL csvlog', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('postgresql-csv');
  });

  it('keeps a statement that goes on over lines in one piece', () => {
    const parsed = parseWith(postgresqlCsv, fixture);
    expect(recordsAccounted(parsed)).toBe(6);
    expect(parsed.skipped).toEqual({ 'continuation of the line before': 2, 'LOG line of another kind': 1 });
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        actorPort: 42608,
        principal: 'alice',
        verb: QUERY_VERB.read,
        object: 'select "id", secret from api_keys;',
        durationUs: 148_472,
        agent: 'psql',
        line: 1,
      },
      {
        actorAddr: '::1',
        actorPort: 16790,
        object: 'select * from salaries',
        outcome: QUERY_OUTCOME.denied,
        line: 4,
      },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'bob', actorAddr: '203.0.113.8', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('counts a record whose quote never closes', () => {
    const parsed = parseWith(postgresqlCsv, `${fixture}2015-03-02 10:20:34.123 UTC,"alice\nmore\nmore\n`);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toMatchObject([{ line: 7 }]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(postgresqlCsv, fixture);
  });
});

describe.skipIf(!hasSharedData)('csvlogs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('postgresql-csv against Filebeat');
    const folder = 'elastic-beats/filebeat/module/postgresql/log/test';
    for (const name of [
      '11-connection-disconnection',
      '11-duration',
      '11-multi-line',
      '11-parse-bind',
      '11-tempfile',
      '13',
    ]) {
      const parsed = compareWithFilebeat(
        agreement,
        postgresqlCsv,
        `${folder}/postgresql-${name}.csv.log`,
        'queries',
        (expected) => {
          const step = expected['postgresql.log.query_step'] as string | undefined;
          if (step === undefined || step === 'parse' || step === 'bind') return undefined;
          const duration = expected['event.duration'] as number | undefined;
          return {
            timeUs: microsOf(expected['@timestamp']),
            principal: expected['user.name'] as string | undefined,
            actorAddr: expected['postgresql.log.client_addr'] as string | undefined,
            actorPort: expected['postgresql.log.client_port'] as number | undefined,
            durationUs: duration === undefined ? undefined : Math.round(duration / 1000),
            object: shownStatement(String(expected['message'])),
            agent: expected['postgresql.log.application_name'] as string | undefined,
          };
        },
      );
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
