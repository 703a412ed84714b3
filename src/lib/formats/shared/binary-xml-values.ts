// Values of binary XML ([MS-EVEN6] 2.2.12 and 3.1.4.7, learn.microsoft.com; the types' numbers also in libevtx' format documentation) to the text that
// Windows shows for them. Nothing here throws: bytes that do not fit their type are shown as they are.

export const VALUE = {
  none: 0x00,
  text: 0x01,
  int8: 0x03,
  uint64: 0x0a,
  fileTime: 0x11,
  hex32: 0x14,
  hex64: 0x15,
  xml: 0x21,
} as const;

/** Set in the type of a list of values. */
const LIST = 0x80;

/** Bytes of one value, by its type; 0 where they differ. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 0x03: 1, 0x04: 1, 0x05: 2, 0x06: 2, 0x07: 4, 0x08: 4, 0x09: 8, 0x0a: 8, 0x0b: 4, 0x0c: 8, 0x0d: 4 },
  ...{ 0x0f: 16, 0x11: 8, 0x12: 16, 0x14: 4, 0x15: 8 },
};

const SID_HEAD_BYTES = 8;

const utf16 = new TextDecoder('utf-16le');
const ansi = new TextDecoder('windows-1252');

/** UTF-16LE to text; a lone surrogate becomes U+FFFD. NULs at its end are no part of it. */
export function utf16Text(bytes: Uint8Array, start: number, end: number): string {
  let stop = start + ((end - start) & ~1);
  while (stop > start && bytes[stop - 1] === 0 && bytes[stop - 2] === 0) stop -= 2;
  if (stop - start > 64) return utf16.decode(bytes.subarray(start, stop));
  let text = '';
  for (let at = start; at < stop; at += 2) {
    const low = bytes[at] as number;
    if (low >= 0x80 || bytes[at + 1] !== 0) return utf16.decode(bytes.subarray(start, stop));
    text += String.fromCharCode(low);
  }
  return text;
}

/** Ticks of 100 ns from 1601 to 1970, as the two words that a FILETIME has. */
const EPOCH_HIGH = 27_111_902;
const EPOCH_LOW = 3_577_643_008;
/** 2^32 ticks are so many microseconds and six ticks. */
const MICROS_IN_HIGH = 429_496_729;
/** The year 9999, behind which no text has room. */
const LATEST_US = 253_402_300_799e6;

/** Epoch microseconds of a FILETIME, rounded down; NaN before 1970 and after 9999. */
export function fileTimeUs(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true) - EPOCH_HIGH;
  const low = view.getUint32(at, true) - EPOCH_LOW;
  const us = high * MICROS_IN_HIGH + Math.floor((high * 6 + low) / 10);
  return us >= 0 && us <= LATEST_US ? us : Number.NaN;
}

function fileTimeText(view: DataView, at: number): string {
  const us = fileTimeUs(view, at);
  if (Number.isNaN(us)) return hexText(view, at, 8);
  const ticks = (((view.getUint32(at + 4, true) % 10) * 6 + (view.getUint32(at, true) % 10)) % 10).toString();
  const micros = String(us % 1e6).padStart(6, '0');
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${micros}${ticks}Z`;
}

function systemTimeText(view: DataView, at: number): string {
  const word = (index: number): number => view.getUint16(at + 2 * index, true);
  const [year, month, , day, hour, minute, second, milli] = Array.from({ length: 8 }, (_, i) => word(i));
  const two = (value = 0): string => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${String(milli).padStart(3, '0')}Z`;
}

function guidText(view: DataView, at: number): string {
  const hex = (value: number, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  const tail = Array.from({ length: 8 }, (_, i) => hex(view.getUint8(at + 8 + i), 2)).join('');
  return `{${hex(view.getUint32(at, true), 8)}-${hex(view.getUint16(at + 4, true), 4)}-${hex(view.getUint16(at + 6, true), 4)}-${tail.slice(0, 4)}-${tail.slice(4)}}`;
}

/** Bytes of the security identifier at `at`; 0 where there is none. */
function sidBytes(view: DataView, at: number, end: number): number {
  if (end - at < SID_HEAD_BYTES) return 0;
  const size = SID_HEAD_BYTES + 4 * view.getUint8(at + 1);
  return size <= end - at ? size : 0;
}

/** `S-1-5-21-…` ([MS-DTYP] 2.4.2): the authority's six bytes are in network order, what follows is not. */
function sidText(view: DataView, at: number): string {
  const authority = view.getUint16(at + 2) * 2 ** 32 + view.getUint32(at + 4);
  let text = `S-${view.getUint8(at)}-${authority}`;
  for (let i = 0; i < view.getUint8(at + 1); i++) text += `-${view.getUint32(at + 8 + 4 * i, true)}`;
  return text;
}

function hexText(view: DataView, at: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++)
    text += view
      .getUint8(at + i)
      .toString(16)
      .toUpperCase()
      .padStart(2, '0');
  return text;
}

