import { describe, expect, it } from 'vitest';
import { emptyFindings, someAnswer } from '../../../tests/support/findings';
import type { AnswerFinding, RotationFinding } from './findings';
import { draftWording } from './wording';

const words = (answers: readonly AnswerFinding[], rotation: readonly RotationFinding[] = []): string =>
  draftWording(emptyFindings({ answers, rotation }))
    .map((statement) => statement.text)
    .join(' ');

const queried = someAnswer({ verdict: 'queried', rung: 7, inferred: false });
const open = someAnswer({ verdict: 'cannot tell' });
const clear = someAnswer({
  verdict: 'not queried within coverage',
  days: { queried: 0, 'not queried within coverage': 19, 'cannot tell': 0 },
});

describe('draftWording', () => {
  it('never says that nothing was read where that cannot be told', () => {
    const text = words([open]);
    expect(text).toMatch(/we do not know whether data was read/);
    expect(text).not.toMatch(/no access|not read|no sign|failed/i);
  });

  it('says what was read, and does not let a clear service speak for the others', () => {
    const text = words([queried, open, clear]);
    expect(text).toMatch(/On 1 of these services an unauthorized party read data\./);
    expect(text).toMatch(/On 1 of these services we do not know/);
    expect(text).toMatch(
      /On 1 of these services our records cover the whole time and show no access to data/,
    );
  });

  it('marks an inference as one', () => {
    expect(words([{ ...queried, inferred: true }])).toMatch(/judging by the amount of data sent/);
  });

  it('says of which services it speaks where ports and cloud services are told of', () => {
    const cloud = someAnswer({ verdict: 'cannot tell', asset: 'AWS account 1', service: 's3' });
    const text = draftWording(emptyFindings({ answers: [open, cloud] })).map((statement) => statement.text);
    expect(text.join(' ')).toMatch(/On this service we do not know.* On this cloud service we do not know/);
    expect(new Set(text).size).toBe(text.length);
  });

  it('names no asset, no address and no day that is not known', () => {
    const text = words([
      someAnswer({ verdict: 'queried', actors: ['203.0.113.7'], openedUs: Number.NaN as never }),
    ]);
    expect(text).not.toMatch(/log-3|203\.0\.113/);
    expect(text).toMatch(/from a time that we could not establish/);
  });

  it('says of each end of an exposure what is known', () => {
    const unknown = Number.NaN as never;
    expect(words([someAnswer({ openedUs: unknown, closedUs: unknown })])).toContain(
      'from the Internet; we could establish neither when this began nor when it ended.',
    );
    expect(words([someAnswer({ closedUs: unknown })])).toMatch(
      /from \S+ \(UTC\) on; we could not establish when this ended\./,
    );
    expect(words([someAnswer({ openedUs: unknown })])).toMatch(
      /from a time that we could not establish until \S+ \(UTC\)\./,
    );
  });

  it('counts a credential once, however many places it lay in', () => {
    const entry = { advice: 'must', hash: 'aa', kind: 'API key' } as RotationFinding;
    expect(words([queried], [entry, entry, { ...entry, hash: 'bb', advice: 'should' }])).toMatch(
      /1 credential must be replaced, because it was .* 1 more credential should be replaced/,
    );
  });

  it('does not take the lack of an exposure for proof', () => {
    expect(words([])).toMatch(/does not prove/);
  });
});
