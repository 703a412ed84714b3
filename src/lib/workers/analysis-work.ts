import type { ActorIndex, AssetIndex } from '../analysis/context';
import { detectabilitySteps } from '../analysis/detectability';
import type { Evidence } from '../analysis/evidence';
import { selectRows } from '../analysis/row-query';
import { analysisSteps } from '../analysis/run';
import type { AnalysisWork } from './analysis-host';

/** The default notebook, and its rows. */
export const analysisWork: AnalysisWork = {
  *steps(evidence, parameters) {
    const { findings, context } = yield* analysisSteps(evidence, parameters);
    return { findings, select: (of, query) => selectRows(of, context, query) };
  },
  detectability: (evidence, parameters, options) =>
    detectabilitySteps(evidence, parameters, analysisSteps, options),
  // Before the first analysis nobody is an actor or an asset; questions that name none can be answered all the same.
  select: (evidence, query) => selectRows(evidence, nobody(evidence), query),
};

function nobody({ dictionaries }: Evidence): { assets: AssetIndex; actors: ActorIndex } {
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
  };
}
