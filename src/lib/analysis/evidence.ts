import type { Dictionaries } from '../tables/dictionaries';
import type { TableName } from '../tables/schemas';
import type { SourceInfo } from '../tables/source-info';
import type { Tables } from '../tables/segment';

export type { RejectSample, SourceInfo } from '../tables/source-info';

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
  /** Assets as a set: rows with any of them count. */
  readonly assets?: readonly string[];
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
