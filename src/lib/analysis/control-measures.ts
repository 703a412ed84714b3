import { quantileInPlace } from '../base/statistics';
import type { Ground } from './context';
import type { ControlGroup } from './findings';

export type Measure = ControlGroup['measures'][number]['measure'];
export const MEASURES: readonly Measure[] = ['bytesToActor', 'bytesFromActor', 'packets', 'durationUs'];

/** Steepest tail that is believed, and the least p that it may give: sizes that hardly vary would promise more than they know. */
const STEEPEST = 8;
const LEAST_P = 1e-12;

/** `measure` is an index in MEASURES. */
export function measureOf(ground: Ground, session: number, measure: number): number {
  const { sessions } = ground;
  if (measure === 0) return sessions.bytesToActor[session];
  if (measure === 1) return sessions.bytesFromActor[session];
  if (measure === 3) return sessions.endUs[session] - sessions.startUs[session];
  const to = sessions.packetsToActor[session];
  const from = sessions.packetsFromActor[session];
  return Number.isNaN(to) ? from : Number.isNaN(from) ? to : to + from;
}

export function sortedValues(ground: Ground, chosen: Uint32Array, measure: number): Float64Array {
  return valuesOf(ground, chosen, measure).sort();
}

/** The values that are known of some sessions, in their order. */
export function valuesOf(ground: Ground, chosen: Uint32Array, measure: number): Float64Array {
  const values = new Float64Array(chosen.length);
  let count = 0;
  for (let k = 0; k < chosen.length; k++) {
    const value = measureOf(ground, chosen[k], measure);
    if (!Number.isNaN(value)) values[count++] = value;
  }
  return values.subarray(0, count);
}

/** Largest value of a group's sessions; −Infinity where none has one. */
export function largestValue(ground: Ground, chosen: Uint32Array, measure: number): number {
  let largest = -Infinity;
  for (let k = 0; k < chosen.length; k++) {
    const value = measureOf(ground, chosen[k], measure);
    if (value > largest) largest = value;
  }
  return largest;
}

export interface Tail {
  readonly from: number;
  readonly slope: number;
}

/**
 * The upper tail as a power law from the upper quartile on *own*, as steep as sizes are spread from the median to it or from it to q95, whichever
 * is steeper. Quantiles so far inside are not moved by the few large sessions among them. Sizes of one kind of session are at most
 * log-normal, whose tail falls the faster the further out, so each spread alone promises no more than the tail keeps, and p-values err to the
 * safe side. Both are asked since strangers are of several kinds: at SSH half of them hang up after the greeting (250 bytes) and half
 * guess (2,600), and what lies between the two kinds says nothing of how far either goes. Puts the values in another order.
 */
export function tailOf(values: Float64Array): Tail {
  const from = quantileInPlace(values, 0.75);
  const inner = Math.max(quantileInPlace(values, 0.5), from / 100);
  const outer = quantileInPlace(values, 0.95);
  const slope = Math.max(slopeOf(2, from / inner), slopeOf(5, outer / from));
  return { from, slope: Math.min(STEEPEST, slope) };
}

/** Slope of a power law whose tail shrinks to one `share`th over a `spread`. */
function slopeOf(share: number, spread: number): number {
  return spread > 1 ? Math.log(share) / Math.log(spread) : STEEPEST;
}

/** P(X ≥ x) = 0.25 · (x / q75)^−slope, the extrapolation of Weissman (JASA 73, 1978) with a slope from quantiles. */
export function tailP(tail: Tail, value: number): number {
  if (!(value > tail.from)) return 0.25;
  if (tail.from <= 0) return LEAST_P;
  return Math.max(LEAST_P, 0.25 * (value / tail.from) ** -tail.slope);
}

/** Steps of size in which values are held to be alike: a factor of e^(1/16), 6 %; what lies across a step's edge is looked at as well. */
const ALIKE_STEPS = 16;

/**
 * Which values several actors share *own*. The same answer to the same request has the same size whoever asks, but for some bytes: a size that many
 * strangers got alike is a page of the service, however far it lies from all others, and what they did is one behavior.
 */
export class AlikeValues {
  /** Actors by step of size; of each no more than are needed to tell. */
  readonly #byStep = new Map<number, Set<number>>();
  readonly #most: number;

  /** `most`: actors beside one's own that may have a size and it is still no behavior. */
  constructor(most: number) {
    this.#most = Math.floor(most);
  }

  add(value: number, actor: number): void {
    const step = stepOf(value);
    let actors = this.#byStep.get(step);
    if (!actors) this.#byStep.set(step, (actors = new Set()));
    if (actors.size <= this.#most + 1) actors.add(actor);
  }

  /** Whether more than `most` others have about this value. */
  isShared(value: number, actor: number): boolean {
    const step = stepOf(value);
    const others = new Set<number>();
    for (let near = step - 1; near <= step + 1; near++)
      for (const other of this.#byStep.get(near) ?? []) if (other !== actor) others.add(other);
    return others.size > this.#most;
  }
}

function stepOf(value: number): number {
  return Math.round(Math.log(Math.max(1, value)) * ALIKE_STEPS);
}
