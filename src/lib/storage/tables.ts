import { concatBytes } from '../base/bytes';
import { MICROS_PER_MS } from '../base/time';
import type { DictionaryData } from '../tables/dictionaries';
import type { SegmentData } from '../tables/segment';
import { keysOf, type Database } from './database';
import { missingCase, staleCase } from './failures';
import { packedBytes, packSegments, unpackSegments } from './packed-segments';
import type { StoredDictionaryPart, StoredSegments, StoredSource } from './stored';

/**
 * Packed bytes of one stored record. Large enough that a column of a gigabyte of rows is read in some dozen pieces (a browser fails after some
 * thousand reads in quick succession), small enough that packing one needs little memory beside the rows themselves.
 */
export const GROUP_BYTES = 64 << 20;

/** A browser makes a file of each Blob in its database: for a record of a few kilobytes that costs many times what writing it does. */
const MOST_INLINE_BYTES = 32 << 10;

/** Records that are asked for at once: the browser reads one from disk while another crosses to the worker. */
const READ_AHEAD = 3;

/** Case, source, part. */
export type RecordKey = [string, number, number];

/** What a case holds beside its rows. */
export interface OpenedCase {
  /** Give it back with every write; each write returns the next. */
  readonly revision: number;
  readonly parameters: unknown;
  readonly sources: readonly StoredSource[];
  readonly dictionaries: DictionaryData;
  /** Keys of the records that the rows of all sources are stored in. */
  readonly records: readonly RecordKey[];
  /** Dictionary parts that are stored: the number of the next one. */
  readonly dictionaryParts: number;
  /** Whether texts of removed sources still stand in the dictionaries. */
  readonly hasUnused: boolean;
}

/** Entries of the case's dictionaries from these ids on, as `DictionaryData` would hold them had they been the first. */
export interface DictionaryDelta {
  readonly part: number;
  readonly fromAddress: number;
  readonly fromString: number;
  readonly addresses: Uint32Array;
  readonly stringBytes: Uint8Array;
  readonly stringEnds: Uint32Array;
}

export interface SourceToSave {
  readonly id: number;
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly metaVersion: number;
  readonly meta: unknown;
}

/** Reads all of a case but its rows. Sources that were never completed (a crash, a full disk) are removed; their files count as unread. */
export async function openCase(db: Database, caseId: string): Promise<OpenedCase> {
  const tables = [db.cases, db.sources, db.segments, db.dictionaries, db.originals];
  return db.transaction('rw', tables, async () => {
    // Asked for at once: one after the other, waiting is most of what opening a small case takes.
    const [stored, all, parts, records] = await Promise.all([
      db.cases.get(caseId),
      db.sources
        .where(':id')
        .between(...keysOf(caseId))
        .toArray(),
      db.dictionaries
        .where(':id')
        .between(...keysOf(caseId))
        .toArray(),
      db.segments
        .where(':id')
        .between(...keysOf(caseId))
        .primaryKeys(),
    ]);
    if (!stored) throw missingCase();
    const incomplete = all.filter((source) => !source.complete);
    for (const source of incomplete) await deleteSourceRecords(db, caseId, source.id);
    const revision = stored.revision + (incomplete.length > 0 ? 1 : 0);
    if (revision !== stored.revision) {
      const unread = new Set([...(stored.unread ?? []), ...incomplete.map(({ name }) => name)]);
      await db.cases.update(caseId, { revision, unread: [...unread] });
    }
    return {
      revision,
      parameters: stored.parameters,
      sources: all.filter((source) => source.complete),
      dictionaries: joinDictionaries(parts),
      dictionaryParts: parts.length,
      records,
      hasUnused: stored.hasUnused === true || incomplete.length > 0,
    };
  });
}

/** The case's dictionaries, all parts joined. */
export async function readDictionaries(db: Database, caseId: string): Promise<DictionaryData> {
  return joinDictionaries(
    await db.dictionaries
      .where(':id')
      .between(...keysOf(caseId))
      .toArray(),
  );
}

/** The stored rows of a source, in the order in which they were saved, a record at a time. */
export async function* readSegments(
  db: Database,
  caseId: string,
  sourceId: number,
): AsyncGenerator<readonly SegmentData[]> {
  for await (const bytes of readRecords(db, caseId, sourceId)) yield unpackSegments(await bytesOf(bytes));
}

