import { REACHED, type Contacts } from './contacts';
import type { Thresholds } from './parameters';

/** How each actor's first contacts went; index = ActorId. */
export interface Scanning {
  /** ln Λ of the Threshold Random Walk. */
  readonly logRatio: Float64Array;
  /** 1: declared a scanner on the way, −1: benign, 0: pending. The first decision stands. */
  readonly decision: Int8Array;
  readonly contacts: Uint32Array;
  readonly failed: Uint32Array;
}

/**
 * Threshold Random Walk (Jung, Paxson, Berger & Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis Testing", IEEE
 * S&P 2004) over first contacts with (asset, port) pairs instead of hosts, since few assets are exposed. θ0 is the chance that
 * a benign source's first contact succeeds, θ1 a scanner's. Contacts whose outcome the export cannot tell take no step, nor do
 * answers of a service while it was exposed *own*: it answers scanners as readily, so its answer tells nothing.
 */
export function walkFirstContacts(
  contacts: Contacts,
  actorCount: number,
  isExposed: (service: number, atUs: number) => boolean,
  limits: Pick<Thresholds, 'trwTheta0' | 'trwTheta1' | 'trwUpper'>,
): Scanning {
  const { trwTheta0, trwTheta1, trwUpper } = limits;
  const onSuccess = Math.log(trwTheta1 / trwTheta0);
  const onFailure = Math.log((1 - trwTheta1) / (1 - trwTheta0));
  const upper = Math.log(trwUpper);
  const logRatio = new Float64Array(actorCount);
  const decision = new Int8Array(actorCount);
  const seen = new Uint32Array(actorCount);
  const failed = new Uint32Array(actorCount);
  const { starts, order } = contacts.byActor;
  for (let actor = 0; actor < actorCount; actor++) {
    let ratio = 0;
    let decided = 0;
    let [told, turnedAway] = [0, 0];
    // Contacts are numbered in the order of their first session, which is the order of the walk.
    for (let k = starts[actor]; k < starts[actor + 1]; k++) {
      const c = order[k];
      const outcome = contacts.firstOutcome[c];
      if (outcome === REACHED.unknown) continue;
      told += 1;
      if (outcome === REACHED.turnedAway) turnedAway += 1;
      if (decided !== 0) continue;
      if (outcome === REACHED.yes && isExposed(contacts.service[c], contacts.firstUs[c])) continue;
      ratio += outcome === REACHED.yes ? onSuccess : onFailure;
      if (ratio >= upper - 1e-9) decided = 1;
      else if (ratio <= -upper + 1e-9) decided = -1;
    }
    logRatio[actor] = ratio;
    decision[actor] = decided;
    seen[actor] = told;
    failed[actor] = turnedAway;
  }
  return { logRatio, decision, contacts: seen, failed };
}
