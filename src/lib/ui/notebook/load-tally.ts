import type { LoadRow, LoadStatus } from '../../state/loading.svelte';

/** Beyond so many files a row for each that comes and goes is more than anybody can read. */
export const MANY_FILES = 30;
/** A smaller file is read within some hundred milliseconds: of many, it has no row of its own while all goes well. */
const SMALL_BYTES = 1 << 20;

/** What is being read, then what a person must look at, then the rest. */
const ORDER: Readonly<Record<LoadStatus, number>> = {
  reading: 0,
  'needs mapping': 1,
  failed: 1,
  duplicate: 2,
  cancelled: 2,
  waiting: 3,
  done: 4,
};

/** What a row is counted and listed by. */
export type Tallied = Pick<LoadRow, 'status' | 'progress' | 'isActive'> & {
  readonly input: { readonly file: { readonly size: number } };
};

/** All files on their way in as one. */
export interface LoadTally {
  /** Files that have not ended. */
  readonly active: number;
  readonly bytes: number;
  /** Of the bytes of all files, 0…1. */
  readonly share: number;
  readonly rows: number;
  readonly rejected: number;
}

export function tallyOf(rows: readonly Tallied[]): LoadTally {
  let active = 0;
  let bytes = 0;
  let readBytes = 0;
  let rowCount = 0;
  let rejected = 0;
  for (const { status, progress, isActive, input } of rows) {
    const { size } = input.file;
    bytes += size;
    if (isActive) active += 1;
    // A file that ended badly has nothing left to read either.
    if (!isActive) readBytes += size;
    else if (status === 'reading') readBytes += progress?.bytesRead ?? 0;
    rowCount += progress?.rows ?? 0;
    rejected += progress?.rejected ?? 0;
  }
  return { active, bytes, share: bytes > 0 ? readBytes / bytes : 0, rows: rowCount, rejected };
}

/** The rows by what a person looks for first. */
export function inOrder<T extends Tallied>(rows: readonly T[]): readonly T[] {
  const places: T[][] = [[], [], [], [], []];
  for (const row of rows) places[ORDER[row.status]]?.push(row);
  return places.flat();
}

/** Of ordered rows of many files that are being read: those that take a while, and those that a person must know of. */
export function worthARow<T extends Tallied>(ordered: readonly T[]): readonly T[] {
  return ordered.filter(({ status, input }) =>
    status === 'reading' ? input.file.size > SMALL_BYTES : status !== 'waiting' && status !== 'done',
  );
}

/** From so many on, files that ended alike take one line. */
const FEW = 3;
const FOLDED = ['duplicate', 'failed'] as const;

export interface EndedFold<T> {
  readonly status: (typeof FOLDED)[number];
  readonly rows: readonly T[];
}

/**
 * Of ordered rows that have all ended: what stands by itself, and what folds into a line. A folder often holds notes beside its logs, and the same
 * log twice: neither should keep the answer off the screen.
 */
export function foldEnded<T extends Tallied>(
  ordered: readonly T[],
): { readonly listed: readonly T[]; readonly folds: readonly EndedFold<T>[] } {
  const folds = FOLDED.map((status) => ({
    status,
    rows: ordered.filter((row) => row.status === status),
  })).filter(({ rows }) => rows.length >= FEW);
  return { listed: ordered.filter(({ status }) => !folds.some((fold) => fold.status === status)), folds };
}
