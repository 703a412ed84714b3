import type { AnalysisWork } from './analysis-host';
import { FailureError } from '../base/result';

export const analysisWork: AnalysisWork = {
  steps() {
    throw new FailureError({ what: 'The analysis is not part of this build.' });
  },
  select(evidence, query) {
    return new Uint32Array(query.rows ?? []);
  },
};
