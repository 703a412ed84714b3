import { MICROS_PER_DAY } from '../base/time';
import type { AssetId, ExposureWindow, Ground } from './context';
import type { CoverageFamily } from './coverage-families';
import { joined, type Stretch } from './stretches';

/**
 * When an asset may have been exposed as far as a case goes. An end that no log tells is looked for in the time that the asset's own logs lie in, and
 * not over months of which no log tells anything (*own*): beside a file of another year, a service that was open when its log began would have
 * been open for years.
 */
export class CaseTimes {
  readonly #ground: Ground;
  readonly #familiesOf: (asset: AssetId) => readonly CoverageFamily[];
  /** Stretches that the logs lie in, in order, with months between them. */
  readonly #times: readonly Stretch[];

  constructor(ground: Ground, familiesOf: (asset: AssetId) => readonly CoverageFamily[]) {
    this.#ground = ground;
    this.#familiesOf = familiesOf;
    const reach = (ground.thresholds.caseApartDays * MICROS_PER_DAY) / 2;
    const logs = ground.evidence.sources.filter(({ firstUs, lastUs }) => lastUs >= firstUs);
    this.#times = joined(
      logs.map(({ firstUs, lastUs }) => ({ fromUs: firstUs - reach, toUs: lastUs + reach })),
    ).map(({ fromUs, toUs }) => ({ fromUs: fromUs + reach, toUs: toUs - reach }));
  }

  /** The window, its open ends closed where the asset's time ends. */
  within({ asset, openedUs, closedUs }: Pick<ExposureWindow, 'asset' | 'openedUs' | 'closedUs'>): Stretch {
    const { fromUs, toUs } = this.#timeOf(asset);
    return {
      fromUs: openedUs === -Infinity ? fromUs : Math.max(openedUs, this.#ground.fromUs),
      toUs: closedUs === Infinity ? toUs : Math.min(closedUs, this.#ground.toUs),
    };
  }

  #timeOf(asset: AssetId): Stretch {
    const { fromUs, toUs } = this.#ground;
    if (this.#times.length < 2) return { fromUs, toUs };
    const own = joined(this.#familiesOf(asset).flatMap(({ stretches }) => stretches));
    const [first] = own;
    const last = own[own.length - 1];
    if (!first || !last) return { fromUs, toUs };
    const around = this.#times.filter((time) => time.toUs >= first.fromUs && time.fromUs <= last.toUs);
    return {
      fromUs: Math.max(fromUs, around[0]?.fromUs ?? fromUs),
      toUs: Math.min(toUs, around[around.length - 1]?.toUs ?? toUs),
    };
  }
}
