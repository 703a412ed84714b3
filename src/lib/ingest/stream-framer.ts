import type { RecordParser } from '../formats/format';
import { ByteBuffer } from './byte-buffer';
import type { Framer } from './framer';

/** What is first put behind bytes that were left over: most records are far shorter, and what was copied is read again where it came from. */
const FIRST_PIECE_BYTES = 1 << 16;

/** For formats that find their records themselves in the bytes as they come. Only what a parser leaves for later is held. */
export class StreamFramer implements Framer {
  records = 0;
  readonly lines = 0;
  readonly #parser: RecordParser;
  readonly #left = new ByteBuffer();
  /** Offset in the source of what is left, or of the next chunk where nothing is. */
  #offset = 0;

  constructor(parser: RecordParser) {
    this.#parser = parser;
  }

  push(chunk: Uint8Array): boolean {
    const at = this.#left.length > 0 ? this.#behindLeft(chunk) : 0;
    if (at < chunk.length) {
      const stop = this.#take(chunk, at, chunk.length, false);
      this.#left.append(chunk, stop, chunk.length);
    }
    this.records = this.#parser.records ?? 0;
    return true;
  }

  finish(): { isCut: boolean } {
    this.#take(this.#left.bytes, 0, this.#left.length, true);
    this.#left.clear();
    this.records = this.#parser.records ?? 0;
    return { isCut: this.#parser.isCut === true };
  }

  /** Puts pieces of the chunk behind what was left until that is read; returns where the chunk goes on. */
  #behindLeft(chunk: Uint8Array): number {
    const left = this.#left;
    let at = 0;
    for (let piece = FIRST_PIECE_BYTES; at < chunk.length; piece *= 2) {
      const before = left.length;
      const stop = Math.min(chunk.length, at + piece);
      left.append(chunk, at, stop);
      const taken = this.#take(left.bytes, 0, left.length, false);
      if (taken >= before) {
        left.clear();
        return at + taken - before;
      }
      left.drop(taken);
      at = stop;
    }
    return at;
  }

  /** Returns where the parser stopped; the offset moves on to there. */
  #take(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    const stop = this.#parser.stream?.(bytes, start, end, this.#offset, isLast) ?? end;
    this.#offset += stop - start;
    return stop;
  }
}
