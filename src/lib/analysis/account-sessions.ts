import { least } from '../base/extremes';
import { MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import { ACTOR_KIND, type ActorIds, type AssetBinding } from './context';
import type { Evidence } from './evidence';
import type { Thresholds } from './parameters';
import type { Segment } from '../tables/segment';

/** Services that give an account a session in which it can do something on the machine. */
const SESSION_SERVICES = ['sshd', 'dropbear', 'login', 'rdp', 'console'];

/** syslog's times are whole seconds, and what is done last is at times written after the session's end. */
const GRAIN_US = MICROS_PER_SECOND;

/** How long a session whose end no line tells of is held to be open: what is ascribed to it must be sure. */
type SessionLimits = Pick<Thresholds, 'openSessionHours'>;

/** Who stands behind what an account did on a machine. */
export interface Behind {
  readonly actor: number;
  /** The account that the actor came in as. */
  readonly account: number;
  /** Whether what was done was done as another account that this one had become. */
  readonly hasBecome: boolean;
}

/** A session of an account; `actor` is LOCAL where nobody from elsewhere holds it, or it is not sure who. */
interface Stay {
  readonly fromUs: number;
  toUs: number;
  readonly actor: number;
  readonly account: number;
  readonly hasBecome: boolean;
}

/** A session as its log tells of it, and what its end has in common with it. */
interface Opened {
  readonly asset: number;
  readonly stay: Stay;
  /** The account that `stay.account` became in it; 0: none. */
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
  /** Sessions in which somebody logged in as an account, by machine and account. */
  readonly #entered: Stays;
  /** Sessions in which another account became this one, by machine and this one. */
  readonly #become = new Stays();

  constructor(evidence: Evidence, assets: AssetBinding, actors: ActorIds, limits: SessionLimits) {
    this.#assets = assets;
    this.#root = evidence.dictionaries.strings.find('root');
    const opened = openedSessions(evidence, assets, actors, limits);
    this.#close(evidence, opened);
    this.#entered = new Stays(opened.filter(({ became }) => became === 0).map(placed));
    const becoming = opened.filter(({ became }) => became !== 0);
    const others = new Stays(becoming.map(placed));
    for (const { asset, stay, became } of becoming) {
      // Of an account that another one is at the time it is not known which of them it was.
      const isOther = others.at(asset, stay.account, stay.fromUs) !== null;
      const guest = isOther ? null : this.#entered.at(asset, stay.account, stay.fromUs);
      this.#become.add(asset, became, { ...stay, actor: guest?.actor ?? LOCAL });
    }
    this.#become.sort();
  }

  /** Who, from elsewhere, alone can have done what `account` did there; 0, an account that the log leaves out, stands for root. Null: nobody, or several. */
  behind(source: number, host: number, account: number, atUs: number): Behind | null {
    const asset = assetOfLogRow(this.#assets, source, host);
    if (asset === -1) return null;
    const as = account === 0 ? this.#root : account;
    const entered = this.#entered.at(asset, as, atUs);
    const become = this.#become.at(asset, as, atUs);
    const stay = entered ?? become;
    if (stay === null || stay.actor === LOCAL) return null;
    if (entered !== null && become !== null && entered.actor !== become.actor) return null;
    return { actor: stay.actor, account: stay.account, hasBecome: stay.hasBecome };
  }

  /** Gives each session the end that the first line tells of that closes it. */
  #close(evidence: Evidence, opened: readonly Opened[]): void {
    const ends = new Map<string, number[]>();
    for (const session of opened) for (const key of session.ends) ends.set(key, []);
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
    for (const { stay, ends: keys } of opened) {
      const endUs = least(keys.map((key) => firstFrom(ends.get(key) ?? [], stay.fromUs)));
      if (endUs !== Infinity) stay.toUs = endUs;
    }
  }
}

function placed({ asset, stay, became }: Opened): [number, number, Stay] {
  return [asset, became || stay.account, stay];
}

function openedSessions(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
  { openSessionHours }: SessionLimits,
): Opened[] {
  const { strings } = evidence.dictionaries;
  const services = new Set(SESSION_SERVICES.map((name) => strings.find(name)));
  const opened: Opened[] = [];
  for (const { source, length, columns: c } of evidence.tables.logins.segments) {
    for (let i = 0; i < length; i++) {
      const outcome = c.outcome[i];
      const became = outcome === LOGIN_OUTCOME.sessionOpened ? c.became[i] : 0;
      const isEntry = outcome === LOGIN_OUTCOME.success && services.has(c.service[i]);
      if ((became === 0 && !isEntry) || c.user[i] === 0 || !Number.isFinite(c.timeUs[i])) continue;
      const asset = assetOfLogRow(assets, source, c.host[i]);
      if (asset === -1) continue;
      const actor = actorOfLogRow(actors, c.actorAddr[i], 0, c.actorName[i]);
      const isRemote = actor !== -1 && actors.kinds[actor] === ACTOR_KIND.address;
      opened.push({
        asset,
        stay: {
          fromUs: c.timeUs[i],
          toUs: c.timeUs[i] + openSessionHours * MICROS_PER_HOUR,
          actor: isRemote ? actor : LOCAL,
          account: c.user[i],
          hasBecome: became !== 0,
        },
        became,
        ends:
          became === 0
            ? entryKeys(asset, c.process[i], c.actorAddr[i], c.actorPort[i])
            : [becomingKey(asset, c.service[i], c.process[i], became)],
      });
    }
  }
  return opened;
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

/** Sessions looked at in one run, some seconds of work: who was in beyond is not said. */
const MOST_LOOKED = 1e8;

/** Sessions by machine and account, to be asked who is in at a time. */
class Stays {
  readonly #lists = new Map<string, { readonly stays: Stay[]; latest: Float64Array }>();
  #looked = 0;

  constructor(stays: readonly (readonly [asset: number, account: number, stay: Stay])[] = []) {
    for (const stay of stays) this.add(...stay);
    this.sort();
  }

  add(asset: number, account: number, stay: Stay): void {
    const key = `${asset} ${account}`;
    const list = this.#lists.get(key) ?? { stays: [], latest: new Float64Array(0) };
    this.#lists.set(key, list);
    list.stays.push({ ...stay });
  }

  /** To be called once all are there. `latest` holds the last end of any session up to each. */
  sort(): void {
    for (const list of this.#lists.values()) {
      list.stays.sort((a, b) => a.fromUs - b.fromUs);
      joinTouching(list.stays);
      list.latest = new Float64Array(list.stays.length);
      let latest = -Infinity;
      list.stays.forEach(({ toUs }, k) => {
        latest = Math.max(latest, toUs);
        list.latest[k] = latest;
      });
    }
  }

  /** The session that is open then, of several by one actor any; null where none is, one without an actor where several have one. */
  at(asset: number, account: number, us: number): Stay | null {
    const list = this.#lists.get(`${asset} ${account}`);
    if (!list) return null;
    const { stays, latest } = list;
    let low = 0;
    let high = stays.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((stays[middle] as Stay).fromUs <= us) low = middle + 1;
      else high = middle;
    }
    let found: Stay | null = null;
    for (let k = low - 1; k >= 0 && (latest[k] as number) + GRAIN_US >= us; k--) {
      const stay = stays[k] as Stay;
      this.#looked += 1;
      if (this.#looked > MOST_LOOKED) return { ...stay, actor: LOCAL };
      if (stay.toUs + GRAIN_US < us) continue;
      if (found !== null && found.actor !== stay.actor) return { ...stay, actor: LOCAL };
      found = stay;
    }
    return found;
  }
}

/** Makes one of sessions of one actor and account that overlap: a program that logs in every minute has thousands. They are in order. */
function joinTouching(stays: Stay[]): void {
  const last = new Map<string, Stay>();
  let kept = 0;
  for (const stay of stays) {
    const key = `${stay.actor} ${stay.account}`;
    const before = last.get(key);
    if (before && stay.fromUs <= before.toUs) before.toUs = Math.max(before.toUs, stay.toUs);
    else {
      last.set(key, stay);
      stays[kept++] = stay;
    }
  }
  stays.length = kept;
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
  limits: SessionLimits,
): ActorOf<'changes'> {
  let sessions: AccountSessions | undefined;
  return ({ source, columns }, i) => {
    const address = columns.actorAddr[i];
    const named = actorOfLogRow(actors, address, columns.principal[i]);
    if (named !== -1 || address !== 0) return { actor: named, behind: null };
    sessions ??= new AccountSessions(evidence, assets, actors, limits);
    const behind = sessions.behind(source, columns.host[i], columns.principal[i], columns.timeUs[i]);
    return behind === null ? NOBODY : { actor: behind.actor, behind };
  };
}

/** Whose the rows are that tell of an account becoming another, and of no others: a failed login at the console names its account, too. */
export function actorsOfBecoming(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
  limits: SessionLimits,
): ActorOf<'logins'> {
  let sessions: AccountSessions | undefined;
  return ({ source, columns }, i) => {
    const outcome = columns.outcome[i];
    const isBecoming = outcome === LOGIN_OUTCOME.privilege || outcome === LOGIN_OUTCOME.sessionOpened;
    if (!isBecoming || columns.became[i] === 0 || columns.actorAddr[i] !== 0) return NOBODY;
    sessions ??= new AccountSessions(evidence, assets, actors, limits);
    const behind = sessions.behind(source, columns.host[i], columns.user[i], columns.timeUs[i]);
    return behind === null ? NOBODY : { actor: behind.actor, behind };
  };
}
