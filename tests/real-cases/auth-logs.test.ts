import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ActorFinding, Findings } from '../../src/lib/analysis/findings';
import { findingsOf } from '../support/real-case';
import { SHARED_DATA } from '../support/shared-data';

const OPENSSH = 'loghub/OpenSSH/OpenSSH_2k.log';
const ELASTIC =
  'elastic-examples/Machine Learning/Security Analytics Recipes/suspicious_login_activity/data/auth.log';

function isThere(path: string, tests: number): boolean {
  const found = existsSync(join(SHARED_DATA, path));
  if (!found) console.log(`${path} is absent: ${tests} tests skipped`);
  return found;
}

const actorOf = (findings: Findings, actor: string): ActorFinding | undefined =>
  findings.actors.find((finding) => finding.actor === actor);

describe.skipIf(!isThere(OPENSSH, 4))('a server under brute force (LogHub OpenSSH_2k)', () => {
  let findings: Findings;
  beforeAll(async () => {
    findings = await findingsOf([OPENSSH]);
  });

  it('finds the one login that was accepted, and ranks it first', () => {
    const [first, second] = findings.actors.filter(({ quietRank }) => quietRank !== null);
    expect(first).toMatchObject({ actor: '119.137.62.142', standing: 'quiet', successes: 1, failures: 0 });
    expect(second).toBeUndefined();
  });

  it('counts the 532 failures that README.md beside the data counts', () => {
    expect(findings.actors.reduce((sum, { failures }) => sum + failures, 0)).toBe(532);
  });

  it('calls noise whoever failed more than once, and no one who got in', () => {
    for (const { actor, standing, failures, successes } of findings.actors) {
      if (successes > 0) expect(standing, actor).not.toBe('noise');
      else if (failures > 1) expect(standing, actor).toBe('noise');
    }
  });

  it('says that a login log alone can’t tell what was read, and what to rotate all the same', () => {
    expect(findings.answers).toMatchObject([
      { service: '22/tcp', verdict: 'cannot tell', rung: 5, ceiling: 5 },
    ]);
    expect(findings.rotation).toMatchObject([{ kind: 'password', holder: 'fztu', advice: 'must' }]);
  });
});

describe.skipIf(!isThere(ELASTIC, 3))('an exposed host of Elastic’s examples', () => {
  let findings: Findings;
  beforeAll(async () => {
    findings = await findingsOf([ELASTIC]);
  });

  it('puts the one that guessed its way in above all others, though it is noise', () => {
    const guesser = actorOf(findings, '24.151.103.17');
    expect(guesser).toMatchObject({ standing: 'noise', succeeded: true, quietRank: 1 });
    expect(guesser?.why.map(({ sign }) => sign)).toContain('success-after-guessing');
  });

  it('keeps those who log in from among the bots', () => {
    for (const actor of ['85.245.107.41', '95.93.96.191'])
      expect(actorOf(findings, actor)?.standing, actor).toBe('quiet');
    const bots = findings.actors.filter(({ successes, failures }) => successes === 0 && failures > 5);
    expect(bots.length).toBeGreaterThan(10);
    expect(new Set(bots.map(({ standing }) => standing))).toEqual(new Set(['noise']));
  });

  it('can’t tell of any day what was read', () => {
    expect(findings.answers.map(({ verdict }) => verdict)).toEqual(['cannot tell']);
    expect(new Set(findings.verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['cannot tell']));
  });
});
