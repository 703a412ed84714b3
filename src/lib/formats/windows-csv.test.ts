import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { windowsCsv } from './windows-csv';

const fixture = (name: string): string => readFileSync(`tests/fixtures/windows-csv/${name}`, 'utf8');

describe('Windows events in CSV', () => {
  it.each(['viewer.csv', 'siem.csv'])('are recognized by their content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('windows-csv');
  });

  it('are read out of EvtxECmd’s maps where its payload was left out, in UTC', () => {
    const parsed = parseWith(windowsCsv, fixture('evtxecmd-maps-only.csv'));
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        timeBasis: TIME_BASIS.absolute,
        user: 'alice',
        actorAddr: '203.0.113.7',
        service: 'rdp',
        process: 0x123,
      },
    ]);
  });

  it('are read out of the message that the Event Viewer renders', () => {
    const parsed = parseWith(windowsCsv, fixture('viewer.csv'));
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        timeBasis: TIME_BASIS.local,
        user: 'alice',
        service: 'rdp',
        actorAddr: '203.0.113.7',
        actorPort: 50123,
        method: LOGIN_METHOD.ntlm,
        outcome: LOGIN_OUTCOME.success,
        line: 2,
      },
      {
        timeUs: Date.UTC(2015, 2, 2, 13, 20, 31) * 1000,
        user: 'bob',
        service: 'network logon',
        actorAddr: '203.0.113.8',
        outcome: LOGIN_OUTCOME.failure,
      },
    ]);
  });

  it('are read column by column from a SIEM’s export', () => {
    expect(parseWith(windowsCsv, fixture('siem.csv')).rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 980) * 1000,
        timeBasis: TIME_BASIS.absolute,
        user: 'alice',
        host: 'DC1',
        actorAddr: '203.0.113.7',
      },
      { user: 'bob', actorName: 'WS8', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('are read out of the payload that EvtxECmd writes, in UTC', () => {
    const parsed = parseWith(windowsCsv, fixture('evtxecmd.csv'));
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeBasis: TIME_BASIS.absolute,
        host: 'dc1.example.net',
        user: 'bob',
        actorAddr: '203.0.113.7',
        actorPort: 51234,
        outcome: LOGIN_OUTCOME.failure,
      },
      { service: 'rdp', process: 0x1a2b, outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.logDeleted, principal: 'bob' }]);
  });

  it('are read from Sentinel’s columns, where the account has its domain before it', () => {
    const text =
      '"TimeGenerated [UTC]","Computer","EventID","Account","Activity","IpAddress","LogonType"\n' +
      '"3/2/2015, 10:20:30.123 AM","DC1","4625","CORP\\bob","4625 - An account failed to log on.","203.0.113.7","3"\n';
    expect(parseWith(windowsCsv, text).rows('logins')).toMatchObject([
      { user: 'bob', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure, service: 'network logon' },
    ]);
  });

  it('never throw and never lose a line, whatever the bytes', () => {
    fuzzLines(windowsCsv, fixture('viewer.csv'));
    fuzzLines(windowsCsv, fixture('siem.csv'));
  });
});

describe.skipIf(!hasSharedData)('Windows CSV of others', () => {
  it('loses nothing: a Sentinel export', () => {
    const bytes = sharedBytes('msticpy/tests/testdata/host_logons.csv');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('windows-csv');
    const parsed = parseWith(windowsCsv, bytes);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toHaveLength(14);
    expect(recordsAccounted(parsed)).toBe(15);
  });
});
