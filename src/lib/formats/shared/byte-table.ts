/** FNV-1a, as the string dictionary uses it. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ (bytes[i] as number), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

/**
 * Values by a short run of bytes, looked up without making a string: which handler a program name or a keyword has. Holds at most
 * `limit` keys, so that a hostile file with a new name on every line cannot grow it.
 */
export class ByteTable<T> {
  readonly #limit: number;
  readonly #slots: Int32Array;
  readonly #keys: Uint8Array[] = [];
  readonly #values: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    let size = 16;
    while (size < limit * 2) size *= 2;
    this.#slots = new Int32Array(size).fill(-1);
  }

  get isFull(): boolean {
    return this.#keys.length >= this.#limit;
  }

  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const found = this.#slots[this.#find(bytes, start, end)] as number;
    return found === -1 ? undefined : this.#values[found];
  }

  /** Adds or replaces; does nothing when the table is full and the key is new. */
  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    const slot = this.#find(bytes, start, end);
    const found = this.#slots[slot] as number;
    if (found !== -1) this.#values[found] = value;
    else if (!this.isFull) {
      this.#slots[slot] = this.#keys.length;
      this.#keys.push(bytes.slice(start, end));
      this.#values.push(value);
    }
  }

  /** The slot that holds the key, or the empty one where it belongs. */
  #find(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(bytes, start, end) & mask;
    for (;;) {
      const found = this.#slots[slot] as number;
      if (found === -1 || isSame(this.#keys[found] as Uint8Array, bytes, start, end)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
