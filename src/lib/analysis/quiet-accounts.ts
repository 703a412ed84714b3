import { PairSet } from '../base/pair-set';
import { MICROS_PER_DAY } from '../base/time';
import { plural } from '../base/units';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { ACTOR_KIND } from './context';
import type { Bench } from './ground';
import type { Thresholds } from './parameters';
import type { Visit } from './quiet-signs';
import { isAnonymous } from './successes';

/** An account of an actor that is at home with another one. */
export interface AccountElsewhere {
  readonly user: number;
  /** ActorId of the address that it mostly comes from, and the days on which it got in from there. */
  readonly home: number;
  readonly homeDays: number;
}

/**
 * Strangers that got in, on fewer days than make a habit, as an account that has one at another address *own*: at home is an account of a service
 * where it got in on more days than at all other addresses together. Addresses of one network (/24, /64) are one place, since providers change them. Index
 * = ActorId; where several accounts speak, the one with the most days.
 */
export function accountsElsewhere(
  { logins, outside, addressOf, ground }: Bench,
  { habitDays }: Pick<Thresholds, 'habitDays'>,
): ReadonlyMap<number, AccountElsewhere> {
  const { strings } = ground.evidence.dictionaries;
  // The same name elsewhere, as in a database behind the gateway, has callers of its own.
  const accounts = new PairSet();
  const callers = new PairSet();
  const days: number[] = [];
  const seen = new PairSet();
  for (let i = 0; i < logins.count; i++) {
    const actor = logins.actor[i];
    if (logins.outcome[i] !== LOGIN_OUTCOME.success || logins.user[i] === 0) continue;
    if (ground.actors.kinds[actor] !== ACTOR_KIND.address) continue;
    const caller = callers.add(accounts.add(logins.user[i], logins.service[i]), actor);
    const size = seen.size;
    if (seen.add(caller, Math.floor(logins.timeUs[i] / MICROS_PER_DAY)) === size)
      days[caller] = (days[caller] ?? 0) + 1;
  }
  const homes = new Map<number, number>();
  const total = new Map<number, number>();
  days.forEach((count, caller) => {
    const account = callers.first[caller];
    total.set(account, (total.get(account) ?? 0) + count);
    const home = homes.get(account);
    if (home === undefined || count > days[home]) homes.set(account, caller);
  });
  const found = new Map<number, AccountElsewhere>();
  days.forEach((count, caller) => {
    const account = callers.first[caller];
    const user = accounts.first[account];
    const actor = callers.second[caller];
    const homeCaller = homes.get(account) ?? caller;
    const home = callers.second[homeCaller];
    const homeDays = days[homeCaller];
    if (outside[actor] === 0 || count >= habitDays || homeDays < habitDays) return;
    if (homeDays * 2 <= (total.get(account) ?? 0) || isAnonymous(strings.text(user))) return;
    if (isSameNetwork(ground, addressOf[actor], addressOf[home])) return;
    if (homeDays > (found.get(actor)?.homeDays ?? 0)) found.set(actor, { user, home, homeDays });
  });
  return found;
}

function isSameNetwork({ evidence }: Bench['ground'], a: number, b: number): boolean {
  const { addresses } = evidence.dictionaries;
  const [a0, a1, a2, a3] = addresses.words(a);
  const [b0, b1, b2, b3] = addresses.words(b);
  if (a0 !== b0 || a1 !== b1) return false;
  const isIpv4 = a0 === 0 && a1 === 0;
  return !isIpv4 || (a2 === b2 && a3 >>> 8 === b3 >>> 8);
}

export function visitAccount(
  { ground }: Bench,
  elsewhere: ReadonlyMap<number, AccountElsewhere>,
  weight: number,
  actor: number,
  visit: Visit,
): void {
  const found = elsewhere.get(actor);
  if (!found) return;
  const { texts } = ground.actors;
  visit('account-elsewhere', found.homeDays, weight, () => ({
    text: `${ground.evidence.dictionaries.strings.text(found.user)} got in from here, and from ${texts[found.home]} on ${plural(found.homeDays, 'day')}: an account of somebody there may be in other hands`,
    rows: {
      table: 'logins',
      actor: texts[actor],
      where: { outcome: [LOGIN_OUTCOME.success] },
    },
  }));
}
