import { parseAddress } from '../base/addresses';
import type { AssetId } from '../base/brand';
import type { InParts } from '../base/parts';
import { groupBy } from '../base/sorting';
import { quantileInPlace } from '../base/statistics';
import { MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { ACTOR_KIND, DIRECTION, type Ground } from './context';
import { actorOfLogRow } from './actors';
import { gatherContacts, type Contacts } from './contacts';
import { assetNamed } from './exposure';
import type { ControlGroup, Rung } from './findings';
import { GrowingIds } from './growing-column';
import { loginSeconds, protocolNumber } from './profiles';
import { ClockCorrection } from './log-clocks';
import { LogPlaces } from './log-places';
import { QueryRungs } from './query-rungs';
import { dayIndexOf, RungBook, type RungSign } from './rung-book';
import { ServiceIndex } from './service-index';
import { producerConsumerRatio, rungsOfSessions, SESSION_RUNGS } from './session-rungs';

/**
 * Reads every session, login and query once and notes the rung that each proves. `groups`: what failed attempts look like, and who does not.
 * `contacts`: those gathered before over the same sessions, where there are such.
 */
export function* climb(
  ground: Ground,
  groups: readonly ControlGroup[] = [],
  clocks = new ClockCorrection(ground),
  contacts = gatherContacts(ground.sessions, ground.actors.count),
): InParts<RungBook> {
  const { dictionaries } = ground.evidence;
  const services = new ServiceIndex(ground.assets, (id) => dictionaries.strings.text(id));
  const book = new RungBook(ground, services, contacts.count);
  const places = new LogPlaces(ground, services);
  const climber = new SessionClimber(ground, book, contacts);
  for (let from = 0; from < ground.sessions.count; from += SESSIONS_A_PART) {
    yield;
    climber.climb(from, Math.min(from + SESSIONS_A_PART, ground.sessions.count));
  }
  climbControlGroups(ground, book, groups);
  yield;
  climbLogins(ground, book, places, clocks);
  yield;
  climbQueries(ground, book, places, clocks);
  return book;
}

/** Sessions between two pauses: some hundredths of a second. */
const SESSIONS_A_PART = 1_000_000;

/**
 * Of an actor's sessions with a service so far: the highest rung, whether one talked to a service that needs no login, and whether the days of
 * each are noted (of strangers on what is exposed).
 */
const RUNG_BITS = 15;
const TALKED_FREELY = 16;
const BY_DAY = 32;

/**
 * Sessions are in the order of time, so that of an actor's sessions with a service only the first of each rung tells more than that the rung
 * was reached on its day.
 */
class SessionClimber {
  readonly #ground: Ground;
  readonly #book: RungBook;
  readonly #contacts: Contacts;
  readonly #rungs: Uint8Array;
  readonly #bulkLimits: ReadonlyMap<number, number>;
  readonly #services: ContactServices;
  /** By contact. */
  readonly #held: Uint8Array;
  readonly #pairOf: Uint32Array;

  constructor(ground: Ground, book: RungBook, contacts: Contacts) {
    this.#ground = ground;
    this.#book = book;
    this.#contacts = contacts;
    this.#rungs = rungsOfSessions(ground.sessions);
    this.#bulkLimits = bulkLimitsOf(ground, book, contacts);
    this.#services = new ContactServices(ground, book, contacts);
    this.#held = new Uint8Array(contacts.count);
    this.#pairOf = new Uint32Array(contacts.count);
  }

  /** Sessions `from` to before `to`, which follow those of the last call. */
  climb(from: number, to: number): void {
    const { sessions, thresholds } = this.#ground;
    const { bulkBytes, bulkRatio } = thresholds;
    const { direction } = sessions;
    const book = this.#book;
    const contacts = this.#contacts;
    const rungs = this.#rungs;
    const bulkLimits = this.#bulkLimits;
    const services = this.#services;
    const held = this.#held;
    const pairOf = this.#pairOf;
    for (let i = from; i < to; i++) {
      if (direction[i] !== DIRECTION.inbound) continue;
      const contact = contacts.ofSession[i] - 1;
      const { rung, sign } = SESSION_RUNGS[rungs[i]];
      // Nearly all that come again to what is not exposed, and get no further: nothing else of them is looked at.
      if (rung < 3 && rung <= (held[contact] & RUNG_BITS) && (held[contact] & BY_DAY) === 0) continue;
      const service = services.idOf(contacts.service[contact]);
      const actor = contacts.actor[contact];
      const atUs = sessions.startUs[i];
      if (held[contact] === 0) {
        pairOf[contact] = book.pairs.append(actor, service);
        if (book.isStranger[actor] === 1 && book.hasDays(service)) held[contact] = BY_DAY;
      }
      if (rung > (held[contact] & RUNG_BITS)) {
        held[contact] = (held[contact] & ~RUNG_BITS) | rung;
        book.noteAt(pairOf[contact], atUs, rung, sign, false);
      } else if ((held[contact] & BY_DAY) !== 0) book.noteDay(service, atUs, rung, false);
      if (rung < 3) continue;
      if (services.isOpen(service)) {
        if ((held[contact] & TALKED_FREELY) === 0) {
          held[contact] |= TALKED_FREELY;
          book.noteAt(pairOf[contact], atUs, 5, 'no-login-needed', true);
        } else if ((held[contact] & BY_DAY) !== 0) book.noteDay(service, atUs, 5, true);
      }
      if (sessions.endUs[i] - atUs >= services.outlastsUs(service))
        book.noteOutlasting(pairOf[contact], i, sessions);
      const out = sessions.bytesToActor[i];
      if (!(out >= (bulkLimits.get(service) ?? bulkBytes))) continue;
      const ratio = producerConsumerRatio(out, sessions.bytesFromActor[i]);
      if (ratio >= bulkRatio) book.noteAt(pairOf[contact], atUs, 8, 'bulk-flow', true);
    }
  }
}

/** The ladder's ids of the services that contacts are with, and whether each needs no login; looked up once. */
class ContactServices {
  readonly #ground: Ground;
  readonly #book: RungBook;
  readonly #contacts: Contacts;
  readonly #ids: Int32Array;
  readonly #isOpen: (boolean | undefined)[] = [];
  readonly #outlastsUs: (number | undefined)[] = [];

  constructor(ground: Ground, book: RungBook, contacts: Contacts) {
    this.#ground = ground;
    this.#book = book;
    this.#contacts = contacts;
    this.#ids = new Int32Array(contacts.services.count).fill(-1);
  }

  idOf(service: number): number {
    const known = this.#ids[service];
    if (known !== -1) return known;
    const { asset, port, protocol } = this.#contacts.services;
    return (this.#ids[service] = this.#book.services.add(asset[service], port[service], protocol[service]));
  }

  /** How long a session must last that was logged in; Infinity: no length tells. */
  outlastsUs(id: number): number {
    return (this.#outlastsUs[id] ??= this.#lengthOfLoggedIn(id));
  }

  #lengthOfLoggedIn(id: number): number {
    const { sessions, thresholds } = this.#ground;
    const limit = loginSeconds(this.#book.services.portOf(id), this.#book.services.protocolOf(id));
    return thresholds.outlastsFactor * limit * MICROS_PER_SECOND + sessions.aggregationUs;
  }

  isOpen(id: number): boolean {
    return (this.#isOpen[id] ??= this.#needsNoLogin(id));
  }

  #needsNoLogin(id: number): boolean {
    const { services } = this.#book;
    const profile = this.#ground.profileOf(
      services.assetOf(id) as AssetId,
      services.portOf(id),
      services.protocolOf(id),
    );
    return profile.authRequired === false;
  }
}

/** Bytes from which a session is bulk, by service: what hardly a session of a known client's reaches, where there are enough of them. */
function bulkLimitsOf(ground: Ground, book: RungBook, contacts: Contacts): Map<number, number> {
  const { sessions, actors, thresholds } = ground;
  const isKnown = new Uint8Array(actors.count);
  for (let actor = 0; actor < isKnown.length; actor++)
    if (actors.known[actor] !== undefined) isKnown[actor] = 1;
  const services = new ContactServices(ground, book, contacts);
  const serviceOf = (i: number): number =>
    contacts.ofSession[i] === 0
      ? book.services.add(sessions.asset[i], sessions.assetPort[i], sessions.protocol[i])
      : services.idOf(contacts.service[contacts.ofSession[i] - 1]);
  const chosen = new GrowingIds();
  const serviceOfChosen = new GrowingIds();
  for (let i = 0; i < sessions.count; i++) {
    if (isKnown[sessions.actor[i]] === 0) continue;
    chosen.push(i);
    serviceOfChosen.push(serviceOf(i));
  }
  const ids = chosen.taken();
  const { starts, order } = groupBy(serviceOfChosen.taken(), book.services.size);
  const limits = new Map<number, number>();
  for (let service = 0; service < book.services.size; service++) {
    const sizes = new Float64Array(starts[service + 1] - starts[service]);
    let count = 0;
    for (let k = starts[service]; k < starts[service + 1]; k++) {
      const size = sessions.bytesToActor[ids[order[k]]];
      if (!Number.isNaN(size)) sizes[count++] = size;
    }
    if (count < thresholds.knownClientSessions) continue;
    const most = quantileInPlace(sizes.subarray(0, count), thresholds.knownClientQuantile);
    limits.set(service, Math.max(thresholds.bulkBytes, most));
  }
  return limits;
}

/**
 * Rung 7 from flow alone *own*: what the asset sent in a session is a discovery against the sessions of failed attempts on that service.
 * Always marked as inferred.
 */
function climbControlGroups(ground: Ground, book: RungBook, groups: readonly ControlGroup[]): void {
  const actorOf = actorsByText(ground);
  for (const group of groups) {
    const [port, proto] = group.service.split('/');
    for (const { measure, suspects } of group.measures) {
      if (measure !== 'bytesToActor') continue;
      for (const { actor: text, isDiscovery, rows } of suspects) {
        if (!isDiscovery) continue;
        const actor = actorOf(text);
        const asset = assetNamed(rows.asset ?? '', ground.assets);
        if (actor === -1 || asset === -1) continue;
        const service = book.services.add(asset, Number(port), protocolNumber(proto));
        book.note(actor, service, rows.fromUs ?? Number.NaN, 7, 'control-group', true);
      }
    }
  }
}

/** ActorId of an actor's text, or −1. The addresses are not laid out by their texts for it: they are many, and few are asked for. */
function actorsByText({ actors, evidence }: Ground): (text: string) => number {
  const principals = new Map<string, number>();
  for (const id of actors.byPrincipal) if (id !== 0) principals.set(actors.texts[id - 1], id - 1);
  return (text) => {
    const principal = principals.get(text);
    if (principal !== undefined) return principal;
    const words = parseAddress(text);
    return words ? actors.byAddress[evidence.dictionaries.addresses.find(...words)] - 1 : -1;
  };
}

function climbLogins(ground: Ground, book: RungBook, places: LogPlaces, clocks: ClockCorrection): void {
  for (const { columns, source, length } of ground.evidence.tables.logins.segments) {
    for (let i = 0; i < length; i++) {
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.user[i], columns.actorName[i]);
      if (actor === -1) continue;
      // A user name that is typed in is a claim; only where actors are principals and the login succeeded is it who acts.
      const outcome = columns.outcome[i] as number;
      const isPrincipal = ground.actors.kinds[actor] === ACTOR_KIND.principal;
      if (isPrincipal && outcome !== LOGIN_OUTCOME.success) continue;
      const host = columns.host[i] as number;
      const service = places.serviceOf(source, host, columns.service[i] as number, 0);
      const atUs = clocks.loginTime(source, host, columns.timeUs[i]);
      switch (outcome) {
        case LOGIN_OUTCOME.success:
        case LOGIN_OUTCOME.sessionOpened:
          book.note(actor, service, atUs, 5, 'login-success', false);
          break;
        case LOGIN_OUTCOME.failure:
        case LOGIN_OUTCOME.invalidUser:
        case LOGIN_OUTCOME.maxAttempts:
          book.note(actor, service, atUs, 3, 'login-failure', false);
          break;
        case LOGIN_OUTCOME.connect:
        case LOGIN_OUTCOME.disconnect:
        case LOGIN_OUTCOME.noIdentification:
          book.note(actor, service, atUs, 2, 'login-connection', false);
          break;
        default:
      }
    }
  }
}

function climbQueries(ground: Ground, book: RungBook, places: LogPlaces, clocks: ClockCorrection): void {
  const { bulkBytes, bulkRows, bulkReads } = ground.thresholds;
  const rungs = new QueryRungs(ground.evidence);
  for (const { columns, source, length } of ground.evidence.tables.queries.segments) {
    for (let i = 0; i < length; i++) {
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.principal[i]);
      if (actor === -1) continue;
      const program = columns.service[i] as number;
      const port = columns.servicePort[i] as number;
      const service = places.serviceOf(source, columns.host[i] as number, program, port);
      const atUs = clocks.queryTime(source, columns.host[i], columns.timeUs[i]);
      // What our own machines asked of others is no access to anything of ours; a cloud service (no host) is ours.
      const isElsewhere = columns.host[i] !== 0 && places.assetOf(source, columns.host[i]) === -1;
      if (isElsewhere && ground.assets.isOwn[columns.actorAddr[i]] === 1) continue;
      const rung = rungs.rungOf(columns, i, source);
      const sign = signOfQuery(rung, columns.outcome[i] === QUERY_OUTCOME.unknown && columns.status[i] === 0);
      const pair = book.note(actor, service, atUs, rung, sign, false);
      if (rung < 6) continue;
      noteOtherTime(book, clocks, { actor, service, atUs, source, host: columns.host[i] });
      const bytes = columns.bytesReturned[i] as number;
      const rows = columns.rowsReturned[i] as number;
      book.reads.add(pair, 1);
      if (bytes > 0) book.bytesRead.add(pair, bytes);
      if (rows > 0) book.rowsRead.add(pair, rows);
      const isBulk =
        book.bytesRead.at(pair) >= bulkBytes ||
        book.rowsRead.at(pair) >= bulkRows ||
        (rung >= 7 && book.reads.at(pair) >= bulkReads);
      if (isBulk) book.note(actor, service, atUs, 8, 'bulk-read', false);
    }
  }
}

function signOfQuery(rung: Rung, isUntold: boolean): RungSign {
  if (rung >= 7) return 'returned';
  if (rung === 6) return isUntold ? 'read-asked' : 'read';
  return rung === 5 ? 'request-authenticated' : 'request';
}

/**
 * A read that may have been on another day, since the host's login log runs by a clock that this log could not be tested for, is a suspicion
 * there: it must not leave that day `not queried`.
 */
function noteOtherTime(
  book: RungBook,
  clocks: ClockCorrection,
  read: { actor: number; service: number; atUs: number; source: number; host: number },
): void {
  const { actor, service, atUs, source, host } = read;
  const otherUs = clocks.otherQueryTime(source, host, book.services.assetOf(service), atUs);
  if (Number.isNaN(otherUs) || dayIndexOf(otherUs) === dayIndexOf(atUs)) return;
  book.note(actor, service, otherUs, 6, 'read-by-other-clock', true);
}
