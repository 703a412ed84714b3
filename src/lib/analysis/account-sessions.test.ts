import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, type SourceMaker } from '../../../tests/support/evidence';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME } from '../tables/schemas';
import type { Findings } from './findings';
import type { CaseParameters } from './parameters';
import { selectRows } from './row-query';
import { analyzeWithGround } from './run';

const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  exposure: [{ asset: 'log-1', port: 22, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' }],
};
const HOST = { host: 'log-1' };
const A = '203.0.113.7';
const B = '198.51.100.9';
const clock = (time: string): number => at(`2015-02-21T${time}Z`);

/** bob comes in by SSH at `from` and leaves at `to`. */
function stay(log: SourceMaker, actorAddr: string, process: number, from: string, to: string): void {
  const session = { ...HOST, service: 'sshd', user: 'bob', actorAddr, actorPort: 40_000 + process, process };
  log.login({ ...session, timeUs: clock(from), outcome: LOGIN_OUTCOME.success });
  log.login({ ...session, timeUs: clock(to), outcome: LOGIN_OUTCOME.disconnect });
}

/** bob is root from `from` to `to`, by su. */
function asRoot(log: SourceMaker, from: string, to: string): void {
  const su = { ...HOST, service: 'su', process: 77 };
  log.login({
    ...su,
    timeUs: clock(from),
    user: 'bob',
    became: 'root',
    outcome: LOGIN_OUTCOME.sessionOpened,
  });
  log.login({ ...su, timeUs: clock(to), user: 'root', outcome: LOGIN_OUTCOME.sessionClosed });
}

function newUser(log: SourceMaker, time: string, target: string, principal = ''): void {
  const made = { kind: CHANGE_KIND.userCreated, outcome: CHANGE_OUTCOME.success, principal, target };
  log.change({ ...HOST, timeUs: clock(time), ...made });
}

function analyzed(
  write: (log: SourceMaker) => void,
  thresholds: CaseParameters['thresholds'] = {},
): ReturnType<typeof analyzeWithGround> & { evidence: ReturnType<EvidenceMaker['make']> } {
  const maker = new EvidenceMaker();
  write(maker.source({ format: 'syslog', asset: 'log-1' }));
  const evidence = maker.make();
  return { evidence, ...analyzeWithGround(evidence, { ...CASE, thresholds }) };
}

const told = ({ aftermath }: Findings): string[] => aftermath.changes.map(({ text }) => text.slice(21));

describe('what an account did on a machine', () => {
  it('is the remote actor’s that alone was in as it, also as root that it had become', () => {
    const { evidence, findings, context } = analyzed((log) => {
      stay(log, A, 1, '10:00:00', '11:00:00');
      const sudo = { ...HOST, timeUs: clock('10:05:00'), user: 'bob', became: 'root', service: 'sudo' };
      log.login({ ...sudo, outcome: LOGIN_OUTCOME.privilege });
      newUser(log, '10:05:00', 'eve', 'bob');
      asRoot(log, '10:10:00', '10:20:00');
      newUser(log, '10:15:00', 'mallory');
    });
    expect(told(findings)).toEqual([
      ' a user was created by bob, in from 203.0.113.7 (eve).',
      ' a user was created while bob, in from 203.0.113.7, alone was root there (mallory).',
    ]);
    expect(findings.aftermath.changes.map(({ actor }) => actor)).toEqual([A, A]);
    const actor = findings.actors.find((one) => one.actor === A);
    const made = actor?.why.find(({ sign }) => sign === 'made-access');
    expect(made?.value).toBe(2);
    // Its rows are those of its story, too.
    expect(selectRows(evidence, context, made!.rows!)).toHaveLength(2);
    const logins = selectRows(evidence, context, { table: 'logins', actor: A });
    expect(logins).toHaveLength(4);
  });

  it.each([
    ['another was in as it from elsewhere', (log: SourceMaker) => stay(log, B, 2, '10:05:00', '10:30:00')],
    [
      'it was in at the console',
      (log: SourceMaker) =>
        log.login({
          ...HOST,
          timeUs: clock('09:00:00'),
          user: 'bob',
          service: 'login',
          outcome: LOGIN_OUTCOME.success,
        }),
    ],
    [
      'root was in itself',
      (log: SourceMaker) =>
        log.login({
          ...HOST,
          timeUs: clock('10:14:00'),
          user: 'root',
          actorAddr: B,
          service: 'sshd',
          outcome: LOGIN_OUTCOME.success,
        }),
    ],
  ])('is nobody’s while %s', (_, other) => {
    const { findings } = analyzed((log) => {
      stay(log, A, 1, '10:00:00', '11:00:00');
      asRoot(log, '10:10:00', '10:20:00');
      other(log);
      newUser(log, '10:15:00', 'mallory');
    });
    expect(told(findings)).toEqual([' a user was created (mallory).']);
  });

  it('is that one’s who was in as the account when it became the other', () => {
    const { findings } = analyzed((log) => {
      stay(log, A, 1, '10:00:00', '10:30:00');
      asRoot(log, '10:10:00', '10:20:00');
      newUser(log, '10:15:00', 'one');
      stay(log, B, 2, '10:40:00', '11:30:00');
      const su = { ...HOST, service: 'su', process: 78, user: 'bob' };
      log.login({
        ...su,
        timeUs: clock('10:50:00'),
        became: 'root',
        outcome: LOGIN_OUTCOME.sessionOpened,
      });
      newUser(log, '10:55:00', 'two');
      // Whoever became bob may be who became root.
      log.login({
        ...{ ...HOST, service: 'su', process: 79, user: 'carol', became: 'bob' },
        ...{ timeUs: clock('11:00:00'), outcome: LOGIN_OUTCOME.sessionOpened },
      });
      log.login({
        ...su,
        process: 80,
        timeUs: clock('11:01:00'),
        became: 'www',
        outcome: LOGIN_OUTCOME.sessionOpened,
      });
      newUser(log, '11:02:00', 'three', 'www');
    });
    expect(findings.aftermath.changes.map(({ target, actor }) => [target, actor])).toEqual([
      ['one', A],
      ['two', B],
      ['three', undefined],
    ]);
  });

  it('is nobody’s once the session is over, on another machine, or by another account', () => {
    const { findings } = analyzed((log) => {
      stay(log, A, 1, '10:00:00', '11:00:00');
      asRoot(log, '10:10:00', '10:20:00');
      newUser(log, '10:30:00', 'one');
      newUser(log, '11:30:00', 'two', 'bob');
      newUser(log, '10:15:00', 'three', 'carol');
      log.change({
        ...HOST,
        host: 'log-2',
        timeUs: clock('10:15:00'),
        kind: CHANGE_KIND.userCreated,
        target: 'four',
      });
    });
    expect(findings.aftermath.changes.filter(({ actor }) => actor !== undefined)).toEqual([]);
  });

  it.each([
    [24, [A]],
    [1, [undefined]],
  ])(
    'is no longer anybody’s when a session without an end is held to be over, after %d h',
    (hours, whose) => {
      const { findings } = analyzed(
        (log) => {
          const session = { ...HOST, service: 'sshd', user: 'bob', actorAddr: A, process: 1 };
          log.login({ ...session, timeUs: clock('10:00:00'), outcome: LOGIN_OUTCOME.success });
          newUser(log, '13:00:00', 'one', 'bob');
        },
        { openSessionHours: hours },
      );
      expect(findings.aftermath.changes.map(({ actor }) => actor)).toEqual(whose);
    },
  );
});
