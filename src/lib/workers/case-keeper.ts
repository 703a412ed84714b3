import type { SourceId } from '../base/brand';
import { FailureError } from '../base/result';
import { sha256Of } from '../ingest/hash';
import { rangeOf } from '../ingest/resolve-times';
import { exportCaseFile, importCaseFile } from '../storage/case-file';
import { deleteCase, loadParameters } from '../storage/cases';
import { Database } from '../storage/database';
import { toStorageFailure } from '../storage/failures';
import { keepOriginals, OriginalRoom, originalOf, type OriginalToKeep } from '../storage/originals';
import { restingSegments, unpackSegments, type ReadableRecord } from '../storage/packed-segments';
import { readableRecord } from '../storage/readable-record';
import type { StoredSegments } from '../storage/stored';
import {
  bytesOf,
  deleteSource,
  GROUP_BYTES,
  openCase,
  readRecords,
  recordsOf,
  replaceDictionaries,
  saveSource,
  saveSourceMeta,
  saveTogether,
  type DictionaryDelta,
  type OpenedCase,
  type SourceToSave,
} from '../storage/tables';
import { UsedEntries, withoutUnused } from '../storage/unused-entries';
import { Dictionaries, type DictionaryData } from '../tables/dictionaries';
import { ColumnCache, fromRestingSegment } from '../tables/resting-columns';
import type { TableName } from '../tables/schemas';
import { fromSegmentData, toSegmentData, type Segment, type SegmentData } from '../tables/segment';
import { fromStoredMeta, META_VERSION, toStoredMeta, type KeptSource } from './kept-source';

/**
 * Bytes of rows that are held in memory as they were read, some 13 million flow rows; and again as many of those that rest in storage. A
 * tab that takes much more is ended by the browser on a machine of 8 GB, analysis included.
 */
export const HELD_BYTES = 640_000_000;

/** An analysis takes turns among the columns of a segment: those of some records must fit into memory at once. */
const RECORDS_HELD = 8;

/** A stored record that is smaller is read at once when a case is opened: asking for it column by column would take longer. */
const LEAST_RESTING_BYTES = 4_000_000;

export type { OriginalToKeep } from '../storage/originals';

export interface KeeperOptions {
  readonly heldBytes?: number;
  /** How a stored record is read without waiting; a test gives its own. */
  readonly readable?: (record: StoredSegments['bytes']) => Promise<ReadableRecord | null>;
}

interface StoredRows {
  readonly segments: readonly Segment[];
  /** Whether some of them rest in storage. */
  readonly isResting: boolean;
  /** Bytes of those that do not. */
  readonly heldBytes: number;
}

/** A case as it came out of storage. */
export interface LoadedCase {
  readonly dictionaries: Dictionaries;
  readonly sources: readonly KeptSource[];
  readonly parameters: unknown;
}

/**
 * Keeps the open case in storage as the evidence changes. It knows what of the growing dictionaries is stored already; calls must not
 * overlap. Every failure is thrown as a FailureError whose words a person can use.
 */
export class CaseKeeper {
  readonly #db: Database;
  readonly #originalRoom: OriginalRoom;
  readonly #readable: NonNullable<KeeperOptions['readable']>;
  #heldBytes: number;
  /** Columns of the open case that rest in storage. */
  #cache: ColumnCache;
  #caseId: string | null = null;
  #revision = 0;
  #parts = 0;
  #storedAddresses = 1;
  #storedStrings = 1;

  constructor(db: Database = new Database(), options: KeeperOptions = {}) {
    this.#db = db;
    this.#originalRoom = new OriginalRoom(db);
    this.#heldBytes = options.heldBytes ?? HELD_BYTES;
    this.#readable = options.readable ?? (async (record) => readableRecord(record));
    this.#cache = new ColumnCache(this.#heldBytes);
  }

  /** Bytes of rows that may be held in memory as they were read. Applies to the cases that are opened from now on. */
  get heldBytes(): number {
    return this.#heldBytes;
  }
  set heldBytes(bytes: number) {
    this.#heldBytes = bytes;
  }

  /** Whether more rows rest in storage than memory is meant to hold. */
  get isShort(): boolean {
    return this.#cache.isSmall;
  }

  get caseId(): string | null {
    return this.#caseId;
  }

