import { greatest } from '../base/extremes';
import { isMappedIpv4 } from '../base/addresses';
import type { AssetIndex } from './context';
import type { Evidence } from './evidence';
import type { OwnNetworks } from './own-networks';

const MOST_ALIASES = 200;

/** Which of an asset's names a person would use, lowest first. */
export const NAME_RANK = { given: 0, host: 1, address: 2, sensor: 3, file: 4 } as const;

/** Names and addresses as nodes of a union–find forest: each tree is one asset. */
export class Names {
  readonly #evidence: Evidence;
  readonly #parents: number[] = [];
  readonly #texts: string[] = [];
  readonly #ranks: number[] = [];
  readonly #reasons: string[][] = [];
  readonly #caseNames: (string | undefined)[] = [];
  readonly #addresses = new Map<number, number>();
  readonly #strings = new Map<number, number>();
  readonly #literals = new Map<string, number>();
  /** Buckets, accounts and projects: they hold data as machines do, but are none. */
  readonly #clouds = new Set<number>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  get stringNodes(): ReadonlyMap<number, number> {
    return this.#strings;
  }

  /** What logs and the case call machines by, addresses aside. */
  get nodesOfNames(): number[] {
    return [...this.#literals.values(), ...this.#strings.values()];
  }

  /** One node of each machine. */
  get machines(): number[] {
    return this.#parents
      .map((_, node) => node)
      .filter((node) => this.root(node) === node && !this.#clouds.has(node));
  }

  /** A bucket, account or project that the audit log of its cloud names. */
  ofCloud(id: number): number {
    const node = this.ofString(id);
    this.#clouds.add(node);
    return node;
  }

  isCloud(node: number): boolean {
    return this.#clouds.has(node);
  }

  textOf(node: number): string {
    return this.#texts[node];
  }

  ofAddress(address: number): number {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const node = this.#add(this.#evidence.dictionaries.addresses.text(address), NAME_RANK.address);
    this.#addresses.set(address, node);
    return node;
  }

  /** Every machine has it, so it names none. */
  isLoopback(address: number): boolean {
    const [w0, w1, w2, w3] = this.#evidence.dictionaries.addresses.words(address);
    return isMappedIpv4(w0, w1, w2) ? w3 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
  }

  hasAddress(address: number): boolean {
    return this.#addresses.has(address);
  }

  ofString(id: number, rank: number = NAME_RANK.host): number {
    const known = this.#strings.get(id);
    if (known !== undefined) {
      // A Windows host is the sensor of its connections before it is found to write lines of its own.
      this.#ranks[known] = Math.min(this.#ranks[known], rank);
      return known;
    }
    const node = this.#add(this.#evidence.dictionaries.strings.text(id), rank);
    this.#strings.set(id, node);
    return node;
  }

  ofText(text: string, rank: number): number {
    const known = this.#literals.get(text);
    if (known !== undefined) return known;
    const node = this.#add(text, rank);
    this.#literals.set(text, node);
    return node;
  }

  setCaseName(node: number, name: string): void {
    this.#caseNames[this.root(node)] = name;
  }

  caseNameOf(node: number): string | undefined {
    return this.#caseNames[this.root(node)];
  }

  because(node: number, reason: string): void {
    const reasons = this.#reasons[this.root(node)];
    if (!reasons.includes(reason) && reasons.length < MOST_ALIASES) reasons.push(reason);
  }

  join(a: number, b: number, reason?: string): void {
    const first = this.root(a);
    const second = this.root(b);
    if (first === second) return;
    const firstCase = this.#caseNames[first];
    const secondCase = this.#caseNames[second];
    if (firstCase !== undefined && secondCase !== undefined && firstCase !== secondCase) return;
    const [into, from] = first < second ? [first, second] : [second, first];
    this.#parents[from] = into;
    this.#caseNames[into] = firstCase ?? secondCase;
    for (const text of this.#reasons[from]) this.because(into, text);
    if (reason !== undefined) this.because(into, reason);
  }

  root(node: number): number {
    let at = node;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]];
      at = this.#parents[at];
    }
    return at;
  }

  #add(text: string, rank: number): number {
    const node = this.#parents.length;
    this.#parents.push(node);
    this.#texts.push(text);
    this.#ranks.push(rank);
    this.#reasons.push([]);
    this.#caseNames.push(undefined);
    return node;
  }

  /**
   * Numbers the trees: those with addresses by the least of these, then those with names in logs by the least of those, then names that only
   * the case knows. An order that the case's names have no part in: naming a machine gives no other machine another number.
   */
  index(own: OwnNetworks, nodeOfSource: ReadonlyMap<number, number>): AssetIndex {
    const idOfRoot = new Map<number, number>();
    const members: number[][] = [];
    const number = (node: number): void => {
      const root = this.root(node);
      if (idOfRoot.has(root)) return;
      idOfRoot.set(root, members.length);
      members.push([]);
    };
    for (const [, node] of inOrder(this.#addresses)) number(node);
    for (const [, node] of inOrder(this.#strings)) number(node);
    for (let node = 0; node < this.#parents.length; node++) {
      number(node);
      members[idOfRoot.get(this.root(node)) ?? 0].push(node);
    }
    const idOf = (node: number): number => (idOfRoot.get(this.root(node)) ?? -1) + 1;
    const byAddress = new Uint32Array(this.#evidence.dictionaries.addresses.size);
    const byString = new Uint32Array(this.#evidence.dictionaries.strings.size);
    for (const [address, node] of this.#addresses) byAddress[address] = idOf(node);
    for (const [string, node] of this.#strings) byString[string] = idOf(node);
    const sourceIds = [...nodeOfSource.keys()];
    const bySource = new Uint32Array(
      greatest(
        sourceIds.map((id) => id + 1),
        0,
      ),
    );
    for (const [source, node] of nodeOfSource) bySource[source] = idOf(node);
    const chosen = members.map((nodes) => this.#nameOf(nodes));
    return {
      count: members.length,
      names: chosen,
      aliases: members.map((nodes, id) => this.#aliasesOf(nodes, chosen[id])),
      why: members.map((nodes) => [...this.#reasons[this.root(nodes[0])]]),
      byAddress,
      byString,
      bySource,
      isOwn: own.side.map((side) => (side === 1 ? 1 : 0)),
    };
  }

  #nameOf(nodes: readonly number[]): string {
    const given = this.#caseNames[this.root(nodes[0])];
    if (given !== undefined) return given;
    let best = nodes[0];
    for (const node of nodes) if (this.#ranks[node] < this.#ranks[best]) best = node;
    return this.#texts[best];
  }

  #aliasesOf(nodes: readonly number[], name: string): string[] {
    const texts = new Set(nodes.map((node) => this.#texts[node]));
    texts.delete(name);
    return [...texts].slice(0, MOST_ALIASES);
  }
}

function inOrder(nodes: ReadonlyMap<number, number>): [number, number][] {
  return [...nodes].sort(([a], [b]) => a - b);
}
