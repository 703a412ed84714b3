import { describe, expect, it } from 'vitest';
import type { Micros } from '../base/brand';
import type { GapFinding } from '../analysis/findings';
import { foldRegular, runWords } from './gap-runs';

const MINUTE = 60_000_000;

function gap(fromMinute: number, minutes: number, changes: Partial<GapFinding> = {}): GapFinding {
  return {
    source: 'access.log',
    sourceId: 1,
    asset: 'web-1',
    kind: 'silence',
    fromUs: (fromMinute * MINUTE) as Micros,
    toUs: ((fromMinute + minutes) * MINUTE) as Micros,
    p: 1e-40,
    text: 'No row.',
    ...changes,
  };
}

const hourly = Array.from({ length: 24 }, (_, hour) => gap(hour * 60, hour === 7 ? 58 : 55));

function summary(gaps: readonly GapFinding[]): unknown {
  return foldRegular(gaps).map((entry) =>
    entry.kind === 'gap' ? (entry.gap.toUs - entry.gap.fromUs) / MINUTE : `run of ${entry.run.gaps.length}`,
  );
}

describe('regular silences', () => {
  it('of a log that is written once an hour are one entry, with the longest of them', () => {
    const [entry] = foldRegular(hourly);
    expect(foldRegular(hourly)).toHaveLength(1);
    expect(entry?.kind === 'run' && entry.run.longest).toBe(hourly[7]);
    expect(entry?.kind === 'run' && runWords(entry.run)).toMatch(
      /^24 silences, one about every 1 h .*58 min/,
    );
  });

  it('are one entry where some hours had too few rows to tell', () => {
    expect(summary(hourly.filter((_, hour) => hour % 7 !== 3))).toEqual(['run of 21']);
  });

  it('do not hide the one that is longer than they are, nor gaps of another kind or log', () => {
    const others = [
      gap(24 * 60, 300),
      gap(100, 55, { kind: 'sequence' }),
      gap(100, 55, { sourceId: 2, source: 'auth.log' }),
      gap(160, 55, { asset: 'web-2' }),
    ];
    expect(summary([...hourly, ...others])).toEqual(['run of 24', 300, 55, 55, 55]);
  });

  it('are none where silences come at any time, or are few', () => {
    const anyTime = [0, 70, 300, 390, 700, 1200, 1290].map((from) => gap(from, 55));
    expect(summary(anyTime)).toEqual(anyTime.map(() => 55));
    expect(summary(hourly.slice(0, 4))).toEqual([55, 55, 55, 55]);
  });
});
