import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Findings, Sign } from './findings';
import { analyze } from './run';

const OPEN = at('2015-02-20T00:00:00Z');
const CLOSED = at('2015-02-23T00:00:00Z');
const HOUR = 3_600_000_000;
const EXPOSURE = [
  { asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' },
];

/** A stranger reads on 9200 while that is open; then each of `logins` gets in by SSH at its hour from the closing on. */
function findingsOf(logins: readonly { actor: string; hour: number }[]): Findings {
  const maker = new EvidenceMaker();
  const elastic = maker.source({ format: 'es-audit', asset: 'log-1' });
  for (let hour = 0; hour < 120; hour++) {
    const place = { service: 'elasticsearch', host: 'log-1', servicePort: 9200, object: '/health' };
    elastic.query({
      timeUs: OPEN + hour * HOUR,
      actorAddr: '10.0.0.9',
      ...place,
      outcome: QUERY_OUTCOME.success,
    });
  }
  elastic.query({
    timeUs: OPEN + 5 * HOUR,
    actorAddr: '203.0.113.7',
    service: 'elasticsearch',
    host: 'log-1',
    servicePort: 9200,
    object: 'customers',
    verb: QUERY_VERB.read,
    outcome: QUERY_OUTCOME.success,
  });
  const sshd = maker.source({ format: 'syslog', asset: 'log-1' });
  for (const { actor, hour } of logins) {
    const place = { host: 'log-1', service: 'sshd', user: 'deploy', outcome: LOGIN_OUTCOME.success };
    sshd.login({ timeUs: CLOSED + hour * HOUR, actorAddr: actor, ...place });
  }
  return analyze(maker.make(), { exposure: EXPOSURE, ownNetworks: ['10.0.0.0/8'] });
}

function signOf(findings: Findings, actor: string, name: string): Sign | undefined {
  return findings.actors.find((finding) => finding.actor === actor)?.why.find(({ sign }) => sign === name);
}

describe('coming back', () => {
  it('by another way counts for who had used what was closed', () => {
    const sign = signOf(findingsOf([{ actor: '203.0.113.7', hour: 30 }]), '203.0.113.7', 'returned');
    expect(sign).toMatchObject({ score: 'quiet', rows: { table: 'logins', actor: '203.0.113.7' } });
    expect(sign?.text).toBe('it came back by a login as deploy (sshd) after what it had used was closed');
  });

  it('counts for a newcomer from the same network, and for nobody else', () => {
    const findings = findingsOf([
      { actor: '203.0.113.200', hour: 30 },
      { actor: '198.51.100.9', hour: 31 },
    ]);
    expect(signOf(findings, '203.0.113.200', 'same-network')?.text).toContain('203.0.113.7 (203.0.113.0/24)');
    expect(signOf(findings, '198.51.100.9', 'same-network')).toBeUndefined();
  });

  it('is none while it is still open', () => {
    expect(
      signOf(findingsOf([{ actor: '203.0.113.7', hour: -10 }]), '203.0.113.7', 'returned'),
    ).toBeUndefined();
  });
});

describe('what an actor changed', () => {
  it('counts where it deleted what the service holds, unless it was refused', () => {
    const maker = new EvidenceMaker();
    const elastic = maker.source({ format: 'es-audit', asset: 'log-1' });
    const place = { service: 'elasticsearch', host: 'log-1', servicePort: 9200, object: 'app-logs' };
    const removal = { timeUs: OPEN + HOUR, ...place, verb: QUERY_VERB.delete };
    elastic.query({ ...removal, actorAddr: '203.0.113.7', outcome: QUERY_OUTCOME.success });
    elastic.query({ ...removal, actorAddr: '203.0.114.8', outcome: QUERY_OUTCOME.denied });
    const findings = analyze(maker.make(), { exposure: EXPOSURE, ownNetworks: ['10.0.0.0/8'] });
    expect(signOf(findings, '203.0.113.7', 'deleted-data')?.text).toBe(
      'deleted what the service holds 1 time',
    );
    expect(signOf(findings, '203.0.114.8', 'deleted-data')).toBeUndefined();
  });

  it('counts where it hides what was done, unless it failed', () => {
    const maker = new EvidenceMaker();
    const trail = maker.source({ format: 'cloudtrail' });
    const stop = { kind: CHANGE_KIND.loggingStopped, target: 'trail-1' };
    const call = {
      service: 'ec2',
      host: 'AWS account 111122223333',
      object: 'DescribeInstances',
      verb: QUERY_VERB.list,
    };
    for (const [hour, actorAddr] of ['203.0.113.7', '203.0.114.8'].entries()) {
      trail.query({ timeUs: OPEN + (hour + 1) * HOUR, actorAddr, principal: 'x', ...call, outcome: 1 });
      const outcome = hour === 0 ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure;
      trail.change({ timeUs: OPEN + (hour + 2) * HOUR, actorAddr, principal: 'x', ...stop, outcome });
    }
    const findings = analyze(maker.make(), {});
    expect(signOf(findings, '203.0.113.7', 'hid-traces')?.text).toBe(
      'stopped logging or deleted logs 1 time',
    );
    expect(signOf(findings, '203.0.114.8', 'hid-traces')).toBeUndefined();
    expect(findings.actors.find(({ actor }) => actor === '203.0.113.7')?.standing).toBe('quiet');
  });
});
