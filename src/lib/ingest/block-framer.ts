import { formatBytes } from '../base/units';
import type { Blocks, Head, RecordParser } from '../formats/format';
import { ByteBuffer } from './byte-buffer';
import { firstByteOf, type Framer, type FramerRange } from './framer';
import type { RangeSink } from './sink';

/** For formats made of blocks of one size behind a header: the blocks that start in the range. What a record is, is the parser's to count. */
export class BlockFramer implements Framer {
  readonly #parser: RecordParser;
  readonly #sink: RangeSink;
  readonly #blocks: Blocks;
  readonly #endByte: number;
  /** Where the source is to end by its own header; 0 for a range that other ranges follow. */
  readonly #sourceBytes: number;
  readonly #carry = new ByteBuffer();
  /** Offset in the source of the next byte to come, and of the next block. */
  #offset: number;
  #next: number;

  /** `isToEnd`: the range goes on to the end of the source. */
  constructor(
    parser: RecordParser,
    sink: RangeSink,
    range: FramerRange,
    blocks: Blocks,
    head: Head,
    isToEnd: boolean,
  ) {
    const { headerBytes, blockBytes } = blocks;
    this.#parser = parser;
    this.#sink = sink;
    this.#blocks = blocks;
    this.#endByte = range.endByte;
    this.#sourceBytes = isToEnd ? blocks.sizeBytes(head.bytes) : 0;
    this.#offset = firstByteOf(range);
    this.#next =
      headerBytes + blockBytes * Math.ceil(Math.max(0, range.startByte - headerBytes) / blockBytes);
  }

  get records(): number {
    return this.#parser.records ?? this.#sink.totalRows + this.#sink.skippedTotal + this.#sink.rejected;
  }

  /** Records have no lines: their numbers stand for them. */
  get lines(): number {
    return this.records;
  }

  push(chunk: Uint8Array): boolean {
    const { blockBytes } = this.#blocks;
    const base = this.#offset;
    const end = base + chunk.length;
    this.#offset = end;
    while (this.#next < this.#endByte) {
      const from = Math.max(this.#next + this.#carry.length, base);
      if (from >= end) return true;
      const to = Math.min(end, this.#next + blockBytes);
      if (this.#carry.length === 0 && to - this.#next === blockBytes)
        this.#parser.record(chunk, from - base, to - base, this.#next, 0);
      else {
        this.#carry.append(chunk, from - base, to - base);
        if (this.#carry.length < blockBytes) return true;
        this.#endBlock();
      }
      this.#next += blockBytes;
    }
    return false;
  }

  #endBlock(): void {
    this.#parser.record(this.#carry.bytes, 0, this.#carry.length, this.#next, 0);
    this.#carry.length = 0;
  }

  finish(): { isCut: boolean } {
    const isPartial = this.#carry.length > 0;
    if (isPartial) this.#endBlock();
    const missing = this.#sourceBytes - this.#offset;
    if (missing > 0)
      this.#sink.note(`By its own header the file is ${formatBytes(missing)} longer: its end is not there.`);
    return { isCut: isPartial || missing > 0 };
  }
}
