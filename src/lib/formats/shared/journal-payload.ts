import { decompress } from 'fzstd';
import { concatBytes } from '../../base/bytes';
import { Damaged } from '../../base/damaged';
import { LzmaDecoder, MAX_CHUNK_BYTES } from '../../base/lzma';
import { ZstdBlocks } from '../../base/zstd-block';

/** Bits of a DATA object's flags (journal-def.h), one of which says how its payload is packed. */
export const PACKED = { xz: 1, lz4: 2, zstd: 4 } as const;

const ZSTD_MAGIC = 0xfd2fb528;
/** RFC 8878, section 3.1.1.2.4: no block gives more. */
const ZSTD_BLOCK_BYTES = 128 * 1024;
/** A frame of our own making around the first blocks of a large one: no content size, no checksum, a window of 2 ** 19 bytes. */
const ZSTD_START_HEADER = [0x28, 0xb5, 0x2f, 0xfd, 0, 9 << 3];
const ZSTD_START_BYTES = 4 * ZSTD_BLOCK_BYTES;
const XZ_HEADER_BYTES = 12;

/**
 * The first bytes of a packed payload, at least `most` of them unless it is shorter; whoever wrote the file cannot make it take much more
 * memory than that. Null when it cannot be unpacked.
 */
export function unpackedStart(packed: Uint8Array, flags: number, most: number): Uint8Array | null {
  try {
    if (flags === PACKED.zstd) return zstdStart(packed);
    if (flags === PACKED.lz4) return lz4Start(packed, most);
    return flags === PACKED.xz ? xzStart(packed, most) : null;
  } catch {
    // fzstd's own errors, Damaged, or an index beyond the bytes: which one says nothing to a person.
    return null;
  }
}

/** RFC 8878, section 3.1.1: blocks are told apart here, so that only whole ones of one frame are decoded. */
function zstdStart(packed: Uint8Array): Uint8Array {
  const view = viewOf(packed);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new Damaged('no frame');
  const flags = view.getUint8(4);
  const isSingle = (flags & 0x20) !== 0;
  if ((flags & 3) !== 0) throw new Damaged('a dictionary');
  const sizeFlag = flags >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag;
  const from = 5 + (isSingle ? 0 : 1) + sizeBytes;
  let at = from;
  let blocks = 0;
  const compressed = new ZstdBlocks();
  for (let isLast = false; !isLast && blocks < ZSTD_START_BYTES / ZSTD_BLOCK_BYTES; blocks++) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const size = header >>> 3;
    const kind = (header >> 1) & 3;
    if (kind === 3 || size > ZSTD_BLOCK_BYTES) throw new Damaged('a block');
    isLast = (header & 1) === 1;
    const lastAt = at;
    at += 3 + (kind === 1 ? 1 : size);
    if (at > packed.length) throw new Damaged('a block is cut');
    if (kind === 2) compressed.check(packed, lastAt + 3, at);
    if (isLast && isSingle && contentBytes(view, from - sizeBytes, sizeBytes) <= ZSTD_START_BYTES)
      return decompress(packed.subarray(0, at + ((flags & 4) === 0 ? 0 : 4)));
    if (isLast || blocks + 1 === ZSTD_START_BYTES / ZSTD_BLOCK_BYTES) {
      const start = new Uint8Array(ZSTD_START_HEADER.length + at - from);
      start.set(ZSTD_START_HEADER);
      start.set(packed.subarray(from, at), ZSTD_START_HEADER.length);
      start[ZSTD_START_HEADER.length + lastAt - from] = (header & 0xff) | 1;
      return decompress(start);
    }
  }
  throw new Damaged('no end');
}

/** Section 3.1.1.1.4. */
function contentBytes(view: DataView, at: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(at);
  if (sizeBytes === 2) return view.getUint16(at, true) + 256;
  return view.getUint32(at, true) + (sizeBytes === 8 ? view.getUint32(at + 4, true) * 2 ** 32 : 0);
}

/** The size in eight bytes, then a block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). */
function lz4Start(packed: Uint8Array, most: number): Uint8Array {
  const view = viewOf(packed);
  const size = Math.min(most, view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32);
  const out = new Uint8Array(size);
  let at = 8;
  let to = 0;
  const length = (nibble: number): number => {
    let count = nibble;
    if (nibble === 15)
      for (let more = 255; more === 255;) {
        more = view.getUint8(at++);
        count += more;
      }
    return count;
  };
  while (to < size) {
    const token = view.getUint8(at++);
    const literals = length(token >> 4);
    if (at + literals > packed.length) throw new Damaged('literals are cut');
    out.set(packed.subarray(at, at + Math.min(literals, size - to)), to);
    at += literals;
    to += literals;
    if (to >= size) break;
    const distance = view.getUint16(at, true);
    at += 2;
    if (distance === 0 || distance > to) throw new Damaged('a match before the beginning');
    const stop = Math.min(size, to + 4 + length(token & 15));
    for (; to < stop; to++) out[to] = out[to - distance] as number;
  }
  return out;
}

/** One .xz stream of one block, LZMA2 its only filter, as journald makes it (https://tukaani.org/xz/xz-file-format.txt, sections 3 and 5.3.1). */
function xzStart(packed: Uint8Array, most: number): Uint8Array {
  const view = viewOf(packed);
  if (view.getUint32(0, true) !== 0x587a37fd) throw new Damaged('no stream');
  let at = XZ_HEADER_BYTES + (view.getUint8(XZ_HEADER_BYTES) + 1) * 4;
  const decoder = new LzmaDecoder(MAX_CHUNK_BYTES);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let isReset = false;
  while (length < most) {
    const control = view.getUint8(at++);
    if (control === 0) break;
    if (control === 1 || control >= 0xe0) decoder.resetDictionary();
    else if (!isReset || (control > 2 && control < 0x80)) throw new Damaged('a chunk begins wrongly');
    let piece: Uint8Array;
    if (control < 0x80) {
      const end = at + 3 + view.getUint16(at);
      if (end > packed.length) throw new Damaged('a chunk is cut');
      piece = decoder.store(packed.subarray(at + 2, end));
      at = end;
    } else {
      const size = (((control & 0x1f) << 16) | view.getUint16(at)) + 1;
      const packedSize = view.getUint16(at + 2) + 1;
      at += 4;
      if (control >= 0xc0) decoder.setProperties(view.getUint8(at++));
      if (control >= 0xa0) decoder.resetState();
      if (at + packedSize > packed.length) throw new Damaged('a chunk is cut');
      piece = decoder.decode(packed.subarray(at, at + packedSize), size);
      at += packedSize;
    }
    isReset = true;
    pieces.push(piece);
    length += piece.length;
  }
  return concatBytes(pieces, length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
