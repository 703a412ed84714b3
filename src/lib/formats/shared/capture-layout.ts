// How captures are laid out: by libpcap (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html) and as pcapng
// (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html).

export const MICROSECONDS_MAGIC = 0xa1b2c3d4;
export const NANOSECONDS_MAGIC = 0xa1b23c4d;
export const FILE_HEADER_BYTES = 24;
export const SECTION_BLOCK = 0x0a0d0d0a;
export const SECTION_HEADER_BYTES = 28;

/** The most that libpcap captures of one packet (MAXIMUM_SNAPLEN): a longer one is damage. */
export const MOST_CAPTURED = 262_144;

/** Where packets were captured, and how their times are written. */
export interface CaptureInterface {
  readonly link: number;
  readonly name: string;
  /** Microseconds of two words of a time. */
  readonly microsOf: (high: number, low: number) => number;
  /** Packets that it and the system lost, as far as was said. */
  lost: number;
}

/** What a layout says of the packet that it gives, and counts. */
export class CaptureState {
  /** Microseconds since 1970, rounded down. */
  us = 0;
  /** Length before the capture cut it. */
  wireBytes = 0;
  link = 0;
  interfaceName = '';
  /** Packets so far, whether or not they could be read: what Wireshark numbers. */
  packets = 0;
  /** Packets, blocks, headers and stretches of damage. */
  records = 0;
  /** Packets that the capture says it lost. */
  lost = 0;
}

/** Where a capture's packets go, and what is none. */
export interface CaptureTaker {
  /** The captured bytes of a packet whose record begins at `offset`. */
  packet(bytes: Uint8Array, start: number, end: number, offset: number): void;
  skip(kind: string): void;
  reject(reason: string, bytes: Uint8Array, start: number, end: number): void;
  note(text: string): void;
}

export const YES = 1;
export const NO = 0;
/** More bytes are needed before that can be told. */
export const UNDECIDED = -1;

/** One of the two layouts, behind its header. Positions are indices in the bytes at hand. */
export interface CaptureLayout {
  /** Length of the record at `at`; NO where none begins there. */
  lengthAt(view: DataView, at: number, end: number): number;
  /** Whether the record from `at` to `next` is borne out by what it ends with or what follows. */
  confirm(view: DataView, at: number, next: number, end: number): number;
  /** Whether a record begins here for all that can be told, where those before it are damaged. */
  isRecord(view: DataView, at: number, end: number, isLast: boolean): number;
  /** Gives what the record holds; of one that is passed over (`next` beyond `end`) there is nothing to read. */
  read(bytes: Uint8Array, view: DataView, at: number, next: number, offset: number): void;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether the header of libpcap's layout begins at `at`. */
export function isFileHeader(view: DataView, at: number, end: number): boolean {
  if (at + FILE_HEADER_BYTES > end) return false;
  const isLittle = isLittleFile(view, at);
  const magic = view.getUint32(at, isLittle);
  return (
    (magic === MICROSECONDS_MAGIC || magic === NANOSECONDS_MAGIC) && view.getUint16(at + 4, isLittle) === 2
  );
}

export function isLittleFile(view: DataView, at: number): boolean {
  return view.getUint8(at + 3) === 0xa1;
}

/** Whether a section of pcapng begins at `at`. */
export function isSectionHeader(view: DataView, at: number, end: number): boolean {
  if (at + SECTION_HEADER_BYTES > end || view.getUint32(at) !== SECTION_BLOCK) return false;
  return isLittleSection(view, at) || view.getUint32(at + 8) === BYTE_ORDER_MAGIC;
}

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export function isLittleSection(view: DataView, at: number): boolean {
  return view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
}

/** Whether these are the first bytes of a capture. */
export function isCapture(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  return isFileHeader(view, 0, bytes.length) || isSectionHeader(view, 0, bytes.length);
}
