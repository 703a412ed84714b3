import type { Findings } from '../../analysis/findings';
import type { CellId } from '../document';

/** What the analysis says about the limits of one cell. */
export function caveatsOf(findings: Findings, cell: CellId): string[] {
  return findings.caveats.filter((caveat) => caveat.cell === cell).map((caveat) => caveat.text);
}
