/**
 * Every number that decides an answer, by the question that it belongs to. All of them are parameters: shown on screen beside what they
 * decide (`notebook/thresholds.ts` says in words what each is and where its default comes from), noted by the steps that look at them,
 * and changed by `thresholds` in case.json. Numbers that only bound the work, lists or pictures stay where they are used, and so do the definitions
 * of the rungs.
 */

/** What is one conversation. */
const EVIDENCE = {
  /** 0 estimates it from the row lengths. */
  aggregationSeconds: 0,
};

/** Which addresses are ours, where the case names no networks. */
export const OWN_THRESHOLDS = {
  ownSensorShare: 0.95,
  ownFewestRecords: 20,
  ownHubShare: 0.95,
  ownHubPeers: 3,
};

/** When an address is a shared door and the principals behind it are the actors. */
export const IDENTITY_THRESHOLDS = {
  sharedAddressShare: 0.95,
  sharedAddressPrincipals: 3,
};

/** When a log's clock is held to be known from the flows. */
export const CLOCK_THRESHOLDS = {
  clockWidestHours: 26,
  clockFewestMatches: 3,
  clockNearSeconds: 60,
  clockDriftMatches: 20,
};

/** Which lines of a login log are of one connection. */
export const CONNECTION_THRESHOLDS = {
  connectionGapHours: 2,
  openSessionHours: 24,
};

/** Which machine's service a log without a host is of. */
export const SERVICE_LOG_THRESHOLDS = {
  serviceLogBusy: 200,
  serviceLogShare: 0.5,
  serviceLogFewest: 5,
  serviceLogAhead: 3,
};

/** When outsiders could reach what. */
export const EXPOSURE_THRESHOLDS = {
  arrivalHours: 48,
  caseApartDays: 90,
  earlyHours: 24,
  exposureSlackMinutes: 10,
  fewRulePorts: 16,
  sweptByStrangers: 10,
  supposedMembers: 50,
  widenedByActors: 3,
  ephemeralActors: 3,
  windowSessions: 3,
  openingRise: 10,
  openingLogRatio: 5,
  closingSilenceProbability: 0.001,
  closingSilenceFactor: 3,
  selectiveShare: 0.5,
  lateActors: 2,
  turnedAwayBetween: 3,
  jointChance: 0.01,
};

/** Who is a bot: Threshold Random Walk, guessing, bursts, distributed guessing, mass behavior. */
export const NOISE_THRESHOLDS = {
  trwTheta0: 0.8,
  trwTheta1: 0.2,
  trwUpper: 99,
  manyServices: 5,
  scanPorts: 15,
  scanMinutes: 5,
  scanDrainSeconds: 5,
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
  neverExposedAssets: 1,
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
  neverExposedWeight: 1.5,
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
  sweepProbability: 0.001,
};

/** Who got further than bots get. */
export const QUIET_THRESHOLDS = {
  quietScore: 1,
  longSessionSeconds: 300,
  ownNamesProbability: 0.01,
  insideTrust: 0.3,
  inferredTrust: 0.2,
  robustZ: 3.5,
  volumeOwnShare: 0.5,
  volumeFewestHours: 4,
  regularFactor: 2,
  habitDays: 3,
  oddHourShare: 0.02,
  oddHourFewest: 50,
};

/** Hours of evidence before an opening from which on someone can be called new; for destinations of our own assets as well. */
const BASELINE = {
  baselineHours: 24,
};

/** What comes after many failures. Noise and quiet both ask. */
const SUCCESS = {
  guessThenSuccess: 20,
  guessThenSuccessSeconds: 3600,
};

/** What failed attempts look like, and who does not look like one. */
const CONTROL = {
  controlSessions: 30,
  falseDiscovery: 0.05,
  plainBytes: 10_000,
  apartActors: 2,
  apartShare: 0.05,
};

/** What −log10 p counts for *own*: bytes to the actor are what it took away; a long stay alone may be a bot that hangs. */
export const CONTROL_WEIGHTS = {
  controlBytesToWeight: 1,
  controlBytesFromWeight: 0.7,
  controlPacketsWeight: 0.5,
  controlDurationWeight: 0.3,
};

