import type { AssetId, Micros } from '../base/brand';
import { finished, type InParts } from '../base/parts';
import { groupBy } from '../base/sorting';
import { MICROS_PER_HOUR } from '../base/time';
import { ceilingKey } from './cloud-services';
import { STANDING, type ActorId, type Ground, type Standings } from './context';
import type { Contacts } from './contacts';
import type { Coverage } from './coverage';
import type { ControlGroup, LadderFinding, LadderRow, Rung, Standing } from './findings';
import { climb } from './ladder-climb';
import { ClockCorrection } from './log-clocks';
import type { LogClocks } from './login-matches';
import { whyOf } from './ladder-words';
import type { RungBook } from './rung-book';

export interface Ladder {
  readonly ladder: readonly LadderFinding[];
  readonly rows: readonly LadderRow[];
  /** Highest rung of an actor on any service; −1 where nothing of it was seen. */
  rungOf(actor: ActorId): { readonly rung: Rung; readonly inferred: boolean };
  /** The whole book, for the questions that need single days or services. */
  readonly book: RungBook;
  /** How far the times of log rows may have been set right: rows behind a day lie within so much of it. */
  readonly clockShiftUs: number;
}

/** Actors listed per service, the highest rungs first; the matrix counts them all. Those that got in or are quiet are nearly all listed. */
const LISTED = 200;
const TELLING_LISTED = 2_000;
/** 0 to 8. */
const RUNGS = 9;
/** Hours looked at for `seeable`, at most: longer exposures are sampled evenly. */
const HOURS_LOOKED_AT = 2_000;

/**
 * Every (actor, service) with its rung and the reason (ANALYSIS 6), and the matrix of services by rungs. `groups` are those of
 * control-group.ts: without them no rung 7 is inferred from flows. `clocks` are those of readClocks: log times are set right by them. `contacts`:
 * those gathered before over the same sessions, where there are such.
 */
export function climbLadder(
  ground: Ground,
  standings: Standings,
  coverage: Coverage,
  groups: readonly ControlGroup[] = [],
  clocks?: LogClocks,
  contacts?: Contacts,
): Ladder {
  return finished(climbLadderInParts(ground, standings, coverage, groups, clocks, contacts));
}

export function* climbLadderInParts(
  ground: Ground,
  standings: Standings,
  coverage: Coverage,
  groups: readonly ControlGroup[],
  clocks?: LogClocks,
  contacts?: Contacts,
): InParts<Ladder> {
  const correction = new ClockCorrection(ground, clocks, true);
  const book = yield* climb(ground, groups, correction, contacts);
  yield;
  const rungs = rungsOfPairs(book);
  const shown = shownServices(ground, book, rungs);
  const isShown = new Uint8Array(book.services.size);
  for (const service of shown) isShown[service] = 1;
  const ladder: LadderFinding[] = [];
  const counts = new Uint32Array(book.services.size * RUNGS);
  const listed = new Uint32Array(book.services.size);
  yield;
  const inOrder = shownByRung(book, rungs, isShown);
  for (let k = 0; k < inOrder.length; k++) {
    const pair = inOrder[k];
    const actor = book.pairs.first[pair];
    const service = book.pairs.second[pair];
    const isStranger = book.isStranger[actor] === 1 && standings.standing[actor] !== STANDING.known;
    if (isStranger) counts[service * RUNGS + rungs[pair]] += 1;
    if (listed[service] >= TELLING_LISTED) continue;
    const isTelling =
      book.observedRung(pair) >= 5 ||
      book.inferredRung(pair) >= 6 ||
      standings.standing[actor] === STANDING.quiet;
    if (listed[service] >= (isTelling ? TELLING_LISTED : LISTED)) continue;
    listed[service] += 1;
    ladder.push(finding(ground, standings, book, pair));
  }
  return {
    ladder,
    rows: [...shown].map((service) => matrixRow(ground, coverage, book, service, reachedBy(counts, service))),
    rungOf: rungsByActor(ground, book),
    book,
    clockShiftUs: correction.widestUs,
  };
}

export function rungOfPair(book: RungBook, pair: number): Rung {
  const observed = book.observedRung(pair);
  const inferred = book.inferredRung(pair);
  return observed >= inferred ? observed : inferred;
}

function rungsOfPairs(book: RungBook): Uint8Array {
  const rungs = new Uint8Array(book.pairs.size);
  for (let pair = 0; pair < rungs.length; pair++) rungs[pair] = rungOfPair(book, pair);
  return rungs;
}

/** Pairs of shown services from rung 8 down; the order of first sight stays within a rung. */
function shownByRung(book: RungBook, rungs: Uint8Array, isShown: Uint8Array): Uint32Array {
  const shown = new Uint32Array(rungs.length);
  const below = new Uint8Array(rungs.length);
  let count = 0;
  for (let pair = 0; pair < rungs.length; pair++) {
    if (isShown[book.pairs.second[pair]] === 0) continue;
    shown[count] = pair;
    below[count++] = RUNGS - 1 - rungs[pair];
  }
  const { order } = groupBy(below, RUNGS, count);
  for (let k = 0; k < count; k++) order[k] = shown[order[k]];
  return order;
}

