import { listUnder } from '../base/lists';
import { least } from '../base/extremes';
import { finished, type InParts } from '../base/parts';
import { benjaminiHochberg, empiricalP, quantileSorted } from '../base/statistics';
import type { Ground, Standings } from './context';
import {
  AlikeValues,
  largestValue,
  MEASURES,
  measureOf,
  sortedValues,
  tailOf,
  tailP,
  valuesOf,
} from './control-measures';
import { poolSessions, type Pool } from './control-pools';
import type { ControlGroup } from './findings';
import { serviceName } from './profiles';
import { CONTROL_WEIGHTS, pickThresholds } from './thresholds';

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
  /** Session of that p, and the size of the control group (in actors) it was held against. */
  readonly bestSession: Uint32Array;
  readonly controls: Uint32Array;
  /**
   * Where a service has too few noise sessions for p-values: the largest ratio of an actor's bytes in one session to the most that any
   * noise session there got (or the parameter `plainBytes`, if that is more), its session, and the number of noise sessions; by ActorId.
   */
  readonly ratio: Float64Array;
  readonly ratioSession: Uint32Array;
  readonly ratioControls: Uint32Array;
}

const MOST_SUSPECTS = 200;

/** A group with its controls' values by measure, ascending. */
interface Draft {
  readonly group: Pool;
  readonly isUsable: boolean;
  readonly sorted: readonly Float64Array[];
}

/** The control groups alone, for whoever needs what a failed attempt looks like. */
export function controlGroups(ground: Ground, standings: Standings): readonly ControlGroup[] {
  return compareWithControls(ground, standings).groups;
}

interface Test {
  readonly group: number;
  readonly measure: number;
  readonly session: number;
  readonly value: number;
  /** (1 + #controls ≥ x)/(1 + #controls). */
  readonly p: number;
}

/**
 * Holds every session of actors that are not noise and not known against noise on the same service *own*: p = (1 + #noise ≥ x)/(1 + #noise)
 * per measure, over one session of each noise actor (see `Pool.controls`). With too few of them no p-value is given. `gotIn`, by ActorId,
 * marks actors that logged in: what they did afterwards is no failed attempt.
 *
 * Which of them are discoveries is decided by Benjamini–Hochberg over *all* sessions, the noise's own included, since one of n
 * sessions is always the largest. No empirical p can pass that: the smallest, 1/(1 + n), is what the largest noise session gets.
 * Sessions beyond all that noise ever had there are therefore judged by the tail of the sizes that strangers have (see `tailOf`): of all
 * strangers, since the noise that could be told by flows alone may be port scanners, against whom every guesser would be a discovery. Not
 * so sizes that more than a few strangers have alike (`apartActors`): that is a behavior, and keeps its empirical p.
 */
export function compareWithControls(ground: Ground, standings: Standings, gotIn?: Uint8Array): Comparison {
  return finished(compareInParts(ground, standings, gotIn));
}

