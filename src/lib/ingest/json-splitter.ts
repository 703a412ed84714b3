import { BYTE } from '../base/bytes';
import { formatBytes } from '../base/units';
import type { ObjectScanner, RecordParser } from '../formats/format';
import { ByteBuffer } from './byte-buffer';
import type { Framer } from './framer';
import {
  BLANK,
  ENDS_TEXT,
  followsListKey,
  isBetweenRecords,
  KIND,
  LONGEST_LOOK_BACK,
  NEWLINE,
  PLAIN,
  QUOTE,
} from './json-bytes';
import type { RangeSink } from './sink';

/** A larger object is no log record; it is counted and left out without being held in memory. */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 512;
const KEPT_BYTES = 2048;

/** An object whose list of records is empty and that holds next to nothing else is a delivery without records, not a record. */
const EMPTY_DELIVERY_BYTES = 64;

const OBJECT = 0;
const ARRAY = 1;

/** Between records; in an object; behind something broken, until a line starts an object; in a line that is no object. */
type Mode = 'between' | 'object' | 'broken' | 'garbage';

export interface JsonSplitterOptions {
  readonly maxBytes?: number;
  /** Where in the source the first byte lies, and on which line (from 1). */
  readonly offset?: number;
  readonly line?: number;
}

/** What an open bracket between records is: an array of records, or the list inside a wrapper object. */
type Frame = 'array' | 'list';

/**
 * Finds the top-level objects of JSON text without parsing it: JSON lines, arrays, `{"Records": […]}` and its like, objects over many
 * lines, objects one behind the other. Only strings and brackets are tracked; whether an object is valid inside is the parser's
 * to say. Something broken is rejected with its line, and reading goes on at the next line that starts an object at most as far
 * indented as the broken one.
 */
export class JsonSplitter implements Framer {
  records = 0;
  readonly #parser: RecordParser;
  readonly #scanner: ObjectScanner | undefined;
  readonly #sink: RangeSink;
  readonly #maxBytes: number;

  #mode: Mode = 'between';
  readonly #frames: Frame[] = [];
  #newlines = 0;
  /** Offset in the source of the current chunk's first byte. */
  #base: number;
  #hasBytesAfterNewline = false;
  /** Blanks since the line began, or −1 once something else came. */
  #indent = 0;
  #wasBroken = false;

  // The object being read.
  readonly #carry = new ByteBuffer();
  #tail: number[] = [];
  /** Index in the chunk of the first byte of it that was not counted in `#bytes` yet. */
  #start = 0;
  #offset = 0;
  #line = 1;
  #startIndent = -1;
  /** Bytes of it in earlier chunks. */
  #bytes = 0;
  #depth = 0;
  readonly #stack = new Uint8Array(MAX_DEPTH);
  #isInString = false;
  #isEscaped = false;
  /** Last byte of it that is neither blank nor inside a string (a string counts as its closing quote). */
  #last = 0;
  /** It is the rest of a wrapper whose list has been read: it gives no record itself. */
  #isWrapper = false;
  #mayBeList = false;
  #sawEmptyList = false;

  constructor(parser: RecordParser, sink: RangeSink, options: JsonSplitterOptions = {}) {
    this.#parser = parser;
    this.#scanner = parser.objects;
    this.#sink = sink;
    this.#maxBytes = options.maxBytes ?? MAX_OBJECT_BYTES;
    this.#base = options.offset ?? 0;
    this.#newlines = (options.line ?? 1) - 1;
  }

  get lines(): number {
    return this.#newlines + (this.#hasBytesAfterNewline ? 1 : 0);
  }

