import type { Micros } from '../base/brand';
import type {
  ClockOffsetFinding,
  ContradictionFinding,
  CoverageFinding,
  GapFinding,
} from './coverage-findings';
import type { RowQuery, SourceInfo } from './evidence';
import type { InstantBounds } from './exposure-bounds';
import type { CaseParameters, ServiceProfile, Thresholds } from './parameters';

export type {
  ClockOffsetFinding,
  ContradictionFinding,
  CoverageFinding,
  CoverageStretch,
  GapFinding,
} from './coverage-findings';

export const RUNGS = [
  'reachable',
  'probed',
  'connected',
  'conversed',
  'requested',
  'authenticated',
  'queried',
  'returned',
  'bulk',
] as const;
/** 0 reachable … 8 bulk; −1: nothing seen (as a rung) or nothing could have been seen (as a ceiling). */
export type Rung = -1 | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export type Standing = 'noise' | 'quiet' | 'known' | 'unknown';
export type VerdictWord = 'queried' | 'not queried within coverage' | 'cannot tell';

/** One named reason. A score is the sum of its signs' weights; each prints the count it rests on and opens its rows. */
export interface Sign {
  /** Stable kebab-case name: `trw`, `guessing`, `shared-names`, `depth`, `control-bytes`, … */
  readonly sign: string;
  /** The measured value, in the sign's own unit. */
  readonly value: number;
  /** What it adds to the score (log-odds for noise; own units for quiet). */
  readonly weight: number;
  /** A sentence part for a person. */
  readonly text: string;
  readonly rows?: RowQuery;
  /** Which of the actor's two scores it adds to. */
  readonly score?: 'noise' | 'quiet';
}

/** A statement with its receipts. */
export interface Statement {
  readonly text: string;
  readonly rows?: readonly RowQuery[];
}

export interface AssetFinding {
  readonly asset: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly string[];
  readonly exposed: boolean;
  /** Why it is held to be ours, and its aliases one machine. */
  readonly why: readonly string[];
}

/** One time that a service could be reached. NaN: its opening or its closing is not in the evidence. */
export interface ExposedTime {
  readonly openedUs: Micros;
  readonly closedUs: Micros;
}

/** Flag of a port that the rules left open and where no session was ever answered: no verdict is asked of it. */
export const UNANSWERED = 'reachable, but nothing ever answered there';

export interface ExposureFinding {
  readonly asset: string;
  readonly port: number;
  readonly proto: string;
  /** `9200/tcp`. */
  readonly service: string;
  /** NaN: open before the evidence begins / not closed within it. */
  readonly openedUs: Micros;
  readonly closedUs: Micros;
  /** Where only traffic shows an end: the calls that it lies between. */
  readonly opening?: InstantBounds;
  readonly closing?: InstantBounds;
  /**
   * Where it was opened and closed over and over: each time by the changes, in order, between `openedUs` and `closedUs`. Services under the
   * same rules share one list.
   */
  readonly times?: readonly ExposedTime[];
  readonly basis: readonly ExposureBasis[];
  /** Set where the bases disagree, or the asset was not among those named. */
  readonly flags: readonly string[];
  /** Outside sessions accepted inside the window, and actors behind them. */
  readonly sessions: number;
  readonly actors: number;
}

export interface ExposureBasis {
  readonly kind: 'change' | 'traffic' | 'analyst';
  readonly openedUs: Micros;
  readonly closedUs: Micros;
  /** Traffic alone: between which calls each end lies. The ends themselves are the first and last call that got through. */
  readonly opening?: InstantBounds;
  readonly closing?: InstantBounds;
  readonly text: string;
  readonly rows?: readonly RowQuery[];
}

export interface ActorFinding {
  /** Address, or principal where there is no address. */
  readonly actor: string;
  readonly kind: 'address' | 'principal';
  readonly standing: Standing;
  /** Label of a known actor. */
  readonly label?: string;
  readonly noiseScore: number;
  readonly quietScore: number;
  /** 1 for the first of the quiet actors; null for the others. */
  readonly quietRank: number | null;
  readonly rung: Rung;
  /** Whether the rung rests on an inference (sizes, a service that needs no login). */
  readonly rungInferred: boolean;
  /** It succeeded in spite of its standing: never hidden. */
  readonly succeeded: boolean;
  readonly firstUs: Micros;
  readonly lastUs: Micros;
  readonly campaign: string | null;
  readonly sessions: number;
  readonly events: number;
  readonly failures: number;
  readonly successes: number;
  readonly users: number;
  readonly assets: number;
  readonly ports: number;
  readonly bytesToActor: number;
  readonly bytesFromActor: number;
  readonly services: readonly string[];
  readonly why: readonly Sign[];
}

