import type { Micros } from '../base/brand';
import { isMappedIpv4 } from '../base/addresses';
import { formatUtc } from '../base/time';
import { DIRECTION, STANDING, type Ground, type Standings } from './context';
import { addressesOfActors } from './exposure';
import type { AftermathFinding, Rung } from './findings';
import type { Ladder } from './ladder';
import { serviceName } from './profiles';
import { rungOfSession } from './session-rungs';
import { actorOfLogRow } from './actors';
import { QUERY_OUTCOME, LOGIN_OUTCOME } from '../tables/schemas';

const LISTED = 200;

interface Appearance {
  readonly atUs: number;
  readonly via: string;
  readonly table: 'flows' | 'logins' | 'queries';
}

/**
 * Actors that mattered during the exposure and were let in again after it had closed, by whatever path; and strangers that first appear then
 * from the network (IPv4 /24, IPv6 /48) of one that mattered. Rejected packets are no return: the whole Internet keeps knocking.
 */
export function findReturning(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
): AftermathFinding['returning'] {
  const closedUs = Math.max(-Infinity, ...ground.exposure.map((window) => window.closedUs));
  if (!Number.isFinite(closedUs)) return [];
  const matters = mattering(ground, standings, ladder);
  const networks = networksOf(ground, matters);
  const after = appearancesAfter(ground, closedUs);
  const addresses = addressesOfActors(ground.actors);
  const found: AftermathFinding['returning'][number][] = [];
  for (const [actor, appearance] of after) {
    const text = ground.actors.texts[actor] ?? '';
    if (ground.actors.known[actor] !== undefined) continue;
    const network = addresses[actor] === 0 ? '' : networkOf(ground, addresses[actor]);
    const sibling = networks.get(network);
    const isNewSibling =
      matters[actor] === 0 && sibling !== undefined && standings.firstUs[actor] >= closedUs;
    if (matters[actor] === 0 && !isNewSibling) continue;
    const who = isNewSibling ? `${text}, from the network of ${sibling} (${network}),` : text;
    found.push({
      actor: text,
      via: appearance.via,
      atUs: appearance.atUs as Micros,
      text: `${who} was let in by ${appearance.via} at ${formatUtc(appearance.atUs)}, after the exposure closed.`,
      rows: { table: appearance.table, actor: text, fromUs: closedUs },
    });
  }
  return found.sort((a, b) => a.atUs - b.atUs).slice(0, LISTED);
}

/** 1 by ActorId: quiet, or got as far as rung 5. */
export function mattering(ground: Ground, standings: Standings, ladder: Ladder): Uint8Array {
  const matters = new Uint8Array(ground.actors.count);
  for (let actor = 0; actor < matters.length; actor++) {
    if (ladder.book.isStranger[actor] !== 1 || standings.standing[actor] === STANDING.known) continue;
    const rung: Rung = ladder.rungOf(actor as never).rung;
    if (standings.standing[actor] === STANDING.quiet || rung >= 5) matters[actor] = 1;
  }
  return matters;
}

function networksOf(ground: Ground, matters: Uint8Array): Map<string, string> {
  const addresses = addressesOfActors(ground.actors);
  const networks = new Map<string, string>();
  for (let actor = 0; actor < matters.length; actor++) {
    if (matters[actor] === 1 && addresses[actor] !== 0)
      networks.set(networkOf(ground, addresses[actor]), ground.actors.texts[actor] ?? '');
  }
  return networks;
}

function networkOf(ground: Ground, address: number): string {
  const [w0, w1, w2, w3] = ground.evidence.dictionaries.addresses.words(address);
  if (isMappedIpv4(w0, w1, w2)) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.0/24`;
  return `${(w0 >>> 16).toString(16)}:${(w0 & 0xffff).toString(16)}:${(w1 >>> 16).toString(16)}::/48`;
}

/** First time that each actor was let in anywhere after `closedUs`. */
function appearancesAfter(ground: Ground, closedUs: number): Map<number, Appearance> {
  const after = new Map<number, Appearance>();
  const note = (actor: number, atUs: number, via: () => string, table: Appearance['table']): void => {
    const known = after.get(actor);
    if (known === undefined || atUs < known.atUs) after.set(actor, { atUs, via: via(), table });
  };
  const { sessions, assets } = ground;
  // A session that runs over the closing is no return, nor is one within the exporter's rounding of it.
  const fromUs = closedUs + sessions.aggregationUs;
  for (let s = 0; s < sessions.count; s++) {
    if (sessions.startUs[s] <= fromUs || sessions.direction[s] !== DIRECTION.inbound) continue;
    if (rungOfSession(sessions, s).rung < 3) continue;
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
      if (!(columns.timeUs[i] > fromUs) || columns.outcome[i] !== LOGIN_OUTCOME.success) continue;
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.user[i], columns.actorName[i]);
      const via = (): string =>
        `a login as ${strings.text(columns.user[i])} (${strings.text(columns.service[i])})`;
      if (actor !== -1) note(actor, columns.timeUs[i], via, 'logins');
    }
  }
  for (const { columns, length } of ground.evidence.tables.queries.segments) {
    for (let i = 0; i < length; i++) {
      if (!(columns.timeUs[i] > fromUs) || columns.outcome[i] !== QUERY_OUTCOME.success) continue;
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.principal[i]);
      if (actor !== -1)
        note(actor, columns.timeUs[i], () => `a request to ${strings.text(columns.service[i])}`, 'queries');
    }
  }
  return after;
}
