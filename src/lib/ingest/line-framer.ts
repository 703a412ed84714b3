import { BYTE } from '../base/bytes';
import { formatBytes } from '../base/units';
import { NUL_NOTE, type RecordParser } from '../formats/format';
import { ByteBuffer } from './byte-buffer';
import { firstByteOf, type Framer, type FramerRange } from './framer';
import type { RangeSink } from './sink';

/** Longer lines are no log lines: they are counted and left out, without being held in memory. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** What is kept of an overlong line, for its sample. */
const KEPT_BYTES = 2048;

/**
 * One record a line. Hands whole blocks to parsers that take them, single lines to the others and wherever a block would not do: the
 * first line of the file (byte-order mark), lines that span chunks, lines with NUL bytes, overlong ones.
 */
export class LineFramer implements Framer {
  records = 0;
  lines = 0;
  readonly #parser: RecordParser;
  readonly #sink: RangeSink;
  readonly #endByte: number;
  readonly #maxLineBytes: number;
  readonly #carry = new ByteBuffer();
  /** Offset in the source of the next byte to come. */
  #offset: number;
  /** Offset of the line that the carry holds the beginning of. */
  #carryOffset = 0;
  #isSkippingFirst: boolean;
  /** In the middle of an overlong line: the rest of it is passed over. */
  #isDiscarding = false;
  #isOver = false;

  constructor(parser: RecordParser, sink: RangeSink, range: FramerRange, maxLineBytes = MAX_LINE_BYTES) {
    this.#parser = parser;
    this.#sink = sink;
    this.#endByte = range.endByte;
    this.#maxLineBytes = maxLineBytes;
    this.#offset = firstByteOf(range);
    this.#isSkippingFirst = range.startByte > 0;
  }

