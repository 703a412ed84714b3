import { FailureError } from '../base/result';
import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import { allocateColumn, SEGMENT_ROWS, type ColumnArray, type ColumnType } from '../tables/columns';
import { SCHEMAS, TABLE_NAMES, type TableName } from '../tables/schemas';
import { RestingColumn, type ColumnCache, type RestingSegment } from '../tables/resting-columns';
import type { SegmentData } from '../tables/segment';

/**
 * Many segments in one run of bytes: a little-endian length, a JSON header of that length, then the columns, each at a
 * multiple of eight so that a typed view can stand on it without a copy. One such run is one stored record: IndexedDB costs
 * far more a record than a byte. A column of all segments lies in one piece, so that it can be read without the others.
 */
interface PackedHeader {
  readonly segments: readonly PackedSegment[];
}

interface PackedSegment {
  readonly table: TableName;
  readonly length: number;
  readonly baseOffset: number;
  readonly baseLine: number;
  /** Column → its place after the header, or its one value (`null` is NaN, which JSON cannot write). */
  readonly columns: Readonly<Record<string, { readonly at: number } | { readonly value: number | null }>>;
}

const ALIGN = 8;
/** A header describes at most some hundred segments; more is not a file of ours. */
const MAX_HEADER_BYTES = 16 << 20;
/** Holds the header of a run that is no more than some dozen segments. */
const PROBED_BYTES = 64 << 10;

const ITEM_BYTES: Readonly<Record<ColumnType, number>> = { f64: 8, u32: 4, i32: 4, u16: 2, u8: 1 };

function align(at: number): number {
  return Math.ceil(at / ALIGN) * ALIGN;
}

/** Bytes that a segment takes when packed, header aside. */
export function packedBytes(data: SegmentData): number {
  let bytes = 0;
  for (const column of Object.values(data.columns))
    if (typeof column !== 'number') bytes += align(column.byteLength);
  return bytes;
}

/**
 * Packs segments: the pieces that make up the run, one behind the other. They are the segments' own columns and what goes between, so that a
 * Blob of them is the only copy that is made.
 */
export function packSegments(segments: readonly SegmentData[]): Uint8Array<ArrayBuffer>[] {
  let at = 0;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const described = segments.map(({ table, length, baseOffset, baseLine }) => ({
    table,
    length,
    baseOffset,
    baseLine,
    columns: {} as Record<string, { at: number } | { value: number | null }>,
  }));
  const names = new Set(segments.flatMap(({ columns }) => Object.keys(columns)));
  for (const name of names) {
    segments.forEach(({ columns }, i) => {
      const column = columns[name];
      const { columns: places } = described[i] as (typeof described)[number];
      if (column === undefined) return;
      if (typeof column === 'number') {
        places[name] = { value: Number.isNaN(column) ? null : column };
        return;
      }
      places[name] = { at };
      const bytes = new Uint8Array(column.buffer as ArrayBuffer, column.byteOffset, column.byteLength);
      const end = align(at + bytes.length);
      pieces.push(bytes, new Uint8Array(end - at - bytes.length));
      at = end;
    });
  }
  const header: PackedHeader = { segments: described };
  const headerBytes = encodeUtf8(JSON.stringify(header));
  const start = new Uint8Array(align(4 + headerBytes.length));
  new DataView(start.buffer).setUint32(0, headerBytes.length, true);
  start.set(headerBytes, 4);
  return [start, ...pieces];
}

/**
 * The segments of a packed run, as views on `packed` (which must start at a multiple of eight of its buffer). Every place, length
 * and type is checked: a run may come from a case file that somebody else wrote. Throws FailureError.
 */
export function unpackSegments(packed: Uint8Array): SegmentData[] {
  if (packed.byteOffset % ALIGN !== 0) packed = packed.slice();
  if (packed.length < 4) throw damaged('it is shorter than its own length');
  const { bodyAt, segments } = readDirectory(packed.length, (from, to) => packed.subarray(from, to));
  const body = packed.subarray(bodyAt);
  return segments.map(({ columns, ...segment }) => ({
    ...segment,
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, place]) => [
        name,
        typeof place === 'number' ? place : viewOf(place.type, body, place.at, segment.length),
      ]),
    ),
  }));
}

/** A stored record that can be read a stretch at a time, without waiting: what is read has memory of its own. */
export interface ReadableRecord {
  readonly size: number;
  read(from: number, to: number): Uint8Array;
}

/**
 * The segments of a packed run with their columns left where they are, checked like those that are unpacked. Pieces of a column that
 * lie side by side are read together. Null when it holds rows of a table that may not rest.
 */
export function restingSegments(
  record: ReadableRecord,
  cache: ColumnCache,
  mayRest: (table: TableName) => boolean,
): RestingSegment[] | null {
  if (record.size < 4) throw damaged('it is shorter than its own length');
  const { bodyAt, segments } = readDirectory(record.size, (from, to) => record.read(from, to));
  if (!segments.every(({ table }) => mayRest(table))) return null;
  const resting = segments.map(({ columns, ...segment }) => ({
    ...segment,
    columns: Object.fromEntries(
      Object.entries(columns).filter(([, place]) => typeof place === 'number'),
    ) as Record<string, number | { column: RestingColumn; at: number }>,
  }));
  const names = new Set(segments.flatMap(({ columns }) => Object.keys(columns)));
  for (const name of names) {
    for (const run of runsOf(name, segments)) {
      const column = new RestingColumn(cache, run.to - run.from, () => {
        const bytes = record.read(bodyAt + run.from, bodyAt + run.to);
        if (bytes.length !== run.to - run.from) throw damaged('it is shorter than it was');
        return run.pieces.map(({ place, length }) => viewOf(place.type, bytes, place.at - run.from, length));
      });
      run.pieces.forEach(({ segment }, at) => {
        (resting[segment] as (typeof resting)[number]).columns[name] = { column, at };
      });
    }
  }
  return resting;
}

