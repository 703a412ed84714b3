import { describe, expect, it } from 'vitest';
import { buildIncident, PLAIN } from '../../../tests/scenarios/incident';
import { loadEvidence } from '../../../tests/scenarios/load';
import type { Evidence } from './evidence';
import type { Findings } from './findings';
import { StepMemory } from './memory';
import { DEFAULT_THRESHOLDS, type CaseParameters, type Thresholds } from './parameters';
import { analysisSteps, analyze, type Step } from './run';
import {
  CLOCK_THRESHOLDS,
  CONNECTION_THRESHOLDS,
  CONTROL_WEIGHTS,
  EXPOSURE_THRESHOLDS,
  IDENTITY_THRESHOLDS,
  NOISE_WEIGHTS,
  OWN_THRESHOLDS,
  QUIET_WEIGHTS,
  SERVICE_LOG_THRESHOLDS,
} from './thresholds';

const incident = buildIncident({
  ...PLAIN,
  seed: 11,
  noise: 80,
  quiet: ['bulk read', 'stolen key'],
  erasure: 'actor',
});
const evidence = await evidenceOf(incident);

function evidenceOf({ files, parameters }: ReturnType<typeof buildIncident>): Promise<Evidence> {
  const blobs = files.map(({ name, text }) => ({ name, blob: new Blob([text]) }));
  return loadEvidence(blobs, parameters, Date.UTC(2026, 4, 1));
}

function run(memory: StepMemory, parameters: CaseParameters, of = evidence): Findings {
  const steps = analysisSteps(of, parameters, memory);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value.findings;
  }
}

const FROM_QUIET: Step[] = ['quiet', 'aftermath', 'decoy', 'timeline', 'actors'];
const FROM_LADDER: Step[] = ['ladder', 'verdicts', 'rotation', ...FROM_QUIET];
const FROM_COVERAGE: Step[] = ['coverage', ...FROM_LADDER];
const FROM_CONTROLS: Step[] = ['control groups', ...FROM_LADDER];
const FROM_NOISE: Step[] = ['noise', ...FROM_CONTROLS];
const FROM_GROUND: Step[] = ['ground', 'coverage', 'integrity', ...FROM_NOISE];
const FROM_EXPOSURE: Step[] = ['exposure', 'activity', ...FROM_GROUND];
// This case has names that only the clocks settle. As long as they join the same machines, nothing but coverage, the ladder and what tells of
// clocks goes by how they run.
const FROM_CLOCKS: Step[] = ['clocks', 'settled names', ...FROM_COVERAGE, 'integrity'];
// What tells of a machine by its name.
const FROM_LABELS: Step[] = ['names', 'settled names', ...FROM_EXPOSURE];
// What counts by which machine a row is of.
const FROM_BINDING: Step[] = ['names', 'clocks', 'settled names', 'contacts', 'log events', ...FROM_EXPOSURE];
const FROM_CALLERS: Step[] = ['actor names', 'known actors', ...FROM_BINDING];

/** Each a little more or less. */
function weighed<K extends keyof Thresholds>(
  names: Readonly<Record<K, number>>,
  steps: readonly Step[],
): Record<K, readonly [number, readonly Step[]]> {
  const entries = (Object.keys(names) as K[]).map((name) => [name, [names[name] * 1.25, steps]]);
  return Object.fromEntries(entries) as Record<K, readonly [number, readonly Step[]]>;
}

