import { keysOf, type Database } from './database';
import { storageEstimate } from './quota';

/** Bytes of originals kept over all cases. Above it, receipts ask for the file to be dropped again. */
export const MAX_ORIGINAL_BYTES = 512_000_000;
/** Share of the browser's quota that originals may fill: the rows matter more. */
const QUOTA_SHARE = 0.6;

/** How long a measurement of the room holds. */
const MEASURED_FOR_MS = 3_000;

/**
 * Room for originals, measured now and then: to count all of them and to ask the browser anew for each of a thousand small files takes many
 * times as long as keeping them, and longest where large cases have left no room.
 */
export class OriginalRoom {
  readonly #db: Database;
  #leftBytes = 0;
  #measuredMs = -Infinity;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Whether so many bytes fit; they are then taken. */
  async take(bytes: number): Promise<boolean> {
    if (bytes > MAX_ORIGINAL_BYTES) return false;
    if (performance.now() - this.#measuredMs > MEASURED_FOR_MS) {
      this.#leftBytes = await this.#measure();
      this.#measuredMs = performance.now();
    }
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  /** Something was removed: there may be more room than was measured. */
  grew(): void {
    this.#measuredMs = -Infinity;
  }

  async #measure(): Promise<number> {
    let left = MAX_ORIGINAL_BYTES;
    await this.#db.originals.each((original) => {
      left -= original.blob.size;
    });
    const room = await storageEstimate();
    return room ? Math.min(left, room.quotaBytes * QUOTA_SHARE - room.usedBytes) : left;
  }
}

export interface OriginalToKeep {
  readonly sourceId: number;
  readonly blob: Blob;
}

/**
 * Keeps files as they were given, those for which there is room, in one transaction. Gives the sources whose original was kept; receipts of the
 * others need the file to be dropped again after a reload.
 */
export async function keepOriginals(
  db: Database,
  caseId: string,
  originals: readonly OriginalToKeep[],
  room = new OriginalRoom(db),
): Promise<readonly number[]> {
  const fitting: OriginalToKeep[] = [];
  for (const original of originals) if (await room.take(original.blob.size)) fitting.push(original);
  if (fitting.length === 0) return [];
  return db.transaction('rw', db.sources, db.originals, async () => {
    // A source or its case may have been deleted meanwhile; an original without one would never be deleted again.
    const keys = await db.sources
      .where(':id')
      .between(...keysOf(caseId))
      .primaryKeys();
    const sources = new Set(keys.map(([, sourceId]) => sourceId));
    const kept = fitting.filter(({ sourceId }) => sources.has(sourceId));
    await db.originals.bulkPut(kept.map((original) => ({ caseId, ...original })));
    return kept.map(({ sourceId }) => sourceId);
  });
}

/** The kept original of a source, or undefined. */
export async function originalOf(db: Database, caseId: string, sourceId: number): Promise<Blob | undefined> {
  return (await db.originals.get([caseId, sourceId]))?.blob;
}

/** Ids of the sources whose original is kept. */
export async function keptOriginals(db: Database, caseId: string): Promise<readonly number[]> {
  const keys = await db.originals
    .where(':id')
    .between(...keysOf(caseId))
    .primaryKeys();
  return keys.map(([, sourceId]) => sourceId);
}
