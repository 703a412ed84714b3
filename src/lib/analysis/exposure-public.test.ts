import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { ExposureFinding, Findings } from './findings';
import type { CaseParameters } from './parameters';
import { analyze } from './run';

const HOUR = 3_600_000_000;
const OFFICE = '198.51.100.20';
const { publicGranted, publicRevoked, publicBlocked, publicUnblocked } = CHANGE_KIND;

interface Told {
  /** Changes: time, kind, lever, host. */
  readonly changes?: readonly (readonly [string, number, string, string?])[];
  /** Requests that named nobody and were answered. */
  readonly unnamed?: readonly string[];
  /** Reads with a credential by a stranger. */
  readonly named?: readonly string[];
  readonly parameters?: CaseParameters;
}

/** Five days from 2 March 2015 on: a trail, and the access log of the bucket `mail`, which the office reads every hour. */
function caseOf({ changes = [], unnamed = [], named = [], parameters = {} }: Told): Findings {
  const maker = new EvidenceMaker();
  const trail = maker.source({ format: 'cloudtrail', formatLabel: 'a trail', heldOffAsset: true });
  const log = maker.source({ format: 's3-access', formatLabel: 'an access log', heldOffAsset: true });
  const read = (time: number, actorAddr: string, principal: string) => ({
    ...{ timeUs: time, actorAddr, principal, service: 's3', host: 'mail', verb: QUERY_VERB.read },
    ...{ object: 'mail/keys.csv', outcome: QUERY_OUTCOME.success, status: 200, bytesReturned: 9000 },
  });
  const requests = [
    ...unnamed.map((time) => read(at(time), '203.0.113.9', 'anonymous')),
    ...named.map((time) => read(at(time), '203.0.113.77', 'arn:aws:iam::111122223333:user/ci')),
    ...Array.from({ length: 120 }, (_, hour) =>
      read(at('2015-03-02T00:30:00Z') + hour * HOUR, OFFICE, 'app'),
    ),
  ].sort((a, b) => a.timeUs - b.timeUs);
  for (const request of requests) log.query(request);
  for (const [time, kind, lever, host = 'mail'] of changes)
    trail.change({
      ...{
        timeUs: at(time),
        principal: 'dora',
        actorAddr: OFFICE,
        kind,
        target: `${lever} of ${host}`,
        host,
      },
      ...{ outcome: CHANGE_OUTCOME.success, cidr: kind === publicGranted ? '0.0.0.0/0' : '' },
    });
  return analyze(maker.make(), { knownActors: [{ actor: OFFICE, label: 'office' }], ...parameters });
}

const windows = (findings: Findings): (readonly [string, string])[] =>
  findings.exposure
    .filter(({ asset, service }) => asset === 'mail' && service === 's3')
    .map(({ openedUs, closedUs }) => [iso(openedUs), iso(closedUs)]);
const iso = (us: number): string => (Number.isNaN(us) ? '?' : new Date(us / 1000).toISOString().slice(0, 16));
const flagsOf = (findings: Findings): string =>
  findings.exposure.flatMap(({ flags }: ExposureFinding) => flags).join('; ');
const daysOf = (findings: Findings): Record<string, string> =>
  Object.fromEntries(
    findings.verdicts.filter(({ asset }) => asset === 'mail').map(({ day, verdict }) => [day, verdict]),
  );

const OPENED = ['2015-03-03T10:00:00Z', publicGranted, 'policy'] as const;
const CLOSED = ['2015-03-04T12:00:00Z', publicRevoked, 'policy'] as const;
const WINDOW = ['2015-03-03T10:00', '2015-03-04T12:00'];

