import type { SourceId } from '../base/brand';
import type { Failure, Result } from '../base/result';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import type { Detectability, DetectabilityOptions } from '../analysis/detectability';
import type { RowQuery, SourceInfo } from '../analysis/evidence';
import type { MemberOrigin } from '../ingest/raw-source';
import type { CsvMapping, SourceOptions, TablePreview } from '../formats/format';
import type { TableName } from '../tables/schemas';

/** How far packed files are followed: said on the page. */
export { UNPACK_LIMITS } from '../ingest/unpack/limits';

/** What the page may ask of the machinery behind it. Every promise resolves with data, errors included. */
export interface Engine {
  /** Makes the case the current one: its tables are read from storage. Sources that were not complete are left out. */
  openCase(caseId: string): Promise<Result<readonly SourceInfo[]>>;
  /** Starts what reads files, on a page that has nothing else to do: the first file then need not wait for it. Resolves when it runs at full speed. */
  prepare(): Promise<void>;
  /**
   * Reads files into the current case. One job a file; events arrive until each is `done`, `failed` or `cancelled`. With `parameters`, the
   * default notebook under them is begun as soon as all rows are in, for an `analyze` that follows.
   */
  load(
    files: readonly InputFile[],
    onEvent: (event: LoadEvent) => void,
    parameters?: CaseParameters,
  ): LoadHandle;
  removeSource(id: SourceId): Promise<Result<readonly SourceInfo[]>>;
  /** Changes zone, year, asset, trust of a source without reading it again; another format or mapping reads it again. */
  changeSource(id: SourceId, change: SourceChange): Promise<Result<readonly SourceInfo[]>>;
  /** Runs the default notebook. A later call supersedes an earlier one, which then resolves with `superseded`. */
  analyze(
    parameters: CaseParameters,
    onProgress?: (progress: AnalysisProgress) => void,
  ): Promise<Result<Findings, Failure | 'superseded'>>;
  /** Leaves the analysis that runs, which then resolves with `superseded`. What the last one found, and its rows, stay as they are. */
  cancelAnalysis(): void;
  /**
   * How small an attack on an exposed service would have been found: made-up attackers are put into a copy of the evidence, and all is run again, some
   * dozens of times. Null: no service is exposed, or no flows show it. A later call supersedes an earlier one; so does `signal`.
   */
  measureDetectability(
    parameters: CaseParameters,
    options?: DetectabilityOptions,
    onProgress?: (progress: AnalysisProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<Detectability | null, Failure | 'superseded'>>;
  /** Rows behind a number, a page at a time, in the order of time; those of several questions together, each row once. */
  rows(asked: RowQuery | readonly RowQuery[], from: number, count: number): Promise<Result<RowPage>>;
  /** The raw records behind rows, byte for byte where the original is kept or at hand. */
  raw(table: TableName, rows: readonly number[]): Promise<Result<readonly RawRecord[]>>;
  /** Counts and first places of many queries at once, for a report. */
  receipts(queries: readonly RowQuery[]): Promise<Result<readonly Receipt[]>>;
  /** First records and header of a table, for the mapping dialog. */
  preview(file: InputFile): Promise<Result<TablePreview>>;
  /** The same of a source that was read already; fails where its original is not at hand. */
  previewSource(id: SourceId): Promise<Result<TablePreview>>;
  /** One file that holds the whole case, and back. */
  exportCase(): Promise<Result<Blob>>;
  importCase(file: Blob, caseId: string): Promise<Result<readonly SourceInfo[]>>;
  dispose(): void;
}

export interface InputFile {
  readonly file: Blob;
  /** Path within what was dropped. */
  readonly name: string;
  readonly lastModifiedMs: number;
  /** Set by the analyst: overrules what the content says. */
  readonly format?: string;
  readonly options?: SourceOptions;
  /** Set for a file out of an archive. */
  readonly origin?: MemberOrigin;
}

export interface SourceChange {
  readonly zone?: string;
  readonly year?: number;
  readonly asset?: string;
  readonly heldOffAsset?: boolean;
  readonly format?: string;
  readonly mapping?: CsvMapping;
}

export interface LoadHandle {
  /** Stops one file (by its index in the call) or all; what other files gave is kept. */
  cancel(index?: number): void;
  /** Resolves when every file has ended one way or another, and the originals are kept where there was room. */
  readonly finished: Promise<void>;
}

export interface LoadProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly rejected: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number;
  readonly phase: 'waiting' | 'recognizing' | 'reading' | 'hashing' | 'unpacking' | 'saving';
  readonly format?: string;
}

export type LoadEvent =
  | { readonly kind: 'progress'; readonly index: number; readonly progress: LoadProgress }
  /**
   * The source as it stands: while other files are still being read it is looked at alone. What it shares with others (rows counted
   * once, years) is in the sources of the next analysis.
   */
  | { readonly kind: 'done'; readonly index: number; readonly source: SourceInfo }
  /**
   * An archive ended in its files: they take part from here on, with the indices from `firstIndex`, each to its own ending. Those that can't be
   * taken out fail at once.
   */
  | {
      readonly kind: 'expanded';
      readonly index: number;
      readonly firstIndex: number;
      readonly members: readonly InputFile[];
    }
  /** The same bytes were loaded before: counted once. */
  | { readonly kind: 'duplicate'; readonly index: number; readonly of: string }
  /** A table whose columns' names say enough: it is being read by them. */
  | { readonly kind: 'guessed'; readonly index: number; readonly preview: TablePreview }
  /** A table whose columns a person must name. */
  | { readonly kind: 'needs mapping'; readonly index: number; readonly preview: TablePreview }
  | { readonly kind: 'failed'; readonly index: number; readonly failure: Failure }
  | { readonly kind: 'cancelled'; readonly index: number };

export interface AnalysisProgress {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface RowPage {
  readonly total: number;
  /** Names of the cells of a row, for each table that was asked. */
  readonly columns: Readonly<Partial<Record<TableName, readonly string[]>>>;
  readonly rows: readonly RowView[];
}

export interface RowView {
  readonly table: TableName;
  readonly row: number;
  readonly source: string;
  readonly sourceId: number;
  readonly line: number;
  /** Null where a row has no place in bytes: the line is its number then. */
  readonly offset: number | null;
  /** One text a column of its table, ready to show; times are microseconds as text, so that the page's zone can apply. */
  readonly cells: readonly string[];
}

export interface RawRecord {
  readonly source: string;
  readonly sha256: string;
  readonly line: number;
  /** Null where a row has no place in bytes: the line is its number then, and the text its values by name. */
  readonly offset: number | null;
  /** Null: the original is not kept in this browser; drop the file again to see it. */
  readonly text: string | null;
}

export interface Receipt {
  readonly query: RowQuery;
  readonly count: number;
  readonly sources: readonly { readonly name: string; readonly sha256: string; readonly count: number }[];
  readonly first: readonly {
    readonly source: string;
    readonly line: number;
    readonly offset: number | null;
  }[];
}
