import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cidrContains, parseAddress, parseCidr } from './addresses';
import { NetworkIndex } from './network-index';

const address = fc.oneof(fc.ipV4(), fc.ipV6());
const network = fc
  .tuple(address, fc.nat(128))
  .map(([text, bits]) => `${text}/${text.includes(':') ? bits : bits % 33}`);

describe('NetworkIndex', () => {
  it('finds what a search through all networks finds', () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 30 }), address, (networks, text) => {
        const index = new NetworkIndex();
        const cidrs = networks.map((one) => parseCidr(one)).filter((cidr) => cidr !== null);
        cidrs.forEach((cidr, i) => index.add(cidr, `label ${i}`));
        const words = parseAddress(text)!;
        const at = cidrs.findIndex((cidr) => cidrContains(cidr, ...words));
        expect(index.labelOf(...words)).toBe(at === -1 ? undefined : `label ${at}`);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});
