import { keysOf, type Database } from './database';
import { storageEstimate } from './quota';

/** Bytes of originals kept over all cases. Above it, receipts ask for the file to be dropped again. */
export const MAX_ORIGINAL_BYTES = 512_000_000;
/** Share of the browser's quota that originals may fill: the rows matter more. */
const QUOTA_SHARE = 0.6;

/**
 * Keeps the file as it was given, when there is room for it. False: it was not kept, and receipts of this source need the file
 * to be dropped again after a reload.
 */
export async function keepOriginal(
  db: Database,
  caseId: string,
  sourceId: number,
  blob: Blob,
): Promise<boolean> {
  if (blob.size > MAX_ORIGINAL_BYTES) return false;
  let kept = 0;
  await db.originals.each((original) => {
    kept += original.blob.size;
  });
  if (kept + blob.size > MAX_ORIGINAL_BYTES) return false;
  const room = await storageEstimate();
  if (room && room.usedBytes + blob.size > room.quotaBytes * QUOTA_SHARE) return false;
  return db.transaction('rw', db.sources, db.originals, async () => {
    // The source or its case may have been deleted meanwhile; an original without one would never be deleted again.
    if (!(await db.sources.get([caseId, sourceId]))) return false;
    await db.originals.put({ caseId, sourceId, blob });
    return true;
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
