import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CONN_STATE, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { panos } from './panos';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/panos/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(panos, text);
const at = (time: string): number => Date.parse(time) * 1000;
const log = fixture('panos.log');
const parsed = parse(log);
const flowsOf = (port: number) => parsed.rows('flows').filter((row) => row.srcPort === port);

describe('the log of a Palo Alto Networks firewall', () => {
  it.each(['panos.log', 'shapes.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('panos');
  });

  it('gives a session once, with what each way carried, in the zone that its timestamp tells', () => {
    expect(flowsOf(40001)).toMatchObject([
      {
        startUs: at('2024-03-10T11:58:50+01:00'),
        endUs: at('2024-03-10T11:59:55+01:00'),
        timeBasis: TIME_BASIS.absolute,
        srcAddr: '192.0.2.10',
        dstAddr: '10.20.0.13',
        dstPort: 9200,
        protocol: 6,
        srcBytes: 2100,
        dstBytes: 731903,
        srcPackets: 30,
        dstPackets: 520,
        verdict: VERDICT.accept,
        connState: CONN_STATE.established,
        sensor: 'edge-fw',
      },
    ]);
    expect(parsed.skipped).toMatchObject({ 'panos session start, as its end holds it': 1 });
  });

  it('keeps a session that is still open', () => {
    expect(flowsOf(40300)).toMatchObject([
      { srcAddr: '192.0.2.66', startUs: at('2024-03-10T12:00:40+01:00') },
    ]);
    expect(parsed.notes.join(' ')).toMatch(/still open at the end of the file: 1\./);
  });

  it('tells what was dropped, denied, refused and never answered', () => {
    expect(flowsOf(50000)).toMatchObject([{ verdict: VERDICT.reject, srcBytes: 70 }]);
    expect(flowsOf(50001)).toMatchObject([{ verdict: VERDICT.reject, dstBytes: 66 }]);
    expect(flowsOf(50002)).toMatchObject([{ verdict: VERDICT.accept, connState: CONN_STATE.refused }]);
    expect(flowsOf(50003)).toMatchObject([{ verdict: VERDICT.accept, connState: CONN_STATE.attempt }]);
  });

  it("gives GlobalProtect's logins", () => {
    const { failure, success, sessionClosed } = LOGIN_OUTCOME;
    expect(
      parsed.rows('logins').map((row) => [row.actorAddr, row.service, row.user, row.outcome, row.timeUs]),
    ).toEqual([
      ['192.0.2.41', 'globalprotect portal', 'carol', failure, at('2024-03-10T11:01:00Z')],
      ['2001:db8::41', 'globalprotect gateway', 'corp\\carol', success, at('2024-03-10T11:01:00Z')],
      ['192.0.2.41', 'globalprotect gateway', 'corp\\carol', sessionClosed, at('2024-03-10T11:01:00Z')],
    ]);
  });

  it('counts other types, and says why a line cannot be read', () => {
    expect(parsed.skipped).toMatchObject({
      'panos THREAT': 1,
      'panos SYSTEM': 1,
      'panos CONFIG': 1,
      'panos GLOBALPROTECT': 1,
    });
    expect(parsed.rejected).toMatchObject([
      { line: 15, reason: expect.stringContaining('46 fields') as string },
    ]);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
  });

  it('reads it bare, with a time alone before it, in RFC 5424, and with times in UTC', () => {
    const shapes = parse(fixture('shapes.log'));
    const { absolute, local } = TIME_BASIS;
    expect(shapes.rejected).toEqual([]);
    expect(shapes.rows('flows').map((row) => [row.srcPort, row.startUs, row.timeBasis, row.srcAddr])).toEqual(
      [
        [40001, at('2024-03-10T11:58:50Z'), local, '192.0.2.10'],
        [40002, at('2024-03-10T12:00:10Z'), local, '2001:db8::10'],
        // The header's time is that of the record: the firewall is an hour ahead of UTC.
        [40003, at('2024-03-10T11:00:10Z'), absolute, '192.0.2.11'],
        [40004, at('2024-03-10T12:00:10Z'), absolute, '192.0.2.12'],
      ],
    );
  });

  it('gives the same rows however the lines are shared out, and never loses one', () => {
    expectSplitInvariance(panos, fixture('shapes.log'));
    fuzzLines(panos, log, 40);
  });
});
