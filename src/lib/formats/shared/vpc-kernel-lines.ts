import type { RecordSink } from '../format';
import type { AddressCache } from './interning';
import { KernelRows } from './kernel-rows';
import { fillVpcConstants, type VpcLines } from './vpc-lines';

/** `VpcLines` in WebAssembly. */
export class VpcKernelLines implements VpcLines {
  readonly #rows: KernelRows<'flows'>;

  constructor(module: WebAssembly.Module, sink: RecordSink, addresses: AddressCache) {
    const { dictionaries, flows } = sink;
    this.#rows = new KernelRows(module, {
      builder: flows,
      dictionaries,
      addresses,
      addressColumns: ['srcAddr', 'dstAddr'],
      endRun: (first, count) => fillVpcConstants(flows.columns, first, count),
    });
  }

  get taken(): number {
    return this.#rows.taken;
  }

  read(bytes: Uint8Array, _view: DataView, from: number, end: number, origin: number, line: number): number {
    return this.#rows.read(bytes, from, end, origin, line);
  }
}
