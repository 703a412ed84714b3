import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { findAliases } from './integrity';
import { readClocks } from './login-matches';

const START = at('2015-02-20T00:00:00Z');
/** No flow of the last is exported. */
const UNSEEN = '10.0.0.8';
const SERVERS = ['10.0.0.5', '10.0.0.6', '10.0.0.7', UNSEEN];

/**
 * Whose log a web log without a host is found to be: that of `writer`, which a monitor calls every quarter of an hour, each server in
 * a minute of its own, and clients at random. The export holds one conversation of ten; `isWhole` false: the log, too, one request of ten.
 */
function writersOf(writer: string, isWhole = true): string[] {
  const random = seededRandom(3);
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'zeek-conn' });
  const access = maker.source({ name: 'access.log', format: 'access-log', heldOffAsset: false });
  const call = (startUs: number, actor: string, server: string): void => {
    if (random() < 0.1 && server !== UNSEEN)
      flows.flow({
        ...{ startUs, endUs: startUs + 2 * MICROS_PER_SECOND, protocol: 6 },
        ...{
          srcAddr: actor,
          srcPort: 20_000 + Math.floor(random() * 40_000),
          dstAddr: server,
          dstPort: 5601,
        },
        ...{ srcBytes: 2500, srcPackets: 15, dstBytes: 9500, dstPackets: 15 },
      });
    if (server !== writer || (!isWhole && random() < 0.9)) return;
    access.query({
      ...{ timeUs: startUs + MICROS_PER_SECOND, actorAddr: actor, service: 'nginx', object: '/' },
      ...{ verb: QUERY_VERB.read, status: 200, outcome: QUERY_OUTCOME.success },
    });
  };
  for (let k = 0; k < 800; k++) {
    SERVERS.forEach((server, s) =>
      call(START + (15 * k + 3 * s) * MICROS_PER_MINUTE, '198.51.100.9', server),
    );
    const actor = `203.0.113.${1 + Math.floor(random() * 200)}`;
    call(START + Math.floor(random() * 12_000) * MICROS_PER_MINUTE, actor, SERVERS[k % SERVERS.length] ?? '');
  }
  const { ground } = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
  return findAliases(ground, readClocks(ground)).map(({ asset }) => ground.assets.names[asset] ?? '');
}

describe('whose log a web log is, by a sampled export', () => {
  it('is told by the sessions that the export holds: they have their rows, though few rows have a session', () => {
    expect(writersOf('10.0.0.6')).toEqual(['10.0.0.6']);
  });

  it('is not told where the sessions have no rows, or the writer is none of those that were called', () => {
    expect(writersOf('10.0.0.6', false)).toEqual([]);
    expect(writersOf(UNSEEN)).toEqual([]);
  });
});
