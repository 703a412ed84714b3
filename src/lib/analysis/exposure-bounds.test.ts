import { describe, expect, it } from 'vitest';
import { EvidenceMaker, groundOf, type SourceMaker } from '../../../tests/support/evidence';
import {
  bots,
  call,
  CASE,
  CLOSED,
  DAY,
  heartbeat,
  HOUR,
  OPENED,
} from '../../../tests/support/exposure-calls';

const OTHER = '10.0.0.6';

/** Calls every three hours while open, each of an address of its own. */
function strangers(flows: SourceMaker, net: number, more: Parameters<typeof call>[3]): void {
  let i = 0;
  for (let us = OPENED + 600e6; us < CLOSED; us += DAY / 8) call(flows, us, `198.51.${net}.${1 + i++}`, more);
}

function exposed(make: (flows: SourceMaker) => void) {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'gcp-flow' });
  heartbeat(flows);
  heartbeat(flows, OTHER);
  bots(flows);
  make(flows);
  return groundOf(maker.make(), CASE);
}

describe('an end of exposure in an export without denied calls', () => {
  it('is bounded by how long nobody comes by chance, and asked about for that time', () => {
    const bench = exposed((flows) => strangers(flows, 100, { port: 5601 }));
    const [finding] = bench.exposure.findings;
    // 147 calls within 18.25 days: (1 + t / 18.25 d)^−146 = 0.001 at 21.2 hours.
    expect((finding!.openedUs - finding!.opening!.fromUs) / HOUR).toBeCloseTo(21.2, 0);
    expect((finding!.closing!.toUs - finding!.closedUs) / HOUR).toBeCloseTo(21.2, 0);
    expect(finding!.closing!.likelyUs).toBeLessThan(finding!.closedUs + 3 * HOUR);
    expect(finding!.basis[0]!.text).toContain('nobody was turned away that would show when it closed');
    const [window] = bench.ground.exposure;
    expect([window!.openedUs, window!.closedUs]).toEqual([finding!.opening!.fromUs, finding!.closing!.toUs]);
    // Nobody saw it closed before, and no change tells of it.
    expect(window!.isOpeningSupposed).toBe(true);
  });

  it('is not told by callers of one service, who may have begun and ended by themselves', () => {
    const campaigns: ((flows: SourceMaker) => void)[] = [
      () => undefined,
      // The same service on another machine.
      (flows) => strangers(flows, 100, { asset: OTHER }),
      // The same callers at another port.
      (flows) => bots(flows, { port: 5601 }),
      // Another port, but one caller.
      (flows) => {
        for (let us = OPENED; us < CLOSED; us += DAY / 8) call(flows, us, '198.51.100.1', { port: 5601 });
      },
    ];
    for (const campaign of campaigns) {
      const finding = exposed(campaign).exposure.findings.find(({ port }) => port === 9200);
      expect(finding!.sessions).toBe(147);
      expect([finding!.opening, finding!.closing]).toEqual([undefined, undefined]);
    }
  });
});
