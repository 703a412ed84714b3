import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME } from '../tables/schemas';
import { mssqlErrorLog } from './mssql-errorlog';

describe('SQL Server’s error log', () => {
  const parsed = parseWith(mssqlErrorLog, readFileSync('tests/fixtures/mssql-errorlog/ERRORLOG', 'utf8'));

  it('tells who tried and who got in, by the machine’s clock', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 120) * 1000,
        timeBasis: TIME_BASIS.local,
        user: 'sa',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
      },
      { user: 'admin', outcome: LOGIN_OUTCOME.invalidUser },
      { user: 'sa', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.success },
      { user: 'EXAMPLE\\svc', actorAddr: '', actorName: '', outcome: LOGIN_OUTCOME.success },
    ]);
  });

  it('lists settings that were changed: commands allowed in statements', () => {
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, target: 'xp_cmdshell', detail: 'xp_cmdshell 0 → 1' },
    ]);
  });

  it('counts the rest', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({
      'message of Server': 1,
      'message of Logon': 2,
      'message of spid': 1,
      'continuation of the line before': 2,
    });
  });
});
