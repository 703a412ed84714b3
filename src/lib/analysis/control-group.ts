import { benjaminiHochberg, empiricalP, lowerBound, quantileSorted } from '../base/statistics';
import { groupBy } from '../base/sorting';
import { PairSet } from '../base/pair-set';
import { reachedBy, REACHED } from './contacts';
import { DIRECTION, STANDING, type Ground, type Standings } from './context';
import type { ControlGroup } from './findings';
import { serviceName } from './profiles';

export type Measure = ControlGroup['measures'][number]['measure'];
export const MEASURES: readonly Measure[] = ['bytesToActor', 'bytesFromActor', 'packets', 'durationUs'];

export interface Comparison {
  readonly groups: readonly ControlGroup[];
  /**
   * The discovery that says most of an actor (after the measure's own weight): its p-value, measure (index in MEASURES) and weight; by
   * ActorId. 0 in `isDiscovery`: none of its sessions is one.
   */
  readonly bestP: Float64Array;
  readonly bestMeasure: Uint8Array;
  readonly bestWeight: Float64Array;
  readonly isDiscovery: Uint8Array;
  /** Session of that p, and the size of the control group it was held against. */
  readonly bestSession: Uint32Array;
  readonly controls: Uint32Array;
  /**
   * Where a service has too few noise sessions for p-values: the largest ratio of an actor's bytes in one session to the most that any
   * noise session there got (or PLAIN_BYTES, if that is more), its session, and the number of noise sessions; by ActorId.
   */
  readonly ratio: Float64Array;
  readonly ratioSession: Uint32Array;
  readonly ratioControls: Uint32Array;
}

/** What a failed attempt may get without anyone wondering *own*: banners, key exchanges, login pages and errors stay below it. */
export const PLAIN_BYTES = 10_000;

/**
 * What −log10 p counts for, by measure *own*: bytes to the actor are what it took away; a long stay alone may be a bot that hangs.
 */
const MEASURE_WEIGHT: readonly number[] = [1, 0.7, 0.5, 0.3];
const MOST_SUSPECTS = 200;
/** Steepest tail that is believed, and the least p that it may give: sizes that hardly vary would promise more than they know. */
const STEEPEST = 8;
const LEAST_P = 1e-12;

/** The control groups alone, for whoever needs what a failed attempt looks like. */
export function controlGroups(ground: Ground, standings: Standings): readonly ControlGroup[] {
  return compareWithControls(ground, standings).groups;
}

interface Test {
  readonly group: number;
  readonly measure: number;
  readonly session: number;
  readonly value: number;
  /** (1 + #noise ≥ x)/(1 + #noise). */
  readonly p: number;
}

/**
 * Holds every session of actors that are not noise and not known against the noise sessions of the same service *own*:
 * p = (1 + #noise ≥ x)/(1 + #noise) per measure. A service of one asset with too few noise sessions is pooled over all assets that
 * have the port; with too few even then, no p-value is given. `gotIn`, by ActorId, marks actors that logged in: what they did
 * afterwards is no failed attempt.
 *
 * Which of them are discoveries is decided by Benjamini–Hochberg over *all* sessions, the noise's own included, since one of n
 * sessions is always the largest. No empirical p can pass that: the smallest, 1/(1 + n), is what the largest noise session gets.
 * Sessions beyond all noise are therefore judged by the tail that the noise's own sizes have (see `tailP`).
 */
export function compareWithControls(ground: Ground, standings: Standings, gotIn?: Uint8Array): Comparison {
  const groups = poolSessions(ground, standings, gotIn);
  const fewest = ground.thresholds.controlSessions;
  const tests: Test[] = [];
  const judged: number[] = [];
  let total = 0;
  const drafts = groups.map((group, g) => {
    const isUsable = group.controls.length >= fewest;
    const sorted = MEASURES.map((_, m) => sortedValues(ground, group.controls, m));
    if (isUsable) {
      for (let m = 0; m < MEASURES.length; m++) {
        if (sorted[m].length < fewest) continue;
        total += sorted[m].length;
        const tail = tailOf(sorted[m]);
        for (const session of group.suspects) {
          const value = measureOf(ground, session, m);
          if (Number.isNaN(value)) continue;
          const p = empiricalP(value, sorted[m]);
          tests.push({ group: g, measure: m, session, value, p });
          const isBeyond = lowerBound(sorted[m], value) === sorted[m].length;
          judged.push(isBeyond ? tailP(tail, value) : p);
        }
      }
    }
    return { group, isUsable, sorted };
  });
  const { isDiscovery } = benjaminiHochberg(judged, ground.thresholds.falseDiscovery, total + judged.length);
  const best = bestOf(ground, groups, tests, judged, isDiscovery);
  const ratios = ratiosOf(
    ground,
    drafts.filter(({ isUsable }) => !isUsable).map(({ group, sorted }) => ({ group, sizes: sorted[0] })),
  );
  const suspects = groupTests(tests);
  const found = drafts.map(({ group, isUsable, sorted }, g) => ({
    asset: group.asset === -1 ? null : ground.assets.names[group.asset],
    service: serviceName(group.port, group.protocol),
    sessions: group.controls.length,
    isUsable,
    measures: MEASURES.map((measure, m) => ({
      measure,
      quantiles: Array.from({ length: 101 }, (_, q) => quantileSorted(sorted[m], q / 100)),
      suspects: suspectsOf(ground, tests, isDiscovery, suspects.get(g * MEASURES.length + m) ?? []),
    })),
  }));
  return { groups: found, ...best, ...ratios };
}

