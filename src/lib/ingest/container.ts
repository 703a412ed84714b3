import { indexOfAscii, startsWithAscii } from '../base/bytes';
import { officeDocumentOf, otherFileOf, type OtherFile } from './other-files';

/** A packing of one stream, by what its first bytes say. */
export type Layer = 'gzip' | 'bzip2' | 'xz' | 'zstd';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * What stands between a file's bytes and its text: `none`, or packings from the outermost to the innermost and an encoding, joined by
 * plus signs (`gzip`, `xz+utf-16le`, `bzip2+gzip`). Offsets of rows count in the text's bytes: of the decompressed stream, and as UTF-8 where
 * the file is UTF-16.
 */
export type Container = string;

export const PLAIN: Container = 'none';

const LAYERS: readonly (readonly [Layer, readonly number[]])[] = [
  // RFC 1952, section 2.3.1: the two identification bytes, then the only compression method there is.
  ['gzip', [0x1f, 0x8b, 8]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** The packings of a container, outermost first. Throws a RangeError for a container that nothing here has named. */
export function layersOf(container: Container): readonly Layer[] {
  if (container === PLAIN) return [];
  return container
    .split('+')
    .filter((part) => !part.startsWith('utf-16'))
    .map((part) => {
      const known = LAYERS.find(([layer]) => layer === part);
      if (!known) throw new RangeError(`unknown container ${container}`);
      return known[0];
    });
}

export function encodingOf(container: Container): TextEncoding {
  if (container.endsWith('utf-16le')) return 'utf-16le';
  return container.endsWith('utf-16be') ? 'utf-16be' : 'utf-8';
}

export function containerOf(layers: readonly Layer[], encoding: TextEncoding = 'utf-8'): Container {
  const parts = encoding === 'utf-8' ? layers : [...layers, encoding];
  return parts.length === 0 ? PLAIN : parts.join('+');
}

/** The packing that these first bytes of a stream begin. */
export function layerOf(bytes: Uint8Array): Layer | undefined {
  for (const [layer, magic] of LAYERS)
    if (magic.every((byte, i) => bytes[i] === byte)) {
      // "BZh" may begin a line of text; what follows it in bzip2 (a level, then a block's or the end's magic) may not.
      if (layer === 'bzip2' && !isBzip2(bytes)) continue;
      return layer;
    }
  return undefined;
}

function isBzip2(bytes: Uint8Array): boolean {
  const [level = 0, mark] = bytes.subarray(3, 5);
  return level >= 0x31 && level <= 0x39 && (mark === 0x31 || mark === 0x17 || mark === undefined);
}

const UTF16_PROBE = 1024;

/**
 * UTF-16 by its byte-order mark, or by the zero bytes that ASCII text has in every second place. Windows tools (`Out-File`, event
 * log exports) write it.
 */
export function encodingOfText(bytes: Uint8Array): TextEncoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const length = Math.min(bytes.length, UTF16_PROBE) & ~1;
  if (length < 8) return 'utf-8';
  let evenZeros = 0;
  let oddZeros = 0;
  for (let i = 0; i < length; i += 2) {
    if (bytes[i] === 0) evenZeros += 1;
    if (bytes[i + 1] === 0) oddZeros += 1;
  }
  const pairs = length / 2;
  if (oddZeros > pairs * 0.7 && evenZeros < pairs * 0.1) return 'utf-16le';
  if (evenZeros > pairs * 0.7 && oddZeros < pairs * 0.1) return 'utf-16be';
  return 'utf-8';
}

const CAPTURE_AGAIN = 'Get the file again from where it was captured.';
const CAPTURE_CONVERT = 'Convert it with Wireshark’s editcap -F pcap, and load the result.';

/** First bytes of files that hold no log text as they stand, and what a person would call them. */
const MAGIC: readonly (readonly [readonly number[], string, string])[] = [
  [[0x04, 0x22, 0x4d, 0x18], 'compressed with lz4', 'Unpack it and load the result.'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'a 7-Zip archive', 'Unpack it and load what is inside.'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'Export the records as text (CSV or JSON) and load that.'],
  [[0x4f, 0x62, 0x6a, 1], 'an Avro file', 'Export the records as text (CSV or JSON) and load that.'],
  // Of a capture that is read, the format is sure.
  [[0xd4, 0xc3, 0xb2, 0xa1], 'a packet capture whose header is damaged or cut off', CAPTURE_AGAIN],
  [[0xa1, 0xb2, 0xc3, 0xd4], 'a packet capture whose header is damaged or cut off', CAPTURE_AGAIN],
  [[0x4d, 0x3c, 0xb2, 0xa1], 'a packet capture whose header is damaged or cut off', CAPTURE_AGAIN],
  [[0xa1, 0xb2, 0x3c, 0x4d], 'a packet capture whose header is damaged or cut off', CAPTURE_AGAIN],
  [[0x0a, 0x0d, 0x0d, 0x0a], 'a packet capture (pcapng) whose header is damaged or cut off', CAPTURE_AGAIN],
  [[0x34, 0xcd, 0xb2, 0xa1], 'a packet capture in a layout of old Linux', CAPTURE_CONVERT],
  [[0xa1, 0xb2, 0xcd, 0x34], 'a packet capture in a layout of old Linux', CAPTURE_CONVERT],
  [[0x73, 0x6e, 0x6f, 0x6f, 0x70, 0], 'a packet capture of Solaris (snoop)', CAPTURE_CONVERT],
  [[0x7f, 0x45, 0x4c, 0x46], 'a program (ELF)', 'Load the logs that it wrote.'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20], 'an SQLite database', 'Export its records as CSV.'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture (PNG)', 'Load the logs themselves.'],
  [[0xff, 0xd8, 0xff], 'a picture (JPEG)', 'Load the logs themselves.'],
  [[0x25, 0x50, 0x44, 0x46, 0x2d], 'a PDF document', 'Load the logs themselves.'],
];

/** What kind of file that is, and what to do with it, when its first bytes are those of a known container without log text. */
export function knownBinary(bytes: Uint8Array): OtherFile | undefined {
  for (const [magic, kind, todo] of MAGIC) {
    if (bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)) return { kind, todo };
  }
  if (startsWithAscii(bytes, 'ustar', TAR_MAGIC_AT, bytes.length))
    return {
      kind: 'a tar archive whose first header is damaged',
      todo: 'Get the file again from where it was copied.',
    };
  if (
    startsWithAscii(bytes, 'MZ', 0, bytes.length) &&
    indexOfAscii(bytes, 'This program', 0, Math.min(bytes.length, 512)) !== -1
  )
    return { kind: 'a Windows program', todo: 'Load the logs that it wrote.' };
  return otherFileOf(bytes);
}