/** Exposed services, and any other on which someone got as far as a conversation or a log line. */
function shownServices(ground: Ground, book: RungBook, rungs: Uint8Array): Set<number> {
  const shown = new Set<number>();
  for (const window of [...ground.exposure, ...ground.cloud])
    shown.add(book.services.add(window.asset, window.port, window.protocol));
  for (let pair = 0; pair < book.pairs.size; pair++) {
    if (rungs[pair] >= 3) shown.add(book.pairs.second[pair]);
  }
  return shown;
}

/** Actors by rung; one that reached a rung reached those below it. `counts` are those of the highest rung of each. */
function reachedBy(counts: Uint32Array, service: number): number[] {
  const row = Array.from(counts.subarray(service * RUNGS, (service + 1) * RUNGS));
  for (let rung = RUNGS - 2; rung >= 0; rung--) row[rung] += row[rung + 1];
  return row;
}

const STANDING_WORDS: readonly Standing[] = ['unknown', 'noise', 'quiet', 'known'];

export function standingWord(standings: Standings, actor: number): Standing {
  return STANDING_WORDS[standings.standing[actor] as number] ?? 'unknown';
}

function finding(ground: Ground, standings: Standings, book: RungBook, pair: number): LadderFinding {
  const actor = book.pairs.first[pair] as number;
  const service = book.pairs.second[pair] as number;
  const { observed, inferred } = book.reached(pair);
  const isInferred = inferred > observed;
  return {
    asset: book.services.assetText(service),
    service: book.services.serviceText(service),
    actor: ground.actors.texts[actor] ?? '',
    standing: standingWord(standings, actor),
    rung: isInferred ? inferred : observed,
    inferred: isInferred,
    atUs: book.firstAt(pair, isInferred) as Micros,
    why: whyOf(ground, book, pair),
  };
}

function matrixRow(
  ground: Ground,
  coverage: Coverage,
  book: RungBook,
  service: number,
  actors: readonly number[],
): LadderRow {
  const asset = book.services.assetOf(service);
  const port = book.services.portOf(service);
  const protocol = book.services.protocolOf(service);
  const hours = asset === -1 ? [] : hoursOf(ground, asset, port, protocol);
  const seeable = new Array<number>(9).fill(0);
  let ceiling: Rung = -1;
  for (const hourUs of hours) {
    const rung = coverage.serviceCeilingAt(asset as AssetId, ceilingKey(port, protocol), hourUs);
    if (rung > ceiling) ceiling = rung;
    for (let r = 0; r <= rung; r++) seeable[r] = (seeable[r] as number) + 1 / hours.length;
  }
  return {
    asset: book.services.assetText(service),
    service: book.services.serviceText(service),
    actors,
    ceiling,
    seeable: seeable.map((share) => Math.min(1, Number(share.toFixed(6)))),
  };
}

/** Hours in which the service was exposed (or, if it never was, all hours of the case), sampled where there are very many. */
function hoursOf(ground: Ground, asset: number, port: number, protocol: number): number[] {
  const windows = ground
    .exposureOf(asset)
    .filter((window) => window.port === port && window.protocol === protocol);
  const spans =
    windows.length === 0
      ? [{ fromUs: ground.fromUs as number, toUs: ground.toUs as number }]
      : windows.map((window) => ({
          fromUs: Math.max(window.openedUs, ground.fromUs),
          toUs: Math.min(window.closedUs, ground.toUs),
        }));
  const total = spans.reduce((sum, span) => sum + Math.max(0, span.toUs - span.fromUs), 0);
  if (!(total >= 0) || !Number.isFinite(total)) return [];
  const step = MICROS_PER_HOUR * Math.max(1, Math.ceil(total / MICROS_PER_HOUR / HOURS_LOOKED_AT));
  const hours: number[] = [];
  for (const span of spans) for (let us = span.fromUs; us <= span.toUs; us += step) hours.push(us);
  return hours;
}

function rungsByActor(ground: Ground, book: RungBook): Ladder['rungOf'] {
  const observed = new Int8Array(ground.actors.count).fill(-1);
  const inferred = new Int8Array(ground.actors.count).fill(-1);
  for (let pair = 0; pair < book.pairs.size; pair++) {
    const actor = book.pairs.first[pair] as number;
    const seen = book.observedRung(pair);
    const guessed = book.inferredRung(pair);
    if (seen > observed[actor]) observed[actor] = seen;
    if (guessed > inferred[actor]) inferred[actor] = guessed;
  }
  return (actor) => {
    const seen = (observed[actor] ?? -1) as Rung;
    const guessed = (inferred[actor] ?? -1) as Rung;
    return seen >= guessed ? { rung: seen, inferred: false } : { rung: guessed, inferred: true };
  };
}
