import type { Bench } from './ground';

/** What the Internet's background does to anybody; index = ActorId. */
export interface Background {
  /** Services that turned it away before the first exposure opened, of actors of whom none got through by then. */
  readonly turnedAwayBefore: Uint32Array;
  /** Assets that turned it away and were never exposed, of actors from outside. */
  readonly neverExposed: Uint32Array;
  /** 1 by AssetId: the assets that are not among those. */
  readonly isAssetExposed: Uint8Array;
}

/**
 * Nothing was to be had before the exposure, nor ever on an asset that was not exposed: who calls there did not come for what was open. A
 * contact counts for one of both, so that no call is held against an actor twice. Where nothing was exposed at all, no asset stands apart.
 */
export function findBackground(bench: Bench): Background {
  const { contacts, ground, exposure, outside } = bench;
  const { count } = ground.actors;
  const turnedAwayBefore = new Uint32Array(count);
  const neverExposed = new Uint32Array(count);
  const isAssetExposed = exposedAssets(bench);
  let opened = Infinity;
  for (const window of exposure.windows) if (window.openedUs < opened) opened = window.openedUs;
  // The last actor, + 1, that each asset without exposure turned away.
  const seenBy = new Uint32Array(ground.assets.count);
  const { starts, order } = contacts.byActor;
  for (let actor = 0; actor < count; actor++) {
    let before = 0;
    let isLetIn = false;
    for (let k = starts[actor]; k < starts[actor + 1]; k++) {
      const c = order[k];
      const asset = contacts.services.asset[contacts.service[c]];
      if (contacts.firstReachedUs[c] < opened) isLetIn = true;
      if (contacts.turnedAway[c] === 0) continue;
      if (isAssetExposed[asset] === 1 || outside[actor] === 0) {
        if (contacts.firstUs[c] < opened) before += 1;
      } else if (seenBy[asset] !== actor + 1) {
        seenBy[asset] = actor + 1;
        neverExposed[actor] += 1;
      }
    }
    if (!isLetIn) turnedAwayBefore[actor] = before;
  }
  return { turnedAwayBefore, neverExposed, isAssetExposed };
}

/** 1 by AssetId of assets that have a window of exposure, or that let a stranger in though nothing answered; all where there is no window. */
function exposedAssets({ contacts, ground, exposure, outside }: Bench): Uint8Array {
  const isExposed = new Uint8Array(ground.assets.count);
  if (exposure.windows.length === 0) return isExposed.fill(1);
  for (const { asset } of exposure.windows) isExposed[asset] = 1;
  for (let c = 0; c < contacts.count; c++) {
    const actor = contacts.actor[c];
    if (contacts.reached[c] > 0 && outside[actor] === 1 && ground.actors.known[actor] === undefined)
      isExposed[contacts.services.asset[contacts.service[c]]] = 1;
  }
  return isExposed;
}

/** The assets that `neverExposed` counts of one actor. */
export function neverExposedOf({ contacts }: Bench, { isAssetExposed }: Background, actor: number): number[] {
  const assets = new Set<number>();
  const { starts, order } = contacts.byActor;
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const asset = contacts.services.asset[contacts.service[order[k]]];
    if (isAssetExposed[asset] === 0 && contacts.turnedAway[order[k]] > 0) assets.add(asset);
  }
  return [...assets];
}
