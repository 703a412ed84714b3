import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareColumns, microsOf, type Expected } from '../../../tests/support/peers';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import {
  Agreement,
  hasSharedData,
  SHARED_DATA,
  sharedBytes,
  sharedJson,
} from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { QUERY_VERB } from '../tables/schemas';
import { mysqlSlow } from './mysql-slow';
import { recognizeFormat } from './registry';
import { shownStatement } from './shared/sql';

const fixture = readFileSync('tests/fixtures/mysql-slow/slow.log', 'utf8');

describe('a MySQL slow query log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('mysql-slow');
  });

  it('tells what was asked, by whom, and how many rows and bytes went back', () => {
    const parsed = parseWith(mysqlSlow, fixture);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 811_234,
        actorAddr: '203.0.113.7',
        principal: 'alice',
        verb: QUERY_VERB.read,
        object: 'SELECT id, secret FROM api_keys;',
        rowsReturned: 5000,
        bytesReturned: 5_120_044,
        durationUs: 2_475_469,
        line: 4,
      },
      {
        timeUs: 1_425_291_640_000_000,
        timeBasis: TIME_BASIS.absolute,
        verb: QUERY_VERB.delete,
        principal: 'bob',
      },
      { timeUs: Date.UTC(2015, 2, 2, 11, 20, 50) * 1000, timeBasis: TIME_BASIS.local },
    ]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(mysqlSlow, fixture);
  });
});

describe.skipIf(!hasSharedData)('slow query logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('mysql-slow against Filebeat');
    const folder = 'elastic-beats/filebeat/module/mysql/slowlog/test';
    for (const name of readdirSync(`${SHARED_DATA}/${folder}`).filter((one) => one.endsWith('.log'))) {
      const bytes = sharedBytes(`${folder}/${name}`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('mysql-slow');
      const parsed = parseWith(mysqlSlow, bytes);
      expect(recordsAccounted(parsed), name).toBe(parsed.records);
      expect(parsed.rejected, name).toEqual([]);
      const expected = sharedJson<Expected[]>(`${folder}/${name}-expected.json`);
      const rows = parsed.rows('queries');
      agreement.compare(`${name} entries`, rows.length, expected.length);
      expected.forEach((entry, i) => {
        const row = rows[i];
        compareColumns(agreement, `${name}#${i}`, row, {
          principal: entry['user.name'] as string | undefined,
          actorAddr: entry['source.ip'] as string | undefined,
          rowsReturned: entry['mysql.slowlog.rows_sent'] as number | undefined,
          bytesReturned: entry['mysql.slowlog.bytes_sent'] as number | undefined,
          // Filebeat takes a restarted server's banner into the statement before it.
          object: shownStatement(
            String(entry['mysql.slowlog.query'] ?? '').replace(/\n\S*mysqld, Version: [^]*$/, ''),
          ),
        });
        // Filebeat computes in single precision.
        const theirs = Number(entry['event.duration']) / 1000;
        agreement.compare(
          `${name}#${i} duration`,
          Math.abs(Number(row?.durationUs) - theirs) <= 1 + theirs * 1e-7,
          true,
        );
        // We take the line's own time, Filebeat the statement's stamp; which of them is the query's begin changed with MySQL 8.0.14.
        const apart = Math.abs(Number(row?.timeUs) - microsOf(entry['@timestamp']));
        if (row?.timeBasis === TIME_BASIS.absolute)
          agreement.compare(`${name}#${i} time`, apart <= Number(row?.durationUs) + 1_000_000, true);
      });
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
