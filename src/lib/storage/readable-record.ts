import type { ReadableRecord } from './packed-segments';
import type { StoredSegments } from './stored';

interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/**
 * A stored record that rows can be read from without waiting: a Blob out of the database is no more than the way to its bytes, and a
 * worker may read it synchronously. Null where the platform can't (Node), and for a plain buffer.
 */
export function readableRecord(record: StoredSegments['bytes']): ReadableRecord | null {
  const scope = globalThis as { FileReaderSync?: new () => SyncReader };
  if (!scope.FileReaderSync || !(record instanceof Blob)) return null;
  const reader = new scope.FileReaderSync();
  return {
    size: record.size,
    read: (from, to) => new Uint8Array(reader.readAsArrayBuffer(record.slice(from, to))),
  };
}
