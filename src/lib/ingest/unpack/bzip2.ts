import { Damaged } from '../../base/damaged';
import { ByteReader } from './byte-reader';
import { CutOff, TRAILING_NOTE, tolerant, type UnpackOutcome } from './outcome';

/*
 * bzip2 has no specification; the layout is as in bzip2 1.0.8's decompress.c (https://sourceware.org/bzip2/). Decoders in npm (seen in
 * November 2026) either need the whole file in memory and its size beforehand (WebAssembly builds: @foxglove/wasm-bz2 0.3.0), or are ports of
 * micro-bunzip (seek-bzip 2.0.0, unbzip2-stream 1.4.3), in which a run length that overflows 32 bits loops without end: no input of ours may
 * do that.
 */

const MAX_GROUPS = 6;
const GROUP_SIZE = 50;
const MAX_CODE_BITS = 20;
const MAX_SYMBOLS = 258;
/** 900,001 symbols of at most 20 bits, 32,767 selectors of at most 6, the tables: no block is longer. */
const MAX_BLOCK_BYTES = 2_400_000;
const OUTPUT_BYTES = 1 << 20;
const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;

const CRC = new Uint32Array(256).map((_, byte) => {
  let crc = byte << 24;
  for (let i = 0; i < 8; i++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** The decompressed bytes of a bzip2 file, all of its streams, block checksums verified. Damage ends the output; `outcome` says so. */
export function bunzip2(
  source: AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
): AsyncGenerator<Uint8Array> {
  return tolerant(streams(new ByteReader(source), outcome), outcome);
}

async function* streams(reader: ByteReader, outcome: UnpackOutcome): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; await reader.fill(index === 0 ? 0 : 1); index++) {
      const blockBytes = await header(reader);
      if (blockBytes === 0) {
        if (index === 0) throw new Damaged('it does not begin as bzip2 data does');
        outcome.notes.push(TRAILING_NOTE);
        return;
      }
      const bits = new BitReader(reader);
      for (;;) {
        await reader.fill(MAX_BLOCK_BYTES);
        bits.attach();
        const pieces = block(bits, blockBytes);
        bits.detach();
        if (!pieces) break;
        yield* pieces;
      }
      bits.align();
    }
  } finally {
    await reader.close();
  }
}

/** Size of the stream's blocks before run lengths were coded, or 0 when no stream begins here. */
async function header(reader: ByteReader): Promise<number> {
  if (!(await reader.fill(4))) {
    if (reader.available > 0 && reader.bytes[reader.at] !== 0x42) return 0;
    throw new CutOff();
  }
  const [b, z, h, level = 0] = reader.bytes.subarray(reader.at, reader.at + 4);
  if (b !== 0x42 || z !== 0x5a || h !== 0x68 || level < 0x31 || level > 0x39) return 0;
  reader.at += 4;
  return (level - 0x30) * 100_000;
}

