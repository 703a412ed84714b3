import { least } from '../base/extremes';
import { formatUtc, parseIsoUtc } from '../base/time';
import type { Ground } from './context';
import type { RungBook } from './rung-book';

/** From when on an asset's own logs stop counting for negatives, and why. */
export interface TrustHorizon {
  /** Infinity: never. */
  readonly fromUs: number;
  readonly text: string;
}

/**
 * The log-trust horizon (ANALYSIS 8): the first moment at which an undeclared actor may have had rights on the asset, or the analyst's
 * "distrust HOST after T", whichever is earlier. Sources held off the asset are not touched by it.
 */
export function trustHorizon(ground: Ground, book: RungBook, asset: number): TrustHorizon {
  const name = ground.assets.names[asset] ?? '';
  const told = (ground.parameters.distrust ?? [])
    .filter((entry) => isAsset(ground, asset, entry.asset))
    .map((entry) => parseIsoUtc(entry.after) as number)
    .filter((us) => !Number.isNaN(us));
  const toldUs = least(told);
  const seenUs = book.privilegedFrom(asset);
  if (toldUs === Infinity && seenUs === Infinity) return { fromUs: Infinity, text: '' };
  return toldUs <= seenUs
    ? {
        fromUs: toldUs,
        text: `${name}'s own logs are distrusted from ${formatUtc(toldUs)} on, as the analyst says.`,
      }
    : {
        fromUs: seenUs,
        text: `From ${formatUtc(seenUs)} on someone may have had rights on ${name}, so its own logs no longer count.`,
      };
}

function isAsset(ground: Ground, asset: number, name: string): boolean {
  return ground.assets.names[asset] === name || (ground.assets.aliases[asset] ?? []).includes(name);
}
