import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { analyze } from './run';

const OPENED = at('2015-03-03T09:00:00Z');
const HOUR = 3_600e6;
const READER = '198.51.100.77';

describe('a public bucket that twelve crawlers list, and from which one stranger takes an object', () => {
  const maker = new EvidenceMaker();
  const change = { principal: 'dora', host: 'mail', outcome: CHANGE_OUTCOME.success };
  const trail = maker.source({ format: 'cloudtrail', heldOffAsset: true });
  trail.change({
    ...{ ...change, timeUs: OPENED, kind: CHANGE_KIND.publicGranted, cidr: '0.0.0.0/0' },
    target: 'policy of mail',
  });
  trail.change({
    ...{ ...change, timeUs: OPENED + 48 * HOUR, kind: CHANGE_KIND.publicRevoked, cidr: '' },
    target: 'policy of mail',
  });
  const log = maker.source({ format: 's3-access', heldOffAsset: true });
  const request = { principal: 'anonymous', service: 's3', host: 'mail', status: 200 };
  const get = (hours: number, actorAddr: string, object: string, bytesReturned: number): void => {
    log.query({
      ...{ ...request, timeUs: OPENED + hours * HOUR, actorAddr, object, bytesReturned },
      ...{ verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success },
    });
  };
  for (let k = 0; k < 12; k++) get(1 + k, `203.${k}.113.9`, 'mail/', 700 + 50 * k);
  get(20, READER, 'mail/customers.csv', 4_800_000);
  const { actors, answers, verdicts } = analyze(maker.make(), {});
  const of = (actor: string) => actors.find((one) => one.actor === actor);

  it('ranks who took most first, of those with the same score', () => {
    expect(of(READER)?.quietRank).toBe(1);
    expect(answers[0]?.actors[0]).toBe(READER);
    expect(verdicts.find(({ day }) => day === '2015-03-04')?.actors[0]).toBe(READER);
  });

  it('holds against the crawlers that others did as much, and not against the reader', () => {
    const crawler = of('203.3.113.9')?.why.find(({ sign }) => sign === 'in-the-crowd');
    expect(crawler).toMatchObject({ value: 9 });
    expect(crawler?.rows).toMatchObject({ table: 'queries', actor: '203.3.113.9' });
    expect(crawler?.text).toMatch(/^9 other actors of 13 did as much or more/);
    const signs = of(READER)?.why.map(({ sign }) => sign);
    expect(signs).not.toContain('in-the-crowd');
    expect(signs).not.toContain('one-of-many');
  });
});