/** Another value of each threshold, and the steps that look at it or at what they give. */
const THRESHOLDS: Record<keyof Thresholds, readonly [number, readonly Step[]]> = {
  aggregationSeconds: [300, ['sessions', ...FROM_CALLERS]],
  ...weighed(OWN_THRESHOLDS, ['own networks', 'sessions', ...FROM_CALLERS]),
  ...weighed(IDENTITY_THRESHOLDS, FROM_CALLERS),
  ...weighed(NOISE_WEIGHTS, FROM_NOISE),
  ...weighed(CONTROL_WEIGHTS, FROM_CONTROLS),
  ...weighed(QUIET_WEIGHTS, FROM_QUIET),
  ownNamesProbability: [0.2, FROM_QUIET],
  insideTrust: [1, FROM_QUIET],
  inferredTrust: [1, FROM_QUIET],
  baselineHours: [1, FROM_QUIET],
  volumeOwnShare: [0.1, FROM_QUIET],
  volumeFewestHours: [3, FROM_QUIET],
  regularFactor: [1, FROM_QUIET],
  habitDays: [1, FROM_QUIET],
  oddHourShare: [0.5, FROM_QUIET],
  oddHourFewest: [1, FROM_QUIET],
  // Both ask who was answered by more than nothing takes.
  plainBytes: [100, [...FROM_CONTROLS, 'integrity']],
  // No service of this case has bots enough to stand apart from: one that has is below.
  apartActors: [0, []],
  apartShare: [0, []],
  knownClientSessions: [5, FROM_LADDER],
  knownClientQuantile: [0.5, FROM_LADDER],
  beaconTimes: [9, ['aftermath']],
  beaconTimesWeight: [1, ['aftermath']],
  beaconBytesWeight: [1, ['aftermath']],
  beaconDurationWeight: [1, ['aftermath']],
  beaconHistogramWeight: [1, ['aftermath']],
  beaconDurationHours: [1, ['aftermath']],
  beaconRunHours: [2, ['aftermath']],
  beaconModeShare: [0.5, ['aftermath']],
  beaconBimodalHours: [2, ['aftermath']],
  beaconOutlierHours: [5, ['aftermath']],
  distributedShift: [2, FROM_NOISE],
  distributedFalseAlarms: [0.2, FROM_NOISE],
  trwTheta0: [0.7, FROM_NOISE],
  trwTheta1: [0.3, FROM_NOISE],
  trwUpper: [19, FROM_NOISE],
  guessFailures: [5, FROM_NOISE],
  guessWindowMinutes: [5, FROM_NOISE],
  sharedNameActors: [9, FROM_NOISE],
  manyServices: [9, FROM_NOISE],
  scanPorts: [3, FROM_NOISE],
  scanMinutes: [60, FROM_NOISE],
  scanDrainSeconds: [60, FROM_NOISE],
  fastBucketFailures: [2, FROM_NOISE],
  fastBucketSeconds: [60, FROM_NOISE],
  slowBucketFailures: [4, FROM_NOISE],
  slowBucketSeconds: [600, FROM_NOISE],
  manyNames: [2, FROM_NOISE],
  bannerAssets: [1, FROM_NOISE],
  ordinaryTail: [0.2, FROM_NOISE],
  turnedAwaySessions: [1, FROM_NOISE],
  turnedAwayShare: [0.1, FROM_NOISE],
  neverExposedAssets: [2, FROM_NOISE],
  distributedLogins: [50, FROM_NOISE],
  distributedFewestLogins: [5, FROM_NOISE],
  distributedFewestWindows: [5, FROM_NOISE],
  campaignActors: [2, FROM_NOISE],
  campaignNames: [1, FROM_NOISE],
  campaignContainment: [0.5, FROM_NOISE],
  rhythmGaps: [4, FROM_NOISE],
  rhythmSpread: [0.5, FROM_NOISE],
  rhythmFactor: [2, FROM_NOISE],
  rhythmShare: [0.5, FROM_NOISE],
  sweepProbability: [0.01, FROM_NOISE],
  probes: [4, FROM_NOISE],
  weakSpots: [1, FROM_NOISE],
  noiseScore: [4, FROM_NOISE],
  guessThenSuccess: [3, FROM_NOISE],
  guessThenSuccessSeconds: [600, FROM_NOISE],
  controlSessions: [10, FROM_CONTROLS],
  falseDiscovery: [0.2, FROM_CONTROLS],
  bulkBytes: [50_000, FROM_LADDER],
  bulkRatio: [0.1, FROM_LADDER],
  bulkRows: [10, FROM_LADDER],
  bulkReads: [2, FROM_LADDER],
  outlastsFactor: [4, FROM_LADDER],
  gapProbability: [0.2, FROM_COVERAGE],
  dailyFromDays: [1, FROM_COVERAGE],
  weeklyFromDays: [7, FROM_COVERAGE],
  overdispersed: [1.1, FROM_COVERAGE],
  tailQuantile: [0.8, FROM_COVERAGE],
  tailSilences: [5, FROM_COVERAGE],
  // This case's exporter writes nothing in quiet intervals: one that does is below.
  heartbeatMissingShare: [0.5, []],
  unbrokenShare: [0.5, FROM_COVERAGE],
  fewestNumbers: [5, FROM_COVERAGE],
  filteredBreaks: [2, FROM_COVERAGE],
  filteredWidth: [3, FROM_COVERAGE],
  filteredProbability: [0.2, FROM_COVERAGE],
  ...weighed(CLOCK_THRESHOLDS, FROM_CLOCKS),
  clockAgreesSeconds: [1, FROM_COVERAGE],
  ...weighed(CONNECTION_THRESHOLDS, FROM_CLOCKS),
  ...weighed(SERVICE_LOG_THRESHOLDS, FROM_CLOCKS),
  traceFewestOutside: [100, ['integrity', 'verdicts', 'rotation']],
  backwardsSeconds: [1, FROM_COVERAGE],
  logEdgeMinutes: [1, FROM_COVERAGE],
  uncoveredSeconds: [600, ['verdicts', 'rotation']],
  lowestTraceRate: [0.1, ['integrity', 'verdicts', 'rotation']],
  loginPortShare: [0.5, ['integrity', 'verdicts', 'rotation']],
  tracedSizeQuantile: [0.5, ['integrity', 'verdicts', 'rotation']],
  oneSidedShare: [2, ['integrity', 'verdicts', 'rotation']],
  ...weighed(EXPOSURE_THRESHOLDS, FROM_EXPOSURE),
  quietScore: [0.5, FROM_QUIET],
  longSessionSeconds: [60, FROM_QUIET],
  robustZ: [1, FROM_QUIET],
  contradictionProbability: [0.2, ['integrity', 'verdicts', 'rotation']],
  decoyShifts: [500, ['decoy']],
  beaconScore: [0.1, ['aftermath']],
  // One session of each bot is drawn for its control group, rhythms are shifted, and credentials are hashed.
  seed: [7, FROM_CONTROLS],
};

