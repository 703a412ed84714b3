import { isTarHeader, TAR_BLOCK_BYTES } from '../container';
import { ByteReader } from './byte-reader';
import { isMacMetadata, type ArchiveEntry, type ExtractContext, type SkippedKind } from './member';
import { latin1, textOf } from './text';

/*
 * POSIX.1-1988 (ustar), POSIX.1-2001 (pax) and GNU headers:
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06, https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */

/** Long names and pax records; more than this is no name. */
const MAX_EXTRA_BYTES = 1 << 20;
const SLICE_BYTES = 4 * 1024 * 1024;

const SKIPPED: Readonly<Record<string, SkippedKind>> = {
  '1': 'link',
  '2': 'link',
  '3': 'device',
  '4': 'device',
  '5': 'folder',
  '6': 'device',
  D: 'folder',
  S: 'sparse file',
};

/** Where the members' bytes are: a tar as it lies is cut into slices without copying, one that is packed is read through. */
interface TarBytes {
  /** The next bytes, or fewer at the end. */
  take(count: number): Promise<Uint8Array>;
  /** The next `size` bytes as a blob; shorter when the archive ends before. */
  blob(size: number): Promise<Blob>;
  skip(size: number): Promise<boolean>;
  close(): Promise<void>;
}

class PlainBytes implements TarBytes {
  readonly #blob: Blob;
  readonly #onPacked: ExtractContext['onPacked'];
  #at = 0;

  constructor(blob: Blob, onPacked: ExtractContext['onPacked']) {
    this.#blob = blob;
    this.#onPacked = onPacked;
  }

  async take(count: number): Promise<Uint8Array> {
    return new Uint8Array(await this.#next(count).arrayBuffer());
  }

  async blob(size: number): Promise<Blob> {
    return this.#next(size);
  }

  async skip(size: number): Promise<boolean> {
    return this.#next(size).size === size;
  }

  #next(size: number): Blob {
    const start = this.#at;
    this.#at = Math.min(this.#blob.size, start + size);
    this.#onPacked?.(this.#at - start);
    return this.#blob.slice(start, this.#at);
  }

  async close(): Promise<void> {}
}

class StreamedBytes implements TarBytes {
  readonly #reader: ByteReader;
  readonly #context: ExtractContext;

  constructor(chunks: AsyncIterable<Uint8Array>, context: ExtractContext) {
    this.#reader = new ByteReader(chunks);
    this.#context = context;
  }

