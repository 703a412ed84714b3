import { greatest } from '../../src/lib/base/extremes';
import { MEASURES, type Measure } from '../../src/lib/analysis/control-measures';
import { kolmogorovSmirnovUniform, quantileSorted, sortedFinite } from '../../src/lib/base/statistics';
import type { Calibration } from './calibration';
import type { CaseMeasures, Endings, QuietOutcome, VerdictCounts } from './measure';
import type { BaselineMeasures } from './measure-baseline';
import { crowdingOf, holm, rateBounds, uniformAmongControls, type Uniform } from './statistics';

interface Measured {
  readonly calibration: Calibration;
  readonly measures: CaseMeasures;
  readonly baseline: BaselineMeasures;
}

export interface Share {
  readonly part: number;
  readonly of: number;
}

interface Spread {
  readonly median: number;
  readonly p90: number;
  readonly n: number;
}

interface Uniformity extends Uniform {
  readonly n: number;
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
  /** Incidents with any of either: what is independent of one another. */
  readonly casesWithFalseAssurance: Share;
  readonly casesWithFalseAlarm: Share;
  /** Cases without an intrusion, and how the services of all of them end. */
  readonly calmCases: number;
  readonly endings: Readonly<Record<keyof Endings, Share>>;
  readonly ofOneOrigin: Share;
  readonly together: Share;
  readonly erasedRecall: Share;
  readonly contradictionFalsePositives: Share;
  readonly accountsListed: Share;
  readonly windowErrorMinutes: Spread;
  readonly changeErrorMinutes: Spread;
  readonly trafficErrorMinutes: Spread;
  /** Ends between two calls, and those where the truth lies between them. */
  readonly boundsHeld: Share;
  readonly boundsMinutes: Spread;
  readonly clockErrorSeconds: Spread;
  /** Quiet actors' real times, and made-up ones. */
  readonly decoyUniform: Uniformity;
  readonly decoyNullUniform: Uniformity;
  readonly controlUniform: Readonly<Record<Measure, Uniformity>>;
  readonly falseDiscoveries: Share;
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

function spread(values: readonly number[]): Spread {
  const sorted = sortedFinite(values);
  return { median: quantileSorted(sorted, 0.5), p90: quantileSorted(sorted, 0.9), n: values.length };
}

/** The four measures are one question, asked of the same sessions: their p-values are those of one family. */
function controlUniformities(calibrations: readonly Calibration[]): Record<Measure, Uniformity> {
  const found = MEASURES.map((measure) => {
    const groups = calibrations.map(({ controlPs, controls }) => ({
      ps: controlPs[measure],
      controls: controls[measure],
    }));
    return { ...uniformAmongControls(groups), n: sum(groups, ({ ps }) => ps.length) };
  });
  const adjusted = holm(found.map(({ p }) => p));
  return Object.fromEntries(
    MEASURES.map((measure, m) => [measure, { ...found[m], p: adjusted[m] }]),
  ) as Record<Measure, Uniformity>;
}

function uniformity(ps: readonly number[]): Uniformity {
  return { ...kolmogorovSmirnovUniform(ps), crowding: crowdingOf(ps), n: ps.length };
}

function casesWith(measures: readonly CaseMeasures[], count: (counts: VerdictCounts) => number): Share {
  return {
    part: measures.filter((each) => count(each.days) + count(each.services) > 0).length,
    of: measures.length,
  };
}

const ENDINGS: readonly (keyof Endings)[] = ['cannot tell', 'not queried within coverage', 'queried', 'none'];

function endingShares(measures: readonly CaseMeasures[]): Pick<Summary, 'calmCases' | 'endings'> {
  const calm = measures.flatMap(({ endings }) => (endings === null ? [] : [endings]));
  const of = sum(calm, (each) => sum(ENDINGS, (word) => each[word]));
  const shares = ENDINGS.map((word) => [word, { part: sum(calm, (each) => each[word]), of }] as const);
  return { calmCases: calm.length, endings: Object.fromEntries(shares) as Summary['endings'] };
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
  const calibrations = results.map((each) => each.calibration);
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
    casesWithFalseAssurance: casesWith(measures, (counts) => counts.falseAssurances),
    casesWithFalseAlarm: casesWith(measures, (counts) => counts.falseAlarms),
    ...endingShares(measures),
    ofOneOrigin: share(
      measures,
      (each) => each.campaigns.ofOneOrigin,
      (each) => each.campaigns.members,
    ),
    together: share(
      measures,
      (each) => each.campaigns.together,
      (each) => each.campaigns.bots,
    ),
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
    accountsListed: share(
      measures,
      (each) => each.accounts.listed,
      (each) => each.accounts.made,
    ),
    windowErrorMinutes: spread(measures.flatMap((each) => each.windowErrors)),
    changeErrorMinutes: spread(measures.flatMap((each) => each.changeErrors)),
    trafficErrorMinutes: spread(measures.flatMap((each) => each.trafficErrors)),
    boundsHeld: share(
      measures,
      (each) => each.bounds.held,
      (each) => each.bounds.stated,
    ),
    boundsMinutes: spread(measures.flatMap((each) => each.bounds.widths)),
    clockErrorSeconds: spread(measures.flatMap((each) => each.clockErrors)),
    controlUniform: controlUniformities(calibrations),
    falseDiscoveries: share(
      calibrations,
      (each) => each.discoveries,
      (each) => each.heldOut,
    ),
    decoyUniform: uniformity(decoys),
    decoyNullUniform: uniformity(calibrations.flatMap((each) => each.decoyPs)),
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
  if (of === 0) return 'none';
  const [low, high] = rateBounds(part, of);
  return `${(part / of).toFixed(3)} (${part} of ${of}; ${low.toFixed(3)}–${high.toFixed(3)})`;
}

function uniformText({ distance, p, crowding, n }: Uniformity): string {
  return n === 0 ? 'none' : `D ${distance.toFixed(3)} to ${crowding} p, p ${p.toFixed(3)} (${n})`;
}

function spreadText(unit: string): (value: Spread) => string {
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
  { name: '  cases with any', target: '0', of: (s) => shareText(s.casesWithFalseAssurance) },
  { name: 'false alarms', target: '≤ 0.01', of: (s) => shareText(s.falseAlarms) },
  { name: '  baseline', target: '', of: (s) => shareText(s.baseline.falseAlarms) },
  { name: '  cases with any', target: '', of: (s) => shareText(s.casesWithFalseAlarm) },
  { name: 'without an intrusion: cases', target: '', of: (s) => String(s.calmCases) },
  ...ENDINGS.map((word) => ({
    name: `  services that end ${word === 'none' ? 'without an answer' : `'${word}'`}`,
    target: word === 'queried' || word === 'none' ? '0' : '',
    of: (s: Summary) => shareText(s.endings[word]),
  })),
  { name: 'campaign members of one origin', target: '', of: (s) => shareText(s.ofOneOrigin) },
  { name: '  bots of a campaign held together', target: '', of: (s) => shareText(s.together) },
  { name: 'erased stretches found', target: '≥ 0.9', of: (s) => shareText(s.erasedRecall) },
  {
    name: 'hosts accused for nothing',
    target: '≤ 0.01',
    of: (s) => shareText(s.contradictionFalsePositives),
  },
  { name: 'accounts left behind, listed', target: '', of: (s) => shareText(s.accountsListed) },
  { name: 'exposure window error', target: '≤ interval', of: (s) => spreadText('min')(s.windowErrorMinutes) },
  { name: '  by changes', target: '', of: (s) => spreadText('min')(s.changeErrorMinutes) },
  { name: '  by traffic', target: '', of: (s) => spreadText('min')(s.trafficErrorMinutes) },
  { name: '    stated bounds that hold it', target: '', of: (s) => shareText(s.boundsHeld) },
  { name: '    their width', target: '', of: (s) => spreadText('min')(s.boundsMinutes) },
  { name: 'clock offset error', target: '', of: (s) => spreadText('s')(s.clockErrorSeconds) },
  ...MEASURES.map((measure) => ({
    name: `control p uniform (KS), ${measure}`,
    target: 'p > 0.01',
    of: (s: Summary) => uniformText(s.controlUniform[measure]),
  })),
  { name: '  bots called discoveries', target: '', of: (s) => shareText(s.falseDiscoveries) },
  {
    name: 'decoy p uniform (KS), random times',
    target: 'p > 0.01',
    of: (s) => uniformText(s.decoyNullUniform),
  },
  { name: '  quiet actors', target: '', of: (s) => uniformText(s.decoyUniform) },
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
  const widths = rows[0]?.map((_, column) => greatest(rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