/** All bytes of a stored record. */
export async function bytesOf(record: StoredSegments['bytes']): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(record instanceof Blob ? await record.arrayBuffer() : record);
}

/** The records that a source's rows are stored in, in their order; `packed-segments.ts` says what is in them. */
export async function* readRecords(
  db: Database,
  caseId: string,
  sourceId: number,
): AsyncGenerator<StoredSegments['bytes']> {
  yield* recordsOf(
    db,
    await db.segments
      .where(':id')
      .between(...keysOf(caseId, sourceId))
      .primaryKeys(),
  );
}

/** The records with these keys. */
export async function* recordsOf(
  db: Database,
  keys: readonly RecordKey[],
): AsyncGenerator<StoredSegments['bytes']> {
  const reading = keys.slice(0, READ_AHEAD).map((key) => db.segments.get(key));
  try {
    for (let next = READ_AHEAD; reading.length > 0; next++) {
      const stored = await reading.shift();
      const ahead = keys[next];
      if (ahead) reading.push(db.segments.get(ahead));
      if (stored) yield stored.bytes;
    }
  } finally {
    // After a failure nobody awaits what was asked for ahead; its own failure would be the same one again.
    for (const left of reading) left.catch(() => undefined);
  }
}

/**
 * Saves a source with its rows, and then, in the one transaction that also adds the dictionary entries, marks it complete.
 * The rows are written in several transactions before it, since one that holds a gigabyte would hold it in memory; a small source, of which a
 * delivery may have thousands, is written in one.
 * Returns the case's new revision. When it fails, nothing of the source is left; it throws what happened.
 */
export async function saveSource(
  db: Database,
  caseId: string,
  revision: number,
  source: SourceToSave,
  segments: Iterable<SegmentData>,
  dictionary: DictionaryDelta | null,
  groupBytes = GROUP_BYTES,
): Promise<number> {
  const groups = groupsOf(segments, groupBytes);
  const first = groups.next().value ?? [];
  const second = groups.next().value;
  if (!second) return saveTogether(db, caseId, revision, [{ source, segments: first }], dictionary);
  await db.transaction('rw', db.cases, db.sources, async () => {
    await advance(db, caseId, revision);
    await db.sources.add({ ...source, caseId, complete: false });
  });
  try {
    let part = 0;
    for (const group of [first, second]) await db.segments.add(recordOf(caseId, source.id, part++, group));
    for (const group of groups) await db.segments.add(recordOf(caseId, source.id, part++, group));
    await db.transaction('rw', db.cases, db.sources, db.dictionaries, async () => {
      await advance(db, caseId, revision + 1);
      if (dictionary) await db.dictionaries.add({ ...dictionary, caseId });
      await db.sources.update([caseId, source.id], { complete: true });
    });
  } catch (error) {
    await removeQuietly(db, caseId, source.id);
    throw error;
  }
  return revision + 2;
}

/**
 * Saves sources that are small, all of them or none, in one transaction: one for each would take longer than reading the files. Returns the
 * case's new revision.
 */
export async function saveTogether(
  db: Database,
  caseId: string,
  revision: number,
  sources: readonly { readonly source: SourceToSave; readonly segments: readonly SegmentData[] }[],
  dictionary: DictionaryDelta | null,
): Promise<number> {
  const records = sources
    .filter(({ segments }) => segments.length > 0)
    .map(({ source, segments }) => recordOf(caseId, source.id, 0, segments));
  await db.transaction('rw', [db.cases, db.sources, db.segments, db.dictionaries], async () => {
    await advance(db, caseId, revision);
    await db.sources.bulkAdd(sources.map(({ source }) => ({ ...source, caseId, complete: true })));
    await db.segments.bulkAdd(records);
    if (dictionary) await db.dictionaries.add({ ...dictionary, caseId });
  });
  return revision + 1;
}

function recordOf(
  caseId: string,
  sourceId: number,
  part: number,
  segments: readonly SegmentData[],
): StoredSegments {
  const pieces = packSegments(segments);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return {
    caseId,
    sourceId,
    part,
    bytes: size > MOST_INLINE_BYTES ? new Blob(pieces) : concatBytes(pieces, size).buffer,
  };
}

