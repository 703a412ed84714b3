/** Puts a value behind those that the map holds under the key, in a list of its own where it is the first. */
export function listUnder<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
