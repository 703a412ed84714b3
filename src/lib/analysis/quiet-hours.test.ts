import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { analyze } from './run';

const HOUR = 3_600e6;
const MONDAY = at('2015-03-02T00:00:00Z');
const THIEF = '198.51.100.77';

/** Twenty people get in from 8 to 18 on five days, a machine every hour, and a stranger at the hours given; who stands out by the hour. */
function oddOnes(hours: readonly number[], people = 20): Record<string, string> {
  const maker = new EvidenceMaker();
  const log = maker.source({ format: 'entra' });
  const enter = (us: number, actorAddr: string, user: string): void => {
    log.login({
      ...{ timeUs: us, host: 'tenant', service: 'mail', actorAddr, user },
      outcome: LOGIN_OUTCOME.success,
    });
  };
  for (let day = 0; day < 5; day++) {
    for (let k = 0; k < people; k++)
      enter(MONDAY + (24 * day + 8 + ((7 * k + 3 * day) % 21) / 2) * HOUR, `203.0.${k}.9`, `user${k}`);
    for (let hour = 0; hour < 24; hour++) enter(MONDAY + (24 * day + hour) * HOUR, '192.0.2.20', 'loader');
  }
  for (const hour of hours) enter(MONDAY + (48 + hour) * HOUR, THIEF, 'user3');
  const { actors } = analyze(maker.make(), {});
  return Object.fromEntries(
    actors.flatMap(({ actor, why }) =>
      why.filter(({ sign }) => sign === 'odd-hours').map(({ text }) => [actor, text] as const),
    ),
  );
}

describe('logins at an odd hour', () => {
  it('speak against who came only then, whatever machines do at night', () => {
    const found = oddOnes([2, 3]);
    expect(Object.keys(found)).toEqual([THIEF]);
    expect(found[THIEF]).toContain('around which 0 % of the 100 by others lie');
  });

  it('do not where it came by day as well, or where few logins tell of the usual hours', () => {
    expect(oddOnes([2, 12])).toEqual({});
    expect(oddOnes([2, 3], 8)).toEqual({});
  });
});
