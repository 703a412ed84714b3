import { Decompress } from 'fzstd';
import { createXXHash64 } from 'hash-wasm';
import { Damaged } from '../../base/damaged';
import { FailureError } from '../../base/result';
import { formatBytes } from '../../base/units';
import { ZstdBlocks } from '../../base/zstd-block';
import { ByteReader } from './byte-reader';
import { UNPACK_LIMITS } from './limits';
import { CutOff, TRAILING_NOTE, tolerant, type UnpackOutcome } from './outcome';

/** RFC 8878, section 3.1.1.2: no block is longer, packed or unpacked. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** The kind of block that is not stored as it is, or a run. */
const COMPRESSED = 2;
const MAGIC = 0xfd2fb528;
const MAX_HEADER_BYTES = 14;

/**
 * The decompressed bytes of a zstd file, all of its frames, checksums verified. Frames and blocks are told apart here (RFC 8878, section
 * 3.1.1), so that the place of damage is known and a frame that asks for too large a window is refused before memory is given to it; what is
 * in a block is fzstd's to decode.
 */
export function unzstd(
  source: AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
  maxWindowBytes = UNPACK_LIMITS.maxWindowBytes,
): AsyncGenerator<Uint8Array> {
  return tolerant(frames(new ByteReader(source), outcome, maxWindowBytes), outcome);
}

async function* frames(
  reader: ByteReader,
  outcome: UnpackOutcome,
  maxWindowBytes: number,
): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; await reader.fill(1); index++) {
      await reader.fill(8);
      const magic = uint32(reader.bytes, reader.at);
      if (reader.available < 4) throw new CutOff();
      if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
        // Skippable frames (section 3.1.2) hold what other tools keep for themselves.
        await reader.take(4);
        await skip(reader, uint32(await reader.take(4), 0));
      } else if (magic === MAGIC) yield* frame(reader, outcome, maxWindowBytes);
      else if (index === 0) throw new Damaged('it does not begin as zstd data does');
      else {
        outcome.notes.push(TRAILING_NOTE);
        return;
      }
    }
  } finally {
    await reader.close();
  }
}

async function skip(reader: ByteReader, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    const { length } = await reader.some(left);
    if (length === 0) throw new CutOff();
    left -= length;
  }
}

async function* frame(
  reader: ByteReader,
  outcome: UnpackOutcome,
  maxWindowBytes: number,
): AsyncGenerator<Uint8Array> {
  await reader.fill(4 + MAX_HEADER_BYTES);
  const { headerBytes, hasChecksum, windowBytes } = frameHeader(reader);
  if (windowBytes > maxWindowBytes)
    throw new FailureError({
      what: `Unpacking it takes ${formatBytes(windowBytes)} of memory, more than the ${formatBytes(maxWindowBytes)} that is given to it`,
      todo: 'Unpack it (unzstd) and load the result.',
    });
  const hasher = hasChecksum ? await createXXHash64() : undefined;
  hasher?.init();
  let pieces: Uint8Array[] = [];
  const decoder = new Decompress((piece) => {
    if (piece.length > 0) pieces.push(piece);
  });
  const push = (bytes: Uint8Array, isLast: boolean): Uint8Array[] => {
    pieces = [];
    try {
      decoder.push(bytes, isLast);
    } catch (caught) {
      throw new Damaged(caught instanceof Error ? caught.message : String(caught));
    }
    for (const piece of pieces) hasher?.update(piece);
    return pieces;
  };
  const blocks = new ZstdBlocks();
  // Copies: the decoder holds on to what it is given.
  yield* push((await reader.take(headerBytes)).slice(), false);
  for (let isLast = false; !isLast;) {
    if (!(await reader.fill(3))) throw new CutOff();
    const header = uint32(reader.bytes, reader.at) & 0xffffff;
    isLast = (header & 1) === 1;
    const kind = (header >> 1) & 3;
    const size = header >>> 3;
    if (kind === 3 || size > MAX_BLOCK_BYTES) throw new Damaged('a block of unknown kind');
    const blockBytes = 3 + (kind === 1 ? 1 : size);
    const rest = isLast && hasChecksum ? 4 : 0;
    const bytes = (await reader.take(blockBytes + rest)).slice();
    if (kind === COMPRESSED) blocks.check(bytes, 3, blockBytes);
    yield* push(bytes, isLast);
    if (
      hasher &&
      isLast &&
      Number.parseInt(hasher.digest('hex').slice(8), 16) !== uint32(bytes, blockBytes)
    ) {
      outcome.isCut = true;
      outcome.notes.push(
        'A part of the compressed data differs from its checksum: its content may be wrong.',
      );
    }
  }
}

interface FrameHeader {
  readonly headerBytes: number;
  readonly hasChecksum: boolean;
  readonly windowBytes: number;
}

/** Section 3.1.1.1. */
function frameHeader({ bytes, at, available }: ByteReader): FrameHeader {
  const flags = bytes[at + 4] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  const sizeFlag = flags >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag;
  const headerBytes = 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (available < headerBytes) throw new CutOff();
  if (dictionaryBytes > 0)
    throw new FailureError({
      what: 'It was compressed with a dictionary that is not in the file',
      todo: 'Unpack it (unzstd -D) and load the result.',
    });
  const hasChecksum = (flags & 4) !== 0;
  if (!isSingle) {
    const descriptor = bytes[at + 5] as number;
    const base = 2 ** (10 + (descriptor >> 3));
    return { headerBytes, hasChecksum, windowBytes: base + (base / 8) * (descriptor & 7) };
  }
  let size = sizeFlag === 1 ? 256 : 0;
  for (let i = 0; i < sizeBytes; i++)
    size += (bytes[at + headerBytes - sizeBytes + i] as number) * 2 ** (8 * i);
  return { headerBytes, hasChecksum, windowBytes: size };
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24)) >>>
    0
  );
}
