import { describe, expect, it } from 'vitest';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { EvidenceMaker, groundOf, standingsOf } from '../../../tests/support/evidence';
import { findCoverage } from './coverage';
import type { AnswerFinding, RotationFinding } from './findings';
import { climbLadder } from './ladder';
import type { CaseParameters } from './parameters';
import { planRotation } from './rotation';

const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [
    { name: 'log-1', aliases: ['10.0.0.5'] },
    { name: 'log-2', aliases: ['10.0.0.6'] },
    { name: 'log-3', aliases: ['10.0.0.7'] },
    { name: 'web-1', aliases: ['10.0.0.8'] },
  ],
  exposure: ['log-1', 'log-2', 'log-3'].map((asset) => ({
    asset,
    port: 9200,
    opened: '2015-02-20T00:00:00Z',
    closed: '2015-02-23T00:00:00Z',
  })),
};

const ok = { verb: QUERY_VERB.read, status: 200, outcome: QUERY_OUTCOME.success, bytesReturned: 100 };

function plan(verdicts: Record<string, AnswerFinding['verdict']>): RotationFinding[] {
  const maker = new EvidenceMaker();
  const access = maker.source({ name: 'access.log' });
  for (const host of ['log-1', 'log-2', 'log-3', 'web-1']) {
    access.query({
      ...ok,
      timeUs: '2015-02-21T10:00:00Z',
      actorAddr: '10.0.0.9',
      host,
      service: 'elasticsearch',
      object: `/logs/_search?api_key=key-of-${host}-0123456789`,
    });
  }
  access.query({
    ...ok,
    timeUs: '2015-02-21T11:00:00Z',
    actorAddr: '203.0.113.7',
    host: 'log-1',
    service: 'elasticsearch',
    object: '/logs/_search',
  });
  access.query({
    ...ok,
    timeUs: '2015-02-21T11:00:00Z',
    actorAddr: '203.0.113.8',
    host: 'log-2',
    service: 'elasticsearch',
    status: 401,
    object: '/x?password=guessing',
  });
  maker.source({ name: 'auth.log' }).login({
    timeUs: '2015-02-21T12:00:00Z',
    actorAddr: '203.0.113.9',
    host: 'web-1',
    service: 'sshd',
    user: 'deploy',
    method: LOGIN_METHOD.publickey,
    outcome: LOGIN_OUTCOME.success,
    key: 'SHA256:0123456789abcdef0123456789abcdef',
  });
  const bench = groundOf(maker.make(), CASE);
  const standings = standingsOf(bench);
  const coverage = findCoverage(bench.ground);
  const ladder = climbLadder(bench.ground, standings, coverage);
  const answers = Object.entries(verdicts).map(([asset, verdict]) => ({ asset, verdict }) as AnswerFinding);
  return planRotation(bench.ground, ladder, coverage, answers);
}

describe('planRotation', () => {
  const found = plan({
    'log-1': 'queried',
    'log-2': 'cannot tell',
    'log-3': 'not queried within coverage',
  });
  const of = (asset: string, kind: string): RotationFinding =>
    found.find((entry) => entry.asset === asset && entry.kind === kind)!;

  it('crosses where a credential lay with what was reached there', () => {
    expect(of('log-1', 'API key')).toMatchObject({ advice: 'must', rung: 7 });
    expect(of('log-2', 'API key')).toMatchObject({ advice: 'should' });
    expect(of('log-3', 'API key')).toMatchObject({ advice: 'no evidence' });
    expect(of('log-3', 'API key').reason).toMatch(/not queried within the coverage/);
  });

  it('must replace a key that a stranger logged in with', () => {
    expect(of('web-1', 'SSH key')).toMatchObject({ advice: 'must', holder: 'deploy' });
    expect(of('web-1', 'SSH key').reason).toMatch(/203\.0\.113\.9/);
  });

  it('does not take what a refused stranger typed for a credential of ours', () => {
    expect(found.filter((entry) => entry.kind === 'password')).toEqual([]);
  });

  it('never shows one whole', () => {
    const text = JSON.stringify(found);
    for (const secret of ['key-of-log-1-0123456789', 'SHA256:0123456789abcdef0123456789abcdef'])
      expect(text).not.toContain(secret);
    expect(of('log-1', 'API key').hint).toBe('…6789');
  });

  it('puts what must be done first', () => {
    const order = found.map((entry) => ['must', 'should', 'no evidence'].indexOf(entry.advice));
    expect(order).toEqual([...order].sort());
  });
});

describe('a secret that was read from a store', () => {
  /** Advice by the name of the secret, with the request that each store logs. */
  function advised(requests: readonly (readonly [service: string, object: string])[], actorAddr: string) {
    const maker = new EvidenceMaker();
    const log = maker.source({ format: 'cloudtrail' });
    for (const [service, object] of requests)
      log.query({
        timeUs: '2015-02-21T10:00:00Z',
        ...{
          actorAddr,
          service,
          object,
          principal: 'ops',
          verb: QUERY_VERB.read,
          outcome: QUERY_OUTCOME.success,
        },
      });
    const bench = groundOf(maker.make(), { ...CASE, exposure: [] });
    const coverage = findCoverage(bench.ground);
    const ladder = climbLadder(bench.ground, standingsOf(bench), coverage);
    return planRotation(bench.ground, ladder, coverage)
      .filter(({ kind }) => kind === 'stored secret')
      .map(({ holder, advice, reason }) => `${advice} ${holder}: ${reason}`);
  }

  const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3';

  it('must be replaced where a stranger read it, and is named', () => {
    expect(
      advised(
        [
          ['secretsmanager', `GetSecretValue ${ARN}`],
          ['ssm', 'GetParameter /prod/db/password'],
        ],
        '203.0.113.7',
      ),
    ).toEqual(
      [ARN, '/prod/db/password'].map(
        (name) => `must ${name}: 203.0.113.7, who is not known to be yours, read it.`,
      ),
    );
  });

  it('is none where only its name, or a public parameter, was asked for', () => {
    expect(
      advised(
        [
          ['secretsmanager', `DescribeSecret ${ARN}`],
          ['ssm', 'GetParameter /aws/service/ami-amazon-linux-latest/al2023'],
        ],
        '203.0.113.7',
      ),
    ).toEqual([]);
  });
});
