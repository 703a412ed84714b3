import { PairSet } from '../base/pair-set';
import { groupBy } from '../base/sorting';
import { actorOfLogRow } from './actors';
import type { Ground } from './context';
import { GrowingColumn } from './growing-column';
import { LogPlaces } from './log-places';
import type { ServiceIndex } from './service-index';

/** Times of the log rows of each (actor, service), ascending. */
export class RowTimes {
  readonly #pairs = new PairSet();
  readonly #times: Float64Array[] = [];
  readonly firstUs = new Map<number, number>();
  readonly lastUs = new Map<number, number>();

  constructor(
    ground: Ground,
    readonly services: ServiceIndex,
  ) {
    const places = new LogPlaces(ground, services);
    const pairOf: number[] = [];
    const times = new GrowingColumn(Number.NaN);
    for (const { columns, source, length } of ground.evidence.tables.queries.segments) {
      for (let i = 0; i < length; i++) {
        const us = columns.timeUs[i];
        if (columns.actorAddr[i] === 0 || Number.isNaN(us)) continue;
        const actor = actorOfLogRow(ground.actors, columns.actorAddr[i], 0);
        if (actor === -1) continue;
        const service = places.serviceOf(source, columns.host[i], columns.service[i], columns.servicePort[i]);
        if (services.assetOf(service) === -1) continue;
        times.set(pairOf.length, us);
        pairOf.push(this.#pairs.add(actor, service));
        if (!(us >= (this.firstUs.get(service) ?? Infinity))) this.firstUs.set(service, us);
        if (!(us <= (this.lastUs.get(service) ?? -Infinity))) this.lastUs.set(service, us);
      }
    }
    const groups = groupBy(pairOf, this.#pairs.size);
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      const list = new Float64Array(groups.starts[pair + 1] - groups.starts[pair]);
      for (let k = 0; k < list.length; k++) list[k] = times.at(groups.order[groups.starts[pair] + k]);
      this.#times.push(list.sort());
    }
  }

  /** Those of one service, numbered; and by ActorId the number + 1 of its own: for whoever asks for many actors. */
  ofService(
    service: number,
    actorCount: number,
  ): { readonly ofActor: Uint32Array; readonly lists: Float64Array[] } {
    const ofActor = new Uint32Array(actorCount);
    const lists: Float64Array[] = [];
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      if (this.#pairs.second[pair] !== service) continue;
      lists.push(this.#times[pair]);
      ofActor[this.#pairs.first[pair]] = lists.length;
    }
    return { ofActor, lists };
  }

  of(actor: number, service: number): Float64Array | undefined {
    const pair = this.#pairs.find(actor, service);
    return pair === -1 ? undefined : this.#times[pair];
  }
}
