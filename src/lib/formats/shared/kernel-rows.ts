import { MAPPED_PREFIX } from '../../base/addresses';
import type { TableBuilder } from '../../tables/builders';
import { SEGMENT_ROWS, type ColumnArray, type ColumnSpec } from '../../tables/columns';
import type { Dictionaries } from '../../tables/dictionaries';
import { SCHEMAS, type ColumnsFor, type TableName } from '../../tables/schemas';
import type { AddressCache } from './interning';
import { Pause } from './pause';

/** Text that a kernel takes at once; as in `src/kernels/memory.as.ts`. */
const TEXT_BYTES = 1 << 20;
/** The longest IPv6 text (with an IPv4 tail) has 45 characters. */
const LONGEST_ADDRESS = 45;

const ARRAYS = {
  f64: Float64Array,
  u32: Uint32Array,
  i32: Int32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;

/** What every kernel exports, beside the place of each column that it writes under the column's name. */
interface Exports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  readonly text: WebAssembly.Global<'i32'>;
  setUp(): void;
  /**
   * Reads the lines in [from, to) of memory into rows from `first` on, at most `room` of them; returns how many. To a place in memory
   * `toOffset` is added for the column `offset` (modulo 2^32), to a line's number in the run `toLine` for the column `lineAdjust`.
   */
  run(from: number, to: number, toOffset: number, first: number, room: number, toLine: number): number;
  /** Where the last run stopped: the start of a line, or `to`. */
  stopped(): number;
  /** Lines that the last run read; absent where each gives one row. A kernel that has it writes `lineAdjust` itself. */
  lines?(): number;
}

export interface KernelTable<T extends TableName> {
  readonly builder: TableBuilder<T>;
  readonly dictionaries: Dictionaries;
  readonly addresses: AddressCache;
  /** Columns for addresses that the kernel does not know, by the number it gives them. */
  readonly addressColumns: readonly (keyof ColumnsFor<T> & string)[];
  /** What the kernel calls beside `nameText`, `nameAddress` and `otherAddress`. */
  readonly imports?: WebAssembly.ModuleImports;
  /** A run has written `count` rows from `first` on; they are about to be committed. */
  endRun(first: number, count: number): void;
}

/** Lines read by a kernel: rows are gathered in the kernel's own memory, text is copied there a megabyte at a time. */
export class KernelRows<T extends TableName> {
  /** Lines that the last `read` took. */
  taken = 0;
  readonly exports: Exports;
  readonly memory: Uint8Array;
  readonly #table: KernelTable<T>;
  readonly #pause = new Pause();
  readonly #text: number;
  /** Which part of which block lies in the kernel's memory. */
  #held: Uint8Array | undefined;
  #heldOrigin = 0;
  #heldFrom = 0;
  #heldTo = 0;
  /** Addresses of the run that are not IPv4 (or are 0.0.0.0), already as ids. */
  readonly #others: { row: number; column: number; id: number }[] = [];

