import type { SourceId } from '../base/brand';
import type { Failure, Result } from '../base/result';
import type { Detectability, DetectabilityOptions } from '../analysis/detectability';
import type { RowQuery, SourceInfo } from '../analysis/evidence';
import type { AnswerPart } from './answer-parts';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import type { CsvMapping } from '../formats/format';
import type { MemberOrigin } from '../ingest/raw-source';
import type { TableName } from '../tables/schemas';
import type { AnalysisProgress, RawRecord, Receipt, RowPage, SourceChange } from './engine';
import type { SourceSaid } from './kept-source';

/** A file that is about to be read, as the analysis worker must know it. */
export interface JobStart {
  readonly job: number;
  readonly name: string;
  /** The original: receipts read their raw lines from it. */
  readonly blob: Blob;
  readonly lastModifiedMs: number;
  readonly formatId: string;
  readonly container: string;
  readonly options: SourceSaid;
  readonly ranges: number;
  readonly origin?: MemberOrigin;
  /** The source that this one takes the place of once it is complete (another format, another mapping). */
  readonly replaces?: SourceId;
}

/** How a file ended in the analysis worker. */
export type Completion =
  | { readonly kind: 'done'; readonly source: SourceInfo }
  | { readonly kind: 'duplicate'; readonly of: string };

/** What became of a change: applied, or the file must be read again with other eyes. */
export type ChangeOutcome =
  | { readonly kind: 'applied'; readonly sources: readonly SourceInfo[] }
  | { readonly kind: 'reread'; readonly input: RereadInput };

export interface RereadInput {
  readonly file: Blob;
  readonly name: string;
  readonly lastModifiedMs: number;
  readonly format: string;
  readonly options: SourceSaid;
  readonly origin?: MemberOrigin;
}

/** What must be known before a file is read; all else that rules say applies to rows that are there. */
export interface ReadingRule {
  readonly format?: string;
  readonly mapping?: CsvMapping;
}

/** Every request with its parameters and what it resolves with. */
export interface AnalysisCalls {
  /** `firstJob`: messages of earlier jobs, still on their way, belong to the case that is being left. */
  openCase: [{ caseId: string; firstJob: number }, readonly SourceInfo[]];
  /** What the case's rules say about reading files of these names. */
  readingRules: [{ names: readonly string[] }, readonly ReadingRule[]];
  complete: [{ job: number; sha256: string }, Completion];
  /** Resolves once the originals of what was loaded so far are kept, or are known not to be. */
  settled: [Record<string, never>, void];
  removeSource: [{ id: SourceId }, readonly SourceInfo[]];
  changeSource: [{ id: SourceId; change: SourceChange }, ChangeOutcome];
  /** What a source was read from, as long as its original is at hand. */
  original: [{ id: SourceId }, RereadInput];
  sources: [Record<string, never>, readonly SourceInfo[]];
  analyze: [{ parameters: CaseParameters }, Findings | 'superseded'];
  cancelAnalysis: [Record<string, never>, void];
  detectability: [
    { parameters: CaseParameters; options: DetectabilityOptions },
    Detectability | null | 'superseded',
  ];
  cancelDetectability: [Record<string, never>, void];
  rows: [{ queries: readonly RowQuery[]; from: number; count: number }, RowPage];
  raw: [{ table: TableName; rows: readonly number[] }, readonly RawRecord[]];
  receipts: [{ queries: readonly RowQuery[] }, readonly Receipt[]];
  exportCase: [Record<string, never>, Blob];
  importCase: [{ file: Blob; caseId: string; firstJob: number }, readonly SourceInfo[]];
}

export type CallName = keyof AnalysisCalls;

export type AnalysisCall = {
  [K in CallName]: {
    readonly kind: 'call';
    readonly id: number;
    readonly name: K;
    readonly input: AnalysisCalls[K][0];
  };
}[CallName];

export type AnalysisRequest =
  | AnalysisCall
  /** The receiving end of an ingest worker's port. */
  | { readonly kind: 'connect'; readonly port: MessagePort }
  /** How many bytes of rows may be in memory as they were read, from the next opening on. */
  | { readonly kind: 'hold'; readonly bytes: number }
  | { readonly kind: 'begin'; readonly start: JobStart }
  /** No rows of the files that were given are on their way any more; hashes may be. */
  | { readonly kind: 'rows are in'; readonly parameters: CaseParameters }
  /** The file was cancelled or failed: its rows are dropped, or its source, if it was completed just before. */
  | { readonly kind: 'drop'; readonly job: number };

export type AnalysisReply =
  /** A piece of the answer that follows. */
  | { readonly kind: 'part'; readonly id: number; readonly part: AnswerPart }
  | { readonly kind: 'reply'; readonly id: number; readonly result: Result<unknown, Failure> }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: AnalysisProgress };
