import { indexOfAscii, startsWithAscii } from '../base/bytes';

/**
 * What stands between a file's bytes and its text. Offsets of rows count in the text's bytes: of the decompressed stream, and as
 * UTF-8 where the file is UTF-16.
 */
export type Container = 'none' | 'gzip' | 'utf-16le' | 'utf-16be' | 'gzip+utf-16le' | 'gzip+utf-16be';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

export function isGzip(container: Container): boolean {
  return container.startsWith('gzip');
}

export function encodingOf(container: Container): TextEncoding {
  if (container.endsWith('utf-16le')) return 'utf-16le';
  return container.endsWith('utf-16be') ? 'utf-16be' : 'utf-8';
}

export function containerFor(gzip: boolean, encoding: TextEncoding): Container {
  if (encoding === 'utf-8') return gzip ? 'gzip' : 'none';
  return gzip ? `gzip+${encoding}` : encoding;
}

/** RFC 1952, section 2.3.1: the two identification bytes, then the only compression method there is. */
export function startsWithGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
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

/** First bytes of files that hold no log text as they stand, and what a person would call them. */
const MAGIC: readonly (readonly [readonly number[], string, string])[] = [
  [[0x50, 0x4b, 3, 4], 'a zip archive', 'Unpack it and load what is inside.'],
  [[0x50, 0x4b, 5, 6], 'an empty zip archive', 'Unpack it and load what is inside.'],
  [[0x42, 0x5a, 0x68], 'compressed with bzip2', 'Unpack it (bunzip2) and load the result.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'compressed with xz', 'Unpack it (unxz) and load the result.'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd', 'Unpack it (unzstd) and load the result.'],
  [[0x04, 0x22, 0x4d, 0x18], 'compressed with lz4', 'Unpack it and load the result.'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'a 7-Zip archive', 'Unpack it and load what is inside.'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'Export the records as text (CSV or JSON) and load that.'],
  [[0x4f, 0x62, 0x6a, 1], 'an Avro file', 'Export the records as text (CSV or JSON) and load that.'],
  [[0xd4, 0xc3, 0xb2, 0xa1], 'a packet capture', 'Run Zeek over it and load the conn.log.'],
  [[0xa1, 0xb2, 0xc3, 0xd4], 'a packet capture', 'Run Zeek over it and load the conn.log.'],
  [[0x0a, 0x0d, 0x0d, 0x0a], 'a packet capture (pcapng)', 'Run Zeek over it and load the conn.log.'],
  [[0x45, 0x6c, 0x66, 0x46, 0x69, 0x6c, 0x65, 0], 'a Windows event log (EVTX)', 'Export its events as JSON.'],
  [[0x7f, 0x45, 0x4c, 0x46], 'a program (ELF)', 'Load the logs that it wrote.'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20], 'an SQLite database', 'Export its records as CSV.'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture (PNG)', 'Load the logs themselves.'],
  [[0xff, 0xd8, 0xff], 'a picture (JPEG)', 'Load the logs themselves.'],
  [[0x25, 0x50, 0x44, 0x46, 0x2d], 'a PDF document', 'Load the logs themselves.'],
  [[0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48], 'a systemd journal', 'Export it: journalctl -o json.'],
];

const TAR_MAGIC_AT = 257;

/** What kind of file that is, and what to do with it, when its first bytes are those of a known container without log text. */
export function knownBinary(bytes: Uint8Array): { readonly kind: string; readonly todo: string } | undefined {
  for (const [magic, kind, todo] of MAGIC) {
    if (bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)) return { kind, todo };
  }
  if (startsWithAscii(bytes, 'ustar', TAR_MAGIC_AT, bytes.length))
    return { kind: 'a tar archive', todo: 'Unpack it and load what is inside.' };
  if (
    startsWithAscii(bytes, 'MZ', 0, bytes.length) &&
    indexOfAscii(bytes, 'This program', 0, Math.min(bytes.length, 512)) !== -1
  )
    return { kind: 'a Windows program', todo: 'Load the logs that it wrote.' };
  return undefined;
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
