import { PairSet } from '../base/pair-set';
import type { StringDictionary } from '../tables/string-dictionary';
import { QUERY_OUTCOME } from '../tables/schemas';
import type { Bench } from './ground';
import type { Visit } from './quiet-signs';

/** Paths that anyone asks a web server for first. */
const FRONT_DOOR = /^\/(?:index\.\w+|favicon\.ico|robots\.txt|sitemap\.xml)?$/i;

/** What an actor's first request that named a path was, where that says that it knew its way *own*. */
export interface KnownPath {
  readonly path: string;
  /** Index in the query events. */
  readonly event: number;
}

/**
 * Actors whose first request with a path was carried out, for a path that is no front door and that fewer than `sharedNameActors` actors asked for:
 * who does not know a server asks for what others ask for, and fails first. Ours are asked no such question: only outsiders are looked at.
 */
export function findKnownPaths(bench: Bench): ReadonlyMap<number, KnownPath> {
  const { queries, ground, outside } = bench;
  const { strings } = ground.evidence.dictionaries;
  const first = firstRequests(bench);
  const paths = new Paths(strings);
  const askers = new Map<number, number>();
  const seen = new PairSet();
  for (let i = 0; i < queries.count; i++) {
    if (queries.object[i] === 0) continue;
    const path = paths.of(queries.object[i]);
    const size = seen.size;
    if (seen.add(queries.actor[i], path) === size) askers.set(path, (askers.get(path) ?? 0) + 1);
  }
  const known = new Map<number, KnownPath>();
  for (const [actor, event] of first) {
    if (outside[actor] === 0 || queries.isMoved[event] === 1 || !isCarriedOut(queries.outcome[event]))
      continue;
    const id = paths.of(queries.object[event]);
    if ((askers.get(id) ?? 0) >= ground.thresholds.sharedNameActors) continue;
    const path = paths.text(id);
    if (path.startsWith('/') && !FRONT_DOOR.test(path)) known.set(actor, { path, event });
  }
  return known;
}

/** What was asked for without its query string: scanners vary that, and every customer has one of his own. */
class Paths {
  readonly #strings: StringDictionary;
  readonly #ofObject: number[] = [];
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(strings: StringDictionary) {
    this.#strings = strings;
  }

  of(object: number): number {
    return (this.#ofObject[object] ??= this.#idOf(object));
  }

  text(path: number): string {
    return this.#texts[path] ?? '';
  }

  #idOf(object: number): number {
    const [path = ''] = this.#strings.text(object).split('?', 1);
    const known = this.#ids.get(path);
    if (known !== undefined) return known;
    this.#ids.set(path, this.#texts.length);
    this.#texts.push(path);
    return this.#texts.length - 1;
  }
}

export function visitPath(
  bench: Bench,
  paths: ReadonlyMap<number, KnownPath>,
  weight: number,
  actor: number,
  visit: Visit,
): void {
  const known = paths.get(actor);
  if (!known) return;
  visit('known-path', 1, weight, () => ({
    text: `asked first for ${known.path}, which was carried out and which hardly anyone else asks for: it knew the path`,
    rows: {
      table: 'queries',
      actor: bench.ground.actors.texts[actor],
      rows: [bench.queries.row[known.event]],
    },
  }));
}

function firstRequests({ queries }: Bench): Map<number, number> {
  const first = new Map<number, number>();
  for (let i = 0; i < queries.count; i++) {
    if (queries.object[i] === 0) continue;
    const before = first.get(queries.actor[i]);
    if (before === undefined || queries.timeUs[i] < queries.timeUs[before]) first.set(queries.actor[i], i);
  }
  return first;
}

function isCarriedOut(outcome: number): boolean {
  return outcome === QUERY_OUTCOME.success || outcome === QUERY_OUTCOME.unknown;
}
