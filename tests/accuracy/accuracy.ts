import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Weighted } from '../scenarios/draw';
import { optionsOrStop } from '../support/command-line';
import { isHeldBack, planOf } from './grid';
import { ACCURACY_RULES, OUT } from './options';
import { runCases } from './pool';
import { formatReport, summarize } from './report';
import type { CaseResult } from './run-case';

/** Each case holds its logs, rows and findings in memory at once. */
const MOST_JOBS = 2;

const DEFAULT_NOISES: Weighted<number> = [
  [0, 15],
  [1_000, 65],
  [100_000, 16],
  [1_000_000, 4],
];

function noisesOf(text: string | undefined, isQuick: boolean): Weighted<number> {
  if (text !== undefined) return text.split(',').map((each) => [Number(each), 1] as const);
  return isQuick ? DEFAULT_NOISES.filter(([noise]) => noise <= 1_000) : DEFAULT_NOISES;
}

function describe({ plan, measures, flowRows, seconds }: CaseResult): string {
  const missing = plan.missing.length > 0 ? `, without ${plan.missing.join()}` : '';
  const lines = [
    `seed ${plan.seed}${isHeldBack(plan.seed) ? ' (held back)' : ''}: noise ${plan.noise}, quiet [${plan.quiet.join(', ')}], logins ${plan.loginFormat}, erasure ${plan.erasure}${missing}, clocks ${plan.clocks}, ${flowRows} flow rows, ${seconds.load.toFixed(1)} s to load, ${seconds.analyze.toFixed(1)} s to analyze`,
    ...measures.misses.slice(0, 12).map((miss) => `  ${miss}`),
  ];
  if (measures.misses.length > 12) lines.push(`  … and ${measures.misses.length - 12} more`);
  return lines.join('\n');
}

async function main(): Promise<void> {
  const values = optionsOrStop('accuracy', ACCURACY_RULES);
  if (!values) return;
  const [first = 1, last = first] = (values.seeds ?? '1-120').split('-').map(Number);
  const only = values.only ?? 'all';
  const isVerbose = values.verbose !== undefined;
  const jobs = Number(values.jobs ?? Math.min(MOST_JOBS, availableParallelism()));
  const kinds = values.logins?.split(',');
  const noises = noisesOf(values.noise, values.quick !== undefined);
  const plans = Array.from({ length: last - first + 1 }, (_, k) => first + k)
    .filter((seed) => only === 'all' || (only === 'held-back') === isHeldBack(seed))
    .map((seed) => planOf(seed, noises))
    .filter(({ loginFormat }) => kinds?.includes(loginFormat) ?? true);
  const results = await runCases(plans, jobs, (result) => {
    if (isVerbose) console.log(describe(result));
    else process.stderr.write('.');
  });
  if (!isVerbose) process.stderr.write('\n');
  const groups = {
    tuning: summarize(results.filter(({ plan }) => !isHeldBack(plan.seed))),
    'held back': summarize(results.filter(({ plan }) => isHeldBack(plan.seed))),
  };
  console.log(formatReport(groups));
  mkdirSync(OUT, { recursive: true });
  const name = values.out ?? 'accuracy';
  writeFileSync(`${OUT}/${name}.json`, `${JSON.stringify({ groups, cases: results }, null, 1)}\n`);
}

main().catch((caught: unknown) => {
  console.error(caught);
  process.exitCode = 1;
});
