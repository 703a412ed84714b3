import { least } from '../base/extremes';
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import { ACTOR_KIND, type ActorIds, type AssetBinding } from './context';
import type { Evidence } from './evidence';
import type { Segment } from '../tables/segment';

/** Services that give an account a session in which it can do something on the machine. */
const SESSION_SERVICES = ['sshd', 'dropbear', 'login', 'rdp', 'console'];

/** A session whose end no line tells of is held to be over by then (*own*): what is ascribed to it must be sure. */
const MOST_US = MICROS_PER_DAY;

/** syslog's times are whole seconds, and what is done last is at times written after the session's end. */
const GRAIN_US = MICROS_PER_SECOND;

/** Who stands behind what an account did on a machine. */
export interface Behind {
  readonly actor: number;
  /** The account that the actor came in as. */
  readonly account: number;
  /** Whether what was done was done as another account that this one had become. */
  readonly hasBecome: boolean;
}

/** A session of an account; `actor` is LOCAL where nobody from elsewhere holds it. */
interface Stay {
  readonly fromUs: number;
  toUs: number;
  readonly actor: number;
  readonly account: number;
  /** Of the account that this one became in it; 0: none. */
  readonly became: number;
  readonly ends: readonly string[];
}

const LOCAL = -1;

/**
 * Remote sessions of accounts on our machines, and in which of them an account became another. Lines of sudo, useradd and their like name no address:
 * what they tell is ascribed to an actor only where every session that their account had open then, on that machine, is that actor's.
 */
export class AccountSessions {
  readonly #assets: AssetBinding;
  readonly #root: number;
  readonly #stays = new Map<string, Stays>();

  constructor(evidence: Evidence, assets: AssetBinding, actors: ActorIds) {
    this.#assets = assets;
    const { strings } = evidence.dictionaries;
    this.#root = strings.find('root');
    const services = new Set(SESSION_SERVICES.map((name) => strings.find(name)));
    const opened: { asset: number; stay: Stay }[] = [];
    for (const { source, length, columns: c } of evidence.tables.logins.segments) {
      for (let i = 0; i < length; i++) {
        const outcome = c.outcome[i];
        const isBecoming = outcome === LOGIN_OUTCOME.sessionOpened && c.became[i] !== 0;
        const isEntry = outcome === LOGIN_OUTCOME.success && services.has(c.service[i]);
        if ((!isBecoming && !isEntry) || c.user[i] === 0) continue;
        const asset = assetOfLogRow(assets, source, c.host[i]);
        if (asset === -1 || !Number.isFinite(c.timeUs[i])) continue;
        const actor = actorOfLogRow(actors, c.actorAddr[i], 0, c.actorName[i]);
        const stay: Stay = {
          fromUs: c.timeUs[i],
          toUs: c.timeUs[i] + MOST_US,
          actor: actor !== -1 && actors.kinds[actor] === ACTOR_KIND.address ? actor : LOCAL,
          account: c.user[i],
          became: isBecoming ? c.became[i] : 0,
          ends: isBecoming
            ? [becomingKey(asset, c.service[i], c.process[i], c.became[i])]
            : entryKeys(asset, c.process[i], c.actorAddr[i], c.actorPort[i]),
        };
        opened.push({ asset, stay });
      }
    }
    this.#close(evidence, opened);
    for (const { asset, stay } of opened) {
      const key = `${asset} ${stay.became || stay.account}`;
      const stays = this.#stays.get(key) ?? new Stays();
      this.#stays.set(key, stays);
      stays.add(stay);
    }
    for (const stays of this.#stays.values()) stays.sort();
  }

  /** Who, from elsewhere, alone can have done what `account` did there; 0, an account that the log leaves out, stands for root. Null: nobody, or several. */
  behind(source: number, host: number, account: number, atUs: number): Behind | null {
    const asset = assetOfLogRow(this.#assets, source, host);
    if (asset === -1) return null;
    const as = account === 0 ? this.#root : account;
    let found: Behind | null = null;
    for (const { actor, account: came, became, fromUs } of this.#open(asset, as, atUs)) {
      // Of an account that became this one: those who had come in as it by then.
      const guests = became === 0 ? [actor] : this.#open(asset, came, fromUs).map((stay) => stay.actor);
      if (guests.length === 0) return null;
      for (const guest of guests) {
        if (guest === LOCAL || (found !== null && found.actor !== guest)) return null;
        found ??= { actor: guest, account: came, hasBecome: became !== 0 };
      }
    }
    return found;
  }

  #open(asset: number, account: number, atUs: number): Stay[] {
    return this.#stays.get(`${asset} ${account}`)?.openAt(atUs) ?? [];
  }

  /** Gives each session the end that the first line tells of that closes it. */
  #close(evidence: Evidence, opened: readonly { readonly stay: Stay }[]): void {
    const ends = new Map<string, number[]>();
    for (const { stay } of opened) for (const key of stay.ends) ends.set(key, []);
    if (ends.size === 0) return;
    for (const { source, length, columns: c } of evidence.tables.logins.segments) {
      for (let i = 0; i < length; i++) {
        const outcome = c.outcome[i];
        if (outcome !== LOGIN_OUTCOME.sessionClosed && outcome !== LOGIN_OUTCOME.disconnect) continue;
        const asset = assetOfLogRow(this.#assets, source, c.host[i]);
        const keys = entryKeys(asset, c.process[i], c.actorAddr[i], c.actorPort[i]);
        keys.push(becomingKey(asset, c.service[i], c.process[i], c.became[i] || c.user[i]));
        for (const key of keys) ends.get(key)?.push(c.timeUs[i]);
      }
    }
    for (const times of ends.values()) times.sort((a, b) => a - b);
    for (const { stay } of opened) {
      const endUs = least(stay.ends.map((key) => firstFrom(ends.get(key) ?? [], stay.fromUs)));
      if (endUs !== Infinity) stay.toUs = endUs;
    }
  }
}

/** What an end of a session that somebody entered has in common with its beginning: the process, the client's port. */
function entryKeys(asset: number, process: number, address: number, port: number): string[] {
  return [
    ...(process === 0 ? [] : [`${asset} process ${process}`]),
    ...(address === 0 || port === 0 ? [] : [`${asset} port ${address} ${port}`]),
  ];
}

function becomingKey(asset: number, service: number, process: number, became: number): string {
  return `${asset} ${service} ${process} ${became}`;
}

/** The first of these times, which are in order, that is not before `us`; Infinity: none. */
function firstFrom(times: readonly number[], us: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < us) low = middle + 1;
    else high = middle;
  }
  return times[low] ?? Infinity;
}

