import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes';
import { MessageCache } from './message-cache';

describe('what messages mean', () => {
  it('is known again by all of their bytes, wherever they lie', () => {
    const cache = new MessageCache<number>();
    const texts = Array.from({ length: 2000 }, (_, i) => `ops : TTY=pts/${i % 7} ; COMMAND=/bin/${i}`);
    for (const [i, text] of texts.entries()) {
      const bytes = encodeUtf8(text);
      const known = cache.get(bytes, 0, bytes.length);
      expect(known).toBeUndefined();
      cache.set(bytes, 0, bytes.length, i);
      const other = encodeUtf8(`Mar 10 ${text} `);
      expect(cache.get(other, 7, other.length - 1)).toBe(i);
      expect(cache.get(other, 7, other.length)).toBeUndefined();
    }
  });

  it('is not kept of those that would take much memory', () => {
    const cache = new MessageCache<number>();
    const bytes = new Uint8Array(100_000).fill(65);
    cache.set(bytes, 0, bytes.length, 1);
    expect(cache.get(bytes, 0, bytes.length)).toBeUndefined();
  });
});
