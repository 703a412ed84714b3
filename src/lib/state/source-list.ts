import type { SourceInfo } from '../analysis/evidence';
import type { Failure } from '../base/result';
import { plural } from '../base/units';

/** The sources with those that came, in place of what was there under their ids. */
export function withSources(
  sources: readonly SourceInfo[],
  added: readonly SourceInfo[],
): readonly SourceInfo[] {
  const ids = new Set(added.map(({ id }) => id));
  return [...sources.filter(({ id }) => !ids.has(id)), ...added];
}

/** What is to be said of files that were read but could not be stored. */
export function unsavedFailure(sources: readonly SourceInfo[]): Failure {
  const files = sources.length === 1 ? (sources[0]?.name ?? '') : plural(sources.length, 'file');
  return {
    what: `${files} could not be saved in this browser. ${sources[0]?.unsaved ?? ''}`.trimEnd(),
    kept: `Until this tab is closed the case has ${sources.length === 1 ? 'it' : 'them'} all the same.`,
  };
}

/** What is to be said when another tab has changed the files of the case. */
export function otherSources(): Failure {
  return {
    what: 'Files of this case were added, taken out or read anew in another tab.',
    kept: 'This tab still shows the case with the files of before.',
    todo: 'Reload it to go on with those of now.',
  };
}