export function* compareInParts(
  ground: Ground,
  standings: Standings,
  gotIn?: Uint8Array,
): InParts<Comparison> {
  const groups = poolSessions(ground, standings, gotIn);
  const tests: Test[] = [];
  const judged: number[] = [];
  let total = 0;
  const usable = groups.filter(({ controls }) => controls.length >= ground.thresholds.controlSessions);
  const shared = new SharedSizes(ground, usable);
  yield;
  const drafts: Draft[] = [];
  for (const [g, group] of groups.entries()) {
    yield;
    const isUsable = group.controls.length >= ground.thresholds.controlSessions;
    const sorted = MEASURES.map((_, m) => sortedValues(ground, group.controls, m));
    if (isUsable)
      for (let m = 0; m < MEASURES.length; m++)
        total += judge(ground, group, g, m, sorted[m], shared.of(group, m), tests, judged);
    drafts.push({ group, isUsable, sorted });
  }
  const { isDiscovery } = benjaminiHochberg(judged, ground.thresholds.falseDiscovery, total + judged.length);
  const best = bestOf(ground, groups, tests, judged, isDiscovery);
  const ratios = ratiosOf(
    ground,
    drafts.filter(({ isUsable }) => !isUsable).map(({ group }) => group),
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

/** Tests the suspects of a group by one measure, and returns how many noise sessions stand beside them. */
function judge(
  ground: Ground,
  group: Pool,
  g: number,
  measure: number,
  sorted: Float64Array,
  alike: AlikeValues | undefined,
  tests: Test[],
  judged: number[],
): number {
  if (sorted.length < ground.thresholds.controlSessions) return 0;
  const tail = tailOf(valuesOf(ground, group.strangers, measure));
  const largest = largestValue(ground, group.noise, measure);
  const { suspects } = group;
  for (let k = 0; k < suspects.length; k++) {
    const session = suspects[k];
    const value = measureOf(ground, session, measure);
    if (Number.isNaN(value)) continue;
    const p = empiricalP(value, sorted);
    tests.push({ group: g, measure, session, value, p });
    const isBeyond = value > largest && alike?.isShared(value, ground.sessions.actor[session]) !== true;
    judged.push(isBeyond ? tailP(tail, value) : p);
  }
  return group.noise.length;
}

/**
 * Sizes that strangers' sessions have, by port and measure. Of a sampled or short export much noise can't be told for what it is, and stands
 * among the suspects: a page that the noise of one service never asked for lies beyond all that it got, for each of them.
 */
class SharedSizes {
  readonly #byPort = new Map<number, AlikeValues[]>();

  constructor(ground: Ground, groups: readonly Pool[]) {
    const { actor } = ground.sessions;
    const ports = new Map<number, Pool[]>();
    for (const group of groups) ports.set(portKey(group), [...(ports.get(portKey(group)) ?? []), group]);
    for (const [key, members] of ports)
      this.#byPort.set(
        key,
        MEASURES.map((_, m) => {
          const alike = new AlikeValues(ground.thresholds.apartActors);
          // Asked is only for what lies beyond the noise of some service.
          const beyond = least(members.map(({ noise }) => largestValue(ground, noise, m)));
          for (const { noise, suspects } of members)
            for (const sessions of [noise, suspects])
              for (let k = 0; k < sessions.length; k++) {
                const value = measureOf(ground, sessions[k], m);
                if (value > beyond / 2) alike.add(value, actor[sessions[k]]);
              }
          return alike;
        }),
      );
  }

  of(group: Pool, measure: number): AlikeValues | undefined {
    return this.#byPort.get(portKey(group))?.[measure];
  }
}

function portKey({ port, protocol }: Pool): number {
  return (protocol << 16) | port;
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
  const weights = pickThresholds(ground.thresholds, CONTROL_WEIGHTS);
  const { controlBytesToWeight, controlBytesFromWeight, controlPacketsWeight, controlDurationWeight } =
    weights;
  const measureWeights = [
    controlBytesToWeight,
    controlBytesFromWeight,
    controlPacketsWeight,
    controlDurationWeight,
  ];
  tests.forEach((test, t) => {
    if (isDiscovery[t] === 0) return;
    const actor = ground.sessions.actor[test.session];
    const weight = -Math.log10(judged[t]) * measureWeights[test.measure];
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
  thin: readonly Pool[],
): Pick<Comparison, 'ratio' | 'ratioSession' | 'ratioControls'> {
  const ratio = new Float64Array(ground.actors.count);
  const ratioSession = new Uint32Array(ground.actors.count);
  const ratioControls = new Uint32Array(ground.actors.count);
  for (const group of thin) {
    const most = Math.max(ground.thresholds.plainBytes, largestValue(ground, group.noise, 0));
    for (const session of group.suspects) {
      const actor = ground.sessions.actor[session];
      const value = ground.sessions.bytesToActor[session] / most;
      if (!(value > ratio[actor])) continue;
      ratio[actor] = value;
      ratioSession[actor] = session;
      ratioControls[actor] = group.noise.length;
    }
  }
  return { ratio, ratioSession, ratioControls };
}

/** Test numbers by group and measure. */
function groupTests(tests: readonly Test[]): Map<number, number[]> {
  const grouped = new Map<number, number[]>();
  tests.forEach((test, t) => {
    const key = test.group * MEASURES.length + test.measure;
    listUnder(grouped, key, t);
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
