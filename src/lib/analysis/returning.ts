import type { Micros } from '../base/brand';
import { isMappedIpv4 } from '../base/addresses';
import { formatUtc } from '../base/time';
import { DIRECTION, STANDING, type Ground, type Sessions, type Standings } from './context';
import { addressesOfActors } from './actors';
import type { AftermathFinding } from './findings';
import { GrowingIds } from './growing-column';
import type { Ladder } from './ladder';
import { serviceName } from './profiles';
import { CONVERSED, rungsOfSessions } from './session-rungs';
import { actorOfLogRow } from './actors';
import { QUERY_OUTCOME, LOGIN_OUTCOME } from '../tables/schemas';

const LISTED = 200;

interface Appearance {
  readonly atUs: number;
  readonly via: string;
  readonly table: 'flows' | 'logins' | 'queries';
}

/**
 * Actors that mattered and were let in again after what they had used was closed, by whatever path; and strangers that first appear then
 * from the network (IPv4 /24, IPv6 /48) of one that mattered. Rejected packets are no return: the whole Internet keeps knocking.
 */
export function findReturning(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
): AftermathFinding['returning'] {
  return [...findReturns(ground, standings, ladder)]
    .map(([actor, { atUs, via, table, sibling }]) => {
      const text = ground.actors.texts[actor] ?? '';
      const who = sibling === '' ? text : `${text}, from the network of ${sibling},`;
      return {
        actor: text,
        via,
        atUs: atUs as Micros,
        text: `${who} was let in by ${via} at ${formatUtc(atUs)}, after the exposure closed.`,
        rows: { table, actor: text, fromUs: atUs },
      };
    })
    .sort((a, b) => a.atUs - b.atUs)
    .slice(0, LISTED);
}

/** An appearance, and the actor that mattered whose network it came from (with that network); empty: it mattered itself. */
export interface Return extends Appearance {
  readonly sibling: string;
}

/** The same by ActorId, for the question who is quiet, which is asked before anyone is called that. */
export function findReturns(ground: Ground, standings: Standings, ladder: Ladder): Map<number, Return> {
  const found = new Map<number, Return>();
  const closings = closingsByActor(ground, ladder);
  if (!closings) return found;
  const matters = mattering(ground, standings, ladder);
  const addresses = addressesOfActors(ground.actors);
  const networks = networksOf(ground, matters, addresses, closings);
  const firstClosingUs = [...networks.values()].reduce(
    (us, actor) => Math.min(us, closings[actor]),
    Infinity,
  );
  // Who never used what was closed may still come from the network of one who did, and get in at once.
  const isOwn = (actor: number): boolean => matters[actor] === 1 && !Number.isNaN(closings[actor]);
  const closedFor = (actor: number): number => {
    if (isOwn(actor)) return closings[actor];
    if (!(standings.firstUs[actor] > firstClosingUs)) return Infinity;
    const sibling = siblingOf(ground, networks, addresses, actor);
    const closedUs = sibling === undefined ? Infinity : closings[sibling];
    return standings.firstUs[actor] > closedUs ? closedUs : Infinity;
  };
  for (const [actor, appearance] of appearancesAfter(ground, closedFor)) {
    const sibling = isOwn(actor) ? undefined : siblingOf(ground, networks, addresses, actor);
    const network = sibling === undefined ? '' : networkText(ground, addresses[actor]);
    found.set(actor, {
      ...appearance,
      sibling: sibling === undefined ? '' : `${ground.actors.texts[sibling] ?? ''} (${network})`,
    });
  }
  return found;
}

/**
 * When the last of the services that an actor had used was closed, by ActorId (NaN: it had used none that was); those that stay open close
 * nothing, and of who was let in before they opened it is nothing new that it is let in since. Null where nothing that anyone had used was closed.
 */
function closingsByActor(ground: Ground, ladder: Ladder): Float64Array | null {
  const { pairs, services } = ladder.book;
  const closedBy = new Float64Array(services.size).fill(-Infinity);
  const openedBy = new Float64Array(services.size).fill(Infinity);
  let isAnyClosed = false;
  for (const window of ground.exposure) {
    if (!Number.isFinite(window.closedUs)) continue;
    const service = services.find(window.asset, window.port, window.protocol);
    if (service === -1) continue;
    closedBy[service] = Math.max(closedBy[service], window.closedUs);
    openedBy[service] = Math.min(openedBy[service], window.openedUs);
    isAnyClosed = true;
  }
  if (!isAnyClosed) return null;
  const closings = new Float64Array(ground.actors.count).fill(Number.NaN);
  let isAny = false;
  for (let pair = 0; pair < pairs.size; pair++) {
    const closedUs = closedBy[pairs.second[pair]];
    if (closedUs === -Infinity) continue;
    const actor = pairs.first[pair];
    const service = pairs.second[pair];
    if (closings[actor] >= closedUs || ladder.book.firstLetIn(actor, service) < openedBy[service]) continue;
    closings[actor] = closedUs;
    isAny = true;
  }
  return isAny ? closings : null;
}

/**
 * 1 by ActorId: strangers that are quiet, that were seen to get in, or that by the sizes of their sessions took something. A bot that talked
 * to a service without a login may have got in too; that is the asset's matter (see `assetsToRetire`), and there are thousands of them.
 */
