import type { Ground, Standings } from './context';
import type { AftermathFinding } from './findings';
import type { Ladder } from './ladder';

export function findAftermath(ground: Ground, standings: Standings, ladder: Ladder): AftermathFinding {
  void [ground, standings, ladder];
  return { returning: [], outbound: [], beacons: [], changes: [], watchList: [], retire: [] };
}
