import { describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../analysis/evidence';
import { someSource } from '../../../../tests/support/findings';
import { barOf, byName, foldSources, joinBars } from './source-folds';

const files = (count: number, formatLabel: string) =>
  Array.from({ length: count }, (_, i) => someSource(`${formatLabel}-${i}`, { formatLabel }));

describe('foldSources', () => {
  it('leaves a dozen files as they are', () => {
    const sources = files(12, 'sshd');
    expect(foldSources(sources)).toEqual({ folds: [], single: sources });
  });

  it('lists entries by label and name, whichever file was read first', () => {
    const flows = files(12, 'VPC flow log');
    const [one, two, ten] = ['auth-1', 'auth-2', 'auth-10'].map((name) =>
      someSource(name, { formatLabel: name }),
    ) as [SourceInfo, SourceInfo, SourceInfo];
    const { folds, single } = foldSources([...flows, ten, ...files(3, 'CloudTrail'), two, one]);
    expect(folds.map(({ label }) => label)).toEqual(['CloudTrail', 'VPC flow log']);
    expect(single).toEqual([one, two, ten]);
    expect(byName([ten, one, two])).toEqual([one, two, ten]);
  });

  it('folds the many files of one format, and leaves what there are one or two of', () => {
    const trail = files(14, 'CloudTrail').map((source, i) => ({ ...source, rejected: i === 3 ? 5 : 0 }));
    const others = files(2, 'VPC flow log');
    const { folds, single } = foldSources([...trail.slice(0, 9), ...others, ...trail.slice(9)]);
    expect(folds.map(({ label, files: { length }, rejected }) => [label, length, rejected])).toEqual([
      ['CloudTrail', 14, 5],
    ]);
    expect(single).toEqual(others);
  });
});

describe('the strip of many files', () => {
  const range = { fromUs: 0, toUs: 1000 };

  it('has one bar for files that follow each other, and the hole where one is missing', () => {
    const days = Array.from({ length: 100 }, (_, i) => i).filter((i) => i < 40 || i >= 50);
    const bars = days.map((i) => barOf({ firstUs: i * 10, lastUs: i * 10 + 10 } as never, range));
    expect(joinBars(bars.flatMap((bar) => bar ?? []))).toEqual([
      { left: 0, width: 40.5 },
      { left: 50, width: 50.5 },
    ]);
  });

  it('leaves out a file without any time', () => {
    expect(barOf({ firstUs: Number.NaN, lastUs: Number.NaN } as never, range)).toBeNull();
  });
});
