import { describe, expect, it } from 'vitest';
import { emptyFindings } from '../../../tests/support/findings';
import type { Micros } from '../base/brand';
import { toContract, toJson } from './findings-json';

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

describe('toContract', () => {
  it('gives the times of a rule that was opened over and over once for all its machines', () => {
    const times = [
      { openedUs: 1 as Micros, closedUs: 2 as Micros },
      { openedUs: 3 as Micros, closedUs: Number.NaN as Micros },
    ];
    const window = {
      ...{ port: 22, proto: 'tcp', service: '22/tcp', basis: [], flags: [], sessions: 0, actors: 0 },
      ...{ openedUs: 1 as Micros, closedUs: Number.NaN as Micros },
    };
    const { exposure, exposureTimes } = toContract(
      emptyFindings({
        exposure: [
          { ...window, asset: 'a', times },
          { ...window, asset: 'b', times },
          { ...window, asset: 'c' },
        ],
      }),
      '1.0.0',
    );
    expect(exposure).toMatchObject([{ times: 0 }, { times: 0 }, { asset: 'c' }]);
    expect((exposure as readonly object[])[2]).not.toHaveProperty('times');
    expect(exposureTimes).toEqual([
      [
        { openedUs: 1, closedUs: 2 },
        { openedUs: 3, closedUs: null },
      ],
    ]);
  });
});