/** Each parameter's changes: what is changed, to what, and the steps that look at it or at what they give. */
const PARAMETERS: Record<
  Exclude<keyof CaseParameters, 'thresholds'>,
  readonly (readonly [string, CaseParameters, readonly Step[]])[]
> = {
  name: [['name', { name: 'another' }, []]],
  // What these two make of the rows' times is in the evidence: another evidence, which begins anew (workers/analysis-work.test.ts).
  zone: [['zone', { zone: 'Asia/Tokyo' }, []]],
  year: [['year', { year: 2020 }, []]],
  sources: [
    [
      'trust in a source',
      { sources: [...(incident.parameters.sources ?? []), { name: '*', trusted: true }] },
      ['names', 'settled names', ...FROM_COVERAGE],
    ],
  ],
  distrust: [
    ['distrust', { distrust: [{ asset: 'app-1', after: '2026-04-11T00:00:00Z' }] }, ['verdicts', 'rotation']],
  ],
  services: [['services', { services: [{ port: 9200, authRequired: true }] }, FROM_LADDER]],
  exposure: [['exposure', { exposure: [{ asset: 'app-1', port: 9200 }] }, FROM_EXPOSURE]],
  knownActors: [
    [
      'knownActors',
      { knownActors: [{ cidr: '240.0.0.0/4', label: 'ours' }] },
      ['known actors', ...FROM_EXPOSURE],
    ],
  ],
  assets: [
    ['name of an asset', { assets: [{ name: 'frontend', aliases: ['10.20.3.20'] }] }, FROM_LABELS],
    ['name of a host', { assets: [{ name: 'frontend', aliases: ['app-1'] }] }, FROM_LABELS],
    [
      'aliases that join two assets',
      { assets: [{ name: 'frontend', aliases: ['10.20.3.20', '10.20.3.21'] }] },
      FROM_BINDING,
    ],
    [
      'address outside that is ours',
      { assets: [{ name: 'branch', aliases: ['192.0.2.10'] }] },
      ['own networks', 'sessions', ...FROM_CALLERS],
    ],
  ],
  ownNetworks: [
    ['ownNetworks', { ownNetworks: ['10.20.3.0/24'] }, ['own networks', 'sessions', ...FROM_CALLERS]],
  ],
};

const memory = new StepMemory();
const before = JSON.stringify(run(memory, incident.parameters));

function expectRerun(changed: CaseParameters, steps: readonly Step[]): void {
  const findings = run(memory, changed);
  expect([...memory.ran].sort()).toEqual([...steps].sort());
  expect(JSON.stringify(findings)).toBe(JSON.stringify(analyze(evidence, changed)));
  // And back: nothing of the other values may have stayed.
  expect(JSON.stringify(run(memory, incident.parameters))).toBe(before);
}

