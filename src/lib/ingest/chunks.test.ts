import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lendBlocks } from './chunks';

beforeEach(() => {
  // The timers of the stall alone: promises and message channels go on as they are.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A blob whose byte stream gives its first bytes and then nothing, as browsers' streams were seen to do. */
class StallingBlob extends Blob {
  readonly #given: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, given: number) {
    super([bytes]);
    this.#given = given;
  }

  override slice(start?: number, end?: number): Blob {
    return start === 0 && end === undefined ? this : super.slice(start, end);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let isFirst = true;
    const given = this.#given;
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (!isFirst) return new Promise(() => undefined);
        isFirst = false;
        controller.enqueue(new Uint8Array(given).fill(7));
        return undefined;
      },
    });
  }
}

test.each([0, 1, 1000])(
  'a stream that stalls after %i blocks is left, and all bytes come all the same',
  async (blocks) => {
    const blockBytes = 64;
    const bytes = new Uint8Array(blockBytes * 2000).fill(7);
    const read: number[] = [];
    const all = (async () => {
      const options = { sliceBytes: blockBytes };
      for await (const block of lendBlocks(new StallingBlob(bytes, blocks * blockBytes || 1), options))
        read.push(...block);
    })();
    const clock = setInterval(() => vi.advanceTimersByTime(500), 1);
    await all.finally(() => clearInterval(clock));
    expect(read.length).toBe(bytes.length);
    expect(read.every((byte) => byte === 7)).toBe(true);
  },
);
