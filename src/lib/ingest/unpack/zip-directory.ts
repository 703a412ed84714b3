import { readSlices } from '../chunks';
import { ByteReader } from './byte-reader';
import { textOf } from './text';

/** A member as the directory describes it. */
export interface ZipEntry {
  readonly path: string;
  readonly headerAt: number;
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Written without knowing its size: header fields may be zero. */
  readonly isStreamed: boolean;
  readonly isLink: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly size: number;
  readonly lastModifiedMs: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const UNIX_LINK = 0xa000;
const SLICE_BYTES = 1 << 20;

/** The members that an archive's directory lists, or undefined when it has none. */
export async function directoryOf(blob: Blob): Promise<AsyncIterable<ZipEntry> | undefined> {
  const tailAt = Math.max(0, blob.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = new DataView(await blob.slice(tailAt).arrayBuffer());
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const place = (await place64(blob, tailAt + at)) ?? {
      size: tail.getUint32(at + 12, true),
      start: tail.getUint32(at + 16, true),
    };
    const endOfDirectory = place.end ?? tailAt + at;
    // Data before the archive (a self-extracting program) moves all of its offsets.
    const moved = endOfDirectory - place.size - place.start;
    if (moved < 0) return undefined;
    return entries(blob.slice(place.start + moved, endOfDirectory), moved);
  }
  return undefined;
}

interface Place {
  readonly size: number;
  readonly start: number;
  readonly end?: number;
}

/** Section 4.3.14 and 4.3.15: the larger record of archives over 4 GB. */
async function place64(blob: Blob, endAt: number): Promise<Place | undefined> {
  const locatorAt = endAt - LOCATOR64_BYTES;
  if (locatorAt < 0) return undefined;
  const locator = new DataView(await blob.slice(locatorAt, endAt).arrayBuffer());
  if (locator.getUint32(0, true) !== LOCATOR64) return undefined;
  const at = Number(locator.getBigUint64(8, true));
  const end = new DataView(await blob.slice(at, at + 56).arrayBuffer());
  if (end.byteLength < 56 || end.getUint32(0, true) !== END64) return undefined;
  return { size: Number(end.getBigUint64(40, true)), start: Number(end.getBigUint64(48, true)), end: at };
}

async function* entries(directory: Blob, moved: number): AsyncGenerator<ZipEntry> {
  const reader = new ByteReader(readSlices(directory, { sliceBytes: SLICE_BYTES }));
  try {
    while (await reader.fill(ENTRY_BYTES)) {
      const fixed = (await reader.take(ENTRY_BYTES)).slice();
      const view = new DataView(fixed.buffer);
      if (view.getUint32(0, true) !== ENTRY) return;
      const nameBytes = view.getUint16(28, true);
      const extraBytes = view.getUint16(30, true);
      const rest = nameBytes + extraBytes + view.getUint16(32, true);
      if (!(await reader.fill(rest))) return;
      const variable = (await reader.take(rest)).slice();
      yield entryOf(
        view,
        variable.subarray(0, nameBytes),
        variable.slice(nameBytes, nameBytes + extraBytes),
        moved,
      );
    }
  } finally {
    await reader.close();
  }
}

function entryOf(view: DataView, name: Uint8Array, extra: Uint8Array, moved: number): ZipEntry {
  const flags = view.getUint16(8, true);
  const large = {
    size: view.getUint32(24, true),
    packed: view.getUint32(20, true),
    header: view.getUint32(42, true),
  };
  let lastModifiedMs = dosTime(view.getUint16(14, true), view.getUint16(12, true));
  for (const [id, field] of extraFields(extra)) {
    if (id === 1) {
      // Section 4.5.3: only what did not fit above, in this order.
      let at = 0;
      for (const key of ['size', 'packed', 'header'] as const)
        if (large[key] === 0xffffffff && at + 8 <= field.byteLength) {
          large[key] = Number(field.getBigUint64(at, true));
          at += 8;
        }
    }
    // Info-ZIP's extended timestamp: seconds since 1970, in UTC, where the field above is a wall clock's.
    if (id === 0x5455 && field.byteLength >= 5 && field.getUint8(0) & 1)
      lastModifiedMs = field.getInt32(1, true) * 1000;
  }
  const isUnix = view.getUint8(5) === 3;
  return {
    path: textOf(name),
    headerAt: large.header + moved,
    method: view.getUint16(10, true),
    isEncrypted: (flags & 1) === 1,
    isStreamed: false,
    isLink: isUnix && ((view.getUint32(38, true) >>> 16) & 0xf000) === UNIX_LINK,
    crc: view.getUint32(16, true),
    packedBytes: large.packed,
    size: large.size,
    lastModifiedMs,
  };
}

function* extraFields(extra: Uint8Array): Generator<readonly [number, DataView]> {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length;) {
    const size = view.getUint16(at + 2, true);
    if (at + 4 + size > extra.length) return;
    yield [view.getUint16(at, true), new DataView(extra.buffer, extra.byteOffset + at + 4, size)];
    at += 4 + size;
  }
}

/** MS-DOS date and time, taken as UTC: the zone is not stored. */
function dosTime(date: number, time: number): number {
  if (date === 0) return 0;
  return Date.UTC(
    1980 + (date >> 9),
    ((date >> 5) & 15) - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  );
}
