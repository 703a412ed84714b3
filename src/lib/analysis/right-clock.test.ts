import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { finished } from '../base/parts';
import { seededRandom } from '../base/random';
import { MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { identifyQueryLogs } from './query-identity';

const START = at('2015-02-20T00:00:00Z');
const DAYS = 8;
const MONITOR = '198.51.100.20';
const OFFICE = '192.0.2.10';
/** Server 6 writes the log. */
const SERVERS = [5, 6, 7, 8];

/**
 * A monitor calls four servers every ten minutes, the office one of them at any time; the flows hold one row of four. The log of one server, by a
 * clock that is behind, gives no ports.
 */
function serverOf(behindUs: number): string | undefined {
  const random = seededRandom(3);
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const log = maker.source({ format: 'access-log', name: 'access.log' });
  const line = (us: number, actorAddr: string): void => {
    log.query({
      ...{ timeUs: us + MICROS_PER_SECOND - behindUs, actorAddr, service: 'http' },
      ...{ verb: QUERY_VERB.read, object: '/status', status: 200, outcome: QUERY_OUTCOME.success },
    });
  };
  const flow = (us: number, actor: string, server: number, port: number): void => {
    const there = { srcAddr: actor, srcPort: port, dstAddr: `10.0.0.${server}`, dstPort: 443 };
    flows.flow({ startUs: us, endUs: us + 2e6, ...there, srcBytes: 900, srcPackets: 6 });
  };
  let call = 0;
  for (let us = START; us < START + DAYS * MICROS_PER_DAY; us += 10 * MICROS_PER_MINUTE) {
    for (const server of SERVERS) {
      const startUs = us + server * 97 * MICROS_PER_SECOND;
      call += 1;
      if (random() < 0.25) flow(startUs, MONITOR, server, 20_000 + (call % 40_000));
      if (server === 6) line(startUs, MONITOR);
    }
    if (random() < 0.2) {
      const startUs = us + Math.floor(random() * 600) * MICROS_PER_SECOND;
      line(startUs, OFFICE);
      if (random() < 0.1) flow(startUs, OFFICE, 6, 61_000 + (call % 4_000));
    }
  }
  const { ground } = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
  const [identity] = finished(identifyQueryLogs(ground));
  return identity && ground.assets.names[ground.sessions.asset[identity.witness]!];
}

describe('a service log that nothing but a monitor’s calls and a few others hold against sampled flows', () => {
  it('is told by the right clock', () => {
    expect(serverOf(0)).toBe('10.0.0.6');
  });

  it('is not told by the beat of the monitor where the clock is off by a multiple of it', () => {
    expect(serverOf(120 * MICROS_PER_MINUTE)).toBeUndefined();
  });

  it('is not told where the clock is off by as much as another server is called later', () => {
    expect(serverOf(-97 * MICROS_PER_SECOND)).toBeUndefined();
  });
});
