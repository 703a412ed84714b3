import { openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import type { ActorFinding } from '../../src/lib/analysis/findings';
import { analyze } from '../../src/lib/analysis/run';
import { assemble } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { hasSharedData, SHARED_DATA } from '../support/shared-data';

const FOLDER = join(SHARED_DATA, 'crowdsec-hub');

/** Signs of ours that speak of the same behavior as a scenario of theirs. */
const MATCHING: Readonly<Record<string, readonly string[]>> = {
  'crowdsecurity/iptables-scan-multi_ports': ['port-scan', 'trw'],
  'crowdsecurity/http-admin-interface-probing': ['weak-spots', 'probing'],
  'crowdsecurity/http-generic-bf': ['guessing', 'slow-guessing'],
  'LePresidente/http-generic-401-bf': ['guessing', 'slow-guessing', 'probing'],
  'crowdsecurity/pgsql-bf': ['guessing', 'slow-guessing'],
  'crowdsecurity/ssh-bf': ['guessing', 'slow-guessing', 'broken-off'],
  'crowdsecurity/ssh-bf_user-enum': ['guessing', 'unknown-names'],
};

/** Deliberate differences: scenario or source, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'crowdsecurity/http-generic-test': 'fires on one request for a path that CrowdSec made up to test itself',
  'crowdsecurity/ssh-generic-test': 'fires on one login of a name that CrowdSec made up to test itself',
  'iptables-scan-multi-port 127.0.0.1':
    'called 16 ports within a second, as the flagged ones did; CrowdSec leaves out lines of an AUDIT rule',
};

interface Scenario {
  readonly name: string;
  readonly scenario: string;
  readonly sources: readonly string[];
}

function scenarios(): Scenario[] {
  return readdirSync(FOLDER, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name === 'scenario.assert')
    .flatMap(({ parentPath }) => {
      const text = readFileSync(join(parentPath, 'scenario.assert'), 'utf8');
      return [...text.matchAll(/results\[(\d+)\]\S*GetScenario\(\) == "([^"]+)"/g)].map(
        ([, index, scenario = '']) => ({
          name: parentPath.slice(FOLDER.length + 1),
          scenario,
          sources: [
            ...new Set(
              [...text.matchAll(/results\[(\d+)\]\.Overflow\.Sources\["([^"]+)"\]\.IP/g)]
                .filter((match) => match[1] === index)
                .map((match) => match[2] ?? ''),
            ),
          ],
        }),
      );
    });
}

async function actorsOf(name: string): Promise<readonly ActorFinding[]> {
  const blob = await openAsBlob(join(FOLDER, name, `${name}.log`));
  const dictionaries = new Dictionaries();
  const lastModifiedMs = Date.UTC(2024, 11, 31);
  const result = await ingestFile({ blob, name: `${name}.log`, lastModifiedMs }, 0 as SourceId, dictionaries);
  if (!result.ok) throw new Error(result.error.what);
  return analyze(assemble([result.value], dictionaries, { rules: [] }), {}).actors;
}

describe.skipIf(!hasSharedData)('CrowdSec’s scenarios', () => {
  it('flag no source that is not noise here, by a sign of the same kind, and the other way round', async () => {
    const wrong: string[] = [];
    let agreed = 0;
    let total = 0;
    const all = scenarios();
    expect(all.length).toBeGreaterThan(0);
    for (const name of new Set(all.map((each) => each.name))) {
      const actors = await actorsOf(name);
      const here = all.filter((each) => each.name === name);
      for (const { scenario, sources } of here) {
        if (DIFFERENCES[scenario] !== undefined) continue;
        expect(sources.length, `${name}: ${scenario} flags somebody`).toBeGreaterThan(0);
        for (const source of sources) {
          total += 1;
          const actor = actors.find((each) => each.actor === source);
          const isMatched = actor?.why.some(({ sign }) => MATCHING[scenario]?.includes(sign)) === true;
          if (actor?.standing === 'noise' && isMatched) agreed += 1;
          else
            wrong.push(
              `${name}: ${source} (${scenario}) is ${actor?.standing}: ${actor?.why.map(({ sign }) => sign)}`,
            );
        }
      }
      const flagged = new Set(here.flatMap(({ sources }) => sources));
      for (const { actor, standing } of actors) {
        if (flagged.has(actor) || DIFFERENCES[`${name} ${actor}`] !== undefined) continue;
        total += 1;
        if (standing !== 'noise') agreed += 1;
        else wrong.push(`${name}: ${actor} is noise here and not flagged there`);
      }
    }
    console.log(`CrowdSec's scenarios: ${agreed} of ${total} sources agree; deliberate differences:`);
    for (const [what, why] of Object.entries(DIFFERENCES)) console.log(`  ${what}: ${why}`);
    expect(wrong).toEqual([]);
  });
});
