import { FailureError, toFailure, type Failure } from '../base/result';

/** Turns what the database threw into a sentence for a person. `doing`: "saving access.log". */
export function toStorageFailure(caught: unknown, doing: string): Failure {
  if (caught instanceof FailureError) return caught.failure;
  const names = errorNames(caught);
  if (names.includes('QuotaExceededError'))
    return {
      what: `This browser has no room left for ${doing}.`,
      kept: 'What was saved before is kept, and what is loaded stays usable until the tab is closed.',
      todo: 'Delete a case or free disk space, then drop again what was not saved.',
    };
  if (
    names.includes('InvalidStateError') ||
    names.includes('MissingAPIError') ||
    names.includes('SecurityError')
  )
    return {
      what: `This browser does not let the page keep data (private window or blocked storage): ${doing} failed.`,
      todo: 'Open the page in a window that is not private, or allow it to keep data, and try again.',
    };
  return { what: `Storage failed while ${doing}: ${toFailure(caught).what}` };
}

/** Dexie wraps the browser's error: the name that tells what happened may be one level down. */
function errorNames(caught: unknown): string[] {
  const names: string[] = [];
  let error: unknown = caught;
  for (let depth = 0; depth < 4 && error instanceof Error; depth++) {
    names.push(error.name);
    error = (error as { inner?: unknown }).inner;
  }
  if (error instanceof DOMException) names.push(error.name);
  return names;
}

export function staleCase(): FailureError {
  return new FailureError({
    what: 'This case was changed in another tab.',
    kept: 'What the other tab saved is kept.',
    todo: 'Reload this tab to continue with it.',
  });
}

export function missingCase(): FailureError {
  return new FailureError({ what: 'This case is no longer in this browser.', todo: 'Choose another case.' });
}
