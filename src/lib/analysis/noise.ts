import { isMappedIpv4 } from '../base/addresses';
import { PairSet } from '../base/pair-set';
import { finished, type InParts } from '../base/parts';
import { STANDING, type Standings } from './context';
import type { Sign } from './findings';
import type { Bench } from './ground';
import { findBackground } from './noise-background';
import { findBursts } from './noise-bursts';
import { findCrowd } from './noise-crowd';
import { findDistributed, type Distributed } from './noise-distributed';
import { findGuessing, type Guessing } from './noise-guessing';
import { walkFirstContacts, type Scanning } from './noise-scanning';
import { findShapes, type Shapes } from './noise-shape';
import { visitSigns, type Limits, type Parts, type Visit } from './noise-signs';
import { findSuccesses, type Success } from './successes';
import { NOISE_THRESHOLDS, NOISE_WEIGHTS, pickThresholds } from './thresholds';

/** Everything the noise question found; `standings` is what the later questions need of it. */
export interface Noise {
  readonly standings: Standings;
  readonly guessing: Guessing;
  readonly distributed: Distributed;
  readonly scanning: Scanning;
  readonly shapes: Shapes;
  readonly successes: ReadonlyMap<number, Success>;
  /** What makes two actors related, by ActorId: the same /24 (IPv4) or /48 (IPv6), or being the same principal. */
  readonly network: Uint32Array;
  /** Named reasons of an actor; the noise score is the sum of their weights. */
  signsOf(actor: number): Sign[];
}

export function findNoise(bench: Bench): Noise {
  return finished(findNoiseInParts(bench));
}

export function* findNoiseInParts(bench: Bench): InParts<Noise> {
  const { ground, contacts, logins, activity } = bench;
  const { actors, thresholds, evidence } = ground;
  const limits: Limits = {
    ...pickThresholds(thresholds, NOISE_THRESHOLDS),
    ...pickThresholds(thresholds, NOISE_WEIGHTS),
  };
  const network = networksOf(bench);
  const networkOf = (actor: number): number => network[actor];
  const strings = evidence.dictionaries.strings.size;
  const guessing = findGuessing(logins, actors.count, strings, networkOf, limits);
  yield;
  const scanning = walkFirstContacts(contacts, actors.count, bench.isServiceExposed, limits);
  const shapes = findShapes(contacts, activity, guessing, bench.queries, network);
  yield;
  const successes = findSuccesses(logins, activity.successes, thresholds, (user) =>
    ground.evidence.dictionaries.strings.text(user),
  );
  const background = findBackground(bench);
  const crowd = findCrowd(bench, limits.ordinaryTail);
  yield;
  const distributed = findDistributed(logins, guessing, activity.successes, actors.known, thresholds);
  const bursts = findBursts(
    contacts,
    ground.sessions.lateUs,
    logins,
    bench.queries,
    evidence,
    actors.count,
    limits,
  );
  const parts: Parts = {
    ...{ bench, guessing, distributed, scanning, shapes, bursts },
    ...{ crowd, successes, background, limits },
  };
  yield;
  const standing = new Uint8Array(actors.count);
  const noiseScore = new Float64Array(actors.count);
  let score = 0;
  const sum: Visit = (_, __, weight) => {
    score += weight;
    return undefined;
  };
  for (let actor = 0; actor < actors.count; actor++) {
    if (activity.events[actor] > 0) {
      score = 0;
      visitSigns(parts, actor, sum);
      noiseScore[actor] = score;
    }
    if (actors.known[actor] !== undefined) standing[actor] = STANDING.known;
    else if (noiseScore[actor] >= limits.noiseScore) standing[actor] = STANDING.noise;
  }
  return {
    standings: {
      standing,
      noiseScore,
      campaign: new Uint32Array(actors.count),
      firstUs: activity.firstUs,
      lastUs: activity.lastUs,
    },
    guessing,
    distributed,
    scanning,
    shapes,
    successes,
    network,
    signsOf(actor) {
      const signs: Sign[] = [];
      if (activity.events[actor] === 0) return signs;
      visitSigns(parts, actor, (sign, value, weight) => (words) => {
        signs.push({ sign, value, weight, ...words });
      });
      return signs;
    },
  };
}

function networksOf(bench: Bench): Uint32Array {
  const { addressOf, ground } = bench;
  const { addresses } = ground.evidence.dictionaries;
  // IPv4 networks have no second half, IPv6 ones 16 bits of it, and a principal is a network of its own.
  const ids = new PairSet(addressOf.length);
  const network = new Uint32Array(addressOf.length);
  for (let actor = 0; actor < addressOf.length; actor++) {
    const address = addressOf[actor];
    const w0 = addresses.wordOf(address, 0);
    const w1 = addresses.wordOf(address, 1);
    if (address === 0) network[actor] = ids.add(actor, 2 << 16);
    else if (isMappedIpv4(w0, w1, addresses.wordOf(address, 2)))
      network[actor] = ids.add(addresses.wordOf(address, 3) >>> 8, 1 << 16);
    else network[actor] = ids.add(w0, w1 >>> 16);
  }
  return network;
}
