import { plural } from '../base/units';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { actorOfLogRow } from './actors';
import { isCloudService } from './cloud-services';
import type { AssetId, Ground, Standings } from './context';
import { STANDING } from './context';
import { RUNGS, type AftermathFinding, type Rung } from './findings';
import { rungOfPair, type Ladder } from './ladder';
import { mattering } from './returning';

const LISTED = 300;
const ACTORS_LISTED = 100;

type WatchEntry = AftermathFinding['watchList'][number];

/** What to look out for from now on: addresses of those who mattered, and the keys and users that they came in with. */
export function makeWatchList(
  ground: Ground,
  standings: Standings,
  ladder: Ladder,
  beacons: AftermathFinding['beacons'],
): WatchEntry[] {
  const matters = mattering(ground, standings, ladder);
  const entries = new Map<string, WatchEntry>();
  const add = (kind: WatchEntry['kind'], indicator: string, reason: string): void => {
    const key = `${kind} ${indicator}`;
    if (indicator !== '' && !entries.has(key)) entries.set(key, { indicator, kind, reason });
  };
  for (const actor of mostConcerning(standings, ladder, matters)) {
    const { rung, inferred } = ladder.rungOf(actor as never);
    const quiet = standings.standing[actor] === STANDING.quiet ? 'quiet actor' : 'actor';
    const reached = `${quiet} that reached rung ${rung} (${rungName(rung)})${inferred ? ', inferred' : ''}`;
    add(ground.actors.kinds[actor] === 0 ? 'address' : 'user', ground.actors.texts[actor] ?? '', reached);
  }
  const { strings } = ground.evidence.dictionaries;
  for (const { columns, length } of ground.evidence.tables.logins.segments) {
    for (let i = 0; i < length; i++) {
      if (columns.outcome[i] !== LOGIN_OUTCOME.success) continue;
      const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], columns.user[i], columns.actorName[i]);
      if (actor === -1 || matters[actor] === 0) continue;
      const who = ground.actors.texts[actor] ?? '';
      add('key', strings.text(columns.key[i]), `used by ${who} to log in`);
      const user = strings.text(columns.user[i]);
      add('user', user, `account that ${who} logged in as`);
      add('user', strings.text(columns.became[i]), `what ${user} became when ${who} used it`);
    }
  }
  for (const beacon of beacons)
    add('address', beacon.destination, `called by ${beacon.asset} like a beacon (score ${beacon.score})`);
  return [...entries.values()].slice(0, LISTED);
}

/** Quiet ones first, then by rung; cut, since a list that holds every visitor of a public server watches nothing. */
function mostConcerning(standings: Standings, ladder: Ladder, matters: Uint8Array): number[] {
  const actors: number[] = [];
  for (let actor = 0; actor < matters.length; actor++) if (matters[actor] === 1) actors.push(actor);
  const concern = (actor: number): number =>
    (standings.standing[actor] === STANDING.quiet ? 100 : 0) + ladder.rungOf(actor as never).rung;
  return actors.sort((a, b) => concern(b) - concern(a) || a - b).slice(0, ACTORS_LISTED);
}

function rungName(rung: Rung): string {
  return (RUNGS as readonly string[])[rung] ?? 'nothing';
}

interface Worst {
  rung: Rung;
  inferred: boolean;
  service: number;
  actor: number;
  /** Strangers that got as far as rung 5 by observation, and those of whom it is inferred. */
  seen: number;
  supposed: number;
}

/**
 * Assets that can no longer be vouched for: a stranger authenticated there, or conversed with a service that needs no login. What
 * one may have left behind outlives the closing of a port, so the machine is to be replaced, not cleaned.
 */
export function assetsToRetire(ground: Ground, ladder: Ladder): AftermathFinding['retire'] {
  const { book } = ladder;
  const byAsset = new Map<number, Worst>();
  for (let pair = 0; pair < book.pairs.size; pair++) {
    const rung = rungOfPair(book, pair);
    if (rung < 5) continue;
    const actor = book.pairs.first[pair];
    const service = book.pairs.second[pair];
    const asset = book.services.assetOf(service);
    // A bucket or an account can't be replaced as a machine can; its credentials can, and they are on the watch list.
    if (asset === -1 || isCloudService(book.services.protocolOf(service))) continue;
    if (book.isStranger[actor] !== 1) continue;
    const { observed, inferred } = book.reached(pair);
    let worst = byAsset.get(asset);
    if (!worst) {
      worst = { rung: -1, inferred: true, service, actor, seen: 0, supposed: 0 };
      byAsset.set(asset, worst);
    }
    if (observed >= 5) worst.seen += 1;
    else worst.supposed += 1;
    if (rung > worst.rung) Object.assign(worst, { rung, inferred: inferred > observed, service, actor });
  }
  return [...byAsset]
    .sort((a, b) => b[1].rung - a[1].rung || b[1].seen - a[1].seen)
    .map(([asset, worst]) => ({
      asset: ground.assets.names[asset] ?? '',
      rung: worst.rung,
      reason: retireReason(ground, ladder, asset as AssetId, worst),
    }));
}

function retireReason(ground: Ground, ladder: Ladder, asset: AssetId, worst: Worst): string {
  const { services } = ladder.book;
  const port = services.portOf(worst.service);
  const service = services.serviceText(worst.service);
  const profile = ground.profileOf(asset, port, services.protocolOf(worst.service));
  const admin = profile.adminWithoutAuth === true ? ', which takes admin commands without a login' : '';
  const supposed =
    worst.supposed === 0
      ? ''
      : `${plural(worst.supposed, 'stranger')} conversed with a service that needs no login`;
  if (worst.seen === 0 && worst.rung < 6) return `${supposed} (${service}${admin}): each may have got in.`;
  const who = ground.actors.texts[worst.actor] ?? '';
  const reached = `${who} reached rung ${worst.rung} (${rungName(worst.rung)}${worst.inferred ? ', inferred' : ''}) on ${service}${admin}`;
  return supposed === '' ? `${reached}.` : `${reached}; ${supposed}.`;
}
