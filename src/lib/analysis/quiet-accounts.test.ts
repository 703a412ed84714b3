import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { analyze } from './run';

const DAY = 86_400e6;
const T0 = at('2015-03-02T08:00:00Z');

/** Who got in through the gateway, as whom and on which days; the actors whose account is at home elsewhere, with what is said of it. */
function elsewhere(
  logins: readonly (readonly [actor: string, user: string, days: readonly number[], service?: string])[],
): Record<string, string> {
  const maker = new EvidenceMaker();
  const vpn = maker.source({ name: 'vpn.log', format: 'openvpn' });
  for (const [actorAddr, user, days, service = 'openvpn'] of logins)
    for (const day of days)
      vpn.login({
        ...{ timeUs: T0 + day * DAY, host: 'gw', service, actorAddr, user },
        outcome: LOGIN_OUTCOME.success,
      });
  const { actors } = analyze(maker.make(), {});
  return Object.fromEntries(
    actors.flatMap(({ actor, why }) =>
      why.filter(({ sign }) => sign === 'account-elsewhere').map(({ text }) => [actor, text] as const),
    ),
  );
}

describe('an account that got in from two places', () => {
  it('speaks against the stranger who has not its habit, and not against who has', () => {
    const found = elsewhere([
      ['203.0.113.10', 'ann', [0, 1, 2, 3]],
      ['198.51.100.77', 'ann', [3]],
      ['192.0.2.20', 'bob', [0, 1, 2]],
      // The database behind the gateway has an account of that name, too.
      ['10.8.0.20', 'ann', [0, 1, 2, 3], 'postgresql'],
    ]);
    expect(Object.keys(found)).toEqual(['198.51.100.77']);
    expect(found['198.51.100.77']).toContain('ann got in from here, and from 203.0.113.10 on 4 days');
  });

  it('says nothing where the provider only gave another address, or where the account has no home', () => {
    expect(
      elsewhere([
        ['203.0.113.10', 'ann', [0, 1, 2]],
        ['203.0.113.99', 'ann', [3]],
        ['2001:db8:1:2::1', 'bob', [0, 1, 2]],
        ['2001:db8:1:2:8000::9', 'bob', [3]],
        ['192.0.2.1', 'deploy', [0, 1, 2]],
        ['192.0.3.1', 'deploy', [0, 1, 2]],
        ['192.0.4.1', 'deploy', [1]],
      ]),
    ).toEqual({});
  });
});
