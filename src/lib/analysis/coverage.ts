import type { AssetId, Ground } from './context';
import type { CoverageFinding, GapFinding, Rung } from './findings';

/** What the loaded sources cover of each asset, where they fall silent, and what they could have shown at best. */
export interface Coverage {
  readonly coverage: readonly CoverageFinding[];
  readonly gaps: readonly GapFinding[];
  /** Highest rung that any source could have shown for the asset in the UTC hour that holds `hourUs`; −1: none watched it. */
  ceilingAt(asset: AssetId, hourUs: number, heldOffOnly?: boolean): Rung;
}

export function findCoverage(ground: Ground): Coverage {
  void ground;
  return { coverage: [], gaps: [], ceilingAt: () => -1 };
}
