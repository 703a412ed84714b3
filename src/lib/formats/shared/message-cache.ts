const SLOTS = 256;
const LONGEST = 512;

/**
 * What messages that come again word for word mean, in a direct-mapped cache by their bytes: a comparison instead of text and regular expressions.
 * What does not come again costs a hash over a part of it.
 */
export class MessageCache<T> {
  readonly #texts = new Uint8Array(SLOTS * LONGEST);
  readonly #lengths = new Uint16Array(SLOTS);
  readonly #values = new Array<T | undefined>(SLOTS).fill(undefined);

  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const length = end - start;
    if (length > LONGEST) return undefined;
    const slot = slotOf(bytes, start, end);
    if (this.#lengths[slot] !== length) return undefined;
    const at = slot * LONGEST;
    const texts = this.#texts;
    for (let i = 0; i < length; i++) if (texts[at + i] !== bytes[start + i]) return undefined;
    return this.#values[slot];
  }

  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > LONGEST) return;
    const slot = slotOf(bytes, start, end);
    this.#texts.set(bytes.subarray(start, end), slot * LONGEST);
    this.#lengths[slot] = end - start;
    this.#values[slot] = value;
  }
}

/** By every third byte, from the end: messages of one kind mostly differ there. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = end - 1; i >= start; i -= 3) hash = Math.imul(hash, 31) + (bytes[i] as number);
  return (hash ^ (hash >>> 8)) & (SLOTS - 1);
}
