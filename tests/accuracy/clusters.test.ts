import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import { CLUSTER_KINDS, clusterIncident, INTRUDER, PARTNER } from '../scenarios/clusters';
import { loadEvidence } from '../scenarios/load';

describe.each(CLUSTER_KINDS)('%s, open to the Internet for four days', (kind) => {
  it.each([
    [1, true],
    [2, true],
    [1, false],
  ])(
    'is held to be read by whom it was read, and on those days (seed %i, read: %s)',
    async (seed, wasRead) => {
      const incident = clusterIncident(kind, seed, wasRead);
      const files = incident.files.map(({ name, text }) => ({ name, blob: new Blob([text]) }));
      const copiedMs = parseIsoUtc(incident.endsAt) / 1000 + 86_400_000;
      const evidence = await loadEvidence(files, {}, copiedMs);
      const findings = analyze(evidence, {});
      const quiet = findings.actors.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
      expect(quiet).toEqual(wasRead ? [INTRUDER] : []);
      const days = findings.verdicts.filter(({ verdict }) => verdict === 'queried');
      const byIntruder = days.filter(({ actors }) => actors.includes(INTRUDER)).map(({ day }) => day);
      expect(byIntruder).toEqual(incident.readOn);
      // One service of one machine, however many files tell of it.
      expect(new Set(findings.verdicts.map(({ asset, service }) => `${asset} ${service}`)).size).toBe(1);
      const others = days.flatMap(({ actors }) => actors).filter((actor) => actor !== INTRUDER);
      expect(new Set(others)).toEqual(new Set(incident.partnerOn.length > 0 ? [PARTNER] : []));
      for (const { actors, why } of days)
        expect(why.some(({ text }) => text.includes('let in before'))).toBe(actors.includes(PARTNER));
      expect(evidence.sources.flatMap(({ rejectedSamples }) => rejectedSamples)).toEqual([]);
    },
  );
});
