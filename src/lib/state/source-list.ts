import type { SourceInfo } from '../analysis/evidence';

/** The sources with those that came, in place of what was there under their ids. */
export function withSources(
  sources: readonly SourceInfo[],
  added: readonly SourceInfo[],
): readonly SourceInfo[] {
  const ids = new Set(added.map(({ id }) => id));
  return [...sources.filter(({ id }) => !ids.has(id)), ...added];
}