  constructor(module: WebAssembly.Module, table: KernelTable<T>) {
    this.#table = table;
    const { strings, addresses } = table.dictionaries;
    const env = {
      nameText: (from: number, to: number) => strings.internBytes(this.memory, from, to),
      nameAddress: (word: number) => addresses.intern(0, 0, MAPPED_PREFIX, word >>> 0),
      otherAddress: (at: number, row: number, column: number) => this.#otherAddress(at, row, column),
      ...table.imports,
    };
    this.exports = new WebAssembly.Instance(module, { env }).exports as Exports;
    this.exports.setUp();
    this.memory = new Uint8Array(this.exports.memory.buffer);
    this.#text = this.exports.text.value;
    table.builder.gatherIn(this.#columns() as Partial<ColumnsFor<T>>);
  }

  /**
   * Reads lines from `from` on. Returns where the first line starts that it leaves to the caller, which is at once where the lines before were
   * none for the kernel. `origin`: what to add to an index for its
   * byte offset in the source. `line`: number of the line at `from`.
   */
  read(bytes: Uint8Array, from: number, end: number, origin: number, line: number): number {
    this.taken = 0;
    if (this.#pause.holds()) return from;
    let isLeft = false;
    let at = from;
    while (at < end && !isLeft) {
      const stop = this.#hold(bytes, at, end, origin);
      if (stop <= at) break;
      at = this.#lines(at, stop, origin, line);
      isLeft = at < stop;
    }
    this.#pause.note(this.taken > 0, isLeft);
    return at;
  }

  /** Has the lines from `at` on in the kernel's memory; returns where those end that are there. */
  #hold(bytes: Uint8Array, at: number, end: number, origin: number): number {
    const isHeld =
      this.#held === bytes && this.#heldOrigin === origin && at >= this.#heldFrom && at < this.#heldTo;
    if (!isHeld) {
      const stop = endOfLines(bytes, at, Math.min(end, at + TEXT_BYTES));
      if (stop > at) this.memory.set(bytes.subarray(at, stop), this.#text);
      this.#held = bytes;
      this.#heldOrigin = origin;
      this.#heldFrom = at;
      this.#heldTo = stop;
    }
    return Math.min(end, this.#heldTo);
  }

  /** Reads the lines in [from, to), which lie in the kernel's memory. Returns where the first one starts that it does not take. */
  #lines(from: number, to: number, origin: number, line: number): number {
    const { exports: kernel } = this;
    const { builder } = this.#table;
    const toMemory = this.#text - this.#heldFrom;
    let at = from;
    for (;;) {
      const firstLine = line + this.taken;
      const first = builder.openRun(origin + at, origin + to, firstLine);
      const room = SEGMENT_ROWS - first;
      // The kernel counts offsets modulo 2^32, which is what `toOffset` becomes on its way there.
      const toOffset = origin - builder.baseOffset - toMemory;
      const toLine = firstLine - builder.baseLine;
      const count = kernel.run(at + toMemory, to + toMemory, toOffset | 0, first, room, toLine);
      at = kernel.stopped() - toMemory;
      this.#placeOthers(first + count);
      this.#table.endRun(first, count);
      if (kernel.lines) builder.commitWritten(count);
      else builder.commitRun(count, firstLine);
      this.taken += kernel.lines?.() ?? count;
      if (at >= to || count < room) return at;
    }
  }

  /** The columns that the kernel writes, in its memory. */
  #columns(): Record<string, ColumnArray> {
    const { buffer } = this.exports.memory;
    const columns: Record<string, ColumnArray> = {};
    for (const [name, spec] of Object.entries<ColumnSpec>(SCHEMAS[this.#table.builder.table])) {
      const place = this.exports[name];
      if (place instanceof WebAssembly.Global)
        columns[name] = new ARRAYS[spec.type](
          buffer,
          (place as WebAssembly.Global<'i32'>).value,
          SEGMENT_ROWS,
        );
    }
    return columns;
  }

  #otherAddress(at: number, row: number, column: number): number {
    const bytes = this.memory;
    let end = at;
    while (end - at <= LONGEST_ADDRESS && (bytes[end] as number) > 32) end += 1;
    const id = this.#table.addresses.intern(bytes, at, end);
    if (id === 0) return 0;
    this.#others.push({ row, column, id });
    return end;
  }

  #placeOthers(to: number): void {
    if (this.#others.length === 0) return;
    const columns = this.#table.builder.columns as unknown as Record<string, Uint32Array>;
    for (const { row, column, id } of this.#others) {
      const name = this.#table.addressColumns[column] as string;
      if (row < to) (columns[name] as Uint32Array)[row] = id;
    }
    this.#others.length = 0;
  }
}

/** Behind the last newline before `limit`. */
function endOfLines(bytes: Uint8Array, from: number, limit: number): number {
  if (bytes[limit - 1] === 10) return limit;
  const newline = bytes.lastIndexOf(10, limit - 1);
  return newline < from ? from : newline + 1;
}
