import { existsSync, openAsBlob } from 'node:fs';
import { join } from 'node:path';
import type { SourceId } from '../../src/lib/base/brand';
import type { Findings } from '../../src/lib/analysis/findings';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { analyze } from '../../src/lib/analysis/run';
import { assemble } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import type { RawSource } from '../../src/lib/ingest/raw-source';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { SHARED_DATA } from './shared-data';

/** What the notebook says of files of the real data, by their paths there; a path that is absent is left out. */
export async function findingsOf(
  paths: readonly string[],
  parameters: CaseParameters = {},
): Promise<Findings> {
  const dictionaries = new Dictionaries();
  const sources: RawSource[] = [];
  for (const name of paths) {
    const path = join(SHARED_DATA, name);
    if (!existsSync(path)) continue;
    const input = { blob: await openAsBlob(path), name, lastModifiedMs: Date.UTC(2021, 0, 1) };
    const result = await ingestFile(input, sources.length as SourceId, dictionaries);
    if (!result.ok) throw new Error(`${name}: ${result.error.what}`);
    sources.push(result.value);
  }
  return analyze(assemble(sources, dictionaries, { rules: parameters.sources ?? [] }), parameters);
}