/** A whole number of up to 64 bits as a JavaScript number, NaN for other types and sizes; exact to 2^53. */
export function wholeNumber(view: DataView, type: number, at: number, end: number): number {
  if (end - at !== SIZES[type]) return Number.NaN;
  switch (type) {
    case 0x03:
      return view.getInt8(at);
    case 0x04:
      return view.getUint8(at);
    case 0x05:
      return view.getInt16(at, true);
    case 0x06:
      return view.getUint16(at, true);
    case 0x07:
      return view.getInt32(at, true);
    case 0x08:
    case VALUE.hex32:
      return view.getUint32(at, true);
    case 0x0a:
    case VALUE.hex64:
      return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    default:
      return Number.NaN;
  }
}

/** One value that has the size of its type. */
function fixedText(view: DataView, type: number, at: number, end: number): string {
  switch (type) {
    case 0x09:
      return view.getBigInt64(at, true).toString();
    case VALUE.uint64:
      return view.getUint32(at + 4, true) === 0
        ? String(view.getUint32(at, true))
        : view.getBigUint64(at, true).toString();
    case 0x0b:
      return String(view.getFloat32(at, true));
    case 0x0c:
      return String(view.getFloat64(at, true));
    case 0x0d:
      return view.getUint32(at, true) === 0 ? 'false' : 'true';
    case 0x0f:
      return guidText(view, at);
    case VALUE.fileTime:
      return fileTimeText(view, at);
    case 0x12:
      return systemTimeText(view, at);
    case VALUE.hex32:
      return `0x${view.getUint32(at, true).toString(16)}`;
    case VALUE.hex64:
      return view.getUint32(at + 4, true) === 0
        ? `0x${view.getUint32(at, true).toString(16)}`
        : `0x${view.getBigUint64(at, true).toString(16)}`;
    default:
      return String(wholeNumber(view, type, at, end));
  }
}

function sizeText(view: DataView, at: number, end: number): string {
  if (end - at === 4) return fixedText(view, VALUE.hex32, at, end);
  return end - at === 8 ? fixedText(view, VALUE.hex64, at, end) : hexText(view, at, end - at);
}

/** The text of one value; nested XML and what has no value give none. */
export function valueText(
  bytes: Uint8Array,
  view: DataView,
  type: number,
  start: number,
  end: number,
): string {
  if (start >= end) return '';
  if (type & LIST) return listTexts(bytes, view, type, start, end).join(', ');
  const size = SIZES[type];
  if (size !== undefined)
    return end - start === size ? fixedText(view, type, start, end) : hexText(view, start, end - start);
  switch (type) {
    case VALUE.none:
    case VALUE.xml:
      return '';
    case VALUE.text:
    case 0x23:
      return utf16Text(bytes, start, end);
    case 0x02:
      return ansi.decode(bytes.subarray(start, end)).replace(/\0+$/, '');
    case 0x10:
      return sizeText(view, start, end);
    case 0x13:
      return sidBytes(view, start, end) === end - start
        ? sidText(view, start)
        : hexText(view, start, end - start);
    default:
      return hexText(view, start, end - start);
  }
}

/** The texts of a list, of which each has an element of its own ([MS-EVEN6] 3.1.4.7.5); of any other value its one text. */
export function listTexts(
  bytes: Uint8Array,
  view: DataView,
  type: number,
  start: number,
  end: number,
): string[] {
  if (!(type & LIST)) return [valueText(bytes, view, type, start, end)];
  const one = type & ~LIST;
  if (one === VALUE.text) {
    const texts = utf16.decode(bytes.subarray(start, start + ((end - start) & ~1))).split('\0');
    // Each ends with a NUL.
    if (texts.at(-1) === '') texts.pop();
    return texts;
  }
  if (one === 0x02) {
    const texts = ansi.decode(bytes.subarray(start, end)).split('\0');
    if (texts.at(-1) === '') texts.pop();
    return texts;
  }
  const texts: string[] = [];
  const size = SIZES[one] ?? 0;
  for (let at = start; at < end;) {
    const length = one === 0x13 ? sidBytes(view, at, end) : size;
    if (length === 0 || at + length > end) return [...texts, hexText(view, at, end - at)];
    texts.push(valueText(bytes, view, one, at, at + length));
    at += length;
  }
  return texts;
}