interface Tail {
  readonly from: number;
  readonly slope: number;
}

/**
 * The upper tail as a power law through the noise's median and upper quartile *own*: inner quantiles, since noise may have lost its few
 * largest sessions to actors that are not decided. Sizes of sessions are at most log-normal, whose tail falls faster than the power
 * law through its inner quantiles: the p-values err to the safe side.
 */
function tailOf(sorted: Float64Array): Tail {
  const from = quantileSorted(sorted, 0.75);
  const inner = Math.max(quantileSorted(sorted, 0.5), from / 100);
  const slope = from > inner ? Math.log(2) / Math.log(from / inner) : STEEPEST;
  return { from, slope: Math.min(STEEPEST, slope) };
}

/** P(X ≥ x) = 0.25 · (x / q75)^−slope, the extrapolation of Weissman (JASA 73, 1978) with a slope from quantiles. */
function tailP(tail: Tail, value: number): number {
  if (!(value > tail.from)) return 0.25;
  if (tail.from <= 0) return LEAST_P;
  return Math.max(LEAST_P, 0.25 * (value / tail.from) ** -tail.slope);
}

interface Pool {
  /** −1: all assets that have the port. */
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  /** Sessions of noise that never got in. */
  readonly controls: Uint32Array;
  /** Sessions to be judged. */
  readonly suspects: Uint32Array;
}

const NO_GROUP = 0xffffffff;

/** Inbound sessions that got through to exposed services: noise and, apart, those to be judged. */
function poolSessions(ground: Ground, standings: Standings, gotIn: Uint8Array | undefined): Pool[] {
  const { sessions, exposure } = ground;
  const exposed = new Set(exposure.map((window) => `${window.asset}:${window.port}:${window.protocol}`));
  const services = new PairSet();
  const control = new Uint32Array(sessions.count).fill(NO_GROUP);
  const suspect = new Uint32Array(sessions.count).fill(NO_GROUP);
  const isExposed: boolean[] = [];
  for (let i = 0; i < sessions.count; i++) {
    if (sessions.direction[i] !== DIRECTION.inbound || reachedBy(sessions, i) !== REACHED.yes) continue;
    const known = services.size;
    const key = services.add(sessions.asset[i], (sessions.protocol[i] << 16) | sessions.assetPort[i]);
    if (key === known)
      isExposed.push(exposed.has(`${sessions.asset[i]}:${sessions.assetPort[i]}:${sessions.protocol[i]}`));
    if (!isExposed[key]) continue;
    const actor = sessions.actor[i];
    const standing = standings.standing[actor];
    if (standing === STANDING.noise) {
      if (gotIn?.[actor] !== 1) control[i] = key;
      else suspect[i] = key;
    } else if (standing !== STANDING.known) suspect[i] = key;
  }
  return pooledByPort(ground, services, isExposed, [control, suspect]);
}

function pooledByPort(
  ground: Ground,
  services: PairSet,
  isExposed: readonly boolean[],
  keys: readonly Uint32Array[],
): Pool[] {
  const [controls, suspects] = keys.map((key) => groupBy(key, services.size));
  const slice = (from: { starts: Uint32Array; order: Uint32Array }, key: number): Uint32Array =>
    from.order.subarray(from.starts[key], from.starts[key + 1]);
  const byPort = new Map<number, number[]>();
  for (let key = 0; key < services.size; key++) {
    if (!isExposed[key]) continue;
    const known = byPort.get(services.second[key]);
    if (known) known.push(key);
    else byPort.set(services.second[key], [key]);
  }
  const pools: Pool[] = [];
  for (const [portKey, members] of byPort) {
    const place = { port: portKey & 0xffff, protocol: portKey >>> 16 };
    const isThin = (key: number): boolean =>
      members.length > 1 && slice(controls, key).length < ground.thresholds.controlSessions;
    const pool = (asset: number, from: readonly number[], judged: readonly number[]): Pool => ({
      asset,
      ...place,
      controls: concatenated(from.map((key) => slice(controls, key))),
      suspects: concatenated(judged.map((key) => slice(suspects, key))),
    });
    for (const key of members) if (!isThin(key)) pools.push(pool(services.first[key], [key], [key]));
    const thin = members.filter(isThin);
    if (thin.length > 0) pools.push(pool(-1, members, thin));
  }
  return pools;
}

