import { LIST_KEYS } from './json-list-keys';
import { splitsOf } from './json';

/** The fields that a format reads: `true` for a value of any kind, taken whole, or the wanted fields of the object there. */
export interface Wanted {
  readonly [key: string]: true | Wanted;
}

/** What `valueAt` looks at for dotted paths: nested objects, flattened names, and anything between. */
export function wantedAt(...paths: readonly string[]): Wanted {
  const wanted: Record<string, true | Wanted> = {};
  for (const path of paths) {
    wanted[path] = true;
    for (const [outer, rest] of splitsOf(path)) wanted[outer] = both(wanted[outer], wantedAt(rest));
  }
  return wanted;
}

/** Where one wants an object whole, so be it. */
function both(one: true | Wanted | undefined, other: true | Wanted): true | Wanted {
  if (one === undefined) return other;
  if (one === true || other === true) return true;
  const merged: Record<string, true | Wanted> = { ...one };
  for (const [key, value] of Object.entries(other)) merged[key] = both(merged[key], value);
  return merged;
}

/** One of the wanted objects: it is filled anew for each record. */
export interface WantedObject {
  readonly values: Record<string, unknown>;
  readonly fields: readonly WantedField[];
}

export interface WantedField {
  readonly name: string;
  readonly slot: number;
  readonly inside: WantedObject | null;
  /** Which lists under this key may be the file's records, not one record's own. */
  readonly isListKey: boolean;
}

/** All wanted fields by number, those of inner objects after the field that holds the object. */
export class WantedSlots {
  readonly root: WantedObject;
  // By slot: whose value it is and under which name, and the object that is wanted there.
  readonly #owners: Record<string, unknown>[] = [];
  readonly #names: string[] = [];
  readonly #insides: (Record<string, unknown> | undefined)[] = [];

  constructor(wanted: Wanted) {
    this.root = this.#object(wanted, true);
  }

  get count(): number {
    return this.#names.length;
  }

  put(slot: number, value: unknown): void {
    (this.#owners[slot] as Record<string, unknown>)[this.#names[slot] as string] = value;
  }

  putObject(slot: number): void {
    this.put(slot, this.#insides[slot]);
  }

  #object(wanted: Wanted, isRoot: boolean): WantedObject {
    // Made by JSON.parse, an object has room for all of its values from the start; added one by one they would turn it into a hash table.
    const values = JSON.parse(JSON.stringify(wanted)) as Record<string, unknown>;
    const fields = Object.entries(wanted).map(([name, more]): WantedField => {
      const slot = this.count;
      values[name] = undefined;
      this.#owners.push(values);
      this.#names.push(name);
      this.#insides.push(undefined);
      const inside = typeof more === 'object' ? this.#object(more, false) : null;
      this.#insides[slot] = inside?.values;
      return { name, slot, inside, isListKey: isRoot && LIST_KEYS.has(name) };
    });
    return { values, fields };
  }
}

/** What JSON's `true`, `false` or `null` says, by its first letter. */
export function wordOf(first: number): boolean | null {
  return first === 0x74 ? true : first === 0x66 ? false : null;
}
