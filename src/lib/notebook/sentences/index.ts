import type { Findings } from '../../analysis/findings';
import type { CellId } from '../document';
import type { CellText, DescribeCell } from '../sentences';
import { describeAftermath } from './aftermath';
import { describeAnswer } from './answer';
import { describeDecoy } from './decoy';
import { describeEvidence } from './evidence';
import { describeExposure } from './exposure';
import { describeIntegrity } from './integrity';
import { describeLadder } from './ladder';
import { describeNoise } from './noise';
import { describeQuiet } from './quiet';
import { describeRotation } from './rotation';

export { answerInOne, answerSentence, groupAnswers, missingOf, type AnswerGroup } from './answer';
export { inferredOnce } from './evidence';
export { withProbability } from './integrity';
export * from './words';

/** The sentence of each cell, by its id. Screen and report use the same ones. */
export const DESCRIBE: Readonly<Record<CellId | 'answer', DescribeCell>> = {
  answer: describeAnswer,
  evidence: describeEvidence,
  exposure: describeExposure,
  noise: describeNoise,
  quiet: describeQuiet,
  decoy: describeDecoy,
  ladder: describeLadder,
  integrity: describeIntegrity,
  aftermath: describeAftermath,
  rotation: describeRotation,
};

export function describeCell(id: CellId | 'answer', findings: Findings): CellText {
  return DESCRIBE[id](findings);
}
