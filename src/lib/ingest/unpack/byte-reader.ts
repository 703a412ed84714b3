import { CutOff } from './outcome';

/** Reads a stream of chunks by counts of bytes. Decoders look at `bytes` from `at` to `end` directly and move `at`. */
export class ByteReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #isDone = false;
  /** Bytes before `bytes[0]`. */
  #before = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  get available(): number {
    return this.end - this.at;
  }

  /** Bytes consumed since the beginning. */
  get position(): number {
    return this.#before + this.at;
  }

  /** Waits until that many bytes are at hand. False: the source ends before. */
  async fill(count: number): Promise<boolean> {
    if (this.available >= count) return true;
    const held = [this.bytes.subarray(this.at, this.end)];
    let length = this.available;
    while (length < count && !this.#isDone) {
      const next = await this.#chunks.next();
      if (next.done) this.#isDone = true;
      else {
        held.push(next.value);
        length += next.value.length;
      }
    }
    this.#before += this.at;
    this.#take(held, length);
    return length >= count;
  }

  /** The next bytes, as a view that is good until the next fill. Throws CutOff at the end of the source. */
  async take(count: number): Promise<Uint8Array> {
    if (!(await this.fill(count))) throw new CutOff();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  async byte(): Promise<number> {
    return (await this.take(1))[0] as number;
  }

  /** What is at hand, up to so many bytes; empty at the end of the source. */
  async some(atMost: number): Promise<Uint8Array> {
    await this.fill(1);
    const count = Math.min(this.available, atMost);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** Lets go of the source when no more of it is wanted. */
  async close(): Promise<void> {
    this.#isDone = true;
    await this.#chunks.return?.();
  }

  #take(parts: readonly Uint8Array[], length: number): void {
    const filled = parts.filter((part) => part.length > 0);
    const [only] = filled;
    if (filled.length === 1 && only) this.bytes = only;
    else {
      const joined = new Uint8Array(length);
      let at = 0;
      for (const part of filled) {
        joined.set(part, at);
        at += part.length;
      }
      this.bytes = joined;
    }
    this.at = 0;
    this.end = length;
  }
}
