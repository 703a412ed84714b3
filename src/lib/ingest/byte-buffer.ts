const FIRST_CAPACITY = 1 << 12;

/** The bytes of a record that began in an earlier chunk. Grows by doubling. */
export class ByteBuffer {
  bytes = new Uint8Array(FIRST_CAPACITY);
  length = 0;

  append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(chunk.subarray(start, end), this.length);
    this.length = length;
  }

  /** Lets the first bytes go. */
  drop(count: number): void {
    this.bytes.copyWithin(0, count, this.length);
    this.length -= count;
  }

  clear(): void {
    this.length = 0;
    // One giant record must not keep its memory for the rest of the file.
    if (this.bytes.length > 1 << 20) this.bytes = new Uint8Array(FIRST_CAPACITY);
  }
}
