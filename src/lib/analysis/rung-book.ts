import { listUnder } from '../base/lists';
import { PairSet } from '../base/pair-set';
import { MICROS_PER_DAY } from '../base/time';
import { isCloudService } from './cloud-services';
import { outsideActors } from './contacts';
import type { ExposureWindow, Ground, Sessions } from './context';
import type { Rung } from './findings';
import { GrowingColumn } from './growing-column';
import { RungPairs } from './rung-pairs';
import type { ServiceIndex } from './service-index';

/** How a rung is known; the words are in ladder-words.ts. Index = what RungBook stores. */
export const SIGNS = [
  'rejected',
  'probe',
  'handshake',
  'packets',
  'payload',
  'no-login-needed',
  'outlasted',
  'login-connection',
  'login-failure',
  'login-success',
  'request',
  'request-authenticated',
  'read',
  'read-asked',
  'returned',
  'bulk-read',
  'control-group',
  'bulk-flow',
  'read-by-other-clock',
] as const;
export type RungSign = (typeof SIGNS)[number];

const PLACE_OF_SIGN = Object.fromEntries(SIGNS.map((sign, place) => [sign, place])) as Readonly<
  Record<RungSign, number>
>;

/** The highest rung seen and the highest inferred, of one actor on one service, in a day or in all. */
export interface Reached {
  readonly observed: Rung;
  readonly inferred: Rung;
}

/**
 * From this rung on the days of single actors are kept; below it only the day's highest. An inferred rung 5 (a conversation with a service
 * that needs no login) is every bot's and names nobody.
 */
const NAMED_FROM = 4;
const NAMED_FROM_INFERRED = 6;
/** From this rung on someone has rights on the asset. */
const PRIVILEGED_FROM = 5;

/** Highest rung, its first time and its reason, by pair; grown together, since every session asks for them. */
class RungColumns {
  #rung: Int8Array;
  #atUs: Float64Array;
  #sign: Uint8Array;

  constructor(expected: number) {
    const capacity = Math.max(1024, expected);
    this.#rung = new Int8Array(capacity).fill(-1);
    this.#atUs = new Float64Array(capacity);
    this.#sign = new Uint8Array(capacity);
  }

