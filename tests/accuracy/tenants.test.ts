import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/lib/analysis/run';
import { loadEvidence } from '../scenarios/load';
import { STOLEN_ON, tenantLogs, TENANTS, THIEF, VICTIM } from '../scenarios/tenants';

const COPIED_MS = Date.UTC(2026, 2, 13);

describe.each(TENANTS)('a tenant of thirty people, of which are loaded %s', (kind) => {
  it.each([1, 2, 3])('has whoever came with a stolen session ranked first (seed %i)', async (seed) => {
    const files = tenantLogs(kind, seed, true).map(({ name, text }) => ({ name, blob: new Blob([text]) }));
    const { actors, verdicts } = analyze(await loadEvidence(files, {}, COPIED_MS), {});
    expect(actors.find(({ quietRank }) => quietRank === 1)?.actor).toBe(THIEF);
    // Nothing but the audit log could tell whether mail was read.
    const mailbox = verdicts.filter(({ asset }) => asset === VICTIM);
    if (kind === 'sign-ins alone') expect(mailbox).toEqual([]);
    else
      for (const day of STOLEN_ON)
        expect(mailbox.find((verdict) => verdict.day === day)).toMatchObject({ verdict: 'queried' });
  });

  it.each([1, 2])('has nobody of the bots that try their names called quiet (seed %i)', async (seed) => {
    const files = tenantLogs(kind, seed, false).map(({ name, text }) => ({ name, blob: new Blob([text]) }));
    const { actors } = analyze(await loadEvidence(files, {}, COPIED_MS), {});
    const bots = actors.filter(({ standing }) => standing === 'noise');
    expect(bots.length).toBeGreaterThanOrEqual(190);
    expect(actors.some(({ why }) => why.some(({ sign }) => sign === 'odd-hours'))).toBe(false);
  });
});
