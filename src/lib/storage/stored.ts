/**
 * What rests in the database, version by version. These types are not the live ones: a stored row keeps the shape in which it
 * was written until a migration in database.ts changes it, however the live types move on.
 */

export interface StoredCase {
  readonly id: string;
  readonly name: string;
  readonly createdUs: number;
  readonly updatedUs: number;
  /** The notebook's document as JSON; it has a version and upgraders of its own. */
  readonly document: unknown;
  /** The case parameters that sources are read with: the same values as in the document, readable without its upgraders. */
  readonly parameters: unknown;
  /** Counts every change to the tables: a tab whose view is older must not write (its dictionary ids would collide). */
  readonly revision: number;
  /** A source was removed: its texts still stand in the dictionaries and are taken out when the case is next opened. */
  readonly hasUnused?: boolean;
  /** Names of files that were given and are not read to their end; what stands here when the case is opened was lost with a tab. */
  readonly unread?: readonly string[];
}

export interface StoredSource {
  readonly caseId: string;
  readonly id: number;
  /** False while rows are being written; such a source is dropped when the case is next opened. */
  readonly complete: boolean;
  readonly sha256: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Everything known of the source beside its rows, as a plain structured-cloneable value; `metaVersion` says in which shape. */
  readonly metaVersion: number;
  readonly meta: unknown;
}

/** Some tens of megabytes of one source's segments (packed-segments.ts). */
export interface StoredSegments {
  readonly caseId: string;
  readonly sourceId: number;
  readonly part: number;
  /** A Blob, which can be read a stretch at a time; a buffer where it is small, and in what versions before 0.2 wrote. */
  readonly bytes: Blob | ArrayBuffer;
}

/** What one saving added to the case's dictionaries; the parts in order are the whole. */
export interface StoredDictionaryPart {
  readonly caseId: string;
  readonly part: number;
  /** First id of either kind in this part. */
  readonly fromAddress: number;
  readonly fromString: number;
  /** Four words an address. */
  readonly addresses: Uint32Array;
  readonly stringBytes: Uint8Array;
  /** End of each string, relative to the start of this part's bytes. */
  readonly stringEnds: Uint32Array;
}

/** The file as it was given, so that a receipt can show the raw line after a reload. */
export interface StoredOriginal {
  readonly caseId: string;
  readonly sourceId: number;
  readonly blob: Blob;
}
