import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { seededRandom } from '../base/random';
import { VERDICT } from '../tables/schemas';
import { joinBySweeps } from './campaign-sweeps';
import { DEFAULT_THRESHOLDS } from './parameters';

const T0 = at('2015-03-02T10:00:00Z');

interface Scanner {
  readonly actor: string;
  readonly ports: readonly number[];
}

/** Who is joined with another. */
function joinedOf(scanners: readonly Scanner[]): string[] {
  const maker = new EvidenceMaker();
  const source = maker.source();
  scanners.forEach(({ actor, ports }, s) =>
    ports.forEach((dstPort, k) => {
      const startUs = T0 + s * 60e6 + k * 1e6;
      const row = { startUs, endUs: startUs + 1e6, protocol: 6, srcPackets: 1, verdict: VERDICT.reject };
      source.flow({ ...row, srcAddr: actor, srcPort: 40_000 + k, dstAddr: '10.0.0.1', dstPort });
    }),
  );
  const bench = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
  const joined = new Set<number>();
  joinBySweeps(
    bench,
    () => true,
    DEFAULT_THRESHOLDS,
    (actor, other) => {
      if (actor !== other) joined.add(actor).add(other);
    },
  );
  return [...joined].map((actor) => bench.ground.actors.texts[actor] ?? '').sort();
}

const popular = [23, 445, 80, 443, 8080];

/** Strangers of one or two popular ports each. */
function strangers(count: number): Scanner[] {
  const random = seededRandom(3);
  const pick = (): number => popular[Math.floor(random() ** 2 * popular.length)] ?? 23;
  return Array.from({ length: count }, (_, k) => ({
    actor: `203.${k >> 8}.${k & 255}.9`,
    ports: [...new Set(k % 3 === 0 ? [pick(), pick()] : [pick()])],
  }));
}

const sweepers: Scanner[] = [
  [9200, 5601, 6379],
  [5601, 9200, 6379],
  [6379, 9200, 5601],
  [5601, 6379, 9200],
].map((ports, k) => ({ actor: `198.51.${k}.7`, ports }));

describe('campaigns by a list of ports', () => {
  it('join who called the same rare ports, in whatever order', () => {
    expect(joinedOf([...strangers(120), ...sweepers])).toEqual(sweepers.map(({ actor }) => actor));
  });

  it('join who called a part of them, where many did', () => {
    const parts = [4, 5, 6].map((net) => ({ actor: `198.51.${net}.7`, ports: [9200, 5601] }));
    expect(joinedOf([...strangers(400), ...sweepers, ...parts])).toEqual(
      [...sweepers, ...parts].map(({ actor }) => actor),
    );
  });

  it('leave out who called one of them, or others as well', () => {
    const others = [
      { actor: '192.0.2.1', ports: [9200] },
      { actor: '192.0.2.2', ports: [9200, 23] },
      { actor: '192.0.2.3', ports: [9200, 5601, 6379, 445] },
    ];
    expect(joinedOf([...strangers(120), ...sweepers, ...others])).toEqual(sweepers.map(({ actor }) => actor));
  });

  it('join nobody who called what everybody calls', () => {
    const pairs = Array.from({ length: 4 }, (_, k) => ({ actor: `198.51.${k}.7`, ports: [23, 445] }));
    expect(joinedOf([...strangers(120), ...pairs])).toEqual([]);
  });
});
