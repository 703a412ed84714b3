import { finished, type InParts } from '../base/parts';
import type { Ground, Standings } from './context';
import type { AftermathFinding } from './findings';
import type { Ladder } from './ladder';
import { findChanges } from './later-changes';
import { findOutbound } from './outbound';
import { findReturning } from './returning';
import { assetsToRetire, makeWatchList } from './watch-list';

/** What came after (ANALYSIS 10): who returned, whom the exposed assets called, what was changed, what to watch and what to retire. */
export function findAftermath(ground: Ground, standings: Standings, ladder: Ladder): AftermathFinding {
  return finished(findAftermathInParts(ground, standings, ladder));
}

/** The same, pausing now and then. */
export function* findAftermathInParts(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
): InParts<AftermathFinding> {
  const { outbound, beacons } = yield* findOutbound(ground);
  yield;
  const returning = findReturning(ground, standings, ladder);
  yield;
  const changes = findChanges(ground, ladder);
  yield;
  return {
    ...{ returning, outbound, beacons, changes },
    watchList: makeWatchList(ground, standings, ladder, beacons),
    retire: assetsToRetire(ground, ladder),
  };
}
