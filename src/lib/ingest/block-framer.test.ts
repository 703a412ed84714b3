import { describe, expect, it } from 'vitest';
import type { Format } from '../formats/format';
import { parseRangeAs, type RangeResult } from './parse-range';
import { planRanges } from './plan';

const BLOCKS = { headerBytes: 10, blockBytes: 100 };

/** Blocks as such: each is a record of the kind that its first byte, its length and its offset are. */
function blocksFormat(sizeBytes: number): Format {
  return {
    ...{ id: 'blocks', label: 'blocks', framing: 'blocks', splittable: true, tables: [] },
    blocks: { ...BLOCKS, sizeBytes: () => sizeBytes },
    sniff: () => 0,
    parser: ({ sink }) => ({
      records: 0,
      record(bytes, start, end, offset) {
        (this as { records: number }).records += 1;
        sink.skip(`${bytes[start]} ${end - start} ${offset}`);
      },
    }),
  };
}

/** A header and so many bytes, of which each tells the block that it is of. */
function source(bytes: number): Blob {
  return new Blob([new Uint8Array(10), Uint8Array.from({ length: bytes }, (_, i) => Math.floor(i / 100))]);
}

async function read(
  blob: Blob,
  range: readonly [number, number],
  sliceBytes = 1 << 20,
  sizeBytes = 0,
): Promise<RangeResult> {
  const head = { bytes: new Uint8Array(), text: '', lines: [], isWhole: false };
  const [startByte, endByte] = range;
  return parseRangeAs(
    blocksFormat(sizeBytes),
    { blob, container: 'none', head, options: {}, range: { index: 0, startByte, endByte } },
    { onSegment: () => undefined, onProgress: () => undefined },
    undefined,
    { sliceBytes },
  );
}

describe('BlockFramer', () => {
  it('gives each block whole, however its bytes arrive, and what there is of the last', async () => {
    const blob = source(430);
    for (const sliceBytes of [1, 7, 99, 100, 101, 250, 1000]) {
      const { records, skipped, isCut } = await read(blob, [0, blob.size], sliceBytes);
      expect(Object.keys(skipped), `${sliceBytes}`).toEqual([
        ...['0 100 10', '1 100 110', '2 100 210', '3 100 310', '4 30 410'],
      ]);
      expect([records, isCut]).toEqual([5, true]);
    }
  });

  it('gives a range the blocks that begin in it, wherever it is cut', async () => {
    const blob = source(500);
    for (const cut of [0, 5, 10, 11, 109, 110, 111, 400, 410, 411, 509, 510]) {
      const first = await read(blob, [0, cut], 64);
      const second = await read(blob, [cut, blob.size], 64);
      expect(Object.keys({ ...first.skipped, ...second.skipped }), `${cut}`).toHaveLength(5);
      expect(first.records + second.records, `${cut}`).toBe(5);
      expect([first.isCut, second.isCut]).toEqual([false, false]);
    }
  });

  it('says of a source that ends before its header says so, once', async () => {
    const blob = source(300);
    const whole = await read(blob, [0, blob.size], 64, 310);
    expect([whole.notes, whole.isCut]).toEqual([[], false]);
    const cut = await read(blob, [110, blob.size], 64, 510);
    expect(cut.notes).toEqual([expect.stringContaining('the file is 200 B longer')]);
    expect(cut.isCut).toBe(true);
    expect((await read(blob, [0, 110], 64, 510)).notes).toEqual([]);
  });

  it('lets plain files of blocks be shared out', () => {
    expect(planRanges(100_000_000, blocksFormat(0), 'none', 4)).toHaveLength(4);
  });
});
