import { ByteBuffer } from './byte-buffer';
import { followsListKey, LONGEST_LOOK_BACK } from './json-bytes';

/** What a rejected record is shown with. */
const EXCERPT_BYTES = 2048;

/** Where the object (or line) that is being read began, and its bytes in earlier chunks as far as they may still be needed. */
export class ObjectBytes {
  /** Offset in the source, line, and the blanks before it on that line: −1 where something else stands there. */
  offset = 0;
  line = 1;
  indent = -1;
  /** Bytes of it in earlier chunks. */
  before = 0;
  readonly #carry = new ByteBuffer();
  #tail: number[] = [];
  /** Index in the chunk of the first byte of it that `before` does not count yet. */
  #start = 0;

  place(start: number, offset: number, line: number, indent: number): void {
    this.#start = start;
    this.offset = offset;
    this.line = line;
    this.indent = indent;
    this.before = 0;
    this.#carry.clear();
  }

  /** The next chunk has come. */
  nextChunk(): void {
    this.#start = 0;
  }

  /** Its size if it ends at `end`. */
  sizeAt(end: number): number {
    return this.before + end - this.#start;
  }

  /** Keeps what of it lies in this chunk, all or just enough to show. */
  keep(chunk: Uint8Array, end: number, isAll: boolean): void {
    const start = this.#start;
    const room = isAll ? end - start : Math.max(0, EXCERPT_BYTES - this.#carry.length);
    this.#carry.append(chunk, start, Math.min(end, start + room));
    this.#keepTail(chunk, start, end);
    this.before += end - start;
    this.#start = end;
  }

  /** Remembers the last bytes before a chunk's end. */
  #keepTail(chunk: Uint8Array, start: number, end: number): void {
    const kept = this.before === 0 ? [] : this.#tail;
    const added = chunk.subarray(Math.max(start, end - LONGEST_LOOK_BACK), end);
    this.#tail = [...kept, ...added].slice(-LONGEST_LOOK_BACK);
  }

  /** Gives it whole, ending at `end` of this chunk, and forgets it. */
  give(chunk: Uint8Array, end: number, take: (bytes: Uint8Array, start: number, end: number) => void): void {
    if (this.#carry.length === 0) take(chunk, this.#start, end);
    else {
      this.#carry.append(chunk, this.#start, end);
      take(this.#carry.bytes, 0, this.#carry.length);
    }
    this.#carry.clear();
  }

  /** Gives its first bytes, of those that were kept, and forgets it. */
  giveExcerpt(take: (bytes: Uint8Array, start: number, end: number) => void): void {
    take(this.#carry.bytes, 0, Math.min(this.#carry.length, EXCERPT_BYTES));
    this.#carry.clear();
  }

  /** Whether what stands before index `at` of the chunk is the key of a list of records and a colon. */
  followsListKey(chunk: Uint8Array, at: number): boolean {
    return followsListKey((index) => this.#byteAt(chunk, index), this.sizeAt(at));
  }

  /** One of its last LONGEST_LOOK_BACK bytes, by its index in it: the first may lie in earlier chunks. */
  #byteAt(chunk: Uint8Array, index: number): number {
    if (index >= this.before) return chunk[this.#start + index - this.before] ?? 0;
    return this.#tail[this.#tail.length - (this.before - index)] ?? 0;
  }
}
