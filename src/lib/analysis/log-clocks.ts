import { greatest } from '../base/extremes';
import { MICROS_PER_SECOND } from '../base/time';
import { mostOff, offsetAt, type ClockFit } from './clock-offset';
import type { Ground } from './context';
import { assetOfHost, type LogClocks } from './login-matches';

/**
 * Log times in the flow clock. A host whose clock is hours off would put its lines on the wrong day, and a read into a time when nothing was
 * exposed. Only logs that were matched to flows themselves are set right: two logs of one machine may be written in two zones.
 */
export class ClockCorrection {
  readonly #logins = new Map<number, ClockFit>();
  readonly #queries = new Map<number, ClockFit>();
  /** Clocks of login logs that are off, by the asset that wrote them. */
  readonly #ofAsset = new Map<number, ClockFit>();
  /** Largest correction made, in microseconds: how far from its row a time that was set right may lie. */
  readonly widestUs: number;

  /** Clocks that agree this well with the flows are left as they are: delays and rounding are no offset. */
  readonly #agreesUs: number;

  /** With `hasOthers` there are other times too. */
  constructor(ground: Ground, clocks?: LogClocks, hasOthers = false) {
    this.#agreesUs = ground.thresholds.clockAgreesSeconds * MICROS_PER_SECOND;
    for (const clocked of clocks?.hosts ?? []) {
      const { host, clock } = clocked;
      this.#logins.set(keyOf(host.source, host.host), clock);
      if (hasOthers && this.#isOff(clock)) this.#ofAsset.set(assetOfHost(ground, clocked), clock);
    }
    for (const log of clocks?.queryLogs ?? []) this.#queries.set(keyOf(log.source, log.host), log.clock);
    const all = [...this.#logins.values(), ...this.#queries.values()].filter((clock) => this.#isOff(clock));
    this.widestUs = greatest(all.map(mostOff), 0);
  }

  loginTime(source: number, host: number, us: number): number {
    return this.widestUs === 0 ? us : this.#corrected(this.#logins.get(keyOf(source, host)), us);
  }

  queryTime(source: number, host: number, us: number): number {
    return this.widestUs === 0 ? us : this.#corrected(this.#queries.get(keyOf(source, host)), us);
  }

  /**
   * When else a query may have been: where its log could not be held against flows, but the asset's login log could and is off. The machine's
   * clock may be wrong, and then so are these times, or only the zone of that other log. NaN: there is no other time.
   */
  otherQueryTime(source: number, host: number, asset: number, us: number): number {
    if (this.#ofAsset.size === 0 || this.#queries.has(keyOf(source, host))) return Number.NaN;
    const clock = this.#ofAsset.get(asset);
    return clock ? this.#corrected(clock, us) : Number.NaN;
  }

  #isOff(clock: ClockFit): boolean {
    return mostOff(clock) > this.#agreesUs;
  }

  #corrected(clock: ClockFit | undefined, us: number): number {
    return clock && this.#isOff(clock) ? us - offsetAt(clock, us - clock.offsetUs) : us;
  }
}

/** A host's lines are one log in however many files; lines without a host are their file's. */
function keyOf(source: number, host: number): number {
  return host === 0 ? -1 - source : host;
}
