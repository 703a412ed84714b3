import { FailureError } from '../base/result';

/** Reads exact numbers of bytes from a stream, never more than `limit` in all: a few kilobytes of gzip can expand to gigabytes. */
export class BoundedReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #left: number;
  #held: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>, limit: number) {
    this.#reader = stream.getReader();
    this.#left = limit;
  }

  /** Exactly `length` bytes in a buffer of their own. Memory grows with what arrives, not with what was announced. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#pieces(length)) pieces.push(piece);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Exactly `length` bytes as a Blob, which the browser may hold on disk. */
  async readBlob(length: number): Promise<Blob> {
    const pieces = this.#pieces(length);
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value.slice());
      },
    });
    return new Response(stream).blob();
  }

  async cancel(): Promise<void> {
    // The stream may have failed itself, which is what is being reported.
    await this.#reader.cancel().catch(() => undefined);
  }

  /** Makes sure that nothing follows. Reading to the end also has the decompressor compare its checksum. */
  async end(): Promise<void> {
    const { done } = await this.#next();
    if (!done || this.#held.length > 0)
      throw new FailureError({ what: 'The case file holds more than it lists.' });
  }

  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await this.#reader.read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FailureError({
        what: `The case file cannot be read on: it is damaged or was cut off (${reason}).`,
      });
    }
  }

  async *#pieces(length: number): AsyncGenerator<Uint8Array> {
    let missing = length;
    while (missing > 0) {
      if (this.#held.length === 0) {
        const { value, done } = await this.#next();
        if (done) throw new FailureError({ what: 'The case file ends too early.' });
        if (value.length > this.#left)
          throw new FailureError({ what: 'The case file is larger than a case can be.' });
        this.#left -= value.length;
        this.#held = value;
      }
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      missing -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}
