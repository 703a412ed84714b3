import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { readClocks } from './login-matches';

const START = at('2015-02-20T00:00:00Z');

/** The host's clock by flows that hold, of visits of an hour each, only a minute here and there: rows were sampled, not visits. */
function offsetOf(behindUs: number): number | undefined {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const sshd = maker.source({ format: 'syslog', heldOffAsset: false });
  for (let visit = 0; visit < 8; visit++) {
    const startUs = START + visit * 5 * MICROS_PER_HOUR;
    const port = 40_000 + visit;
    const line = { actorAddr: '198.51.100.7', actorPort: port, host: 'web7', service: 'sshd', user: 'ann' };
    sshd.login({ ...line, timeUs: startUs - behindUs, outcome: LOGIN_OUTCOME.success });
    sshd.login({ ...line, timeUs: startUs + MICROS_PER_HOUR - behindUs, outcome: LOGIN_OUTCOME.disconnect });
    for (let k = 0; k < 6; k++) {
      const rowUs = startUs + (1 + visit / 2 + 9 * k) * MICROS_PER_MINUTE;
      flows.flow({
        ...{ startUs: rowUs, endUs: rowUs + 59 * MICROS_PER_SECOND },
        ...{ srcAddr: '198.51.100.7', srcPort: port, dstAddr: '10.0.0.5', dstPort: 22 },
        ...{ srcBytes: 9000, srcPackets: 20 },
      });
    }
  }
  const { ground } = groundOf(maker.make(), { ownNetworks: ['10.0.0.0/8'] });
  return readClocks(ground).hosts[0]?.clock.offsetUs;
}

describe('the clock of a login log', () => {
  it('is right where the flows are late by another while each time, as pieces of long visits are', () => {
    expect(offsetOf(0)).toBe(0);
  });

  it('is off, by no more than a visit’s length of error, where no piece fits the right time', () => {
    const offsetUs = offsetOf(7 * MICROS_PER_HOUR) ?? 0;
    expect(Math.abs(offsetUs + 7 * MICROS_PER_HOUR)).toBeLessThan(MICROS_PER_HOUR);
  });
});
