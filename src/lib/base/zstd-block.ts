import { Damaged } from './damaged';

/*
 * What blocks of zstd (RFC 8878, sections 3.1.1.3 and 4.1) would give, told without making it. A block of a few bytes may name a hundred thousand
 * matches of 128 KiB each; a decoder that does not look for the end of its buffer is busy with it for minutes.
 */

/** Section 3.1.1.2.4. */
const MOST_BYTES = 128 * 1024;
const KIND = { raw: 0, run: 1 } as const;
const MODE = { predefined: 0, run: 1, described: 2 } as const;

/** A table of finite state entropy: what each state stands for, and how the next one is found. */
interface Table {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const ones = (count: number): number[] => new Array<number>(count).fill(1);
const less = (count: number): number[] => new Array<number>(count).fill(-1);

/** Bits that follow each code of a length (tables 16 and 17). */
const LITERAL_BITS = Uint8Array.from([
  ...zeros(16),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);
const MATCH_BITS = Uint8Array.from([
  ...zeros(32),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);
const LITERAL_BASES = basesOf(LITERAL_BITS, 0);
const MATCH_BASES = basesOf(MATCH_BITS, 3);
const MOST_OFFSET_CODE = 31;

/** Each code's values follow those of the one before. */
function basesOf(bits: Uint8Array, first: number): Uint32Array {
  let base = first;
  return Uint32Array.from(bits, (count) => {
    const own = base;
    base += 2 ** count;
    return own;
  });
}

/** Section 3.1.1.3.2.2. */
const LITERAL_TABLE = tableOf(
  [
    4,
    3,
    ...new Array<number>(11).fill(2),
    1,
    1,
    1,
    ...new Array<number>(9).fill(2),
    3,
    2,
    ...ones(5),
    ...less(4),
  ],
  6,
);
const OFFSET_TABLE = tableOf([...ones(6), 2, 2, 2, ...ones(15), ...less(5)], 5);
const MATCH_TABLE = tableOf([1, 4, 3, ...new Array<number>(6).fill(2), ...ones(37), ...less(7)], 6);

/** Section 4.1.1: how often each symbol is in a table of 2 ** log states; −1: less than once. */
function tableOf(counts: readonly number[], log: number): Table {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  let high = size;
  const next = counts.map((count, symbol) => {
    if (count === -1) symbols[--high] = symbol;
    return Math.abs(count);
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high && high > 0);
    }
  });
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const own = next[symbol] as number;
    next[symbol] = own + 1;
    const count = log - (31 - Math.clz32(own));
    bits[state] = count;
    bases[state] = (own << count) - size;
  }
  return { log, symbols, bits, bases };
}

function runTable(symbol: number): Table {
  return {
    log: 0,
    symbols: Uint8Array.of(symbol),
    bits: Uint8Array.of(0),
    bases: Uint16Array.of(0),
  };
}

/** Looks through the compressed blocks of one frame, in their order. */
export class ZstdBlocks {
  readonly #tables: (Table | undefined)[] = [undefined, undefined, undefined];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Position of the next bit, of those that are read from the end, and of the first. */
  #bit = 0;
  #firstBit = 0;

  /** Throws Damaged where the compressed block from `start` to `end`, without its header, gives more than a block may. */
  check(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const literals = this.#literals();
    const sequences = this.#count();
    if (literals > MOST_BYTES) throw new Damaged('a block is too large');
    if (sequences === 0) return;
    const modes = this.#byte();
    const lengths = this.#table(0, modes >> 6, LITERAL_TABLE, 9, LITERAL_BITS.length - 1);
    const offsets = this.#table(1, (modes >> 4) & 3, OFFSET_TABLE, 8, MOST_OFFSET_CODE);
    const matches = this.#table(2, (modes >> 2) & 3, MATCH_TABLE, 9, MATCH_BITS.length - 1);
    this.#sequences(sequences, literals, lengths, offsets, matches);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new Damaged('a block ends too soon');
    return this.#bytes[this.#at++] as number;
  }