export interface CampaignFinding {
  readonly id: string;
  readonly actors: readonly string[];
  /** What they share, in words: user names, ports, rhythm. */
  readonly fingerprint: string;
  readonly users: readonly string[];
  readonly ports: readonly number[];
  readonly events: number;
  readonly firstUs: Micros;
  readonly lastUs: Micros;
}

/** The distribution of what a failed attempt looks like, for one service, and who does not fit. */
export interface ControlGroup {
  readonly asset: string | null;
  readonly service: string;
  /** In the control group: one of each noise actor. */
  readonly sessions: number;
  /** False: fewer than the parameter's, so no p-values. */
  readonly isUsable: boolean;
  readonly measures: readonly {
    readonly measure: 'bytesToActor' | 'bytesFromActor' | 'packets' | 'durationUs';
    /** 101 quantiles, 0 to 100 %. */
    readonly quantiles: readonly number[];
    readonly suspects: readonly {
      readonly actor: string;
      readonly value: number;
      readonly p: number;
      readonly isDiscovery: boolean;
      readonly rows: RowQuery;
    }[];
  }[];
}

/** Who reached which rung where. One entry per (service, actor). */
export interface LadderFinding {
  readonly asset: string;
  readonly service: string;
  readonly actor: string;
  readonly standing: Standing;
  readonly rung: Rung;
  readonly inferred: boolean;
  readonly atUs: Micros;
  readonly why: readonly Statement[];
}

/** One row of the ladder matrix: for each rung, how many actors reached it, and whether it could have been seen. */
export interface LadderRow {
  readonly asset: string;
  readonly service: string;
  /** Index = rung 0…8. */
  readonly actors: readonly number[];
  /** Highest rung that the loaded sources could have shown at best in the window. */
  readonly ceiling: Rung;
  /** Share of the exposed hours in which each rung could have been seen, 0…1, index = rung. */
  readonly seeable: readonly number[];
}

export interface VerdictFinding {
  readonly asset: string;
  readonly service: string;
  /** `2015-03-02`, UTC. */
  readonly day: string;
  readonly verdict: VerdictWord;
  readonly rung: Rung;
  readonly inferred: boolean;
  readonly ceiling: Rung;
  readonly actors: readonly string[];
  readonly why: readonly Statement[];
}

/** Evidence that would settle what cannot be told, in words that fit each machine of which the same is wished: none is named in them. */
export interface EvidenceWish {
  readonly act: 'get' | 'secure' | 'find out';
  /** `an access or audit log of 9200/tcp (Elasticsearch) that was kept off the host`. */
  readonly what: string;
  /** What is wrong with what is loaded: `no loaded log could have shown a read`. */
  readonly why: string;
}

/** All days of one exposed service in one line: what the answer on top says. */
export interface AnswerFinding {
  readonly asset: string;
  readonly service: string;
  readonly verdict: VerdictWord;
  readonly rung: Rung;
  readonly inferred: boolean;
  readonly ceiling: Rung;
  readonly openedUs: Micros;
  readonly closedUs: Micros;
  /** As in ExposureFinding. */
  readonly opening?: InstantBounds;
  readonly closing?: InstantBounds;
  readonly days: Readonly<Record<VerdictWord, number>>;
  readonly actors: readonly string[];
  /** What evidence would settle it, a sentence each. */
  readonly missing: readonly string[];
  /** The same in the same order, in parts. */
  readonly wishes: readonly EvidenceWish[];
  readonly why: readonly Statement[];
}

export interface DecoyFinding {
  readonly isUsable: boolean;
  readonly reason: string;
  /** Mean noise events a minute during quiet sessions, and the mean under the null. */
  readonly observed: number;
  readonly expected: number;
  readonly p: number;
  readonly shifts: number;
  readonly sessions: number;
  /** Sorted null statistics, thinned to at most 200, for the picture. */
  readonly nullQuantiles: readonly number[];
  readonly peaks: readonly {
    readonly actor: string;
    readonly atUs: Micros;
    readonly perMinute: number;
    readonly rows: RowQuery;
  }[];
}

