import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { seededRandom } from '../base/random';
import { LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { steadyInterval } from './campaign-rhythm';
import { DEFAULT_THRESHOLDS } from './parameters';
import { findCampaigns } from './campaigns';
import type { CampaignFinding } from './findings';
import { findNoise } from './noise';

const T0 = at('2015-03-02T10:00:00Z');

/** Guessers of one name each, a failure every so many seconds; each has tried a different number of times, so no two have one shape. */
function campaignsOf(guessers: readonly { actor: string; seconds: readonly number[] }[]): CampaignFinding[] {
  const maker = new EvidenceMaker();
  const source = maker.source();
  guessers.forEach(({ actor, seconds }, i) => {
    let us = T0 + i * 7e6;
    for (const step of seconds) {
      const login = { actorAddr: actor, host: 'web', service: 'sshd', user: `user${i}` };
      source.login({ timeUs: us, ...login, outcome: LOGIN_OUTCOME.failure });
      us += step * 1e6;
    }
  });
  const bench = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
  return findCampaigns(bench, findNoise(bench));
}

const every = (step: number, count: number): number[] => new Array<number>(count).fill(step);

describe('campaigns by rhythm', () => {
  it('join those that act at one interval, whatever names they try and however often', () => {
    const minutely = [3, 17, 99].map((net, i) => ({
      actor: `203.${net}.3.9`,
      seconds: every(60 + i, 40 * 3 ** i),
    }));
    const slower = { actor: '198.51.100.4', seconds: every(85, 500) };
    const campaigns = campaignsOf([...minutely, slower]);
    expect(campaigns.map(({ actors }) => [...actors].sort())).toEqual([
      ['203.17.3.9', '203.3.3.9', '203.99.3.9'],
    ]);
    expect(campaigns[0]?.fingerprint).toMatch(/an interval of 1 min/);
  });

  it('join those whose ports another’s list contains, and nobody with ports of its own', () => {
    const maker = new EvidenceMaker();
    const source = maker.source();
    const bots: readonly (readonly [actor: string, ports: readonly number[], calls: number])[] = [
      ['203.3.3.9', [22, 80, 443, 2222, 8022], 60],
      ['203.17.3.9', [22, 80, 443, 2222, 9022], 20],
      ['203.99.3.9', [80, 443], 200],
      ['198.51.100.4', [22, 80, 443, 6379, 7000], 60],
      ['198.51.100.5', [3306], 60],
    ];
    for (const [actor, ports, calls] of bots) {
      for (let i = 0; i < calls; i++) {
        const startUs = T0 + i * 300e6;
        const row = { startUs, endUs: startUs + 1e6, protocol: 6, srcPackets: 1, verdict: VERDICT.reject };
        const dstPort = ports[i % ports.length]!;
        const there = { srcPort: 40_000 + i, dstAddr: '10.0.0.1', dstPort };
        source.flow({ ...row, ...there, srcAddr: actor, srcBytes: 60 });
      }
    }
    const bench = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
    const campaigns = findCampaigns(bench, findNoise(bench));
    expect(campaigns.map(({ actors }) => [...actors].sort())).toEqual([
      ['203.17.3.9', '203.3.3.9', '203.99.3.9'],
    ]);
  });

  it('join nobody who acts at random, though as often', () => {
    const random = seededRandom(3);
    const actors = [3, 17, 99].map((net, i) => ({
      actor: `203.${net}.3.9`,
      seconds: Array.from({ length: 40 * 3 ** i }, () => -60 * Math.log(1 - random())),
    }));
    expect(campaignsOf(actors)).toEqual([]);
  });

  it('read an interval from enough steady gaps only', () => {
    expect(steadyInterval([0, 10, 20, 30], DEFAULT_THRESHOLDS)).toBeNaN();
    expect(
      steadyInterval(
        Array.from({ length: 12 }, (_, i) => i * 30),
        DEFAULT_THRESHOLDS,
      ),
    ).toBe(30);
    expect(steadyInterval([0, 1, 2, 30, 31, 32, 90, 91, 150, 151, 200], DEFAULT_THRESHOLDS)).toBeNaN();
  });
});