  async take(count: number): Promise<Uint8Array> {
    await this.#reader.fill(count);
    return (await this.#reader.some(count)).slice();
  }

  blob(size: number): Promise<Blob> {
    return this.#context.keep(this.#pieces(size));
  }

  async skip(size: number): Promise<boolean> {
    let left = size;
    for await (const piece of this.#pieces(size)) left -= piece.length;
    return left === 0;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async *#pieces(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      const piece = await this.#reader.some(Math.min(left, SLICE_BYTES));
      if (piece.length === 0) return;
      left -= piece.length;
      yield piece;
    }
  }
}

/** The entries of a tar that lies in a blob as it is. */
export function plainTar(blob: Blob, { onPacked }: ExtractContext): AsyncGenerator<ArchiveEntry> {
  return entries(new PlainBytes(blob, onPacked));
}

/** The entries of a tar that comes out of a decompressor. Each file is kept before the next entry is looked at. */
export function streamedTar(
  chunks: AsyncIterable<Uint8Array>,
  context: ExtractContext,
): AsyncGenerator<ArchiveEntry> {
  return entries(new StreamedBytes(chunks, context));
}

interface TarHeader {
  readonly path: string;
  readonly size: number;
  readonly lastModifiedMs: number;
  readonly type: string;
}

/** What pax records and GNU's long names say of the entry after them. */
interface Extra {
  path?: string;
  size?: number;
  lastModifiedMs?: number;
}

async function* entries(bytes: TarBytes): AsyncGenerator<ArchiveEntry> {
  let extra: Extra = {};
  try {
    for (;;) {
      const block = await bytes.take(TAR_BLOCK_BYTES);
      if (block.length < TAR_BLOCK_BYTES) {
        yield {
          kind: 'note',
          note: 'The archive has no end mark: it is cut off, and files after the last one are missing.',
        };
        return;
      }
      if (block.every((byte) => byte === 0)) return;
      if (!isTarHeader(block)) {
        yield { kind: 'note', note: 'The archive is damaged: what follows its last readable file is lost.' };
        return;
      }
      const header = headerOf(block, extra);
      const padding = (TAR_BLOCK_BYTES - (header.size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
      if ('xgLK'.includes(header.type)) {
        if (header.size > MAX_EXTRA_BYTES) {
          yield { kind: 'note', note: 'The archive is damaged: a name in it is too long to be one.' };
          return;
        }
        const said = await bytes.take(header.size);
        if (header.type === 'x') extra = { ...extra, ...paxRecords(said) };
        if (header.type === 'L') extra = { ...extra, path: untilNul(textOf(said)) };
        await bytes.skip(padding);
        continue;
      }
      extra = {};
      const skipped = skippedAs(header);
      if (skipped) {
        yield { kind: 'skipped', what: skipped };
        // Links and folders may state a size that no data follows.
        if (skipped === 'folder' || skipped === 'link') continue;
        await bytes.skip(header.size + padding);
        continue;
      }
      const blob = await bytes.blob(header.size);
      const isCut = blob.size < header.size;
      const notes = isCut
        ? ['The archive is cut off inside of this file: what there is of it was read.']
        : [];
      if (blob.size > 0)
        yield {
          kind: 'file',
          path: header.path,
          lastModifiedMs: header.lastModifiedMs,
          blob,
          packedBytes: blob.size,
          isCut,
          notes,
        };
      if (isCut) {
        yield { kind: 'note', note: 'The archive is cut off: files after the last one are missing.' };
        return;
      }
      await bytes.skip(padding);
    }
  } finally {
    await bytes.close();
  }
}

function skippedAs({ type, path, size }: TarHeader): SkippedKind | undefined {
  const known = SKIPPED[type];
  if (known) return known;
  if (path.endsWith('/')) return 'folder';
  if (size === 0) return 'empty file';
  return isMacMetadata(path) ? 'macOS metadata file' : undefined;
}

function headerOf(block: Uint8Array, extra: Extra): TarHeader {
  const field = (start: number, length: number): string =>
    untilNul(textOf(block.subarray(start, start + length)));
  // GNU's own header, whose magic goes on with blanks, keeps times where ustar keeps the path's beginning.
  const isUstar = latin1(block.subarray(257, 263)) === 'ustar\0';
  const prefix = isUstar ? field(345, 155) : '';
  const name = field(0, 100);
  const type = String.fromCharCode(block[156] as number);
  return {
    path: extra.path ?? (prefix === '' ? name : `${prefix}/${name}`),
    size: extra.size ?? numberOf(block.subarray(124, 136)),
    lastModifiedMs: extra.lastModifiedMs ?? numberOf(block.subarray(136, 148)) * 1000,
    type,
  };
}

/** Octal digits, or, with the highest bit set, a binary number (GNU, for 8 GB and more). */
function numberOf(field: Uint8Array): number {
  if (((field[0] as number) & 0x80) === 0) {
    const value = Number.parseInt(latin1(field).replace(/[\0 ]+/g, ''), 8);
    return Number.isSafeInteger(value) ? value : 0;
  }
  let value = (field[0] as number) & 0x3f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : 0;
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** Records of the form `length key=value\n`, the length counting itself. */
function paxRecords(bytes: Uint8Array): Extra {
  const extra: Extra = {};
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank === -1 ? Number.NaN : Number.parseInt(latin1(bytes.subarray(at, blank)), 10);
    if (!(length > blank - at)) break;
    const record = textOf(bytes.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') extra.path = value;
    if (key === 'size' && /^\d{1,15}$/.test(value)) extra.size = Number(value);
    if (key === 'mtime' && /^-?\d{1,12}(\.\d*)?$/.test(value)) extra.lastModifiedMs = Number(value) * 1000;
    at += length;
  }
  return extra;
}
