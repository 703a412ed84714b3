import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesOf, cut, places } from '../../../tests/fixtures/ingest/split';
import { gunzip } from './gunzip';
import type { UnpackOutcome } from './unpack/outcome';

/** As browsers do it: the first member is delivered (here only its first bytes), then whatever follows is an error. */
class OneMemberStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  constructor() {
    let control: ReadableStreamDefaultController<Uint8Array> | undefined;
    this.readable = new ReadableStream({ start: (controller) => void (control = controller) });
    this.writable = new WritableStream({
      write: () => {
        control?.enqueue(bytesOf('first '));
        control?.error(new TypeError('Junk found after end of compressed data.'));
        throw new TypeError('Junk found after end of compressed data.');
      },
    });
  }
}

afterEach(() => vi.unstubAllGlobals());

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function unpack(chunks: readonly Uint8Array[]): Promise<UnpackOutcome & { text: string }> {
  const outcome: UnpackOutcome = { isCut: false, notes: [] };
  const parts: Uint8Array[] = [];
  for await (const piece of gunzip(() => stream(chunks), outcome)) parts.push(piece.slice());
  return { ...outcome, text: Buffer.concat(parts).toString() };
}

const members = Buffer.concat([
  gzipSync('first member\n'),
  gzipSync('second\n'),
  gzipSync(''),
  gzipSync('last\n'),
]);
const whole = 'first member\nsecond\nlast\n';

/** The platform's decoder as it is here, one that knows a single member, and none at all. */
const platforms: [string, () => void][] = [
  ['the platform', () => undefined],
  ['a platform that stops at the first member', () => vi.stubGlobal('DecompressionStream', OneMemberStream)],
  ['no decoder of the platform', () => vi.stubGlobal('DecompressionStream', undefined)],
];

describe.each(platforms)('gunzip with %s', (_name, prepare) => {
  it('reads every member', async () => {
    prepare();
    expect(await unpack([members])).toEqual({ isCut: false, notes: [], text: whole });
  });

  it('reads every member wherever the file is cut into chunks', async () => {
    prepare();
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        expect((await unpack(cut(members, cuts))).text).toBe(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('passes over zeros behind the end', async () => {
    prepare();
    const padded = Buffer.concat([members, Buffer.alloc(512)]);
    expect(await unpack([padded])).toEqual({ isCut: false, notes: [], text: whole });
  });

  it('gives what could be decompressed of a truncated file, and says so', async () => {
    prepare();
    const text = 'first ' + Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919}\n`).join('');
    const packed = gzipSync(text);
    const { text: got, isCut, notes } = await unpack([packed.subarray(0, packed.length / 2)]);
    expect(isCut).toBe(true);
    expect(text.startsWith(got)).toBe(true);
    expect(got.length).toBeGreaterThan(text.length * 0.4);
    expect(notes.join()).toContain('cut off before its end');
  });

  it('gives what comes before damage, and says where it begins', async () => {
    prepare();
    const damaged = Buffer.concat([gzipSync('first member\n'), gzipSync('second\n'.repeat(50))]);
    damaged[damaged.length - 6]! ^= 0xff;
    const { text, isCut, notes } = await unpack([damaged]);
    expect(isCut).toBe(true);
    expect(text.startsWith('first member\nsecond\n')).toBe(true);
    expect(notes.join()).toMatch(/damaged.* \(what came out does not match the checksum/);
  });

  it('leaves out what follows and is no gzip data', async () => {
    prepare();
    const { text, notes } = await unpack([Buffer.concat([members, Buffer.from('junk')])]);
    expect(text).toBe(whole);
    expect(notes).toHaveLength(1);
  });
});

describe('gunzip', () => {
  it('lets go of a stream whose reader has seen enough', async () => {
    const packed = gzipSync(Buffer.alloc(40_000_000, 'log line\n'));
    const outcome: UnpackOutcome = { isCut: false, notes: [] };
    for await (const piece of gunzip(() => stream([packed]), outcome)) {
      expect(piece.length).toBeGreaterThan(1000);
      break;
    }
    expect(outcome).toEqual({ isCut: false, notes: [] });
  });

  it('passes on a failure of the source itself', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(members.subarray(0, 30));
      throw new Error('the disk is gone');
    }
    const outcome: UnpackOutcome = { isCut: false, notes: [] };
    const read = async (): Promise<void> => {
      for await (const piece of gunzip(failing, outcome)) expect(piece).toBeDefined();
    };
    await expect(read()).rejects.toThrow('the disk is gone');
  });
});
