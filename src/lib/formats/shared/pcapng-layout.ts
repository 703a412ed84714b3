import { decodeUtf8 } from '../../base/bytes';
import {
  isLittleSection,
  isSectionHeader,
  MOST_CAPTURED,
  NO,
  SECTION_BLOCK,
  UNDECIDED,
  YES,
  type CaptureInterface,
  type CaptureLayout,
  type CaptureState,
  type CaptureTaker,
} from './capture-layout';

const BLOCK = { interface: 1, packet: 2, simplePacket: 3, statistics: 5, enhancedPacket: 6 } as const;
/** Kinds of blocks without packets that are known, by the specification. */
const OTHER_BLOCKS: Readonly<Record<number, string>> = {
  4: 'name resolution block',
  [BLOCK.statistics]: 'interface statistics block',
  9: 'journal block',
  10: 'decryption secrets block',
  0xbad: 'custom block',
  0x40000bad: 'custom block',
};
/** Type and length, and the length again. */
const FRAME_BYTES = 12;
/** Where the bytes of a packet begin in an enhanced packet block, and in the obsolete one. */
const DATA_AT = 28;
/** Only known blocks without packets are longer; they are passed over without being held. */
export const MOST_BLOCK_BYTES = 1 << 20;
const MOST_INTERFACES = 4096;
const MOST_NAME_BYTES = 64;

const OPTION = { name: 2, resolution: 9, offset: 14, interfaceDrops: 5, systemDrops: 7 } as const;

/** Blocks of one section of a pcapng. Each states its length at both ends. */
export class PcapngLayout implements CaptureLayout {
  readonly #state: CaptureState;
  readonly #taker: CaptureTaker;
  #isLittle = true;
  #interfaces: CaptureInterface[] = [];

  constructor(state: CaptureState, taker: CaptureTaker) {
    this.#state = state;
    this.#taker = taker;
  }

  lengthAt(view: DataView, at: number, end: number): number {
    if (at + FRAME_BYTES > end) return UNDECIDED;
    const type = view.getUint32(at, this.#isLittle);
    const isSection = type === SECTION_BLOCK;
    if (isSection && !isSectionHeader(view, at, end)) return NO;
    // A section's own byte order is in its header.
    const isLittle = isSection ? isLittleSection(view, at) : this.#isLittle;
    const length = view.getUint32(at + 4, isLittle);
    if (length < FRAME_BYTES || length % 4 !== 0) return NO;
    return length <= MOST_BLOCK_BYTES || type in OTHER_BLOCKS ? length : NO;
  }

  confirm(view: DataView, at: number, next: number): number {
    const isLittle = isSectionHeader(view, at, next) ? isLittleSection(view, at) : this.#isLittle;
    return view.getUint32(next - 4, isLittle) === next - at ? YES : NO;
  }

  isRecord(view: DataView, at: number, end: number, isLast: boolean): number {
    if (at + FRAME_BYTES > end) return isLast ? NO : UNDECIDED;
    const type = view.getUint32(at, this.#isLittle);
    if (type === 0 || (type > BLOCK.enhancedPacket && !(type in OTHER_BLOCKS))) return NO;
    const length = this.lengthAt(view, at, end);
    if (length <= 0 || length > MOST_BLOCK_BYTES) return NO;
    if (at + length > end) return isLast ? NO : UNDECIDED;
    return this.confirm(view, at, at + length);
  }

  read(bytes: Uint8Array, view: DataView, at: number, next: number, offset: number): void {
    const type = view.getUint32(at, this.#isLittle);
    if (type === BLOCK.enhancedPacket)
      this.#packet(bytes, view, at, next, offset, view.getUint32(at + 8, this.#isLittle));
    else if (type === BLOCK.packet)
      this.#packet(bytes, view, at, next, offset, view.getUint16(at + 8, this.#isLittle));
    else if (type === BLOCK.simplePacket) {
      this.#state.packets += 1;
      this.#taker.reject('the packet has no time: a simple packet block holds none', bytes, at, next);
    } else if (type === SECTION_BLOCK) {
      this.#isLittle = isLittleSection(view, at);
      this.#interfaces = [];
      this.#taker.skip('header');
    } else if (type === BLOCK.interface) this.#interface(bytes, view, at, next);
    else {
      if (type === BLOCK.statistics && next - at >= FRAME_BYTES + 12) this.#statistics(view, at, next);
      this.#taker.skip(OTHER_BLOCKS[type] ?? 'block of an unknown kind');
    }
  }

  #packet(bytes: Uint8Array, view: DataView, at: number, next: number, offset: number, id: number): void {
    const isLittle = this.#isLittle;
    const state = this.#state;
    state.packets += 1;
    if (next - at < DATA_AT + 4) {
      this.#taker.reject('the block is too short for a packet', bytes, at, next);
      return;
    }
    const from = this.#interfaces[id];
    const captured = view.getUint32(at + 20, isLittle);
    if (!from)
      this.#taker.reject(
        'no interface description stands before it, so it is not known what its bytes mean',
        bytes,
        at,
        next,
      );
    else if (captured > next - 4 - at - DATA_AT || captured > MOST_CAPTURED)
      this.#taker.reject('the packet is longer than its block', bytes, at, next);
    else {
      state.us = from.microsOf(view.getUint32(at + 12, isLittle), view.getUint32(at + 16, isLittle));
      state.wireBytes = Math.max(captured, view.getUint32(at + 24, isLittle));
      state.link = from.link;
      state.interfaceName = from.name;
      this.#taker.packet(bytes, at + DATA_AT, at + DATA_AT + captured, offset);
    }
  }

  #interface(bytes: Uint8Array, view: DataView, at: number, next: number): void {
    if (next - at < FRAME_BYTES + 8 || this.#interfaces.length >= MOST_INTERFACES) {
      this.#taker.reject('the interface description is too short, or one of too many', bytes, at, next);
      return;
    }
    let name = '';
    let resolution = 6;
    let offsetSeconds = 0;
    forOptions(view, at + 16, next - 4, this.#isLittle, (code, from, length) => {
      if (code === OPTION.name) name = decodeUtf8(bytes, from, from + Math.min(length, MOST_NAME_BYTES));
      else if (code === OPTION.resolution && length >= 1) resolution = view.getUint8(from);
      else if (code === OPTION.offset && length >= 8)
        offsetSeconds = Number(view.getBigInt64(from, this.#isLittle));
    });
    const link = view.getUint16(at + 8, this.#isLittle);
    this.#interfaces.push({
      lost: 0,
      link,
      name: name.replace(/\0+$/, ''),
      microsOf: microsOf(resolution, offsetSeconds),
    });
    this.#taker.skip('header');
  }

