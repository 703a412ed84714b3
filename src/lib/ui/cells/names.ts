import type { CellId } from '../../notebook/document';

/** One word a question, for the outline and the keys. */
export const CELL_NAMES: Readonly<Record<CellId, string>> = {
  evidence: 'Evidence',
  exposure: 'Exposure',
  noise: 'Noise',
  quiet: 'Quiet',
  decoy: 'Decoy',
  ladder: 'Ladder',
  integrity: 'Integrity',
  aftermath: 'Aftermath',
  rotation: 'Rotation',
};