/** An archive of several files. */
export type Archive = 'zip' | 'tar';

/** The archive that a stream with these first bytes (512 of them, for a tar) is. What Office keeps in a zip is one document. */
export function archiveOf(bytes: Uint8Array): Archive | undefined {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] as number) + 1 === bytes[3];
  // A local header, the directory's end (of an empty archive), or the mark of a spanned one.
  if (isZip && (bytes[2] === 3 || bytes[2] === 5 || bytes[2] === 7))
    return officeDocumentOf(bytes) ? undefined : 'zip';
  return bytes.length >= TAR_BLOCK_BYTES && isTarHeader(bytes) ? 'tar' : undefined;
}

export const TAR_BLOCK_BYTES = 512;
const TAR_CHECKSUM_AT = 148;
const TAR_MAGIC_AT = 257;

/**
 * By its checksum, which every tar since 1979 has (https://www.gnu.org/software/tar/manual/html_node/Standard.html): the sum of the
 * header's bytes with blanks for the checksum itself. Some old tars summed signed bytes.
 */
export function isTarHeader(block: Uint8Array): boolean {
  let [unsigned, signed] = [0, 0];
  for (let i = 0; i < TAR_BLOCK_BYTES; i++) {
    const byte = i >= TAR_CHECKSUM_AT && i < TAR_CHECKSUM_AT + 8 ? 0x20 : (block[i] as number);
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const text = String.fromCharCode(...block.subarray(TAR_CHECKSUM_AT, TAR_CHECKSUM_AT + 8));
  const stated = /^[ \0]*([0-7]+)[ \0]*$/.exec(text)?.[1];
  const sum = stated === undefined ? Number.NaN : Number.parseInt(stated, 8);
  return block[0] !== 0 && (sum === unsigned || sum === signed);
}

const BINARY_SHARE = 0.1;

/**
 * Whether bytes are no text in any encoding we read: more than a tenth of them are control characters or no valid UTF-8. NUL counts
 * for itself only when hardly anything else is there: logs of a machine that crashed hold runs of it.
 */
export function looksBinary(bytes: Uint8Array): boolean {
  let nuls = 0;
  let odd = 0;
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i] as number;
    if (byte === 0) nuls += 1;
    else if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 && byte !== 0x1b : byte === 0x7f)
      odd += 1;
    if (byte < 0x80) {
      i += 1;
      continue;
    }
    const length =
      byte >= 0xc2 && byte < 0xe0 ? 2 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
    let valid = length > 0;
    for (let k = 1; k < length && i + k < bytes.length; k++)
      if (((bytes[i + k] as number) & 0xc0) !== 0x80) valid = false;
    if (!valid) odd += 1;
    i += valid ? length : 1;
  }
  const rest = bytes.length - nuls;
  return rest === 0 ? nuls > 0 : odd / rest > BINARY_SHARE || nuls > 4 * rest;
}