describe('a run after a change', () => {
  it('runs nothing again when nothing changed, whatever objects say so', () => {
    const again = run(memory, structuredClone(incident.parameters));
    expect(memory.ran).toEqual([]);
    expect(JSON.stringify(again)).toBe(before);
  });

  it('knows every threshold', () => {
    expect(Object.keys(THRESHOLDS).sort()).toEqual(Object.keys(DEFAULT_THRESHOLDS).sort());
  });

  it.each(Object.entries(THRESHOLDS))(
    'of %s runs what depends on it, and finds what a whole run finds',
    (key, [value, steps]) => {
      expectRerun({ ...incident.parameters, thresholds: { [key]: value } }, steps);
    },
  );

  it.each(Object.values(PARAMETERS).flat())(
    'of the %s runs what depends on it, and finds what a whole run finds',
    (_key, change, steps) => {
      expectRerun({ ...incident.parameters, ...change }, steps);
    },
  );

  it('binds sessions anew when clocks no longer settle names, or are read again', () => {
    // An asset that is named without an address, so that the clocks join two assets and those after them get other numbers.
    const named = { ...incident.parameters, assets: [{ name: 'app-1' }] };
    const own = new StepMemory();
    const first = JSON.stringify(run(own, named));
    for (const thresholds of [{ clockFewestMatches: 1e6 }, { clockNearSeconds: 30 }]) {
      const changed = { ...named, thresholds };
      expect(JSON.stringify(run(own, changed))).toBe(JSON.stringify(analyze(evidence, changed)));
      expect(JSON.stringify(run(own, named))).toBe(first);
    }
  });

  it('goes on rightly after a run that was left half-way', () => {
    const left = { ...incident.parameters, assets: [{ name: 'frontend', aliases: ['10.20.3.20'] }] };
    for (const stop of [3, 5, 8, 14]) {
      const steps = analysisSteps(evidence, left, memory);
      for (let i = 0; i < stop; i++) steps.next();
      expect(JSON.stringify(run(memory, incident.parameters))).toBe(before);
    }
  });

  it('of what few actors can be and stand apart reruns the control groups, and finds other things', async () => {
    const crowded = buildIncident({
      ...PLAIN,
      seed: 13,
      noise: 800,
      quiet: ['guessed in', 'bulk read'],
      erasure: 'actor',
    });
    const of = await evidenceOf(crowded);
    const limits = { apartActors: 0, apartShare: 0 };
    for (const change of [{ apartActors: 2 }, { apartShare: 0.05 }])
      expectOther(of, crowded.parameters, limits, change, FROM_CONTROLS);
  });

  it('of how much an exporter may miss and still write in every interval reruns coverage, and finds other gaps', async () => {
    // An interval a minute for a day, traffic in every seventh, and two hours of which there is nothing at all.
    const startS = Date.UTC(2026, 3, 1) / 1000;
    const lines = Array.from({ length: 1440 }, (_, minute) => {
      const window = `${startS + 60 * minute} ${startS + 60 * minute + 59}`;
      return minute % 7 === 0
        ? `2 123456789012 eni-0a1b2c3d 203.0.113.${1 + (minute % 200)} 10.0.0.5 ${40_000 + minute} 9200 6 10 1000 ${window} ACCEPT OK`
        : `2 123456789012 eni-0a1b2c3d - - - - - - - ${window} - NODATA`;
    }).toSpliced(600, 120);
    const parameters = { ownNetworks: ['10.0.0.0/8'] };
    const of = await evidenceOf({
      ...incident,
      files: [{ name: 'flows.log', text: lines.join('\n') }],
      parameters,
    });
    const { without, within } = expectOther(
      of,
      parameters,
      {},
      { heartbeatMissingShare: 0.2 },
      FROM_COVERAGE,
    );
    expect(without.integrity.gaps.filter(({ kind }) => kind === 'no records')).toEqual([]);
    expect(within.integrity.gaps).toMatchObject([
      { kind: 'no records', fromUs: (startS + 600 * 60) * 1e6, toUs: (startS + 720 * 60) * 1e6 },
    ]);
  });
});

/** A change that reruns these steps, finds what a whole run finds, and that is something else than before. */
function expectOther(
  of: Evidence,
  parameters: CaseParameters,
  thresholds: Partial<Thresholds>,
  change: Partial<Thresholds>,
  steps: readonly Step[],
): { readonly without: Findings; readonly within: Findings } {
  const own = new StepMemory();
  const without = run(own, { ...parameters, thresholds }, of);
  const changed = { ...parameters, thresholds: { ...thresholds, ...change } };
  const within = run(own, changed, of);
  expect([...own.ran].sort()).toEqual([...steps].sort());
  expect(JSON.stringify(within)).toBe(JSON.stringify(analyze(of, changed)));
  const found = ({ parameters: _parameters, ...findings }: Findings) => JSON.stringify(findings);
  expect(found(within)).not.toBe(found(without));
  return { without, within };
}
