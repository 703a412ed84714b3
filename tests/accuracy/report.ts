import type { CaseMeasures, QuietOutcome, VerdictCounts } from './measure';
import type { BaselineMeasures } from './measure-baseline';
import { median, quantile, testUniform } from './statistics';

interface Measured {
  /** p-values where the null is true: see calibration.ts. */
  readonly controlPs: readonly number[];
  readonly measures: CaseMeasures;
  readonly baseline: BaselineMeasures;
}

export interface Share {
  readonly part: number;
  readonly of: number;
}

export interface Summary {
  readonly cases: number;
  readonly recallAt3: Share;
  readonly recallAt10: Share;
  readonly noisePrecision: Share;
  readonly dayVerdicts: Share;
  readonly serviceVerdicts: Share;
  readonly falseAssurances: Share;
  readonly falseAlarms: Share;
  readonly erasedRecall: Share;
  readonly contradictionFalsePositives: Share;
  readonly windowErrorMinutes: { readonly median: number; readonly p90: number; readonly n: number };
  readonly changeErrorMinutes: { readonly median: number; readonly p90: number; readonly n: number };
  readonly trafficErrorMinutes: { readonly median: number; readonly p90: number; readonly n: number };
  readonly clockErrorSeconds: { readonly median: number; readonly p90: number; readonly n: number };
  readonly decoyUniform: { readonly distance: number; readonly p: number; readonly n: number };
  readonly controlUniform: { readonly distance: number; readonly p: number; readonly n: number };
  readonly byStealth: Readonly<Record<string, Share>>;
  readonly baseline: {
    readonly recallAt3: Share;
    readonly recallAt10: Share;
    readonly noisePrecision: Share;
    readonly serviceVerdicts: Share;
    readonly falseAssurances: Share;
    readonly falseAlarms: Share;
  };
}

function recall(outcomes: readonly QuietOutcome[], k: number): Share {
  const visible = outcomes.filter((each) => each.isVisible);
  return {
    part: visible.filter((each) => each.before !== null && each.before < k).length,
    of: visible.length,
  };
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}

function share<T>(items: readonly T[], part: (item: T) => number, of: (item: T) => number): Share {
  return { part: sum(items, part), of: sum(items, of) };
}

function verdictShares(counts: readonly VerdictCounts[]): { right: Share; assurances: Share; alarms: Share } {
  return {
    right: share(
      counts,
      (each) => each.right,
      (each) => each.judged,
    ),
    assurances: share(
      counts,
      (each) => each.falseAssurances,
      (each) => each.judged,
    ),
    alarms: share(
      counts,
      (each) => each.falseAlarms,
      (each) => each.judged,
    ),
  };
}

function spread(values: readonly number[]): { median: number; p90: number; n: number } {
  return { median: median(values), p90: quantile(values, 0.9), n: values.length };
}

/** Adds up the measures of many cases. */
export function summarize(results: readonly Measured[]): Summary {
  const measures = results.map((each) => each.measures);
  const quiet = measures.flatMap((each) => each.quiet);
  const days = verdictShares(measures.map((each) => each.days));
  const services = verdictShares(measures.map((each) => each.services));
  const base = results.map((each) => each.baseline);
  const baseQuiet = base.flatMap((each) => each.quiet);
  const baseServices = verdictShares(base.map((each) => each.services));
  const labels = [...new Set(quiet.map((each) => each.label))].sort();
  const controlPs = results.flatMap((each) => each.controlPs);
  const decoys = measures.flatMap((each) => (each.decoyP === null ? [] : [each.decoyP]));
  return {
    cases: results.length,
    recallAt3: recall(quiet, 3),
    recallAt10: recall(quiet, 10),
    noisePrecision: share(
      measures,
      (each) => each.noise.right,
      (each) => each.noise.flagged,
    ),
    dayVerdicts: days.right,
    serviceVerdicts: services.right,
    falseAssurances: {
      part: days.assurances.part + services.assurances.part,
      of: days.right.of + services.right.of,
    },
    falseAlarms: { part: days.alarms.part + services.alarms.part, of: days.right.of + services.right.of },
    erasedRecall: share(
      measures,
      (each) => each.erased.found,
      (each) => each.erased.orders,
    ),
    contradictionFalsePositives: share(
      measures,
      (each) => each.erased.accused,
      (each) => each.erased.clean,
    ),
    windowErrorMinutes: spread(measures.flatMap((each) => each.windowErrors)),
    changeErrorMinutes: spread(measures.flatMap((each) => each.changeErrors)),
    trafficErrorMinutes: spread(measures.flatMap((each) => each.trafficErrors)),
    clockErrorSeconds: spread(measures.flatMap((each) => each.clockErrors)),
    controlUniform: { ...testUniform(controlPs), n: controlPs.length },
    decoyUniform: { ...testUniform(decoys), n: decoys.length },
    byStealth: Object.fromEntries(
      labels.map((label) => [
        label,
        recall(
          quiet.filter((each) => each.label === label),
          3,
        ),
      ]),
    ),
    baseline: {
      recallAt3: recall(baseQuiet, 3),
      recallAt10: recall(baseQuiet, 10),
      noisePrecision: share(
        base,
        (each) => each.noise.right,
        (each) => each.noise.flagged,
      ),
      serviceVerdicts: baseServices.right,
      falseAssurances: baseServices.assurances,
      falseAlarms: baseServices.alarms,
    },
  };
}

