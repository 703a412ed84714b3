/**
 * A file's bytes that were read already, where a blob is expected: a blob is asked for through the browser's own process, and to ask five
 * times for a few kilobytes takes longer than to parse them.
 */
export class HeldBytes {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  slice(start: number, end = this.size): HeldBytes {
    return new HeldBytes(this.#bytes.subarray(start, end));
  }

  /** The bytes themselves, no copy: they must not be changed. */
  view(start = 0, end = this.size): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(start, end);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
}

/** Where bytes come from. */
export type ByteSource = Blob | HeldBytes;