/** Bits, highest first. A block's bytes are at hand before it is decoded: `attach` takes them over, `detach` gives back what is left. */
class BitReader {
  readonly #reader: ByteReader;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #hold = 0;
  #count = 0;
  /** Bits of `#hold` that stand for what lies behind the end of the file. */
  #padding = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  attach(): void {
    ({ bytes: this.#bytes, at: this.#at, end: this.#end } = this.#reader);
  }

  detach(): void {
    this.#reader.at = this.#at;
  }

  /** Up to 24 bits. */
  read(count: number): number {
    const value = this.peek(count);
    this.drop(count);
    return value;
  }

  read32(): number {
    return ((this.read(16) << 16) | this.read(16)) >>> 0;
  }

  /** The next bits without taking them; zeros behind the end. */
  peek(count: number): number {
    while (this.#count < count) {
      if (this.#at < this.#end) this.#hold = (this.#hold << 8) | (this.#bytes[this.#at++] as number);
      else {
        this.#hold <<= 8;
        this.#padding += 8;
      }
      this.#count += 8;
    }
    return (this.#hold >>> (this.#count - count)) & ((1 << count) - 1);
  }

  drop(count: number): void {
    this.#count -= count;
    if (this.#count < this.#padding) throw new CutOff();
  }

  /** Goes to the next whole byte, where another stream may begin. */
  align(): void {
    this.#reader.at -= (this.#count - this.#padding) >> 3;
    this.#count = this.#padding = 0;
  }
}

/** The bytes of the next block, or undefined when the stream ends here. */
function block(bits: BitReader, blockBytes: number): Uint8Array[] | undefined {
  const [high, low] = [bits.read(24), bits.read(24)];
  const crc = bits.read32();
  if (high === END_MAGIC[0] && low === END_MAGIC[1]) return undefined;
  if (high !== BLOCK_MAGIC[0] || low !== BLOCK_MAGIC[1])
    throw new Damaged('a block does not begin as it must');
  if (bits.read(1) === 1) throw new Damaged('a block of a kind that bzip2 stopped writing in 1997');
  const origin = bits.read(24);
  const symbols = usedBytes(bits);
  const { length, table } = transformed(bits, symbols, blockBytes);
  if (origin >= length) throw new Damaged('a block begins outside of itself');
  return withoutRuns(table, length, origin, crc);
}

/** bzip2's first step undone (after four equal bytes, one byte tells how many more follow), while the transform is walked through. */
function withoutRuns(table: Uint32Array, length: number, origin: number, expectedCrc: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let piece = new Uint8Array(OUTPUT_BYTES);
  let [filled, crc] = [0, -1];
  let [last, repeats] = [-1, 0];
  let at = (table[origin] as number) >>> 8;
  for (let i = 0; i < length; i++) {
    const entry = table[at] as number;
    at = entry >>> 8;
    let byte = entry & 0xff;
    let copies = 1;
    if (repeats === 4) {
      copies = byte;
      byte = last;
      [last, repeats] = [-1, 0];
    } else {
      repeats = byte === last ? repeats + 1 : 1;
      last = byte;
    }
    for (; copies > 0; copies--) {
      if (filled === OUTPUT_BYTES) {
        pieces.push(piece);
        piece = new Uint8Array(OUTPUT_BYTES);
        filled = 0;
      }
      piece[filled++] = byte;
      crc = (crc << 8) ^ (CRC[(crc >>> 24) ^ byte] as number);
    }
  }
  if (~crc >>> 0 !== expectedCrc) throw new Damaged('a block differs from its checksum');
  return [...pieces, piece.subarray(0, filled)];
}

function usedBytes(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const rows = bits.read(16);
  for (let row = 0; row < 16; row++) {
    if (((rows >> (15 - row)) & 1) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column++)
      if ((columns >> (15 - column)) & 1) used.push(row * 16 + column);
  }
  if (used.length === 0) throw new Damaged('a block of no symbols');
  return Uint8Array.from(used);
}

interface Code {
  readonly minBits: number;
  readonly maxBits: number;
  /** Largest code of each length, −1 where there is none. */
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
}

function selectorsOf(bits: BitReader, groups: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  if (selectors.length === 0) throw new Damaged('a block without selectors');
  const order = Uint8Array.from({ length: MAX_GROUPS }, (_, i) => i);
  for (let i = 0; i < selectors.length; i++) {
    let index = 0;
    while (bits.read(1) === 1) if (++index >= groups) throw new Damaged('a selector out of range');
    selectors[i] = moveToFront(order, index);
  }
  return selectors;
}

function codeOf(bits: BitReader, count: number): Code {
  const lengths = new Uint8Array(count);
  let length = bits.read(5);
  for (let symbol = 0; symbol < count; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw new Damaged('a code length out of range');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const minBits = lengths.reduce((a, b) => Math.min(a, b));
  const maxBits = lengths.reduce((a, b) => Math.max(a, b));
  const symbols = new Uint16Array(MAX_SYMBOLS);
  const limit = new Int32Array(MAX_CODE_BITS + 1).fill(-1);
  const base = new Int32Array(MAX_CODE_BITS + 1);
  let [code, filled] = [0, 0];
  for (let size = minBits; size <= maxBits; size++) {
    base[size] = code - filled;
    for (let symbol = 0; symbol < count; symbol++)
      if (lengths[symbol] === size) {
        symbols[filled++] = symbol;
        code += 1;
      }
    limit[size] = code - 1;
    code <<= 1;
  }
  return { minBits, maxBits, limit, base, symbols };
}

function nextSymbol(bits: BitReader, code: Code): number {
  const ahead = bits.peek(MAX_CODE_BITS);
  let size = code.minBits;
  while (ahead >> (MAX_CODE_BITS - size) > (code.limit[size] as number))
    if (++size > code.maxBits) throw new Damaged('a code out of range');
  bits.drop(size);
  const index = (ahead >> (MAX_CODE_BITS - size)) - (code.base[size] as number);
  if (index < 0 || index >= MAX_SYMBOLS) throw new Damaged('a code out of range');
  return code.symbols[index] as number;
}

/** `copyWithin` costs more than a short loop, and most symbols stand near the front. */
function moveToFront(order: Uint8Array, index: number): number {
  const value = order[index] as number;
  if (index > 24) order.copyWithin(1, 0, index);
  else for (let i = index; i > 0; i--) order[i] = order[i - 1] as number;
  order[0] = value;
  return value;
}

/** A block's Burrows–Wheeler transform: each entry holds a byte, and above it where the next one stands. */
function transformed(
  bits: BitReader,
  used: Uint8Array,
  blockBytes: number,
): { readonly length: number; readonly table: Uint32Array } {
  const groups = bits.read(3);
  if (groups < 2 || groups > MAX_GROUPS) throw new Damaged('a count of code tables out of range');
  const selectors = selectorsOf(bits, groups);
  const end = used.length + 1;
  const codes = Array.from({ length: groups }, () => codeOf(bits, end + 1));
  const table = new Uint32Array(blockBytes);
  const counts = new Uint32Array(256);
  const front = used.slice();
  let length = 0;
  let selector = 0;
  let left = 0;
  let code = codes[0] as Code;
  let run = 0;
  let weight = 1;
  for (;;) {
    if (left === 0) {
      const group = selectors[selector++];
      if (group === undefined) throw new Damaged('more symbols than selectors');
      code = codes[group] as Code;
      left = GROUP_SIZE;
    }
    left -= 1;
    const symbol = nextSymbol(bits, code);
    if (symbol < 2) {
      run += weight << symbol;
      weight <<= 1;
      // Checked at every step: a longer chain of run symbols would overflow.
      if (length + run > blockBytes) throw new Damaged('a run longer than its block');
      continue;
    }
    if (run > 0) {
      const byte = front[0] as number;
      table.fill(byte, length, length + run);
      counts[byte] = (counts[byte] as number) + run;
      length += run;
      run = 0;
      weight = 1;
    }
    if (symbol === end) break;
    if (length >= blockBytes) throw new Damaged('a block longer than its stream allows');
    const byte = moveToFront(front, symbol - 1);
    table[length++] = byte;
    counts[byte] = (counts[byte] as number) + 1;
  }
  link(table, counts, length);
  return { length, table };
}

function link(table: Uint32Array, counts: Uint32Array, length: number): void {
  let total = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] as number;
    counts[byte] = total;
    total += count;
  }
  for (let i = 0; i < length; i++) {
    const byte = (table[i] as number) & 0xff;
    const at = counts[byte] as number;
    counts[byte] = at + 1;
    table[at] = ((table[at] as number) | (i << 8)) >>> 0;
  }
}