describe('a bucket that was open to the public', () => {
  it('is asked about for that time, with the changes as receipt', () => {
    const findings = caseOf({ changes: [OPENED, CLOSED], unnamed: ['2015-03-04T03:00:00Z'] });
    expect(windows(findings)).toEqual([WINDOW]);
    expect(daysOf(findings)).toEqual({
      '2015-03-03': 'not queried within coverage',
      '2015-03-04': 'queried',
    });
    const [{ basis, sessions, actors }] = findings.exposure;
    expect(basis.map(({ kind }) => kind)).toEqual(['change', 'traffic']);
    expect(basis[0].rows).toEqual([{ table: 'changes', rows: [0, 1] }]);
    expect([sessions, actors]).toEqual([1, 1]);
  });

  it('was open for as long as any of its levers said so and no block overruled that', () => {
    const list = ['2015-03-04T11:00:00Z', publicGranted, 'ACL'] as const;
    expect(windows(caseOf({ changes: [OPENED, list, CLOSED] }))).toEqual([[WINDOW[0], '?']]);
    const ignored = ['2015-03-04T12:00:00Z', publicBlocked, 'ACL'] as const;
    expect(windows(caseOf({ changes: [OPENED, list, CLOSED, ignored] }))).toEqual([WINDOW]);
    const other = ['2015-03-04T12:00:00Z', publicBlocked, 'ACL'] as const;
    expect(windows(caseOf({ changes: [OPENED, other] }))).toEqual([[WINDOW[0], '?']]);
    const account = 'AWS account 111122223333';
    const all = ['2015-03-02T09:00:00Z', publicBlocked, 'policy', account] as const;
    expect(windows(caseOf({ changes: [all, OPENED] }))).toEqual([]);
    const lifted = ['2015-03-05T09:00:00Z', publicUnblocked, 'policy', account] as const;
    expect(windows(caseOf({ changes: [all, OPENED, lifted] }))).toEqual([['2015-03-05T09:00', '?']]);
  });

  it('is no exposure where nothing says that it was ever open', () => {
    const hardened = ['2015-03-03T10:00:00Z', publicBlocked, 'policy'] as const;
    const findings = caseOf({ changes: [hardened, CLOSED] });
    expect(windows(findings)).toEqual([]);
    // As before: whoever holds a credential can read it, on every day.
    expect(Object.keys(daysOf(findings))).toHaveLength(5);
  });

  it('was open before any change was seen, where requests that named nobody were answered', () => {
    const alone = caseOf({ unnamed: ['2015-03-03T02:00:00Z', '2015-03-03T04:00:00Z'] });
    expect(windows(alone)).toEqual([['?', '?']]);
    expect(Object.keys(daysOf(alone))).toHaveLength(5);
    const closed = caseOf({ unnamed: ['2015-03-03T02:00:00Z'], changes: [CLOSED] });
    expect(windows(closed)).toEqual([['?', WINDOW[1]]]);
    const early = caseOf({ unnamed: ['2015-03-02T02:00:00Z'], changes: [OPENED, CLOSED] });
    expect(windows(early)).toEqual([['?', WINDOW[1]]]);
    expect(flagsOf(early)).toMatch(/before the change that opened it/);
    expect(daysOf(early)['2015-03-02']).toBe('queried');
    const late = caseOf({ unnamed: ['2015-03-05T02:00:00Z'], changes: [OPENED, CLOSED] });
    expect(windows(late)).toEqual([[WINDOW[0], '?']]);
  });

  it('is asked about on all days where a stranger with a credential came at another time', () => {
    const findings = caseOf({ changes: [OPENED, CLOSED], named: ['2015-03-06T04:00:00Z'] });
    expect(windows(findings)).toEqual([WINDOW]);
    expect(daysOf(findings)).toMatchObject({
      '2015-03-02': 'not queried within coverage',
      '2015-03-06': 'queried',
    });
    expect(flagsOf(findings)).toMatch(/all days are asked about/);
    const exposure = [
      { asset: 'mail', port: 0, proto: 's3', opened: '2015-03-03T10:00:00Z', closed: '2015-03-04T12:00:00Z' },
    ];
    const given = caseOf({
      changes: [OPENED, CLOSED],
      named: ['2015-03-06T04:00:00Z'],
      parameters: { exposure },
    });
    expect(Object.keys(daysOf(given))).toEqual(['2015-03-03', '2015-03-04']);
  });
});

describe('a bucket whose service does not log who comes unnamed', () => {
  it('is not said to be unread while it was public, however complete its log is', () => {
    const maker = new EvidenceMaker();
    const log = maker.source({ format: 'gcp-audit', formatLabel: 'an audit log', heldOffAsset: true });
    for (let hour = 0; hour < 120; hour++)
      log.query({
        ...{ timeUs: at('2015-03-02T00:30:00Z') + hour * HOUR, actorAddr: OFFICE, principal: 'app' },
        ...{
          service: 'storage',
          host: 'mail',
          object: 'storage.objects.get projects/_/buckets/mail/objects/a',
        },
        ...{ verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success },
      });
    const answerOn = (changes: readonly (readonly [string, number])[]): Findings => {
      for (const [time, kind] of changes)
        log.change({
          ...{ timeUs: at(time), principal: 'dora', kind, host: 'mail', outcome: CHANGE_OUTCOME.success },
          ...{ target: 'roles/storage.objectViewer for allUsers of mail' },
          cidr: kind === publicGranted ? '0.0.0.0/0' : '',
        });
      return analyze(maker.make(), { knownActors: [{ actor: OFFICE, label: 'office' }] });
    };
    const opened = answerOn([
      ['2015-03-03T10:00:00Z', publicGranted],
      ['2015-03-04T12:00:00Z', publicRevoked],
    ]);
    expect(daysOf(opened)).toEqual({ '2015-03-03': 'cannot tell', '2015-03-04': 'cannot tell' });
    const texts = opened.answers.flatMap(({ why }) => why).map(({ text }) => text);
    expect(texts.join(' ')).toMatch(/without being named, and audit logs hold no request of that sort/);
  });
});

describe('a copy that was shared', () => {
  it('is told of, since no log of ours shows what became of it', () => {
    const maker = new EvidenceMaker();
    const trail = maker.source({ format: 'cloudtrail', formatLabel: 'a trail', heldOffAsset: true });
    trail.change({
      ...{ timeUs: at('2015-03-03T10:00:00Z'), principal: 'dora', actorAddr: OFFICE, target: 'mail-1' },
      ...{ kind: CHANGE_KIND.copyShared, outcome: CHANGE_OUTCOME.success },
      detail: 'ModifyDBSnapshotAttribute shared with account 444455556666',
    });
    const { caveats } = analyze(maker.make(), {});
    expect(caveats.map(({ text }) => text).join(' ')).toMatch(
      /mail-1 was shared with account 444455556666 2015-03-03T10:00:00Z by dora/,
    );
  });
});
