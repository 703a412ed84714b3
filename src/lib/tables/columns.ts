/** Rows in a full segment. A power of two, so that a RowId splits by shift and mask. */
export const SEGMENT_SHIFT = 16;
export const SEGMENT_ROWS = 1 << SEGMENT_SHIFT;

export type ColumnType = 'f64' | 'u32' | 'i32' | 'u16' | 'u8';
export type DictionaryKind = 'address' | 'string';

interface ArrayOf {
  f64: Float64Array;
  u32: Uint32Array;
  i32: Int32Array;
  u16: Uint16Array;
  u8: Uint8Array;
}

/** One column: its storage, the value that means "the log did not say", and the dictionary its ids point into. */
export interface ColumnSpec<T extends ColumnType = ColumnType> {
  readonly type: T;
  readonly unknown: number;
  readonly dictionary?: DictionaryKind;
}

export type Schema = Readonly<Record<string, ColumnSpec>>;
export type ColumnsOf<S extends Schema> = { readonly [K in keyof S]: ArrayOf[S[K]['type']] };
/** One row being filled, before it is committed to the columns. */
export type RowOf<S extends Schema> = { -readonly [K in keyof S]: number };

export const f64 = (unknown = Number.NaN): ColumnSpec<'f64'> => ({ type: 'f64', unknown });
export const u32 = (unknown = 0): ColumnSpec<'u32'> => ({ type: 'u32', unknown });
export const i32 = (unknown = 0): ColumnSpec<'i32'> => ({ type: 'i32', unknown });
export const u16 = (unknown = 0): ColumnSpec<'u16'> => ({ type: 'u16', unknown });
export const u8 = (unknown = 0): ColumnSpec<'u8'> => ({ type: 'u8', unknown });
export const addressId: ColumnSpec<'u32'> = { type: 'u32', unknown: 0, dictionary: 'address' };
export const stringId: ColumnSpec<'u32'> = { type: 'u32', unknown: 0, dictionary: 'string' };

const CONSTRUCTORS = {
  f64: Float64Array,
  u32: Uint32Array,
  i32: Int32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;

export type ColumnArray = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

export function allocateColumn(type: ColumnType, length: number): ColumnArray {
  return new CONSTRUCTORS[type](length);
}

const constants = new Map<string, ColumnArray>();
/** Values that vary by file (a host, a sensor) must not pile up for the life of the tab. */
const MAX_SHARED = 256;
/** A shorter column is cheaper than sharing: an export of thousands of small files must not fill the pool with its values. */
const MIN_SHARED_ROWS = 4096;

function constantKey(type: ColumnType, value: number): string {
  return `${type}:${value}`;
}

/**
 * A column of at least `length` entries that holds one value everywhere. Most logs leave several columns at one value (a VPC record
 * has no reply counters, a syslog line no key): long segments share one array a value, so such a column costs no memory a row
 * and readers still index it like any other. Never write to it.
 */
export function constantColumn(type: ColumnType, value: number, length = SEGMENT_ROWS): ColumnArray {
  const key = constantKey(type, value);
  const shared = constants.get(key);
  if (shared) return shared;
  if (length < MIN_SHARED_ROWS || constants.size >= MAX_SHARED)
    return allocateColumn(type, length).fill(value);
  const column = allocateColumn(type, SEGMENT_ROWS).fill(value);
  constants.set(key, column);
  return column;
}

/** Whether the column is one that all segments share. */
export function isSharedColumn(type: ColumnType, column: ColumnArray): boolean {
  const [value] = column;
  return value !== undefined && constants.get(constantKey(type, value)) === column;
}

/** The value that all of the first `length` entries hold, or undefined when they differ. */
export function constantValue(column: ColumnArray, length: number): number | undefined {
  const first = column[0];
  if (first === undefined) return undefined;
  for (let i = sameWords(column, length); i < length; i++) {
    if (!Object.is(column[i], first) && column[i] !== first) return undefined;
  }
  return first;
}

/**
 * How many entries from the first on surely hold its bits. Compares four bytes at a time, and always through the one kind of array: a loop
 * over five kinds of columns is compiled to look-ups that are ten times slower.
 */
function sameWords(column: ColumnArray, length: number): number {
  const size = column.BYTES_PER_ELEMENT;
  const whole = Math.floor((length * size) / 8) * 2;
  if (column.byteOffset % 4 !== 0 || whole === 0) return 0;
  const words = new Int32Array(column.buffer, column.byteOffset, whole);
  const even = words[0] as number;
  const odd = words[1] as number;
  for (let i = 1; i < 8 / size; i++) if (!Object.is(column[i], column[0])) return 0;
  let i = 2;
  while (i < whole && words[i] === even && words[i + 1] === odd) i += 2;
  return (i * 4) / size;
}
