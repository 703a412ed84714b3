import { BYTE, decodeUtf8 } from '../base/bytes';
import type { Format, Framing } from '../formats/format';
import { openStream } from '../ingest/byte-stream';
import { PLAIN, type Container } from '../ingest/container';
import { keepAsBlob } from '../ingest/unpack/member';

/** Longer records are shown cut: nobody reads more of one, and a page of them must stay small. */
export const MAX_RECORD_BYTES = 64 * 1024;
/** A line end is looked for in steps: most records are far shorter than the bound. */
const FIRST_READ_BYTES = 4 * 1024;
/** Bytes before the last record that are still at hand when the next record lies before it. */
const WINDOW_BYTES = 4 << 20;

/**
 * Reads single records out of an original. Plain files are read where the record lies. Compressed ones can only be read from their
 * beginning: the reader stays where it is and keeps its last megabytes, so that neighboring records cost nothing and records in
 * rising order cost one pass.
 */
export class RecordReader {
  readonly #blob: Blob;
  readonly #container: Container;
  readonly #framing: Framing;
  #stream: AsyncIterator<Uint8Array> | null = null;
  #window = new Uint8Array(0);
  /** Offset of the window's first byte in the decompressed source. */
  #windowStart = 0;
  #isAtEnd = false;

  constructor(blob: Blob, container: Container, framing: Framing) {
    this.#blob = blob;
    this.#container = container;
    this.#framing = framing;
  }

  /** The record that starts at this offset of the (decompressed) source: to the end of its line, or of its JSON object. */
  async record(offset: number): Promise<string> {
    for (let wanted = FIRST_READ_BYTES; ; wanted = MAX_RECORD_BYTES) {
      const bytes = await this.#bytes(offset, wanted);
      const end = recordEnd(bytes, this.#framing);
      if (end !== -1) return decodeUtf8(bytes, 0, end);
      if (bytes.length < wanted || wanted === MAX_RECORD_BYTES)
        return decodeUtf8(bytes) + (bytes.length === MAX_RECORD_BYTES ? '…' : '');
    }
  }

  async #bytes(offset: number, length: number): Promise<Uint8Array> {
    if (this.#container === 'none')
      return new Uint8Array(await this.#blob.slice(offset, offset + length).arrayBuffer());
    if (!this.#stream || offset < this.#windowStart) {
      this.#stream = openStream(this.#blob, this.#container).chunks[Symbol.asyncIterator]();
      this.#window = new Uint8Array(0);
      this.#windowStart = 0;
      this.#isAtEnd = false;
    }
    while (!this.#isAtEnd && this.#windowStart + this.#window.length < offset + length) {
      const next = await this.#next(this.#stream);
      if (next.done) this.#isAtEnd = true;
      else this.#slide(next.value, offset);
    }
    const at = offset - this.#windowStart;
    return this.#window.slice(at, at + length);
  }

  async #next(stream: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await stream.next();
    } catch (error) {
      // The next call must begin anew, not go on behind a hole.
      this.#stream = null;
      throw error;
    }
  }

  /** Appends a chunk and lets go of what lies far enough before the offset that is wanted. */
  #slide(chunk: Uint8Array, wanted: number): void {
    const end = this.#windowStart + this.#window.length;
    const keepFrom = Math.max(this.#windowStart, wanted - WINDOW_BYTES);
    const kept = keepFrom >= end ? new Uint8Array(0) : this.#window.subarray(keepFrom - this.#windowStart);
    const window = new Uint8Array(kept.length + chunk.length);
    window.set(kept);
    window.set(chunk, kept.length);
    this.#windowStart = end - kept.length;
    this.#window = window;
  }
}

/** Shows single rows of an original whose records are no text. A packed original is unpacked once, as it was to be parsed. */
export class RowTextReader {
  readonly #blob: Blob;
  readonly #container: Container;
  readonly #rowText: NonNullable<Format['rowText']>;
  #plain: Promise<Blob> | null = null;

  constructor(blob: Blob, container: Container, rowText: NonNullable<Format['rowText']>) {
    this.#blob = blob;
    this.#container = container;
    this.#rowText = rowText;
  }

  /** The row of this number (from 0), or at this offset where the format has offsets: its values by name. */
  async record(row: number): Promise<string> {
    this.#plain ??= this.#unpacked();
    const plain = await this.#plain;
    const read = async (start: number, end: number): Promise<Uint8Array> =>
      new Uint8Array(await plain.slice(start, end).arrayBuffer());
    const text = await this.#rowText({ size: plain.size, read }, row);
    return text.length > MAX_RECORD_BYTES ? `${text.slice(0, MAX_RECORD_BYTES)}…` : text;
  }

  async #unpacked(): Promise<Blob> {
    return this.#container === PLAIN
      ? this.#blob
      : keepAsBlob(openStream(this.#blob, this.#container).chunks);
  }
}

/** Where the record that starts at 0 ends (exclusive), or −1 when the bytes do not hold its end. */
function recordEnd(bytes: Uint8Array, framing: Framing): number {
  if (framing === 'json' && bytes[0] === BYTE.openBrace) return jsonObjectEnd(bytes);
  const newline = bytes.indexOf(BYTE.newline);
  if (newline === -1) return -1;
  return newline > 0 && bytes[newline - 1] === BYTE.carriageReturn ? newline - 1 : newline;
}

function jsonObjectEnd(bytes: Uint8Array): number {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isInText) {
      if (byte === BYTE.backslash) i += 1;
      else if (byte === BYTE.quote) isInText = false;
    } else if (byte === BYTE.quote) isInText = true;
    else if (byte === BYTE.openBrace) depth += 1;
    else if (byte === BYTE.closeBrace) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}
