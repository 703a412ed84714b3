import { describe, expect, it } from 'vitest';
import { emptyFindings, someActor, someAnswer, someSource } from '../../../../tests/support/findings';
import type { Micros } from '../../base/brand';
import { parseIsoUtc } from '../../base/time';
import { CELL_IDS } from '../document';
import {
  UNANSWERED,
  type AnswerFinding,
  type ExposureFinding,
  type LadderFinding,
} from '../../analysis/findings';
import { describeCell, groupAnswers, inferredOnce } from './index';
import { listWords, windowWords } from './words';

describe('sentences', () => {
  it('have a question and a finding for every cell, also when nothing is loaded', () => {
    for (const id of ['answer', ...CELL_IDS] as const) {
      const cell = describeCell(id, emptyFindings());
      expect(cell.question, id).toMatch(/\?$/);
      expect(cell.finding.text, id).toMatch(/[.:]$|\w$/);
      expect(cell.finding.text, id).not.toMatch(/NaN|undefined|Infinity|null/);
    }
  });

  it('say of a source that was read whole and held no record that it did, and what to check', () => {
    const rows = { flows: 0, logins: 0, queries: 0, changes: 0 };
    const sources = [
      someSource('full.log'),
      someSource('header.log', { records: 7, skipped: { header: 7 }, rows }),
    ];
    const { finding } = describeCell('evidence', emptyFindings({ sources }));
    expect(finding.text).toMatch(/no record is in header\.log: check the query and the time range/);
    const full = describeCell('evidence', emptyFindings({ sources: [someSource('full.log')] }));
    expect(full.finding.text).not.toMatch(/no record/);
  });

  it('tell of many files that hold nothing for the tables in one sentence, each note once', () => {
    const rows = { flows: 0, logins: 0, queries: 0, changes: 0 };
    const barren = (name: string, count: number, notes: string[] = []) =>
      someSource(name, { rows, records: count, skipped: { 'event 7': count }, notes });
    const sources = [
      someSource('Security.evtx'),
      ...['A', 'B', 'C', 'D', 'E'].map((name, i) => barren(name, 10 + i, ['Copied.'])),
      barren('F', 1, ['Copied.', 'Zeros.']),
    ];
    const { finding, details } = describeCell('evidence', emptyFindings({ sources }));
    expect(finding.text).not.toContain('no record is in');
    expect(details.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Security\.evtx \(/),
      expect.stringMatching(/^6 files of one kind .*: A, B, C and 3 others\. Their 61 records .*61 event 7/),
      'A, B, C, D and 2 others: Copied.',
      'F: Zeros.',
    ]);
    // A few are each told of.
    const few = describeCell('evidence', emptyFindings({ sources: sources.slice(0, 4) }));
    expect(few.details.map(({ text }) => text.slice(0, 2))).toEqual(['Se', 'A ', 'B ', 'C ', 'A,']);
  });

  it('never say "no" where the verdict is "cannot tell"', () => {
    const findings = emptyFindings({ sources: [someSource('a')], answers: [someAnswer()] });
    const { finding, details } = describeCell('answer', findings);
    for (const text of [finding.text, ...details.map((detail) => detail.text)]) {
      expect(text).toMatch(/cannot tell/);
      expect(text).not.toMatch(/\bnot queried\b|no data was/i);
    }
  });

  it('keep what a log shows apart from what is only inferred in the first sentence', () => {
    const seen = someAnswer({ verdict: 'queried', rung: 6 });
    const inferred = someAnswer({ service: '22/tcp', verdict: 'queried', rung: 8, inferred: true });
    const headline = (answers: AnswerFinding[]) =>
      describeCell('answer', emptyFindings({ sources: [someSource('a')], answers })).finding.text;
    expect(headline([inferred, seen])).toMatch(
      /^Data was queried on log-3 9200\/tcp; that data was queried on log-3 22\/tcp is inferred/,
    );
    expect(headline([inferred])).toMatch(
      /^That data was queried on log-3 22\/tcp is inferred .*, not seen\.$/,
    );
  });

  it('put cloud services that ended alike into one line, but none that was queried', () => {
    const bucket = (asset: string, verdict: AnswerFinding['verdict'] = 'cannot tell') =>
      someAnswer({ asset, service: 's3', verdict });
    const answers = [
      bucket('secrets', 'queried'),
      ...['a', 'b', 'c', 'd'].map((asset) => bucket(asset)),
      someAnswer({ asset: 'web', service: '80/tcp' }),
    ];
    expect(groupAnswers(answers).map(({ title }) => title)).toEqual([
      'secrets s3',
      '4 s3 buckets',
      'web 80/tcp',
    ]);
    const of = (service: string) => someAnswer({ asset: 'AWS account 1', service, verdict: 'queried' });
    expect(
      describeCell(
        'answer',
        emptyFindings({ sources: [someSource('a')], answers: [of('ssm'), of('lambda')] }),
      ).finding.text,
    ).toBe('Data was queried on ssm and lambda of AWS account 1.');
    const { finding } = describeCell('answer', emptyFindings({ sources: [someSource('a')], answers }));
    expect(finding.text).toBe(
      'Data was queried on secrets s3; for 4 s3 buckets and web 80/tcp the loaded logs cannot tell.',
    );
  });

  it('call a destination new only where flows from before the exposure could have shown it', () => {
    const outbound = (destination: string, hasBaseline: boolean) => ({
      ...{ asset: 'web', destination, port: 443, firstUs: 0 as Micros, sessions: 3, bytes: 900, hasBaseline },
      text: `web called ${destination} on 443/tcp.`,
      rows: { table: 'flows' as const, asset: 'web' },
    });
    const said = (list: readonly ReturnType<typeof outbound>[]): string => {
      const { aftermath } = emptyFindings();
      return describeCell('aftermath', emptyFindings({ aftermath: { ...aftermath, outbound: list } })).finding
        .text;
    };
    expect(said([outbound('a', true)])).toBe('1 new outbound destination.');
    expect(said([outbound('a', false), outbound('b', false)])).toBe(
      '2 outbound destinations of which no earlier flows tell whether they are new.',
    );
    expect(said([outbound('a', true), outbound('b', false)])).toBe(
      '1 new outbound destination and 1 outbound destination of which no earlier flows tell whether it is new.',
    );
  });

  it('give the chance of a gap once', () => {
    const gap = {
      source: 'a.log',
      sourceId: 0,
      asset: null,
      kind: 'silence' as const,
      fromUs: 0 as Micros,
      toUs: 9 as Micros,
      p: 1e-9,
    };
    const { integrity } = emptyFindings();
    const gaps = [
      { ...gap, text: 'No row (corrected p = 1.0e-9).' },
      { ...gap, text: 'No row.' },
    ];
    const { details } = describeCell('integrity', emptyFindings({ integrity: { ...integrity, gaps } }));
    expect(details.map(({ text }) => text.match(/p [=<] /g)?.length)).toEqual([1, 1]);
  });

  it('say of a clean verdict that it holds within coverage only', () => {
    const answer = someAnswer({ verdict: 'not queried within coverage', ceiling: 7, rung: 1 });
    const { finding, details } = describeCell(
      'answer',
      emptyFindings({ sources: [someSource('a')], answers: [answer] }),
    );
    expect(finding.text).toContain('within coverage');
    expect(details[0]?.text).toContain('could have shown rung 7');
  });

  it('name a noisy actor that succeeded in the first sentence', () => {
    const actors = [
      someActor('203.0.113.9', { standing: 'noise', succeeded: true, failures: 900, successes: 1 }),
    ];
    const totals = { ...emptyFindings().totals, actors: 1, noiseActors: 1, events: 901, noiseEvents: 901 };
    expect(describeCell('noise', emptyFindings({ actors, totals })).finding.text).toContain('203.0.113.9');
  });

  it('say which end of the exposure the evidence does not hold', () => {
    const answer = someAnswer({ openedUs: Number.NaN as never });
    const text = describeCell('answer', emptyFindings({ sources: [someSource('a')], answers: [answer] }))
      .details[0]?.text;
    expect(text).toContain('from before the evidence begins');
    expect(windowWords(Number.NaN, Number.NaN)).toBe(
      'from before the evidence begins, still open when the evidence ends',
    );
  });

  it('count a service once that was opened twice', () => {
    const at = (openedUs: number, closedUs: number): ExposureFinding => ({
      ...{ asset: 'log-3', port: 9200, proto: 'tcp', service: '9200/tcp' },
      ...{ openedUs: openedUs as Micros, closedUs: closedUs as Micros },
      ...{ basis: [], flags: [], sessions: 0, actors: 0 },
    });
    const { text } = describeCell(
      'exposure',
      emptyFindings({ exposure: [at(0, 1e6), at(5e6, 6e6)] }),
    ).finding;
    expect(text).toContain('1 service on 1 asset (log-3)');
  });

  it('tell once of a rule that opened a port on many machines, and why there are fewer verdicts than services', () => {
    const at = (asset: string, service: string, flags: string[] = []): ExposureFinding => ({
      ...{ asset, port: Number.parseInt(service, 10), proto: 'tcp', service, flags, sessions: 9, actors: 3 },
      ...{ openedUs: 0 as Micros, closedUs: 60e6 as Micros },
      basis: [
        { kind: 'change', openedUs: 0 as Micros, closedUs: 60e6 as Micros, text: `sg-1 opened ${service}` },
      ],
    });
    const exposure = [at('log-1', '22/tcp'), at('log-2', '22/tcp'), at('log-1', '9300/tcp', [UNANSWERED])];
    const { finding, details } = describeCell('exposure', emptyFindings({ exposure }));
    expect(details.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^22\/tcp on log-1 and log-2: .*18 sessions .*log-2: 9 from 3 actors.* Basis: \(1\) sg-1 opened 22\/tcp\.$/,
      ),
      expect.stringMatching(/^log-1 9300\/tcp: /),
    ]);
    expect(finding.text).toMatch(/ On 1 of them nothing ever answered: no verdict is asked there\.$/);
  });

  it('count those that a service let in for want of a login, and name whoever is quiet or was seen to log in', () => {
    const step = (actor: string, changes: Partial<LadderFinding> = {}): LadderFinding => ({
      ...{ asset: 'log-3', service: '9200/tcp', actor, standing: 'noise', rung: 5, inferred: true },
      ...{ atUs: 0 as Micros, why: [{ text: 'It needs no login.' }], ...changes },
    });
    const ladder = [
      step('198.51.100.1'),
      step('198.51.100.2'),
      step('203.0.113.7', { standing: 'quiet' }),
      step('203.0.113.8', { inferred: false }),
    ];
    const texts = describeCell('ladder', emptyFindings({ ladder })).details.map(({ text }) => text);
    expect(texts).toHaveLength(3);
    expect(texts[0]).toContain('203.0.113.7 (quiet)');
    expect(texts[1]).toContain('203.0.113.8 (noise)');
    expect(texts[2]).toMatch(/^2 more actors reached rung 5, .* on log-3 9200\/tcp, .* It needs no login\.$/);
  });

  it('say once of many files what is to be said of each', () => {
    const inferred = ['Its clock names no zone; UTC is assumed.'];
    const sources = ['a.log', 'b.log'].map((name) => someSource(name, { inferred }));
    const said = [...sources.map(({ name }) => `${name}: ${inferred[0]}`), 'Own networks: guessed.'];
    expect(inferredOnce({ sources, inferred: said })).toEqual([
      'Own networks: guessed.',
      'a.log and b.log: Its clock names no zone; UTC is assumed.',
    ]);
  });

  it('tell once of a peak under which several sessions of an actor lie', () => {
    const peak = (atUs: number) => ({
      ...{ actor: '203.0.113.7', atUs: atUs as Micros, perMinute: 69 },
      rows: { table: 'flows' as const, rows: [atUs] },
    });
    const decoy = { ...emptyFindings().decoy, isUsable: true, peaks: [peak(1), peak(2), peak(61e6)] };
    const { details } = describeCell('decoy', emptyFindings({ decoy }));
    expect(details.map(({ text }) => text)).toEqual([
      '203.0.113.7 at 1970-01-01 00:00 UTC, 2 sessions: 69.0 noise events a minute around them.',
      '203.0.113.7 at 1970-01-01 00:01 UTC: 69.0 noise events a minute around it.',
    ]);
    expect(details[0]?.rows).toHaveLength(2);
  });

  it('say between which times an end lies that only traffic tells of', () => {
    const us = (hours: number): Micros => (hours * 3_600e6) as Micros;
    const closing = { fromUs: us(0), toUs: us(2), likelyUs: us(1), services: 3 };
    expect(windowWords(Number.NaN, 0, { closing })).toBe(
      'from before the evidence begins until some time between 1970-01-01 00:00 UTC and 1970-01-01 02:00 UTC',
    );
  });

  it('do not set a concluded rung against a lower ceiling as if both had been seen', () => {
    const answers = [someAnswer({ rung: 5, inferred: true, ceiling: 3 })];
    const [detail] = describeCell('answer', emptyFindings({ sources: [someSource('a')], answers })).details;
    expect(detail?.text).toMatch(
      /Concluded, not seen, is rung 5, authenticated; by themselves the loaded logs could/,
    );
    expect(detail?.text).not.toContain('highest seen');
  });

  it('say on which days a service was queried, and not only on how many', () => {
    const days = { queried: 3, 'not queried within coverage': 0, 'cannot tell': 0 };
    const answers = [someAnswer({ verdict: 'queried', rung: 7, actors: ['203.0.113.7'], days })];
    const day = {
      asset: 'log-3',
      service: '9200/tcp',
      verdict: 'queried' as const,
      rung: 7 as const,
      ceiling: 7 as const,
    };
    const verdicts = ['2015-03-02', '2015-02-24', '2015-02-25'].map((on) => ({
      ...{ ...day, day: on, inferred: false, actors: ['203.0.113.7'], why: [] },
    }));
    const [detail] = describeCell(
      'answer',
      emptyFindings({ sources: [someSource('a')], answers, verdicts }),
    ).details;
    expect(detail?.text).toContain('on 3 days from 2015-02-24 to 2015-03-02.');
  });

  it('keep low rates of noise apart where one is a multiple of the other', () => {
    const decoy = {
      ...emptyFindings().decoy,
      isUsable: true,
      observed: 0.052,
      expected: 0.11,
      p: 0.74,
      sessions: 3,
    };
    const { text } = describeCell('decoy', emptyFindings({ decoy })).finding;
    expect(text).toContain('0.052 events a minute, against 0.11 expected by chance (0.47 times;');
  });

  it('name the last of a list where only its count would stand', () => {
    expect(listWords(['a', 'b', 'c', 'd'])).toBe('a, b, c and d');
    expect(listWords(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 others');
  });

  it('name a credential by what is known of it', () => {
    const place = {
      asset: '',
      where: 'x',
      reason: '',
      hash: 'x',
      advice: 'must' as const,
      rung: -1 as const,
    };
    const rotation = [
      { ...place, kind: 'stored secret', hint: '', holder: 'prod/db' },
      { ...place, kind: 'SSH key', hint: '…xCyM', holder: 'deploy', asset: 'log-1' },
      { ...place, kind: 'API key', hint: '…9f3c', holder: '' },
    ];
    const { details } = describeCell('rotation', emptyFindings({ rotation }));
    expect(details.map(({ text }) => text.replace(/ \(.*/, ''))).toEqual([
      'must: stored secret prod/db',
      'must: SSH key …xCyM of deploy on log-1',
      'must: API key …9f3c',
    ]);
  });

  it('count no credentials of which there are none', () => {
    const credential = { kind: 'password', hint: '', holder: 'root', asset: 'a', where: '', reason: '' };
    const rotation = [{ ...credential, hash: 'x', advice: 'must' as const, rung: 5 as const }];
    expect(describeCell('rotation', emptyFindings({ rotation })).finding.text).toBe(
      '1 credential must be changed.',
    );
  });

  it('say of an administrator’s commands that they are that, not changes of accounts', () => {
    const change = {
      principal: 'ops',
      target: 'apt-get',
      isAfter: true,
      count: 1,
      text: '',
      rows: { table: 'changes' as const },
    };
    const at = { atUs: 0 as Micros, lastUs: 0 as Micros };
    const of = (kinds: readonly string[]): string => {
      const changes = kinds.map((kind) => ({ ...change, ...at, kind }));
      return describeCell(
        'aftermath',
        emptyFindings({ aftermath: { ...emptyFindings().aftermath, changes } }),
      ).finding.text;
    };
    expect(of(['commandRun', 'commandRun'])).toBe('2 commands run with another’s rights.');
    expect(of(['commandRun', 'keyCreated'])).toBe(
      '1 account, key or logging change and 1 command run with another’s rights.',
    );
  });

  it('tell of clocks that are hours off before anybody looks for a line by its time', () => {
    const clock = { spreadUs: 0, driftUsPerDay: 0, matches: 700 };
    const clockOffsets = [
      { ...clock, host: 'app-1', asset: 'app-1', offsetUs: -7200e6 },
      { ...clock, host: 'app-2', asset: 'app-2', offsetUs: 1e6 },
    ];
    const { integrity } = emptyFindings();
    const { text } = describeCell(
      'integrity',
      emptyFindings({ integrity: { ...integrity, clockOffsets } }),
    ).finding;
    expect(text).toContain('The clock of app-1 is off from the flow log’s by 2 h.');
    expect(text).not.toContain('app-2');
  });

  it('tell when a clock was changed within the case, whichever side of it is right', () => {
    const clock = {
      host: 'app-1',
      asset: 'app-1',
      offsetUs: 1e6,
      spreadUs: 0,
      driftUsPerDay: 0,
      matches: 700,
    };
    const changed = { atUs: parseIsoUtc('2015-03-29T01:00:00Z') as Micros, beforeUs: 1e6, afterUs: 3601e6 };
    const { integrity } = emptyFindings();
    const { finding, details } = describeCell(
      'integrity',
      emptyFindings({ integrity: { ...integrity, clockOffsets: [{ ...clock, changed }] } }),
    );
    expect(finding.text).toContain('The clock of app-1 is off from the flow log’s by 1 h');
    expect(details[0]?.text).toMatch(/changed about 2015-03-29 01:00.* since then 1 h .*ahead of it/);
  });

  it('count a few actors as a person would', () => {
    const said = (actors: number, noiseActors: number): string => {
      const totals = { ...emptyFindings().totals, actors, noiseActors, events: 9, noiseEvents: noiseActors };
      return describeCell('noise', emptyFindings({ totals })).finding.text;
    };
    expect(said(1, 0)).toMatch(/^The one actor does not behave/);
    expect(said(7, 0)).toMatch(/^None of 7 actors behaves/);
    expect(said(7, 1)).toMatch(/^1 of 7 actors behaves/);
    expect(said(7, 2)).not.toMatch(/0 campaigns/);
  });
});
