import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { findCampaigns } from './campaigns';
import type { CampaignFinding } from './findings';
import { findNoise } from './noise';

const T0 = at('2015-03-02T10:00:00Z');

interface Guesser {
  readonly actor: string;
  readonly names: readonly string[];
  /** Payload that its program sends in one connection; none: no flows. */
  readonly sends?: number;
}

/** The campaigns among guessers of two connections a name, the last of which is broken off early. */
function campaignsOf(guessers: readonly Guesser[]): CampaignFinding[] {
  const maker = new EvidenceMaker();
  const sshd = maker.source();
  const flows = maker.source({ format: 'vpc-flow' });
  guessers.forEach(({ actor, names, sends }, g) => {
    const tries = names.flatMap((name) => [name, name]);
    tries.forEach((user, k) => {
      // At no steady interval, so that no rhythm joins them.
      const startUs = T0 + g * 11e6 + (k * 40 + ((k * k * (g + 3)) % 29)) * 1e6;
      const login = { actorAddr: actor, host: 'web', service: 'sshd', user, outcome: LOGIN_OUTCOME.failure };
      sshd.login({ timeUs: startUs + 2e6, ...login });
      if (sends === undefined) return;
      const payload = k === tries.length - 1 ? sends - 300 - g : sends;
      const packets = 12 + (k % 3);
      const row = { startUs, endUs: startUs + 4e6 };
      const port = 40_000 + k;
      flows.flow({
        ...{ ...row, srcAddr: actor, srcPort: port, dstAddr: '10.0.0.5', dstPort: 22 },
        ...{ srcBytes: payload + 52 * packets + 8, srcPackets: packets },
      });
      flows.flow({
        ...{ ...row, srcAddr: '10.0.0.5', srcPort: 22, dstAddr: actor, dstPort: port },
        ...{ srcBytes: 2600 + g, srcPackets: 12 },
      });
    });
  });
  const parameters = { ownNetworks: ['10.0.0.0/8'], assets: [{ name: 'web', aliases: ['10.0.0.5'] }] };
  const bench = groundOf(maker.make(), parameters);
  return findCampaigns(bench, findNoise(bench));
}

const membersOf = (campaigns: readonly CampaignFinding[]): string[][] =>
  campaigns.map(({ actors }) => [...actors].sort());

/** Names of an actor's own, as many as make it a guesser. */
const ownNames = (label: string, count = 16): string[] =>
  Array.from({ length: count }, (_, k) => `${label}${k}`);

describe('campaigns by program', () => {
  it('join guessers whose connections are of one size, though their names differ', () => {
    const first = [3, 17, 99].map((net) => ({
      ...{ actor: `203.${net}.3.9`, names: ownNames(`a${net}`), sends: 1742 },
    }));
    const second = [4, 18, 98].map((net) => ({
      ...{ actor: `198.${net}.3.9`, names: ownNames(`b${net}`), sends: 1758 },
    }));
    const loner = { actor: '192.0.2.77', names: ownNames('c'), sends: 2011 };
    const campaigns = campaignsOf([...first, ...second, loner]);
    expect(campaigns[0]?.fingerprint).toMatch(/1\.7[46] kB sent in a connection/);
    const found = membersOf(campaigns);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(['203.17.3.9', '203.3.3.9', '203.99.3.9']);
    expect(found).toContainEqual(['198.18.3.9', '198.4.3.9', '198.98.3.9']);
  });

  it('keep two programs apart that try the same names', () => {
    const names = ownNames('shared');
    const of = (sends: number, nets: readonly number[]): Guesser[] =>
      nets.map((net) => ({ actor: `203.${net}.3.9`, names, sends }));
    const found = membersOf(campaignsOf([...of(1742, [1, 2, 3]), ...of(1310, [4, 5, 6])]));
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(['203.1.3.9', '203.2.3.9', '203.3.3.9']);
    expect(found).toContainEqual(['203.4.3.9', '203.5.3.9', '203.6.3.9']);
  });

  it('leave to names those of whom no flow was loaded', () => {
    const names = ownNames('shared');
    const unseen = [1, 2, 3].map((net) => ({ actor: `203.${net}.3.9`, names }));
    expect(membersOf(campaignsOf(unseen))).toEqual([['203.1.3.9', '203.2.3.9', '203.3.3.9']]);
  });
});
