import type { Findings } from '../../src/lib/analysis/findings';
import type { Truth } from '../scenarios/truth';
import type { BaselineResult } from './baseline';
import { assetNames, type QuietOutcome, type VerdictCounts } from './measure';

export interface BaselineMeasures {
  readonly quiet: readonly QuietOutcome[];
  readonly noise: { readonly flagged: number; readonly right: number };
  readonly services: VerdictCounts;
}

/** The same measures for the baseline, as far as it has an answer at all. */
export function measureBaseline(
  truth: Truth,
  findings: Findings,
  baseline: BaselineResult,
): BaselineMeasures {
  const nameOf = assetNames(truth, findings);
  const isQuiet = new Set(truth.actors.quiet.map(({ actor }) => actor));
  const noise = new Set(Object.values(truth.actors.noise).flat());
  const quiet = truth.actors.quiet.map(({ actor, label, isVisible }) => {
    const at = baseline.ranking.indexOf(actor);
    const before =
      at === -1 ? null : baseline.ranking.slice(0, at).filter((each) => !isQuiet.has(each)).length;
    return { actor, label, isVisible, before };
  });
  const services = { judged: 0, right: 0, falseAssurances: 0, falseAlarms: 0 };
  for (const expected of truth.services) {
    const answer = findings.answers.find(
      (each) => nameOf(each.asset) === expected.asset && each.service === expected.service,
    );
    if (!answer) continue;
    const word = baseline.verdictOf(answer.asset, answer.service);
    services.judged += 1;
    if (expected.acceptable.includes(word)) services.right += 1;
    if (word !== 'queried' && expected.dataRead) services.falseAssurances += 1;
    if (word === 'queried' && !expected.dataRead) services.falseAlarms += 1;
  }
  return {
    quiet,
    noise: {
      flagged: baseline.noise.length,
      right: baseline.noise.filter((actor) => noise.has(actor)).length,
    },
    services,
  };
}
