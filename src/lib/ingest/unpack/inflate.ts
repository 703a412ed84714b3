import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from 'pako';
import { Damaged } from '../../base/damaged';
import { CutOff, tolerant, type UnpackOutcome } from './outcome';

const OUTPUT_BYTES = 1 << 20;
/** zlib's way to say: no header, no checksum. */
const RAW_WINDOW_BITS = -15;

export interface InflateOutcome extends UnpackOutcome {
  /** Bytes that the data took, once its end was seen. */
  packedBytes?: number;
}

/** Raw deflate data, as members of a zip archive are. What follows its end is left alone. */
export function inflateRaw(
  source: AsyncIterable<Uint8Array>,
  outcome: InflateOutcome,
): AsyncGenerator<Uint8Array> {
  return tolerant(pieces(source, outcome), outcome);
}

async function* pieces(
  source: AsyncIterable<Uint8Array>,
  outcome: InflateOutcome,
): AsyncGenerator<Uint8Array> {
  const stream = new ZStream();
  zlibInflateInit2(stream, RAW_WINDOW_BITS);
  let before = 0;
  for await (const slice of source) {
    stream.input = slice;
    stream.next_in = 0;
    stream.avail_in = slice.length;
    do {
      stream.output = new Uint8Array(OUTPUT_BYTES);
      stream.next_out = 0;
      stream.avail_out = OUTPUT_BYTES;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      if (stream.next_out > 0) yield stream.output.subarray(0, stream.next_out);
      if (status === Z_STREAM_END) {
        outcome.packedBytes = before + stream.next_in;
        return;
      }
      if (status !== Z_OK && status !== Z_BUF_ERROR) throw new Damaged(stream.msg || `zlib status ${status}`);
    } while (stream.avail_in > 0 || stream.avail_out === 0);
    before += slice.length;
  }
  throw new CutOff();
}
