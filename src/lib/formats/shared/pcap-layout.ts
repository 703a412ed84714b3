import {
  isFileHeader,
  isLittleFile,
  isSectionHeader,
  MOST_CAPTURED,
  NANOSECONDS_MAGIC,
  NO,
  SECTION_HEADER_BYTES,
  UNDECIDED,
  YES,
  type CaptureLayout,
  type CaptureState,
  type CaptureTaker,
} from './capture-layout';

const HEADER_BYTES = 16;
/** Offloading hands over segments of up to 64 KiB, loopback and jumbograms more. */
const MOST_ON_WIRE = 1 << 20;
/** Behind damage, a packet's time is near that of those before it. */
const NEAR_SECONDS = 30 * 86_400;

/** Packets as libpcap writes them: 16 bytes of header each, and nothing that shows where a packet begins but the one before it. */
export class PcapLayout implements CaptureLayout {
  readonly #state: CaptureState;
  readonly #taker: CaptureTaker;
  readonly #isLittle: boolean;
  readonly #isNano: boolean;
  readonly #link: number;
  #seconds = Number.NaN;

  /** The header that begins at `at`. */
  constructor(state: CaptureState, taker: CaptureTaker, view: DataView, at: number) {
    this.#state = state;
    this.#taker = taker;
    this.#isLittle = isLittleFile(view, at);
    this.#isNano = view.getUint32(at, this.#isLittle) === NANOSECONDS_MAGIC;
    // The upper half holds flags, of a frame check sequence.
    this.#link = view.getUint32(at + 20, this.#isLittle) & 0xffff;
  }

  lengthAt(view: DataView, at: number, end: number): number {
    if (at + HEADER_BYTES > end) return UNDECIDED;
    return this.#isHeader(view, at) ? HEADER_BYTES + view.getUint32(at + 8, this.#isLittle) : NO;
  }

  #isHeader(view: DataView, at: number): boolean {
    const isLittle = this.#isLittle;
    return (
      view.getUint32(at + 8, isLittle) <= MOST_CAPTURED &&
      view.getUint32(at + 4, isLittle) < (this.#isNano ? 1e9 : 1e6) &&
      view.getUint32(at + 12, isLittle) <= 0x7fffffff
    );
  }

  confirm(view: DataView, _at: number, next: number, end: number): number {
    if (next === end) return UNDECIDED;
    if (next + HEADER_BYTES <= end && this.#isHeader(view, next)) return YES;
    if (next + SECTION_HEADER_BYTES > end) return UNDECIDED;
    return isFileHeader(view, next, end) || isSectionHeader(view, next, end) ? YES : NO;
  }

  isRecord(view: DataView, at: number, end: number, isLast: boolean): number {
    if (at + HEADER_BYTES > end) return isLast ? NO : UNDECIDED;
    if (!this.#isLikely(view, at)) return NO;
    const next = at + HEADER_BYTES + view.getUint32(at + 8, this.#isLittle);
    if (next + HEADER_BYTES <= end) return this.#isLikely(view, next) ? YES : NO;
    if (!isLast) return UNDECIDED;
    return next <= end ? YES : NO;
  }

  #isLikely(view: DataView, at: number): boolean {
    const isLittle = this.#isLittle;
    const captured = view.getUint32(at + 8, isLittle);
    const onWire = view.getUint32(at + 12, isLittle);
    if (captured === 0 || captured > onWire || onWire > MOST_ON_WIRE || !this.#isHeader(view, at))
      return false;
    const away = Math.abs(view.getUint32(at, isLittle) - this.#seconds);
    return !(away > NEAR_SECONDS);
  }

  read(bytes: Uint8Array, view: DataView, at: number, next: number, offset: number): void {
    const isLittle = this.#isLittle;
    const state = this.#state;
    const seconds = view.getUint32(at, isLittle);
    const fraction = view.getUint32(at + 4, isLittle);
    this.#seconds = seconds;
    state.us = seconds * 1e6 + (this.#isNano ? Math.floor(fraction / 1000) : fraction);
    state.wireBytes = Math.max(next - at - HEADER_BYTES, view.getUint32(at + 12, isLittle));
    state.link = this.#link;
    state.interfaceName = '';
    state.packets += 1;
    this.#taker.packet(bytes, at + HEADER_BYTES, next, offset);
  }
}
