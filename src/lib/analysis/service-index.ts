import { PairSet } from '../base/pair-set';
import type { AssetIndex } from './context';
import { serviceName } from './profiles';

/** Transport protocols by IANA number. */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Bit that tells a service without an asset (a cloud service, named by a string id) from one on an asset. */
const NAMED = 0x80000000;

/**
 * Services ↔ dense ids: an asset's port and protocol, or, where a log names no machine of ours (a cloud API, a host that no
 * other evidence knows), the bare name.
 */
export class ServiceIndex {
  readonly #keys = new PairSet();
  readonly #assets: AssetIndex;
  readonly #textOf: (stringId: number) => string;

  constructor(assets: AssetIndex, textOf: (stringId: number) => string) {
    this.#assets = assets;
    this.#textOf = textOf;
  }

  get size(): number {
    return this.#keys.size;
  }

  add(asset: number, port: number, protocol: number): number {
    return this.#keys.add(asset, (protocol << 16) | port);
  }

  /** A service that is known by name alone: `host` and `name` are string ids, either may be 0. */
  addNamed(host: number, name: number): number {
    return this.#keys.add((NAMED | host) >>> 0, name);
  }

  find(asset: number, port: number, protocol: number): number {
    return this.#keys.find(asset, (protocol << 16) | port);
  }

  /** The asset's id, or −1 for a service known by name alone. */
  assetOf(service: number): number {
    const first = this.#keys.first[service] as number;
    return first >= NAMED ? -1 : first;
  }

  portOf(service: number): number {
    return this.assetOf(service) === -1 ? 0 : (this.#keys.second[service] as number) & 0xffff;
  }

  protocolOf(service: number): number {
    return this.assetOf(service) === -1 ? 0 : (this.#keys.second[service] as number) >>> 16;
  }

  assetText(service: number): string {
    const asset = this.assetOf(service);
    if (asset !== -1) return this.#assets.names[asset] ?? '';
    const host = (this.#keys.first[service] as number) & ~NAMED;
    return host === 0 ? this.serviceText(service) : this.#textOf(host);
  }

  serviceText(service: number): string {
    if (this.assetOf(service) !== -1) return serviceName(this.portOf(service), this.protocolOf(service));
    return this.#textOf(this.#keys.second[service] as number) || 'unnamed service';
  }
}
