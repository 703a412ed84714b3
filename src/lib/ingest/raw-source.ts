import type { Micros, SourceId } from '../base/brand';
import type { SourceOptions } from '../formats/format';
import type { TableName } from '../tables/schemas';
import type { SequenceInfo } from '../tables/sequences';
import type { Segment } from '../tables/segment';
import type { RejectSample, SourceInfo } from '../tables/source-info';
import type { Dictionaries } from '../tables/dictionaries';
import type { Tables } from '../tables/segment';
import type { UnpackShare } from './unpack/limits';

/** First and last time of any row; NaN when no row has one. */
export interface TimeRange {
  readonly firstUs: Micros;
  readonly lastUs: Micros;
}

/** The archive that a source came out of. */
export interface MemberOrigin {
  /** The archive as given: its name and SHA-256. */
  readonly name: string;
  readonly sha256: string;
  /** What is to be known of how the member was taken out. */
  readonly notes: readonly string[];
  readonly isCut: boolean;
  /** What the member, should it be packed itself, is measured against while it is read. */
  readonly share?: UnpackShare;
}

/**
 * All that is known of one parsed source before the case's parameters apply. Dictionary ids are the case's; times marked `local` or
 * `yearless` still are. Never written to: zone and year can be changed without reading the file again.
 */
export interface RawSource {
  readonly id: SourceId;
  readonly name: string;
  /** Bytes as given. */
  readonly sizeBytes: number;
  /** The file's own date, in milliseconds since 1970; 0 or NaN when it has none. */
  readonly lastModifiedMs: number;
  readonly sha256: string;
  /** Format id, and what an analyst calls it. */
  readonly format: string;
  readonly formatLabel: string;
  readonly container: string;
  readonly records: number;
  readonly lines: number;
  readonly rejected: number;
  readonly rejectedSamples: readonly RejectSample[];
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly isCut: boolean;
  readonly rows: Readonly<Record<TableName, number>>;
  /** What record numbers say, a kind each; absent in cases that were saved before they were read. */
  readonly sequences?: readonly SequenceInfo[];
  /** Set for a file out of an archive; `sha256` is then the member's own. */
  readonly origin?: MemberOrigin;
  /** Where its rows lie in time as they are written, where that is known without looking at them; `rangeOf` tells it of any source. */
  readonly range?: TimeRange;
  /** In the order of the file, tables mixed. */
  readonly segments: readonly Segment[];
}

/** What an analyst says about sources by name; structurally a SourceRule of case.json. Later rules overrule earlier ones, key by key. */
export interface SourceRuleLike extends SourceOptions {
  /** Glob (`*`, `?`) over the source's name or the last part of its path. */
  readonly name: string;
  /** Exactly this source, whatever its name: for what was changed on screen. */
  readonly id?: SourceId;
  readonly format?: string;
  readonly asset?: string;
  readonly heldOffAsset?: boolean;
}

export interface AssembleParameters {
  /** Zone of clocks that name none. Default UTC, said to be inferred. */
  readonly zone?: string;
  /** Year of the first year-less line of every source. */
  readonly year?: number;
  readonly rules: readonly SourceRuleLike[];
}

/** Structurally the analysis' Evidence. */
export interface Assembled {
  readonly tables: Tables;
  readonly dictionaries: Dictionaries;
  readonly sources: readonly SourceInfo[];
}

/** What a source says of the archive that it came out of, beside its own notes. */
export function notesOf(origin: MemberOrigin | undefined): readonly string[] {
  if (!origin) return [];
  return [`Out of the archive ${origin.name} (SHA-256 ${origin.sha256}).`, ...origin.notes];
}
