import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { ActorFinding } from './findings';
import { analyze } from './run';

const T0 = at('2020-10-22T00:00:00Z');
const DC = 'DC1.corp.example';
const HOME = '10.0.0.11';

interface Login {
  readonly from: string;
  readonly user: string;
  readonly host?: string;
  readonly method?: number;
  readonly outcome?: number;
}

/** A domain controller's events, in a case that knows which address the workstation `WS1` has. */
function actorsOf(
  logins: readonly Login[],
  requests: readonly { from: string; user: string; verb: number }[] = [],
): Map<string, ActorFinding> {
  const maker = new EvidenceMaker();
  const events = maker.source({ format: 'windows-json' });
  logins.forEach(({ from, user, host = DC, method = LOGIN_METHOD.kerberos, ...rest }, i) => {
    const outcome = rest.outcome ?? LOGIN_OUTCOME.success;
    events.login({
      timeUs: T0 + i * 60e6,
      actorAddr: from,
      host,
      service: 'network logon',
      user,
      method,
      outcome,
    });
  });
  requests.forEach(({ from, user, verb }, i) =>
    events.query({
      timeUs: T0 + i * 60e6,
      actorAddr: from,
      host: DC,
      principal: user,
      service: 'smb',
      servicePort: 445,
      object: 'SYSVOL',
      verb,
      outcome: QUERY_OUTCOME.success,
    }),
  );
  const { actors } = analyze(maker.make(), {
    ownNetworks: ['10.0.0.0/8', '::1/128', '127.0.0.0/8', 'fe80::/10'],
    assets: [{ name: 'ws1.corp.example', aliases: [HOME] }],
  });
  return new Map(actors.map((actor) => [actor.actor, actor]));
}

/** What the notebook calls the one who logs in, and whether it gives the routine of a machine as its reason. */
function judged(login: Login, more: readonly Login[] = []): [string | undefined, boolean] {
  const actor = actorsOf([login, ...more]).get(login.from);
  return [actor?.standing, actor?.why.some(({ sign }) => sign === 'own-machine') === true];
}

describe('a computer’s own account', () => {
  it.each<[string, Login]>([
    ['from its own address', { from: HOME, user: 'WS1$' }],
    ['from its own address, with its domain', { from: HOME, user: 'CORP\\ws1$' }],
    ['over IPv6 loopback of its own machine', { from: '::1', user: 'DC1$' }],
    ['over IPv4 loopback of its own machine', { from: '127.0.0.1', user: 'DC1$' }],
    ['by Kerberos from a link-local address, on itself', { from: 'fe80::1', user: 'DC1$' }],
  ])('is routine %s', (_, login) => {
    expect(judged(login)).toEqual(['unknown', true]);
  });

  it.each<[string, Login]>([
    ['from an address that is not its machine’s, as a relay has it', { from: '10.0.0.66', user: 'WS1$' }],
    ['from another machine’s address', { from: HOME, user: 'DC1$' }],
    ['from outside', { from: '203.0.113.5', user: 'DC1$' }],
    ['over the loopback of another machine', { from: '::1', user: 'WS1$' }],
    [
      'by NTLM from a link-local address, as mitm6 relays it',
      { from: 'fe80::1', user: 'DC1$', method: LOGIN_METHOD.ntlm },
    ],
    ['of a machine that no log names', { from: '10.0.0.77', user: 'WS9$' }],
  ])('stays in sight %s', (_, login) => {
    expect(judged(login)).toEqual(['quiet', false]);
  });

  it('stays in sight where its address used, or only tried, another account as well', () => {
    const machine = { from: HOME, user: 'WS1$' };
    expect(judged(machine, [{ from: HOME, user: 'admin' }])).toEqual(['quiet', false]);
    expect(judged(machine, [{ from: HOME, user: 'admin', outcome: LOGIN_OUTCOME.failure }])[1]).toBe(false);
  });

  it('does not hide a person who came through a tunnel to loopback', () => {
    expect(judged({ from: '127.0.0.1', user: 'postgres' })).toEqual(['quiet', false]);
    expect(judged({ from: '127.0.0.1', user: 'DC1$' }, [{ from: '127.0.0.1', user: 'postgres' }])).toEqual([
      'quiet',
      false,
    ]);
  });

  it('may read what its domain offers, and stays in sight once it writes or reads as somebody else', () => {
    const ask = (user: string, verb: number): boolean =>
      actorsOf([{ from: HOME, user: 'WS1$' }], [{ from: HOME, user, verb }])
        .get(HOME)
        ?.why.some(({ sign }) => sign === 'own-machine') === true;
    expect(ask('WS1$', QUERY_VERB.read)).toBe(true);
    expect(ask('WS1$', QUERY_VERB.write)).toBe(false);
    expect(ask('admin', QUERY_VERB.read)).toBe(false);
  });
});

describe('an anonymous login', () => {
  it('shows nobody to know a credential', () => {
    const user = 'ANONYMOUS LOGON';
    const actor = actorsOf([{ from: '10.0.0.66', user, method: LOGIN_METHOD.ntlm }]).get('10.0.0.66');
    expect(actor?.why.map(({ sign }) => sign)).not.toContain('first-try');
    expect(actor?.standing).not.toBe('quiet');
  });
});
