import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureError } from '../base/result';
import { Dictionaries } from '../tables/dictionaries';
import type { SegmentData } from '../tables/segment';
import { exportCaseFile, importCaseFile } from './case-file';
import { createCase, listCases, loadDocument } from './cases';
import { Database } from './database';
import { keepOriginals, originalOf } from './originals';
import { packSegments, unpackSegments } from './packed-segments';
import { openCase, readSegments, saveSource } from './tables';

let db: Database;

beforeEach(() => {
  Dexie.dependencies.indexedDB = new IDBFactory();
  Dexie.dependencies.IDBKeyRange = IDBKeyRange;
  db = new Database('test');
});

afterEach(() => db.close());

const SHA256 = 'a'.repeat(64);
const DOCUMENT = { version: 1, name: 'Shared', parameters: { year: 2015 }, cellNotes: { noise: '**so**' } };

const segment: SegmentData = {
  table: 'logins',
  length: 3,
  baseOffset: 12,
  baseLine: 4,
  columns: {
    timeUs: Float64Array.of(1e15, Number.NaN, 2e15),
    actorAddr: Uint32Array.of(1, 0, 1),
    user: Uint32Array.of(1, 2, 0),
    actorPort: 22,
    outcome: Uint8Array.of(1, 2, 3),
  },
};

async function sharedCase(): Promise<string> {
  const id = await createCase(db, 'Shared', DOCUMENT);
  const dictionaries = new Dictionaries();
  dictionaries.addresses.internText('2001:db8::7');
  dictionaries.strings.intern('root');
  dictionaries.strings.intern('jürgen');
  const data = dictionaries.toData();
  await saveSource(
    db,
    id,
    0,
    { id: 3, name: 'auth.log', sha256: SHA256, sizeBytes: 77, metaVersion: 1, meta: { zone: 'UTC' } },
    [segment],
    {
      part: 0,
      fromAddress: 1,
      fromString: 1,
      addresses: data.addresses.slice(4),
      stringBytes: data.stringBytes,
      stringEnds: data.stringEnds.slice(1),
    },
  );
  await keepOriginals(db, id, [{ sourceId: 3, blob: new Blob(['the raw log\n']) }]);
  return id;
}

/** The file's bytes after decompression, its header, and a way to write it again with another header. */
async function opened(file: Blob): Promise<{
  header: Record<string, unknown> & { parts: Record<string, unknown>[]; sources: Record<string, unknown>[] };
  withHeader(header: unknown): Blob;
  bytes: Buffer;
}> {
  const bytes = gunzipSync(Buffer.from(await file.arrayBuffer()));
  const start = 'UNDERTONE CASE\n'.length;
  const length = bytes.readUInt32LE(start);
  const body = bytes.subarray(start + 4 + length);
  return {
    header: JSON.parse(bytes.subarray(start + 4, start + 4 + length).toString()),
    bytes,
    withHeader(header) {
      const text = Buffer.from(JSON.stringify(header));
      const size = Buffer.alloc(4);
      size.writeUInt32LE(text.length);
      return new Blob([gzipSync(Buffer.concat([bytes.subarray(0, start), size, text, body]))]);
    },
  };
}

async function failureOf(file: Blob): Promise<string> {
  const error = await importCaseFile(db, file, 'imported').then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(FailureError);
  // Whatever was wrong, nothing of it stays.
  expect((await listCases(db)).map(({ id }) => id)).not.toContain('imported');
  for (const table of [db.sources, db.segments, db.dictionaries, db.originals])
    expect(await table.filter(({ caseId }) => caseId === 'imported').count()).toBe(0);
  return (error as FailureError).failure.what;
}

