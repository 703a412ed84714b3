import { cidrContains, isMappedIpv4, parseCidr, type Cidr } from '../base/addresses';
import type { AddressDictionary } from '../tables/address-dictionary';
import type { CaseParameters } from './parameters';

/** What an address is to the case. `nobody`: multicast, broadcast and unspecified addresses, which are no one's. */
export const SIDE = { outside: 0, own: 1, nobody: 2 } as const;

/** The networks that a case names; what is no network is left out. */
export function givenNetworks(parameters: CaseParameters): Cidr[] {
  return (parameters.ownNetworks ?? []).map(parseCidr).filter((cidr): cidr is Cidr => cidr !== null);
}

/** SIDE of an address: by the networks given, or, where none is, by the private ranges. */
export function sideOf(w0: number, w1: number, w2: number, w3: number, given: readonly Cidr[]): number {
  if (isNobody(w0, w1, w2, w3)) return SIDE.nobody;
  if (given.length === 0) return isPrivate(w0, w1, w2, w3) ? SIDE.own : SIDE.outside;
  for (const cidr of given) if (cidrContains(cidr, w0, w1, w2, w3)) return SIDE.own;
  return SIDE.outside;
}

/** SIDE by AddressId. */
export function sidesOf(addresses: AddressDictionary, given: readonly Cidr[]): Uint8Array {
  const side = new Uint8Array(addresses.size);
  for (let id = 1; id < side.length; id++)
    side[id] = sideOf(
      addresses.wordOf(id, 0),
      addresses.wordOf(id, 1),
      addresses.wordOf(id, 2),
      addresses.wordOf(id, 3),
      given,
    );
  return side;
}

/** IPv4 multicast, limited broadcast and 0.0.0.0; IPv6 multicast and `::`. */
export function isNobody(w0: number, w1: number, w2: number, w3: number): boolean {
  if (isMappedIpv4(w0, w1, w2)) return w3 >>> 28 === 14 || w3 === 0xffffffff || w3 === 0;
  return w0 >>> 24 === 0xff || (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0);
}

/** Ranges that no one on the Internet can call from: RFC 1918, 6598, 3927, loopback; RFC 4193 and link-local for IPv6. */
export function isPrivate(w0: number, w1: number, w2: number, w3: number): boolean {
  if (isMappedIpv4(w0, w1, w2)) {
    return (
      w3 >>> 24 === 10 ||
      w3 >>> 20 === 0xac1 ||
      w3 >>> 16 === 0xc0a8 ||
      w3 >>> 22 === 0x191 ||
      w3 >>> 16 === 0xa9fe ||
      w3 >>> 24 === 127
    );
  }
  return w0 >>> 25 === 0x7e || w0 >>> 22 === 0x3fa || (w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1);
}
