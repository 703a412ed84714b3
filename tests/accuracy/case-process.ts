import type { IncidentPlan } from '../scenarios/incident';
import { runCase } from './run-case';

/** One process of the pool: takes a plan, answers with its result, until there is none. */
process.on('message', ({ plan }: { plan?: IncidentPlan }) => {
  if (plan === undefined) {
    process.disconnect();
    return;
  }
  runCase(plan).then(
    (result) => process.send?.({ result }),
    (caught: unknown) => process.send?.({ error: `seed ${plan.seed}: ${String(caught)}` }),
  );
});
