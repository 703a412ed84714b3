import { seededRandom } from '../base/random';
import { empiricalP, quantileSorted } from '../base/statistics';
import { MICROS_PER_MINUTE } from '../base/time';
import { plural } from '../base/units';
import { STANDING, type Ground } from './context';
import type { DecoyFinding } from './findings';
import type { Bench } from './ground';
import type { Noise } from './noise';
import { quietMarks, type Mark } from './timeline';

/** Bins that a case may have before they are made wider. */
const MOST_BINS = 2_000_000;
const MOST_PEAKS = 20;

/** An actor and what it did: who might have been covered by noise. */
export interface DecoyLane {
  readonly actor: string;
  readonly marks: readonly Mark[];
}

/**
 * Whether quiet sessions lie under peaks of noise more than chance would have it (ANALYSIS, section 5). Statistic: mean noise events a
 * minute in the minutes of the quiet sessions. Null: the same sessions, all moved by one random step around the covered
 * minutes in which something was exposed, which keeps their own rhythm and the noise's. Only those minutes: noise and quiet actors alike get in
 * while a port is open, so to move sessions out of that time would find a cover in every case.
 */
export function findDecoy(
  bench: Bench,
  noise: Noise,
  marks: readonly DecoyLane[] = quietMarks(bench, noise),
): DecoyFinding {
  const { ground } = bench;
  const sessions = marks.reduce((sum, lane) => sum + lane.marks.length, 0);
  const shifts = ground.thresholds.decoyShifts;
  const unusable = (reason: string): DecoyFinding => ({
    isUsable: false,
    reason,
    observed: Number.NaN,
    expected: Number.NaN,
    p: Number.NaN,
    shifts: 0,
    sessions,
    nullQuantiles: [],
    peaks: [],
  });
  if (sessions === 0) return unusable('No quiet actor, so there is nothing that noise could cover.');
  const intensity = noiseIntensity(bench, noise);
  if (intensity.total === 0) return unusable('No noise, so nothing could cover the quiet actors.');
  if (intensity.covered.length < 60)
    return unusable(
      'The logs cover less than an hour of the exposure: too little to move sessions around in.',
    );
  const places: number[] = [];
  for (const lane of marks) {
    for (const mark of lane.marks) {
      const at = intensity.indexOf(mark.atUs);
      if (at !== -1) places.push(at);
    }
  }
  if (places.length === 0)
    return unusable(
      'No quiet session while anything was exposed, so there is nothing that noise could cover.',
    );
  const { covered } = intensity;
  const meanAt = (shift: number): number => {
    let sum = 0;
    for (const place of places) sum += covered[(place + shift) % covered.length];
    return sum / places.length;
  };
  const observed = meanAt(0);
  const random = seededRandom(ground.thresholds.seed);
  const nulls = new Float64Array(shifts);
  for (let k = 0; k < shifts; k++) nulls[k] = meanAt(1 + Math.floor(random() * (covered.length - 1)));
  nulls.sort();
  const points = Math.min(200, shifts);
  return {
    isUsable: true,
    reason: `${plural(places.length, 'quiet session')} moved ${plural(shifts, 'time')} around ${plural(covered.length, 'covered minute')} of the exposure. Co-occurrence is not intent.`,
    observed,
    expected: nulls.reduce((sum, value) => sum + value, 0) / shifts,
    p: empiricalP(observed, nulls),
    shifts,
    sessions: places.length,
    nullQuantiles: Array.from({ length: points }, (_, k) =>
      quantileSorted(nulls, k / Math.max(1, points - 1)),
    ),
    peaks: peaksOf(marks, intensity),
  };
}

interface Intensity {
  /** Noise events a minute in each covered minute, in the order of time. */
  readonly covered: Float64Array;
  readonly total: number;
  /** Index in `covered`, or −1. */
  indexOf(us: number): number;
}

/** 1 for each bin in which some service was exposed; everywhere where no exposure is known. */
function exposedBins(ground: Ground, bins: number, binUs: number): Uint8Array {
  const exposed = new Uint8Array(bins);
  if (ground.exposure.length === 0) return exposed.fill(1);
  for (const { openedUs, closedUs } of ground.exposure) {
    const from = Math.floor((Math.max(openedUs, ground.fromUs) - ground.fromUs) / binUs);
    const to = Math.floor((Math.min(closedUs, ground.toUs) - ground.fromUs) / binUs);
    exposed.fill(1, Math.min(from, bins), Math.max(0, Math.min(to + 1, bins)));
  }
  return exposed;
}

/**
 * Minutes in which any source has a row are covered, and so are the silences between them that are no longer than an hour; of these, the
 * ones in which something was exposed.
 */
function noiseIntensity(bench: Bench, noise: Noise): Intensity {
  const { ground, contacts, logins, queries } = bench;
  const { standing } = noise.standings;
  const { fromUs, toUs, sessions } = ground;
  const span = Math.max(1, toUs - fromUs);
  const binUs = Math.max(MICROS_PER_MINUTE, Math.ceil(span / MOST_BINS));
  const bins = Math.min(MOST_BINS, Math.floor(span / binUs) + 1);
  const counts = new Float64Array(bins);
  const isSeen = new Uint8Array(bins);
  let total = 0;
  const add = (times: Float64Array, actors: Uint32Array, count: number, isCounted?: Uint32Array): void => {
    for (let i = 0; i < count; i++) {
      const bin = Math.floor((times[i] - fromUs) / binUs);
      if (!(bin >= 0 && bin < bins)) continue;
      isSeen[bin] = 1;
      if (standing[actors[i]] !== STANDING.noise || isCounted?.[i] === 0) continue;
      counts[bin] += 1;
      total += 1;
    }
  };
  add(sessions.startUs, sessions.actor, sessions.count, contacts.ofSession);
  add(logins.timeUs, logins.actor, logins.count);
  add(queries.timeUs, queries.actor, queries.count);
  const exposed = exposedBins(ground, bins, binUs);
  const places = new Int32Array(bins).fill(-1);
  const covered = new Float64Array(bins);
  const perMinute = MICROS_PER_MINUTE / binUs;
  const longest = Math.max(1, Math.round((60 * MICROS_PER_MINUTE) / binUs));
  let count = 0;
  let last = -1;
  for (let bin = 0; bin < bins; bin++) {
    if (isSeen[bin] === 0) continue;
    const from = last !== -1 && bin - last <= longest ? last + 1 : bin;
    for (let b = from; b <= bin; b++) {
      if (exposed[b] === 0) continue;
      places[b] = count;
      covered[count++] = counts[b] * perMinute;
    }
    last = bin;
  }
  return {
    covered: covered.subarray(0, count),
    total,
    indexOf: (us) => places[Math.floor((us - fromUs) / binUs)] ?? -1,
  };
}

function peaksOf(lanes: readonly DecoyLane[], intensity: Intensity): DecoyFinding['peaks'] {
  return lanes
    .flatMap(({ actor, marks }) =>
      marks.map(({ atUs, rows }) => ({
        actor,
        atUs,
        perMinute: intensity.covered[intensity.indexOf(atUs)] ?? 0,
        rows,
      })),
    )
    .sort((a, b) => b.perMinute - a.perMinute || a.atUs - b.atUs)
    .slice(0, MOST_PEAKS);
}
