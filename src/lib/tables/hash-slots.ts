// What the two dictionaries share: open addressing, in tables of a power of two that hold ids.

export const EMPTY_SLOT = 0;

/** The final mix of MurmurHash3: every bit of a hash comes to decide the lowest ones. */
export function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/**
 * An empty hash table. Filled although it is empty: memory that is read before it is written costs two page faults, and looking for a place
 * reads.
 */
export function emptySlots(entries: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(powerOfTwo(entries)).fill(EMPTY_SLOT);
}

/** The same entries with room for at least `least`, and twice as many as there was room for. */
export function grown(entries: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, entries.length * 2));
  larger.set(entries);
  return larger;
}
