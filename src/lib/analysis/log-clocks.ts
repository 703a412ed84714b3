import { MICROS_PER_MINUTE } from '../base/time';
import { offsetAt, type ClockFit } from './clock-offset';
import type { LogClocks } from './login-matches';

/** Clocks that agree this well with the flows are left as they are: delays and rounding are no offset. */
const AGREES_US = MICROS_PER_MINUTE;

/**
 * Log times in the flow clock. A host whose clock is hours off would put its lines on the wrong day, and a read into a time when nothing was
 * exposed. Only logs that were matched to flows themselves are set right: two logs of one machine may be written in two zones.
 */
export class ClockCorrection {
  readonly #logins = new Map<number, ClockFit>();
  readonly #queries = new Map<number, ClockFit>();
  /** Largest correction made, in microseconds: how far from its row a time that was set right may lie. */
  readonly widestUs: number;

  constructor(clocks?: LogClocks) {
    for (const { host, clock } of clocks?.hosts ?? []) this.#logins.set(keyOf(host.source, host.host), clock);
    for (const log of clocks?.queryLogs ?? []) this.#queries.set(keyOf(log.source, log.host), log.clock);
    const all = [...this.#logins.values(), ...this.#queries.values()].filter(isOff);
    this.widestUs = Math.max(0, ...all.map((clock) => Math.abs(clock.offsetUs)));
  }

  loginTime(source: number, host: number, us: number): number {
    return this.widestUs === 0 ? us : corrected(this.#logins.get(keyOf(source, host)), us);
  }

  queryTime(source: number, host: number, us: number): number {
    return this.widestUs === 0 ? us : corrected(this.#queries.get(keyOf(source, host)), us);
  }
}

/** A host's lines are one log in however many files; lines without a host are their file's. */
function keyOf(source: number, host: number): number {
  return host === 0 ? -1 - source : host;
}

function isOff(clock: ClockFit): boolean {
  return Math.abs(clock.offsetUs) > AGREES_US;
}

function corrected(clock: ClockFit | undefined, us: number): number {
  return clock && isOff(clock) ? us - offsetAt(clock, us - clock.offsetUs) : us;
}
