import { describe, expect, it } from 'vitest';
import { EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { bots, CASE, heartbeat, HOUR } from '../../../tests/support/exposure-calls';

describe('an end of exposure in an export without denied calls', () => {
  it('is bounded by how long nobody comes by chance, and asked about for that time', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'gcp-flow' });
    heartbeat(flows);
    bots(flows);
    const bench = groundOf(maker.make(), CASE);
    const [finding] = bench.exposure.findings;
    // One call in three hours: e^(−t / 3 h) = 0.001 at 20.7 hours.
    expect((finding!.openedUs - finding!.opening!.fromUs) / HOUR).toBeCloseTo(20.7, 0);
    expect((finding!.closing!.toUs - finding!.closedUs) / HOUR).toBeCloseTo(20.7, 0);
    expect(finding!.closing!.likelyUs).toBeLessThan(finding!.closedUs + 3 * HOUR);
    expect(finding!.basis[0]!.text).toContain('nobody was turned away that would show when it closed');
    const [window] = bench.ground.exposure;
    expect([window!.openedUs, window!.closedUs]).toEqual([finding!.opening!.fromUs, finding!.closing!.toUs]);
    // Nobody saw it closed before, and no change tells of it.
    expect(window!.isOpeningSupposed).toBe(true);
  });
});
