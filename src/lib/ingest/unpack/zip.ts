import { createCRC32 } from 'hash-wasm';
import { toFailure } from '../../base/result';
import { formatBytes } from '../../base/units';
import { readSlices } from '../chunks';
import { bunzip2 } from './bzip2';
import { inflateRaw } from './inflate';
import { isMacMetadata, type ArchiveEntry, type ExtractContext, type SkippedKind } from './member';
import type { UnpackOutcome } from './outcome';
import { textOf } from './text';
import { unxz } from './xz';
import { directoryOf, type ZipEntry } from './zip-directory';
import { unzstd } from './zstd';

const SLICE_BYTES = 4 * 1024 * 1024;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** What the packings of a zip make of nothing is no longer. */
const MOST_PACKED_NOTHING_BYTES = 64;
const METHODS: Readonly<Record<number, string>> = {
  1: 'Shrink',
  6: 'Implode',
  9: 'Deflate64',
  14: 'LZMA',
  96: 'JPEG',
  98: 'PPMd',
};

/**
 * The entries of a zip archive (APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), by its directory; without
 * one, because the file is cut off, by the headers before its members. Each file is kept before the next entry is looked at.
 */
export async function* zipEntries(blob: Blob, context: ExtractContext): AsyncGenerator<ArchiveEntry> {
  const directory = await directoryOf(blob);
  if (!directory) {
    yield {
      kind: 'note',
      note: 'The archive is cut off: its directory at the end is missing, and so may be files.',
    };
    yield* cutEntries(blob, context);
    return;
  }
  const taken = new Stretches();
  for await (const entry of directory) yield await entryOf(blob, entry, context, taken);
}

