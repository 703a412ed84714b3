import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import { GATEWAYS, gatewayIncident } from '../scenarios/gateways';
import { loadEvidence } from '../scenarios/load';

describe.each(GATEWAYS)('%s: an incident at the border', (kind) => {
  it.each([1, 2, 3])('has its reader first, and nothing else is accused (seed %i)', async (seed) => {
    const incident = gatewayIncident(kind, seed);
    const files = incident.files.map(({ name, text }) => ({ name, blob: new Blob([text]) }));
    const copiedMs = parseIsoUtc(incident.endsAt) / 1000 + 86_400_000;
    const { parameters } = incident;
    const findings = analyze(await loadEvidence(files, parameters, copiedMs), parameters);
    const [first] = findings.actors.filter(({ quietRank }) => quietRank === 1);
    expect(first?.actor).toBe(incident.reader);
    expect(findings.actors.some(({ actor }) => actor === 'app')).toBe(false);
    expect(findings.integrity.contradictions).toEqual([]);
    expect(findings.integrity.gaps.filter(({ kind: of }) => of === 'backwards')).toEqual([]);
    const ports = new Set(findings.exposure.map(({ port }) => port));
    expect([...ports]).toEqual(incident.port === null ? [] : [incident.port]);
    const read = findings.verdicts.filter(({ verdict }) => verdict === 'queried').map(({ day }) => day);
    expect(read).toEqual(incident.port === null ? [] : incident.readOn);
    expect(findings.verdicts.some(({ verdict }) => verdict === 'not queried within coverage')).toBe(false);
  });
});
