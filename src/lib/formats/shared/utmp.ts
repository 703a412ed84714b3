import { decodeUtf8 } from '../../base/bytes';

// Records of the login accounting of Linux: `struct utmp` of glibc's <bits/utmp.h>, described in utmp(5). The fields are the same everywhere; what
// differs is the width of session and time (32 bits on x86 and others that were once 32-bit, 64 on arm64 and s390x) and the byte order.

export interface UtmpLayout {
  readonly sizeBytes: number;
  readonly isLittle: boolean;
  readonly isWide: boolean;
}

export const UTMP_LAYOUTS: readonly UtmpLayout[] = [
  { sizeBytes: 384, isLittle: true, isWide: false },
  { sizeBytes: 400, isLittle: true, isWide: true },
  { sizeBytes: 384, isLittle: false, isWide: false },
  { sizeBytes: 400, isLittle: false, isWide: true },
];

/** Values of ut_type (utmp(5)). */
export const UTMP_TYPES = [
  'EMPTY',
  'RUN_LVL',
  'BOOT_TIME',
  'NEW_TIME',
  'OLD_TIME',
  'INIT_PROCESS',
  'LOGIN_PROCESS',
  'USER_PROCESS',
  'DEAD_PROCESS',
  'ACCOUNTING',
] as const;

export type UtmpType = (typeof UTMP_TYPES)[number];

const PID_AT = 4;
const LINE_AT = 8;
const LINE_BYTES = 32;
const ID_AT = 40;
const ID_BYTES = 4;
const USER_AT = 44;
const USER_BYTES = 32;
const HOST_AT = 76;
const HOST_BYTES = 256;
const EXIT_AT = 332;
const SESSION_AT = 336;

/** No Linux machine logged before 1980; a clock that was never set says 1970. */
const EARLIEST_SECONDS = 315_532_800;
const LATEST_SECONDS = 0xffff_ffff;

export interface UtmpRecord {
  readonly type: UtmpType;
  readonly pid: number;
  /** The terminal without `/dev/`. */
  readonly line: string;
  readonly id: string;
  readonly user: string;
  /** A remote host's name or address, an X display, or the version of the kernel. */
  readonly host: string;
  /** Of `ut_addr_v6`; empty when that is zero. */
  readonly address: string;
  readonly session: number;
  readonly exit: number;
  readonly us: number;
}

export interface UtmpBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function viewed(bytes: Uint8Array): UtmpBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function secondsAt(view: DataView, at: number, { isLittle, isWide }: UtmpLayout): number {
  // 32 bits are read without a sign: they last until 2106 then, and no log is from before 1970.
  return isWide ? Number(view.getBigInt64(at + 344, isLittle)) : view.getUint32(at + 340, isLittle);
}

function microsAt(view: DataView, at: number, { isLittle, isWide }: UtmpLayout): number {
  return isWide ? Number(view.getBigInt64(at + 352, isLittle)) : view.getUint32(at + 344, isLittle);
}

/** Whether what begins at `at` can be a record: a known type, a time, a terminal without control characters. */
export function isUtmpRecord({ bytes, view }: UtmpBytes, at: number, layout: UtmpLayout): boolean {
  if (at + layout.sizeBytes > bytes.length) return false;
  if (view.getUint16(at, layout.isLittle) >= UTMP_TYPES.length) return false;
  const seconds = secondsAt(view, at, layout);
  if (seconds < EARLIEST_SECONDS || seconds > LATEST_SECONDS) return false;
  const micros = microsAt(view, at, layout);
  if (micros < 0 || micros >= 1e6) return false;
  for (let i = at + LINE_AT; i < at + LINE_AT + LINE_BYTES && bytes[i] !== 0; i++)
    if ((bytes[i] as number) < 0x20) return false;
  return true;
}

