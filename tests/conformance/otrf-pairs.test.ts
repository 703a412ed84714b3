import { existsSync, openAsBlob, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import type { Findings } from '../../src/lib/analysis/findings';
import { analyze } from '../../src/lib/analysis/run';
import { assemble } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import type { RawSource } from '../../src/lib/ingest/raw-source';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { hasSharedData, SHARED_DATA } from '../support/shared-data';

const FOLDER = join(SHARED_DATA, 'otrf-windows-paired');

/** The lab's machines, from the data set's own description. */
const MACHINES: Readonly<Record<string, string>> = {
  'MORDORDC.theshire.local': '172.18.38.5',
  'WORKSTATION5.theshire.local': '172.18.39.5',
  'WORKSTATION6.theshire.local': '172.18.39.6',
};

/** Events of a host and flows of the same minutes, analyzed without a word about the case. */
async function findingsOf(capture: string): Promise<Findings> {
  const dictionaries = new Dictionaries();
  const sources: RawSource[] = [];
  for (const name of ['security.jsonl', 'derived-flows/argus_ctu13cols.binetflow']) {
    const path = join(FOLDER, capture, name);
    if (!existsSync(path)) continue;
    const input = { blob: await openAsBlob(path), name, lastModifiedMs: Date.UTC(2021, 0, 1) };
    const result = await ingestFile(input, sources.length as SourceId, dictionaries);
    if (!result.ok) throw new Error(result.error.what);
    sources.push(result.value);
  }
  return analyze(assemble(sources, dictionaries, { rules: [] }), {});
}

describe.skipIf(!hasSharedData)('Windows events and flows of the same attacks', async () => {
  const captures = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const all = new Map<string, Findings>();
  for (const capture of captures) all.set(capture, await findingsOf(capture));

  it('join a machine’s name and its address, and never another’s', () => {
    let found = 0;
    let total = 0;
    for (const [capture, { assets }] of all) {
      for (const { asset, aliases } of assets) {
        const names = [asset, ...aliases];
        for (const [name, address] of Object.entries(MACHINES)) {
          if (!names.includes(name)) continue;
          total += 1;
          if (names.includes(address)) found += 1;
          const others = Object.entries(MACHINES).filter(([other]) => other !== name);
          for (const other of others.flat()) expect(names, `${capture}: ${name}`).not.toContain(other);
        }
      }
    }
    console.log(
      `OTRF captures: ${found} of ${total} machines that log are tied to their address, 0 to another's`,
    );
    expect(found / total).toBeGreaterThan(0.9);
  });

  it('tell that hosts and sensor had one clock, and accuse no host of missing lines', () => {
    // The domain controller logs logons over the network, with the client's port, in all captures but one.
    const clocked = [...all.values()].filter(({ integrity }) =>
      integrity.clockOffsets.some(({ host }) => host === 'MORDORDC.theshire.local'),
    );
    expect(clocked.length).toBeGreaterThanOrEqual(all.size - 1);
    for (const [capture, { integrity }] of all) {
      expect(integrity.contradictions, capture).toEqual([]);
      for (const { host, offsetUs } of integrity.clockOffsets)
        expect(Math.abs(offsetUs), `${capture}: ${host}`).toBeLessThanOrEqual(1e6);
    }
  });

  it('show PurpleSharp’s password spray as guessing of many names from one machine', () => {
    const actors = all.get('purplesharp_ad_playbook_I')?.actors ?? [];
    const sprayers = actors.filter(({ why }) => why.some(({ sign }) => sign === 'guessing'));
    expect(sprayers.map(({ actor, standing }) => [actor, standing])).toEqual([['WORKSTATION5', 'noise']]);
    expect(sprayers[0]?.users).toBeGreaterThanOrEqual(5);
  });

  it('list no machine that only logs in to itself, and who moved from machine to machine', () => {
    for (const [capture, { actors }] of all) {
      const quiet = actors.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
      expect(
        quiet.filter((actor) => actor === '::1' || actor.startsWith('fe80:')),
        capture,
      ).toEqual([]);
    }
    const spray = all.get('purplesharp_ad_playbook_I')?.actors ?? [];
    const quiet = spray.filter(({ standing }) => standing === 'quiet').map(({ actor }) => actor);
    // The machine that sprays; and one whose account no log of the case places.
    expect(quiet.sort()).toEqual(['172.18.38.6', '172.18.39.5']);
    const ofMachines = spray.filter(({ why }) => why.some(({ sign }) => sign === 'own-machine'));
    expect(ofMachines.map(({ actor }) => actor).sort()).toEqual(['172.18.39.6', '172.18.39.7', '::1']);
  });
});
