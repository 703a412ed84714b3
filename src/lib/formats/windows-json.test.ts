import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes, sharedText } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { windowsJson } from './windows-json';

const fixture = (name: string): string => readFileSync(`tests/fixtures/windows-json/${name}`, 'utf8');
const at = (second: number, millis = 0): number => Date.UTC(2015, 2, 2, 10, 20, second, millis) * 1000;

describe('Windows events in JSON', () => {
  it.each(['nxlog.jsonl', 'winlogbeat.jsonl', 'chainsaw.json', 'velociraptor.jsonl'])(
    'are recognized by their content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('windows-json');
    },
  );

  it('are read out of what Chainsaw detected, each once', () => {
    const parsed = parseWith(windowsJson, fixture('chainsaw.json'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: at(30) + 123_456,
        user: 'alice',
        actorAddr: '203.0.113.7',
        actorPort: 50_001,
        process: 0x123,
      },
      { outcome: LOGIN_OUTCOME.failure },
    ]);
    expect(parsed.skipped).toMatchObject({ 'rule over several events': 1 });
    expect(parsed.notes.join()).toMatch(/may have happened all the same/);
  });

  it('are read out of what Velociraptor collects, as it parses an event log and as its artifacts show it', () => {
    const parsed = parseWith(windowsJson, fixture('velociraptor.jsonl'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: at(30, 123), user: 'alice', host: 'dc1.corp.example', outcome: LOGIN_OUTCOME.success },
      { user: 'bob', actorPort: 50_002, outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('are read out of the payload that EvtxECmd writes', () => {
    const data = { TargetUserName: 'bob', LogonType: '3', IpAddress: '203.0.113.7', IpPort: '51234' };
    const named = Object.entries(data).map(([name, text]) => ({ '@Name': name, '#text': text }));
    const record = {
      ...{ EventId: 4625, EventRecordId: '1', Computer: 'dc1', Channel: 'Security', UserName: '-\\-' },
      TimeCreated: '2015-03-02T10:20:30.1234567+00:00',
      Payload: JSON.stringify({ EventData: { Data: named } }),
    };
    expect(parseWith(windowsJson, JSON.stringify(record)).rows('logins')).toMatchObject([
      { user: 'bob', actorAddr: '203.0.113.7', actorPort: 51234, outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('tell who came, from where, by which way, and who was refused', () => {
    const parsed = parseWith(windowsJson, fixture('nxlog.jsonl'));
    expect(recordsAccounted(parsed)).toBe(7);
    expect(parsed.skipped).toEqual({ 'event 4658': 1 });
    expect(parsed.rows('logins')).toMatchObject([
      {
        // The wall clock stood five hours behind the shipper's.
        timeUs: at(30),
        timeBasis: TIME_BASIS.absolute,
        host: 'DC1.corp.example',
        service: 'rdp',
        user: 'alice',
        actorAddr: '203.0.113.7',
        actorPort: 50123,
        outcome: LOGIN_OUTCOME.success,
        process: 0x824909,
      },
      {
        user: 'bob',
        actorAddr: '',
        actorName: 'WS7',
        method: LOGIN_METHOD.ntlm,
        outcome: LOGIN_OUTCOME.failure,
      },
      { service: 'kerberos service ticket', actorAddr: '10.0.0.7', outcome: LOGIN_OUTCOME.unknown },
      { service: 'kerberos', method: LOGIN_METHOD.kerberos, outcome: LOGIN_OUTCOME.failure },
    ]);
    expect(parsed.notes).toHaveLength(1);
  });

  it('tell who got rights, and which connections the packet filter let through', () => {
    const parsed = parseWith(windowsJson, fixture('nxlog.jsonl'));
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, target: 'S-1-5-21-1-2-3-1104', principal: 'alice' },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        srcAddr: '10.0.0.7',
        srcPort: 50124,
        dstAddr: '10.0.0.5',
        dstPort: 445,
        protocol: 6,
        verdict: VERDICT.accept,
        srcBytes: Number.NaN,
      },
    ]);
  });

  it('are read in the nesting of each shipper', () => {
    const parsed = parseWith(windowsJson, fixture('winlogbeat.jsonl'));
    expect(parsed.rows('logins')).toMatchObject([
      {
        user: 'alice',
        actorName: 'WS7',
        outcome: LOGIN_OUTCOME.failure,
        method: LOGIN_METHOD.ntlm,
        timeUs: at(30, 123),
      },
      { user: 'mallory', outcome: LOGIN_OUTCOME.privilege, timeUs: at(33, 123) + 456 },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.logDeleted, principal: 'mallory' },
      { kind: CHANGE_KIND.userCreated, target: 'support' },
    ]);
  });

  it('give the same rows however shared out, and survive any values', () => {
    expectSplitInvariance(windowsJson, fixture('nxlog.jsonl') + fixture('winlogbeat.jsonl'));
    const lines = (fixture('nxlog.jsonl') + fixture('winlogbeat.jsonl')).trim().split('\n');
    fuzzJson(
      windowsJson,
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('Windows events of others', () => {
  it.each(['purplesharp_ad_playbook_I', 'covenant_psremoting_command', 'empire_psexec_dcerpc_tcp_svcctl'])(
    'agree with the events themselves: %s',
    (name) => {
      const path = `otrf-windows-paired/${name}/security.jsonl`;
      const bytes = sharedBytes(path);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('windows-json');
      const parsed = parseWith(windowsJson, bytes);
      expect(recordsAccounted(parsed)).toBe(parsed.records);
      expect(parsed.rejected).toEqual([]);
      const events = sharedText(path)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string | number>);
      const rows = parsed
        .rows('logins')
        .filter((row) => row.service !== 'explicit credentials' && row.service !== 'special privileges');
      const agreement = new Agreement(`windows-json: ${name}`);
      const logons = events.filter((event) =>
        [4624, 4625, 4634, 4647, 4768, 4769, 4771, 4776].includes(Number(event['EventID'])),
      );
      agreement.compare('logins', rows.length, logons.length);
      logons.forEach((event, i) => {
        const address = String(event['IpAddress'] ?? '-').replace('::ffff:', '');
        agreement.compare(`${i} user`, rows[i]?.user, event['TargetUserName']);
        agreement.compare(`${i} address`, rows[i]?.actorAddr, address === '-' ? '' : address);
        agreement.compare(`${i} host`, rows[i]?.host, event['Hostname']);
        const lag = Date.parse(String(event['@timestamp'])) * 1000 - Number(rows[i]?.timeUs);
        agreement.compare(`${i} time`, lag >= 0 && lag < 60e6, true);
      });
      agreement.print();
      expect(agreement.differences).toEqual([]);
    },
  );
});
