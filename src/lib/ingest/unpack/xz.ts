import { createCRC32, createCRC64, createSHA256, type IHasher } from 'hash-wasm';
import { Damaged } from '../../base/damaged';
import { LzmaDecoder } from '../../base/lzma';
import { FailureError } from '../../base/result';
import { formatBytes } from '../../base/units';
import { ByteReader } from './byte-reader';
import { UNPACK_LIMITS } from './limits';
import { TRAILING_NOTE, tolerant, type UnpackOutcome } from './outcome';

/*
 * The .xz file format 1.2.1 (https://tukaani.org/xz/xz-file-format.txt). Of the decoders in npm (seen in November
 * 2026), xz-decompress 0.2.3 and its parent xzwasm, in WebAssembly, read a single stream of a file and a single file at a time, and drop what
 * follows without a word; xz-compat 1.2.10, in JavaScript, installs native code while it runs; node-liblzma 5.1.3, WebAssembly in browsers, is
 * under the LGPL 3, which a bundled page of ours could not keep.
 */

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] as const;
const HEADER_BYTES = 12;
/** Section 2.1.1.2: size of the check by its id. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const;
const CHECK = { none: 0, crc32: 1, crc64: 4, sha256: 10 } as const;
const LZMA2 = 0x21;

/** The decompressed bytes of an xz file, all of its streams and blocks, checks verified. Damage ends the output; `outcome` says so. */
export function unxz(
  source: AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
  maxWindowBytes = UNPACK_LIMITS.maxWindowBytes,
): AsyncGenerator<Uint8Array> {
  return tolerant(streams(new ByteReader(source), outcome, maxWindowBytes), outcome);
}

async function* streams(
  reader: ByteReader,
  outcome: UnpackOutcome,
  maxWindowBytes: number,
): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; ; index++) {
      if (index > 0 && !(await skipPadding(reader))) return;
      await reader.fill(HEADER_BYTES);
      if (!MAGIC.every((byte, i) => i >= reader.available || reader.bytes[reader.at + i] === byte)) {
        if (index === 0) throw new Damaged('it does not begin as xz data does');
        outcome.notes.push(TRAILING_NOTE);
        return;
      }
      const header = await reader.take(HEADER_BYTES);
      const check = (header[7] as number) & 15;
      if (header[6] !== 0 || (header[7] as number) > 15) throw new Damaged('its header has unknown flags');
      for (;;) {
        const size = await reader.byte();
        if (size === 0) break;
        yield* block(reader, (size + 1) * 4, check, outcome, maxWindowBytes);
      }
      await skipIndex(reader);
      const footer = await reader.take(HEADER_BYTES);
      if (footer[10] !== 0x59 || footer[11] !== 0x5a) throw new Damaged('its end is not where it must be');
    }
  } finally {
    await reader.close();
  }
}

/** Section 2.2: zeros between streams, and after the last. False at the end of the file. */
async function skipPadding(reader: ByteReader): Promise<boolean> {
  while (await reader.fill(1)) {
    if (reader.bytes[reader.at] !== 0) return true;
    reader.at += 1;
  }
  return false;
}

/** Section 1.2: seven bits a byte, lowest first, at most nine bytes. */
async function integer(reader: ByteReader): Promise<number> {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = await reader.byte();
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value;
  }
  throw new Damaged('a number is too long');
}

async function skipIndex(reader: ByteReader): Promise<void> {
  const start = reader.position - 1;
  const records = await integer(reader);
  for (let i = 0; i < records; i++) {
    await integer(reader);
    await integer(reader);
  }
  await reader.take((4 - ((reader.position - start) & 3)) & 3);
  await reader.take(4);
}

async function* block(
  reader: ByteReader,
  headerBytes: number,
  check: number,
  outcome: UnpackOutcome,
  maxWindowBytes: number,
): AsyncGenerator<Uint8Array> {
  const windowBytes = windowOf((await reader.take(headerBytes - 1)).slice());
  if (windowBytes > maxWindowBytes)
    throw new FailureError({
      what: `Unpacking it takes ${formatBytes(windowBytes)} of memory, more than the ${formatBytes(maxWindowBytes)} that is given to it`,
      todo: 'Unpack it (unxz) and load the result.',
    });
  const start = reader.position;
  const hasher = await hasherOf(check);
  hasher?.init();
  for await (const piece of chunks(reader, new LzmaDecoder(windowBytes))) {
    hasher?.update(piece);
    yield piece;
  }
  await reader.take((4 - ((reader.position - start) & 3)) & 3);
  const stored = await reader.take(CHECK_BYTES[check] as number);
  if (hasher && hasher.digest('hex') !== hexOf(stored, check)) {
    outcome.isCut = true;
    outcome.notes.push('A block of the compressed data differs from its checksum: its content may be wrong.');
  }
}

/** Section 3.1: what the block's header says of its only filter. The header's first byte, its size, is gone. */
function windowOf(header: Uint8Array): number {
  const flags = header[0] as number;
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let i = 0; i < 9; i++) {
      const byte = header[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) break;
    }
    return value;
  };
  if (flags & 0x3c) throw new Damaged('a block has unknown flags');
  if (flags & 0x40) next();
  if (flags & 0x80) next();
  const filter = next();
  const size = next();
  if ((flags & 3) > 0 || filter !== LZMA2)
    throw new FailureError({
      what: 'It was compressed by xz with a filter that is meant for programs, which is not read here',
      todo: 'Unpack it (unxz) and load the result.',
    });
  const bits = (header[at] as number) & 0x3f;
  if (size !== 1 || bits > 40) throw new Damaged('a block has settings out of range');
  return bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}

function hasherOf(check: number): Promise<IHasher> | undefined {
  if (check === CHECK.crc32) return createCRC32();
  if (check === CHECK.crc64) return createCRC64();
  return check === CHECK.sha256 ? createSHA256() : undefined;
}

/** Sums are stored lowest byte first and written highest first. */
function hexOf(stored: Uint8Array, check: number): string {
  const bytes = check === CHECK.sha256 ? [...stored] : [...stored].reverse();
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** LZMA2: chunks of at most 64 KiB, each with its sizes before it, up to a zero byte. */
async function* chunks(reader: ByteReader, decoder: LzmaDecoder): AsyncGenerator<Uint8Array> {
  let [needsDictionary, needsProperties, needsState] = [true, true, true];
  for (;;) {
    const control = await reader.byte();
    if (control === 0) return;
    const resetsDictionary = control === 1 || control >= 0xe0;
    if (resetsDictionary) {
      decoder.resetDictionary();
      needsDictionary = false;
    } else if (needsDictionary || (control > 2 && control < 0x80))
      throw new Damaged('a chunk begins wrongly');
    if (control < 0x80) {
      const [high = 0, low = 0] = await reader.take(2);
      yield decoder.store(await reader.take(((high << 8) | low) + 1));
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0] = await reader.take(4);
    const size = (((control & 0x1f) << 16) | (a << 8) | b) + 1;
    if (control >= 0xc0) {
      decoder.setProperties(await reader.byte());
      needsProperties = false;
    }
    if (control >= 0xa0) {
      decoder.resetState();
      needsState = false;
    }
    if (needsProperties || needsState) throw new Damaged('a chunk begins without its settings');
    yield decoder.decode(await reader.take(((c << 8) | d) + 1), size);
  }
}
