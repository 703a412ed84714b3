import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import { buildIncident, type IncidentPlan } from '../scenarios/incident';
import { loadEvidence } from '../scenarios/load';
import { runBaseline } from './baseline';
import { calibrate, type Calibration } from './calibration';
import { measureCase, type CaseMeasures } from './measure';
import { measureBaseline, type BaselineMeasures } from './measure-baseline';

export interface CaseResult {
  readonly plan: IncidentPlan;
  readonly measures: CaseMeasures;
  readonly baseline: BaselineMeasures;
  readonly calibration: Calibration;
  readonly flowRows: number;
  readonly seconds: { readonly build: number; readonly load: number; readonly analyze: number };
}

/** Builds one incident, reads its logs as the page does, asks the whole notebook, and holds the answers against the truth. */
export async function runCase(plan: IncidentPlan): Promise<CaseResult> {
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
    calibration: calibrate(evidence, scenario.parameters, scenario.truth),
    flowRows: evidence.tables.flows.rowCount,
    seconds: {
      build: (built - started) / 1000,
      load: (loaded - built) / 1000,
      analyze: (analyzed - loaded) / 1000,
    },
  };
}
