import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random';
import { MICROS_PER_HOUR } from '../base/time';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { findCoverage } from './coverage';
import type { GapFinding } from './findings';

const T0 = at('2015-03-02T00:00:00Z');

/** Login logs of machines, each from an hour to an hour, two lines an hour at random. */
function gapsOf(logs: Readonly<Record<string, readonly [number, number]>>): readonly GapFinding[] {
  const random = seededRandom(5);
  const maker = new EvidenceMaker();
  for (const [host, [fromHour, toHour]] of Object.entries(logs)) {
    const log = maker.source({ name: `${host}.log`, format: 'syslog' });
    for (let hour = fromHour; hour < toHour; hour += -Math.log(1 - random()) / 2)
      log.login({
        ...{ timeUs: T0 + Math.round(hour * MICROS_PER_HOUR), host, actorAddr: '10.0.0.9' },
        ...{ service: 'sshd', user: 'root', outcome: LOGIN_OUTCOME.failure },
      });
  }
  return findCoverage(groundOf(maker.make(), {}).ground).gaps;
}

describe('a machine’s own log that ends early', () => {
  it('is told where most others of its kind run on, with about how many rows were to be expected', () => {
    const gaps = gapsOf({ web1: [0, 200], web2: [0, 199], web3: [0, 200], web4: [0, 100] });
    expect(gaps).toMatchObject([{ kind: 'silence', source: 'web4.log', asset: 'web4' }]);
    const hours = (us = 0): number => (us - T0) / MICROS_PER_HOUR;
    expect(hours(gaps[0]?.fromUs)).toBeGreaterThan(95);
    expect(hours(gaps[0]?.toUs)).toBeCloseTo(200, -1);
    expect(gaps[0]?.p).toBeLessThan(1e-6);
    // Two an hour for a hundred hours.
    const rows = Number(/about (\d+) rows were/.exec(gaps[0]?.text ?? '')?.[1]);
    expect(Math.abs(rows - 200)).toBeLessThan(50);
  });

  it('is no gap where its clock is behind, so that it begins as much earlier', () => {
    expect(gapsOf({ web1: [8, 200], web2: [8, 200], web3: [8, 200], web4: [0, 192] })).toEqual([]);
  });

  it('is no gap where the others end at different times as well, or there is but one other', () => {
    expect(gapsOf({ web1: [0, 100], web2: [0, 101], web3: [0, 200], web4: [0, 99] })).toEqual([]);
    expect(gapsOf({ web1: [0, 200], web2: [0, 100] })).toEqual([]);
  });
});
