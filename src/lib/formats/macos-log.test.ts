import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { macosLog } from './macos-log';
import { macosLogJson } from './macos-log-json';

const textOf = (name: string): string => readFileSync(`tests/fixtures/macos-log/${name}.log`, 'utf8');
const read = (name: string): Parsed => parseWith(macosLog, textOf(name));

const ALICE = {
  service: 'sshd',
  user: 'alice',
  actorAddr: '198.51.100.4',
  actorPort: 40_022,
  method: LOGIN_METHOD.publickey,
  outcome: LOGIN_OUTCOME.success,
  process: 4322,
};

describe('the unified log of macOS as text', () => {
  it('tells logins by SSH and screen sharing, and what sudo ran, at their zone’s time', () => {
    const parsed = read('default');
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 30) * 1000 + 123_456,
        timeBasis: TIME_BASIS.absolute,
        user: 'root',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
      },
      ALICE,
      { service: 'sudo', user: 'alice', outcome: LOGIN_OUTCOME.privilege },
      {
        service: 'screen sharing',
        user: 'bob smith',
        actorAddr: '203.0.113.9',
        outcome: LOGIN_OUTCOME.failure,
      },
      { service: 'screen sharing', user: 'alice', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.logDeleted, principal: 'alice', target: '/usr/bin/log erase --all' },
    ]);
    expect(parsed.skipped).toMatchObject({ header: 3, 'program Photos': 1 });
  });

  it('is read in its other styles', () => {
    expect(read('compact').rows('logins')).toMatchObject([
      { ...ALICE, timeBasis: TIME_BASIS.local },
      { user: 'admin', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
    ]);
    expect(read('syslog').rows('logins')).toMatchObject([{ ...ALICE, timeBasis: TIME_BASIS.absolute }]);
  });

  it('says what was expected of a line that breaks off', () => {
    const parsed = parseWith(macosLog, '2015-03-02 10:20:30.123456+0100 0x1a2b     Err');
    expect(parsed.rejected).toMatchObject([{ reason: expect.stringContaining('log show') as string }]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(macosLog, textOf('default'));
  });
});

describe('the unified log of macOS as JSON', () => {
  it('tells the same of programs, and counts what is no message of one', () => {
    const parsed = parseWith(macosLogJson, readFileSync('tests/fixtures/macos-log-json/show.ndjson', 'utf8'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        user: 'root',
        actorAddr: '203.0.113.7',
        actorPort: 50_001,
        process: 4321,
        outcome: LOGIN_OUTCOME.failure,
      },
      { service: 'sudo', user: 'alice' },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.commandRun, target: '/bin/ls' }]);
    expect(parsed.skipped).toEqual({
      'program App': 1,
      'timesyncEvent without a program or message': 1,
      'end of the output': 1,
    });
  });
});