interface Run {
  readonly from: number;
  to: number;
  readonly pieces: { readonly segment: number; readonly length: number; readonly place: Place }[];
}

/** The pieces of a column, those that follow one another as one. */
function runsOf(name: string, segments: readonly Described[]): Run[] {
  const runs: Run[] = [];
  segments.forEach(({ length, columns }, segment) => {
    const place = columns[name];
    if (place === undefined || typeof place === 'number') return;
    const to = place.at + length * ITEM_BYTES[place.type];
    const last = runs.at(-1);
    const isNext = last?.pieces[0]?.place.type === place.type && align(last.to) === place.at;
    const run: Run = isNext && last ? last : { from: place.at, to, pieces: [] };
    if (run !== last) runs.push(run);
    run.to = to;
    run.pieces.push({ segment, length, place });
  });
  return runs;
}

interface Place {
  readonly type: ColumnType;
  /** Behind the header. */
  readonly at: number;
}

interface Described {
  readonly table: TableName;
  readonly length: number;
  readonly baseOffset: number;
  readonly baseLine: number;
  readonly columns: Readonly<Record<string, Place | number>>;
}

/** The header of a packed run of `size` bytes, every place in it checked. Throws FailureError. */
function readDirectory(
  size: number,
  read: (from: number, to: number) => Uint8Array,
): { readonly bodyAt: number; readonly segments: readonly Described[] } {
  const start = read(0, Math.min(size, PROBED_BYTES));
  const headerLength = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (headerLength > MAX_HEADER_BYTES || 4 + headerLength > size)
    throw damaged('its header is longer than it is');
  const bytes = 4 + headerLength <= start.length ? start : read(0, 4 + headerLength);
  let header: unknown;
  try {
    header = JSON.parse(decodeUtf8(bytes, 4, 4 + headerLength));
  } catch {
    throw damaged('its header cannot be read');
  }
  const list = isRecord(header) ? header['segments'] : undefined;
  if (!Array.isArray(list)) throw damaged('its header lists no segments');
  const bodyAt = align(4 + headerLength);
  return { bodyAt, segments: list.map((entry) => describedSegment(entry, Math.max(0, size - bodyAt))) };
}

function describedSegment(entry: unknown, bodyBytes: number): Described {
  if (!isRecord(entry)) throw damaged('a segment is not described');
  const table = TABLE_NAMES.find((name) => name === entry['table']);
  if (!table) throw damaged('a segment belongs to no table');
  const length = wholeNumber(entry['length'], 1, SEGMENT_ROWS);
  const described = entry['columns'];
  if (!isRecord(described)) throw damaged('a segment has no columns');
  const columns: Record<string, Place | number> = {};
  for (const [name, { type }] of Object.entries(SCHEMAS[table])) {
    const place = described[name];
    // A column that a later version added is left out of older runs and reads as unknown.
    if (place === undefined) continue;
    if (!isRecord(place)) throw damaged(`the column ${name} is not described`);
    if ('value' in place) {
      const value = place['value'];
      if (value !== null && (typeof value !== 'number' || !Number.isFinite(value)))
        throw damaged(`the column ${name} has no value`);
      columns[name] = value === null ? Number.NaN : (allocateColumn(type, 1).fill(value)[0] as number);
    } else {
      const at = wholeNumber(place['at'], 0, bodyBytes);
      if (at % ALIGN !== 0 || at + length * ITEM_BYTES[type] > bodyBytes)
        throw damaged('a column lies outside it');
      columns[name] = { type, at };
    }
  }
  return {
    table,
    length,
    baseOffset: wholeNumber(entry['baseOffset'], 0, Number.MAX_SAFE_INTEGER),
    baseLine: wholeNumber(entry['baseLine'], 0, Number.MAX_SAFE_INTEGER),
    columns,
  };
}

function viewOf(type: ColumnType, body: Uint8Array, at: number, length: number): ColumnArray {
  const start = body.byteOffset + at;
  switch (type) {
    case 'f64':
      return new Float64Array(body.buffer, start, length);
    case 'u32':
      return new Uint32Array(body.buffer, start, length);
    case 'i32':
      return new Int32Array(body.buffer, start, length);
    case 'u16':
      return new Uint16Array(body.buffer, start, length);
    case 'u8':
      return new Uint8Array(body.buffer, start, length);
  }
}

/** Throws when an id of a segment points outside its dictionary, or a time is infinite: hostile input only gets this far. */
export function checkSegmentValues(
  data: SegmentData,
  sizes: { readonly address: number; readonly string: number },
): void {
  for (const [name, spec] of Object.entries(SCHEMAS[data.table])) {
    const column = data.columns[name];
    if (column === undefined) continue;
    const limit = spec.dictionary ? sizes[spec.dictionary] : Infinity;
    if (typeof column === 'number') {
      if (column >= limit || Math.abs(column) === Infinity)
        throw damaged(`the column ${name} is out of range`);
      continue;
    }
    if (!spec.dictionary && spec.type !== 'f64') continue;
    for (let i = 0; i < data.length; i++) {
      const value = column[i] as number;
      if (value >= limit || Math.abs(value) === Infinity) throw damaged(`the column ${name} is out of range`);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wholeNumber(value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw damaged('a number is out of range');
  return value;
}

function damaged(how: string): FailureError {
  return new FailureError({
    what: `Stored rows are damaged: ${how}.`,
    todo: 'Remove the source and drop its file again.',
  });
}
