import type { AssetId, StringId } from '../base/brand';
import type { Ground, Standings } from './context';
import type { ClockOffsetFinding, ContradictionFinding } from './findings';

export interface Contradictions {
  readonly contradictions: readonly ContradictionFinding[];
  readonly clockOffsets: readonly ClockOffsetFinding[];
  /** Host names whose lines match the flows of an asset that they are not yet known to be. */
  readonly aliases: readonly {
    readonly host: StringId;
    readonly asset: AssetId;
    readonly matches: number;
  }[];
}

export function findContradictions(ground: Ground, standings: Standings): Contradictions {
  void [ground, standings];
  return { contradictions: [], clockOffsets: [], aliases: [] };
}