/** Changes what is known of a source, not its rows. Returns the case's new revision. */
export async function saveSourceMeta(
  db: Database,
  caseId: string,
  revision: number,
  sourceId: number,
  change: Pick<SourceToSave, 'metaVersion' | 'meta'>,
): Promise<number> {
  await db.transaction('rw', db.cases, db.sources, async () => {
    await advance(db, caseId, revision);
    await db.sources.update([caseId, sourceId], { metaVersion: change.metaVersion, meta: change.meta });
  });
  return revision + 1;
}

/** Removes a source, its rows and its original. Returns the case's new revision. */
export async function deleteSource(
  db: Database,
  caseId: string,
  revision: number,
  sourceId: number,
): Promise<number> {
  await db.transaction('rw', [db.cases, db.sources, db.segments, db.originals], async () => {
    await advance(db, caseId, revision);
    await deleteSourceRecords(db, caseId, sourceId);
    await db.cases.update(caseId, { hasUnused: true });
  });
  return revision + 1;
}

/**
 * Puts other dictionaries in the place of the case's, with the same ids for all that rows name. Returns the case's new revision; what was
 * stored in parts is one part afterwards.
 */
export async function replaceDictionaries(
  db: Database,
  caseId: string,
  revision: number,
  { addresses, stringBytes, stringEnds }: DictionaryData,
): Promise<number> {
  await db.transaction('rw', db.cases, db.dictionaries, async () => {
    await advance(db, caseId, revision);
    await db.cases.update(caseId, { hasUnused: false });
    await db.dictionaries
      .where(':id')
      .between(...keysOf(caseId))
      .delete();
    await db.dictionaries.add({
      caseId,
      part: 0,
      fromAddress: 1,
      fromString: 1,
      addresses: addresses.slice(4),
      stringBytes,
      stringEnds: stringEnds.slice(1),
    });
  });
  return revision + 1;
}

async function deleteSourceRecords(db: Database, caseId: string, sourceId: number): Promise<void> {
  await db.sources.delete([caseId, sourceId]);
  await db.segments
    .where(':id')
    .between(...keysOf(caseId, sourceId))
    .delete();
  await db.originals.delete([caseId, sourceId]);
}

/** After a failed save. A failure here changes nothing: the source is incomplete, and is dropped when the case is next opened. */
async function removeQuietly(db: Database, caseId: string, sourceId: number): Promise<void> {
  try {
    await db.transaction('rw', db.sources, db.segments, db.originals, () =>
      deleteSourceRecords(db, caseId, sourceId),
    );
  } catch (error) {
    console.warn('an incomplete source could not be removed yet', error);
  }
}

/** Within a transaction: counts a change, or throws when another tab has made one since. */
async function advance(db: Database, caseId: string, revision: number): Promise<void> {
  const stored = await db.cases.get(caseId);
  if (!stored) throw missingCase();
  if (stored.revision !== revision) throw staleCase();
  await db.cases.update(caseId, { revision: revision + 1, updatedUs: Date.now() * MICROS_PER_MS });
}

function* groupsOf(segments: Iterable<SegmentData>, groupBytes: number): Generator<SegmentData[]> {
  let group: SegmentData[] = [];
  let bytes = 0;
  for (const segment of segments) {
    const size = packedBytes(segment);
    if (group.length > 0 && bytes + size > groupBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(segment);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** The parts of a case's dictionaries as one. Id 0 (nothing) stands in front of both, whether or not a part holds it. */
function joinDictionaries(parts: readonly StoredDictionaryPart[]): DictionaryData {
  const addressWords = parts.reduce((sum, part) => sum + part.addresses.length, 4);
  const byteCount = parts.reduce((sum, part) => sum + part.stringBytes.length, 0);
  const stringCount = parts.reduce((sum, part) => sum + part.stringEnds.length, 1);
  const addresses = new Uint32Array(addressWords);
  const stringBytes = new Uint8Array(byteCount);
  const stringEnds = new Uint32Array(stringCount);
  let word = 4;
  let byte = 0;
  let string = 1;
  for (const part of parts) {
    if (part.fromAddress !== word / 4 || part.fromString !== string) throw staleCase();
    addresses.set(part.addresses, word);
    word += part.addresses.length;
    stringBytes.set(part.stringBytes, byte);
    for (const end of part.stringEnds) {
      stringEnds[string] = byte + end;
      string += 1;
    }
    byte += part.stringBytes.length;
  }
  return { addresses, stringBytes, stringEnds };
}
