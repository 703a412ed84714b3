import { PairSet } from '../base/pair-set';
import { MICROS_PER_DAY } from '../base/time';
import { outsideActors } from './contacts';
import type { ExposureWindow, Ground } from './context';
import type { Rung } from './findings';
import { GrowingColumn } from './growing-column';
import type { ServiceIndex } from './service-index';

/** How a rung is known; the words are in ladder-words.ts. Index = what RungBook stores. */
export const SIGNS = [
  'rejected',
  'probe',
  'handshake',
  'packets',
  'payload',
  'no-login-needed',
  'login-connection',
  'login-failure',
  'login-success',
  'request',
  'request-authenticated',
  'read',
  'returned',
  'bulk-read',
  'control-group',
  'bulk-flow',
] as const;
export type RungSign = (typeof SIGNS)[number];

/** The highest rung seen and the highest inferred, of one actor on one service, in a day or in all. */
export interface Reached {
  readonly observed: Rung;
  readonly inferred: Rung;
}

/** From this rung on the days of single actors are kept; below it only the day's highest. */
const NAMED_FROM = 4;
/** From this rung on someone has rights on the asset. */
const PRIVILEGED_FROM = 5;

/**
 * Who reached which rung where, gathered row by row. Observed and inferred rungs are kept apart: an inference may raise a suspicion but
 * must not overwrite what was seen.
 */
export class RungBook {
  readonly services: ServiceIndex;
  /** (actor, service) pairs; index = pair id. */
  readonly pairs = new PairSet();
  readonly #observed = new GrowingColumn(-1);
  readonly #inferred = new GrowingColumn(-1);
  readonly #observedAt = new GrowingColumn(Number.NaN);
  readonly #inferredAt = new GrowingColumn(Number.NaN);
  readonly #observedSign = new GrowingColumn(0);
  readonly #inferredSign = new GrowingColumn(0);
  /** Rows or bytes read by rung ≥ 6 rows. */
  readonly bytesRead = new GrowingColumn(0);
  readonly rowsRead = new GrowingColumn(0);
  readonly reads = new GrowingColumn(0);
  /** First moment at which the pair was seen to be let in (rung ≥ 5 observed). */
  readonly #letInAt = new GrowingColumn(Number.NaN);
  readonly #privileged = new Map<number, number>();
  /** 1 by ActorId: from outside and declared by nobody. Only they make verdicts and cost a host its trust. */
  readonly isStranger: Uint8Array;
  readonly #days: ExposedDays;
  readonly #pairDays = new PairSet();
  readonly #dayObserved = new GrowingColumn(-1);
  readonly #dayInferred = new GrowingColumn(-1);

  constructor(ground: Ground, services: ServiceIndex) {
    this.services = services;
    this.isStranger = strangersOf(ground);
    this.#days = new ExposedDays(ground, services, this.isStranger);
  }

