import type { ActorId, Ground, Standings } from './context';
import type { Coverage } from './coverage';
import type { LadderFinding, LadderRow, Rung } from './findings';

export interface Ladder {
  readonly ladder: readonly LadderFinding[];
  readonly rows: readonly LadderRow[];
  /** Highest rung of an actor on any service; −1 where nothing of it was seen. */
  rungOf(actor: ActorId): { readonly rung: Rung; readonly inferred: boolean };
}

export function climbLadder(ground: Ground, standings: Standings, coverage: Coverage): Ladder {
  void [ground, standings, coverage];
  return { ladder: [], rows: [], rungOf: () => ({ rung: -1, inferred: false }) };
}
