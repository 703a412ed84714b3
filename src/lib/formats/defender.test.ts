import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { CONN_STATE, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { defender } from './defender';
import { defenderCsv } from './defender-csv';

const streamed = (): Parsed =>
  parseWith(defender, readFileSync('tests/fixtures/defender/streamed.json', 'utf8'));
const table = (name: string): Parsed =>
  parseWith(defenderCsv, readFileSync(`tests/fixtures/defender-csv/${name}.csv`, 'utf8'));

describe('logons and connections that Defender saw', () => {
  it('are read from the streaming API, and other tables beside them counted', () => {
    const parsed = streamed();
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        user: 'administrator',
        host: 'files1',
        service: 'network logon',
        actorAddr: '203.0.113.7',
        method: LOGIN_METHOD.ntlm,
        outcome: LOGIN_OUTCOME.failure,
      },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        srcAddr: '203.0.113.7',
        srcPort: 50_001,
        dstAddr: '192.0.2.10',
        dstPort: 3389,
        protocol: 6,
        sensor: 'files1',
      },
      { srcAddr: '192.0.2.10', dstAddr: '198.51.100.22', dstPort: 22, connState: CONN_STATE.established },
    ]);
    expect(parsed.skipped).toEqual({ 'ProcessCreated event': 1, 'DeviceInfo event': 1 });
  });

  it('tell who got in from who tried, in rows of a query', () => {
    const rows = parseWith(defender, readFileSync('tests/fixtures/defender/rows.json', 'utf8'));
    expect(rows.rows('logins')).toMatchObject([
      {
        user: 'alice',
        service: 'rdp',
        actorAddr: '198.51.100.4',
        actorPort: 51_001,
        outcome: LOGIN_OUTCOME.success,
        process: 1_431_021,
      },
      { user: 'bob', service: 'console', actorAddr: '', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(table('device-logons').rows('logins')).toMatchObject([
      { outcome: LOGIN_OUTCOME.failure },
      { outcome: LOGIN_OUTCOME.unknown, service: 'rdp' },
      { outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.kerberos },
      { user: 'bob', actorAddr: '', actorName: '' },
    ]);
  });

  it('begin at the side that began them, and open ports are none', () => {
    const parsed = table('device-network');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '203.0.113.7', dstPort: 3389, verdict: VERDICT.accept, connState: CONN_STATE.established },
      { srcAddr: '192.0.2.10', dstAddr: '198.51.100.80', dstPort: 443, verdict: VERDICT.accept },
      { dstAddr: '198.51.100.81', verdict: VERDICT.unknown, connState: CONN_STATE.attempt },
      { srcAddr: '203.0.113.9', dstAddr: '192.0.2.10', dstPort: 80 },
    ]);
    expect(parsed.skipped).toEqual({ header: 1, 'ListeningConnectionCreated event': 1 });
  });

  it('are rejected where no time can be read', () => {
    const parsed = parseWith(defender, '{"ActionType":"LogonFailed","DeviceName":"a","LogonType":"Network"}');
    expect(parsed.rejected).toMatchObject([{ reason: expect.stringContaining('Timestamp') as string }]);
  });
});
