// An event log file as Windows keeps it (libevtx, "Windows XML Event Log (EVTX) format"): a header of 4 KiB and chunks of 64 KiB, each a header and one
// event record behind the other. Where a chunk's records end, its header says; what lies behind is room for more, with whatever stood there before.

export const FILE_HEADER_BYTES = 4096;
export const CHUNK_BYTES = 65_536;
const CHUNK_HEADER_BYTES = 512;
/** Before a record's content: signature, size, number, the time that it was written. Behind it comes its size once more. */
export const RECORD_HEADER_BYTES = 24;
const LEAST_RECORD_BYTES = 28;

const FILE_SIGNATURE = 'ElfFile\0';
const CHUNK_SIGNATURE = 'ElfChnk\0';
/** `**` and two NULs. */
const RECORD_SIGNATURE = 0x2a2a;

const IS_DIRTY = 1;
/** A terabyte; a header that says more is damaged. */
const MOST_CHUNKS = 2 ** 24;

export interface EventFileHeader {
  /** The chunks in use, of 64 KiB each. */
  readonly chunks: number;
  /** It was being written when it was copied, or was never closed. */
  readonly isDirty: boolean;
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Null where the file's header is damaged or cut off. */
export function eventFileHeader(bytes: Uint8Array): EventFileHeader | null {
  if (bytes.length < 128 || !hasText(bytes, 0, FILE_SIGNATURE)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = Number(view.getBigUint64(16, true));
  // The count has 16 bits, the number of the last chunk 64: it tells of logs of more than 4 GiB.
  const isLarge = last >= 0xffff && last < MOST_CHUNKS;
  return {
    chunks: isLarge ? last + 1 : view.getUint16(42, true),
    isDirty: (view.getUint32(120, true) & IS_DIRTY) !== 0,
  };
}

/** Whether the first bytes of a file are those of an event log, be its header or its first chunk's damaged. */
export function isEventFile(bytes: Uint8Array): boolean {
  return hasText(bytes, 0, FILE_SIGNATURE) || hasText(bytes, FILE_HEADER_BYTES, CHUNK_SIGNATURE);
}

/** Offset in the file of the chunk that holds this offset. */
export function chunkStart(offset: number): number {
  return offset - ((offset - FILE_HEADER_BYTES) % CHUNK_BYTES);
}

export interface ChunkVisitor {
  /** An event record; `isOdd`: its size is told from where the next one begins, for the two that it states differ. */
  record(at: number, size: number, isOdd: boolean): void;
  /** Bytes among the records that are none. */
  damage(from: number, to: number, reason: string): void;
}

export interface ChunkSurvey {
  readonly hasHeader: boolean;
  /** The checksums fit what is there; true of a chunk that is not whole, of which that cannot be told. */
  readonly fits: boolean;
  /** Events that the header counts and that were neither visited nor lie in what was called damage. */
  readonly missing: number;
}

/** One chunk, or what the file holds of its last one. */
export class EventChunk {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isEmpty(): boolean {
    return isZero(this.bytes, 0, this.bytes.length);
  }

  /** The number that the record at `at` has in its file. */
  number(at: number): number {
    return this.#view.getUint32(at + 12, true) * 2 ** 32 + this.#view.getUint32(at + 8, true);
  }

  size(at: number): number {
    return at + LEAST_RECORD_BYTES <= this.bytes.length && this.#view.getUint32(at, true) === RECORD_SIGNATURE
      ? this.#view.getUint32(at + 4, true)
      : 0;
  }

  /** Whether a record stands at `at`, whole and with its size at its end. */
  isRecord(at: number): boolean {
    const size = this.size(at);
    return (
      size >= LEAST_RECORD_BYTES &&
      at + size <= this.bytes.length &&
      this.#view.getUint32(at + size - 4, true) === size
    );
  }

  /**
   * Shows the visitor the chunk's records in their order. Those in the unused space are older ones that were written over in part, and are left alone; only
   * where the numbers go on there was the header not brought up to date (a log that was copied in use).
   */
  walk(visitor: ChunkVisitor): ChunkSurvey {
    const { bytes } = this;
    const hasHeader = bytes.length >= CHUNK_HEADER_BYTES && hasText(bytes, 0, CHUNK_SIGNATURE);
    const used = hasHeader ? this.#usedBytes() : bytes.length;
    let at = hasHeader || this.isRecord(CHUNK_HEADER_BYTES) ? Math.min(CHUNK_HEADER_BYTES, bytes.length) : 0;
    let [seen, last, wasDamaged] = [0, Number.NaN, false];
    while (at < bytes.length) {
      const size = this.size(at);
      const isWhole = this.isRecord(at);
      if (at >= used && !(isWhole && this.number(at) === last + 1)) break;
      if (isWhole || this.#isOdd(at, size, used)) {
        visitor.record(at, size, !isWhole);
        last = this.number(at);
        seen += 1;
        at += size;
        continue;
      }
      // Without a header nothing says where the records end.
      if (!hasHeader && isZero(bytes, at, bytes.length)) break;
      const next = this.#nextRecord(at + 1, used);
      visitor.damage(at, next, this.#reason(at, next, size));
      wasDamaged = true;
      at = next;
    }
    const counted = hasHeader ? this.#counted() : 0;
    return {
      hasHeader,
      fits: !hasHeader || bytes.length < CHUNK_BYTES || this.#fitsChecksums(),
      missing: wasDamaged ? 0 : Math.max(0, counted - seen),
    };
  }

  #usedBytes(): number {
    const free = this.#view.getUint32(48, true);
    const isPossible = free >= CHUNK_HEADER_BYTES && free <= CHUNK_BYTES;
    return Math.min(this.bytes.length, isPossible ? free : CHUNK_BYTES);
  }

  /** How many records the header counts: from the first one's number to the last one's. */
  #counted(): number {
    const first = this.#view.getBigUint64(8, true);
    const last = this.#view.getBigUint64(16, true);
    const counted =
      last >= first && last - first < CHUNK_BYTES / LEAST_RECORD_BYTES ? Number(last - first) + 1 : 0;
    // Of a chunk that was made and never written to, both are what the first record would be.
    return this.#view.getUint32(48, true) <= CHUNK_HEADER_BYTES ? 0 : counted;
  }

  /** Whether the size at the record's beginning leads to another one, or to the end of all. */
  #isOdd(at: number, size: number, used: number): boolean {
    const next = at + size;
    return size >= LEAST_RECORD_BYTES && next <= used && (next === used || this.isRecord(next));
  }

