import { describe, expect, it } from 'vitest';
import { emptyFindings, someAnswer, someSource } from '../../../tests/support/findings';
import type { Micros } from '../base/brand';
import type { AnswerFinding, Findings, LadderFinding, VerdictFinding } from '../analysis/findings';
import { summarize } from './summary';

const totals = { ...emptyFindings().totals, flows: 10, logins: 10, queries: 10, changes: 1 };
const SSH = { asset: 'log-3', service: '22/tcp' };

function caseOf(changes: Partial<Findings>): Findings {
  return emptyFindings({ sources: [someSource('vpc.log')], totals, ...changes });
}

function read(changes: Partial<AnswerFinding> = {}): AnswerFinding {
  const days = { queried: 2, 'not queried within coverage': 0, 'cannot tell': 1 };
  return someAnswer({ verdict: 'queried', rung: 7, actors: ['203.0.113.77'], days, ...changes });
}

function day(of: string, changes: Partial<VerdictFinding> = {}): VerdictFinding {
  return {
    ...{ asset: 'log-3', service: '9200/tcp', day: of, verdict: 'queried', rung: 7, inferred: false },
    ...{ ceiling: 7, actors: ['203.0.113.77'], why: [] },
    ...changes,
  } as VerdictFinding;
}

function step(actor: string, changes: Partial<LadderFinding>): LadderFinding {
  const rest = { standing: 'quiet' as const, rung: 5 as const, inferred: false, atUs: 0 as Micros, why: [] };
  return { asset: 'log-3', service: '9200/tcp', actor, ...rest, ...changes };
}

function lineOf(findings: Findings, label: string): string {
  return summarize(findings).lines.find((line) => line.label === label)?.said.text ?? '';
}

describe('the answer in short', () => {
  const rows = [{ table: 'queries' as const, actor: '203.0.113.77' }];
  const findings = caseOf({
    answers: [read({ why: [{ text: 'It read.', rows }] }), read({ ...SSH, inferred: true })],
    verdicts: [
      day('2015-03-02'),
      day('2015-02-24'),
      day('2015-02-24', SSH),
      day('2015-02-25', { verdict: 'cannot tell' }),
    ],
    rotation: [
      {
        ...{ kind: 'SSH key', hint: '…xCyM', hash: 'a', holder: 'deploy', asset: 'log-3', where: 'x' },
        ...{ advice: 'must', rung: 7, reason: 'used' },
      },
    ],
  });

  it('names who read, where, and that nobody has said whose they are, with the rows', () => {
    expect(lineOf(findings, 'Who')).toBe(
      '203.0.113.77 (log-3 9200/tcp and log-3 22/tcp). Not declared to be yours.',
    );
    expect(summarize(findings).lines[0]?.said.rows).toEqual(rows);
  });

  it('dates the reading by the days of the verdict alone', () => {
    expect(lineOf(findings, 'When')).toMatch(/^Read on 2015-02-24 and 2015-03-02 \(UTC\)\. /);
  });

  it('keeps what a log shows apart from what is concluded from bytes, and counts what nobody can tell', () => {
    const text = lineOf(findings, 'How sure');
    expect(text).toMatch(/A log shows the read itself on log-3 9200\/tcp\. On log-3 22\/tcp it is concluded/);
    expect(text).toMatch(/For 2 of 6 days, counted by service, the loaded logs can tell neither way/);
  });

  it('warns of clocks before anybody takes a time from their lines', () => {
    const clock = {
      host: 'app-1',
      asset: 'app-1',
      offsetUs: 7200e6,
      spreadUs: 0,
      driftUsPerDay: 0,
      matches: 9,
    };
    const { integrity } = findings;
    const text = lineOf({ ...findings, integrity: { ...integrity, clockOffsets: [clock] } }, 'How sure');
    expect(text).toMatch(/\. The clock of app-1 is off from the flow log’s by 2 h\.$/);
  });

  it('says what to change, and that logs cannot name the secrets within the data', () => {
    expect(lineOf(findings, 'To change')).toMatch(
      /1 credential must change: SSH key …xCyM of deploy\. Secrets within/,
    );
  });

  it('tells logs that could show no read from logs that can only not rule one out', () => {
    const of = (ceiling: AnswerFinding['ceiling']) =>
      lineOf(caseOf({ answers: [someAnswer({ ceiling })] }), 'How sure');
    expect(of(3)).toBe('The loaded logs could not have shown a read, or its absence, on any day.');
    expect(of(6)).toMatch(/^A read could have been seen on some days, but on none .* rule it out\.$/);
  });

  it('claims no reader and no clean bill where the logs cannot tell, but says who was let in', () => {
    const text = lineOf(
      caseOf({
        answers: [someAnswer()],
        ladder: [
          step('203.0.113.9', {}),
          step('192.0.2.10', { standing: 'known' }),
          step('198.51.100.4', { asset: 'elsewhere' }),
        ],
      }),
      'Who',
    );
    expect(text).toBe('Let in, and what they did then is not seen: 203.0.113.9 (log-3 9200/tcp).');
    expect(lineOf(caseOf({ answers: [someAnswer()] }), 'Who')).toMatch(
      /proves only as much as the logs could/,
    );
  });
});

