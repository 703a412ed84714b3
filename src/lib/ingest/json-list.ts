import { BYTE, decodeUtf8 } from '../base/bytes';
import type { Head, RecordParser } from '../formats/format';
import { skipBlanks, skipColon, skipText, skipValue } from '../formats/shared/json-scan';
import { ByteBuffer } from './byte-buffer';
import { firstByteOf, type Framer, type FramerRange } from './framer';
import type { Frame, Seam, SplitterSink } from './json-seam';
import { JsonSplitter } from './json-splitter';

/** Before a range, to see what its first record stands behind. */
const LOOK_BACK = 256;
/** Further into a range its first record is not looked for. */
const MOST_SEARCHED = 4 * 1024 * 1024;

/** How the records of one long list look: the brackets that are open between them, and the first two keys of each in the head. */
export interface ListShape {
  readonly frames: readonly Frame[];
  readonly beginnings: ReadonlySet<string>;
}

/** Null when the head does not show several records of one list. */
export function listShapeOf(head: Head): ListShape | null {
  const beginnings = new Set<string>();
  const framings = new Set<string>();
  let records = 0;
  const parser: RecordParser = {
    record(bytes, start, end) {
      records += 1;
      framings.add(JSON.stringify(splitter.frames));
      const beginning = beginningOf(bytes, start, end);
      if (beginning !== null) beginnings.add(beginning);
    },
  };
  const splitter: JsonSplitter = new JsonSplitter(parser, DEAF);
  splitter.push(head.bytes);
  const { frames } = splitter;
  const isList = frames.length > 0 && framings.size === 1 && framings.has(JSON.stringify(frames));
  return isList && records > 1 && beginnings.size > 0 ? { frames: [...frames], beginnings } : null;
}

const DEAF: SplitterSink = {
  abandon: () => undefined,
  note: () => undefined,
  reject: () => undefined,
  skip: () => undefined,
};

/** Where a list is read from, for a range of it. */
export function firstByteOfList(range: FramerRange): number {
  return Math.max(0, firstByteOf(range) + 1 - LOOK_BACK);
}

/**
 * The records of a list that begin in a range. Only who has read all that lies before can be certain of where a record begins: this looks for
 * something that begins as the head's records do, and says between which two records it read. Where the seams of all ranges meet,
 * from the first range on, each was right; where two do not, the file is to be read in one piece.
 */
export class JsonListFramer implements Framer {
  readonly #parser: RecordParser;
  readonly #sink: SplitterSink;
  readonly #range: FramerRange;
  readonly #shape: ListShape;
  readonly #maxBytes: number | undefined;
  readonly #searched = new ByteBuffer();
  #splitter: JsonSplitter | null = null;
  #first: Seam | null = null;

  constructor(
    parser: RecordParser,
    sink: SplitterSink,
    range: FramerRange,
    shape: ListShape,
    maxBytes?: number,
  ) {
    this.#parser = parser;
    this.#sink = sink;
    this.#range = range;
    this.#shape = shape;
    this.#maxBytes = maxBytes;
    if (range.startByte === 0) this.#splitter = this.#splitterAt(0, 0, []);
  }

  get records(): number {
    return this.#splitter?.records ?? 0;
  }

  get lines(): number {
    return this.#splitter?.lines ?? 0;
  }

  /** Where its first record begins, and the one behind its last; null where there is none. */
  get seams(): { readonly first: Seam | null; readonly next: Seam | null } {
    return { first: this.#first, next: this.#splitter?.seam ?? null };
  }

  push(chunk: Uint8Array): boolean {
    if (this.#splitter) return this.#splitter.push(chunk);
    this.#searched.append(chunk, 0, chunk.length);
    const bytes = this.#searched.bytes.subarray(0, this.#searched.length);
    const base = firstByteOfList(this.#range);
    const at = this.#find(bytes, this.#range.startByte - base);
    if (at === -1) return bytes.length < MOST_SEARCHED && base + bytes.length < this.#range.endByte;
    const { frames } = this.#shape;
    this.#first = { offset: base + at, frames, wasBroken: false };
    this.#splitter = this.#splitterAt(base + at, indentOf(bytes, at), frames);
    return this.#splitter.push(bytes.slice(at));
  }

  finish(): { readonly isCut: boolean } {
    return this.#splitter?.finish() ?? { isCut: false };
  }

  #splitterAt(offset: number, indent: number, frames: readonly Frame[]): JsonSplitter {
    return new JsonSplitter(this.#parser, this.#sink, {
      ...{ offset, indent, frames, maxBytes: this.#maxBytes },
      ...{ endByte: this.#range.endByte, endDepth: this.#shape.frames.length },
    });
  }

  /** The first record of the list at or behind `from`; −1 when there is none that can be told yet. */
  #find(bytes: Uint8Array, from: number): number {
    for (
      let at = bytes.indexOf(BYTE.openBrace, from);
      at !== -1;
      at = bytes.indexOf(BYTE.openBrace, at + 1)
    ) {
      const before = blanksBefore(bytes, at);
      if (before > 0 && bytes[before - 1] !== BYTE.comma) continue;
      const beginning = beginningOf(bytes, at, bytes.length);
      if (beginning !== null && this.#shape.beginnings.has(beginning)) return at;
    }
    return -1;
  }
}

/** Whether the records of ranges that lie side by side, in the order of the file, meet. */
export function seamsMeet(next: Seam | null, first: Seam | null): boolean {
  return JSON.stringify(next) === JSON.stringify(first);
}

/** The first two keys of the object at `at`; null when it has none, or they are not all there. */
function beginningOf(bytes: Uint8Array, at: number, end: number): string | null {
  const first = keyAt(bytes, skipBlanks(bytes, at + 1, end), end);
  if (!first) return null;
  const value = skipColon(bytes, first.behind, end);
  const behind = value === -1 ? -1 : skipValue(bytes, value, end);
  const next = behind === -1 ? end : skipBlanks(bytes, behind, end);
  if (next >= end) return null;
  if (bytes[next] === BYTE.closeBrace) return JSON.stringify([first.name]);
  const second = keyAt(bytes, skipBlanks(bytes, next + 1, end), end);
  return second && bytes[next] === BYTE.comma ? JSON.stringify([first.name, second.name]) : null;
}

function keyAt(bytes: Uint8Array, at: number, end: number): { name: string; behind: number } | null {
  if (at >= end || bytes[at] !== BYTE.quote) return null;
  const behind = skipText(bytes, at + 1, end);
  return behind === -1 ? null : { name: decodeUtf8(bytes, at + 1, behind - 1), behind };
}

/** Where the blanks begin that stand before `at`. */
function blanksBefore(bytes: Uint8Array, at: number): number {
  let before = at;
  while (before > 0 && isBlank(bytes[before - 1] as number)) before -= 1;
  return before;
}

function isBlank(byte: number): boolean {
  return byte === BYTE.space || byte === BYTE.tab || byte === BYTE.newline || byte === BYTE.carriageReturn;
}

/** Blanks since the line began, or −1 when something else stands there. */
function indentOf(bytes: Uint8Array, at: number): number {
  let before = at;
  while (before > 0 && (bytes[before - 1] === BYTE.space || bytes[before - 1] === BYTE.tab)) before -= 1;
  return bytes[before - 1] === BYTE.newline ? at - before : -1;
}
