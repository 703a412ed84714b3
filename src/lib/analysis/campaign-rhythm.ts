import { groupBy } from '../base/sorting';
import { quantileSorted } from '../base/statistics';
import { DIRECTION } from './context';
import type { Bench } from './ground';
import { GrowingIds } from './growing-column';
import { eventsOf } from './log-events';
import type { Thresholds } from './parameters';

/** Bounds the work: who acts more often is told by other signs. */
const MOST_EVENTS = 10_000;

type Limits = Pick<Thresholds, 'rhythmGaps' | 'rhythmSpread' | 'rhythmFactor' | 'rhythmShare'>;

/** The steady interval at which an actor acts, in microseconds, by ActorId; NaN: none. Only of actors for which `isWanted`. */
export function findRhythms(
  bench: Bench,
  isWanted: (actor: number) => boolean,
  limits: Limits,
): Float64Array {
  const { activity, logins, ground } = bench;
  const rhythms = new Float64Array(ground.actors.count).fill(Number.NaN);
  const bySessions = new Uint8Array(rhythms.length);
  const { starts } = logins.byActor;
  let any = false;
  for (let actor = 0; actor < rhythms.length; actor++) {
    if (!isWanted(actor)) continue;
    const own = starts[actor + 1] - starts[actor];
    if (own > limits.rhythmGaps && own <= MOST_EVENTS)
      rhythms[actor] = steadyInterval(timesOf(logins.timeUs, eventsOf(logins, actor)), limits);
    else if (activity.sessions[actor] > limits.rhythmGaps && activity.sessions[actor] <= MOST_EVENTS) {
      bySessions[actor] = 1;
      any = true;
    }
  }
  if (any) readSessions(bench, bySessions, rhythms, limits);
  return rhythms;
}

/** An exporter's own cadence looks like a rhythm, so an interval must be well above its aggregation. */
function readSessions(
  { ground }: Bench,
  bySessions: Uint8Array,
  rhythms: Float64Array,
  limits: Limits,
): void {
  const { sessions } = ground;
  const chosen = new GrowingIds();
  for (let s = 0; s < sessions.count; s++)
    if (bySessions[sessions.actor[s]] === 1 && sessions.direction[s] !== DIRECTION.outbound) chosen.push(s);
  const ids = chosen.taken();
  const actors = new Uint32Array(ids.length);
  for (let k = 0; k < ids.length; k++) actors[k] = sessions.actor[ids[k]];
  const { starts, order } = groupBy(actors, bySessions.length);
  for (let k = 0; k < order.length; k++) order[k] = ids[order[k]];
  const times = timesOf(sessions.startUs, order);
  for (let actor = 0; actor < bySessions.length; actor++) {
    if (bySessions[actor] === 0) continue;
    const interval = steadyInterval(times, limits, starts[actor], starts[actor + 1]);
    if (interval > 2 * sessions.aggregationUs) rhythms[actor] = interval;
  }
}

function timesOf(us: Float64Array, order: Uint32Array): Float64Array {
  const times = new Float64Array(order.length);
  for (let k = 0; k < order.length; k++) times[k] = us[order[k]];
  return times;
}

/** Sorts so few values without calling out: nearly all actors have no more, and there are many of them. */
const FEW = 24;

function sortGaps(gaps: Float64Array): Float64Array {
  if (gaps.length > FEW) return gaps.sort();
  for (let i = 1; i < gaps.length; i++) {
    const gap = gaps[i];
    let at = i;
    for (; at > 0 && gaps[at - 1] > gap; at--) gaps[at] = gaps[at - 1];
    gaps[at] = gap;
  }
  return gaps;
}

/**
 * The median gap between times in ascending order, where eight of ten gaps are close to it; NaN: those of a person, or within bursts and
 * between them, lie anywhere.
 */
export function steadyInterval(
  times: ArrayLike<number>,
  { rhythmGaps, rhythmSpread }: Pick<Limits, 'rhythmGaps' | 'rhythmSpread'>,
  from = 0,
  to = times.length,
): number {
  let count = 0;
  for (let i = from + 1; i < to; i++) if (times[i] > times[i - 1]) count += 1;
  if (count < rhythmGaps) return Number.NaN;
  const gaps = new Float64Array(count);
  for (let i = from + 1, at = 0; i < to; i++)
    if (times[i] > times[i - 1]) gaps[at++] = times[i] - times[i - 1];
  const sorted = sortGaps(gaps);
  const middle = quantileSorted(sorted, 0.5);
  const isSteady =
    quantileSorted(sorted, 0.1) >= middle * (1 - rhythmSpread) &&
    quantileSorted(sorted, 0.9) <= middle * (1 + rhythmSpread);
  return isSteady ? middle : Number.NaN;
}

/** Calls `join` for actors that call the same ports at the same interval. */
export function joinByRhythm(
  bench: Bench,
  rhythms: Float64Array,
  factor: number,
  join: (actor: number, other: number) => void,
): void {
  const { portsUsed, portStarts } = bench.activity;
  const byPorts = new Map<string, number[]>();
  for (let actor = 0; actor < rhythms.length; actor++) {
    if (Number.isNaN(rhythms[actor])) continue;
    const ports = [...portsUsed.subarray(portStarts[actor], portStarts[actor + 1])].sort((a, b) => a - b);
    // Who calls many ports is a scanner of its own; its list would hardly be another's.
    const key = ports.slice(0, 16).join(',');
    const known = byPorts.get(key);
    if (known) known.push(actor);
    else byPorts.set(key, [actor]);
  }
  for (const actors of byPorts.values()) {
    actors.sort((a, b) => rhythms[a] - rhythms[b] || a - b);
    let [first] = actors;
    for (const actor of actors) {
      // Held against the first of its group, so that a chain of small steps joins nothing that lies far apart.
      if (rhythms[actor] > rhythms[first] * factor) first = actor;
      else if (actor !== first) join(actor, first);
    }
  }
}

/** The interval that nearly all of a campaign's members keep; NaN. */
export function sharedRhythm(rhythms: Float64Array, actors: readonly number[], limits: Limits): number {
  const known: number[] = [];
  for (const actor of actors) if (!Number.isNaN(rhythms[actor])) known.push(rhythms[actor]);
  if (known.length < actors.length * limits.rhythmShare) return Number.NaN;
  known.sort((a, b) => a - b);
  return known[known.length - 1] <= known[0] * limits.rhythmFactor ? known[known.length >> 1] : Number.NaN;
}
