import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import { FailureError } from '../base/result';
import { MICROS_PER_MS } from '../base/time';
import { Dictionaries, type DictionaryData } from '../tables/dictionaries';
import { BoundedReader } from './bounded-reader';
import { deleteCase } from './cases';
import { keysOf, type Database } from './database';
import { missingCase } from './failures';
import { checkSegmentValues, unpackSegments } from './packed-segments';
import type { StoredSource } from './stored';
import { bytesOf, readDictionaries } from './tables';
import { UsedEntries, withoutUnused } from './unused-entries';

/**
 * A case file: gzip over the magic, a little-endian length, a JSON header of that length, and the parts that the header lists, one behind
 * the other. Parts are the stored binary records themselves, so that a case comes back without a line of log being parsed again.
 */
const MAGIC = 'UNDERTONE CASE\n';
export const CASE_FILE_VERSION = 1;

/** Bounds on what is read from a file that anybody may have written. */
const MAX_HEADER_BYTES = 64 << 20;
const MAX_PARTS = 100_000;
const MAX_SOURCES = 20_000;
const MAX_PART_BYTES = 1 << 30;
const MAX_TOTAL_BYTES = 16 * 2 ** 30;

interface CaseFileHeader {
  readonly version: number;
  readonly case: { readonly name: string; readonly createdUs: number; readonly document: unknown };
  readonly sources: readonly Omit<StoredSource, 'caseId' | 'complete'>[];
  readonly parts: readonly CaseFilePart[];
}

/** `dictionaries`: addresses, then string ends, then string bytes, by the counts given. It comes first: rows are checked against it. */
type CaseFilePart =
  | {
      readonly kind: 'dictionaries';
      readonly bytes: number;
      readonly addressWords: number;
      readonly strings: number;
    }
  | { readonly kind: 'segments'; readonly sourceId: number; readonly part: number; readonly bytes: number }
  | { readonly kind: 'original'; readonly sourceId: number; readonly bytes: number };