describe('a case file', () => {
  it('brings back the document, the rows, the dictionaries and the originals', async () => {
    const file = await exportCaseFile(db, await sharedCase());
    await importCaseFile(db, file, 'imported');
    expect(await loadDocument(db, 'imported')).toEqual(DOCUMENT);
    const copy = await openCase(db, 'imported');
    expect(copy.sources).toMatchObject([{ id: 3, name: 'auth.log', sha256: SHA256, meta: { zone: 'UTC' } }]);
    expect(copy.parameters).toEqual({ year: 2015 });
    const dictionaries = Dictionaries.fromData(copy.dictionaries);
    expect(dictionaries.addresses.text(1)).toBe('2001:db8::7');
    expect(dictionaries.strings.text(2)).toBe('jürgen');
    const segments: SegmentData[] = [];
    for await (const group of readSegments(db, 'imported', 3)) segments.push(...group);
    expect(segments).toEqual([segment]);
    expect(await (await originalOf(db, 'imported', 3))?.text()).toBe('the raw log\n');
  });

  it('is told from any other file', async () => {
    expect(await failureOf(new Blob(['2 123456789012 eni-1 …']))).toMatch(/not a case file/);
    expect(await failureOf(new Blob([]))).toMatch(/not a case file/);
    expect(await failureOf(new Blob([gzipSync('a log, compressed, and longer than the magic')]))).toMatch(
      /not a case file/,
    );
  });

  it('that was cut off is refused as a whole', async () => {
    const file = await exportCaseFile(db, await sharedCase());
    expect(await failureOf(file.slice(0, file.size - 20))).toMatch(/cut off/);
    expect(await failureOf(file.slice(0, 15))).toMatch(/cut off/);
  });

  it('that was changed on its way is refused', async () => {
    const file = await exportCaseFile(db, await sharedCase());
    const bytes = new Uint8Array(await file.arrayBuffer());
    // The last eight bytes are gzip's checksum and size.
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] as number) ^ 1;
    expect(await failureOf(new Blob([bytes]))).toMatch(/damaged/);
    const { withHeader, header } = await opened(file);
    const shorter = { ...header, parts: header.parts.slice(0, 2) };
    expect(await failureOf(withHeader(shorter))).toMatch(/more than it lists/);
  });

  it('of a later version names that version', async () => {
    const { header, withHeader } = await opened(await exportCaseFile(db, await sharedCase()));
    expect(await failureOf(withHeader({ ...header, version: 9 }))).toMatch(/later version.*9/);
  });

  it('whose rows point outside its dictionaries is refused', async () => {
    const id = await createCase(db, 'bad', {});
    await saveSource(
      db,
      id,
      0,
      { id: 0, name: 'x', sha256: SHA256, sizeBytes: 1, metaVersion: 1, meta: {} },
      [{ ...segment, columns: { user: Uint32Array.of(1, 2, 900) } }],
      null,
    );
    expect(await failureOf(await exportCaseFile(db, id))).toMatch(/user is out of range/);
  });

  it('with a header that lies is refused, whatever it lies about', async () => {
    const { header, withHeader } = await opened(await exportCaseFile(db, await sharedCase()));
    const [dictionaries, segments, original] = header.parts;
    const lies: unknown[] = [
      null,
      [],
      { ...header, version: '1' },
      { ...header, case: null },
      { ...header, case: { name: 7, createdUs: 0 } },
      { ...header, sources: [{ ...header.sources[0], id: -1 }] },
      { ...header, sources: [{ ...header.sources[0], sha256: 'short' }] },
      { ...header, sources: [header.sources[0], header.sources[0]] },
      { ...header, parts: {} },
      { ...header, parts: [segments, dictionaries, original] },
      { ...header, parts: [dictionaries, { ...segments, sourceId: 8 }, original] },
      { ...header, parts: [dictionaries, { ...segments, bytes: 1e15 }, original] },
      { ...header, parts: [dictionaries, { ...segments, bytes: 3 }, original] },
      { ...header, parts: [{ ...dictionaries, strings: 1e6 }, segments, original] },
      { ...header, parts: [{ ...dictionaries, addressWords: 6 }, segments, original] },
      { ...header, parts: [dictionaries, { ...segments, kind: 'program' }, original] },
      { ...header, parts: [dictionaries, segments, { ...original, bytes: 2 ** 40 }] },
    ];
    for (const lie of lies) expect(await failureOf(withHeader(lie)), JSON.stringify(lie)).toBeTruthy();
    await importCaseFile(db, withHeader(header), 'honest');
  });
});

async function packed(...segments: SegmentData[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(packSegments(segments)).arrayBuffer());
}

describe('packed segments', () => {
  it('come back exactly, unknown values and all', async () => {
    const other: SegmentData = {
      table: 'flows',
      length: 1,
      baseOffset: 2 ** 40,
      baseLine: 1,
      columns: { startUs: Number.NaN, srcPackets: 0xffffffff, sensor: Uint32Array.of(9) },
    };
    expect(unpackSegments(await packed(segment, other))).toEqual([segment, other]);
  });

  it('never read outside themselves, whatever the bytes say', async () => {
    const run = await packed(segment);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(run.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        fc.nat(run.length),
        (edits, length) => {
          const bytes = run.slice(0, Math.max(length, run.length - 40));
          for (const [at, value] of edits) bytes[at] = value;
          try {
            for (const { length: rows, columns } of unpackSegments(bytes))
              for (const column of Object.values(columns))
                if (typeof column !== 'number') expect(column).toHaveLength(rows);
          } catch (error) {
            expect(error).toBeInstanceOf(FailureError);
          }
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });
});
