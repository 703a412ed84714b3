import { BYTE, decodeUtf8 } from '../../base/bytes';
import type { RecordSink } from '../format';
import { AddressCache, StringCache } from './interning';
import { parsedTime, parseTimeBytes } from './time';
import {
  FIELD_NAMES,
  LONGEST_TEXT,
  zeekFieldOf,
  type Derived,
  type ZeekField,
  type ZeekValues,
} from './zeek-fields';

const MOST_COLUMNS = 256;
/** Longer texts are worked out each time. */
const LONGEST_DERIVED = 64;

/** What the `#` lines of a TSV log say. */
export interface ZeekHeader {
  separator: Uint8Array;
  unset: string;
  empty: string;
  path: string;
  fields: readonly string[];
}

/** The values of one line of a tab-separated log. */
export class ZeekColumns implements ZeekValues {
  fault: string | null = null;
  count = 0;
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #sink: RecordSink;
  readonly #starts = new Int32Array(MOST_COLUMNS);
  readonly #ends = new Int32Array(MOST_COLUMNS);
  #bytes: Uint8Array = new Uint8Array(0);
  /** Column of each of our fields; −1 where the log has none. */
  readonly #columns = new Int32Array(FIELD_NAMES.length).fill(-1);
  #separator = 9;
  #longSeparator: Uint8Array | null = null;
  #unset: Uint8Array = new Uint8Array(0);
  #empty: Uint8Array = new Uint8Array(0);

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
  }

  use(header: ZeekHeader): void {
    const encoder = new TextEncoder();
    this.#separator = header.separator[0] ?? 9;
    this.#longSeparator = header.separator.length > 1 ? header.separator : null;
    this.#unset = encoder.encode(header.unset);
    this.#empty = encoder.encode(header.empty);
    this.#columns.fill(-1);
    header.fields.forEach((name, i) => {
      const field = zeekFieldOf(name);
      if (field !== undefined && this.#columns[field] === -1) this.#columns[field] = i;
    });
  }

  /** Finds the columns of the line at `start`; returns where it ends: its newline, or `end`. */
  split(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes;
    this.fault = null;
    if (this.#longSeparator) return this.#splitLong(bytes, start, end, this.#longSeparator);
    const separator = this.#separator;
    const starts = this.#starts;
    const ends = this.#ends;
    let count = 0;
    let from = start;
    let i = start;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === BYTE.newline) break;
      if (byte !== separator) continue;
      if (count < MOST_COLUMNS) {
        starts[count] = from;
        ends[count] = i;
      }
      count += 1;
      from = i + 1;
    }
    const stop = i > from && bytes[i - 1] === BYTE.carriageReturn ? i - 1 : i;
    if (count < MOST_COLUMNS) {
      starts[count] = from;
      ends[count] = stop;
    }
    this.count = count + 1;
    return i;
  }

  #splitLong(bytes: Uint8Array, start: number, end: number, separator: Uint8Array): number {
    let count = 0;
    let from = start;
    let i = start;
    for (; i < end && bytes[i] !== BYTE.newline; i++) {
      if (!standsAt(bytes, separator, i, end)) continue;
      if (count < MOST_COLUMNS) {
        this.#starts[count] = from;
        this.#ends[count] = i;
      }
      count += 1;
      i += separator.length - 1;
      from = i + 1;
    }
    if (count < MOST_COLUMNS) {
      this.#starts[count] = from;
      this.#ends[count] = i;
    }
    this.count = count + 1;
    return i;
  }

  /** Column of a set value, or −1. */
  #at(field: ZeekField): number {
    const column = this.#columns[field] as number;
    if (column === -1 || column >= this.count || column >= MOST_COLUMNS) return -1;
    const start = this.#starts[column] as number;
    const end = this.#ends[column] as number;
    const length = end - start;
    if (length === 0) return -1;
    if (length === this.#unset.length && standsAt(this.#bytes, this.#unset, start, end)) return -1;
    return length === this.#empty.length && standsAt(this.#bytes, this.#empty, start, end) ? -1 : column;
  }

  has(field: ZeekField): boolean {
    return this.#at(field) !== -1;
  }

  time(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return Number.NaN;
    if (parseTimeBytes(this.#bytes, this.#starts[column] as number, this.#ends[column] as number))
      return parsedTime.us;
    this.fault ??= `${FIELD_NAMES[field]} is not a time`;
    return Number.NaN;
  }

  number(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return Number.NaN;
    const bytes = this.#bytes;
    const end = this.#ends[column] as number;
    let value = 0;
    for (let i = this.#starts[column] as number; i < end; i++) {
      const digit = (bytes[i] as number) - 48;
      if (digit < 0 || digit > 9) return this.#decimal(field, column);
      value = value * 10 + digit;
    }
    return value;
  }

  /** `1.500000`: up to 15 digits are exact as a whole number divided by a power of ten. */
  #decimal(field: ZeekField, column: number): number {
    const bytes = this.#bytes;
    const end = this.#ends[column] as number;
    const start = this.#starts[column] as number;
    let value = 0;
    let scale = 0;
    for (let i = start; i < end && end - start <= 16; i++) {
      const byte = bytes[i] as number;
      if (byte >= 48 && byte <= 57) {
        value = value * 10 + byte - 48;
        if (scale > 0) scale *= 10;
      } else if (byte === 46 && scale === 0) scale = 1;
      else {
        scale = -1;
        break;
      }
    }
    if (scale > 0 && end - start <= 16) return value / scale;
    const other = Number(decodeUtf8(bytes, start, end));
    if (Number.isFinite(other) && other >= 0) return other;
    this.fault ??= `${FIELD_NAMES[field]} is not a number`;
    return Number.NaN;
  }

  address(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return 0;
    const id = this.#addresses.intern(
      this.#bytes,
      this.#starts[column] as number,
      this.#ends[column] as number,
    );
    if (id === 0) this.fault ??= `${FIELD_NAMES[field]} is not an IP address`;
    return id;
  }

  string(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return 0;
    const bytes = this.#bytes;
    const start = this.#starts[column] as number;
    const end = Math.min(this.#ends[column] as number, start + LONGEST_TEXT);
    for (let i = start; i < end; i++)
      if (bytes[i] === 92) return this.#sink.dictionaries.strings.intern(this.text(field));
    return this.#strings.intern(bytes, start, end);
  }

  text(field: ZeekField): string {
    const column = this.#at(field);
    if (column === -1) return '';
    const start = this.#starts[column] as number;
    const end = Math.min(this.#ends[column] as number, start + LONGEST_TEXT);
    return unescapeZeek(this.#bytes, start, end);
  }

  flag(field: ZeekField): boolean | undefined {
    const column = this.#at(field);
    if (column === -1) return undefined;
    const byte = this.#bytes[this.#starts[column] as number];
    // T and F; tools that re-write the log print true and false.
    return byte === 84 || byte === 116 ? true : byte === 70 || byte === 102 ? false : undefined;
  }

  derive(field: ZeekField, derived: Derived): number {
    const column = this.#at(field);
    if (column === -1) return derived.compute('');
    const start = this.#starts[column] as number;
    const end = this.#ends[column] as number;
    let value = derived.byBytes.get(this.#bytes, start, end);
    if (value === undefined) {
      value = derived.compute(this.text(field));
      if (end - start <= LONGEST_DERIVED) derived.byBytes.set(this.#bytes, start, end, value);
    }
    return value;
  }
}

function standsAt(bytes: Uint8Array, word: Uint8Array, at: number, end: number): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Zeek's ASCII writer prints a backslash as `\\` and what would break its columns as `\x09`. */
export function unescapeZeek(bytes: Uint8Array, start: number, end: number): string {
  let from = start;
  while (from < end && bytes[from] !== 92) from += 1;
  if (from === end) return decodeUtf8(bytes, start, end);
  const out = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    let byte = bytes[i] as number;
    if (byte === 92 && i + 1 < end) {
      const next = bytes[i + 1] as number;
      const code =
        next === 120 && i + 3 < end
          ? Number.parseInt(String.fromCharCode(bytes[i + 2] as number, bytes[i + 3] as number), 16)
          : Number.NaN;
      if (next === 92) i += 1;
      else if (!Number.isNaN(code)) {
        byte = code;
        i += 3;
      }
    }
    out[length] = byte;
    length += 1;
  }
  return decodeUtf8(out, 0, length);
}
