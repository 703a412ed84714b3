import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import { DATABASES, databaseIncident, READER } from '../scenarios/databases';
import { loadEvidence } from '../scenarios/load';

describe.each(DATABASES)('%s, open to the Internet for four days', (kind) => {
  it.each([
    [1, true],
    [2, true],
    [1, false],
    [2, false],
  ])(
    'is held to be read by whom it was read, and on those days (seed %i, read: %s)',
    async (seed, wasRead) => {
      const incident = databaseIncident(kind, seed, wasRead);
      const files = incident.files.map(({ name, text }) => ({ name, blob: new Blob([text]) }));
      const copiedMs = parseIsoUtc(incident.endsAt) / 1000 + 86_400_000;
      const findings = analyze(await loadEvidence(files, {}, copiedMs), {});
      const quiet = findings.actors.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
      expect(quiet).toEqual(wasRead ? [READER] : []);
      const days = findings.verdicts.filter(({ service }) => service === `${incident.port}/tcp`);
      const read = days.filter(({ verdict }) => verdict === 'queried').map(({ day }) => day);
      expect(read).toEqual(incident.readOn);
      // The logs lay on the machine itself or show no request of the bots: nothing in them says that data was not read.
      expect(days.length).toBeGreaterThanOrEqual(4);
      expect(days.some(({ verdict }) => verdict === 'not queried within coverage')).toBe(false);
      const [window] = findings.exposure;
      expect([window?.asset, window?.port]).toEqual([incident.asset, incident.port]);
    },
  );
});
