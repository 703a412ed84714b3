import type { Evidence } from '../../src/lib/analysis/evidence';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import type { SourceId } from '../../src/lib/base/brand';
import { assemble, type RawSource } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { ruleFor } from '../../src/lib/ingest/rules';
import { Dictionaries } from '../../src/lib/tables/dictionaries';

export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

/** Logs to evidence, as the headless tool reads them; fails loudly where a file is not read. */
export async function loadEvidence(
  files: readonly NamedBlob[],
  parameters: CaseParameters,
  lastModifiedMs: number,
): Promise<Evidence> {
  const dictionaries = new Dictionaries();
  const sources: RawSource[] = [];
  for (const { name, blob } of files) {
    const rule = ruleFor(parameters.sources ?? [], name);
    const input = { blob, name, lastModifiedMs, format: rule.format, options: rule };
    const result = await ingestFile(input, sources.length as SourceId, dictionaries);
    if (!result.ok) throw new Error(`${name}: ${result.error.what}`);
    sources.push(result.value);
  }
  const { zone, year, sources: rules = [] } = parameters;
  return assemble(sources, dictionaries, { zone, year, rules }, lastModifiedMs);
}
