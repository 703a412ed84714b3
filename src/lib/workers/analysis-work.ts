import { detectabilitySteps } from '../analysis/detectability';
import type { Evidence } from '../analysis/evidence';
import { StepMemory } from '../analysis/memory';
import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import { selectRows, type QueryContext } from '../analysis/row-query';
import { analysisSteps, FIRST_STEP_WITH_HASHES } from '../analysis/run';
import type { AnalysisWork } from './analysis-runs';

/** The default notebook, and its rows. What a run found out is kept for the next one while the evidence is the same. */
export function makeAnalysisWork(): AnalysisWork {
  let held: { readonly evidence: Evidence; readonly memory: StepMemory } | null = null;
  const memoryOf = (evidence: Evidence): StepMemory => {
    if (held?.evidence !== evidence) held = { evidence, memory: new StepMemory() };
    return held.memory;
  };
  return {
    *steps(evidence, parameters) {
      const { findings, context } = yield* analysisSteps(evidence, parameters, memoryOf(evidence));
      return { findings, select: (of, query) => selectRows(of, context, query) };
    },
    *early(evidence, parameters) {
      for (const progress of analysisSteps(evidence, parameters, memoryOf(evidence))) {
        if (progress.step === FIRST_STEP_WITH_HASHES) return;
        yield progress;
      }
    },
    forget() {
      held = null;
    },
    detectability: (evidence, parameters, options) =>
      detectabilitySteps(evidence, parameters, analysisSteps, options),
    // Before the first analysis nobody is an actor or an asset; questions that name none can be answered all the same.
    select: (evidence, query) => selectRows(evidence, nobody(evidence), query),
  };
}

function nobody({ dictionaries }: Evidence): QueryContext {
  const addresses = dictionaries.addresses.size;
  const strings = dictionaries.strings.size;
  return {
    assets: {
      count: 0,
      names: [],
      aliases: [],
      why: [],
      byAddress: new Uint32Array(addresses),
      byString: new Uint32Array(strings),
      isOwn: new Uint8Array(addresses),
    },
    actors: {
      count: 0,
      byAddress: new Uint32Array(addresses),
      byPrincipal: new Uint32Array(strings),
      texts: [],
      kinds: new Uint8Array(0),
      known: [],
    },
    thresholds: DEFAULT_THRESHOLDS,
  };
}
