import type { InParts } from '../base/parts';
import { argsort, groupBy, type Groups } from '../base/sorting';
import { rowIdOf } from '../tables/segment';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import type { ActorIds, AssetBinding } from './context';
import type { Evidence } from './evidence';

/** Login rows that name an actor, in the order of time, grouped by actor. Struct of arrays. */
export interface LoginEvents {
  readonly count: number;
  readonly actor: Uint32Array;
  /** AssetId + 1; 0: no machine of ours. */
  readonly asset: Uint32Array;
  readonly timeUs: Float64Array;
  readonly outcome: Uint8Array;
  readonly user: Uint32Array;
  readonly service: Uint32Array;
  readonly process: Uint32Array;
  readonly row: Uint32Array;
  readonly byActor: Groups;
}

/** Query rows that name an actor, likewise. */
export interface QueryEvents {
  readonly count: number;
  readonly actor: Uint32Array;
  readonly asset: Uint32Array;
  readonly timeUs: Float64Array;
  readonly verb: Uint8Array;
  readonly outcome: Uint8Array;
  /** 1: an HTTP answer that sends the client elsewhere and holds nothing that was asked for. */
  readonly isMoved: Uint8Array;
  readonly object: Uint32Array;
  readonly service: Uint32Array;
  readonly port: Uint16Array;
  readonly bytes: Float64Array;
  readonly row: Uint32Array;
  readonly byActor: Groups;
}

/** Rows looked at between two pauses, at least: segments are gone through whole. */
const ROWS_A_PART = 250_000;

export function* gatherLoginsInParts(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
): InParts<LoginEvents> {
  const { segments, rowCount } = evidence.tables.logins;
  const kept = new KeptRows(rowCount);
  yield* goThrough(segments, ({ source, length, columns: c }, s) => {
    for (let i = 0; i < length; i++) {
      const id = actorOfLogRow(actors, c.actorAddr[i], c.user[i], c.actorName[i]);
      if (id === -1 || !Number.isFinite(c.timeUs[i])) continue;
      kept.add(rowIdOf(s, i), id, assetOfLogRow(assets, source, c.host[i]), c.timeUs[i]);
    }
  });
  const order = kept.inOrder();
  yield;
  const { rows, count, actor, asset, timeUs } = kept.sorted(order);
  const column = <T extends Uint8Array | Uint32Array>(
    made: T,
    name: 'outcome' | 'user' | 'service' | 'process',
  ): T => {
    const parts = segments.map((segment) => segment.columns[name]);
    for (let i = 0; i < count; i++) made[i] = parts[rows[i] >>> 16][rows[i] & 0xffff];
    return made;
  };
  yield;
  return {
    ...{ count, actor, asset, timeUs },
    outcome: column(new Uint8Array(count), 'outcome'),
    user: column(new Uint32Array(count), 'user'),
    service: column(new Uint32Array(count), 'service'),
    process: column(new Uint32Array(count), 'process'),
    row: rows,
    byActor: groupBy(actor, actors.count),
  };
}

/** Requests that one of our machines sent to somebody else's are left out: they are no actor's dealings with us. */
export function* gatherQueriesInParts(
  evidence: Evidence,
  assets: AssetBinding,
  actors: ActorIds,
  outside: Uint8Array,
): InParts<QueryEvents> {
  const { segments, rowCount } = evidence.tables.queries;
  const kept = new KeptRows(rowCount);
  yield* goThrough(segments, ({ source, length, columns: c }, s) => {
    for (let i = 0; i < length; i++) {
      const id = actorOfLogRow(actors, c.actorAddr[i], c.principal[i]);
      if (id === -1 || !Number.isFinite(c.timeUs[i])) continue;
      const asset = assetOfLogRow(assets, source, c.host[i]);
      if (asset === -1 && c.host[i] !== 0 && outside[id] === 0) continue;
      kept.add(rowIdOf(s, i), id, asset, c.timeUs[i]);
    }
  });
  const order = kept.inOrder();
  yield;
  const { rows, count, actor, asset, timeUs } = kept.sorted(order);
  const column = <T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
    made: T,
    name: 'verb' | 'outcome' | 'status' | 'object' | 'service' | 'servicePort' | 'bytesReturned',
  ): T => {
    const parts = segments.map((segment) => segment.columns[name]);
    for (let i = 0; i < count; i++) made[i] = parts[rows[i] >>> 16][rows[i] & 0xffff];
    return made;
  };
  yield;
  return {
    ...{ count, actor, asset, timeUs },
    verb: column(new Uint8Array(count), 'verb'),
    outcome: column(new Uint8Array(count), 'outcome'),
    isMoved: Uint8Array.from(column(new Uint16Array(count), 'status'), (status) =>
      Number(isRedirect(status)),
    ),
    object: column(new Uint32Array(count), 'object'),
    service: column(new Uint32Array(count), 'service'),
    port: column(new Uint16Array(count), 'servicePort'),
    bytes: column(new Float64Array(count), 'bytesReturned'),
    row: rows,
    byActor: groupBy(actor, actors.count),
  };
}

/** RFC 9110, section 15.4: all of 3xx but 304, which says that the client holds the answer already. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

function* goThrough<S extends { readonly length: number }>(
  segments: readonly S[],
  look: (segment: S, index: number) => void,
): InParts<void> {
  let rows = 0;
  for (const [index, segment] of segments.entries()) {
    look(segment, index);
    rows += segment.length;
    if (rows < ROWS_A_PART) continue;
    rows = 0;
    yield;
  }
}

/** Rows that name an actor, before they are put in the order of time. */
class KeptRows {
  readonly #row: Uint32Array;
  readonly #actor: Uint32Array;
  /** AssetId + 1. */
  readonly #asset: Uint32Array;
  readonly #timeUs: Float64Array;
  #count = 0;

  constructor(most: number) {
    this.#row = new Uint32Array(most);
    this.#actor = new Uint32Array(most);
    this.#asset = new Uint32Array(most);
    this.#timeUs = new Float64Array(most);
  }

  add(row: number, actor: number, asset: number, timeUs: number): void {
    const at = this.#count++;
    this.#row[at] = row;
    this.#actor[at] = actor;
    this.#asset[at] = asset + 1;
    this.#timeUs[at] = timeUs;
  }

  inOrder(): Uint32Array {
    return argsort(this.#timeUs, this.#count);
  }

  sorted(
    order: Uint32Array,
  ): Pick<LoginEvents, 'count' | 'actor' | 'asset' | 'timeUs'> & { rows: Uint32Array } {
    return {
      count: this.#count,
      rows: pick(this.#row, order),
      actor: pick(this.#actor, order),
      asset: pick(this.#asset, order),
      timeUs: pickTimes(this.#timeUs, order),
    };
  }
}

/** Events of one actor, as indices in the order of time. */
export function eventsOf(events: { readonly byActor: Groups }, actor: number): Uint32Array {
  const { starts, order } = events.byActor;
  return order.subarray(starts[actor], starts[actor + 1]);
}

function pick(values: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) picked[i] = values[order[i]];
  return picked;
}

function pickTimes(values: Float64Array, order: Uint32Array): Float64Array {
  const picked = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) picked[i] = values[order[i]];
  return picked;
}
