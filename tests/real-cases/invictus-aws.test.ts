import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Findings } from '../../src/lib/analysis/findings';
import { findingsOf } from '../support/real-case';
import { SHARED_DATA, sharedJson } from '../support/shared-data';

const FOLDER = 'invictus-aws/CloudTrail';
const ACCOUNT = 'AWS account 123837392027';
const isThere = existsSync(join(SHARED_DATA, FOLDER));
if (!isThere) console.log('invictus-aws is absent: 6 tests skipped');

interface TrailRecord {
  readonly eventName: string;
  readonly errorCode?: string;
  readonly requestParameters?: {
    readonly secretId?: string;
    readonly name?: string;
    readonly names?: string[];
  };
}

function recordsOf(): TrailRecord[] {
  return readdirSync(join(SHARED_DATA, FOLDER))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => sharedJson<{ Records: TrailRecord[] }>(`${FOLDER}/${name}`).Records);
}

/** An account in which Stratus Red Team was run for an hour; the README beside it says so, and names of roles and buckets say with what. */
describe.skipIf(!isThere)('an AWS account under attack', () => {
  let findings: Findings;
  beforeAll(async () => {
    const names = readdirSync(join(SHARED_DATA, FOLDER)).filter((name) => name.endsWith('.json'));
    findings = await findingsOf(names.map((name) => `${FOLDER}/${name}`));
  }, 60_000);

  const verdictOn = (asset: string, service: string): string | undefined =>
    findings.answers.find((answer) => answer.asset === asset && answer.service === service)?.verdict;

  it('acts through principals, since the export’s addresses are made up', () => {
    const principals = findings.actors.filter(({ kind }) => kind === 'principal').map(({ actor }) => actor);
    expect(principals).toEqual(expect.arrayContaining(['bert-jan', 'benjamin']));
    expect(findings.actors.map(({ actor }) => actor)).not.toContain('192.168.10.20');
    expect(findings.inferred.join()).toMatch(/private address .*so the principal is the actor/);
  });

  it('had its secrets and parameters read by the one that Stratus ran as', () => {
    for (const service of ['secretsmanager', 'ssm']) {
      expect(verdictOn(ACCOUNT, service), service).toBe('queried');
      expect(findings.answers.find((answer) => answer.service === service)?.actors).toContain('bert-jan');
    }
  });

  it('lists each of those secrets and parameters by its name, to be replaced', () => {
    const read = findings.rotation.filter(({ kind }) => kind === 'stored secret');
    expect(new Set(read.map(({ advice }) => advice))).toEqual(new Set(['must']));
    const calls = recordsOf().filter(
      ({ eventName, errorCode }) =>
        errorCode === undefined && /^(?:GetSecretValue|GetParameters?)$/.test(eventName),
    );
    const asked = calls.flatMap(({ requestParameters: of }) => of?.names ?? [of?.secretId ?? of?.name]);
    expect(read.map(({ holder }) => holder).sort()).toEqual([...new Set(asked)].sort());
    expect(findings.rotation.filter(({ kind }) => kind === 'token')).toEqual([]);
  });

  it('gave out no Windows password: all 29 tries were refused', () => {
    expect(verdictOn(ACCOUNT, 'ec2')).toBe('not queried within coverage');
    const role = findings.actors.find(({ actor }) => actor.includes('ec2-get-password-data-role'));
    expect(role).toMatchObject({ rung: 4 });
  });

  it('can’t tell of buckets, whose objects this trail does not log', () => {
    const buckets = findings.answers.filter(({ service }) => service === 's3');
    expect(buckets.length).toBeGreaterThan(5);
    expect(new Set(buckets.map(({ verdict }) => verdict))).toEqual(new Set(['cannot tell']));
    expect(buckets[0]?.missing.join()).toMatch(/CloudTrail data events/);
  });

  it('had its trails stopped, flow logs deleted, users and keys made', () => {
    const kinds = new Set(findings.aftermath.changes.map(({ kind }) => kind));
    for (const kind of ['loggingStopped', 'userCreated', 'keyCreated', 'privilegeGranted'])
      expect(kinds).toContain(kind);
  });
});