/** Sessions in the order of their beginnings, to be asked which are open at a time. */
class Stays {
  readonly #list: Stay[] = [];
  /** The latest end of any session up to each. */
  #latest = new Float64Array(0);

  add(stay: Stay): void {
    this.#list.push(stay);
  }

  sort(): void {
    this.#list.sort((a, b) => a.fromUs - b.fromUs);
    this.#latest = new Float64Array(this.#list.length);
    let latest = -Infinity;
    this.#list.forEach(({ toUs }, k) => {
      latest = Math.max(latest, toUs);
      this.#latest[k] = latest;
    });
  }

  openAt(us: number): Stay[] {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#list[middle] as Stay).fromUs <= us) low = middle + 1;
      else high = middle;
    }
    const open: Stay[] = [];
    for (let k = low - 1; k >= 0 && (this.#latest[k] as number) + GRAIN_US >= us; k--) {
      const stay = this.#list[k] as Stay;
      if (stay.toUs + GRAIN_US >= us) open.push(stay);
    }
    return open;
  }
}

/** Whose a row is: the actor that it names, else who alone stands behind its account. −1: nobody that is an actor. */
export interface ChangeActor {
  readonly actor: number;
  readonly behind: Behind | null;
}

type ActorOf<T extends 'logins' | 'changes'> = (segment: Segment<T>, index: number) => ChangeActor;

const NOBODY: ChangeActor = { actor: -1, behind: null };

/** Whose the rows of changes are. The sessions are looked for at the first row that needs them: most cases hold none. */
export function actorsOfChanges(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
): ActorOf<'changes'> {
  let sessions: AccountSessions | undefined;
  return ({ source, columns }, i) => {
    const address = columns.actorAddr[i];
    const named = actorOfLogRow(actors, address, columns.principal[i]);
    if (named !== -1 || address !== 0) return { actor: named, behind: null };
    sessions ??= new AccountSessions(evidence, assets, actors);
    const behind = sessions.behind(source, columns.host[i], columns.principal[i], columns.timeUs[i]);
    return behind === null ? NOBODY : { actor: behind.actor, behind };
  };
}

/** Whose the rows are that tell of an account becoming another, and of no others: a failed login at the console names its account, too. */
export function actorsOfBecoming(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
): ActorOf<'logins'> {
  let sessions: AccountSessions | undefined;
  return ({ source, columns }, i) => {
    const outcome = columns.outcome[i];
    const isBecoming = outcome === LOGIN_OUTCOME.privilege || outcome === LOGIN_OUTCOME.sessionOpened;
    if (!isBecoming || columns.became[i] === 0 || columns.actorAddr[i] !== 0) return NOBODY;
    sessions ??= new AccountSessions(evidence, assets, actors);
    const behind = sessions.behind(source, columns.host[i], columns.user[i], columns.timeUs[i]);
    return behind === null ? NOBODY : { actor: behind.actor, behind };
  };
}