function shareText({ part, of }: Share): string {
  return of === 0 ? 'none' : `${(part / of).toFixed(3)} (${part} of ${of})`;
}

function spreadText(unit: string): (value: Summary['windowErrorMinutes']) => string {
  return (value) =>
    value.n === 0
      ? 'none'
      : `median ${value.median.toFixed(1)} ${unit}, 90 % ${value.p90.toFixed(1)} ${unit} (${value.n})`;
}

/** One line a measure: its name, its target, its value. `of` picks the value's text out of a summary. */
const LINES: readonly { name: string; target: string; of: (summary: Summary) => string }[] = [
  { name: 'recall of quiet actors @3', target: '≥ 0.95', of: (s) => shareText(s.recallAt3) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.recallAt3) },
  { name: 'recall of quiet actors @10', target: '≥ 0.99', of: (s) => shareText(s.recallAt10) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.recallAt10) },
  { name: 'precision of noise', target: '≥ 0.99', of: (s) => shareText(s.noisePrecision) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.noisePrecision) },
  { name: 'right verdicts, service and day', target: '≥ 0.97', of: (s) => shareText(s.dayVerdicts) },
  { name: 'right verdicts, service', target: '≥ 0.97', of: (s) => shareText(s.serviceVerdicts) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.serviceVerdicts) },
  { name: 'false assurances', target: '0', of: (s) => shareText(s.falseAssurances) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.falseAssurances) },
  { name: 'false alarms', target: '≤ 0.01', of: (s) => shareText(s.falseAlarms) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.falseAlarms) },
  { name: 'erased stretches found', target: '≥ 0.9', of: (s) => shareText(s.erasedRecall) },
  {
    name: 'hosts accused for nothing',
    target: '≤ 0.01',
    of: (s) => shareText(s.contradictionFalsePositives),
  },
  { name: 'exposure window error', target: '≤ interval', of: (s) => spreadText('min')(s.windowErrorMinutes) },
  { name: '  by changes', target: '', of: (s) => spreadText('min')(s.changeErrorMinutes) },
  { name: '  by traffic', target: '', of: (s) => spreadText('min')(s.trafficErrorMinutes) },
  { name: 'clock offset error', target: '', of: (s) => spreadText('s')(s.clockErrorSeconds) },
  {
    name: 'control p uniform (KS)',
    target: 'p > 0.01',
    of: ({ controlUniform: c }) =>
      c.n === 0 ? 'none' : `D ${c.distance.toFixed(3)}, p ${c.p.toFixed(3)} (${c.n})`,
  },
  {
    name: 'decoy p uniform (KS)',
    target: 'p > 0.01',
    of: ({ decoyUniform: d }) =>
      d.n === 0 ? 'none' : `D ${d.distance.toFixed(3)}, p ${d.p.toFixed(3)} (${d.n})`,
  },
];

/** The summaries side by side, as text. */
export function formatReport(groups: Readonly<Record<string, Summary>>): string {
  const names = Object.keys(groups);
  const summaries = Object.values(groups);
  const labels = [...new Set(summaries.flatMap((each) => Object.keys(each.byStealth)))].sort();
  const rows = [
    ['measure', 'target', ...names.map((name, i) => `${name} (${summaries[i]?.cases} cases)`)],
    ...LINES.map(({ name, target, of }) => [name, target, ...summaries.map(of)]),
    ...labels.map((label) => [
      `  @3: ${label}`,
      '',
      ...summaries.map((each) => shareText(each.byStealth[label] ?? { part: 0, of: 0 })),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
