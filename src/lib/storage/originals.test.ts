import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from './database';
import { OriginalRoom } from './originals';

let db: Database;
let usedBytes = 0;
const estimate = vi.fn(async () => ({ usage: usedBytes, quota: 1_000_000 }));

beforeEach(() => {
  Dexie.dependencies.indexedDB = new IDBFactory();
  Dexie.dependencies.IDBKeyRange = IDBKeyRange;
  db = new Database('test');
  vi.stubGlobal('navigator', { storage: { estimate } });
  vi.useFakeTimers({ toFake: ['performance'] });
  estimate.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  db.close();
});

describe('room for originals', () => {
  it.each([
    ['where there is room', 0, true],
    ['where large cases have left none', 900_000, false],
  ])('is not measured for each of many files: %s', async (_, used, fits) => {
    usedBytes = used;
    const room = new OriginalRoom(db);
    for (let i = 0; i < 100; i++) expect(await room.take(1000)).toBe(fits);
    expect(estimate).toHaveBeenCalledTimes(1);
  });

  it('is given out once, and measured again after a while', async () => {
    usedBytes = 0;
    const room = new OriginalRoom(db);
    expect(await room.take(500_000)).toBe(true);
    expect(await room.take(500_000)).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(await room.take(500_000)).toBe(true);
  });

  it('is measured again at once when something was removed', async () => {
    usedBytes = 900_000;
    const room = new OriginalRoom(db);
    expect(await room.take(1000)).toBe(false);
    usedBytes = 0;
    room.grew();
    expect(await room.take(1000)).toBe(true);
  });
});
