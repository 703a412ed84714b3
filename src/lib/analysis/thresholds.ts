/**
 * Every number that decides an answer, by the question that it belongs to. All of them are parameters: shown on screen beside what they
 * decide (`notebook/thresholds.ts` says in words what each is and where its default comes from), noted by the steps that look at them,
 * and changed by `thresholds` in case.json. Numbers that only bound the work, lists or pictures stay where they are used.
 */

/** What is one conversation. */
const EVIDENCE = {
  /** 0 estimates it from the row lengths. */
  aggregationSeconds: 0,
};

/** Who is a bot: Threshold Random Walk, guessing, bursts, distributed guessing, mass behavior. */
export const NOISE_THRESHOLDS = {
  trwTheta0: 0.8,
  trwTheta1: 0.2,
  trwUpper: 99,
  manyServices: 5,
  scanPorts: 15,
  scanMinutes: 5,
  guessFailures: 30,
  guessWindowMinutes: 30,
  fastBucketFailures: 5,
  fastBucketSeconds: 10,
  slowBucketFailures: 10,
  slowBucketSeconds: 60,
  sharedNameActors: 3,
  manyNames: 10,
  bannerAssets: 3,
  distributedLogins: 100,
  distributedFewestLogins: 20,
  distributedFewestWindows: 10,
  distributedShift: 1,
  distributedFalseAlarms: 0.05,
  ordinaryTail: 0.05,
  turnedAwaySessions: 3,
  turnedAwayShare: 0.5,
  probes: 10,
  weakSpots: 3,
  noiseScore: 3,
};

/**
 * Log-odds. That of the walk is its own likelihood ratio up to a limit; the others are ours *own*, chosen so that one detection of a
 * published rule (Zeek, CrowdSec) or a behavior that twenty networks share suffices alone at the default score of 3 (20 : 1),
 * and two weaker signs do together.
 */
export const NOISE_WEIGHTS = {
  scannerWeight: 6,
  benignContactsWeight: -1,
  undecidedContactsWeight: 0.5,
  breadthWeight: 4,
  portScanWeight: 3.5,
  guessingWeight: 4,
  slowGuessingWeight: 3.5,
  brokenOffWeight: 3.5,
  onlyFailuresWeight: 2.5,
  sharedNamesWeight: 2.5,
  unknownNamesWeight: 1.5,
  manyNamesWeight: 1.5,
  bannerWeight: 2,
  distributedWeight: 2.5,
  manyActorsWeight: 6,
  turnedAwayBeforeWeight: 1.5,
  turnedAwayWeight: 1,
  neverThroughWeight: 3,
  probingWeight: 3.5,
  weakSpotsWeight: 3.5,
  gotInWeight: -4,
};

/** Which of the bots belong together. */
export const CAMPAIGN_THRESHOLDS = {
  campaignActors: 3,
  campaignNames: 3,
  campaignContainment: 0.8,
  rhythmGaps: 8,
  rhythmSpread: 0.25,
  rhythmFactor: 1.1,
  rhythmShare: 0.8,
};

/** Who got further than bots get. */
const QUIET = {
  quietScore: 1,
  controlSessions: 30,
  falseDiscovery: 0.05,
  guessThenSuccess: 20,
  guessThenSuccessSeconds: 3600,
  longSessionSeconds: 300,
  robustZ: 3.5,
};

const DECOY = {
  decoyShifts: 2000,
  seed: 1,
};

/** How far access got. */
const LADDER = {
  bulkBytes: 10_000_000,
  bulkRatio: 0.4,
  bulkRows: 10_000,
  bulkReads: 1_000,
};

/** What is missing. */
const INTEGRITY = {
  gapProbability: 0.001,
  contradictionProbability: 0.01,
};

const AFTERMATH = {
  beaconScore: 0.8,
};

const ALL = {
  ...EVIDENCE,
  ...NOISE_THRESHOLDS,
  ...NOISE_WEIGHTS,
  ...CAMPAIGN_THRESHOLDS,
  ...QUIET,
  ...DECOY,
  ...LADDER,
  ...INTEGRITY,
  ...AFTERMATH,
};

export type Thresholds = { readonly [K in keyof typeof ALL]: number };

export const DEFAULT_THRESHOLDS: Thresholds = ALL;

/**
 * Some thresholds as plain values. A step's look at a threshold is noted, which is too slow to do for every row: what a loop needs is
 * picked before it.
 */
export function pickThresholds<K extends keyof Thresholds>(
  thresholds: Thresholds,
  of: Readonly<Record<K, number>>,
): Pick<Thresholds, K> {
  const picked: Partial<Record<K, number>> = {};
  for (const name of Object.keys(of) as K[]) picked[name] = thresholds[name];
  return picked as Pick<Thresholds, K>;
}
