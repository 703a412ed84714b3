import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { formatCount, formatShare, plural } from '../base/units';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Bench } from './ground';
import type { Thresholds } from './parameters';
import type { Visit } from './quiet-signs';

/** An actor all of whose logins came at hours at which hardly anybody else's do. */
export interface OddHours {
  readonly logins: number;
  /** Of the others' accepted logins to the same services, how many there are, and the largest share of them around an hour of its own. */
  readonly others: number;
  readonly share: number;
}

/** Logins are held against those within so much of them by the clock, before and after. */
const AROUND_MINUTES = 90;
/** Who logs in at so many hours of the day is a machine. */
const CLOCK_HOURS = 20;
const MINUTES = 24 * 60;
const MICROS_PER_MINUTE = MICROS_PER_HOUR / 60;

/**
 * Strangers that got in at hours of the day at which the others of a service hardly ever do *own*: who works by day is not there at night, and who took
 * a name from them may live elsewhere, or not want to be seen. Each accepted login is held against those of all others to the same service; the
 * hour of an actor's that is most usual counts. Index = ActorId. Services with few logins say nothing, nor do machines that log in around the
 * clock.
 */
export function findOddHours(
  { logins, outside, ground }: Bench,
  {
    oddHourShare,
    oddHourFewest,
    habitDays,
  }: Pick<Thresholds, 'oddHourShare' | 'oddHourFewest' | 'habitDays'>,
): ReadonlyMap<number, OddHours> {
  const byActor = new Map<number, Map<number, Hours>>();
  for (let i = 0; i < logins.count; i++) {
    const actor = logins.actor[i];
    if (logins.outcome[i] !== LOGIN_OUTCOME.success || ground.actors.known[actor] !== undefined) continue;
    const minute = Math.floor((logins.timeUs[i] % MICROS_PER_DAY) / MICROS_PER_MINUTE);
    const day = Math.floor(logins.timeUs[i] / MICROS_PER_DAY);
    let mine = byActor.get(actor);
    if (!mine) byActor.set(actor, (mine = new Map()));
    hoursOf(mine, logins.service[i]).add(minute, day);
  }
  const services = new Map<number, Hours>();
  for (const mine of byActor.values())
    for (const [service, hours] of mine)
      if (!hours.isAroundTheClock()) hoursOf(services, service).addAll(hours);
  const found = new Map<number, OddHours>();
  for (const [actor, mine] of byActor) {
    if (outside[actor] === 0) continue;
    let odd: OddHours | null = { logins: 0, others: 0, share: 0 };
    for (const [service, hours] of mine) {
      const all = hoursOf(services, service);
      const others = all.count - hours.count;
      if (hours.isAroundTheClock() || others < oddHourFewest || all.days.size < habitDays) odd = null;
      for (const minute of hours.minutes.keys()) {
        if (odd === null) break;
        const share = (all.around(minute) - hours.around(minute)) / others;
        const most = share >= odd.share ? { others, share } : odd;
        odd = share < oddHourShare ? { logins: odd.logins, others: most.others, share: most.share } : null;
      }
      if (odd === null) break;
      odd = { ...odd, logins: odd.logins + hours.count };
    }
    if (odd) found.set(actor, odd);
  }
  return found;
}

/** Logins by the minute of the day. */
class Hours {
  readonly minutes = new Map<number, number>();
  readonly days = new Set<number>();
  count = 0;

  add(minute: number, day: number): void {
    this.minutes.set(minute, (this.minutes.get(minute) ?? 0) + 1);
    this.days.add(day);
    this.count += 1;
  }

  addAll(other: Hours): void {
    for (const [minute, count] of other.minutes)
      this.minutes.set(minute, (this.minutes.get(minute) ?? 0) + count);
    for (const day of other.days) this.days.add(day);
    this.count += other.count;
  }

  /** A machine's, which says nothing of when people work. */
  isAroundTheClock(): boolean {
    return new Set([...this.minutes.keys()].map((minute) => Math.floor(minute / 60))).size >= CLOCK_HOURS;
  }

  around(minute: number): number {
    let count = 0;
    for (let by = -AROUND_MINUTES; by <= AROUND_MINUTES; by++)
      count += this.minutes.get((minute + by + MINUTES) % MINUTES) ?? 0;
    return count;
  }
}

function hoursOf(map: Map<number, Hours>, key: number): Hours {
  let hours = map.get(key);
  if (!hours) map.set(key, (hours = new Hours()));
  return hours;
}

export function visitHours(
  { ground }: Bench,
  odd: ReadonlyMap<number, OddHours>,
  weight: number,
  actor: number,
  visit: Visit,
): void {
  const found = odd.get(actor);
  if (!found) return;
  visit('odd-hours', found.share, weight, () => ({
    text: `${plural(found.logins, 'accepted login')} at an hour of the day around which ${formatShare(found.share)} of the ${formatCount(found.others)} by others lie`,
    rows: {
      table: 'logins',
      actor: ground.actors.texts[actor],
      where: { outcome: [LOGIN_OUTCOME.success] },
    },
  }));
}