  /** What an interface and the system lost, counted from the capture's beginning: a later block holds what an earlier one did. */
  #statistics(view: DataView, at: number, next: number): void {
    const from = this.#interfaces[view.getUint32(at + 8, this.#isLittle)];
    if (!from) return;
    let lost = 0;
    forOptions(view, at + 20, next - 4, this.#isLittle, (code, option, length) => {
      if ((code === OPTION.interfaceDrops || code === OPTION.systemDrops) && length === 8)
        lost += Number(view.getBigUint64(option, this.#isLittle));
    });
    this.#state.lost += Math.max(0, lost - from.lost);
    from.lost = Math.max(lost, from.lost);
  }
}

function forOptions(
  view: DataView,
  start: number,
  end: number,
  isLittle: boolean,
  take: (code: number, from: number, length: number) => void,
): void {
  for (let at = start; at + 4 <= end;) {
    const code = view.getUint16(at, isLittle);
    const length = view.getUint16(at + 2, isLittle);
    if (code === 0 || at + 4 + length > end) return;
    take(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

const WORD = 2 ** 32;

/**
 * Times by `if_tsresol`: a power of ten below, of two with the highest bit set. 64 bits of nanoseconds are more than a double holds exactly, so that
 * each word is divided on its own.
 */
function microsOf(resolution: number, offsetSeconds: number): (high: number, low: number) => number {
  const offsetUs = offsetSeconds * 1e6;
  const power = resolution & 0x7f;
  if ((resolution & 0x80) !== 0) {
    const perSecond = 2 ** power;
    return (high, low) => {
      const ticks = high * WORD + low;
      const seconds = Math.floor(ticks / perSecond);
      return seconds * 1e6 + Math.floor(((ticks - seconds * perSecond) * 1e6) / perSecond) + offsetUs;
    };
  }
  if (power <= 6) return (high, low) => (high * WORD + low) * 10 ** (6 - power) + offsetUs;
  const divisor = 10 ** (power - 6);
  if (power > 12) return (high, low) => Math.floor((high * WORD + low) / divisor) + offsetUs;
  const whole = Math.floor(WORD / divisor);
  const rest = WORD % divisor;
  return (high, low) => high * whole + Math.floor((high * rest + low) / divisor) + offsetUs;
}
