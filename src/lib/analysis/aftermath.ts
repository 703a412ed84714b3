import type { Ground, Standings } from './context';
import type { AftermathFinding } from './findings';
import type { Ladder } from './ladder';
import { findChanges } from './later-changes';
import { findOutbound } from './outbound';
import { findReturning } from './returning';
import { assetsToRetire, makeWatchList } from './watch-list';

/** What came after (ANALYSIS 10): who returned, whom the exposed assets called, what was changed, what to watch and what to retire. */
export function findAftermath(ground: Ground, standings: Standings, ladder: Ladder): AftermathFinding {
  const { outbound, beacons } = findOutbound(ground);
  return {
    returning: findReturning(ground, standings, ladder),
    outbound,
    beacons,
    changes: findChanges(ground, ladder),
    watchList: makeWatchList(ground, standings, ladder, beacons),
    retire: assetsToRetire(ground, ladder),
  };
}