export function mattering(ground: Ground, standings: Standings, ladder: Ladder): Uint8Array {
  const { book } = ladder;
  const matters = new Uint8Array(ground.actors.count);
  for (let pair = 0; pair < book.pairs.size; pair++) {
    if (book.observedRung(pair) >= 5 || book.inferredRung(pair) >= 6) matters[book.pairs.first[pair]] = 1;
  }
  for (let actor = 0; actor < matters.length; actor++) {
    if (standings.standing[actor] === STANDING.quiet) matters[actor] = 1;
    if (book.isStranger[actor] !== 1 || standings.standing[actor] === STANDING.known) matters[actor] = 0;
  }
  return matters;
}

/** Network (see `networkOf`) → the actor of it that mattered. */
function networksOf(
  ground: Ground,
  matters: Uint8Array,
  addresses: Uint32Array,
  closings: Float64Array,
): Map<number, number> {
  const networks = new Map<number, number>();
  for (let actor = 0; actor < matters.length; actor++) {
    if (matters[actor] === 1 && addresses[actor] !== 0 && !Number.isNaN(closings[actor]))
      networks.set(networkOf(ground, addresses[actor]), actor);
  }
  return networks;
}

function siblingOf(
  ground: Ground,
  networks: ReadonlyMap<number, number>,
  addresses: Uint32Array,
  actor: number,
): number | undefined {
  if (networks.size === 0 || addresses[actor] === 0 || ground.actors.known[actor] !== undefined)
    return undefined;
  return networks.get(networkOf(ground, addresses[actor]));
}

const IPV6_NETWORKS = 2 ** 48;

/** A number for the IPv4 /24 or IPv6 /48 of an address: every actor is asked for its own. */
function networkOf(ground: Ground, address: number): number {
  const { addresses } = ground.evidence.dictionaries;
  const w0 = addresses.wordOf(address, 0);
  const w1 = addresses.wordOf(address, 1);
  if (isMappedIpv4(w0, w1, addresses.wordOf(address, 2))) return addresses.wordOf(address, 3) >>> 8;
  return IPV6_NETWORKS + w0 * 65536 + (w1 >>> 16);
}

function networkText(ground: Ground, address: number): string {
  const [w0, w1, w2, w3] = ground.evidence.dictionaries.addresses.words(address);
  if (isMappedIpv4(w0, w1, w2)) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.0/24`;
  return `${(w0 >>> 16).toString(16)}:${(w0 & 0xffff).toString(16)}:${(w1 >>> 16).toString(16)}::/48`;
}

/** Sessions that carried payload both ways and that an actor began after what counts as the closing for it. */
function conversedAfter(sessions: Sessions, closed: Float64Array): Uint32Array {
  const rungs = rungsOfSessions(sessions);
  const { startUs, actor, direction } = sessions;
  const found = new GrowingIds();
  for (let s = 0; s < sessions.count; s++)
    if (rungs[s] === CONVERSED && startUs[s] > closed[actor[s]] && direction[s] === DIRECTION.inbound)
      found.push(s);
  return found.taken();
}

/** First time that each actor was let in anywhere after what counts as the closing for it (Infinity: never). */
function appearancesAfter(ground: Ground, closedFor: (actor: number) => number): Map<number, Appearance> {
  const after = new Map<number, Appearance>();
  const { sessions, assets } = ground;
  // A session that runs over the closing is no return, nor is one within the exporter's rounding of it.
  const closed = new Float64Array(ground.actors.count);
  for (let actor = 0; actor < closed.length; actor++)
    closed[actor] = closedFor(actor) + sessions.aggregationUs;
  const note = (actor: number, atUs: number, via: () => string, table: Appearance['table']): void => {
    if (!(atUs > closed[actor])) return;
    const known = after.get(actor);
    if (known === undefined || atUs < known.atUs) after.set(actor, { atUs, via: via(), table });
  };
  for (const s of conversedAfter(sessions, closed)) {
    const service = serviceName(sessions.assetPort[s], sessions.protocol[s]);
    note(
      sessions.actor[s],
      sessions.startUs[s],
      () => `${assets.names[sessions.asset[s]] ?? ''} ${service}`,
      'flows',
    );
  }
  const { strings } = ground.evidence.dictionaries;
  for (const { columns, length } of ground.evidence.tables.logins.segments) {
    for (let i = 0; i < length; i++) {
      if (columns.outcome[i] !== LOGIN_OUTCOME.success) continue;
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.user[i], columns.actorName[i]);
      const via = (): string =>
        `a login as ${strings.text(columns.user[i])} (${strings.text(columns.service[i])})`;
      if (actor !== -1) note(actor, columns.timeUs[i], via, 'logins');
    }
  }
  for (const { columns, length } of ground.evidence.tables.queries.segments) {
    for (let i = 0; i < length; i++) {
      if (columns.outcome[i] !== QUERY_OUTCOME.success) continue;
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.principal[i]);
      if (actor !== -1)
        note(actor, columns.timeUs[i], () => `a request to ${strings.text(columns.service[i])}`, 'queries');
    }
  }
  return after;
}
