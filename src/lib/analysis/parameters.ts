import type { SourceOptions } from '../formats/format';

/** A service's port as written in case.json and on screen: `9200/tcp`. */
export type ServiceText = string;

/** case.json, the headless contract's input; the same values are edited on screen. Anything left out is inferred, and said to be. */
export interface CaseParameters {
  readonly name?: string;
  /** IANA zone of clocks that name none. Default UTC. */
  readonly zone?: string;
  /** Year of the first year-less line. */
  readonly year?: number;
  readonly ownNetworks?: readonly string[];
  readonly assets?: readonly { readonly name: string; readonly aliases?: readonly string[] }[];
  readonly services?: readonly ServiceProfile[];
  readonly sources?: readonly SourceRule[];
  readonly knownActors?: readonly {
    readonly actor?: string;
    readonly cidr?: string;
    readonly label: string;
    /** The file of ranges that it came out of. */
    readonly list?: string;
  }[];
  readonly exposure?: readonly ExposureInput[];
  readonly thresholds?: Partial<Thresholds>;
  /** "Distrust HOST after T": the host's own logs stop counting for negatives from then on. ISO 8601. */
  readonly distrust?: readonly { readonly asset: string; readonly after: string }[];
}

export interface ServiceProfile {
  /** Absent: the profile holds for the port on every asset. */
  readonly asset?: string;
  readonly port: number;
  /** `tcp`, `udp` or an IANA number as text. Default tcp. */
  readonly proto?: string;
  readonly name?: string;
  readonly authRequired?: boolean;
  readonly tls?: boolean;
  readonly adminWithoutAuth?: boolean;
}

/** What the analyst says about the sources whose name matches a glob (`*` and `?`). */
export interface SourceRule extends SourceOptions {
  readonly name: string;
  readonly format?: string;
  /** The asset that wrote it. */
  readonly asset?: string;
  /** Whether it is stored out of reach of who takes over the asset. Flow logs and cloud audit logs are by default. */
  readonly heldOffAsset?: boolean;
  /** The analyst vouches for it although it lies on the asset: it counts for negatives until the asset may be lost. */
  readonly trusted?: boolean;
}

export interface ExposureInput {
  readonly asset: string;
  readonly port: number;
  readonly proto?: string;
  /** ISO 8601; absent means open before the evidence begins / still open at its end. */
  readonly opened?: string;
  readonly closed?: string;
}

/** Every number that decides something. Shown on screen beside what it decided; defaults and sources in ANALYSIS' terms. */
export interface Thresholds {
  /** Session stitching: the export's aggregation interval in seconds; 0 estimates it from the row lengths. */
  readonly aggregationSeconds: number;
  /** Threshold Random Walk (Jung et al. 2004): success probability of a benign / scanning source's first contact, and both limits. */
  readonly trwTheta0: number;
  readonly trwTheta1: number;
  readonly trwUpper: number;
  /** Failures in `guessWindowMinutes` that make a guesser (Zeek detect-bruteforcing: 30 in 30 min). */
  readonly guessFailures: number;
  readonly guessWindowMinutes: number;
  /** A user name that at least this many actors tried belongs to the shared dictionary. */
  readonly sharedNameActors: number;
  /** Requests refused or without result that make a prober (CrowdSec http-probing: 10). */
  readonly probes: number;
  /** Known weak spots asked for in vain that make a scanner (CrowdSec http-admin-interface-probing: 3). */
  readonly weakSpots: number;
  /** Standing is `noise` at or above this sum of log-odds. */
  readonly noiseScore: number;
  /** Standing is `quiet` at or above this score (and not noise, not known). */
  readonly quietScore: number;
  /** Fewest noise actors in a control group for a p-value. */
  readonly controlSessions: number;
  /** False-discovery rate for Benjamini–Hochberg. */
  readonly falseDiscovery: number;
  /** Failures before a success that make "success after guessing", and the seconds they may lie back (Timesketch: 20 in 3,600 s). */
  readonly guessThenSuccess: number;
  readonly guessThenSuccessSeconds: number;
  /** Length of a session after the guess that is someone at work (Timesketch: 300 s). */
  readonly longSessionSeconds: number;
  readonly robustZ: number;
  readonly decoyShifts: number;
  /** Rung 8: bytes to the actor, and the asset's producer–consumer ratio. */
  readonly bulkBytes: number;
  readonly bulkRatio: number;
  /** Rung 8 where a log counts no bytes: rows returned, and reads with a result, of one actor (ANALYSIS 6: "many objects or rows"). */
  readonly bulkRows: number;
  readonly bulkReads: number;
  /** Corrected probability below which a silence is a gap. */
  readonly gapProbability: number;
  /** Corrected probability below which missing login lines are a contradiction. */
  readonly contradictionProbability: number;
  readonly beaconScore: number;
  readonly seed: number;
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  aggregationSeconds: 0,
  trwTheta0: 0.8,
  trwTheta1: 0.2,
  trwUpper: 99,
  guessFailures: 30,
  guessWindowMinutes: 30,
  sharedNameActors: 3,
  probes: 10,
  weakSpots: 3,
  noiseScore: 3,
  quietScore: 1,
  controlSessions: 30,
  falseDiscovery: 0.05,
  guessThenSuccess: 20,
  guessThenSuccessSeconds: 3600,
  longSessionSeconds: 300,
  robustZ: 3.5,
  decoyShifts: 2000,
  bulkBytes: 10_000_000,
  bulkRatio: 0.4,
  bulkRows: 10_000,
  bulkReads: 1_000,
  gapProbability: 0.001,
  contradictionProbability: 0.01,
  beaconScore: 0.8,
  seed: 1,
};
