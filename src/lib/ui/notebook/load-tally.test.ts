import { describe, expect, it } from 'vitest';
import type { LoadStatus } from '../../state/loading.svelte';
import type { LoadProgress } from '../../workers/engine';
import { foldEnded, inOrder, tallyOf, worthARow } from './load-tally';

const file = (
  status: LoadStatus,
  size: number,
  read?: Pick<LoadProgress, 'bytesRead' | 'rows' | 'rejected'>,
) => ({
  status,
  isActive: status === 'waiting' || status === 'reading',
  input: { file: { size } },
  progress: read ? ({ ...read } as LoadProgress) : null,
});

describe('many files on their way in', () => {
  it('are one sum: what has ended is read, well or not', () => {
    const tally = tallyOf([
      file('done', 100, { bytesRead: 100, rows: 9, rejected: 1 }),
      file('failed', 100),
      file('reading', 100, { bytesRead: 50, rows: 4, rejected: 0 }),
      file('waiting', 100),
    ]);
    expect(tally).toEqual({ active: 2, bytes: 400, share: 0.625, rows: 13, rejected: 1 });
  });

  it('are no share of nothing', () => {
    expect(tallyOf([file('reading', 0)]).share).toBe(0);
  });

  it('have a row each only where that takes a while, or a person must know', () => {
    const failed = file('failed', 10);
    const large = file('reading', 5_000_000);
    const twice = file('duplicate', 10);
    const rows = [file('waiting', 5_000_000), twice, failed, file('done', 10), file('reading', 10), large];
    expect(worthARow(inOrder(rows))).toEqual([large, failed, twice]);
  });

  it('fold where several ended alike, and leave what there are one or two of', () => {
    const twice = Array.from({ length: 3 }, () => file('duplicate', 10));
    const others = [file('failed', 10), file('failed', 10), file('cancelled', 10)];
    const { listed, folds } = foldEnded(inOrder([...twice, ...others]));
    expect(listed).toEqual(others);
    expect(folds).toEqual([{ status: 'duplicate', rows: twice }]);
  });
});
