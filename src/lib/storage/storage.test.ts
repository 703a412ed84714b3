import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Dictionaries, type DictionaryData } from '../tables/dictionaries';
import type { SegmentData } from '../tables/segment';
import {
  createCase,
  deleteCase,
  listCases,
  loadDocument,
  renameCase,
  saveDocument,
  takeUnread,
} from './cases';
import { Database } from './database';
import { packSegments } from './packed-segments';
import { keepOriginals, keptOriginals, originalOf } from './originals';
import {
  deleteSource,
  openCase,
  readSegments,
  saveSource,
  saveTogether,
  saveSourceMeta,
  type DictionaryDelta,
  type SourceToSave,
} from './tables';

let db: Database;

beforeEach(() => {
  Dexie.dependencies.indexedDB = new IDBFactory();
  Dexie.dependencies.IDBKeyRange = IDBKeyRange;
  db = new Database('test');
});

afterEach(() => db.close());

const source = (id: number, name = `file-${id}.log`): SourceToSave => ({
  id,
  name,
  sha256: `${id}`.repeat(64).slice(0, 64),
  sizeBytes: 1000 + id,
  metaVersion: 1,
  meta: { format: 'vpc-flow', rejected: 2 },
});

/** A login segment with ids that name two strings and one address. */
function segment(length: number, baseOffset = 0): SegmentData {
  return {
    table: 'logins',
    length,
    baseOffset,
    baseLine: 1,
    columns: {
      timeUs: Float64Array.from({ length }, (_, i) => (i === 1 ? Number.NaN : 1.5e15 + i)),
      actorAddr: Uint32Array.from({ length }, (_, i) => i % 2),
      actorPort: Uint16Array.from({ length }, (_, i) => 40_000 + i),
      user: 2,
      outcome: Uint8Array.from({ length }, (_, i) => i % 3),
      lineAdjust: Int32Array.from({ length }, (_, i) => -i),
    },
  };
}

function delta(data: DictionaryData, part = 0): DictionaryDelta {
  return {
    part,
    fromAddress: 1,
    fromString: 1,
    addresses: data.addresses.slice(4),
    stringBytes: data.stringBytes,
    stringEnds: data.stringEnds.slice(1),
  };
}

function someDictionaries(): Dictionaries {
  const dictionaries = new Dictionaries();
  dictionaries.addresses.internText('203.0.113.9');
  dictionaries.strings.intern('sshd');
  dictionaries.strings.intern('fztu');
  return dictionaries;
}

async function segmentsOf(caseId: string, sourceId: number): Promise<SegmentData[]> {
  const all: SegmentData[] = [];
  for await (const group of readSegments(db, caseId, sourceId)) all.push(...group);
  return all;
}

