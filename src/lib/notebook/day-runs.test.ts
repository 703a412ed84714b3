import { describe, expect, it } from 'vitest';
import type { VerdictFinding } from '../analysis/findings';
import { MICROS_PER_DAY, parseIsoUtc } from '../base/time';
import { dayRuns, runText } from './day-runs';

function someVerdict(day: string, change: Partial<VerdictFinding> = {}): VerdictFinding {
  return {
    asset: 'log-3',
    service: '9200/tcp',
    day,
    verdict: 'cannot tell',
    rung: 3,
    inferred: false,
    ceiling: 3,
    actors: [],
    why: [{ text: 'No loaded log could have shown a read on log-3 9200/tcp.' }],
    ...change,
  };
}

const days = ['2026-03-02', '2026-03-03', '2026-03-04'];

describe('verdicts by day', () => {
  it('say a reason once for the days in a row that share it, and keep each day', () => {
    const verdicts = days.map((day) => someVerdict(day));
    const runs = dayRuns(verdicts);
    expect(runs.map(runText)).toEqual(['2026-03-02 – 03-04']);
    expect(runs[0]?.days).toEqual(verdicts);
    expect(runs[0]?.verdict.why).toHaveLength(1);
  });

  it.each<[string, Partial<VerdictFinding>]>([
    ['verdict', { verdict: 'queried' }],
    ['rung', { rung: 6 }],
    ['way of knowing the rung', { inferred: true }],
    ['ceiling', { ceiling: 8 }],
    ['actors', { actors: ['203.0.113.77'] }],
    ['reason', { why: [{ text: 'es.log does not cover 03:00 to 04:00.' }] }],
    ['number of reasons', { why: [] }],
    ['service', { service: '9300/tcp' }],
    ['asset', { asset: 'log-4' }],
  ])('do not hide a day with another %s', (_what, change) => {
    const [first = '', second = '', third = ''] = days;
    const runs = dayRuns([someVerdict(first), someVerdict(second, change), someVerdict(third)]);
    expect(runs.map(({ days: of }) => of.length)).toEqual([1, 1, 1]);
  });

  it('do not bridge a day without a verdict, and name the year where it changes', () => {
    const of = (...listed: string[]) => dayRuns(listed.map((day) => someVerdict(day))).map(runText);
    expect(of('2026-03-02', '2026-03-04')).toEqual(['2026-03-02', '2026-03-04']);
    expect(of('2025-12-31', '2026-01-01')).toEqual(['2025-12-31 – 2026-01-01']);
    expect(of('2026-02-28', '2026-03-01')).toEqual(['2026-02-28 – 03-01']);
  });

  it('keep a service’s days together though those of another lie between them', () => {
    const runs = dayRuns(days.flatMap((day) => [someVerdict(day), someVerdict(day, { service: '22/tcp' })]));
    expect(runs.map((run) => [run.verdict.service, run.days.length])).toEqual([
      ['9200/tcp', 3],
      ['22/tcp', 3],
    ]);
  });

  it('open the rows of all their days behind the one reason, each row once', () => {
    const start = parseIsoUtc('2026-03-02');
    const runs = dayRuns(
      days.map((day, at) => {
        const fromUs = start + at * MICROS_PER_DAY;
        const flows = { table: 'flows', asset: 'log-3', fromUs, toUs: fromUs + MICROS_PER_DAY } as const;
        return someVerdict(day, {
          why: [
            {
              text: 'It received more than a failed attempt gets.',
              rows: [
                { ...flows, actor: '203.0.113.77' },
                // The middle day is not asked about.
                ...(at === 1 ? [] : [{ ...flows, actor: '198.51.100.9' }]),
                { table: 'logins', asset: 'log-3' },
              ],
            },
          ],
        });
      }),
    );
    const day = (from: number, to: number) => ({
      fromUs: start + from * MICROS_PER_DAY,
      toUs: start + to * MICROS_PER_DAY,
    });
    expect(runs[0]?.verdict.why[0]?.rows).toEqual([
      { table: 'flows', asset: 'log-3', actor: '203.0.113.77', ...day(0, 3) },
      { table: 'flows', asset: 'log-3', actor: '198.51.100.9', ...day(0, 1) },
      { table: 'logins', asset: 'log-3' },
      { table: 'flows', asset: 'log-3', actor: '198.51.100.9', ...day(2, 3) },
    ]);
  });
});
