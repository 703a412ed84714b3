import { encodeUtf8 } from '../base/bytes';
import { lendBlocks, readSlices, SLICE_BYTES, type SliceOptions } from './chunks';
import { encodingOf, layersOf, PLAIN, type Container, type Layer } from './container';
import { gunzip } from './gunzip';
import type { ByteSource } from './held-bytes';
import { bunzip2 } from './unpack/bzip2';
import { UnpackGuard, UNPACK_LIMITS, type UnpackLimits, type UnpackShare } from './unpack/limits';
import type { UnpackOutcome } from './unpack/outcome';
import { unxz } from './unpack/xz';
import { unzstd } from './unpack/zstd';

/** A source's text as bytes, whatever it is packed in, with what became known on the way. */
export interface ByteStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file as given that were read so far. */
  readonly bytesRead: () => number;
  readonly outcome: UnpackOutcome;
}

export interface StreamOptions extends SliceOptions {
  /** Set for a file out of an archive. */
  readonly share?: UnpackShare;
}

const COMPRESSED_SLICE_BYTES = 4 * 1024 * 1024;

/**
 * Opens a blob's text. Ranges are for plain files only: `startByte` and `endByte` are ignored for all other containers. Reading throws a
 * FailureError once what comes out of a packed file passes the limits: out of one packing, or out of all of them together.
 */
export function openStream(
  blob: ByteSource,
  container: Container,
  options: StreamOptions = {},
  limits: UnpackLimits = UNPACK_LIMITS,
): ByteStream {
  const outcome: UnpackOutcome = { isCut: false, notes: [] };
  let bytesRead = 0;
  const counted = async function* (slices: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    bytesRead = 0;
    for await (const slice of slices) {
      bytesRead += slice.length;
      yield slice;
    }
  };
  if (container === PLAIN)
    return { chunks: counted(lendBlocks(blob, options)), bytesRead: () => bytesRead, outcome };
  const layers = layersOf(container);
  const { signal, share } = options;
  const sliceBytes = options.sliceBytes ?? (layers.length > 0 ? COMPRESSED_SLICE_BYTES : SLICE_BYTES);
  let open = (): AsyncIterable<Uint8Array> => counted(readSlices(blob, { signal, sliceBytes }));
  for (const layer of layers) {
    const outer = open;
    open = () => unpackLayer(outer, layer, outcome, limits);
  }
  if (layers.length > 1 || (layers.length > 0 && share)) {
    const inner = open;
    const packedBytes = (): number => bytesRead * (share ? share.packedBytes / blob.size : 1);
    open = () =>
      watched(inner(), packedBytes, { ...limits, freeBytes: share?.freeBytes ?? limits.freeBytes });
  }
  const encoding = encodingOf(container);
  const chunks = encoding === 'utf-8' ? open() : toUtf8(open(), encoding);
  return { chunks, bytesRead: () => bytesRead, outcome };
}

/** Holds what comes out of all packings against what was read. */
async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  packedBytes: () => number,
  limits: UnpackLimits,
): AsyncGenerator<Uint8Array> {
  const guard = new UnpackGuard(limits);
  let told = 0;
  for await (const piece of pieces) {
    const packed = packedBytes();
    guard.addPacked(packed - told);
    told = packed;
    guard.addUnpacked(piece.length);
    yield piece;
  }
}

/** Takes one packing off. `open` gives the packed bytes from their beginning; gzip may ask for them twice. */
async function* unpackLayer(
  open: () => AsyncIterable<Uint8Array>,
  layer: Layer,
  outcome: UnpackOutcome,
  limits: UnpackLimits,
): AsyncGenerator<Uint8Array> {
  let guard = new UnpackGuard(limits);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    guard = new UnpackGuard(limits);
    for await (const piece of open()) {
      guard.addPacked(piece.length);
      yield piece;
    }
  };
  for await (const piece of unpackerOf(layer, counted, outcome, limits)) {
    guard.addUnpacked(piece.length);
    yield piece;
  }
}

function unpackerOf(
  layer: Layer,
  open: () => AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
  { maxWindowBytes }: UnpackLimits,
): AsyncIterable<Uint8Array> {
  switch (layer) {
    case 'gzip':
      return gunzip(open, outcome);
    case 'bzip2':
      return bunzip2(open(), outcome);
    case 'xz':
      return unxz(open(), outcome, maxWindowBytes);
    case 'zstd':
      return unzstd(open(), outcome, maxWindowBytes);
  }
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