export interface AftermathFinding {
  readonly returning: readonly {
    readonly actor: string;
    readonly via: string;
    readonly atUs: Micros;
    readonly text: string;
    readonly rows: RowQuery;
  }[];
  readonly outbound: readonly {
    readonly asset: string;
    readonly destination: string;
    readonly port: number;
    readonly firstUs: Micros;
    readonly bytes: number;
    readonly sessions: number;
    readonly hasBaseline: boolean;
    readonly text: string;
    readonly rows: RowQuery;
  }[];
  readonly beacons: readonly {
    readonly asset: string;
    readonly destination: string;
    readonly port: number;
    readonly score: number;
    readonly ts: number;
    readonly ds: number;
    readonly dur: number;
    readonly hist: number;
    readonly sessions: number;
    readonly rows: RowQuery;
  }[];
  readonly changes: readonly {
    readonly kind: string;
    readonly atUs: Micros;
    readonly principal: string;
    /** Who alone stands behind an account of a machine's own log at that time, by the sessions that were open there. */
    readonly actor?: string;
    readonly target: string;
    /** False: while something was exposed, before any sign of access and any closing. */
    readonly isAfter: boolean;
    /** How often, and when for the last time. */
    readonly count: number;
    readonly lastUs: Micros;
    readonly text: string;
    readonly rows: RowQuery;
  }[];
  readonly watchList: readonly {
    readonly indicator: string;
    readonly kind: 'address' | 'key' | 'user';
    readonly reason: string;
  }[];
  readonly retire: readonly { readonly asset: string; readonly rung: Rung; readonly reason: string }[];
}

export interface RotationFinding {
  /** Kind of credential: `password`, `SSH key`, `AWS access key`, … */
  readonly kind: string;
  /** Last four characters at most, and a salted hash; never the whole. */
  readonly hint: string;
  readonly hash: string;
  readonly holder: string;
  readonly asset: string;
  readonly where: string;
  readonly advice: 'must' | 'should' | 'no evidence';
  readonly rung: Rung;
  readonly reason: string;
  readonly rows?: readonly RowQuery[];
}

/** Noise as mass and quiet as marks, on the case's time axis. */
export interface TimelineFinding {
  readonly fromUs: Micros;
  readonly binUs: number;
  readonly bins: number;
  /** Events per bin for each of the largest campaigns, the rest of the noise (`other noise`), and `known`, `unknown` actors. */
  readonly series: readonly {
    readonly name: string;
    readonly standing: Standing;
    readonly counts: readonly number[];
  }[];
  readonly lanes: readonly {
    readonly actor: string;
    readonly rung: Rung;
    readonly marks: readonly {
      readonly atUs: Micros;
      readonly endUs: Micros;
      readonly bytes: number;
      readonly kind: string;
      readonly rows: RowQuery;
    }[];
  }[];
}

/** Something left simple, unknown or inferred, said where it matters. */
export interface Caveat {
  /** Cell it belongs to. */
  readonly cell: string;
  readonly text: string;
}

export interface Findings {
  readonly parameters: CaseParameters;
  readonly thresholds: Thresholds;
  /** What was inferred rather than told, in sentences. */
  readonly inferred: readonly string[];
  readonly sources: readonly SourceInfo[];
  readonly assets: readonly AssetFinding[];
  readonly services: readonly (ServiceProfile & { readonly asset: string; readonly why: string })[];
  readonly exposure: readonly ExposureFinding[];
  readonly actors: readonly ActorFinding[];
  readonly campaigns: readonly CampaignFinding[];
  readonly controlGroups: readonly ControlGroup[];
  readonly ladder: readonly LadderFinding[];
  readonly ladderRows: readonly LadderRow[];
  readonly verdicts: readonly VerdictFinding[];
  readonly answers: readonly AnswerFinding[];
  readonly coverage: readonly CoverageFinding[];
  readonly integrity: {
    readonly gaps: readonly GapFinding[];
    readonly contradictions: readonly ContradictionFinding[];
    readonly clockOffsets: readonly ClockOffsetFinding[];
  };
  readonly decoy: DecoyFinding;
  readonly aftermath: AftermathFinding;
  readonly rotation: readonly RotationFinding[];
  readonly timeline: TimelineFinding;
  readonly caveats: readonly Caveat[];
  /** Rows considered, for the ghosts: totals before any filter. */
  readonly totals: {
    readonly flows: number;
    readonly logins: number;
    readonly queries: number;
    readonly changes: number;
    readonly sessions: number;
    /** Remote actors that did anything, listed or not, and their sessions, logins and queries. */
    readonly actors: number;
    readonly noiseActors: number;
    readonly events: number;
    readonly noiseEvents: number;
  };
}