describe('what to do next', () => {
  it('asks first whose those are that were let in, and never of those that are declared', () => {
    const { next } = summarize(
      caseOf({
        answers: [read()],
        ladder: [
          step('203.0.113.9', { ...SSH }),
          step('203.0.113.10', {}),
          step('192.0.2.10', { standing: 'known' }),
        ],
      }),
    );
    expect(next[0]?.actors).toEqual(['203.0.113.77', '203.0.113.10']);
  });

  it('asks also of those that are suspected by what was sent to them, not of those that only talked', () => {
    const ladder = [
      step('203.0.113.8', { inferred: true }),
      step('203.0.113.9', { rung: 7, inferred: true }),
    ];
    expect(summarize(caseOf({ answers: [someAnswer()], ladder })).next[0]?.actors).toEqual(['203.0.113.9']);
  });

  it('asks nothing of an address within the own networks', () => {
    const ladder = ['10.20.10.14', '203.0.113.9'].map((actor) => step(actor, {}));
    const asked = (parameters: Findings['parameters']) =>
      summarize(caseOf({ answers: [someAnswer()], ladder, parameters })).next[0]?.actors;
    expect(asked({})).toEqual(['203.0.113.9']);
    expect(asked({ ownNetworks: ['203.0.113.0/24'] })).toEqual(['10.20.10.14']);
  });

  it('asks once for what would settle several hosts, in a sentence that says what to do and why, the one that settles most first', () => {
    const image = {
      ...{ act: 'secure' as const, what: 'a disk image of the host', why: 'the logs contradict one another' },
    };
    const audit = { act: 'get' as const, what: 'a log kept off the host', why: 'no log shows a read' };
    const answers = ['log', 'log-2'].map((asset) =>
      someAnswer({ asset, wishes: [...(asset === 'log' ? [image] : []), audit] }),
    );
    expect(summarize(caseOf({ answers })).next.map(({ text }) => text)).toEqual([
      'Get a log kept off the host, for log and log-2: no log shows a read.',
      'Secure a disk image of the host, for log: the logs contradict one another.',
    ]);
  });

  it('names the kinds of log that are not loaded at all, and files that were cut', () => {
    const texts = summarize(
      emptyFindings({
        sources: [someSource('auth.log.gz', { isCut: true })],
        totals: { ...totals, flows: 0, changes: 0 },
      }),
    ).next.map(({ text }) => text);
    expect(texts[0]).toMatch(/^Get auth\.log\.gz again/);
    expect(texts.join(' ')).toMatch(/Load flow logs.*Load the log of changes/);
    expect(texts.join(' ')).not.toMatch(/Load login logs/);
    expect(summarize(emptyFindings()).next).toEqual([]);
  });
});
