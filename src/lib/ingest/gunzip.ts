import {
  Z_NO_FLUSH,
  Z_OK,
  Z_BUF_ERROR,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
} from 'pako';
import { concatBytes } from '../base/bytes';
import { damageWords, type UnpackOutcome } from './unpack/outcome';

const OUTPUT_BYTES = 1 << 20;
/** What is fed to the platform's decoder at once: it queues all that a piece expands to (up to 1,032 times, the format's limit). */
const FEED_BYTES = 1 << 16;
const GZIP_WINDOW_BITS = 15 + 16;

/**
 * The decompressed bytes of a gzip file, in pieces of about a megabyte. `open` gives the compressed bytes from their beginning and may
 * be called a second time: browsers' DecompressionStream refuses files of several members (concatenated logs, bgzip) and gives up a
 * truncated file without its last part, and neither says where. Then zlib in JavaScript takes over from the start and leaves out what was delivered.
 * Never throws for damaged data: what could be decompressed is given and `outcome` says what was wrong.
 */
export async function* gunzip(
  open: () => AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
): AsyncGenerator<Uint8Array> {
  let delivered = 0;
  if (typeof DecompressionStream !== 'undefined') {
    const platform = new PlatformGunzip(open());
    for await (const piece of platform.pieces()) {
      delivered += piece.length;
      yield piece;
    }
    if (platform.failure === undefined) return;
    if (platform.sourceFailure !== undefined) throw platform.sourceFailure;
  }
  let skip = delivered;
  for await (const piece of inflateMembers(open(), outcome)) {
    if (piece.length <= skip) {
      skip -= piece.length;
      continue;
    }
    yield skip === 0 ? piece : piece.subarray(skip);
    skip = 0;
  }
}

/** DecompressionStream as a generator of large pieces. It ends quietly; `failure` says whether the decoder gave up. */
class PlatformGunzip {
  failure: unknown;
  /** Set when the compressed bytes could not be read (a cancel, a file that went away): no decoder can help. */
  sourceFailure: unknown;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const stream = new DecompressionStream('gzip');
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const feeding = this.#feed(writer);
    let held: Uint8Array[] = [];
    let heldBytes = 0;
    let isDone = false;
    try {
      while (!isDone) {
        const next = await this.#next(reader);
        if (next) {
          held.push(next);
          heldBytes += next.length;
        } else isDone = true;
        if (heldBytes >= OUTPUT_BYTES || (isDone && heldBytes > 0)) {
          yield held.length === 1 && held[0] ? held[0] : concatBytes(held, heldBytes);
          held = [];
          heldBytes = 0;
        }
      }
    } finally {
      // The caller may stop early (it wanted the head only): both ends are let go, and a refusal to close says nothing about the data.
      if (!isDone) await reader.cancel().catch(() => undefined);
      await feeding;
    }
  }

  async #next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    } catch (caught) {
      this.failure = caught;
      return undefined;
    }
  }

  async #feed(writer: WritableStreamDefaultWriter<BufferSource>): Promise<void> {
    try {
      for await (const slice of this.#source) {
        for (let at = 0; at < slice.length; at += FEED_BYTES) {
          try {
            await writer.write(slice.slice(at, at + FEED_BYTES));
          } catch (caught) {
            this.failure ??= caught;
            return;
          }
        }
      }
    } catch (caught) {
      this.failure ??= caught;
      this.sourceFailure = caught;
      await writer.abort(caught).catch(() => undefined);
      return;
    }
    try {
      await writer.close();
    } catch (caught) {
      this.failure ??= caught;
    }
  }
}

/** Every member of a gzip file (RFC 1952, section 2.2: a file is a series of members), checksums verified by zlib. */
async function* inflateMembers(
  source: AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
): AsyncGenerator<Uint8Array> {
  const stream = new ZStream();
  zlibInflateInit2(stream, GZIP_WINDOW_BITS);
  let isBetween = false;
  let members = 0;
  for await (const slice of source) {
    stream.input = slice;
    stream.next_in = 0;
    stream.avail_in = slice.length;
    for (;;) {
      if (isBetween) {
        // Tape blocks and preallocated files pad with zeros; gzip(1) passes over them too.
        while (stream.avail_in > 0 && slice[stream.next_in] === 0) {
          stream.next_in += 1;
          stream.avail_in -= 1;
        }
        if (stream.avail_in === 0) break;
        if (slice[stream.next_in] !== 0x1f) {
          outcome.notes.push(
            'Bytes after the end of the compressed data are no gzip data and were left out.',
          );
          return;
        }
        zlibInflateReset(stream);
        isBetween = false;
      }
      stream.output = new Uint8Array(OUTPUT_BYTES);
      stream.next_out = 0;
      stream.avail_out = OUTPUT_BYTES;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      if (stream.next_out > 0) yield stream.output.subarray(0, stream.next_out);
      if (status === Z_STREAM_END) {
        members += 1;
        isBetween = true;
      } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
        outcome.isCut = true;
        const behind = members === 0 ? '' : ` in its part ${members + 1}`;
        outcome.notes.push(
          `The compressed data is damaged${behind} (${damageWords(stream.msg)}): what came before was read, ` +
            'what follows is lost. An intact copy gives the rest.',
        );
        return;
      } else if (stream.avail_in === 0 && stream.avail_out > 0) break;
    }
  }
  if (isBetween) return;
  outcome.isCut = true;
  outcome.notes.push('The compressed file is cut off before its end: what could be decompressed was read.');
}
