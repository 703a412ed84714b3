import type { Draw } from '../draw';

/**
 * Addresses that nobody owns: 198.18.0.0/15 (benchmarking, RFC 2544) and 240.0.0.0/4 (reserved, RFC 1112), for the many;
 * 2001:db8:bad::/48 (documentation, RFC 3849) for IPv6. None is private, so none can be taken for one of ours.
 */
export class AddressPool {
  readonly #taken = new Set<string>();
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  #fresh(make: () => string): string {
    for (;;) {
      const address = make();
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
  }

  reserve(address: string): void {
    this.#taken.add(address);
  }

  one(): string {
    const draw = this.#draw;
    return this.#fresh(() =>
      draw.chance(0.15)
        ? `198.${draw.int(18, 19)}.${draw.int(0, 255)}.${draw.int(1, 254)}`
        : `${draw.int(241, 250)}.${draw.int(0, 255)}.${draw.int(0, 255)}.${draw.int(1, 254)}`,
    );
  }

  one6(): string {
    const draw = this.#draw;
    return this.#fresh(
      () => `2001:db8:bad:${draw.int(1, 0xffff).toString(16)}::${draw.int(1, 0xffff).toString(16)}`,
    );
  }

  /** Rented machines stand together: `share` of the addresses come in runs out of a few /24. */
  many(count: number, share = 0.4): string[] {
    const draw = this.#draw;
    const addresses: string[] = [];
    let network = '';
    let left = 0;
    while (addresses.length < count) {
      if (!draw.chance(share)) {
        addresses.push(this.one());
        continue;
      }
      if (left === 0) {
        network = this.one().replace(/\.\d+$/, '');
        left = draw.int(2, 9);
      }
      addresses.push(this.#fresh(() => `${network}.${draw.int(1, 254)}`));
      left -= 1;
    }
    return addresses;
  }

  /** Another address of the same /24. */
  neighbor(of: string): string {
    const network = of.replace(/\.\d+$/, '');
    return this.#fresh(() => `${network}.${this.#draw.int(1, 254)}`);
  }
}
