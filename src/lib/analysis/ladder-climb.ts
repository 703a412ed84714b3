import { quantileSorted, sortedFinite } from '../base/statistics';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { ACTOR_KIND, DIRECTION, type Ground } from './context';
import { actorOfLogRow } from './actors';
import { assetNamed } from './exposure';
import type { ControlGroup } from './findings';
import { protocolNumber } from './profiles';
import { ClockCorrection } from './log-clocks';
import { LogPlaces } from './log-places';
import { QueryRungs } from './query-rungs';
import { RungBook } from './rung-book';
import { ServiceIndex } from './service-index';
import { producerConsumerRatio, rungOfSession } from './session-rungs';

/** Known clients' sessions needed before their p99.9 may raise the limit for bulk. */
const KNOWN_SESSIONS = 30;

/** Reads every session, login and query once and notes the rung that each proves. `groups`: what failed attempts look like, and who does not. */
export function climb(
  ground: Ground,
  groups: readonly ControlGroup[] = [],
  clocks = new ClockCorrection(),
): RungBook {
  const { dictionaries } = ground.evidence;
  const services = new ServiceIndex(ground.assets, (id) => dictionaries.strings.text(id));
  const book = new RungBook(ground, services);
  const places = new LogPlaces(ground, services);
  climbSessions(ground, book);
  climbControlGroups(ground, book, groups);
  climbLogins(ground, book, places, clocks);
  climbQueries(ground, book, places, clocks);
  return book;
}

function climbSessions(ground: Ground, book: RungBook): void {
  const { sessions } = ground;
  const bulkLimits = bulkLimitsOf(ground);
  const profiles = new Map<number, boolean>();
  for (let i = 0; i < sessions.count; i++) {
    if (sessions.direction[i] !== DIRECTION.inbound) continue;
    const asset = sessions.asset[i] as number;
    const port = sessions.assetPort[i] as number;
    const protocol = sessions.protocol[i] as number;
    const service = book.services.add(asset, port, protocol);
    const actor = sessions.actor[i] as number;
    const atUs = sessions.startUs[i] as number;
    const { rung, sign } = rungOfSession(sessions, i);
    book.note(actor, service, atUs, rung, sign, false);
    if (rung < 3) continue;
    let isOpen = profiles.get(service);
    if (isOpen === undefined) {
      isOpen = ground.profileOf(asset as never, port, protocol).authRequired === false;
      profiles.set(service, isOpen);
    }
    if (isOpen) book.note(actor, service, atUs, 5, 'no-login-needed', true);
    const out = sessions.bytesToActor[i] as number;
    const limit = bulkLimits.get(service) ?? ground.thresholds.bulkBytes;
    const ratio = producerConsumerRatio(out, sessions.bytesFromActor[i] as number);
    if (out >= limit && ratio >= ground.thresholds.bulkRatio) {
      book.note(actor, service, atUs, 8, 'bulk-flow', true);
    }
  }

  function bulkLimitsOf(within: Ground): Map<number, number> {
    const known = new Map<number, number[]>();
    for (let i = 0; i < sessions.count; i++) {
      if (within.actors.known[sessions.actor[i] as number] === undefined) continue;
      const port = sessions.assetPort[i] as number;
      const service = book.services.add(sessions.asset[i] as number, port, sessions.protocol[i] as number);
      const list = known.get(service) ?? [];
      list.push(sessions.bytesToActor[i] as number);
      known.set(service, list);
    }
    const limits = new Map<number, number>();
    for (const [service, bytes] of known) {
      const sorted = sortedFinite(bytes);
      if (sorted.length < KNOWN_SESSIONS) continue;
      limits.set(service, Math.max(within.thresholds.bulkBytes, quantileSorted(sorted, 0.999)));
    }
    return limits;
  }
}

/**
 * Rung 7 from flow alone *own*: what the asset sent in a session is a discovery against the sessions of failed attempts on that service.
 * Always marked as inferred.
 */
function climbControlGroups(ground: Ground, book: RungBook, groups: readonly ControlGroup[]): void {
  const actors = new Map<string, number>();
  if (groups.length > 0) ground.actors.texts.forEach((text, actor) => actors.set(text, actor));
  for (const group of groups) {
    const [port, proto] = group.service.split('/');
    for (const { measure, suspects } of group.measures) {
      if (measure !== 'bytesToActor') continue;
      for (const { actor: text, isDiscovery, rows } of suspects) {
        const actor = actors.get(text);
        const asset = assetNamed(rows.asset ?? '', ground.assets);
        if (!isDiscovery || actor === undefined || asset === -1) continue;
        const service = book.services.add(asset, Number(port), protocolNumber(proto));
        book.note(actor, service, rows.fromUs ?? Number.NaN, 7, 'control-group', true);
      }
    }
  }
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
      const sign =
        rung >= 7 ? 'returned' : rung === 6 ? 'read' : rung === 5 ? 'request-authenticated' : 'request';
      const pair = book.note(actor, service, atUs, rung, sign, false);
      if (rung < 6) continue;
      const bytes = columns.bytesReturned[i] as number;
      const rows = columns.rowsReturned[i] as number;
      book.reads.add(pair, 1);
      if (bytes > 0) book.bytesRead.add(pair, bytes);
      if (rows > 0) book.rowsRead.add(pair, rows);
      const isBulk =
        book.bytesRead.at(pair) >= ground.thresholds.bulkBytes ||
        book.rowsRead.at(pair) >= ground.thresholds.bulkRows ||
        (rung >= 7 && book.reads.at(pair) >= ground.thresholds.bulkReads);
      if (isBulk) book.note(actor, service, atUs, 8, 'bulk-read', false);
    }
  }
}
