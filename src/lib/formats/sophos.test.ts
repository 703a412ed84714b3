import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { sophos } from './sophos';

const text = readFileSync('tests/fixtures/sophos/firewall.log', 'utf8');
const at = (minute: number, second: number): number => Date.UTC(2015, 2, 2, 10, minute, second) * 1000;

describe('Sophos Firewall’s log', () => {
  const parsed = parseWith(sophos, text);

  it('gives one row for a connection, with what its last record counted', () => {
    expect(parsed.rows('flows')).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
        ...{ srcBytes: 455, dstBytes: 7475, srcPackets: 9, dstPackets: 15, verdict: VERDICT.accept },
        ...{ startUs: at(20, 30), endUs: at(21, 0), sensor: 'XG230', timeBasis: TIME_BASIS.local },
      },
      { srcAddr: '203.0.113.8', dstPort: 137, protocol: 17, srcBytes: Number.NaN, verdict: VERDICT.reject },
      {
        ...{ srcAddr: '203.0.113.9', protocol: 1, srcPort: 8, dstPort: 0, verdict: VERDICT.reject },
        ...{ startUs: at(21, 2), timeBasis: TIME_BASIS.absolute },
      },
    ]);
    expect(recordsAccounted(parsed)).toBe(9);
  });

  it('gives logins and what an administrator changed', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.10', user: 'carol', service: 'vpn', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.11', user: 'dave', outcome: LOGIN_OUTCOME.success },
      { actorAddr: '203.0.113.12', user: 'admin', service: 'admin', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      {
        principal: 'admin',
        actorAddr: '203.0.113.12',
        target: 'log servers',
        kind: CHANGE_KIND.policyChanged,
      },
    ]);
    expect(parsed.skipped).toMatchObject({ 'sophos Event/DHCP Server': 1 });
  });
});
