import { describe, expect, it } from 'vitest';
import { Damaged } from '../../base/damaged';
import { ZstdBlocks } from '../../base/zstd-block';
import { unpackedStart } from '../../formats/shared/journal-payload';
import type { UnpackOutcome } from './outcome';
import { unzstd } from './zstd';

/** Codes of the lengths of literals and matches (RFC 8878, tables 16 and 17), each the same for all sequences. */
const LONGEST = { literals: 35, match: 52 };
const SHORTEST = { literals: 0, match: 0 };

/** A block of one literal. `tail`: the bits that its sequences take besides their codes. */
function block(sequences: number, codes: typeof LONGEST, tail: readonly number[] = [0x80]): Uint8Array {
  const count = [128 + (sequences >> 8), sequences & 0xff];
  return Uint8Array.from([0x01 | (1 << 3), 0x78, ...count, 0x54, codes.literals, 0, codes.match, ...tail]);
}

/** A frame of one block, with a window of 2 ** 19 bytes. */
function frame(content: Uint8Array): Uint8Array {
  const header = (content.length << 3) | (2 << 1) | 1;
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 9 << 3, header & 0xff, header >> 8, 0, ...content]);
}

async function unpacked(bytes: Uint8Array): Promise<{ length: number; outcome: UnpackOutcome }> {
  const outcome: UnpackOutcome = { notes: [], isCut: false };
  let length = 0;
  const source = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  for await (const piece of unzstd(source, outcome)) length += piece.length;
  return { length, outcome };
}

describe('blocks of zstd', () => {
  const check = (content: Uint8Array): void => new ZstdBlocks().check(content, 0, content.length);

  it('are refused where their matches are longer than a block may be', () => {
    expect(() => check(block(2000, LONGEST))).toThrow(Damaged);
    // With all the bits that the codes take: 32 a sequence.
    expect(() => check(block(300, LONGEST, [...new Array<number>(1200).fill(0), 1]))).toThrow(
      'more than a block',
    );
    // Three bytes a match are no more than a block has room for.
    expect(() => check(block(2000, SHORTEST))).not.toThrow();
  });

  it('are refused before they keep the reader of a file or of a journal busy', async () => {
    const file = frame(block(2000, LONGEST));
    const { length, outcome } = await unpacked(file);
    expect(length).toBe(0);
    expect(outcome.isCut).toBe(true);
    expect(unpackedStart(file, 4, 1 << 16)).toBeNull();
    expect((await unpacked(frame(block(2000, SHORTEST)))).length).toBe(6001);
  });
});
