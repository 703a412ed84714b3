import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { cef } from './cef';
import { leef } from './leef';
import { syslogFile } from './syslog';

const text = (name: string): string => readFileSync(`tests/fixtures/${name}.log`, 'utf8');
const at = (second: number): number => Date.UTC(2015, 2, 2, 10, 20, second) * 1000;
const anyOrder = (rows: readonly object[]): unknown =>
  expect.arrayContaining(rows.map((row) => expect.objectContaining(row) as unknown)) as unknown;

describe('CEF events', () => {
  const parsed = parseWith(cef, text('cef/events'));

  it('give connections by each maker’s own meaning of their values', () => {
    expect(parsed.rows('flows')).toHaveLength(4);
    expect(parsed.rows('flows')).toEqual(
      anyOrder([
        {
          ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
          ...{ srcBytes: 455, dstBytes: 7475, verdict: VERDICT.accept, startUs: at(30), sensor: 'fw1' },
        },
        // FortiGate sends what it calls sent as "out", and names its sessions.
        {
          ...{ srcAddr: '203.0.113.8', dstPort: 443, srcBytes: 1800, dstBytes: 9000, srcPackets: 10 },
          ...{ startUs: at(26), endUs: at(31) },
        },
        { srcAddr: '203.0.113.10', srcPort: 50_003, dstPort: 22, verdict: VERDICT.reject, startUs: at(33) },
        { srcAddr: '203.0.113.14', dstPort: 42, protocol: 17, srcBytes: 291, verdict: VERDICT.reject },
      ]),
    );
  });

  it('give logins that say how they ended, and requests', () => {
    expect(parsed.rows('logins')).toEqual(
      anyOrder([
        { actorAddr: '203.0.113.9', user: 'admin1', service: 'ssh', outcome: LOGIN_OUTCOME.failure },
        { actorAddr: '203.0.113.11', user: 'admin', outcome: LOGIN_OUTCOME.success, host: 'dsm' },
        { actorAddr: '203.0.113.12', user: 'operator', outcome: LOGIN_OUTCOME.failure, timeUs: at(35) },
      ]),
    );
    expect(parsed.rows('queries')).toMatchObject([
      {
        ...{ actorAddr: '203.0.113.13', verb: QUERY_VERB.write, outcome: QUERY_OUTCOME.denied, host: 'waf1' },
        ...{ object: 'https://www.example.org/search?q=1', servicePort: 443, principal: '' },
      },
    ]);
  });

  it('are counted by name where they tell of neither, and never taken from a value’s text', () => {
    expect(parsed.skipped).toEqual({ 'event Deep Security Manager Policies updated': 1 });
    expect(parsed.rejected).toMatchObject([
      { line: 10, reason: expect.stringContaining('cut off') as string },
    ]);
    expect(recordsAccounted(parsed)).toBe(10);
  });

  it('agree with what Elastic’s integration reads of the same lines', () => {
    const plain = parseWith(cef, text('cef/plain'));
    expect(plain.rows('flows')).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 68, dstPort: 67, protocol: 17, verdict: VERDICT.reject },
        ...{ startUs: Date.UTC(2020, 0, 17, 8, 56, 21) * 1000, sensor: '10.1.1.10' },
      },
    ]);
    expect(plain.rows('queries')).toMatchObject([{ verb: QUERY_VERB.read, servicePort: 443 }]);
    // Whether the login went well, the event does not say.
    expect(plain.rows('logins')).toEqual([]);
  });

  it('are read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    const counts = (parsed: Parsed): number[] => [parsed.rows('logins').length, parsed.rows('flows').length];
    expect(counts(parseWith(syslogFile, `${host.repeat(400)}${text('cef/events')}`))).toEqual([403, 4]);
  });
});

describe('LEEF events', () => {
  it('are read with each separator', () => {
    const parsed = parseWith(leef, text('leef/events'));
    expect(parsed.rows('flows')).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstPort: 9200, protocol: 6, verdict: VERDICT.accept },
        ...{ srcBytes: 455, dstBytes: 7475, startUs: at(30) },
      },
      { srcAddr: '203.0.113.9', dstPort: 22, verdict: VERDICT.reject },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.8', user: 'joe.black', outcome: LOGIN_OUTCOME.failure, timeUs: at(31) },
    ]);
    expect(parsed.skipped).toEqual({ 'event StealthWatch 41': 1 });
  });
});