  push(chunk: Uint8Array): boolean {
    let at = 0;
    this.#start = 0;
    this.#scanner?.hold(chunk, 0, chunk.length);
    while (at < chunk.length) {
      if (this.#mode === 'object') at = this.#readObject(chunk, at);
      else if (this.#mode === 'between') at = this.#readBetween(chunk, at);
      else if (this.#mode === 'broken') at = this.#readBroken(chunk, at);
      else at = this.#readGarbage(chunk, at);
    }
    if (chunk.length > 0) this.#hasBytesAfterNewline = chunk[chunk.length - 1] !== BYTE.newline;
    if (this.#mode === 'object' || this.#mode === 'garbage') this.#keep(chunk, this.#start, chunk.length);
    this.#base += chunk.length;
    return true;
  }

  /** `reason` is what to say of a record that was not closed. */
  finish(reason = 'the record is cut off at the end of the file'): { isCut: boolean } {
    if (this.#mode === 'garbage') this.#endGarbage();
    if (this.#mode === 'object') {
      if (!this.#isWrapper) this.#reject(reason);
      return { isCut: true };
    }
    const isOpen = this.#frames.length > 0 && !this.#wasBroken;
    if (isOpen) this.#sink.note('The file ends inside its list of records: later records are missing.');
    return { isCut: isOpen };
  }

  #newline(): void {
    this.#newlines += 1;
    this.#indent = 0;
  }

  #readBetween(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === BYTE.newline) {
        this.#newline();
        continue;
      }
      if (byte === BYTE.space || byte === BYTE.tab) {
        if (this.#indent >= 0) this.#indent += 1;
        continue;
      }
      const indent = this.#indent;
      if (byte === BYTE.openBrace) {
        const stop = this.#scanner ? this.#takeScanned(this.#scanner, chunk, at, indent) : -1;
        if (stop !== -1) return stop;
        this.#begin(at, indent);
        return at + 1;
      }
      if (byte === BYTE.openBracket && this.#frames.length < MAX_DEPTH) this.#frames.push('array');
      else if (byte === BYTE.closeBracket && this.#frames.length > 0) {
        if (this.#frames.pop() === 'list') {
          this.#resumeWrapper(at);
          return at + 1;
        }
      } else if (!isBetweenRecords(byte, this.#base + at)) {
        this.#mode = 'garbage';
        this.#place(at, indent);
        return at;
      }
      this.#indent = -1;
    }
    return chunk.length;
  }

  /** An object that the parser finds the end of itself, within the chunk. Returns the index behind it, or −1. */
  #takeScanned(scanner: ObjectScanner, chunk: Uint8Array, at: number, indent: number): number {
    const stop = scanner.scan(chunk, at, chunk.length);
    if (stop === -1 || stop - at > this.#maxBytes) return -1;
    this.#place(at, indent);
    this.records += 1;
    this.#give(chunk, at, stop);
    this.#newlines += scanner.newlines;
    this.#indent = -1;
    return stop;
  }

  #place(at: number, indent: number): void {
    this.#start = at;
    this.#offset = this.#base + at;
    this.#line = this.#newlines + 1;
    this.#startIndent = indent;
    this.#bytes = 0;
    this.#carry.clear();
  }

  #begin(at: number, indent: number): void {
    this.#place(at, indent);
    this.#indent = -1;
    this.#mode = 'object';
    this.#depth = 1;
    this.#stack[0] = OBJECT;
    this.#isInString = false;
    this.#isEscaped = false;
    this.#last = BYTE.openBrace;
    this.#isWrapper = false;
    this.#mayBeList = false;
    this.#sawEmptyList = false;
  }

  /** Behind the list of a wrapper: what is left of the wrapper is read like an object that gives no record. */
  #resumeWrapper(at: number): void {
    this.#begin(at, -1);
    this.#isWrapper = true;
    this.#last = BYTE.closeBracket;
  }

  /** Reads on in an object; returns where it stopped: behind the object, or at the chunk's end. */
  #readObject(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    const kinds = KIND;
    let at = this.#isInString ? this.#readString(chunk, from) : from;
    while (at < length && this.#mode === 'object') {
      const byte = chunk[at] as number;
      const kind = kinds[byte] as number;
      at += 1;
      if (kind === PLAIN) {
        // Numbers, words, colons and commas: only the last of a run matters.
        while (at < length && kinds[chunk[at] as number] === PLAIN) at += 1;
        this.#last = chunk[at - 1] as number;
        this.#indent = -1;
        this.#mayBeList = false;
      } else if (kind === QUOTE) {
        this.#indent = -1;
        this.#mayBeList = false;
        at = this.#readString(chunk, at);
      } else if (kind === BLANK) {
        if (this.#indent >= 0) this.#indent += 1;
      } else if (kind === NEWLINE) this.#newline();
      else if (!this.#bracket(chunk, at, byte)) return this.#isBroken ? at - 1 : at;
    }
    return at;
  }

  get #isBroken(): boolean {
    return this.#mode === 'broken';
  }

  /** A bracket; `at` is behind it. False: the object ends here, well or not. */
  #bracket(chunk: Uint8Array, at: number, byte: number): boolean {
    const indent = this.#indent;
    this.#indent = -1;
    if (byte === BYTE.openBrace && this.#mayBeList && this.#depth === 2) {
      this.#frames.push('list');
      this.#begin(at - 1, indent);
      return true;
    }
    if (byte === BYTE.openBrace) {
      if (!this.#open(chunk, at - 1, OBJECT, indent)) return false;
    } else if (byte === BYTE.openBracket) {
      this.#mayBeList = this.#depth === 1 && this.#last === BYTE.colon && this.#followsListKey(chunk, at - 1);
      if (!this.#open(chunk, at - 1, ARRAY, indent)) return false;
    } else if (!this.#close(chunk, at, byte === BYTE.closeBrace ? OBJECT : ARRAY)) return false;
    this.#last = byte;
    return true;
  }

  /** Inside a string: to behind its closing quote or the chunk's end. A raw line end inside one means that it was never closed. */
  #readString(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let at = from;
    this.#isInString = true;
    if (this.#isEscaped && at < length) {
      this.#isEscaped = false;
      if (chunk[at] !== BYTE.newline) at += 1;
    }
    const endsText = ENDS_TEXT;
    while (at < length) {
      while (at < length && endsText[chunk[at] as number] === 0) at += 1;
      if (at === length) return at;
      const byte = chunk[at] as number;
      at += 1;
      if (byte === BYTE.quote) {
        this.#isInString = false;
        this.#last = BYTE.quote;
        return at;
      }
      if (byte === BYTE.newline) {
        this.#break(chunk, at - 1, 'a text in it is never closed');
        return at - 1;
      }
      // A backslash: what follows it ends no text, be it a quote or another backslash.
      if (at === length) this.#isEscaped = true;
      else if (chunk[at] !== BYTE.newline) at += 1;
    }
    return at;
  }

  /** An opening bracket. False: the object before it was never closed, and was rejected. */
  #open(chunk: Uint8Array, at: number, kind: number, indent: number): boolean {
    const isInArray = this.#stack[this.#depth - 1] === ARRAY;
    const fits = isInArray
      ? this.#last === BYTE.openBracket || this.#last === BYTE.comma
      : this.#last === BYTE.colon;
    if (!fits) {
      this.#break(chunk, at, 'an object in it is never closed');
      // The bracket may be the start of the next record: it is looked at again as the first thing of its line.
      this.#indent = indent;
      return false;
    }
    if (this.#depth === MAX_DEPTH) {
      this.#break(chunk, at, `it is nested more than ${MAX_DEPTH} levels deep`);
      return false;
    }
    this.#stack[this.#depth] = kind;
    this.#depth += 1;
    return true;
  }

  /** A closing bracket; `at` is behind it. False: the object is over, well or not. */
  #close(chunk: Uint8Array, at: number, kind: number): boolean {
    if (this.#stack[this.#depth - 1] !== kind) {
      this.#break(chunk, at, 'its brackets do not match');
      return false;
    }
    if (this.#mayBeList && kind === ARRAY && this.#depth === 2) this.#sawEmptyList = true;
    this.#mayBeList = false;
    this.#depth -= 1;
    if (this.#depth > 0) return true;
    this.#mode = 'between';
    if (!this.#isWrapper) this.#emit(chunk, at);
    return false;
  }

  #emit(chunk: Uint8Array, end: number): void {
    const size = this.#bytes + end - this.#start;
    this.records += 1;
    if (size > this.#maxBytes) {
      this.#keep(chunk, this.#start, end);
      this.#rejectKept(`the record is larger than ${formatBytes(this.#maxBytes)}`);
      return;
    }
    if (this.#sawEmptyList && size < EMPTY_DELIVERY_BYTES) {
      this.#sink.skip('empty list of records');
      return;
    }
    let bytes = chunk;
    let start = this.#start;
    let stop = end;
    if (this.#carry.length > 0) {
      this.#carry.append(chunk, start, end);
      bytes = this.#carry.bytes;
      start = 0;
      stop = this.#carry.length;
    }
    this.#give(bytes, start, stop);
    this.#carry.clear();
  }

  #give(bytes: Uint8Array, start: number, stop: number): void {
    try {
      this.#parser.record(bytes, start, stop, this.#offset, this.#line);
    } catch (caught) {
      this.#sink.abandon();
      const reason = caught instanceof Error ? caught.message : String(caught);
      this.#sink.reject(`it could not be read (${reason})`, bytes, start, stop, this.#line);
    }
  }

  /** Keeps the object's bytes that lie in this chunk, as far as they may still be needed. */
  #keep(chunk: Uint8Array, start: number, end: number): void {
    const isKept =
      this.#mode !== 'garbage' && !this.#isWrapper && this.#bytes + end - start <= this.#maxBytes;
    const room = isKept ? end - start : Math.max(0, KEPT_BYTES - this.#carry.length);
    this.#carry.append(chunk, start, Math.min(end, start + room));
    if (this.#mode === 'object') this.#keepTail(chunk, start, end);
    this.#bytes += end - start;
    this.#start = end;
  }

  #break(chunk: Uint8Array, at: number, reason: string): void {
    this.#keep(chunk, this.#start, at);
    this.#mode = 'broken';
    this.#wasBroken = true;
    this.#isInString = false;
    this.#reject(reason);
  }

  #reject(reason: string): void {
    this.records += 1;
    this.#rejectKept(reason);
  }

  #rejectKept(reason: string): void {
    const end = Math.min(this.#carry.length, KEPT_BYTES);
    this.#sink.reject(reason, this.#carry.bytes, 0, end, this.#line);
    this.#carry.clear();
  }

  /** Behind something broken: passes over lines until one starts an object no deeper indented than the broken one. */
  #readBroken(chunk: Uint8Array, from: number): number {
    const deepest = this.#startIndent === -1 ? Infinity : this.#startIndent;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === BYTE.newline) {
        this.#newline();
        continue;
      }
      if (this.#indent < 0) continue;
      if (byte === BYTE.space || byte === BYTE.tab) this.#indent += 1;
      else if (byte === BYTE.openBrace && this.#indent <= deepest) {
        this.#mode = 'between';
        return at;
      } else this.#indent = -1;
    }
    return chunk.length;
  }

  /** In a line that is no object: to its end. */
  #readGarbage(chunk: Uint8Array, from: number): number {
    const newline = chunk.indexOf(BYTE.newline, from);
    if (newline === -1) return chunk.length;
    this.#keep(chunk, this.#start, newline);
    this.#endGarbage();
    this.#newline();
    this.#mode = 'between';
    return newline + 1;
  }

  #endGarbage(): void {
    this.#reject('it is no JSON object');
  }

  /** Whether the bracket at `at` opens a list of records. A list in a record of such a list is the record's own. */
  #followsListKey(chunk: Uint8Array, at: number): boolean {
    const end = this.#bytes + at - this.#start;
    return !this.#frames.includes('list') && followsListKey((index) => this.#byteOfObject(chunk, index), end);
  }

  /** One of the last LONGEST_LOOK_BACK bytes of the object, by its index in the object: the first may lie in earlier chunks. */
  #byteOfObject(chunk: Uint8Array, index: number): number {
    if (index >= this.#bytes) return chunk[this.#start + index - this.#bytes] ?? 0;
    return this.#tail[this.#tail.length - (this.#bytes - index)] ?? 0;
  }

  /** Remembers the last bytes before a chunk's end. */
  #keepTail(chunk: Uint8Array, start: number, end: number): void {
    const kept = this.#bytes === 0 ? [] : this.#tail;
    const added = chunk.subarray(Math.max(start, end - LONGEST_LOOK_BACK), end);
    this.#tail = [...kept, ...added].slice(-LONGEST_LOOK_BACK);
  }
}
