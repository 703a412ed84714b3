import type { Findings } from '../analysis/findings';

/**
 * Bytes from or to an actor; NaN where nothing that is loaded could say. Login logs give no sizes: an actor of which only they tell was not
 * sent nothing.
 */
export function knownBytes(bytes: number, { totals }: Pick<Findings, 'totals'>): number {
  return bytes === 0 && totals.flows === 0 ? Number.NaN : bytes;
}