  /** Section 3.1.1.3.1: how many literals there are. Passes over them. */
  #literals(): number {
    const first = this.#byte();
    const kind = first & 3;
    const format = (first >> 2) & 3;
    if (kind === KIND.raw || kind === KIND.run) {
      let size = (format & 1) === 0 ? first >> 3 : (first >> 4) | (this.#byte() << 4);
      if (format === 3) size |= this.#byte() << 12;
      this.#at += kind === KIND.raw ? size : 1;
      return size;
    }
    const bits = format < 2 ? 10 : format === 2 ? 14 : 18;
    let header = first >> 4;
    for (let shift = 4; shift < 2 * bits; shift += 8) header += this.#byte() * 2 ** shift;
    this.#at += Math.floor(header / 2 ** bits);
    return header % 2 ** bits;
  }

  #count(): number {
    const first = this.#byte();
    if (first < 128) return first;
    if (first < 255) return ((first - 128) << 8) + this.#byte();
    const low = this.#byte();
    return low + (this.#byte() << 8) + 0x7f00;
  }

  /** `most`: the highest code that there is. */
  #table(index: number, mode: number, predefined: Table, mostLog: number, most: number): Table {
    let table = this.#tables[index];
    if (mode === MODE.predefined) table = predefined;
    else if (mode === MODE.run) table = runTable(this.#byte());
    else if (mode === MODE.described) table = this.#described(mostLog);
    if (!table || table.symbols.some((symbol) => symbol > most))
      throw new Damaged('a code that there is not');
    this.#tables[index] = table;
    return table;
  }

  /** Section 4.1.1. */
  #described(mostLog: number): Table {
    const first = this.#at << 3;
    const log = (this.#byte() & 15) + 5;
    if (log > mostLog) throw new Damaged('a table is too large');
    let bit = first + 4;
    let width = log + 1;
    let left = (1 << log) + 1;
    const counts: number[] = [];
    while (left > 1) {
      while (left < 1 << (width - 1)) width -= 1;
      const half = 1 << (width - 1);
      const short = 2 * half - 1 - left;
      let value = this.#bitsAt(bit, width - 1);
      if (value < short) bit += width - 1;
      else {
        value = this.#bitsAt(bit, width);
        if (value >= half) value -= short;
        bit += width;
      }
      const count = value - 1;
      left -= Math.abs(count);
      counts.push(count);
      for (let more = count === 0 ? 3 : 0; more === 3; bit += 2) {
        more = this.#bitsAt(bit, 2);
        counts.push(...zeros(more));
      }
      if (bit > this.#end << 3 || counts.length > 256) throw new Damaged('a table is cut');
    }
    if (left !== 1) throw new Damaged('a table does not add up');
    this.#at = (bit + 7) >> 3;
    return tableOf(counts, log);
  }

  #bitsAt(bit: number, count: number): number {
    const bytes = this.#bytes;
    const at = bit >> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >> (bit & 7)) & ((1 << count) - 1);
  }

  #back(count: number): number {
    this.#bit -= count;
    if (this.#bit < this.#firstBit) throw new Damaged('a block ends too soon');
    return count === 0 ? 0 : this.#bitsAt(this.#bit, count);
  }

  /** Section 3.1.1.3.2.1.2. */
  #sequences(count: number, literals: number, lengths: Table, offsets: Table, matches: Table): void {
    const last = this.#end > this.#at ? (this.#bytes[this.#end - 1] as number) : 0;
    if (last === 0) throw new Damaged('a block does not end as blocks do');
    this.#firstBit = this.#at << 3;
    this.#bit = (this.#end << 3) - 8 + (31 - Math.clz32(last));
    let length = this.#back(lengths.log);
    let offset = this.#back(offsets.log);
    let match = this.#back(matches.log);
    let taken = 0;
    let total = literals;
    for (let i = 1; i <= count; i++) {
      this.#skip(offsets.symbols[offset] as number);
      const matchCode = matches.symbols[match] as number;
      total += (MATCH_BASES[matchCode] as number) + this.#back(MATCH_BITS[matchCode] as number);
      const lengthCode = lengths.symbols[length] as number;
      taken += (LITERAL_BASES[lengthCode] as number) + this.#back(LITERAL_BITS[lengthCode] as number);
      if (total > MOST_BYTES || taken > literals) throw new Damaged('a block gives more than a block may');
      if (i === count) break;
      length = (lengths.bases[length] as number) + this.#back(lengths.bits[length] as number);
      match = (matches.bases[match] as number) + this.#back(matches.bits[match] as number);
      offset = (offsets.bases[offset] as number) + this.#back(offsets.bits[offset] as number);
    }
  }

  #skip(count: number): void {
    this.#bit -= count;
  }
}