  push(chunk: Uint8Array): boolean {
    if (this.#isOver) return false;
    const base = this.#offset;
    let end = chunk.length;
    // The last line that starts before endByte ends at the first newline from endByte − 1 on.
    if (base + end >= this.#endByte) {
      const last = chunk.indexOf(BYTE.newline, Math.max(0, this.#endByte - 1 - base));
      this.#isOver = last !== -1;
      if (last !== -1) end = last + 1;
    }
    let at = 0;
    if (this.#isSkippingFirst) {
      const newline = indexOfNewline(chunk, 0, end);
      this.#isSkippingFirst = newline === -1;
      at = newline === -1 ? end : newline + 1;
    }
    if (at < end) this.#take(chunk, at, end, base);
    this.#offset = base + chunk.length;
    return !this.#isOver;
  }

  finish(): { isCut: boolean } {
    if (this.#isSkippingFirst || this.#isOver) return { isCut: false };
    if (this.#isDiscarding) {
      this.#rejectLong();
      return { isCut: true };
    }
    if (this.#carry.length === 0) return { isCut: false };
    const rejected = this.#sink.rejected;
    this.#line(this.#carry.bytes, 0, this.#carry.length, this.#carryOffset);
    this.#carry.clear();
    // Many programs never end their last line. Only one that can't be read either shows that the file was cut in the middle of it.
    return { isCut: this.#sink.rejected > rejected };
  }

  #take(chunk: Uint8Array, from: number, end: number, base: number): void {
    let at = from;
    if (this.#carry.length > 0 || this.#isDiscarding) {
      const newline = indexOfNewline(chunk, at, end);
      const stop = newline === -1 ? end : newline;
      this.#carryOn(chunk, at, stop);
      if (newline === -1) return;
      this.#endCarry();
      at = newline + 1;
    }
    if (at < end && base + at === 0) {
      const newline = indexOfNewline(chunk, at, end);
      if (newline !== -1 && newline - at <= this.#maxLineBytes) {
        this.#line(chunk, at, newline, base + at);
        at = newline + 1;
      }
    }
    const lastNewline = at < end ? chunk.lastIndexOf(BYTE.newline, end - 1) : -1;
    if (lastNewline >= at) {
      this.#block(chunk, at, lastNewline + 1, base);
      at = lastNewline + 1;
    }
    if (at < end) {
      this.#carryOffset = base + at;
      this.#carryOn(chunk, at, end);
    }
  }

  #carryOn(chunk: Uint8Array, start: number, end: number): void {
    if (!this.#isDiscarding && this.#carry.length + end - start <= this.#maxLineBytes) {
      this.#carry.append(chunk, start, end);
      return;
    }
    this.#isDiscarding = true;
    const wanted = Math.max(0, KEPT_BYTES - this.#carry.length);
    this.#carry.append(chunk, start, Math.min(end, start + wanted));
  }

  #endCarry(): void {
    if (this.#isDiscarding) this.#rejectLong();
    else this.#line(this.#carry.bytes, 0, this.#carry.length, this.#carryOffset);
    this.#carry.clear();
  }

  #rejectLong(): void {
    this.#isDiscarding = false;
    this.#countLong(this.#carry.bytes, 0, this.#carry.length);
    this.#carry.clear();
  }

  #countLong(bytes: Uint8Array, start: number, end: number): void {
    this.records += 1;
    this.lines += 1;
    this.#parser.passOver?.(bytes, start, end);
    this.#sink.reject(
      `the line is longer than ${formatBytes(this.#maxLineBytes)}`,
      bytes,
      start,
      Math.min(end, start + KEPT_BYTES),
      this.lines,
    );
  }

  /** Whole lines. Those that are too long are taken out; blocks with NUL bytes go line by line. */
  #block(chunk: Uint8Array, start: number, end: number, base: number): void {
    let at = start;
    while (at < end) {
      const { stop, isLong } = this.#untilLong(chunk, at, end);
      if (stop > at) this.#wholeLines(chunk, at, stop, base);
      at = stop;
      if (!isLong) continue;
      const newline = indexOfNewline(chunk, at, end);
      this.#countLong(chunk, at, newline);
      at = newline + 1;
    }
  }

  /** Where the first overlong line starts. Looks at a few newlines only: a line that long leaves a hole that is easy to see. */
  #untilLong(chunk: Uint8Array, start: number, end: number): { stop: number; isLong: boolean } {
    let at = start;
    while (end - at > this.#maxLineBytes + 1) {
      const newline = chunk.lastIndexOf(BYTE.newline, at + this.#maxLineBytes);
      if (newline < at) return { stop: at, isLong: true };
      at = newline + 1;
    }
    return { stop: end, isLong: false };
  }

  #wholeLines(chunk: Uint8Array, start: number, end: number, base: number): void {
    const parser = this.#parser;
    if (parser.block) {
      const nul = parser.takesNul ? -1 : chunk.indexOf(0, start);
      if (nul === -1 || nul >= end) {
        const lines = parser.block(chunk, start, end, base + start, this.lines + 1);
        this.lines += lines;
        this.records += lines;
        return;
      }
    }
    parser.objects?.hold(chunk, start, end);
    let at = start;
    while (at < end) {
      const newline = this.#endOfObject(chunk, at, end) ?? chunk.indexOf(BYTE.newline, at);
      this.#line(chunk, at, newline, base + at);
      at = newline + 1;
    }
  }

  /** Where the line ends, if it is a JSON object of which the parser can tell. */
  #endOfObject(chunk: Uint8Array, at: number, end: number): number | undefined {
    const { objects } = this.#parser;
    if (!objects || chunk[at] !== BYTE.openBrace) return undefined;
    let stop = objects.scan(chunk, at, end);
    if (stop === -1 || objects.newlines > 0) return undefined;
    if (chunk[stop] === BYTE.carriageReturn) stop += 1;
    return chunk[stop] === BYTE.newline ? stop : undefined;
  }

  #line(bytes: Uint8Array, start: number, end: number, offset: number): void {
    this.records += 1;
    this.lines += 1;
    let from = start;
    let to = end;
    if (offset === 0 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf)
      from += 3;
    if (bytes[from] === 0 && from < to) {
      while (from < to && bytes[from] === 0) from += 1;
      this.#sink.note(NUL_NOTE);
    }
    if (to > from && bytes[to - 1] === BYTE.carriageReturn) to -= 1;
    if (isBlank(bytes, from, to)) {
      this.#sink.skip('blank');
      return;
    }
    try {
      this.#parser.record(bytes, from, to, offset + from - start, this.lines);
    } catch (caught) {
      this.#sink.abandon();
      const reason = caught instanceof Error ? caught.message : String(caught);
      this.#sink.reject(`it could not be read (${reason})`, bytes, from, to, this.lines);
    }
  }
}

function indexOfNewline(chunk: Uint8Array, start: number, end: number): number {
  const at = chunk.indexOf(BYTE.newline, start);
  return at === -1 || at >= end ? -1 : at;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte !== BYTE.space && byte !== BYTE.tab) return false;
  }
  return true;
}
