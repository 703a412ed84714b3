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
  const { files: written, truth, parameters } = buildIncident(plan);
  const built = performance.now();
  // Logs are copied off a day after the last of them ended: what year inference may rely on.
  const lastModifiedMs = parseIsoUtc(truth.to) / 1000 + 86_400_000;
  const files = written
    .filter((file) => file.text !== '')
    .map((file) => ({ name: file.name, blob: new Blob([file.text]) }));
  const evidence = await loadEvidence(files, parameters, lastModifiedMs);
  const loaded = performance.now();
  const findings = analyze(evidence, parameters);
  const analyzed = performance.now();
  return {
    plan,
    measures: measureCase(truth, findings),
    baseline: measureBaseline(truth, findings, runBaseline(findings)),
    calibration: calibrate(evidence, parameters, truth),
    flowRows: evidence.tables.flows.rowCount,
    seconds: {
      build: (built - started) / 1000,
      load: (loaded - built) / 1000,
      analyze: (analyzed - loaded) / 1000,
    },
  };
}
