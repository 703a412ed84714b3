import { benjaminiHochberg, empiricalP, quantileSorted } from '../base/statistics';
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
  /** Lowest p of an actor's sessions, the measure it belongs to (index in MEASURES) and whether it is a discovery; by ActorId. */
  readonly bestP: Float64Array;
  readonly bestMeasure: Uint8Array;
  readonly isDiscovery: Uint8Array;
  /** Session of the best p, and the size of the control group it was held against. */
  readonly bestSession: Uint32Array;
  readonly controls: Uint32Array;
}

const MOST_SUSPECTS = 200;

/** The control groups alone, for whoever needs what a failed attempt looks like. */
export function controlGroups(ground: Ground, standings: Standings): readonly ControlGroup[] {
  return compareWithControls(ground, standings).groups;
}

interface Test {
  readonly group: number;
  readonly measure: number;
  readonly session: number;
  readonly value: number;
}

/**
 * Holds every session of actors that are not noise and not known against the noise sessions of the same service *own*:
 * p = (1 + #noise ≥ x)/(1 + #noise) per measure, then Benjamini–Hochberg over all tests. A service of one asset with too few noise
 * sessions is pooled over all assets that have the port; with too few even then, no p-value is given. `excluded` are noise actors
 * that got in: what they did afterwards is no failed attempt.
 */
export function compareWithControls(ground: Ground, standings: Standings, excluded?: Uint8Array): Comparison {
  const pool = poolSessions(ground, standings, excluded);
  const fewest = ground.thresholds.controlSessions;
  const tests: Test[] = [];
  const ps: number[] = [];
  const drafts = pool.groups.map((group, g) => {
    const isUsable = group.controls.length >= fewest;
    const sorted = MEASURES.map((_, m) => sortedValues(ground, group.controls, m));
    for (const session of group.suspects) {
      for (let m = 0; m < MEASURES.length; m++) {
        const value = measureOf(ground, session, m);
        if (!isUsable || Number.isNaN(value) || sorted[m].length < fewest) continue;
        tests.push({ group: g, measure: m, session, value });
        ps.push(empiricalP(value, sorted[m]));
      }
    }
    return { group, isUsable, sorted };
  });
  const { isDiscovery } = benjaminiHochberg(ps, ground.thresholds.falseDiscovery);
  const best = bestOf(ground, pool.groups, tests, ps, isDiscovery);
  const groups = drafts.map(({ group, isUsable, sorted }, g) => ({
    asset: group.asset === -1 ? null : ground.assets.names[group.asset],
    service: serviceName(group.port, group.protocol),
    sessions: group.controls.length,
    isUsable,
    measures: MEASURES.map((measure, m) => ({
      measure,
      quantiles: Array.from({ length: 101 }, (_, q) => quantileSorted(sorted[m], q / 100)),
      suspects: suspectsOf(ground, tests, ps, isDiscovery, g, m),
    })),
  }));
  return { groups, ...best };
}

interface Pool {
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  readonly controls: Uint32Array;
  readonly suspects: Uint32Array;
}

/** Inbound sessions that got through to exposed services: noise and, apart, those to be judged. */
function poolSessions(
  ground: Ground,
  standings: Standings,
  excluded: Uint8Array | undefined,
): { groups: Pool[] } {
  const { sessions, exposure } = ground;
  const exposed = new Set(exposure.map((window) => `${window.asset}:${window.port}:${window.protocol}`));
  const services = new PairSet();
  const control = new Uint32Array(sessions.count).fill(0xffffffff);
  const suspect = new Uint32Array(sessions.count).fill(0xffffffff);
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
      if (excluded?.[actor] !== 1) control[i] = key;
    } else if (standing !== STANDING.known) suspect[i] = key;
  }
  const controls = groupBy(control, services.size);
  const suspects = groupBy(suspect, services.size);
  const slice = (from: { starts: Uint32Array; order: Uint32Array }, key: number): Uint32Array =>
    from.order.subarray(from.starts[key], from.starts[key + 1]);
  const byPort = new Map<number, number[]>();
  for (let key = 0; key < services.size; key++) {
    if (isExposed[key]) byPort.set(services.second[key], [...(byPort.get(services.second[key]) ?? []), key]);
  }
  const groups: Pool[] = [];
  for (const [portKey, keys] of byPort) {
    const port = portKey & 0xffff;
    const protocol = portKey >>> 16;
    const thin: number[] = [];
    for (const key of keys) {
      if (slice(controls, key).length < ground.thresholds.controlSessions && keys.length > 1) thin.push(key);
      else
        groups.push({
          asset: services.first[key],
          port,
          protocol,
          controls: slice(controls, key),
          suspects: slice(suspects, key),
        });
    }
    if (thin.length === 0) continue;
    groups.push({
      asset: -1,
      port,
      protocol,
      controls: concatenated(keys.map((key) => slice(controls, key))),
      suspects: concatenated(thin.map((key) => slice(suspects, key))),
    });
  }
  return { groups };
}

function concatenated(parts: readonly Uint32Array[]): Uint32Array {
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

function sortedValues(ground: Ground, controls: Uint32Array, measure: number): Float64Array {
  const values = new Float64Array(controls.length);
  let count = 0;
  for (const session of controls) {
    const value = measureOf(ground, session, measure);
    if (!Number.isNaN(value)) values[count++] = value;
  }
  return values.subarray(0, count).sort();
}

function bestOf(
  ground: Ground,
  groups: readonly Pool[],
  tests: readonly Test[],
  ps: readonly number[],
  isDiscovery: Uint8Array,
): Omit<Comparison, 'groups'> {
  const count = ground.actors.count;
  const bestP = new Float64Array(count).fill(Number.NaN);
  const bestMeasure = new Uint8Array(count);
  const discovery = new Uint8Array(count);
  const bestSession = new Uint32Array(count);
  const controls = new Uint32Array(count);
  tests.forEach((test, t) => {
    const actor = ground.sessions.actor[test.session];
    if (isDiscovery[t] === 1) discovery[actor] = 1;
    if (ps[t] >= bestP[actor]) return;
    bestP[actor] = ps[t];
    bestMeasure[actor] = test.measure;
    bestSession[actor] = test.session;
    controls[actor] = groups[test.group].controls.length;
  });
  return { bestP, bestMeasure, isDiscovery: discovery, bestSession, controls };
}

function suspectsOf(
  ground: Ground,
  tests: readonly Test[],
  ps: readonly number[],
  isDiscovery: Uint8Array,
  group: number,
  measure: number,
): ControlGroup['measures'][number]['suspects'] {
  const { sessions, actors, assets } = ground;
  const mine = tests.map((_, t) => t).filter((t) => tests[t].group === group && tests[t].measure === measure);
  mine.sort((a, b) => ps[a] - ps[b] || tests[b].value - tests[a].value || a - b);
  return mine.slice(0, MOST_SUSPECTS).map((t) => {
    const { session, value } = tests[t];
    const actor = actors.texts[sessions.actor[session]];
    return {
      actor,
      value,
      p: ps[t],
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