  raise(pair: number, rung: Rung, us: number, sign: RungSign): void {
    if (pair >= this.#rung.length) this.#grow(pair + 1);
    const held = this.#rung[pair];
    if (rung < held || (rung === held && !(us < this.#atUs[pair]))) return;
    this.#rung[pair] = rung;
    this.#atUs[pair] = us;
    this.#sign[pair] = PLACE_OF_SIGN[sign];
  }

  rungOf(pair: number): Rung {
    return (pair < this.#rung.length ? this.#rung[pair] : -1) as Rung;
  }

  firstAt(pair: number): number {
    return this.rungOf(pair) === -1 ? Number.NaN : this.#atUs[pair];
  }

  signOf(pair: number): RungSign {
    return SIGNS[this.#sign[pair]];
  }

  #grow(length: number): void {
    const capacity = Math.max(length, this.#rung.length * 2);
    const rung = new Int8Array(capacity).fill(-1, this.#rung.length);
    const atUs = new Float64Array(capacity);
    const sign = new Uint8Array(capacity);
    rung.set(this.#rung);
    atUs.set(this.#atUs);
    sign.set(this.#sign);
    this.#rung = rung;
    this.#atUs = atUs;
    this.#sign = sign;
  }
}

/**
 * Who reached which rung where, gathered row by row. Observed and inferred rungs are kept apart: an inference may raise a suspicion but
 * must not overwrite what was seen.
 */
export class RungBook {
  readonly services: ServiceIndex;
  /** (actor, service) pairs; index = pair id. */
  readonly pairs: RungPairs;
  readonly #seen: RungColumns;
  readonly #supposed: RungColumns;
  /** Rows or bytes read by rung ≥ 6 rows. */
  readonly bytesRead = new GrowingColumn(0);
  readonly rowsRead = new GrowingColumn(0);
  readonly reads = new GrowingColumn(0);
  /** By ActorId, the longest session (index + 1) that outlasted its service's time for logging in. */
  readonly outlasting = new Map<number, number>();
  /** First moment at which the pair was seen to be let in (rung ≥ 5 observed). */
  readonly #letInAt = new GrowingColumn(Number.NaN);
  readonly #privileged = new Map<number, number>();
  /** 1 by ActorId: from outside and declared by nobody. Only they make verdicts and cost a host its trust. */
  readonly isStranger: Uint8Array;
  readonly #days: ExposedDays;
  readonly #pairDays = new PairSet();
  readonly #dayObserved = new GrowingColumn(-1);
  readonly #dayInferred = new GrowingColumn(-1);

  /** `expectedPairs`: how many are to be noted, about. */
  constructor(ground: Ground, services: ServiceIndex, expectedPairs: number) {
    this.services = services;
    this.pairs = new RungPairs(ground.actors.count, expectedPairs);
    this.#seen = new RungColumns(expectedPairs);
    this.#supposed = new RungColumns(expectedPairs);
    this.isStranger = strangersOf(ground);
    this.#days = new ExposedDays(ground, services);
  }

  /** Notes that `actor` reached `rung` on `service` at `us`. Returns the pair's id. */
  note(actor: number, service: number, us: number, rung: Rung, sign: RungSign, isInferred: boolean): number {
    const pair = this.pairs.add(actor, service);
    this.noteAt(pair, us, rung, sign, isInferred);
    return pair;
  }

  /** The same for a pair whose id is known. */
  noteAt(pair: number, us: number, rung: Rung, sign: RungSign, isInferred: boolean): void {
    const actor = this.pairs.first[pair];
    const service = this.pairs.second[pair];
    (isInferred ? this.#supposed : this.#seen).raise(pair, rung, us, sign);
    if (rung >= PRIVILEGED_FROM) {
      this.#notePrivilege(actor, service, us);
      if (!isInferred && !(us >= this.#letInAt.at(pair))) this.#letInAt.set(pair, us);
    }
    const day = this.#days.dayOf(service, us);
    if (day === -1 || this.isStranger[actor] !== 1) return;
    this.#days.raise(service, day, rung, isInferred);
    if (rung >= (isInferred ? NAMED_FROM_INFERRED : NAMED_FROM)) {
      const pairDay = this.#pairDays.add(pair, day);
      const column = isInferred ? this.#dayInferred : this.#dayObserved;
      if (rung > column.at(pairDay)) column.set(pairDay, rung);
    }
  }

  /**
   * Notes only that a stranger reached a rung on an exposed service in a day: for the many sessions of an actor that go no further than one
   * before them, which tell nothing else. From `NAMED_FROM` on a rung is more than that.
   */
  noteDay(service: number, us: number, rung: 1 | 2 | 3 | 5, isInferred: boolean): void {
    if (this.#days.isReached(service, dayIndexOf(us), rung, isInferred)) return;
    const day = this.#days.dayOf(service, us);
    if (day !== -1) this.#days.raise(service, day, rung, isInferred);
  }

  /**
   * Notes a session that went on after the service drops whoever has not logged in *own*: it was let in, by its length. A clock or an exporter
   * that joins two connections can be wrong, and the limit may have been lifted, so this is inferred.
   */
  noteOutlasting(pair: number, session: number, { startUs, endUs }: Sessions): void {
    this.noteAt(pair, startUs[session], 5, 'outlasted', true);
    const actor = this.pairs.first[pair];
    const longest = (this.outlasting.get(actor) ?? 0) - 1;
    if (longest === -1 || endUs[session] - startUs[session] > endUs[longest] - startUs[longest])
      this.outlasting.set(actor, session + 1);
  }

  /** Whether days are kept of a service: it is exposed at some time. */
  hasDays(service: number): boolean {
    return this.#days.has(service);
  }

  /** First moment at which a stranger may have had rights on the asset; Infinity: never seen. */
  privilegedFrom(asset: number): number {
    return this.#privileged.get(asset) ?? Infinity;
  }

  #notePrivilege(actor: number, service: number, us: number): void {
    const asset = this.services.assetOf(service);
    if (asset === -1 || this.isStranger[actor] !== 1 || isCloudService(this.services.protocolOf(service)))
      return;
    if (us < this.privilegedFrom(asset)) this.#privileged.set(asset, us);
  }

  observedRung(pair: number): Rung {
    return this.#seen.rungOf(pair);
  }

  inferredRung(pair: number): Rung {
    return this.#supposed.rungOf(pair);
  }

  reached(pair: number): Reached {
    return { observed: this.#seen.rungOf(pair), inferred: this.#supposed.rungOf(pair) };
  }

  firstAt(pair: number, isInferred: boolean): number {
    return (isInferred ? this.#supposed : this.#seen).firstAt(pair);
  }

  signOf(pair: number, isInferred: boolean): RungSign {
    return (isInferred ? this.#supposed : this.#seen).signOf(pair);
  }

  /** When an actor that has a rung on a service was first seen to be let in there; NaN: never. */
  firstLetIn(actor: number, service: number): number {
    return this.#letInAt.at(this.pairs.add(actor, service));
  }

  /** Highest rungs of strangers on an exposed service in the exposed part of a UTC day. */
  reachedOn(service: number, day: number): Reached {
    return this.#days.reachedOn(service, day);
  }

  /** Strangers who were seen to request something, or are suspected to have read, in the exposed part of a day: service → day → entries. */
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

/** Highest rung of every exposed service and day. Dense: exposures are few, and their services are given the first ids. */
class ExposedDays {
  readonly #rows: (DayRow | undefined)[] = [];
  /** A flow's start may be rounded to the exporter's interval, so the edges of the exposure are that soft. */
  readonly #slackUs: number;

  constructor(ground: Ground, services: ServiceIndex) {
    this.#slackUs = ground.sessions.aggregationUs;
    const fromDay = dayIndexOf(ground.fromUs);
    const days = Number.isFinite(ground.toUs - ground.fromUs) ? dayIndexOf(ground.toUs) - fromDay + 1 : 0;
    const byService = new Map<number, ExposureWindow[]>();
    for (const window of [...ground.exposure, ...ground.cloud]) {
      const service = services.add(window.asset, window.port, window.protocol);
      listUnder(byService, service, window);
    }
    for (const [service, windows] of byService) {
      const observed = new Int8Array(days).fill(-1);
      const inferred = new Int8Array(days).fill(-1);
      this.#rows[service] = { windows, fromDay, observed, inferred };
    }
  }

  has(service: number): boolean {
    return service < this.#rows.length && this.#rows[service] !== undefined;
  }

  /** The UTC day's index if the service was exposed at `us`, else −1. */
  dayOf(service: number, us: number): number {
    const row = service < this.#rows.length ? this.#rows[service] : undefined;
    if (!row) return -1;
    for (const window of row.windows) {
      if (us >= window.openedUs - this.#slackUs && us <= window.closedUs + this.#slackUs)
        return dayIndexOf(us);
    }
    return -1;
  }

  /** Whether nothing is left to be raised on that day: the service is never exposed, or it got as far already. */
  isReached(service: number, day: number, rung: Rung, isInferred: boolean): boolean {
    const row = service < this.#rows.length ? this.#rows[service] : undefined;
    if (!row) return true;
    const rungs = isInferred ? row.inferred : row.observed;
    const at = day - row.fromDay;
    return !(at >= 0 && at < rungs.length) || rungs[at] >= rung;
  }

  raise(service: number, day: number, rung: Rung, isInferred: boolean): void {
    const row = this.#rows[service];
    if (!row) return;
    const rungs = isInferred ? row.inferred : row.observed;
    const at = day - row.fromDay;
    if (at >= 0 && at < rungs.length && rung > rungs[at]) rungs[at] = rung;
  }

  reachedOn(service: number, day: number): Reached {
    const row = this.#rows[service];
    const at = row ? day - row.fromDay : 0;
    return {
      observed: (row?.observed[at] ?? -1) as Rung,
      inferred: (row?.inferred[at] ?? -1) as Rung,
    };
  }
}
