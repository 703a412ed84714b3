import { FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import { MICROS_PER_MINUTE, MICROS_PER_MS } from '../base/time';

/** A zone by its IANA name (`Europe/Berlin`), `UTC`, `Z`, or a fixed offset (`+05:30`, `UTC-3`); undefined when it is none of these. */
export function zoneOf(text: string): Zone | undefined {
  const name = text.trim();
  if (/^(?:utc|gmt|z|etc\/utc)$/i.test(name)) return FixedOffsetZone.utcInstance;
  const offset = /^(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d\d))?$/i.exec(name);
  if (offset) {
    const [, sign, hours, minutes = '0'] = offset;
    const total = Number(hours) * 60 + Number(minutes);
    if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
    return FixedOffsetZone.instance(sign === '-' ? -total : total);
  }
  const zone = IANAZone.create(name);
  return zone.isValid ? zone : undefined;
}

/** Zone rules change at whole quarters of an hour of the wall clock. */
const BUCKET_US = 15 * MICROS_PER_MINUTE;

/** What a wall clock's quarter of an hour can mean. Both offsets are the same outside the hours at which clocks are changed. */
interface Bucket {
  /** Microseconds to subtract, for the first and the second time that the clock showed it. */
  readonly firstUs: number;
  readonly secondUs: number;
  /** The clock was moved past it: it never showed this time. */
  readonly isSkipped: boolean;
}

/** Lines may be written a little out of order. */
const DISORDER_US = 5 * MICROS_PER_MINUTE;

/**
 * Wall-clock times of one source, in the order of its lines, as UTC. An hour that the clock showed twice is told apart by that order:
 * once a line lies before the one just read, the second showing has begun.
 */
export class WallClock {
  /** Times that the clock showed twice, and times that it never showed: too many of the latter mean that the zone is wrong. */
  ambiguous = 0;
  skipped = 0;
  readonly #zone: Zone;
  readonly #buckets = new Map<number, Bucket>();
  #lastKey = Number.NaN;
  #last: Bucket = { firstUs: 0, secondUs: 0, isSkipped: false };
  #previousUs = -Infinity;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /** UTC microseconds of a wall-clock time that is stored as if it were UTC. */
  toUtc(wallUs: number): number {
    if (Number.isNaN(wallUs)) return wallUs;
    const key = Math.floor(wallUs / BUCKET_US);
    if (key !== this.#lastKey) {
      this.#last = this.#bucket(key);
      this.#lastKey = key;
    }
    const { firstUs, secondUs, isSkipped } = this.#last;
    let us = wallUs - firstUs;
    if (isSkipped) this.skipped += 1;
    if (firstUs !== secondUs && !isSkipped) {
      this.ambiguous += 1;
      if (us < this.#previousUs - DISORDER_US) us = wallUs - secondUs;
    }
    this.#previousUs = us;
    return us;
  }

  #bucket(key: number): Bucket {
    const known = this.#buckets.get(key);
    if (known) return known;
    const wallUs = key * BUCKET_US;
    const offsetAt = (us: number): number => this.#zone.offset(us / MICROS_PER_MS) * MICROS_PER_MINUTE;
    // Of the offsets in force a day before and after, those fit under which the clock really showed this time.
    const before = offsetAt(wallUs - 24 * 60 * MICROS_PER_MINUTE);
    const after = offsetAt(wallUs + 24 * 60 * MICROS_PER_MINUTE);
    const isBefore = offsetAt(wallUs - before) === before;
    const isAfter = offsetAt(wallUs - after) === after;
    const bucket: Bucket =
      isBefore && isAfter
        ? { firstUs: before, secondUs: after, isSkipped: false }
        : isBefore
          ? { firstUs: before, secondUs: before, isSkipped: false }
          : isAfter
            ? { firstUs: after, secondUs: after, isSkipped: false }
            : { firstUs: before, secondUs: before, isSkipped: true };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
