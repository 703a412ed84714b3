import { PairSet } from '../base/pair-set';
import { medianAbsoluteDeviation, quantileSorted, robustZ } from '../base/statistics';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { STANDING } from './context';
import type { Bench } from './ground';
import type { Thresholds } from './parameters';

/** Hours in which an actor made a service's outgoing volume stand out; index = ActorId. */
export interface Volumes {
  /** Largest robust z; NaN: none of its hours could be judged. */
  readonly z: Float64Array;
  readonly hourUs: Float64Array;
  readonly bytes: Float64Array;
  /** Largest single answer before and after the opening of the service it was on, where that has a time before; 0: none. */
  readonly mostBefore: Float64Array;
  readonly mostAfter: Float64Array;
}

/** Hours that are compared: five years; a longer case is judged by its last five. */
const MOST_HOURS = 5 * 366 * 24;
const DAY_HOURS = 24;
const WEEK_HOURS = 168;
type Limits = Pick<Thresholds, 'volumeOwnShare' | 'volumeFewestHours'>;

/**
 * Robust z of each exposed service's hourly bytes to actors, against the same hour of other weeks (Iglewicz & Hoaglin), or, where the
 * evidence has too few weeks, the same hour of other days. A service without any usual traffic has no scale
 * (MAD 0), and then nothing is said. `openings`: by service, when its exposure opened; NaN: not known.
 */
export function judgeVolumes(
  bench: Bench,
  standing: Uint8Array,
  openings: Float64Array,
  limits: Limits,
): Volumes {
  const { ground, contacts } = bench;
  const { sessions, actors } = ground;
  const count = actors.count;
  const volumes: Volumes = {
    z: new Float64Array(count).fill(Number.NaN),
    hourUs: new Float64Array(count),
    bytes: new Float64Array(count),
    mostBefore: new Float64Array(count),
    mostAfter: new Float64Array(count),
  };
  if (sessions.count === 0) return volumes;
  const fromUs =
    Math.floor(Math.max(ground.fromUs, ground.toUs - MOST_HOURS * MICROS_PER_HOUR) / MICROS_PER_DAY) *
    MICROS_PER_DAY;
  const hours = Math.floor((ground.toUs - fromUs) / MICROS_PER_HOUR) + 1;
  const slotOf = exposedSlots(bench);
  const byHour = new Map<number, Float64Array>();
  const own = new PairSet();
  const ownBytes: number[] = [];
  for (let i = 0; i < sessions.count; i++) {
    const contact = contacts.ofSession[i];
    const bytes = sessions.bytesToActor[i];
    if (contact === 0 || !(bytes > 0)) continue;
    const service = contacts.service[contact - 1];
    noteExtremes(
      volumes,
      sessions.actor[i],
      bytes,
      sessions.startUs[i] < openings[service],
      openings[service],
    );
    const hour = Math.floor((sessions.startUs[i] - fromUs) / MICROS_PER_HOUR);
    const slot = slotOf[service];
    if (slot === 0 || hour < 0 || hour >= hours) continue;
    let series = byHour.get(slot);
    if (!series) byHour.set(slot, (series = new Float64Array(hours)));
    series[hour] += bytes;
    const held = standing[sessions.actor[i]];
    if (held === STANDING.noise || held === STANDING.known) continue;
    const key = own.add(sessions.actor[i], slot * hours + hour);
    ownBytes[key] = (ownBytes[key] ?? 0) + bytes;
  }
  for (let key = 0; key < own.size; key++) {
    const actor = own.first[key];
    const slot = Math.floor(own.second[key] / hours);
    const hour = own.second[key] % hours;
    const series = byHour.get(slot);
    if (!series || ownBytes[key] < series[hour] * limits.volumeOwnShare) continue;
    const z = zOf(series, hour, limits.volumeFewestHours);
    if (Number.isNaN(z) || z <= (volumes.z[actor] || -Infinity)) continue;
    volumes.z[actor] = z;
    volumes.hourUs[actor] = fromUs + hour * MICROS_PER_HOUR;
    volumes.bytes[actor] = series[hour];
  }
  return volumes;
}

/** Slot from 1 by service that is exposed at any time; 0 for the others. */
function exposedSlots(bench: Bench): Uint32Array {
  const { services } = bench.contacts;
  const exposed = new Set(
    bench.exposure.windows.map((window) => `${window.asset}:${window.port}:${window.protocol}`),
  );
  const slots = new Uint32Array(services.count);
  let next = 1;
  for (let service = 0; service < services.count; service++) {
    const key = `${services.asset[service]}:${services.port[service]}:${services.protocol[service]}`;
    if (exposed.has(key)) slots[service] = next++;
  }
  return slots;
}

function noteExtremes(
  volumes: Volumes,
  actor: number,
  bytes: number,
  isBefore: boolean,
  openedUs: number,
): void {
  if (Number.isNaN(openedUs)) return;
  const column = isBefore ? volumes.mostBefore : volumes.mostAfter;
  if (bytes > column[actor]) column[actor] = bytes;
}

/**
 * z of one hour against the same hour of other weeks, or of other days; NaN where neither gives a scale. Over ln(1 + bytes) *own*:
 * volumes vary by factors, and on the plain scale every busy hour would be an outlier.
 */
export function zOf(series: Float64Array, hour: number, fewest: number): number {
  for (const period of [WEEK_HOURS, DAY_HOURS]) {
    const others: number[] = [];
    for (let at = hour % period; at < series.length; at += period)
      if (at !== hour) others.push(Math.log1p(series[at]));
    if (others.length < fewest) continue;
    const sorted = Float64Array.from(others).sort();
    const center = quantileSorted(sorted, 0.5);
    const mad = medianAbsoluteDeviation(sorted, center);
    if (mad > 0) return robustZ(Math.log1p(series[hour]), center, mad);
  }
  return Number.NaN;
}
