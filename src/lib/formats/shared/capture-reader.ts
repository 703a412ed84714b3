import { encodeUtf8 } from '../../base/bytes';
import { plural } from '../../base/units';
import {
  CaptureState,
  FILE_HEADER_BYTES,
  isFileHeader,
  isSectionHeader,
  MOST_CAPTURED,
  NO,
  UNDECIDED,
  viewOf,
  YES,
  type CaptureLayout,
  type CaptureTaker,
} from './capture-layout';
import { PcapLayout } from './pcap-layout';
import { MOST_BLOCK_BYTES, PcapngLayout } from './pcapng-layout';

const SHOWN_BYTES = 32;
/** A record is looked at when so much is there, or nothing follows: enough for every header. */
const LEAST_BYTES = 32;
/** Enough behind a packet to tell whether one begins inside it: the longest that might, its header and the next. */
const ENOUGH_BEHIND = MOST_CAPTURED + 4 * LEAST_BYTES;

const CUT = 'the file ends inside this record, as it does where a capture was killed or a copy was cut off';

/**
 * Finds the packets of a capture in bytes that come piece by piece. What it makes of them never depends on the pieces: where a decision needs
 * bytes that are not there yet, it waits. Damage is passed over up to the next record that is one for all that can be told.
 */
export class CaptureReader {
  readonly state = new CaptureState();
  isCut = false;
  readonly #taker: CaptureTaker;
  #layout: CaptureLayout | undefined;
  /** Bytes of a large block that are still to be passed over. */
  #ahead = 0;
  /** Where bytes began to be no record, and the first of them; −1 where all is well. */
  #damageOffset = -1;
  #damageShown: Uint8Array = new Uint8Array(0);

  constructor(taker: CaptureTaker) {
    this.#taker = taker;
  }

  /** See RecordParser. */
  take(bytes: Uint8Array, start: number, end: number, offset: number, isLast: boolean): number {
    const view = viewOf(bytes);
    const origin = offset - start;
    let at = start;
    while (at < end && (isLast || end - at >= LEAST_BYTES || this.#ahead > 0)) {
      const next = this.#step(bytes, view, at, end, origin, isLast);
      if (next === at) break;
      at = next;
    }
    if (isLast) this.#finish(origin + end);
    return at;
  }

  /** Reads, rejects or passes over what begins at `at`, and returns what is behind it; `at` where more bytes are needed. */
  #step(bytes: Uint8Array, view: DataView, at: number, end: number, origin: number, isLast: boolean): number {
    if (this.#ahead > 0) {
      const passed = Math.min(this.#ahead, end - at);
      this.#ahead -= passed;
      return at + passed;
    }
    if (this.#damageOffset !== -1) return this.#pastDamage(view, at, end, origin, isLast);
    if (isFileHeader(view, at, end)) {
      this.#begin(new PcapLayout(this.state, this.#taker, view, at));
      this.state.records += 1;
      this.#taker.skip('header');
      return at + FILE_HEADER_BYTES;
    }
    if (isSectionHeader(view, at, end)) this.#begin(new PcapngLayout(this.state, this.#taker));
    const layout = this.#layout;
    const length = layout?.lengthAt(view, at, end) ?? NO;
    if (!layout || length === NO) return this.#damage(bytes, at, end, origin);
    if (length > MOST_BLOCK_BYTES) {
      this.state.records += 1;
      this.#taker.skip('large block without packets');
      this.#ahead = length - Math.min(length, end - at);
      return Math.min(end, at + length);
    }
    const next = at + length;
    if (length === UNDECIDED || next > end) return isLast ? this.#last(bytes, view, at, end) : at;
    const isBorneOut = layout.confirm(view, at, next, end);
    if (isBorneOut === UNDECIDED && !isLast) return at;
    if (isBorneOut === NO) {
      if (layout instanceof PcapngLayout) return this.#damage(bytes, at, end, origin);
      // Either this length is wrong or what follows is damaged. A packet that begins inside this one tells.
      if (!isLast && end < next + ENOUGH_BEHIND) return at;
      const inside = this.#find(view, at + 1, next, end, isLast);
      if (inside < next) return this.#rejectTo(bytes, at, inside);
    }
    this.state.records += 1;
    layout.read(bytes, view, at, next, origin + at);
    return next;
  }

  #begin(layout: CaptureLayout): void {
    if (this.#layout)
      this.#taker.note(
        'Several captures stand in the file, one behind the other; each was read by its own header.',
      );
    this.#layout = layout;
  }

  #finish(endOffset: number): void {
    if (this.#ahead > 0) this.isCut = true;
    if (this.#damageOffset !== -1) this.#endDamage(endOffset);
    const { lost } = this.state;
    if (lost > 0)
      this.#taker.note(
        `By its own count the capture lost ${plural(lost, 'packet')}: they passed and are not in the file.`,
      );
  }

  // Damage

  #damage(bytes: Uint8Array, at: number, end: number, origin: number): number {
    this.#damageOffset = origin + at;
    this.#damageShown = hexOf(bytes, at, end);
    return at + 1;
  }

  #pastDamage(view: DataView, at: number, end: number, origin: number, isLast: boolean): number {
    const found = this.#find(view, at, end, end, isLast);
    // What is left is too short for a decision: it is looked at again.
    if (found === end || this.#isRecord(view, found, end, isLast) !== YES) return isLast ? end : found;
    this.#endDamage(origin + found);
    return found;
  }

  #endDamage(endOffset: number): void {
    const shown = this.#damageShown;
    const reason = this.#layout
      ? `${plural(endOffset - this.#damageOffset, 'byte')} are no packet: the file is damaged here`
      : 'the file does not begin with the header of a packet capture';
    this.state.records += 1;
    this.#taker.reject(reason, shown, 0, shown.length);
    this.#damageOffset = -1;
  }

  /** The first place from `from` to `to` where a record begins, or might for all that is there; `to` where there is none. */
  #find(view: DataView, from: number, to: number, end: number, isLast: boolean): number {
    for (let at = from; at < to; at++) if (this.#isRecord(view, at, end, isLast) !== NO) return at;
    return to;
  }

  #isRecord(view: DataView, at: number, end: number, isLast: boolean): number {
    if (end - at < LEAST_BYTES && !isLast) return UNDECIDED;
    if (isFileHeader(view, at, end) || isSectionHeader(view, at, end)) return YES;
    return this.#layout?.isRecord(view, at, end, isLast) ?? NO;
  }

  /** Bytes up to the end of the file that are no whole record. */
  #last(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const inside = this.#find(view, at + 1, end, end, true);
    if (inside < end) return this.#rejectTo(bytes, at, inside);
    this.isCut = true;
    this.#reject(CUT, bytes, at, end);
    return end;
  }

  #rejectTo(bytes: Uint8Array, at: number, next: number): number {
    this.#reject('the length in its header is wrong: another packet begins inside it', bytes, at, next);
    return next;
  }

  #reject(reason: string, bytes: Uint8Array, at: number, end: number): void {
    const shown = hexOf(bytes, at, end);
    this.state.records += 1;
    this.#taker.reject(reason, shown, 0, shown.length);
  }
}

/** The first bytes, in hexadecimal: what is no record has no words. */
export function hexOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const shown = bytes.subarray(start, Math.min(end, start + SHOWN_BYTES));
  return encodeUtf8([...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
}
