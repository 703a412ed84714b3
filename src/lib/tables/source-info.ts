import type { Micros, SourceId } from '../base/brand';
import type { TableName } from './schemas';
import type { SequenceInfo } from './sequences';

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
  /** Rows in the tables; those that another source holds too and that are counted there are left out. */
  readonly rows: Readonly<Record<TableName, number>>;
  readonly rejected: number;
  readonly rejectedSamples: readonly RejectSample[];
  /** All rejected records by reason. */
  readonly rejectedByReason?: Readonly<Record<string, number>>;
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
  /** Whether the source ends in the middle of a record or of its container. */
  readonly isCut: boolean;
  /** What the records' own numbers say, a kind each. */
  readonly sequences?: readonly SequenceInfo[];
  readonly notes: readonly string[];
  /** Why it is in this tab only, where storing it failed. */
  readonly unsaved?: string;
}