/** The next record from `from` on: where records are laid side by side if one is there, else at any byte, of a type that says something. `length` if there is none. */
export function nextUtmpRecord(source: UtmpBytes, from: number, layout: UtmpLayout): number {
  const { bytes, view } = source;
  const beside = from + layout.sizeBytes;
  if (isUtmpRecord(source, beside, layout)) return beside;
  for (let at = from + 1; at + layout.sizeBytes <= bytes.length; at++) {
    // The zeros between two records begin what looks like an empty record, whose time is the text that follows.
    if (isUtmpRecord(source, at, layout) && view.getUint16(at, layout.isLittle) !== 0) return at;
  }
  return bytes.length;
}

/** Text of a field of fixed size, which ends at a NUL unless it fills the field. */
function fieldText(bytes: Uint8Array, start: number, size: number): string {
  let end = start;
  while (end < start + size && bytes[end] !== 0) end += 1;
  return decodeUtf8(bytes, start, end);
}

/** `ut_addr_v6` holds bytes in network order; of an IPv4 address only the first four are set. */
function addressText(bytes: Uint8Array, at: number): string {
  const address = bytes.subarray(at, at + 16);
  if (address.every((byte) => byte === 0)) return '';
  if (address.subarray(4).every((byte) => byte === 0)) return address.subarray(0, 4).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push((((address[i] as number) << 8) | (address[i + 1] as number)).toString(16));
  return groups.join(':');
}

/** Reads a record that `isUtmpRecord` has found to be one. */
export function readUtmp({ bytes, view }: UtmpBytes, at: number, layout: UtmpLayout): UtmpRecord {
  const { isLittle, isWide } = layout;
  return {
    type: UTMP_TYPES[view.getUint16(at, isLittle)] as UtmpType,
    pid: view.getUint32(at + PID_AT, isLittle),
    line: fieldText(bytes, at + LINE_AT, LINE_BYTES),
    id: fieldText(bytes, at + ID_AT, ID_BYTES),
    user: fieldText(bytes, at + USER_AT, USER_BYTES),
    host: fieldText(bytes, at + HOST_AT, HOST_BYTES),
    address: addressText(bytes, at + (isWide ? 360 : 348)),
    session: isWide
      ? Number(view.getBigInt64(at + SESSION_AT, isLittle))
      : view.getInt32(at + SESSION_AT, isLittle),
    exit: view.getInt16(at + EXIT_AT + 2, isLittle),
    us: secondsAt(view, at, layout) * 1e6 + microsAt(view, at, layout),
  };
}

export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

const PROBED_RECORDS = 200;

/** The layout that most of the first records fit. Bytes that are no such record fit by chance once in 30 million times. */
export function utmpLayoutOf(bytes: Uint8Array): UtmpLayout | undefined {
  const source = viewed(bytes);
  let best: UtmpLayout | undefined;
  let bestFit = 0.2;
  for (const layout of UTMP_LAYOUTS) {
    let [seen, fit] = [0, 0];
    const { sizeBytes } = layout;
    for (let k = 0; k < PROBED_RECORDS && (k + 1) * sizeBytes <= bytes.length; k++) {
      if (isZero(bytes, k * sizeBytes, (k + 1) * sizeBytes)) continue;
      seen += 1;
      if (isUtmpRecord(source, k * sizeBytes, layout)) fit += 1;
    }
    if (fit > 0 && fit / seen > bestFit) {
      best = layout;
      bestFit = fit / seen;
    }
  }
  return best;
}

/** The record as a person reads it, a field a line. */
export function utmpText({ type, us, exit, ...fields }: UtmpRecord): string {
  const time = new Date(Math.floor(us / 1000)).toISOString().slice(0, 19);
  const fraction = String(us % 1e6).padStart(6, '0');
  return [
    `type=${type} (${UTMP_TYPES.indexOf(type)})`,
    `time=${time}.${fraction}Z`,
    ...Object.entries(fields).map(([name, value]) => `${name}=${value}`),
    `exit=${exit}`,
  ].join('\n');
}
