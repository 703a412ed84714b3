import { RUNGS, type Rung } from '../analysis/findings';

/** `6 queried`; `otherwise` for no rung at all. */
export function rungText(rung: Rung, otherwise = 'none'): string {
  return rung === -1 ? otherwise : `${rung} ${RUNGS[rung]}`;
}