  async open(caseId: string): Promise<LoadedCase> {
    this.#caseId = null;
    this.#cache = new ColumnCache(this.#heldBytes);
    // Cases may have been deleted since the last was open.
    this.#originalRoom.grew();
    return this.#try('opening the case', async () => {
      const opened = await openCase(this.#db, caseId);
      const reading = this.#sources(opened);
      // Made while rows are on their way, unless they are needed to tell which entries are still used.
      const known = opened.hasUnused ? null : Dictionaries.ofDistinct(opened.dictionaries);
      const sources = await reading;
      this.#revision = opened.revision;
      this.#parts = opened.dictionaryParts;
      const dictionaries = known ?? (await this.#withoutUnused(caseId, opened.dictionaries, sources));
      this.#caseId = caseId;
      this.#storedAddresses = dictionaries.addresses.size;
      this.#storedStrings = dictionaries.strings.size;
      return { dictionaries, sources, parameters: opened.parameters };
    });
  }

  async #sources({ sources, records }: OpenedCase): Promise<KeptSource[]> {
    const kept: KeptSource[] = [];
    let room = this.#heldBytes;
    for (const stored of sources) {
      const keys = records.filter(([, id]) => id === stored.id);
      const rows = await this.#rowsOf(recordsOf(this.#db, keys), stored.id as SourceId, room);
      room -= rows.heldBytes;
      kept.push({ ...fromStoredMeta(stored, rows.segments), isResting: rows.isResting });
    }
    return kept;
  }

  /** The dictionaries without what only removed sources named; stored so. */
  async #withoutUnused(
    caseId: string,
    data: DictionaryData,
    sources: readonly KeptSource[],
  ): Promise<Dictionaries> {
    const used = new UsedEntries(data);
    for (const { raw } of sources) for (const segment of raw.segments) used.add(segment);
    const kept = withoutUnused(data, used);
    this.#revision = await replaceDictionaries(this.#db, caseId, this.#revision, kept);
    this.#parts = 1;
    return Dictionaries.ofDistinct(kept);
  }

  /** The open case's parameters as they are stored now; undefined while no case is open. */
  async parameters(): Promise<unknown> {
    const caseId = this.#caseId;
    if (caseId === null) return undefined;
    return this.#try('reading the parameters', () => loadParameters(this.#db, caseId));
  }

  /** Saves a source with all its rows; nothing of it when it fails. Does nothing while no case is open. */
  async save(source: KeptSource, dictionaries: Dictionaries): Promise<void> {
    const caseId = this.#caseId;
    if (caseId === null) return;
    await this.#try('saving files', async () => {
      const delta = this.#delta(dictionaries);
      this.#revision = await saveSource(
        this.#db,
        caseId,
        this.#revision,
        toStored(source),
        packed(source.raw.segments),
        delta,
        Math.min(GROUP_BYTES, this.#heldBytes / RECORDS_HELD),
      );
      this.#count(delta);
    });
  }

  /** The same for several that are small, all of them or none. */
  async saveTogether(sources: readonly KeptSource[], dictionaries: Dictionaries): Promise<void> {
    const caseId = this.#caseId;
    if (caseId === null) return;
    await this.#try('saving files', async () => {
      const delta = this.#delta(dictionaries);
      const all = sources.map((source) => ({
        source: toStored(source),
        segments: [...packed(source.raw.segments)],
      }));
      this.#revision = await saveTogether(this.#db, caseId, this.#revision, all, delta);
      this.#count(delta);
    });
  }

  #count(delta: DictionaryDelta | null): void {
    if (!delta) return;
    this.#parts += 1;
    this.#storedAddresses += delta.addresses.length / 4;
    this.#storedStrings += delta.stringEnds.length;
  }

  /** A saved source with its rows in storage instead of in memory; null where the platform can't read them as they are asked for. */
  async rested(source: KeptSource): Promise<KeptSource | null> {
    const caseId = this.#caseId;
    if (caseId === null) return null;
    const { segments, isResting } = await this.#try(`reading ${source.raw.name}`, () =>
      this.#rowsOf(readRecords(this.#db, caseId, source.raw.id), source.raw.id, 0),
    );
    return isResting
      ? { ...source, raw: { ...source.raw, range: rangeOf(source.raw), segments }, isResting }
      : null;
  }

  async saveMeta(source: KeptSource): Promise<void> {
    const caseId = this.#caseId;
    if (caseId === null) return;
    await this.#try(`saving what is known of ${source.raw.name}`, async () => {
      const change = { metaVersion: META_VERSION, meta: toStoredMeta(source) };
      this.#revision = await saveSourceMeta(this.#db, caseId, this.#revision, source.raw.id, change);
    });
  }

  async remove(id: SourceId): Promise<void> {
    const caseId = this.#caseId;
    if (caseId === null) return;
    await this.#try('removing the source', async () => {
      this.#revision = await deleteSource(this.#db, caseId, this.#revision, id);
      this.#originalRoom.grew();
    });
  }

  /** Keeps those originals for which there is room. They are a convenience: no room, or a failure, is nothing to tell of. */
  async keepOriginals(caseId: string, originals: readonly OriginalToKeep[]): Promise<void> {
    try {
      await keepOriginals(this.#db, caseId, originals, this.#originalRoom);
    } catch (error) {
      console.warn('originals could not be kept', error);
    }
  }

  async original(id: SourceId): Promise<Blob | undefined> {
    const caseId = this.#caseId;
    if (caseId === null) return undefined;
    return this.#try('reading the original', () => originalOf(this.#db, caseId, id));
  }

  /** The open case as one file. */
  async export(): Promise<Blob> {
    const caseId = this.#caseId;
    if (caseId === null) throw new FailureError({ what: 'No case is open.' });
    return this.#try('exporting the case', () => exportCaseFile(this.#db, caseId));
  }

  /**
   * Makes a case from a case file. Originals must have the hash that their source claims: a receipt shows their lines as what was read.
   * When anything is wrong nothing of the case stays.
   */
  async import(file: Blob, caseId: string): Promise<void> {
    await this.#try('importing the case', async () => {
      await importCaseFile(this.#db, file, caseId);
      const { sources } = await openCase(this.#db, caseId);
      for (const { id, name, sha256 } of sources) {
        const original = await originalOf(this.#db, caseId, id);
        if (!original || (await sha256Of(original)) === sha256) continue;
        await deleteCase(this.#db, caseId);
        throw new FailureError({
          what: `The case file is damaged: the original of ${name} in it is not the file that was read.`,
          kept: 'Nothing of it was taken over.',
          todo: 'Get the file again from whoever exported it.',
        });
      }
    });
  }

  close(): void {
    this.#db.close();
  }

  /**
   * A source's rows: large records are left in storage until they are asked for, where the platform can do that, and small ones too once
   * they take more than `room` bytes.
   */
  async #rowsOf(
    records: AsyncIterable<StoredSegments['bytes']>,
    id: SourceId,
    room: number,
  ): Promise<StoredRows> {
    const segments: Segment[] = [];
    let heldBytes = 0;
    let isResting = false;
    for await (const stored of records) {
      const isSurplus = stored instanceof ArrayBuffer && heldBytes + stored.byteLength > room;
      const record = isSurplus ? new Blob([stored]) : stored;
      const readable = await this.#readable(record);
      const isMeant = readable && (readable.size >= LEAST_RESTING_BYTES || heldBytes + readable.size > room);
      const resting = isMeant ? restingSegments(readable, this.#cache, mayRest) : null;
      if (resting) {
        for (const segment of resting) segments.push(fromRestingSegment(segment, id));
        isResting = true;
      } else {
        const bytes = await bytesOf(record);
        for (const data of unpackSegments(bytes)) segments.push(fromSegmentData(data, id));
        heldBytes += bytes.length;
      }
    }
    return { segments, isResting, heldBytes };
  }

  #delta(dictionaries: Dictionaries): DictionaryDelta | null {
    const fromAddress = this.#storedAddresses;
    const fromString = this.#storedStrings;
    if (dictionaries.addresses.size === fromAddress && dictionaries.strings.size === fromString) return null;
    const { bytes, ends } = dictionaries.strings.toData();
    const from = ends[fromString - 1] ?? 0;
    return {
      part: this.#parts,
      fromAddress,
      fromString,
      addresses: dictionaries.addresses.toData(fromAddress),
      stringBytes: bytes.slice(from),
      stringEnds: ends.slice(fromString).map((end) => end - from),
    };
  }

  async #try<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new FailureError(toStorageFailure(error, doing));
    }
  }
}

/**
 * Flows are by far the most rows, and an analysis goes through them segment by segment. Rows of logs are looked at in the order of time across
 * all sources: from storage each would have to be read again and again.
 */
function mayRest(table: TableName): boolean {
  return table === 'flows';
}

function* packed(segments: readonly Segment[]): Generator<SegmentData> {
  for (const segment of segments) yield toSegmentData(segment);
}

function toStored(source: KeptSource): SourceToSave {
  const { id, name, sha256, sizeBytes } = source.raw;
  return { id, name, sha256, sizeBytes, metaVersion: META_VERSION, meta: toStoredMeta(source) };
}