  /** Notes that `actor` reached `rung` on `service` at `us`. Returns the pair's id. */
  note(actor: number, service: number, us: number, rung: Rung, sign: RungSign, isInferred: boolean): number {
    const pair = this.pairs.add(actor, service);
    const [best, at, signs] = isInferred
      ? [this.#inferred, this.#inferredAt, this.#inferredSign]
      : [this.#observed, this.#observedAt, this.#observedSign];
    const held = best.at(pair);
    if (rung > held || (rung === held && us < at.at(pair))) {
      best.set(pair, rung);
      at.set(pair, us);
      signs.set(pair, SIGNS.indexOf(sign));
    }
    if (rung >= PRIVILEGED_FROM) {
      this.#notePrivilege(actor, service, us);
      if (!isInferred && !(us >= this.#letInAt.at(pair))) this.#letInAt.set(pair, us);
    }
    const day = this.#days.dayOf(service, us);
    if (day !== -1 && rung >= NAMED_FROM && this.isStranger[actor] === 1) {
      const pairDay = this.#pairDays.add(pair, day);
      const column = isInferred ? this.#dayInferred : this.#dayObserved;
      if (rung > column.at(pairDay)) column.set(pairDay, rung);
    }
    if (day !== -1) this.#days.raise(service, day, actor, rung, isInferred);
    return pair;
  }

  /** First moment at which an stranger may have had rights on the asset; Infinity: never seen. */
  privilegedFrom(asset: number): number {
    return this.#privileged.get(asset) ?? Infinity;
  }

  #notePrivilege(actor: number, service: number, us: number): void {
    const asset = this.services.assetOf(service);
    if (asset === -1 || this.isStranger[actor] !== 1) return;
    if (us < this.privilegedFrom(asset)) this.#privileged.set(asset, us);
  }

  reached(pair: number): Reached {
    return { observed: this.#observed.at(pair) as Rung, inferred: this.#inferred.at(pair) as Rung };
  }

  firstAt(pair: number, isInferred: boolean): number {
    return (isInferred ? this.#inferredAt : this.#observedAt).at(pair);
  }

  signOf(pair: number, isInferred: boolean): RungSign {
    return SIGNS[(isInferred ? this.#inferredSign : this.#observedSign).at(pair)] as RungSign;
  }

  /** Highest rungs of strangers on an exposed service in the exposed part of a UTC day. */
  reachedOn(service: number, day: number): Reached {
    return this.#days.reachedOn(service, day);
  }

  /** Strangers who reached rung 4 or higher in the exposed part of the day, with what they reached: service → day → entries. */
  namedByDay(): Map<number, Map<number, NamedReach[]>> {
    const result = new Map<number, Map<number, NamedReach[]>>();
    for (let id = 0; id < this.#pairDays.size; id++) {
      const pair = this.#pairDays.first[id] as number;
      const day = this.#pairDays.second[id] as number;
      const service = this.pairs.second[pair] as number;
      const days = result.get(service) ?? new Map<number, NamedReach[]>();
      const entries = days.get(day) ?? [];
      entries.push({
        actor: this.pairs.first[pair] as number,
        wasLetIn: this.#letInAt.at(pair) < (day + 1) * MICROS_PER_DAY,
        observed: this.#dayObserved.at(id) as Rung,
        inferred: this.#dayInferred.at(id) as Rung,
      });
      days.set(day, entries);
      result.set(service, days);
    }
    return result;
  }
}

function strangersOf(ground: Ground): Uint8Array {
  const strangers = outsideActors(ground.actors, ground.assets.isOwn);
  for (let actor = 0; actor < strangers.length; actor++)
    if (ground.actors.known[actor] !== undefined) strangers[actor] = 0;
  return strangers;
}

export interface NamedReach extends Reached {
  readonly actor: number;
  /** It was seen to be let in on that service on the day or before. */
  readonly wasLetIn: boolean;
}

export function dayIndexOf(us: number): number {
  return Math.floor(us / MICROS_PER_DAY);
}

interface DayRow {
  readonly windows: readonly ExposureWindow[];
  readonly fromDay: number;
  readonly observed: Int8Array;
  readonly inferred: Int8Array;
}

/** Highest rung of every exposed service and day. Dense: exposures are few. */
class ExposedDays {
  readonly #rows = new Map<number, DayRow>();
  readonly #isStranger: Uint8Array;
  /** A flow's start may be rounded to the exporter's interval, so the edges of the exposure are that soft. */
  readonly #slackUs: number;

  constructor(ground: Ground, services: ServiceIndex, isStranger: Uint8Array) {
    this.#isStranger = isStranger;
    this.#slackUs = ground.sessions.aggregationUs;
    const fromDay = dayIndexOf(ground.fromUs);
    const days = Number.isFinite(ground.toUs - ground.fromUs) ? dayIndexOf(ground.toUs) - fromDay + 1 : 0;
    const byService = new Map<number, ExposureWindow[]>();
    for (const window of ground.exposure) {
      const service = services.add(window.asset, window.port, window.protocol);
      byService.set(service, [...(byService.get(service) ?? []), window]);
    }
    for (const [service, windows] of byService) {
      const observed = new Int8Array(days).fill(-1);
      const inferred = new Int8Array(days).fill(-1);
      this.#rows.set(service, { windows, fromDay, observed, inferred });
    }
  }

  /** The UTC day's index if the service was exposed at `us`, else −1. */
  dayOf(service: number, us: number): number {
    const row = this.#rows.get(service);
    if (!row) return -1;
    for (const window of row.windows) {
      if (us >= window.openedUs - this.#slackUs && us <= window.closedUs + this.#slackUs)
        return dayIndexOf(us);
    }
    return -1;
  }

  raise(service: number, day: number, actor: number, rung: Rung, isInferred: boolean): void {
    const row = this.#rows.get(service);
    if (!row || this.#isStranger[actor] !== 1) return;
    const rungs = isInferred ? row.inferred : row.observed;
    const at = day - row.fromDay;
    if (at >= 0 && at < rungs.length && rung > (rungs[at] as number)) rungs[at] = rung;
  }

  reachedOn(service: number, day: number): Reached {
    const row = this.#rows.get(service);
    const at = row ? day - row.fromDay : 0;
    return {
      observed: (row?.observed[at] ?? -1) as Rung,
      inferred: (row?.inferred[at] ?? -1) as Rung,
    };
  }
}
