import { encodeUtf8 } from '../base/bytes';
import { readSlices, SLICE_BYTES, type SliceOptions } from './chunks';
import { encodingOf, isGzip, type Container } from './container';
import { gunzip, type GunzipOutcome } from './gunzip';

/** A source's text as bytes, whatever it is packed in, with what became known on the way. */
export interface ByteStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file as given that were read so far. */
  readonly bytesRead: () => number;
  readonly outcome: GunzipOutcome;
}

const COMPRESSED_SLICE_BYTES = 4 * 1024 * 1024;

/** Opens a blob's text. Ranges are for plain files only: `startByte` and `endByte` are ignored for all other containers. */
export function openStream(blob: Blob, container: Container, options: SliceOptions = {}): ByteStream {
  const outcome: GunzipOutcome = { isCut: false, notes: [] };
  let bytesRead = 0;
  const counted = async function* (slices: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    bytesRead = 0;
    for await (const slice of slices) {
      bytesRead += slice.length;
      yield slice;
    }
  };
  const { signal, sliceBytes } = options;
  let chunks: AsyncIterable<Uint8Array>;
  if (container === 'none') chunks = counted(readSlices(blob, options));
  else {
    const open = (): AsyncIterable<Uint8Array> =>
      counted(
        readSlices(blob, {
          signal,
          sliceBytes: sliceBytes ?? (isGzip(container) ? COMPRESSED_SLICE_BYTES : SLICE_BYTES),
        }),
      );
    const bytes = isGzip(container) ? gunzip(open, outcome) : open();
    const encoding = encodingOf(container);
    chunks = encoding === 'utf-8' ? bytes : toUtf8(bytes, encoding);
  }
  return { chunks, bytesRead: () => bytesRead, outcome };
}

/** UTF-16 to UTF-8. Lone surrogates become U+FFFD; the byte-order mark is dropped. */
async function* toUtf8(source: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of source) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield encodeUtf8(text);
  }
  const rest = decoder.decode();
  if (rest !== '') yield encodeUtf8(rest);
}
