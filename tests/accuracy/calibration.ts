import { greatest, least } from '../../src/lib/base/extremes';
import type { Evidence } from '../../src/lib/analysis/evidence';
import { STANDING, type Ground, type Standings } from '../../src/lib/analysis/context';
import { compareWithControls } from '../../src/lib/analysis/control-group';
import { MEASURES, measureOf, sortedValues, type Measure } from '../../src/lib/analysis/control-measures';
import { poolSessions, type Pool } from '../../src/lib/analysis/control-pools';
import { findDecoy } from '../../src/lib/analysis/decoy';
import type { DecoyFinding } from '../../src/lib/analysis/findings';
import { layBase, layGround, type Bench } from '../../src/lib/analysis/ground';
import { findNoise, type Noise } from '../../src/lib/analysis/noise';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import type { Micros } from '../../src/lib/base/brand';
import { lowerBound } from '../../src/lib/base/statistics';
import { Draw } from '../scenarios/draw';
import type { Truth } from '../scenarios/truth';

/** Bots held out of the control group and judged against it, as if they were suspects. */
const HELD_OUT = 0.1;
/** Made-up quiet actors a case, each with times that know nothing of the noise. */
const DECOYS = 5;

/** What the analysis says where nothing is to be found. */
export interface Calibration {
  /** p-values of bots against the control group without them, by measure. */
  readonly controlPs: Readonly<Record<Measure, readonly number[]>>;
  /** How many controls those were held against: one group a case. */
  readonly controls: Readonly<Record<Measure, number>>;
  /** Those bots, and how many of them the false-discovery control calls discoveries all the same. */
  readonly heldOut: number;
  readonly discoveries: number;
  /** p-values of the decoy test for times drawn at random within the exposure. */
  readonly decoyPs: readonly number[];
}

/**
 * The notebook's own tests where the null is true: a tenth of the bots are held to be strangers and go through the control groups like
 * anyone else, and sessions at random times go through the decoy test.
 *
 * Ties (bots of one program move the same number of bytes; most minutes have no noise at all) count against the suspect in the notebook,
 * and such p-values are larger than uniform, never smaller: the side on which they must not err. Whether they are right but for the ties is
 * told by smoothed p-values (Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005, section 2.2), which share ties out at
 * random and are exactly uniform when suspects and controls can be exchanged.
 */
export function calibrate(evidence: Evidence, parameters: CaseParameters, truth: Truth): Calibration {
  const controlPs: Record<Measure, number[]> = {
    bytesToActor: [],
    bytesFromActor: [],
    packets: [],
    durationUs: [],
  };
  const controls: Record<Measure, number> = { bytesToActor: 0, bytesFromActor: 0, packets: 0, durationUs: 0 };
  if (evidence.tables.flows.rowCount === 0)
    return { controlPs, controls, heldOut: 0, discoveries: 0, decoyPs: [] };
  const draw = new Draw(truth.seed).fork('calibration');
  const bench = layGround(layBase(evidence, parameters));
  const noise = findNoise(bench);
  const decoyPs = decoyPsOf(bench, noise, draw.fork('decoys'));
  const isBot = botsOf(bench.ground, noise.standings, truth);
  const standing = noise.standings.standing.slice();
  for (let actor = 0; actor < standing.length; actor++)
    if (isBot[actor] === 1 && draw.chance(HELD_OUT)) standing[actor] = STANDING.unknown;
  const isHeldOut = isBot.map((bot, actor) => (bot === 1 && standing[actor] === STANDING.unknown ? 1 : 0));
  const standings = { ...noise.standings, standing };
  const gotIn = Uint8Array.from(bench.activity.successes, (count) => (count > 0 ? 1 : 0));
  const tried = pushControlPs(bench.ground, standings, gotIn, isHeldOut, draw, { ps: controlPs, controls });
  const { isDiscovery } = compareWithControls(bench.ground, standings, gotIn);
  return {
    controlPs,
    controls,
    heldOut: tried.size,
    discoveries: [...tried].filter((actor) => isDiscovery[actor] === 1).length,
    decoyPs,
  };
}

