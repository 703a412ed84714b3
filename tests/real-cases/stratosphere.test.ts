import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Findings } from '../../src/lib/analysis/findings';
import { findingsOf } from '../support/real-case';
import { SHARED_DATA } from '../support/shared-data';

const FOLDER = 'stratosphere-testing/008-zeek-mixed/data';
const HOST = '147.32.81.167';
const isThere = existsSync(join(SHARED_DATA, FOLDER));
if (!isThere) console.log('stratosphere-testing is absent: 6 tests skipped');

/** A day of a PC with a public address, which nobody is known to have broken into: what background noise looks like. */
describe.skipIf(!isThere)('an Internet-exposed PC (Stratosphere 008)', () => {
  let findings: Findings;
  beforeAll(async () => {
    findings = await findingsOf(readdirSync(join(SHARED_DATA, FOLDER)).map((name) => `${FOLDER}/${name}`));
  }, 60_000);

  it('knows the PC by its standing in nearly every record', () => {
    expect(findings.assets.map(({ asset }) => asset)).toEqual([HOST]);
  });

  it('claims no access that nobody had', () => {
    expect(findings.answers.length).toBeGreaterThan(0);
    expect(findings.answers.filter(({ verdict }) => verdict === 'queried')).toEqual([]);
    expect(findings.aftermath.retire).toEqual([]);
  });

  it('gives the all-clear only for services whose requests the sensor reads', () => {
    for (const { service, verdict, ceiling } of findings.answers)
      if (verdict === 'not queried within coverage') expect(ceiling, service).toBeGreaterThanOrEqual(6);
    const unread = findings.answers.filter(({ ceiling }) => ceiling < 6);
    expect(unread.length).toBeGreaterThan(0);
    for (const { service, verdict } of unread) expect(verdict, service).toBe('cannot tell');
  });

  it('cannot tell of a service where the sensor found no request in some conversations', () => {
    const proxy = findings.answers.find(({ service }) => service === '8008/tcp');
    expect(proxy?.verdict).toBe('cannot tell');
    // Zeek's conn.log has these with payload both ways and no service, and http.log nothing of their uid.
    const unread = proxy?.why.find(({ text }) => text.includes('found no request'))?.text ?? '';
    expect(unread).toMatch(/167\.94\.145\.57|167\.94\.138\.117|217\.138\.199\.29/);
  });

  it('finds the four hours in which the sensor was off', () => {
    expect(findings.integrity.gaps.map(({ kind, text }) => `${kind}: ${text}`).join()).toMatch(
      /silence: No row about 147\.32\.81\.167 from 2022-06-12T17:53.* to 2022-06-12T21:54/,
    );
  });

  it('calls the port scanners noise, and ranks hardly anyone quiet', () => {
    const scanners = findings.actors.filter(({ ports, successes }) => ports >= 15 && successes === 0);
    expect(scanners.length).toBeGreaterThan(5);
    expect(new Set(scanners.map(({ standing }) => standing))).toEqual(new Set(['noise']));
    expect(findings.actors.filter(({ quietRank }) => quietRank !== null).length).toBeLessThan(3);
  });
});
