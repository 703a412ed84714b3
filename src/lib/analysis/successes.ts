import { MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { eventsOf, type LoginEvents } from './log-events';
import type { Thresholds } from './parameters';

/** Windows' name, in English installations, for who logs in without a name or password ("Well-known SIDs", S-1-5-7, learn.microsoft.com). */
const ANONYMOUS = 'ANONYMOUS LOGON';

/** Whether an accepted login took no credential at all, so that it shows nobody to know one. */
export function isAnonymous(user: string): boolean {
  return user.toUpperCase() === ANONYMOUS;
}

/** What an actor's first way in looked like. */
export interface Success {
  /** The success that follows the most failures within the parameter's seconds, else the first one. */
  readonly timeUs: number;
  readonly row: number;
  readonly user: number;
  /** Failures in the seconds before it. */
  readonly failuresBefore: number;
  /** Failures at any time before the first success. */
  readonly failuresEver: number;
  readonly isAfterGuessing: boolean;
  /** How long the session lasted, from the same process' closing or disconnecting line; NaN: no such line. */
  readonly lastedUs: number;
}

/**
 * Success after guessing, as Timesketch's brute-force analyzer has it: at least n failures within the seconds before a success.
 * (Zeek declares a notice for it and never raises it.) Only actors that ever succeeded are in the map: by a credential, so a login
 * without any is no success here.
 */
export function findSuccesses(
  logins: LoginEvents,
  successes: Uint32Array,
  thresholds: Thresholds,
  textOf: (user: number) => string,
): Map<number, Success> {
  const found = new Map<number, Success>();
  const windowUs = thresholds.guessThenSuccessSeconds * MICROS_PER_SECOND;
  for (let actor = 0; actor < successes.length; actor++) {
    if (successes[actor] === 0) continue;
    const events = eventsOf(logins, actor);
    const failures: number[] = [];
    let best: number | undefined;
    let mostBefore = -1;
    let failuresEver = -1;
    let from = 0;
    for (const i of events) {
      if (logins.outcome[i] === LOGIN_OUTCOME.failure) failures.push(logins.timeUs[i]);
      if (logins.outcome[i] !== LOGIN_OUTCOME.success || isAnonymous(textOf(logins.user[i]))) continue;
      if (failuresEver === -1) failuresEver = failures.length;
      while (from < failures.length && logins.timeUs[i] - failures[from] > windowUs) from += 1;
      if (failures.length - from <= mostBefore) continue;
      mostBefore = failures.length - from;
      best = i;
    }
    if (best === undefined) continue;
    found.set(actor, {
      timeUs: logins.timeUs[best],
      row: logins.row[best],
      user: logins.user[best],
      failuresBefore: mostBefore,
      failuresEver,
      isAfterGuessing: mostBefore >= thresholds.guessThenSuccess,
      lastedUs: lastedAfter(logins, events, best),
    });
  }
  return found;
}

function lastedAfter(logins: LoginEvents, events: Uint32Array, success: number): number {
  const process = logins.process[success];
  if (process === 0) return Number.NaN;
  for (const i of events) {
    if (logins.timeUs[i] < logins.timeUs[success] || logins.process[i] !== process) continue;
    if (logins.outcome[i] === LOGIN_OUTCOME.disconnect || logins.outcome[i] === LOGIN_OUTCOME.sessionClosed)
      return logins.timeUs[i] - logins.timeUs[success];
  }
  return Number.NaN;
}
