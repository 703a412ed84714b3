import type { Micros, SourceId } from '../../src/lib/base/brand';
import type { ActorFinding, AnswerFinding, Findings } from '../../src/lib/analysis/findings';
import type { SourceInfo } from '../../src/lib/analysis/evidence';
import { DEFAULT_THRESHOLDS } from '../../src/lib/analysis/parameters';

const NEVER = Number.NaN as Micros;

/** Findings of a case in which nothing was loaded; tests overwrite what they are about. */
export function emptyFindings(changes: Partial<Findings> = {}): Findings {
  return {
    parameters: {},
    thresholds: DEFAULT_THRESHOLDS,
    inferred: [],
    sources: [],
    assets: [],
    services: [],
    exposure: [],
    actors: [],
    campaigns: [],
    controlGroups: [],
    ladder: [],
    ladderRows: [],
    verdicts: [],
    answers: [],
    coverage: [],
    integrity: { gaps: [], contradictions: [], clockOffsets: [] },
    decoy: {
      isUsable: false,
      reason: 'no quiet actor',
      observed: 0,
      expected: 0,
      p: NEVER,
      shifts: 0,
      sessions: 0,
      nullQuantiles: [],
      peaks: [],
    },
    aftermath: { returning: [], outbound: [], beacons: [], changes: [], watchList: [], retire: [] },
    rotation: [],
    timeline: { fromUs: 0 as Micros, binUs: 1, bins: 0, series: [], lanes: [] },
    caveats: [],
    totals: {
      flows: 0,
      logins: 0,
      queries: 0,
      changes: 0,
      sessions: 0,
      actors: 0,
      noiseActors: 0,
      events: 0,
      noiseEvents: 0,
    },
    ...changes,
  };
}

export function someAnswer(changes: Partial<AnswerFinding> = {}): AnswerFinding {
  return {
    asset: 'log-3',
    service: '9200/tcp',
    verdict: 'cannot tell',
    rung: 3,
    inferred: false,
    ceiling: 3,
    openedUs: 1_424_390_400_000_000 as Micros,
    closedUs: 1_425_945_600_000_000 as Micros,
    days: { queried: 0, 'not queried within coverage': 0, 'cannot tell': 19 },
    actors: [],
    missing: [],
    wishes: [],
    why: [],
    ...changes,
  };
}

export function someActor(actor: string, changes: Partial<ActorFinding> = {}): ActorFinding {
  return {
    actor,
    kind: 'address',
    standing: 'unknown',
    noiseScore: 0,
    quietScore: 0,
    quietRank: null,
    rung: 1,
    rungInferred: false,
    succeeded: false,
    firstUs: 1_424_390_400_000_000 as Micros,
    lastUs: 1_424_390_500_000_000 as Micros,
    campaign: null,
    sessions: 1,
    events: 1,
    failures: 0,
    successes: 0,
    users: 0,
    assets: 1,
    ports: 1,
    bytesToActor: 0,
    bytesFromActor: 0,
    services: [],
    why: [],
    ...changes,
  };
}

export function someSource(name: string, changes: Partial<SourceInfo> = {}): SourceInfo {
  return {
    id: 0 as SourceId,
    name,
    sizeBytes: 1000,
    sha256: 'ab'.repeat(32),
    format: 'vpc-flow',
    formatLabel: 'AWS VPC flow log',
    container: 'none',
    records: 10,
    rows: { flows: 10, logins: 0, queries: 0, changes: 0 },
    rejected: 0,
    rejectedSamples: [],
    skipped: {},
    duplicates: 0,
    firstUs: 1_424_390_400_000_000 as Micros,
    lastUs: 1_425_945_600_000_000 as Micros,
    zone: 'UTC',
    inferred: [],
    heldOffAsset: true,
    isCut: false,
    notes: [],
    ...changes,
  };
}
