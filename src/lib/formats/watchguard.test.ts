import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { watchguard } from './watchguard';

const text = readFileSync('tests/fixtures/watchguard/firebox.log', 'utf8');
const at = (minute: number, second: number): number => Date.UTC(2015, 2, 2, 10, minute, second) * 1000;

describe('a Firebox’ log', () => {
  const parsed = parseWith(watchguard, text);

  it('gives one row for a connection however many lines tell of it, by the Firebox’ own clock', () => {
    const rows = parsed.rows('flows').sort((a, b) => Number(a.line) - Number(b.line));
    expect(rows).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
        ...{ srcBytes: 455, dstBytes: 7475, verdict: VERDICT.accept, timeBasis: TIME_BASIS.absolute },
        ...{ startUs: at(20, 30), endUs: at(21, 50), sensor: 'Firebox', line: 2 },
      },
      { srcAddr: '203.0.113.8', dstAddr: '192.0.2.1', dstPort: 22, verdict: VERDICT.reject },
      { srcAddr: '203.0.113.9', dstPort: 80, startUs: at(21, 52), endUs: at(21, 53), line: 5 },
      { srcAddr: '203.0.113.10', protocol: 1, srcPort: 8, dstPort: 0, verdict: VERDICT.reject },
    ]);
    expect(recordsAccounted(parsed)).toBe(11);
  });

  it('gives logins once each', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.11', user: 'carol@Firebox-DB', service: 'vpn', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.11', user: 'carol@Firebox-DB', service: 'vpn', outcome: LOGIN_OUTCOME.success },
      {
        actorAddr: '203.0.113.12',
        user: 'admin@Firebox-DB',
        service: 'admin',
        outcome: LOGIN_OUTCOME.success,
      },
    ]);
    expect(parsed.skipped).toMatchObject({
      'watchguard firewall 3000-012C': 1,
      'watchguard admd 1100-0004': 1,
    });
  });
});
