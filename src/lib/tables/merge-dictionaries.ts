import type { Dictionaries, DictionaryData } from './dictionaries';

/** For each id of `data`, the id of the same value in `into`. */
export interface DictionaryMap {
  readonly address: Uint32Array;
  readonly string: Uint32Array;
  /** Whether every id stays what it is, as it does for the first file of a case: its rows need not be rewritten. */
  readonly isSame: { readonly address: boolean; readonly string: boolean };
}

/** Adds every entry of `data` to `into` and returns the id maps. */
export function mergeDictionaries(into: Dictionaries, data: DictionaryData): DictionaryMap {
  const address = new Uint32Array(Math.max(1, data.addresses.length / 4));
  // There are at least as many as one part has, and how many of them are new only adding them shows.
  into.addresses.reserve(address.length);
  for (let id = 1; id < address.length; id++) {
    const at = id * 4;
    address[id] = into.addresses.intern(
      data.addresses[at] as number,
      data.addresses[at + 1] as number,
      data.addresses[at + 2] as number,
      data.addresses[at + 3] as number,
    );
  }
  const string = new Uint32Array(Math.max(1, data.stringEnds.length));
  into.strings.reserve(string.length);
  for (let id = 1; id < string.length; id++) {
    string[id] = into.strings.internBytes(
      data.stringBytes,
      data.stringEnds[id - 1] as number,
      data.stringEnds[id] as number,
    );
  }
  return { address, string, isSame: { address: isSame(address), string: isSame(string) } };
}

function isSame(ids: Uint32Array): boolean {
  for (let id = 0; id < ids.length; id++) if (ids[id] !== id) return false;
  return true;
}
