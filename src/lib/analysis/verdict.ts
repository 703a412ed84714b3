import type { Ground, Standings } from './context';
import type { Coverage } from './coverage';
import type { AnswerFinding, VerdictFinding } from './findings';
import type { Ladder } from './ladder';

export interface Verdicts {
  readonly verdicts: readonly VerdictFinding[];
  readonly answers: readonly AnswerFinding[];
}

export function decideVerdicts(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
  coverage: Coverage,
): Verdicts {
  void [ground, standings, ladder, coverage];
  return { verdicts: [], answers: [] };
}
