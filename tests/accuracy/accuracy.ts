import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Weighted } from '../scenarios/draw';
import { isHeldBack, planOf } from './grid';
import { runCases } from './pool';
import { formatReport, summarize } from './report';
import type { CaseResult } from './run-case';

const OUT = 'tests/accuracy/out';

const HELP = `npm run accuracy -- [options]
  --seeds A-B     incidents to build (default 1-120); every third seed is held back
  --only WHICH    tuning | held-back | all (default all)
  --logins K,K,…  only incidents whose login logs are of these kinds: syslog, journald, auditd, windows
  --noise N,N,…   noise volumes to draw from (default 0,1000,100000 by 15, 65 and 20 %)
  --quick         no volume above 1,000: seconds instead of minutes
  --jobs N        processes to share the cases (default: up to 2)
  --out NAME      name of the JSON file in ${OUT} (default accuracy)
  --verbose       print what each case missed
`;

/** Each case holds its logs, rows and findings in memory at once. */
const MOST_JOBS = 2;

const DEFAULT_NOISES: Weighted<number> = [
  [0, 15],
  [1_000, 65],
  [100_000, 20],
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
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1-120' },
      only: { type: 'string', default: 'all' },
      logins: { type: 'string' },
      noise: { type: 'string' },
      quick: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.min(MOST_JOBS, availableParallelism())) },
      out: { type: 'string', default: 'accuracy' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [first = 1, last = first] = values.seeds.split('-').map(Number);
  const kinds = values.logins?.split(',');
  const noises = noisesOf(values.noise, values.quick);
  const plans = Array.from({ length: last - first + 1 }, (_, k) => first + k)
    .filter((seed) => values.only === 'all' || (values.only === 'held-back') === isHeldBack(seed))
    .map((seed) => planOf(seed, noises))
    .filter(({ loginFormat }) => kinds?.includes(loginFormat) ?? true);
  const results = await runCases(plans, Number(values.jobs), (result) => {
    if (values.verbose) console.log(describe(result));
    else process.stderr.write('.');
  });
  if (!values.verbose) process.stderr.write('\n');
  const groups = {
    tuning: summarize(results.filter(({ plan }) => !isHeldBack(plan.seed))),
    'held back': summarize(results.filter(({ plan }) => isHeldBack(plan.seed))),
  };
  console.log(formatReport(groups));
  mkdirSync(OUT, { recursive: true });
  writeFileSync(`${OUT}/${values.out}.json`, `${JSON.stringify({ groups, cases: results }, null, 1)}\n`);
}

main().catch((caught: unknown) => {
  console.error(caught);
  process.exitCode = 1;
});
