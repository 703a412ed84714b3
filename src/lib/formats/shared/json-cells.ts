import type { Cell } from './csv-rows';
import { isObject, splitsOf, type JsonObject } from './json';
import { cellOf } from './json-flat';
import { wantedAt, type Wanted } from './json-wanted';

/** Each dot of a name may be a level of nesting or part of a key: the places to look at double with each. */
const MOST_DOTS = 4;

type Splits = ReturnType<typeof splitsOf>;

/** The values of some fields, by the names that `flatFields` gives them, and no more of a record than those. */
export class JsonCells {
  readonly wanted: Wanted;
  readonly #names: readonly string[];
  readonly #splits: readonly Splits[];
  readonly #cells: Cell[];
  #value: unknown;
  #found = 0;

  private constructor(names: readonly string[]) {
    this.#names = names;
    this.#splits = names.map(splitsOf);
    this.#cells = names.map(() => '');
    this.wanted = wantedAt(...names);
  }

  /** Null when a name has so many dots that all fields must be looked at. */
  static of(names: readonly string[]): JsonCells | null {
    return names.every((name) => name.split('.').length <= MOST_DOTS + 1) ? new JsonCells(names) : null;
  }

  /** A cell a name, empty where there is no such field; null when one name stands for two fields of the record. Good until the next are asked for. */
  cells(event: JsonObject): readonly Cell[] | null {
    const cells = this.#cells;
    for (let i = 0; i < cells.length; i++) {
      const name = this.#names[i] as string;
      this.#found = 0;
      this.#look(event, name, this.#splits[i] as Splits);
      if (this.#found > 1) return null;
      const value = this.#found === 0 ? '' : this.#value;
      cells[i] = typeof value === 'number' ? value : cellOf(value);
    }
    return cells;
  }

  #look(object: JsonObject, name: string, splits: Splits): void {
    const value = object[name];
    if (value !== undefined && !isObject(value)) {
      this.#value = value;
      this.#found += 1;
    }
    for (const [outer, rest] of splits) {
      const inner = object[outer];
      if (isObject(inner)) this.#look(inner, rest, splitsOf(rest));
    }
  }
}
