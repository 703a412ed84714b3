import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, indexOfAscii, indexOfByte, parseDecimal, startsWithAscii } from './bytes';

describe('bytes', () => {
  it('decode like the platform, short and long, and show invalid UTF-8 instead of failing', () => {
    const platform = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 30 }), (bytes, start) => {
        const from = Math.min(start, bytes.length);
        expect(decodeUtf8(bytes, from, bytes.length)).toBe(platform.decode(bytes.subarray(from)));
      }),
    );
    expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\uFFFDb');
  });

  it('are searched within bounds only', () => {
    const bytes = encodeUtf8('sshd[12]: Failed password for root');
    expect(indexOfByte(bytes, 0x3a, 0, bytes.length)).toBe(8);
    expect(indexOfByte(bytes, 0x3a, 0, 8)).toBe(-1);
    expect(indexOfAscii(bytes, ' for ', 0, bytes.length)).toBe(25);
    expect(indexOfAscii(bytes, ' for ', 0, 28)).toBe(-1);
    expect(startsWithAscii(bytes, 'Failed', 10, bytes.length)).toBe(true);
    expect(startsWithAscii(bytes, 'Failed', 10, 15)).toBe(false);
  });

  it('give decimal numbers, or NaN for anything that is none', () => {
    const read = (text: string): number => parseDecimal(encodeUtf8(text), 0, text.length);
    expect([read('0'), read('4294967296'), read('007')]).toEqual([0, 4294967296, 7]);
    for (const text of ['', '-', '-1', '1.5', '1e3', ' 1', '１']) expect(read(text)).toBeNaN();
  });
});
