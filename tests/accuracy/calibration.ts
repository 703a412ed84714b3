import type { Evidence } from '../../src/lib/analysis/evidence';
import { VERDICT } from '../../src/lib/tables/schemas';
import { layBase, layGround } from '../../src/lib/analysis/ground';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { lowerBound } from '../../src/lib/base/statistics';
import { Draw } from '../scenarios/draw';
import type { Truth } from '../scenarios/truth';

/** Bots held out of the control group and judged against it, as if they were suspects. */
const HELD_OUT = 0.1;
const FEWEST_CONTROLS = 200;

/**
 * p-values where the null is true: bots that are bots, held against the sessions of the others on the same service, one session each.
 * Uniform if a control group that holds many sessions of few actors can be trusted. Empty without flows or with little noise.
 *
 * Bots of one program move the same number of bytes, and a p-value that counts ties against the suspect, as the notebook's does, is then
 * larger than uniform (never smaller: the side on which it must not err). Smoothed p-values (Vovk, Gammerman & Shafer, Algorithmic Learning in
 * a Random World, 2005, section 2.2) share ties out at random and are exactly uniform when suspects and controls can be exchanged.
 */
export function controlPs(evidence: Evidence, parameters: CaseParameters, truth: Truth): number[] {
  if (evidence.tables.flows.rowCount === 0) return [];
  const { ground } = layGround(layBase(evidence, parameters));
  const { sessions, actors } = ground;
  const noise = new Set(Object.values(truth.actors.noise).flat());
  const draw = new Draw(truth.seed).fork('calibration');
  const isHeldOut = new Map<number, boolean>();
  const controls: number[] = [];
  const held = new Map<number, number[]>();
  for (let i = 0; i < sessions.count; i++) {
    const actor = sessions.actor[i] ?? 0;
    const bytes = sessions.bytesToActor[i] ?? Number.NaN;
    if (sessions.assetPort[i] !== 22 || sessions.verdict[i] !== VERDICT.accept || !(bytes > 0)) continue;
    if (!noise.has(actors.texts[actor] ?? '')) continue;
    let out = isHeldOut.get(actor);
    if (out === undefined) isHeldOut.set(actor, (out = draw.chance(HELD_OUT)));
    if (out) held.set(actor, [...(held.get(actor) ?? []), bytes]);
    else controls.push(bytes);
  }
  if (controls.length < FEWEST_CONTROLS) return [];
  const sorted = Float64Array.from(controls).sort();
  return [...held.values()].map((values) => smoothedP(draw.pick(values), sorted, draw.uniform()));
}

/** (#null > x + u · (1 + #null = x))/(1 + #null); `u` uniform on 0…1. */
function smoothedP(value: number, ascending: Float64Array, u: number): number {
  const below = lowerBound(ascending, value);
  // Bytes are whole numbers.
  const upTo = lowerBound(ascending, value + 0.5);
  return (ascending.length - upTo + u * (1 + upTo - below)) / (1 + ascending.length);
}
