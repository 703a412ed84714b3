import type { RangeSink } from './sink';

/** Where a splitter puts what is no record. */
export type SplitterSink = Pick<RangeSink, 'abandon' | 'note' | 'reject' | 'skip'>;

export interface JsonSplitterOptions {
  readonly maxBytes?: number;
  /** Where in the source the first byte lies, on which line (from 1), and behind how many blanks of it (−1: behind something else). */
  readonly offset?: number;
  readonly line?: number;
  readonly indent?: number;
  /** The brackets that are open there, the outermost first. */
  readonly frames?: readonly Frame[];
  /** Where it stops: at the first record that begins there or later, with so many brackets open around it. */
  readonly endByte?: number;
  readonly endDepth?: number;
}

/** What an open bracket between records is: an array of records, or the list inside a wrapper object. */
export type Frame = 'array' | 'list';

/** Between two records. */
export interface Seam {
  readonly offset: number;
  readonly frames: readonly Frame[];
  /** Something broken lies before: how what follows is to be taken may hang on it. */
  readonly wasBroken: boolean;
}
