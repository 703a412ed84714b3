import { expect, it } from 'vitest';
import { loadEvidence } from '../../../tests/scenarios/load';
import type { Evidence } from '../analysis/evidence';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import { analyze } from '../analysis/run';
import { parseIsoUtc } from '../base/time';
import { makeAnalysisWork } from './analysis-work';

/** A host's log without a year and a zone, and flows that name both. */
const FILES = [
  {
    name: 'auth.log',
    text: Array.from({ length: 40 }, (_, i) => {
      const second = String(i).padStart(2, '0');
      return `Mar  2 10:00:${second} web sshd[${100 + i}]: Failed password for root from 203.0.113.9 port ${40_000 + i} ssh2\n`;
    }).join(''),
  },
  {
    name: 'flows.log',
    text: Array.from({ length: 40 }, (_, i) => {
      const startS = Date.UTC(2026, 2, 2, 10, 0, i) / 1000;
      return `2 123456789012 eni-0a1b2c3d 203.0.113.9 10.0.0.5 ${40_000 + i} 22 6 9 1800 ${startS} ${startS + 30} ACCEPT OK\n`;
    }).join(''),
  },
].map(({ name, text }) => ({ name, blob: new Blob([text]) }));

const PLAIN: CaseParameters = { ownNetworks: ['10.0.0.0/8'] };
const load = (parameters: CaseParameters): Promise<Evidence> =>
  loadEvidence(FILES, parameters, Date.UTC(2026, 2, 3));

const firstUs = ({ sources }: Findings, name: string): number | undefined =>
  sources.find((source) => source.name === name)?.firstUs;

/** What is said of rows' times and of files is in the evidence, and what was found out over other evidence must not come back. */
it.each<[string, CaseParameters, (found: Findings) => unknown, unknown]>([
  [
    'the zone',
    { zone: 'Asia/Tokyo' },
    (found) => firstUs(found, 'auth.log'),
    parseIsoUtc('2026-03-02T01:00:00Z'),
  ],
  ['the year', { year: 2025 }, (found) => firstUs(found, 'auth.log'), parseIsoUtc('2025-03-02T10:00:00Z')],
  [
    'the zone of one file',
    { sources: [{ name: 'auth.log', zone: 'Asia/Tokyo' }] },
    (found) => firstUs(found, 'auth.log'),
    parseIsoUtc('2026-03-02T01:00:00Z'),
  ],
  [
    'who wrote a file',
    { sources: [{ name: 'auth.log', asset: 'db' }] },
    (found) => found.assets.some(({ asset, aliases }) => [asset, ...aliases].includes('db')),
    true,
  ],
  [
    'where a file was kept',
    { sources: [{ name: 'auth.log', heldOffAsset: true }] },
    (found) => found.sources.find(({ name }) => name === 'auth.log')?.heldOffAsset,
    true,
  ],
])(
  'finds after a change of %s what a whole run finds, and so when it is taken back',
  async (_what, change, look, seen) => {
    const work = makeAnalysisWork();
    const find = (evidence: Evidence, parameters: CaseParameters): Findings => {
      const steps = work.steps(evidence, parameters);
      for (;;) {
        const next = steps.next();
        if (next.done) return next.value.findings;
      }
    };
    const changed = { ...PLAIN, ...change };
    const before = find(await load(PLAIN), PLAIN);
    const after = find(await load(changed), changed);
    expect(look(before)).not.toEqual(seen);
    expect(look(after)).toEqual(seen);
    expect(JSON.stringify(after)).toBe(JSON.stringify(analyze(await load(changed), changed)));
    expect(JSON.stringify(find(await load(PLAIN), PLAIN))).toBe(JSON.stringify(before));
  },
);
