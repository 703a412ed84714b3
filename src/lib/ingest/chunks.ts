import { HeldBytes, type ByteSource } from './held-bytes';
import { breathe, throwIfAborted } from './pace';

/** Slices of 16 MB read fastest: 4 MB slices reached half of the rate in headless Chromium on two cores. */
export const SLICE_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** FileReaderSync exists in dedicated and shared workers only. */
function syncReader(): SyncReader | undefined {
  const scope = globalThis as { FileReaderSync?: new () => SyncReader };
  return scope.FileReaderSync ? new scope.FileReaderSync() : undefined;
}

/** What a stream fills before it is lent: it stays in a core's cache while it is parsed, and a block's two ends still cost nothing. */
const LENT_BYTES = 512 * 1024;
const BLOCKS_A_BREATH = 16;

export interface SliceOptions {
  readonly startByte?: number;
  /** Where the range ends. What follows is still read, in small slices, for as long as the caller wants the rest of a line. */
  readonly endByte?: number;
  /** A function: of slices that differ in size, the next one's. */
  readonly sliceBytes?: number | (() => number);
  readonly signal?: AbortSignal;
}

/**
 * A blob's bytes from `startByte` on, slice by slice, to the blob's end. Without FileReaderSync the next slice is being read while
 * the caller works on the current one. Throws `Cancelled` between slices when the signal is aborted.
 */
export async function* readSlices(blob: ByteSource, options: SliceOptions = {}): AsyncGenerator<Uint8Array> {
  const { signal, sliceBytes = SLICE_BYTES } = options;
  const softEnd = Math.min(options.endByte ?? blob.size, blob.size);
  let at = options.startByte ?? 0;
  const nextEnd = (from: number): number =>
    from < softEnd ? Math.min(softEnd, from + sizeOf(sliceBytes)) : Math.min(blob.size, from + TAIL_BYTES);
  if (blob instanceof HeldBytes) {
    while (at < blob.size) {
      throwIfAborted(signal);
      const end = nextEnd(at);
      yield blob.view(at, end);
      at = end;
    }
    return;
  }
  const reader = syncReader();
  if (reader) {
    while (at < blob.size) {
      throwIfAborted(signal);
      const end = nextEnd(at);
      yield new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, end)));
      at = end;
      await breathe();
    }
    return;
  }
  const read = async (from: number): Promise<{ bytes: Uint8Array; end: number }> => {
    const end = nextEnd(from);
    return { bytes: new Uint8Array(await blob.slice(from, end).arrayBuffer()), end };
  };
  let ahead: ReturnType<typeof read> | undefined;
  try {
    while (at < blob.size) {
      throwIfAborted(signal);
      const { bytes, end } = await (ahead ?? read(at));
      ahead = end < softEnd ? read(end) : undefined;
      at = end;
      yield bytes;
      await breathe();
    }
  } finally {
    // A slice read ahead for a caller that has stopped: its failure has nobody left to hear it.
    ahead?.catch(() => undefined);
  }
}

/** At least one byte: with none, reading would not end. */
function sizeOf(bytes: number | (() => number)): number {
  return typeof bytes === 'number' ? bytes : Math.max(1, bytes());
}

/**
 * The bytes that `readSlices` gives, in blocks that are **lent**: each is overwritten once the next one is asked for. A byte stream that
 * fills one buffer over and over reads twice as fast as FileReaderSync, which pays for fresh memory at every slice. Where blobs have no
 * byte streams, or one fails on the way, the rest comes as slices.
 */
export async function* lendBlocks(blob: ByteSource, options: SliceOptions = {}): AsyncGenerator<Uint8Array> {
  if (blob instanceof HeldBytes) return yield* readSlices(blob, options);
  const { signal, startByte = 0, sliceBytes = LENT_BYTES } = options;
  const softEnd = Math.min(options.endByte ?? blob.size, blob.size);
  const mostBytes = typeof sliceBytes === 'number' ? Math.min(sliceBytes, LENT_BYTES) : LENT_BYTES;
  const filler = BlockFiller.of(blob.slice(startByte), mostBytes);
  let at = startByte;
  try {
    for (let blocks = 1; filler && at < blob.size; blocks++) {
      throwIfAborted(signal);
      const block = await filler.next(at < softEnd ? Math.min(softEnd - at, sizeOf(sliceBytes)) : TAIL_BYTES);
      if (!block) break;
      at += block.length;
      yield block;
      if (blocks % BLOCKS_A_BREATH === 0) await breathe();
    }
  } finally {
    filler?.close();
  }
  if (at < blob.size) yield* readSlices(blob, { ...options, startByte: at });
}

/**
 * Nothing but the code that waits holds a stream while one of its reads is pending, and Chromium 156 collects it then: the read never ends
 * (half of all loadings on a busy machine). So fillers are held here until they are closed. A stream that gives nothing for this long
 * all the same is left, and the rest read in another way.
 */
const STALLED_MS = 2000;
const openFillers = new Set<BlockFiller>();

/** Fills one buffer over and over from a blob's byte stream. */
class BlockFiller {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer;

  private constructor(reader: ReadableStreamBYOBReader, blockBytes: number) {
    this.#reader = reader;
    this.#buffer = new ArrayBuffer(blockBytes);
    openFillers.add(this);
  }

  /** Undefined where the platform's blobs have no byte streams. */
  static of(blob: Blob, blockBytes: number): BlockFiller | undefined {
    try {
      return new BlockFiller(blob.stream().getReader({ mode: 'byob' }), Math.min(blockBytes, blob.size));
    } catch {
      return undefined;
    }
  }

  /** The next bytes, at most `most`; undefined at the end, and when reading failed or stalled: whoever reads on in another way learns why. */
  async next(most: number): Promise<Uint8Array | undefined> {
    const wanted = Math.min(most, this.#buffer.byteLength);
    let filled = 0;
    try {
      while (filled < wanted) {
        const read = await this.#read(filled, wanted - filled);
        if (!read) return undefined;
        const { value, done } = read;
        if (value) this.#buffer = value.buffer;
        if (!value || done) break;
        filled += value.length;
      }
    } catch {
      return undefined;
    }
    return filled === 0 ? undefined : new Uint8Array(this.#buffer, 0, filled);
  }

  /** Undefined when nothing came in time: the buffer then belongs to a read that will never end. */
  #read(
    from: number,
    length: number,
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>> | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), STALLED_MS);
      this.#reader
        .read(new Uint8Array(this.#buffer, from, length))
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  close(): void {
    openFillers.delete(this);
    this.#reader.cancel().catch(() => undefined);
  }
}
