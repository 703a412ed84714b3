import { describe, expect, it } from 'vitest';
import { toJson } from './findings-json';

describe('toJson', () => {
  it('gives whole microseconds, null for what is unknown or endless, and drops what is undefined', () => {
    expect(
      toJson({
        atUs: 1.6,
        openedUs: -Infinity,
        closedUs: Number.NaN,
        score: 0.25,
        label: undefined,
        list: [Number.NaN, 2],
      }),
    ).toEqual({ atUs: 2, openedUs: null, closedUs: null, score: 0.25, list: [null, 2] });
  });

  it('keeps names from logs that are special in objects', () => {
    const value = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as unknown;
    expect(JSON.stringify(toJson(value))).toBe('{"__proto__":{"a":1},"constructor":2}');
  });
});
