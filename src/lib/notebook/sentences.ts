import type { Findings, Statement } from '../analysis/findings';
import type { CellId } from './document';

/** What a cell says: the finding in one sentence, then what it rests on and what it cannot know. */
export interface CellText {
  readonly id: CellId | 'answer';
  readonly question: string;
  readonly finding: Statement;
  readonly details: readonly Statement[];
  readonly caveats: readonly string[];
}

export type DescribeCell = (findings: Findings) => CellText;
