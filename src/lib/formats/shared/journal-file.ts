import { startsWithAscii, toHex } from '../../base/bytes';
import { unpackedStart } from './journal-payload';

/*
 * systemd's journal files as https://systemd.io/JOURNAL_FILE_FORMAT and journal-def.h lay them out: a header, then objects in the order in
 * which they were written, each on a multiple of eight bytes. All numbers are little endian.
 */

export const JOURNAL_SIGNATURE = 'LPKSHHRH';
/** Up to `n_data`, which every header has (section "Extensibility"). */
export const LEAST_HEADER_BYTES = 208;
const MOST_HEADER_BYTES = 1 << 16;
export const OBJECT_HEADER_BYTES = 16;

/** Kinds of objects (journal-def.h). */
const OBJECT = { data: 1, entry: 3, tag: 7 } as const;
/** Least size of each kind. */
const LEAST_BYTES = [0, 64, 40, 64, 16, 16, 24, 64] as const;
const ENTRY_ITEMS_AT = 64;

/** Incompatible flags: XZ, LZ4, keyed hash, ZSTD, compact. */
const COMPACT = 16;
const KNOWN_FLAGS = 31;

/** `state` of a file that a daemon had open, or that it never closed. */
const ONLINE = 1;

/** journald takes no more fields of one entry (ENTRY_FIELD_COUNT_MAX in journal-importer.h). */
export const MOST_FIELDS = 1024;
/** What is kept of one value, with room for the field's name. */
export const MOST_VALUE_BYTES = 1 << 16;

export interface JournalHeader {
  readonly headerBytes: number;
  /** Whether offsets in entries have four bytes and not eight with a hash (systemd 252 and later). */
  readonly isCompact: boolean;
  readonly isOnline: boolean;
  /** Machine and numbering, 32 hexadecimal digits each. */
  readonly machine: string;
  readonly series: string;
  /** How many entries the writer counted. */
  readonly entries: number;
}

/** The header at the beginning of `bytes`, or the reason why it can't be read. */
export function readJournalHeader(bytes: Uint8Array): JournalHeader | string {
  if (!startsWithAscii(bytes, JOURNAL_SIGNATURE, 0, bytes.length))
    return `the file does not begin with ${JOURNAL_SIGNATURE}, as every journal does`;
  if (bytes.length < LEAST_HEADER_BYTES)
    return `the file ends inside its header: ${bytes.length} of at least ${LEAST_HEADER_BYTES} bytes are there`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint32(12, true);
  if ((flags & ~KNOWN_FLAGS) !== 0)
    return `the journal was written in a way that is not known here (incompatible_flags 0x${flags.toString(16)}): export it with journalctl -o export`;
  const headerBytes = uint64(view, 88);
  if (headerBytes < LEAST_HEADER_BYTES || headerBytes > MOST_HEADER_BYTES || headerBytes % 8 !== 0)
    return `its header states an impossible size of its own (header_size ${headerBytes})`;
  return {
    headerBytes,
    isCompact: (flags & COMPACT) !== 0,
    isOnline: view.getUint8(16) === ONLINE,
    machine: toHex(bytes.subarray(40, 56)),
    series: toHex(bytes.subarray(72, 88)),
    entries: uint64(view, 152),
  };
}

/** What an ENTRY object says besides its fields; filled by `JournalObjects.entry`. */
export interface EntryHead {
  seqnum: number;
  /** Microseconds since 1970. */
  realtime: number;
  fields: number;
}

/** The bytes of a value's field and its value, `NAME=value`. */
export interface Payload {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Objects of a journal, or of a stretch of one. Offsets are those in `bytes`; none is trusted. */
export class JournalObjects {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isCompact: boolean;
  readonly #payloadAt: number;
  readonly #itemBytes: number;

  constructor(bytes: Uint8Array, isCompact: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isCompact = isCompact;
    this.#payloadAt = isCompact ? 72 : 64;
    this.#itemBytes = isCompact ? 4 : 16;
  }

  /** The size that an object's header at this offset states; 0 where there is no such header. It may be larger than the file. */
  statedBytes(at: number): number {
    if (at + OBJECT_HEADER_BYTES > this.bytes.length) return 0;
    const view = this.#view;
    const type = view.getUint8(at);
    // The kind, flags that only data has, and six bytes of nothing.
    if (type < OBJECT.data || type > OBJECT.tag || view.getUint32(at + 4, true) !== 0) return 0;
    if (view.getUint16(at + 2, true) !== 0 || view.getUint8(at + 1) > (type === OBJECT.data ? 7 : 0))
      return 0;
    const size = uint64(view, at + 8);
    return size < LEAST_BYTES[type as 1] ? 0 : size;
  }

  /** The size of the object at this offset, which lies in the file as a whole; 0 when there is none. */
  objectBytes(at: number): number {
    const size = this.statedBytes(at);
    return size > this.bytes.length - at ? 0 : size;
  }

  /** Where the next object begins behind bytes that are none; the file's end when there is no other. Two in a row are no accident. */
  nextObject(from: number): number {
    const { length } = this.bytes;
    for (let at = aligned(from); at < length; at += 8) {
      const size = this.objectBytes(at);
      if (size === 0) continue;
      const next = aligned(at + size);
      if (next >= length || this.objectBytes(next) > 0 || this.isZero(next, Math.min(length, next + 8)))
        return at;
    }
    return length;
  }

  isZero(start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (this.bytes[i] !== 0) return false;
    return true;
  }

  isEntry(at: number): boolean {
    return this.bytes[at] === OBJECT.entry;
  }

  /** `size` is what `objectBytes` gave. */
  entry(at: number, size: number, into: EntryHead): void {
    into.seqnum = uint64(this.#view, at + 16);
    into.realtime = uint64(this.#view, at + 24);
    into.fields = Math.floor((size - ENTRY_ITEMS_AT) / this.#itemBytes);
  }

  /** Where the data of an entry's field stands, from 0; it may be anywhere. */
  fieldAt(entry: number, field: number): number {
    const at = entry + ENTRY_ITEMS_AT + field * this.#itemBytes;
    return this.#isCompact ? this.#view.getUint32(at, true) : uint64(this.#view, at);
  }

  /** The size of the DATA object at this offset, 0 when there is none. */
  dataBytes(at: number): number {
    if (at % 8 !== 0 || !(at < this.bytes.length) || this.bytes[at] !== OBJECT.data) return 0;
    const size = this.objectBytes(at);
    return size <= this.#payloadAt ? 0 : size;
  }

  /** How the data at this offset is packed, 0 if it is not; `dataBytes` has said that it is data. */
  packing(at: number): number {
    return this.bytes[at + 1] as number;
  }

  /** Where the payload of that data begins. */
  payloadStart(at: number): number {
    return at + this.#payloadAt;
  }

  /** The payload of packed data, cut at what is kept of a value; null when it cannot be unpacked. */
  unpacked(at: number, size: number): Uint8Array | null {
    const packed = this.bytes.subarray(at + this.#payloadAt, at + size);
    return unpackedStart(packed, this.packing(at), MOST_VALUE_BYTES + 64);
  }
}

/** Objects begin on multiples of eight. */
export function aligned(at: number): number {
  return Math.ceil(at / 8) * 8;
}

/** Beyond 2 ** 53 it is not exact, and no offset, size, number or time. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
