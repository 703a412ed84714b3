import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import type { Weighted } from '../scenarios/draw';
import { buildIncident, type IncidentPlan } from '../scenarios/incident';
import { loadEvidence } from '../scenarios/load';
import { runBaseline } from './baseline';
import { controlPs } from './calibration';
import { isHeldBack, planOf } from './grid';
import { measureCase, type CaseMeasures } from './measure';
import { measureBaseline, type BaselineMeasures } from './measure-baseline';
import { formatReport, summarize } from './report';

const OUT = 'tests/accuracy/out';

const HELP = `npm run accuracy -- [options]
  --seeds A-B     incidents to build (default 1-60); every third seed is held back
  --only WHICH    tuning | held-back | all (default all)
  --noise N,N,…   noise volumes to draw from (default 0,1000,100000 by 15, 65 and 20 %)
  --verbose       print what each case missed
`;

interface CaseResult {
  readonly plan: IncidentPlan;
  readonly measures: CaseMeasures;
  readonly baseline: BaselineMeasures;
  readonly controlPs: readonly number[];
  readonly flowRows: number;
  readonly seconds: { readonly build: number; readonly load: number; readonly analyze: number };
}

async function runCase(plan: IncidentPlan): Promise<CaseResult> {
  const started = performance.now();
  const scenario = buildIncident(plan);
  const built = performance.now();
  // Logs are copied off a day after the last of them ended: what year inference may rely on.
  const lastModifiedMs = parseIsoUtc(scenario.truth.to) / 1000 + 86_400_000;
  const files = scenario.files
    .filter((file) => file.text !== '')
    .map((file) => ({ name: file.name, blob: new Blob([file.text]) }));
  const evidence = await loadEvidence(files, scenario.parameters, lastModifiedMs);
  const loaded = performance.now();
  const findings = analyze(evidence, scenario.parameters);
  const analyzed = performance.now();
  return {
    plan,
    measures: measureCase(scenario.truth, findings),
    baseline: measureBaseline(scenario.truth, findings, runBaseline(findings)),
    controlPs: controlPs(evidence, scenario.parameters, scenario.truth),
    flowRows: evidence.tables.flows.rowCount,
    seconds: {
      build: (built - started) / 1000,
      load: (loaded - built) / 1000,
      analyze: (analyzed - loaded) / 1000,
    },
  };
}

function noisesOf(text: string | undefined): Weighted<number> {
  if (text === undefined)
    return [
      [0, 15],
      [1_000, 65],
      [100_000, 20],
    ];
  return text.split(',').map((each) => [Number(each), 1] as const);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1-60' },
      only: { type: 'string', default: 'all' },
      noise: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [first = 1, last = first] = values.seeds.split('-').map(Number);
  const noises = noisesOf(values.noise);
  const results: CaseResult[] = [];
  for (let seed = first; seed <= last; seed++) {
    if (values.only !== 'all' && (values.only === 'held-back') !== isHeldBack(seed)) continue;
    const result = await runCase(planOf(seed, noises));
    results.push(result);
    const { plan, measures, seconds } = result;
    if (values.verbose) {
      console.log(
        `seed ${seed}${isHeldBack(seed) ? ' (held back)' : ''}: noise ${plan.noise}, quiet [${plan.quiet.join(', ')}], erasure ${plan.erasure}, missing [${plan.missing.join()}], clocks ${plan.clocks}, ${result.flowRows} flow rows, ${seconds.load.toFixed(1)} s to load, ${seconds.analyze.toFixed(1)} s to analyze`,
      );
      for (const miss of measures.misses.slice(0, 12)) console.log(`  ${miss}`);
      if (measures.misses.length > 12) console.log(`  … and ${measures.misses.length - 12} more`);
    } else process.stderr.write('.');
  }
  if (!values.verbose) process.stderr.write('\n');
  const groups = {
    tuning: summarize(results.filter(({ plan }) => !isHeldBack(plan.seed))),
    'held back': summarize(results.filter(({ plan }) => isHeldBack(plan.seed))),
  };
  console.log(formatReport(groups));
  mkdirSync(OUT, { recursive: true });
  writeFileSync(`${OUT}/accuracy.json`, `${JSON.stringify({ groups, cases: results }, null, 1)}\n`);
}

main().catch((caught: unknown) => {
  console.error(caught);
  process.exitCode = 1;
});
