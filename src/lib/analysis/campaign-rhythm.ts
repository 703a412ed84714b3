import { listUnder } from '../base/lists';
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

/** Ports of one actor that are compared, the lowest: who calls more is a scanner of its own. */
const MOST_PORTS = 64;
/** Stands for the port of actors that no log gives one. */
const NO_PORT = 65_536;

interface Caller {
  readonly actor: number;
  readonly rhythm: number;
  /** Never empty. */
  readonly ports: ReadonlySet<number>;
}

/**
 * Calls `join` for actors that act at the same interval and whose ports are contained in one another's: bots of one program get to
 * different places of its list. Each is held against the first of its group, which called the most ports, so that a chain of small steps joins nothing that
 * lies far apart.
 */
export function joinByRhythm(
  bench: Bench,
  rhythms: Float64Array,
  limits: Pick<Thresholds, 'rhythmFactor' | 'campaignContainment'>,
  join: (actor: number, other: number) => void,
): void {
  const callers = callersOf(bench, rhythms);
  callers.sort((a, b) => b.ports.size - a.ports.size || a.rhythm - b.rhythm || a.actor - b.actor);
  const groups = new Groups(limits);
  for (const caller of callers) {
    const first = groups.firstFor(caller);
    if (first) join(caller.actor, first.actor);
    else groups.open(caller);
  }
}

function callersOf({ activity: { portsUsed, portStarts } }: Bench, rhythms: Float64Array): Caller[] {
  const callers: Caller[] = [];
  for (let actor = 0; actor < rhythms.length; actor++) {
    if (Number.isNaN(rhythms[actor])) continue;
    const ports = portsUsed
      .slice(portStarts[actor], portStarts[actor + 1])
      .sort()
      .subarray(0, MOST_PORTS);
    callers.push({ actor, rhythm: rhythms[actor], ports: new Set(ports.length > 0 ? ports : [NO_PORT]) });
  }
  return callers;
}

/** The first caller of each group, by port and by the order of magnitude of the interval. */
class Groups {
  readonly #byPort = new Map<number, Caller[]>();
  readonly #factor: number;
  readonly #containment: number;
  readonly #bandWidth: number;

  constructor({ rhythmFactor, campaignContainment }: Parameters<typeof joinByRhythm>[2]) {
    this.#factor = rhythmFactor;
    this.#containment = campaignContainment;
    this.#bandWidth = Math.max(Math.log(rhythmFactor), 1e-6);
  }

  open(caller: Caller): void {
    for (const port of caller.ports) {
      const key = this.#keyOf(port, this.#bandOf(caller));
      listUnder(this.#byPort, key, caller);
    }
  }

  /** The first of the group with the nearest interval that holds enough of the caller's ports. */
  firstFor(caller: Caller): Caller | undefined {
    const { ports, rhythm } = caller;
    const needed = Math.max(1, Math.ceil(ports.size * this.#containment - 1e-9));
    const band = this.#bandOf(caller);
    let nearest: Caller | undefined;
    let nearestFactor = Infinity;
    let left = ports.size - needed + 1;
    for (const port of ports) {
      // Whoever holds all that are needed holds one of these.
      if (left-- === 0) break;
      for (let near = band - 1; near <= band + 1; near++) {
        for (const first of this.#byPort.get(this.#keyOf(port, near)) ?? []) {
          const factor = Math.max(rhythm / first.rhythm, first.rhythm / rhythm);
          if (factor > this.#factor || factor >= nearestFactor) continue;
          if (sharedPorts(ports, first.ports) < needed) continue;
          nearest = first;
          nearestFactor = factor;
        }
      }
    }
    return nearest;
  }

  #bandOf({ rhythm }: Caller): number {
    return Math.floor(Math.log(rhythm) / this.#bandWidth);
  }

  #keyOf(port: number, band: number): number {
    return port * 2 ** 32 + band;
  }
}

function sharedPorts(ports: ReadonlySet<number>, others: ReadonlySet<number>): number {
  let shared = 0;
  for (const port of ports) if (others.has(port)) shared += 1;
  return shared;
}

/** The interval that nearly all of a campaign's members keep; NaN. */
export function sharedRhythm(rhythms: Float64Array, actors: readonly number[], limits: Limits): number {
  const known: number[] = [];
  for (const actor of actors) if (!Number.isNaN(rhythms[actor])) known.push(rhythms[actor]);
  if (known.length < actors.length * limits.rhythmShare) return Number.NaN;
  known.sort((a, b) => a - b);
  return known[known.length - 1] <= known[0] * limits.rhythmFactor ? known[known.length >> 1] : Number.NaN;
}
