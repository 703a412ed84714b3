import { describe, expect, it } from 'vitest';
import type { ExposedTime, ExposureFinding } from '../analysis/findings';
import type { Micros } from '../base/brand';
import { exposureGiven } from './exposure-given';

const HOUR = 3600e6;

function found(port: number, times?: readonly ExposedTime[]): ExposureFinding {
  return {
    ...{ asset: 'log-3', port, proto: 'tcp', service: `${port}/tcp`, openedUs: 0 as Micros },
    ...{ closedUs: Number.NaN as Micros, basis: [], flags: [], sessions: 0, actors: 0 },
    ...(times && { times }),
  };
}

const times = (count: number): ExposedTime[] =>
  Array.from({ length: count }, (_, day) => ({
    openedUs: (day * 24 * HOUR) as Micros,
    closedUs: (day * 24 * HOUR + HOUR) as Micros,
  }));

describe('exposure taken over to be edited', () => {
  it('is a window for each time that a service was open, and keeps an end open that nobody saw', () => {
    expect(exposureGiven([found(22, times(2)), found(9200)])).toEqual({
      windows: [
        {
          ...{ asset: 'log-3', port: 22, proto: 'tcp' },
          opened: '1970-01-01T00:00:00Z',
          closed: '1970-01-01T01:00:00Z',
        },
        {
          ...{ asset: 'log-3', port: 22, proto: 'tcp' },
          opened: '1970-01-02T00:00:00Z',
          closed: '1970-01-02T01:00:00Z',
        },
        { ...{ asset: 'log-3', port: 9200, proto: 'tcp' }, opened: '1970-01-01T00:00:00Z' },
      ],
      leftOut: [],
    });
  });

  it('names a service whose windows would bury the others instead of widening it to one', () => {
    const { windows, leftOut } = exposureGiven([found(22, times(600)), found(9200)]);
    expect(windows.map(({ port }) => port)).toEqual([9200]);
    expect(leftOut).toEqual(['log-3 22/tcp']);
  });
});
