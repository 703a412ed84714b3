import { BYTE } from '../base/bytes';
import { formatBytes } from '../base/units';
import type { ObjectScanner, RecordParser } from '../formats/format';
import type { Framer } from './framer';
import { BLANK, endOfText, isBetweenRecords, KIND, NEWLINE, PLAIN, QUOTE } from './json-bytes';
import { ObjectBytes } from './json-object-bytes';
import type { Frame, JsonSplitterOptions, Seam, SplitterSink } from './json-seam';

/** A larger object is no log record; it is counted and left out without being held in memory. */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 512;

/** An object whose list of records is empty and that holds next to nothing else is a delivery without records, not a record. */
const EMPTY_DELIVERY_BYTES = 64;

const OBJECT = 0;
const ARRAY = 1;

/** Between records; in an object; behind something broken, until a line starts an object; in a line that is no object. */
type Mode = 'between' | 'object' | 'broken' | 'garbage';

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
  readonly #sink: SplitterSink;
  readonly #maxBytes: number;
  readonly #endByte: number;
  readonly #endDepth: number;

  /** Where it stopped; null before. */
  #stoppedAt: number | null = null;
  #mode: Mode = 'between';
  readonly #frames: Frame[];
  #newlines = 0;
  /** Offset in the source of the current chunk's first byte. */
  #base: number;
  #hasBytesAfterNewline = false;
  /** Blanks since the line began, or −1 once something else came. */
  #indent = 0;
  #wasBroken = false;

  // The object being read.
  readonly #object = new ObjectBytes();
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

  constructor(parser: RecordParser, sink: SplitterSink, options: JsonSplitterOptions = {}) {
    this.#parser = parser;
    this.#scanner = parser.objects;
    this.#sink = sink;
    this.#maxBytes = options.maxBytes ?? MAX_OBJECT_BYTES;
    this.#base = options.offset ?? 0;
    this.#newlines = (options.line ?? 1) - 1;
    this.#indent = options.indent ?? 0;
    this.#frames = [...(options.frames ?? [])];
    this.#endByte = options.endByte ?? Infinity;
    this.#endDepth = options.endDepth ?? 0;
  }

  get lines(): number {
    return this.#newlines + (this.#hasBytesAfterNewline ? 1 : 0);
  }

  /** The brackets that are open between the records here. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Where the record begins that it stopped at, with all that reading on from there depends on; null while there is none. */
  get seam(): Seam | null {
    if (this.#stoppedAt === null) return null;
    return { offset: this.#stoppedAt, frames: [...this.#frames], wasBroken: this.#wasBroken };
  }

  push(chunk: Uint8Array): boolean {
    let at = 0;
    this.#object.nextChunk();
    this.#scanner?.hold(chunk, 0, chunk.length);
    while (at < chunk.length && this.#stoppedAt === null) {
      if (this.#mode === 'object') at = this.#readObject(chunk, at);
      else if (this.#mode === 'between') at = this.#readBetween(chunk, at);
      else if (this.#mode === 'broken') at = this.#readBroken(chunk, at);
      else at = this.#readGarbage(chunk, at);
    }
    if (this.#stoppedAt !== null) {
      // The line goes on in the share of whoever reads on.
      this.#hasBytesAfterNewline = false;
      return false;
    }
    if (chunk.length > 0) this.#hasBytesAfterNewline = chunk[chunk.length - 1] !== BYTE.newline;
    if (this.#mode === 'object' || this.#mode === 'garbage') this.#keep(chunk, chunk.length);
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
    const isOpen = this.#frames.length > 0 && !this.#wasBroken && this.#stoppedAt === null;
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
        if (this.#base + at >= this.#endByte && this.#frames.length === this.#endDepth) {
          this.#stoppedAt = this.#base + at;
          return at;
        }
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
    this.#object.give(chunk, stop, this.#toParser);
    this.#newlines += scanner.newlines;
    this.#indent = -1;
    return stop;
  }

  #place(at: number, indent: number): void {
    this.#object.place(at, this.#base + at, this.#newlines + 1, indent);
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
      this.#mayBeList = this.#depth === 1 && this.#last === BYTE.colon && this.#opensList(chunk, at - 1);
      if (!this.#open(chunk, at - 1, ARRAY, indent)) return false;
    } else if (!this.#close(chunk, at, byte === BYTE.closeBrace ? OBJECT : ARRAY)) return false;
    this.#last = byte;
    return true;
  }

  /** Inside a string: to behind its closing quote or the chunk's end. A raw line end inside one means that it was never closed. */
  #readString(chunk: Uint8Array, from: number): number {
    this.#isInString = true;
    const at = endOfText(chunk, from, this.#isEscaped);
    this.#isEscaped = at > chunk.length;
    if (at >= chunk.length) return chunk.length;
    if (chunk[at] === BYTE.newline) {
      this.#break(chunk, at, 'a text in it is never closed');
      return at;
    }
    this.#isInString = false;
    this.#last = BYTE.quote;
    return at + 1;
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
    const size = this.#object.sizeAt(end);
    this.records += 1;
    if (size > this.#maxBytes) {
      this.#keep(chunk, end);
      this.#rejectKept(`the record is larger than ${formatBytes(this.#maxBytes)}`);
      return;
    }
    if (this.#sawEmptyList && size < EMPTY_DELIVERY_BYTES) {
      this.#sink.skip('empty list of records');
      return;
    }
    this.#object.give(chunk, end, this.#toParser);
  }

  readonly #toParser = (bytes: Uint8Array, start: number, end: number): void => {
    const { offset, line } = this.#object;
    try {
      this.#parser.record(bytes, start, end, offset, line);
    } catch (caught) {
      this.#sink.abandon();
      const reason = caught instanceof Error ? caught.message : String(caught);
      this.#sink.reject(`it could not be read (${reason})`, bytes, start, end, line);
    }
  };

  #keep(chunk: Uint8Array, end: number): void {
    const isWanted = this.#mode !== 'garbage' && !this.#isWrapper;
    this.#object.keep(chunk, end, isWanted && this.#object.sizeAt(end) <= this.#maxBytes);
  }

  #break(chunk: Uint8Array, at: number, reason: string): void {
    this.#keep(chunk, at);
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
    const { line } = this.#object;
    this.#object.giveExcerpt((bytes, start, end) => this.#sink.reject(reason, bytes, start, end, line));
  }

  /** Behind something broken: passes over lines until one starts an object no deeper indented than the broken one. */
  #readBroken(chunk: Uint8Array, from: number): number {
    const { indent } = this.#object;
    const deepest = indent === -1 ? Infinity : indent;
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
    this.#keep(chunk, newline);
    this.#endGarbage();
    this.#newline();
    this.#mode = 'between';
    return newline + 1;
  }

  #endGarbage(): void {
    this.#reject('it is no JSON object');
  }

  /** Whether the bracket at `at` opens a list of records. A list in a record of such a list is the record's own. */
  #opensList(chunk: Uint8Array, at: number): boolean {
    return !this.#frames.includes('list') && this.#object.followsListKey(chunk, at);
  }
}
