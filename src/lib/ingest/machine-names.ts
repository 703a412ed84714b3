import type { Dictionaries } from '../tables/dictionaries';

/** Numbers for machines by the first label of their names: some logs write the whole name and some do not. 0 for none. */
export class MachineNames {
  readonly #strings: Dictionaries['strings'];
  readonly #byLabel = new Map<string, number>();
  readonly #ofHost: number[] = [];

  constructor(strings: Dictionaries['strings']) {
    this.#strings = strings;
  }

  named(name: string): number {
    const label = /^[\d.:]+$/.test(name) ? name : (name.toLowerCase().split('.')[0] ?? '');
    if (label === '') return 0;
    const known = this.#byLabel.get(label) ?? this.#byLabel.size + 1;
    this.#byLabel.set(label, known);
    return known;
  }

  /** The same by a host's StringId. */
  ofHost(host: number): number {
    return host === 0 ? 0 : (this.#ofHost[host] ??= this.named(this.#strings.text(host)));
  }
}
