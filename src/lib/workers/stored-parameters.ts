import type { CaseParameters, SourceRule } from '../analysis/parameters';

/**
 * What reading and assembling need of the stored parameters. They may come from a case file that somebody else wrote; the page brings the rest
 * through the document's upgraders.
 */
export function parametersFrom(stored: unknown): CaseParameters {
  if (!isRecord(stored)) return {};
  const { zone, year, sources } = stored;
  return {
    ...(typeof zone === 'string' && { zone }),
    ...(typeof year === 'number' && { year }),
    ...(Array.isArray(sources) && {
      sources: sources.filter((rule) => isRecord(rule) && typeof rule['name'] === 'string') as SourceRule[],
    }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
