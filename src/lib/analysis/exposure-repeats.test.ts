import { describe, expect, it } from 'vitest';
import { EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { CASE, DAY, HOUR, OPENED, bot, call, change, heartbeat } from '../../../tests/support/exposure-calls';

const TIMES = 30;
const ASSETS = ['10.0.0.5', '10.0.0.6', '10.0.0.7'];

/** A rule that lets everybody in for an hour a day, and a stranger who comes to each machine within it. */
function toggled(times = TIMES): EvidenceMaker {
  const maker = new EvidenceMaker();
  const trail = maker.source({ format: 'cloudtrail' });
  const flows = maker.source({ format: 'vpc-flow' });
  for (const asset of ASSETS) heartbeat(flows, asset);
  for (let k = 0; k < times; k++) {
    const us = OPENED + (k * DAY) / 2;
    change(trail, us, true);
    change(trail, us + HOUR, false);
    for (const asset of ASSETS) call(flows, us + HOUR / 2, bot(k), { asset });
  }
  return maker;
}

describe('a rule that is opened and closed over and over', () => {
  it('is one exposure a machine, which gives every time once and opens all its changes', () => {
    const { exposure } = groundOf(toggled().make(), CASE);
    expect(exposure.findings).toHaveLength(ASSETS.length);
    const [first, second] = exposure.findings;
    expect(first).toMatchObject({ openedUs: OPENED, closedUs: OPENED + ((TIMES - 1) * DAY) / 2 + HOUR });
    expect(first!.times).toHaveLength(TIMES);
    expect(first!.times![7]).toEqual({
      openedUs: OPENED + (7 * DAY) / 2,
      closedUs: OPENED + (7 * DAY) / 2 + HOUR,
    });
    // Held once for all the machines of the group.
    expect(second!.times).toBe(first!.times);
    const change = first!.basis.find(({ kind }) => kind === 'change')!;
    expect(change.text).toContain('30 times by jonas');
    expect(change.rows![0]!.rows).toHaveLength(2 * TIMES);
    expect(first!.flags[0]).toContain('opened 30 times, for 1 d 6 h in all, 1 h at most at once');
  });

  it('is asked about only for the times that it was open', () => {
    const { ground } = groundOf(toggled().make(), CASE);
    const mine = ground.exposureOf(ground.exposure[0]!.asset);
    expect(mine).toHaveLength(TIMES);
    const openAt = (us: number): boolean =>
      mine.some(({ openedUs, closedUs }) => us >= openedUs && us <= closedUs);
    expect([openAt(OPENED + HOUR / 2), openAt(OPENED + 2 * HOUR), openAt(OPENED + 5 * DAY)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is told, and asked about for longer, where traffic went on after a closing in between', () => {
    const maker = toggled();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let k = 0; k < 3; k++) call(flows, OPENED + 4 * HOUR, `198.51.100.${k}`);
    const { exposure, ground } = groundOf(maker.make(), CASE);
    const finding = exposure.findings.find(({ asset }) => asset === '10.0.0.5')!;
    expect(finding.flags).toContainEqual(
      expect.stringContaining('still got through after 1 closing between'),
    );
    expect(finding.flags.find((flag) => flag.includes('closing between'))).toContain('3 actors');
    const [first] = ground.exposureOf(ground.assets.names.indexOf('10.0.0.5'));
    expect(first!.closedUs).toBeGreaterThan(OPENED + 4 * HOUR);
    // The list says what the changes say.
    expect(finding.times![0]!.closedUs).toBe(OPENED + HOUR);
  });

  it('is told one by one as long as it is a few times', () => {
    const { exposure } = groundOf(toggled(5).make(), CASE);
    expect(exposure.findings).toHaveLength(5 * ASSETS.length);
    expect(exposure.findings[0]!.times).toBeUndefined();
  });
});