async function recordsLeft(): Promise<number> {
  const counts = await Promise.all(db.tables.map((table) => table.count()));
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('cases', () => {
  it('keep their documents apart and list the last changed first', async () => {
    const one = await createCase(db, 'one', { name: 'one', parameters: { zone: 'Europe/Paris' } });
    const two = await createCase(db, 'two', { name: 'two', parameters: {} });
    await new Promise((resolve) => setTimeout(resolve, 2));
    await saveDocument(db, one, () => ({ name: 'first', parameters: { year: 2015 } }));
    expect((await listCases(db)).map(({ id, name }) => [id, name])).toEqual([
      [one, 'first'],
      [two, 'two'],
    ]);
    expect(await loadDocument(db, one)).toEqual({ name: 'first', parameters: { year: 2015 } });
    expect((await openCase(db, one)).parameters).toEqual({ year: 2015 });
    expect(await loadDocument(db, 'absent')).toBeUndefined();
  });

  it('are renamed in the list and in the document alike', async () => {
    const id = await createCase(db, 'one', { name: 'one', tlp: 'RED' });
    await renameCase(db, id, 'renamed');
    expect((await listCases(db))[0]?.name).toBe('renamed');
    expect(await loadDocument(db, id)).toEqual({ name: 'renamed', tlp: 'RED' });
  });

  it('leave nothing behind when deleted, and take nothing of another with them', async () => {
    const doomed = await createCase(db, 'doomed', {});
    const spared = await createCase(db, 'spared', {});
    for (const id of [doomed, spared]) {
      await saveSource(db, id, 0, source(0), [segment(10)], delta(someDictionaries().toData()));
      expect(await keepOriginals(db, id, [{ sourceId: 0, blob: new Blob(['raw line\n']) }])).toEqual([0]);
    }
    const before = await recordsLeft();
    await deleteCase(db, doomed);
    expect(await recordsLeft()).toBe(before / 2);
    expect((await openCase(db, spared)).sources).toHaveLength(1);
    expect(await segmentsOf(spared, 0)).toHaveLength(1);
    await deleteCase(db, spared);
    expect(await recordsLeft()).toBe(0);
  });
});

describe('the database', () => {
  it('opens what its first version wrote', async () => {
    // Written with the browser's own calls, so that no change of ours can go unnoticed by changing both sides.
    const stores: [string, string | string[]][] = [
      ['cases', 'id'],
      ['sources', ['caseId', 'id']],
      ['segments', ['caseId', 'sourceId', 'part']],
      ['dictionaries', ['caseId', 'part']],
      ['originals', ['caseId', 'sourceId']],
    ];
    const dictionaries = someDictionaries().toData();
    const rows: Record<string, unknown> = {
      cases: {
        id: 'old',
        name: 'Old',
        createdUs: 1,
        updatedUs: 2,
        document: { name: 'Old' },
        parameters: {},
        revision: 4,
      },
      sources: { ...source(2), caseId: 'old', complete: true },
      segments: {
        caseId: 'old',
        sourceId: 2,
        part: 0,
        bytes: await new Blob(packSegments([segment(3)])).arrayBuffer(),
      },
      dictionaries: { ...delta(dictionaries), caseId: 'old' },
      originals: { caseId: 'old', sourceId: 2, blob: new Blob(['raw']) },
    };
    await new Promise<void>((resolve, reject) => {
      // Dexie counts versions in tenths.
      const request = Dexie.dependencies.indexedDB.open('first', 10);
      request.onupgradeneeded = () => {
        for (const [name, keyPath] of stores) {
          const store = request.result.createObjectStore(name, { keyPath });
          if (name === 'cases') store.createIndex('updatedUs', 'updatedUs');
          store.add(rows[name]);
        }
      };
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    const first = new Database('first');
    const opened = await openCase(first, 'old');
    expect(opened).toMatchObject({ revision: 4, sources: [{ id: 2 }], dictionaries });
    for await (const group of readSegments(first, 'old', 2)) expect(group).toEqual([segment(3)]);
    expect(await (await originalOf(first, 'old', 2))?.text()).toBe('raw');
    expect((await listCases(first)).map(({ name, sources }) => [name, sources])).toEqual([['Old', 1]]);
    first.close();
  });
});

describe('tables of a case', () => {
  it.each([
    ['in one record', undefined, 1],
    ['in a record each', 1, 2],
  ] as const)('come back as they were saved, %s', async (_, groupBytes, records) => {
    const id = await createCase(db, 'case', {});
    const dictionaries = someDictionaries();
    const segments = [segment(5), segment(3, 999)];
    const added = delta(dictionaries.toData());
    const revision = await saveSource(db, id, 0, source(4), segments, added, groupBytes);
    expect(await db.segments.count()).toBe(records);
    const opened = await openCase(db, id);
    expect(opened.revision).toBe(revision);
    expect(opened.sources).toEqual([{ ...source(4), caseId: id, complete: true }]);
    expect(await takeUnread(db, id)).toEqual([]);
    expect(await segmentsOf(id, 4)).toEqual(segments);
    const back = Dictionaries.fromData(opened.dictionaries);
    expect(back.addresses.text(1)).toBe('203.0.113.9');
    expect([1, 2].map((k) => back.strings.text(k))).toEqual(['sshd', 'fztu']);
    expect(back.strings.size).toBe(3);
  });

  it('come back of several small sources saved together, or of none of them', async () => {
    const id = await createCase(db, 'case', {});
    const added = delta(someDictionaries().toData());
    const both = [0, 1].map((k) => ({ source: source(k), segments: [segment(2 + k)] }));
    const revision = await saveTogether(db, id, 0, both, added);
    expect((await openCase(db, id)).sources.map((stored) => stored.id)).toEqual([0, 1]);
    expect(await segmentsOf(id, 1)).toEqual([segment(3)]);
    const again = [2, 1].map((k) => ({ source: source(k), segments: [segment(4)] }));
    await expect(saveTogether(db, id, revision, again, null)).rejects.toThrow();
    expect((await openCase(db, id)).sources.map((stored) => stored.id)).toEqual([0, 1]);
    expect(await segmentsOf(id, 1)).toEqual([segment(3)]);
  });

  it('join the dictionaries of several savings under the same ids', async () => {
    const id = await createCase(db, 'case', {});
    const dictionaries = someDictionaries();
    const revision = await saveSource(db, id, 0, source(0), [segment(2)], delta(dictionaries.toData()));
    dictionaries.strings.intern('ünïcode');
    dictionaries.addresses.internText('2001:db8::1');
    const all = dictionaries.toData();
    const from = all.stringEnds[2]!;
    await saveSource(db, id, revision, source(1), [segment(2)], {
      part: 1,
      fromAddress: 2,
      fromString: 3,
      addresses: all.addresses.slice(8),
      stringBytes: all.stringBytes.slice(from),
      stringEnds: all.stringEnds.slice(3).map((end) => end - from),
    });
    expect((await openCase(db, id)).dictionaries).toEqual(all);
  });

  it('lose only the source whose saving a crash cut short', async () => {
    const id = await createCase(db, 'case', {});
    const revision = await saveSource(db, id, 0, source(0), [segment(4)], delta(someDictionaries().toData()));
    // What a tab that ends between the rows and the last transaction leaves behind.
    await db.sources.add({ ...source(1, 'half.log'), caseId: id, complete: false });
    await db.segments.add({ caseId: id, sourceId: 1, part: 0, bytes: new ArrayBuffer(8) });
    const opened = await openCase(db, id);
    expect(await takeUnread(db, id)).toEqual(['half.log']);
    expect(opened.sources.map(({ id }) => id)).toEqual([0]);
    expect(opened.revision).toBeGreaterThan(revision);
    expect(await segmentsOf(id, 1)).toEqual([]);
    expect(await segmentsOf(id, 0)).toEqual([segment(4)]);
  });

  it('keep nothing of a source whose saving fails midway', async () => {
    const id = await createCase(db, 'case', {});
    function* failing(): Generator<SegmentData> {
      yield* [segment(4), segment(4), segment(4), segment(4)];
      throw new Error('out of memory');
    }
    await expect(saveSource(db, id, 0, source(0), failing(), null, 1)).rejects.toThrow('out of memory');
    await expect(saveSource(db, id, 0, source(0), failing(), null)).rejects.toThrow(/out of memory/);
    expect(await db.segments.count()).toBe(0);
    expect(await db.sources.count()).toBe(0);
  });

  it('refuse a write from a tab whose view is older', async () => {
    const id = await createCase(db, 'case', {});
    await saveSource(db, id, 0, source(0), [segment(1)], delta(someDictionaries().toData()));
    await expect(saveSource(db, id, 0, source(1), [segment(1)], null)).rejects.toThrow(/another tab/);
    await expect(deleteSource(db, id, 0, 0)).rejects.toThrow(/another tab/);
    expect((await openCase(db, id)).sources).toHaveLength(1);
  });

  it('forget one source and keep the other', async () => {
    const id = await createCase(db, 'case', {});
    let revision = await saveSource(db, id, 0, source(0), [segment(2)], delta(someDictionaries().toData()));
    revision = await saveSource(db, id, revision, source(1), [segment(3)], null);
    await keepOriginals(db, id, [
      { sourceId: 0, blob: new Blob(['a']) },
      { sourceId: 1, blob: new Blob(['b']) },
    ]);
    revision = await deleteSource(db, id, revision, 0);
    revision = await saveSourceMeta(db, id, revision, 1, { metaVersion: 1, meta: { zone: 'UTC' } });
    const opened = await openCase(db, id);
    expect(opened.sources.map((stored) => [stored.id, stored.meta])).toEqual([[1, { zone: 'UTC' }]]);
    expect(opened.revision).toBe(revision);
    expect(await segmentsOf(id, 0)).toEqual([]);
    expect(await keptOriginals(db, id)).toEqual([1]);
    expect(await (await originalOf(db, id, 1))?.text()).toBe('b');
  });

  it('keep no original for a source that is gone', async () => {
    const id = await createCase(db, 'case', {});
    expect(await keepOriginals(db, id, [{ sourceId: 0, blob: new Blob(['a']) }])).toEqual([]);
    expect(await db.originals.count()).toBe(0);
  });
});
