import { isMappedIpv4, type Cidr } from './addresses';

/** Words cut to a prefix, as one key; prefixes of IPv4 (96 and longer, over mapped addresses) fit a number. */
function keyOf(prefix: number, w0: number, w1: number, w2: number, w3: number): number | string {
  if (prefix >= 96 && isMappedIpv4(w0, w1, w2)) return masked(w3, prefix - 96);
  return [w0, w1, w2, w3]
    .map((word, i) => masked(word, Math.min(32, Math.max(0, prefix - 32 * i))))
    .join(',');
}

function masked(word: number, bits: number): number {
  return bits === 0 ? 0 : (word & (0xffffffff << (32 - bits))) >>> 0;
}

/** Networks by what they stand for: one look-up per prefix length, however many networks there are. Of several that hold an address the first given counts. */
export class NetworkIndex {
  readonly #prefixes: number[] = [];
  /** By place of the prefix length: the networks of that length. */
  readonly #networks: Map<number | string, number>[] = [];
  readonly #labels: string[] = [];

  add({ prefix, words }: Pick<Cidr, 'prefix' | 'words'>, label: string): void {
    let place = this.#prefixes.indexOf(prefix);
    if (place === -1) {
      place = this.#prefixes.push(prefix) - 1;
      this.#networks.push(new Map());
    }
    const networks = this.#networks[place] as Map<number | string, number>;
    const key = keyOf(prefix, ...words);
    if (!networks.has(key)) networks.set(key, this.#labels.length);
    this.#labels.push(label);
  }

  labelOf(w0: number, w1: number, w2: number, w3: number): string | undefined {
    let first = Infinity;
    for (let place = 0; place < this.#prefixes.length; place++) {
      const at = this.#networks[place]?.get(keyOf(this.#prefixes[place] as number, w0, w1, w2, w3));
      if (at !== undefined && at < first) first = at;
    }
    return this.#labels[first];
  }
}