/** Stretches of an archive that hold a member each. In order as they come, mostly. */
class Stretches {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Whether nobody had any of it before. */
  take(start: number, end: number): boolean {
    let at = this.#starts.length;
    if (start < (this.#ends[at - 1] ?? 0)) {
      at = this.#starts.findIndex((other) => other > start);
      if (at === -1 || end > (this.#starts[at] as number) || start < (this.#ends[at - 1] ?? 0)) return false;
    }
    this.#starts.splice(at, 0, start);
    this.#ends.splice(at, 0, end);
    return true;
  }
}

async function* cutEntries(blob: Blob, context: ExtractContext): AsyncGenerator<ArchiveEntry> {
  for (let at = 0; ;) {
    const header = await localHeader(blob, at);
    if (!header) return;
    const { entry, dataAt } = header;
    if (entry.isStreamed && entry.packedBytes === 0) {
      // Its size is written behind it, where nothing leads: the packed data itself tells where it ends.
      if (entry.method !== 8 || entry.isEncrypted) return;
      const outcome: UnpackOutcome & { packedBytes?: number } = { isCut: false, notes: [] };
      yield await kept(blob.slice(dataAt), entry, context, outcome);
      if (outcome.packedBytes === undefined) return;
      at = await nextHeader(blob, dataAt + outcome.packedBytes);
    } else {
      yield await entryOf(blob, { ...entry, headerAt: at }, context);
      at = await nextHeader(blob, dataAt + entry.packedBytes);
    }
    if (at === -1) return;
  }
}

/** Behind a member may stand a data descriptor of 12 to 24 bytes. */
async function nextHeader(blob: Blob, at: number): Promise<number> {
  const bytes = new Uint8Array(await blob.slice(at, at + 28).arrayBuffer());
  for (let i = 0; i + 4 <= bytes.length; i++)
    if (new DataView(bytes.buffer).getUint32(i, true) === LOCAL_HEADER) return at + i;
  return -1;
}

async function localHeader(
  blob: Blob,
  at: number,
): Promise<{ readonly entry: ZipEntry; readonly dataAt: number } | undefined> {
  const fixed = new DataView(await blob.slice(at, at + LOCAL_HEADER_BYTES).arrayBuffer());
  if (fixed.byteLength < LOCAL_HEADER_BYTES || fixed.getUint32(0, true) !== LOCAL_HEADER) return undefined;
  const nameBytes = fixed.getUint16(26, true);
  const flags = fixed.getUint16(6, true);
  const nameAt = at + LOCAL_HEADER_BYTES;
  const name = new Uint8Array(await blob.slice(nameAt, nameAt + nameBytes).arrayBuffer());
  return {
    dataAt: nameAt + nameBytes + fixed.getUint16(28, true),
    entry: {
      path: textOf(name),
      headerAt: at,
      method: fixed.getUint16(8, true),
      isEncrypted: (flags & 1) === 1,
      isStreamed: (flags & 8) === 8,
      isLink: false,
      crc: fixed.getUint32(14, true),
      packedBytes: fixed.getUint32(18, true),
      size: fixed.getUint32(22, true),
      lastModifiedMs: 0,
    },
  };
}

async function entryOf(
  blob: Blob,
  entry: ZipEntry,
  context: ExtractContext,
  taken?: Stretches,
): Promise<ArchiveEntry> {
  const skipped = skippedAs(entry);
  if (skipped) return { kind: 'skipped', what: skipped };
  const { path } = entry;
  if (entry.isEncrypted)
    return {
      kind: 'failed',
      path,
      what: 'It is encrypted: nothing of it can be read without its password',
      todo: 'Unpack the archive with its password and load what is inside.',
    };
  const header = await localHeader(blob, entry.headerAt);
  if (!header)
    return {
      kind: 'failed',
      path,
      what: 'It is not where the archive says: the archive is damaged or cut off',
    };
  const packed = blob.slice(header.dataAt, header.dataAt + entry.packedBytes);
  if (taken && !taken.take(entry.headerAt, header.dataAt + packed.size))
    return {
      kind: 'failed',
      path,
      what: 'Its data is that of another file in the archive, as in decompression bombs: it was left out',
    };
  return kept(packed, entry, context, { isCut: packed.size < entry.packedBytes, notes: [] });
}

function skippedAs({ path, isLink, size, packedBytes, isStreamed }: ZipEntry): SkippedKind | undefined {
  if (/[/\\]$/.test(path)) return 'folder';
  if (isLink) return 'link';
  if (size === 0 && packedBytes <= MOST_PACKED_NOTHING_BYTES && !isStreamed) return 'empty file';
  return isMacMetadata(path) ? 'macOS metadata file' : undefined;
}

async function kept(
  packed: Blob,
  entry: ZipEntry,
  { keep, guard, signal, onPacked }: ExtractContext,
  outcome: UnpackOutcome & { packedBytes?: number },
): Promise<ArchiveEntry> {
  const { path, method, lastModifiedMs } = entry;
  const open = async function* (): AsyncGenerator<Uint8Array> {
    for await (const slice of readSlices(packed, { signal, sliceBytes: SLICE_BYTES })) {
      onPacked?.(slice.length);
      yield slice;
    }
  };
  const chunks = unpacked(method, open, outcome);
  if (!chunks)
    return {
      kind: 'failed',
      path,
      what: `It is compressed with ${METHODS[method] ?? `method ${method}`}, which is not read here`,
      todo: 'Unpack the archive and load what is inside.',
    };
  const hasher = await createCRC32();
  hasher.init();
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      guard.addUnpacked(chunk.length);
      hasher.update(chunk);
      yield chunk;
    }
  };
  try {
    const whole = await keep(watched());
    if (whole.size === 0)
      return { kind: 'failed', path, what: outcome.notes[0] ?? 'Nothing of it could be unpacked' };
    const differs = entry.crc !== 0 && Number.parseInt(hasher.digest('hex'), 16) !== entry.crc;
    const notes = [...outcome.notes];
    if (outcome.isCut && notes.length === 0) notes.push('The archive is cut off inside of this file.');
    else if (differs && !outcome.isCut)
      notes.push('It differs from its checksum in the archive: it may be damaged.');
    if (!outcome.isCut && !entry.isStreamed && whole.size !== entry.size)
      notes.push(
        `It holds ${formatBytes(whole.size)} where the archive says ${formatBytes(entry.size)}: all of it was read.`,
      );
    return {
      kind: 'file',
      path,
      lastModifiedMs,
      blob: whole,
      packedBytes: outcome.packedBytes ?? packed.size,
      isCut: outcome.isCut || differs,
      notes,
    };
  } catch (caught) {
    if (signal?.aborted) throw caught;
    const { what, todo } = toFailure(caught);
    return { kind: 'failed', path, what, todo };
  }
}

function unpacked(
  method: number,
  open: () => AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome & { packedBytes?: number },
): AsyncIterable<Uint8Array> | undefined {
  switch (method) {
    case 0:
      return open();
    case 8:
      return inflateRaw(open(), outcome);
    case 12:
      return bunzip2(open(), outcome);
    case 20:
    case 93:
      return unzstd(open(), outcome);
    case 95:
      return unxz(open(), outcome);
    default:
      return undefined;
  }
}

/** Whether an archive is an office document: its parts are no logs. */
export async function isOfficeDocument(blob: Blob): Promise<boolean> {
  const header = await localHeader(blob, 0);
  return header !== undefined && /^(\[Content_Types\]\.xml|_rels\/|mimetype$)/.test(header.entry.path);
}
