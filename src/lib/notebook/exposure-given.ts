import { placeWords } from '../analysis/place-words';
import type { ExposedTime, ExposureFinding } from '../analysis/findings';
import type { ExposureInput } from '../analysis/parameters';
import { formatUtc } from '../base/time';

/** Windows that a person can still go through. */
const MOST_WINDOWS = 500;

export interface GivenExposure {
  readonly windows: readonly ExposureInput[];
  /** Services opened and closed so often that their windows would bury the others: `log-3 22/tcp`. They stay as found. */
  readonly leftOut: readonly string[];
}

/** What was found as windows to be edited by hand: of a service that was opened over and over a window for each time, never one over all. */
export function exposureGiven(found: readonly ExposureFinding[]): GivenExposure {
  const windows: ExposureInput[] = [];
  const leftOut: string[] = [];
  for (const window of found) {
    const times = window.times ?? [window];
    if (times.length > 1 && windows.length + times.length > MOST_WINDOWS) {
      leftOut.push(placeWords(window));
    } else windows.push(...times.map((time) => inputOf(window, time)));
  }
  return { windows, leftOut };
}

function inputOf(
  { asset, port, proto }: ExposureFinding,
  { openedUs, closedUs }: ExposedTime,
): ExposureInput {
  return {
    ...{ asset, port, proto },
    ...(Number.isFinite(openedUs) ? { opened: formatUtc(openedUs) } : {}),
    ...(Number.isFinite(closedUs) ? { closed: formatUtc(closedUs) } : {}),
  };
}
