/** Cuts a stream of chunks into records. `push` returns false once nothing that follows belongs to the range. */
export interface Framer {
  /** Records found so far, whatever became of them. */
  readonly records: number;
  /** Lines that start in the range, so far. */
  readonly lines: number;
  push(chunk: Uint8Array): boolean;
  /** The last chunk was pushed. */
  finish(): { readonly isCut: boolean };
}

/** Where a framer starts and what it owns: the lines that start in [startByte, endByte). */
export interface FramerRange {
  readonly startByte: number;
  readonly endByte: number;
}

/** A range that starts inside the file is read from the byte before it: only that byte tells whether its first byte starts a line. */
export function firstByteOf(range: FramerRange): number {
  return Math.max(0, range.startByte - 1);
}
