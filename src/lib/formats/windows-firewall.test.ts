import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { accounted, headOf, parseWith } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { LOG_STATUS, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { windowsFirewall } from './windows-firewall';

const text = readFileSync('tests/fixtures/windows-firewall/pfirewall.log', 'utf8');

describe('a Windows firewall log', () => {
  it('is recognized by its content, with its header and without', () => {
    const body = text.split('\n').slice(5).join('\n');
    for (const variant of [text, body]) {
      expect(recognizeFormat(headOf(encodeUtf8(variant)))[0]?.format.id).toBe('windows-firewall');
    }
  });

  it('gives what the rules decided, and where records were lost', () => {
    const parsed = parseWith(windowsFirewall, text);
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: Date.parse('2015-03-02T10:20:30Z') * 1000,
        timeBasis: TIME_BASIS.local,
        srcAddr: '198.51.100.7',
        dstPort: 3389,
        protocol: 6,
        verdict: VERDICT.accept,
      },
      { verdict: VERDICT.reject, srcBytes: 52, srcPackets: 1, tcpFlags: 2 },
      { srcAddr: '2001:db8::7', protocol: 1, srcPort: 128, dstPort: 0 },
      { verdict: VERDICT.unknown, srcBytes: Number.NaN },
      { logStatus: LOG_STATUS.skipData, srcAddr: '' },
    ]);
    expect(parsed.rejected).toMatchObject([
      { line: 11, reason: 'the destination address is not an IP address' },
    ]);
  });

  it('takes times that the header calls UTC for such', () => {
    const utc = parseWith(windowsFirewall, text.replace('Format: Local', 'Format: GMT'));
    expect(utc.rows('flows')[0]?.timeBasis).toBe(TIME_BASIS.absolute);
  });

  it('gives the same rows however the lines are shared out, and never loses one', () => {
    expectSplitInvariance(windowsFirewall, text);
    fuzzLines(windowsFirewall, text, 60);
  });

  it.skipIf(!hasSharedData)('reads a log of others whole', () => {
    const parsed = parseWith(windowsFirewall, sharedBytes('plaso/windows_firewall.log'));
    expect(parsed.rejected).toEqual([]);
    expect(accounted(parsed)).toBe(parsed.records);
    // Plaso's own test of this file: 15 events, the first dropped UDP from 123.45.78.90 to 123.156.78.255:137.
    const rows = parsed.rows('flows');
    expect(rows).toHaveLength(15);
    expect(rows[0]).toMatchObject({
      srcAddr: '123.45.78.90',
      dstAddr: '123.156.78.255',
      srcPort: 137,
      protocol: 17,
      srcBytes: 78,
      verdict: VERDICT.reject,
    });
    expect(rows[9]).toMatchObject({ protocol: 1, srcPort: 8, dstPort: 0 });
  });
});