/** Units of the quiet score *own*: 1 is worth a person's look. `depth…` is what a rung is worth before breadth divides it. */
export const QUIET_WEIGHTS = {
  depthConnected: 0.1,
  depthConversed: 0.3,
  depthRequested: 0.6,
  depthAuthenticated: 1.5,
  depthQueried: 2,
  depthReturned: 2.5,
  depthBulk: 3,
  controlWeight: 4,
  ratioWeight: 2,
  firstTryWeight: 1.5,
  fewFailuresWeight: 0.5,
  ownNamesWeight: 2,
  unscannedQueryWeight: 0.5,
  knownPathWeight: 0.5,
  accountElsewhereWeight: 1,
  oddHoursWeight: 2,
  afterGuessingWeight: 5,
  longSessionWeight: 1,
  outlastedWeight: 2,
  newcomerWeight: 0.5,
  oneAssetWeight: 0.25,
  volumeWeight: 1,
  regularWeight: -3,
  regularWithMoreWeight: -1,
  habitWeight: -1.5,
  ownMachineWeight: -3,
  returnedWeight: 0.75,
  sameNetworkWeight: 0.5,
  hidTracesWeight: 1.5,
  madeAccessWeight: 0.5,
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
  outlastsFactor: 2,
  knownClientSessions: 30,
  knownClientQuantile: 0.999,
};

/** What is missing. */
const INTEGRITY = {
  gapProbability: 0.001,
  contradictionProbability: 0.01,
  lowestTraceRate: 0.5,
  loginPortShare: 0.05,
  tracedSizeQuantile: 0.05,
  oneSidedShare: 0.5,
  heartbeatMissingShare: 0.05,
  traceFewestOutside: 10,
  clockAgreesSeconds: 60,
  backwardsSeconds: 60,
  logEdgeMinutes: 60,
  uncoveredSeconds: 60,
};

/** When the numbers that records carry tell that some are missing, and when that is only how an export was made. */
export const SEQUENCE_THRESHOLDS = {
  unbrokenShare: 0.98,
  fewestNumbers: 30,
  filteredBreaks: 8,
  filteredWidth: 1.5,
  filteredProbability: 0.05,
};

/** From where on counts are read by the hour of day or week, and when they are too clustered for a Poisson rate alone. */
export const SILENCE_THRESHOLDS = {
  dailyFromDays: 3,
  weeklyFromDays: 21,
  overdispersed: 2,
  tailQuantile: 0.9,
  tailSilences: 20,
};

/** What calls home: the limits and weights of RITA v5's configuration. */
export const BEACON_THRESHOLDS = {
  beaconScore: 0.8,
  beaconTimes: 4,
  beaconTimesWeight: 0.25,
  beaconBytesWeight: 0.25,
  beaconDurationWeight: 0.25,
  beaconHistogramWeight: 0.25,
  beaconDurationHours: 6,
  beaconRunHours: 12,
  beaconModeShare: 0.05,
  beaconBimodalHours: 11,
  beaconOutlierHours: 1,
};

const ALL = {
  ...EVIDENCE,
  ...OWN_THRESHOLDS,
  ...IDENTITY_THRESHOLDS,
  ...CLOCK_THRESHOLDS,
  ...CONNECTION_THRESHOLDS,
  ...SERVICE_LOG_THRESHOLDS,
  ...EXPOSURE_THRESHOLDS,
  ...NOISE_THRESHOLDS,
  ...NOISE_WEIGHTS,
  ...CAMPAIGN_THRESHOLDS,
  ...QUIET_THRESHOLDS,
  ...BASELINE,
  ...SUCCESS,
  ...CONTROL,
  ...CONTROL_WEIGHTS,
  ...QUIET_WEIGHTS,
  ...DECOY,
  ...LADDER,
  ...INTEGRITY,
  ...SEQUENCE_THRESHOLDS,
  ...SILENCE_THRESHOLDS,
  ...BEACON_THRESHOLDS,
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
