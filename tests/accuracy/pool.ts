import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { IncidentPlan } from '../scenarios/incident';
import { runCase, type CaseResult } from './run-case';

type Answer = { readonly result: CaseResult } | { readonly error: string };

/** Runs every plan, `jobs` at a time in processes of their own, and calls back as each is done. Results come in the order of the plans. */
export async function runCases(
  plans: readonly IncidentPlan[],
  jobs: number,
  onDone: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  if (jobs <= 1) {
    for (const plan of plans) {
      const result = await runCase(plan);
      onDone(result);
      results.push(result);
    }
    return results;
  }
  // The largest first: else one process ends with the longest case alone.
  const order = plans.map((_, index) => index).sort((a, b) => noiseOf(plans, b) - noiseOf(plans, a));
  let next = 0;
  const take = (): number | undefined => order[next++];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      // The child inherits the loader that this process reads TypeScript with. Structured clones keep NaN and Infinity.
      const child = fork(fileURLToPath(new URL('./case-process.ts', import.meta.url)), {
        serialization: 'advanced',
      });
      let at = take();
      const send = (): void => {
        child.send({ plan: at === undefined ? undefined : plans[at] });
      };
      child.on('message', (answer: Answer) => {
        if ('error' in answer) {
          child.kill();
          reject(new Error(answer.error));
          return;
        }
        results[at as number] = answer.result;
        onDone(answer.result);
        at = take();
        send();
      });
      child.on('error', reject);
      child.on('exit', (code) => {
        if (at === undefined) resolve();
        else reject(new Error(`the process of seed ${plans[at]?.seed} ended with ${code}`));
      });
      send();
    });
  await Promise.all(Array.from({ length: Math.min(jobs, plans.length) }, work));
  return results;
}

function noiseOf(plans: readonly IncidentPlan[], index: number): number {
  return plans[index]?.noise ?? 0;
}