/** The whole case as one file: document, sources, rows, and the originals that are kept. */
export async function exportCaseFile(db: Database, caseId: string): Promise<Blob> {
  const stored = await db.cases.get(caseId);
  if (!stored) throw missingCase();
  const sources = (
    await db.sources
      .where(':id')
      .between(...keysOf(caseId))
      .toArray()
  ).filter(({ complete }) => complete);
  const all = await readDictionaries(db, caseId);
  const used = new UsedEntries(all);
  const parts: CaseFilePart[] = [];
  // Blobs of stored records: the browser holds them on disk, so a case larger than memory can be written.
  const blobs: Blob[] = [];
  for (const { id } of sources) {
    const keys = await db.segments
      .where(':id')
      .between(...keysOf(caseId, id))
      .primaryKeys();
    for (const key of keys) {
      const record = await db.segments.get(key);
      if (!record) continue;
      const { part, bytes } = record;
      const packed = await bytesOf(bytes);
      for (const segment of unpackSegments(packed)) used.add(segment);
      parts.push({ kind: 'segments', sourceId: id, part, bytes: packed.length });
      blobs.push(new Blob([packed]));
    }
    const original = await db.originals.get([caseId, id]);
    if (!original) continue;
    parts.push({ kind: 'original', sourceId: id, bytes: original.blob.size });
    blobs.push(original.blob);
  }
  // What a removed source wrote must not travel with the rest.
  const { addresses, stringEnds, stringBytes } = withoutUnused(all, used);
  const dictionaries = new Blob([plain(addresses), plain(stringEnds), plain(stringBytes)]);
  parts.unshift({
    kind: 'dictionaries',
    bytes: dictionaries.size,
    addressWords: addresses.length,
    strings: stringEnds.length,
  });
  blobs.unshift(dictionaries);
  const header: CaseFileHeader = {
    version: CASE_FILE_VERSION,
    case: { name: stored.name, createdUs: stored.createdUs, document: stored.document },
    sources: sources.map(({ caseId: _caseId, complete: _complete, ...source }) => source),
    parts,
  };
  const headerBytes = encodeUtf8(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, headerBytes.length, true);
  const body = new Blob([MAGIC, length, plain(headerBytes), ...blobs]);
  return new Response(body.stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/**
 * Reads a case file into a new case under `caseId`. Every part is bounded and checked before it is stored; when anything is wrong nothing
 * of it is kept and a FailureError says what. That rows are what a parser would have read cannot be checked here: a case file is worth as much
 * as the word of whoever made it. The document is stored as it came: its own upgraders judge it when it is opened.
 */
export async function importCaseFile(db: Database, file: Blob, caseId: string): Promise<void> {
  if (await db.cases.get(caseId)) throw new FailureError({ what: 'There is a case with this id already.' });
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (start[0] !== 0x1f || start[1] !== 0x8b) throw notACaseFile();
  const reader = new BoundedReader(
    file.stream().pipeThrough(new DecompressionStream('gzip')),
    MAX_TOTAL_BYTES,
  );
  try {
    const header = await readHeader(reader);
    await db.cases.add({
      id: caseId,
      name: header.case.name,
      createdUs: header.case.createdUs,
      updatedUs: Date.now() * MICROS_PER_MS,
      document: header.case.document,
      parameters: isRecord(header.case.document) ? (header.case.document['parameters'] ?? {}) : {},
      revision: 0,
    });
    await readParts(db, caseId, header, reader);
    // Only now do the sources count: whatever went wrong before leaves them incomplete, and an incomplete source is dropped.
    await db.sources.bulkAdd(header.sources.map((source) => ({ ...source, caseId, complete: true })));
  } catch (error) {
    await reader.cancel();
    await discard(db, caseId);
    if (error instanceof TypeError)
      throw new FailureError({
        what: 'The case file is damaged: it cannot be decompressed.',
        ...NOTHING_KEPT,
      });
    throw error;
  }
}

const NOTHING_KEPT = {
  kept: 'Nothing of it was taken over; your other cases are as they were.',
  todo: 'Get the file again from whoever exported it.',
};

async function readHeader(reader: BoundedReader): Promise<CaseFileHeader> {
  const magic = await reader.read(MAGIC.length);
  if (decodeUtf8(magic) !== MAGIC) throw notACaseFile();
  const length = new DataView((await reader.read(4)).buffer).getUint32(0, true);
  if (length > MAX_HEADER_BYTES) throw damaged('its header is too long');
  let header: unknown;
  try {
    header = JSON.parse(decodeUtf8(await reader.read(length)));
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged('its header cannot be read');
    throw error;
  }
  return checkedHeader(header);
}

function checkedHeader(header: unknown): CaseFileHeader {
  if (!isRecord(header) || !isRecord(header['case'])) throw damaged('its header describes no case');
  const version = header['version'];
  if (typeof version !== 'number' || version < 1) throw damaged('it has no version');
  if (version > CASE_FILE_VERSION)
    throw new FailureError({
      what: `The case file was written by a later version of Undertone (file version ${version}, this one reads ${CASE_FILE_VERSION}).`,
      todo: 'Open it with that version, or a newer one.',
    });
  const { name, createdUs, document } = header['case'];
  if (typeof name !== 'string' || typeof createdUs !== 'number') throw damaged('its case has no name');
  const sources = checkedList(header['sources'], MAX_SOURCES, 'sources').map(checkedSource);
  const ids = new Set(sources.map(({ id }) => id));
  if (ids.size !== sources.length) throw damaged('two sources have one id');
  const parts = checkedList(header['parts'], MAX_PARTS, 'parts').map((part) => checkedPart(part, ids));
  if (parts[0]?.kind !== 'dictionaries' || parts.filter(({ kind }) => kind === 'dictionaries').length > 1)
    throw damaged('its dictionaries are not where they belong');
  return { version, case: { name, createdUs, document }, sources, parts };
}

function checkedSource(source: unknown): CaseFileHeader['sources'][number] {
  if (!isRecord(source)) throw damaged('a source is not described');
  const { name, sha256, meta } = source;
  if (typeof name !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw damaged('a source has no name or hash');
  return {
    id: wholeNumber(source['id'], 0xffff_fffe),
    name,
    sha256,
    sizeBytes: wholeNumber(source['sizeBytes'], Number.MAX_SAFE_INTEGER),
    metaVersion: wholeNumber(source['metaVersion'], 1_000),
    meta,
  };
}

function checkedPart(part: unknown, sourceIds: ReadonlySet<number>): CaseFilePart {
  if (!isRecord(part)) throw damaged('a part is not described');
  const { kind } = part;
  if (kind === 'dictionaries') {
    const addressWords = wholeNumber(part['addressWords'], MAX_PART_BYTES);
    const strings = wholeNumber(part['strings'], MAX_PART_BYTES);
    const bytes = wholeNumber(part['bytes'], MAX_PART_BYTES);
    if (addressWords < 4 || addressWords % 4 !== 0 || strings < 1 || bytes < 4 * (addressWords + strings))
      throw damaged('its dictionaries are shorter than they say');
    return { kind, bytes, addressWords, strings };
  }
  if (kind !== 'segments' && kind !== 'original') throw damaged('a part is of an unknown kind');
  const sourceId = wholeNumber(part['sourceId'], 0xffff_fffe);
  if (!sourceIds.has(sourceId)) throw damaged('a part belongs to no source');
  const limit = kind === 'original' ? MAX_TOTAL_BYTES : MAX_PART_BYTES;
  const bytes = wholeNumber(part['bytes'], limit);
  return kind === 'original'
    ? { kind, sourceId, bytes }
    : { kind, sourceId, part: wholeNumber(part['part'], MAX_PARTS), bytes };
}

async function readParts(
  db: Database,
  caseId: string,
  header: CaseFileHeader,
  reader: BoundedReader,
): Promise<void> {
  let sizes = { address: 1, string: 1 };
  for (const part of header.parts) {
    if (part.kind === 'original') {
      await db.originals.add({ caseId, sourceId: part.sourceId, blob: await reader.readBlob(part.bytes) });
      continue;
    }
    const bytes = await reader.read(part.bytes);
    if (part.kind === 'dictionaries') {
      const data = dictionariesFrom(bytes, part);
      sizes = { address: data.addresses.length / 4, string: data.stringEnds.length };
      await db.dictionaries.add({
        caseId,
        part: 0,
        fromAddress: 1,
        fromString: 1,
        addresses: data.addresses.slice(4),
        stringBytes: data.stringBytes,
        stringEnds: data.stringEnds.slice(1),
      });
      continue;
    }
    for (const segment of unpackSegments(bytes)) checkSegmentValues(segment, sizes);
    await db.segments.add({ caseId, sourceId: part.sourceId, part: part.part, bytes: new Blob([bytes]) });
  }
  await reader.end();
}

/** Entries must be different from each other, or ids would shift when they are interned again: two equal ones would become one. */
function dictionariesFrom(
  bytes: Uint8Array<ArrayBuffer>,
  { addressWords, strings }: Extract<CaseFilePart, { kind: 'dictionaries' }>,
): DictionaryData {
  const addresses = new Uint32Array(bytes.buffer, 0, addressWords);
  const stringEnds = new Uint32Array(bytes.buffer, addressWords * 4, strings);
  const stringBytes = bytes.subarray((addressWords + strings) * 4);
  if (stringEnds[0] !== 0 || stringEnds[strings - 1] !== stringBytes.length)
    throw damaged('its strings do not add up');
  for (let id = 1; id < strings; id++)
    if ((stringEnds[id] as number) <= (stringEnds[id - 1] as number)) throw damaged('its strings overlap');
  const data = { addresses, stringEnds, stringBytes };
  const interned = Dictionaries.fromData(data);
  if (interned.addresses.size !== addressWords / 4 || interned.strings.size !== strings)
    throw damaged('its dictionaries hold an entry twice');
  return data;
}

/** Removes what an import that failed has left. A failure here is the same failure again: the import's own is the one to tell. */
async function discard(db: Database, caseId: string): Promise<void> {
  try {
    await deleteCase(db, caseId);
  } catch (error) {
    console.warn('a failed import could not be removed', error);
  }
}

function checkedList(value: unknown, most: number, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw damaged(`its list of ${what} cannot be read`);
  return value;
}

function wholeNumber(value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw damaged('a number is out of range');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plain(bytes: Uint8Array | Uint32Array): BlobPart {
  return bytes as BlobPart;
}

function notACaseFile(): FailureError {
  return new FailureError({
    what: 'This is not a case file.',
    todo: 'Choose a file that Undertone has exported; log files are dropped on the page instead.',
  });
}

function damaged(how: string): FailureError {
  return new FailureError({ what: `The case file is damaged: ${how}.`, ...NOTHING_KEPT });
}