  #nextRecord(from: number, used: number): number {
    for (
      let at = this.bytes.indexOf(0x2a, from);
      at !== -1 && at < used;
      at = this.bytes.indexOf(0x2a, at + 1)
    )
      if (this.isRecord(at)) return at;
    return used;
  }

  #reason(at: number, to: number, size: number): string {
    const { length } = this.bytes;
    if (size >= LEAST_RECORD_BYTES && size <= CHUNK_BYTES && length < CHUNK_BYTES && at + size > length)
      return `the file ends inside this event: ${length - at} of ${size} bytes are there`;
    if (isZero(this.bytes, at, to))
      return `${to - at} zero bytes stand where events should be: erased, or never written before the machine stopped`;
    if (size > 0)
      return 'this event is damaged: the two sizes that it states differ, and neither leads to the next';
    return `${to - at} bytes are no event record: expected the signature 2A 2A 00 00 and a size that stands at its end once more`;
  }

  /** CRC-32 of the records, and of the header without its checksum and what stands before that. */
  #fitsChecksums(): boolean {
    const used = this.#view.getUint32(48, true);
    if (used < CHUNK_HEADER_BYTES || used > CHUNK_BYTES) return false;
    const header = crc32(this.bytes, 128, CHUNK_HEADER_BYTES, crc32(this.bytes, 0, 120));
    return (
      header === this.#view.getUint32(124, true) &&
      crc32(this.bytes, CHUNK_HEADER_BYTES, used) === this.#view.getUint32(52, true)
    );
  }
}

export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Four tables, so that four bytes are taken at a time ("slicing by four"; the polynomial is RFC 1952's). */
const CRC_TABLES = crcTables();

function crcTables(): readonly Uint32Array[] {
  const first = new Uint32Array(256).map((_, byte) => {
    let crc = byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let i = 1; i < 4; i++) {
    const before = tables[i - 1] as Uint32Array;
    tables.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)));
  }
  return tables;
}

/** CRC-32 of the bytes from `start` to `end`, going on from that of what comes before them. */
export function crc32(bytes: Uint8Array, start: number, end: number, before = 0): number {
  const [first, second, third, fourth] = CRC_TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let crc = ~before;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (fourth[crc & 0xff] as number) ^
      (third[(crc >>> 8) & 0xff] as number) ^
      (second[(crc >>> 16) & 0xff] as number) ^
      (first[crc >>> 24] as number);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (first[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