function concatenated(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function measureOf(ground: Ground, session: number, measure: number): number {
  const { sessions } = ground;
  if (measure === 0) return sessions.bytesToActor[session];
  if (measure === 1) return sessions.bytesFromActor[session];
  if (measure === 3) return sessions.endUs[session] - sessions.startUs[session];
  const to = sessions.packetsToActor[session];
  const from = sessions.packetsFromActor[session];
  return Number.isNaN(to) ? from : Number.isNaN(from) ? to : to + from;
}

function sortedValues(ground: Ground, chosen: Uint32Array, measure: number): Float64Array {
  const values = new Float64Array(chosen.length);
  let count = 0;
  for (const session of chosen) {
    const value = measureOf(ground, session, measure);
    if (!Number.isNaN(value)) values[count++] = value;
  }
  return values.subarray(0, count).sort();
}

function bestOf(
  ground: Ground,
  groups: readonly Pool[],
  tests: readonly Test[],
  judged: readonly number[],
  isDiscovery: Uint8Array,
): Omit<Comparison, 'groups' | 'ratio' | 'ratioSession' | 'ratioControls'> {
  const count = ground.actors.count;
  const bestP = new Float64Array(count).fill(Number.NaN);
  const bestMeasure = new Uint8Array(count);
  const discovery = new Uint8Array(count);
  const bestSession = new Uint32Array(count);
  const controls = new Uint32Array(count);
  const bestWeight = new Float64Array(count);
  const bestValue = new Float64Array(count);
  tests.forEach((test, t) => {
    if (isDiscovery[t] === 0) return;
    const actor = ground.sessions.actor[test.session];
    const weight = -Math.log10(judged[t]) * MEASURE_WEIGHT[test.measure];
    const isSame = weight === bestWeight[actor] && test.measure === bestMeasure[actor];
    if (
      weight < bestWeight[actor] ||
      (weight === bestWeight[actor] && !(isSame && test.value > bestValue[actor]))
    )
      return;
    discovery[actor] = 1;
    bestWeight[actor] = weight;
    bestValue[actor] = test.value;
    bestP[actor] = test.p;
    bestMeasure[actor] = test.measure;
    bestSession[actor] = test.session;
    controls[actor] = groups[test.group].controls.length;
  });
  return { bestP, bestMeasure, bestWeight, isDiscovery: discovery, bestSession, controls };
}

function ratiosOf(
  ground: Ground,
  thin: readonly { readonly group: Pool; readonly sizes: Float64Array }[],
): Pick<Comparison, 'ratio' | 'ratioSession' | 'ratioControls'> {
  const ratio = new Float64Array(ground.actors.count);
  const ratioSession = new Uint32Array(ground.actors.count);
  const ratioControls = new Uint32Array(ground.actors.count);
  for (const { group, sizes } of thin) {
    const most = Math.max(PLAIN_BYTES, sizes.length === 0 ? 0 : sizes[sizes.length - 1]);
    for (const session of group.suspects) {
      const actor = ground.sessions.actor[session];
      const value = ground.sessions.bytesToActor[session] / most;
      if (!(value > ratio[actor])) continue;
      ratio[actor] = value;
      ratioSession[actor] = session;
      ratioControls[actor] = sizes.length;
    }
  }
  return { ratio, ratioSession, ratioControls };
}

/** Test numbers by group and measure. */
function groupTests(tests: readonly Test[]): Map<number, number[]> {
  const grouped = new Map<number, number[]>();
  tests.forEach((test, t) => {
    const key = test.group * MEASURES.length + test.measure;
    const known = grouped.get(key);
    if (known) known.push(t);
    else grouped.set(key, [t]);
  });
  return grouped;
}

function suspectsOf(
  ground: Ground,
  tests: readonly Test[],
  isDiscovery: Uint8Array,
  mine: readonly number[],
): ControlGroup['measures'][number]['suspects'] {
  const { sessions, actors, assets } = ground;
  const ordered = [...mine].sort(
    (a, b) => tests[a].p - tests[b].p || tests[b].value - tests[a].value || a - b,
  );
  return ordered.slice(0, MOST_SUSPECTS).map((t) => {
    const { session, value, p } = tests[t];
    const actor = actors.texts[sessions.actor[session]];
    return {
      actor,
      value,
      p,
      isDiscovery: isDiscovery[t] === 1,
      rows: {
        table: 'flows' as const,
        actor,
        asset: assets.names[sessions.asset[session]],
        port: sessions.assetPort[session],
        fromUs: sessions.startUs[session],
        toUs: sessions.endUs[session] + 1,
      },
    };
  });
}
