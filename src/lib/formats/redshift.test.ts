import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { redshift } from './redshift';

const read = (name: string): Parsed =>
  parseWith(redshift, readFileSync(`tests/fixtures/redshift/${name}.log`, 'utf8'));

describe('Redshift’s audit logs', () => {
  it('tell who connected from where, and who was refused', () => {
    const parsed = read('connection-log');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { outcome: LOGIN_OUTCOME.sessionOpened },
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        timeBasis: TIME_BASIS.absolute,
        actorAddr: '203.0.113.7',
        actorPort: 50_001,
        user: 'awsuser',
        host: 'dev',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success, actorPort: 50_002 },
      { outcome: LOGIN_OUTCOME.sessionClosed },
      // The service's own account, from within.
      { user: 'rdsdb', actorAddr: '' },
    ]);
    expect(parsed.skipped).toEqual({ 'event set application_name': 1 });
  });

  it('tell statements over any number of lines, and that nothing says how they ended', () => {
    const parsed = read('user-activity-log');
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 45) * 1000,
        principal: 'awsuser',
        host: 'dev',
        verb: QUERY_VERB.read,
        object: 'select * from mail.messages limit 50000',
        outcome: QUERY_OUTCOME.unknown,
        line: 1,
      },
      { verb: QUERY_VERB.read, object: expect.stringContaining('UNLOAD') as string, line: 4 },
      { line: 5 },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.userCreated, target: 'backup' }]);
    expect(parsed.rows('changes')[0]?.detail).not.toContain('hunter2');
  });

  it('tell accounts that came and went', () => {
    expect(read('user-log').rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'backup', detail: 'create superuser' },
      { kind: CHANGE_KIND.userDeleted },
    ]);
  });

  it('take no login from within a statement, whose lines its sender chose', () => {
    const statement = (text: string): string =>
      `'2015-03-02T10:20:30Z UTC [ db=dev user=bob pid=1 userid=100 xid=5 ]' LOG: ${text}\n`;
    const forged =
      'authenticated |Mon, 02 Mar 2015 10:20:31:601|203.0.113.66 |50001 |1 |dev|alice |password |0| | |0| | | |';
    const parsed = parseWith(redshift, `${statement('select 1')}${forged}\n${statement('select 2')}`);
    expect(parsed.rows('logins')).toEqual([]);
    expect(parsed.rows('queries')).toHaveLength(2);
    expect(parsed.rejected).toMatchObject([
      { line: 2, reason: expect.stringContaining('files of their own') as string },
    ]);
  });

  it('lose no line that is none of theirs', () => {
    const parsed = parseWith(
      redshift,
      'select 1\nauthenticated |Mon, 99 Mar 2015 10:20:40:601|::1 |1 |1|dev |a |password |0| | |0\n',
    );
    expect(parsed.rejected).toMatchObject([
      { reason: expect.stringContaining('neither a statement') as string },
      { reason: expect.stringContaining('recordtime') as string },
    ]);
  });
});