/** Bots in truth that the analysis holds to be noise as well. */
function botsOf({ actors }: Ground, { standing }: Standings, truth: Truth): Uint8Array {
  const noise = new Set(Object.values(truth.actors.noise).flat());
  return Uint8Array.from(actors.texts, (text, actor) =>
    standing[actor] === STANDING.noise && noise.has(text) ? 1 : 0,
  );
}

/**
 * One session of each held-out bot in one control group of the case, drawn by how many of them it judges. One group only: a bot's sessions on
 * several hosts are alike, and a Kolmogorov–Smirnov test takes its values for independent; and all bots of that group, since who went to few
 * hosts would count for more if each bot had one group of its own. Returns the bots that any group judges.
 */
function pushControlPs(
  ground: Ground,
  standings: Standings,
  gotIn: Uint8Array,
  isHeldOut: Uint8Array,
  draw: Draw,
  into: { readonly ps: Readonly<Record<Measure, number[]>>; readonly controls: Record<Measure, number> },
): Set<number> {
  const judged = poolSessions(ground, standings, gotIn)
    .filter((pool) => pool.controls.length >= ground.thresholds.controlSessions)
    .map((pool) => ({ pool, visits: visitsOf(ground, pool, isHeldOut) }))
    .filter(({ visits }) => visits.size > 0);
  const tried = new Set(judged.flatMap(({ visits }) => [...visits.keys()]));
  if (judged.length === 0) return tried;
  const { pool, visits } = draw.weighted(judged.map((each) => [each, each.visits.size] as const));
  const sorted = MEASURES.map((_, m) => sortedValues(ground, pool.controls, m));
  MEASURES.forEach((measure, m) => (into.controls[measure] = sorted[m]?.length ?? 0));
  for (const mine of visits.values()) {
    const session = draw.pick(mine);
    MEASURES.forEach((measure, m) => {
      const value = measureOf(ground, session, m);
      const controls = sorted[m];
      if (controls && !Number.isNaN(value)) into.ps[measure].push(smoothedP(value, controls, draw.uniform()));
    });
  }
  return tried;
}

/** Sessions of each held-out bot among those that a group judges. */
function visitsOf(ground: Ground, pool: Pool, isHeldOut: Uint8Array): Map<number, number[]> {
  const visits = new Map<number, number[]>();
  for (const session of pool.suspects) {
    const actor = ground.sessions.actor[session] ?? 0;
    if (isHeldOut[actor] !== 1) continue;
    const mine = visits.get(actor);
    if (mine) mine.push(session);
    else visits.set(actor, [session]);
  }
  return visits;
}

function decoyPsOf(bench: Bench, noise: Noise, draw: Draw): number[] {
  const { exposure } = bench.ground;
  if (exposure.length === 0) return [];
  const fromUs = Math.max(bench.ground.fromUs, least(exposure.map(({ openedUs }) => openedUs)));
  const toUs = Math.min(bench.ground.toUs, greatest(exposure.map(({ closedUs }) => closedUs)));
  const ps: number[] = [];
  for (let k = 0; k < DECOYS; k++) {
    const marks = Array.from({ length: draw.int(1, 8) }, () => {
      const atUs = draw.uniform(fromUs, toUs) as Micros;
      return { atUs, endUs: atUs, bytes: 0, kind: 'session', rows: { table: 'flows' as const } };
    });
    const p = smoothedDecoyP(findDecoy(bench, noise, [{ actor: 'nobody', marks }]), draw.uniform());
    if (p !== null) ps.push(p);
  }
  return ps;
}

/** The finding's p with ties shared out, read off the quantiles of its null: exact to one part in 200. Null: the test said nothing. */
export function smoothedDecoyP(
  { isUsable, observed, nullQuantiles }: DecoyFinding,
  u: number,
): number | null {
  if (!isUsable || nullQuantiles.length === 0) return null;
  return smoothedP(observed, Float64Array.from(nullQuantiles), u);
}

/** (#null > x + u · (1 + #null = x))/(1 + #null); `u` uniform on 0…1. */
function smoothedP(value: number, ascending: Float64Array, u: number): number {
  // Sums of the same numbers in another order differ in the last bits.
  const hair = Math.abs(value) * 1e-9;
  const below = lowerBound(ascending, value - hair);
  const upTo = lowerBound(ascending, value + hair + Number.MIN_VALUE);
  return (ascending.length - upTo + u * (1 + upTo - below)) / (1 + ascending.length);
}
