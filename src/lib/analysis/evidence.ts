import type { Micros, SourceId } from '../base/brand';
import type { Dictionaries } from '../tables/dictionaries';
import type { TableName } from '../tables/schemas';
import type { Tables } from '../tables/segment';

export interface RejectSample {
  readonly line: number;
  readonly reason: string;
  /** The start of the line, cut; hostile text. */
  readonly text: string;
}

/** One loaded file, as the analysis and the screen know it. */
export interface SourceInfo {
  readonly id: SourceId;
  readonly name: string;
  /** Bytes as given (still compressed, if it was). */
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly format: string;
  readonly formatLabel: string;
  /** `none`, `gzip`, … */
  readonly container: string;
  /** Records read: rows' records + skipped + rejected. */
  readonly records: number;
  readonly rows: Readonly<Record<TableName, number>>;
  readonly rejected: number;
  readonly rejectedSamples: readonly RejectSample[];
  /** Records that rightly give no row, by kind. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Rows left out because another source holds the same record; the source's name. */
  readonly duplicates: number;
  readonly duplicateOf?: string;
  readonly firstUs: Micros;
  readonly lastUs: Micros;
  /** Zone applied to clocks without one, and year applied to the first year-less line; `inferred` says which were guessed and why. */
  readonly zone: string;
  readonly year?: number;
  readonly inferred: readonly string[];
  /** Asset that wrote it, where one is known. */
  readonly asset?: string;
  readonly heldOffAsset: boolean;
  /** Whether the last record was cut off (no end of line, truncated container). */
  readonly isCut: boolean;
  readonly notes: readonly string[];
}

/** All that was loaded: what every analysis reads and none writes. */
export interface Evidence {
  readonly tables: Tables;
  readonly dictionaries: Dictionaries;
  readonly sources: readonly SourceInfo[];
}

/**
 * Rows as a question, small enough to travel with every number: the receipt behind it. All conditions must hold.
 * `actor` and `asset` are the texts used in the findings (address, name or principal).
 */
export interface RowQuery {
  readonly table: TableName;
  readonly source?: number;
  readonly actor?: string;
  /** Actors as a set, for campaigns. */
  readonly actors?: readonly string[];
  readonly asset?: string;
  /** Port of the service on the asset. */
  readonly port?: number;
  readonly fromUs?: number;
  /** Exclusive. */
  readonly toUs?: number;
  /** Column name → the values (enumeration numbers) that count. */
  readonly where?: Readonly<Record<string, readonly number[]>>;
  readonly user?: string;
  /** Exact rows, where a question cannot say it. */
  readonly rows?: readonly number[];
  /** Case-insensitive text that some string column holds. */
  readonly text?: string;
}
