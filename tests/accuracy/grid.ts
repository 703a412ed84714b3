import { Draw, type Weighted } from '../scenarios/draw';
import type { FlowFormat } from '../scenarios/exporters/other-flows';
import type { IncidentPlan, LoginFormat, SourceKind } from '../scenarios/incident';
import { STEALTHS, type Stealth } from '../scenarios/stealth';

/** Every third seed is held back: nothing may be tuned on it, and the targets are judged on it. */
export function isHeldBack(seed: number): boolean {
  return seed % 3 === 0;
}

const QUIET_COUNTS: Weighted<number> = [
  [0, 28],
  [1, 34],
  [2, 16],
  [3, 12],
  [4, 5],
  [5, 5],
];

const SOURCES: readonly SourceKind[] = ['flows', 'auth', 'audit', 'access', 'cloudtrail'];

const ENTERS_BY_SSH: ReadonlySet<Stealth> = new Set(['stolen key', 'guessed in', 'spread guessing']);

/** Draws one incident out of the grid: each axis by itself, so that the hard settings meet in all combinations. */
export function planOf(seed: number, noises: Weighted<number>): IncidentPlan {
  const draw = new Draw(seed).fork('grid');
  const quiet = Array.from({ length: draw.weighted(QUIET_COUNTS) }, () => draw.pick(STEALTHS));
  const enters = quiet.some((stealth) => ENTERS_BY_SSH.has(stealth));
  const missing = draw.weighted<SourceKind | null>([
    [null, 55],
    ['flows', 9],
    ['auth', 9],
    ['audit', 9],
    ['access', 9],
    ['cloudtrail', 9],
  ]);
  const isYearless = draw.chance(0.7);
  const plan = {
    seed,
    noise: draw.weighted(noises),
    quiet,
    erasure: draw.weighted([
      ['none', 40],
      ['actor', enters ? 40 : 0],
      ['hour', 10],
      ['host', 10],
      ['outage', 15],
    ]),
    clocks: draw.weighted([
      ['right', 40],
      ['seconds', 35],
      ['hours', 15],
      ['drifting', 10],
    ]),
    isYearless,
    crossesNewYear: isYearless && draw.chance(0.25),
    aggregationSeconds: draw.chance(0.5) ? 60 : 600,
    flowShare: draw.chance(0.12) ? 0.1 : 1,
    hasIpv6: draw.chance(0.3),
    benign: draw.weighted([
      [0, 50],
      [1, 30],
      [2, 20],
    ]),
  } satisfies Partial<IncidentPlan>;
  // Axes that came later draw after the others, so that these stay as they were.
  const second = draw.chance(0.12) ? draw.pick(SOURCES) : null;
  const flowFormat = draw.weighted<FlowFormat>([
    ['vpc', 52],
    ['zeek', 12],
    ['gcp', 12],
    ['azure', 12],
    ['nfdump', 12],
  ]);
  const loginFormat = draw.chance(0.3) ? 'journald' : 'syslog';
  const quietIpv6 = draw.chance(0.4);
  // Seven seeds of ten keep the login logs that they had before these two came.
  const otherLogins = draw.weighted<LoginFormat | null>([
    [null, 70],
    ['windows', 17],
    ['auditd', 13],
  ]);
  const leavesAccounts = otherLogins !== null && draw.chance(0.6);
  // Google's flow logs come with Google's audit log, but for some that keep the trail that they had before.
  const trailFormat = flowFormat === 'gcp' && draw.chance(0.75) ? 'google' : 'aws';
  return {
    ...plan,
    missing: [...new Set([missing, second].filter((source) => source !== null))],
    flowFormat,
    // Azure takes no samples: it logs every flow.
    flowShare: flowFormat === 'azure' ? 1 : plan.flowShare,
    quietIpv6,
    loginFormat: otherLogins ?? loginFormat,
    leavesAccounts,
    trailFormat,
    // Google's rule is for a whole network.
    bystanders: trailFormat === 'aws' && draw.chance(0.3) ? draw.int(1, 3) : 0,
    erasesQueries: draw.chance(0.3),
  };
}
