import type { TableBuilder } from '../../tables/builders';
import { SEGMENT_ROWS } from '../../tables/columns';
import { MAPPED_PREFIX } from '../../base/addresses';
import type { RecordSink } from '../format';
import type { AddressCache } from './interning';
import { fillVpcConstants, Pause, type VpcLines } from './vpc-lines';

/** Text that the kernel takes at once; as in `src/kernels/vpc-flow.as.ts`. */
const TEXT_BYTES = 1 << 20;
/** The longest IPv6 text (with an IPv4 tail) has 45 characters. */
const LONGEST_ADDRESS = 45;

/** What `src/kernels/vpc-flow.as.ts` exports: its regions of memory, and its functions. */
interface Exports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  readonly text: WebAssembly.Global<'i32'>;
  setUp(): void;
  run(from: number, to: number, toOffset: number, first: number, room: number): number;
  stopped(): number;
}

const COLUMNS = {
  startUs: Float64Array,
  endUs: Float64Array,
  srcBytes: Float64Array,
  srcAddr: Uint32Array,
  dstAddr: Uint32Array,
  srcPackets: Uint32Array,
  sensor: Uint32Array,
  offset: Uint32Array,
  srcPort: Uint16Array,
  dstPort: Uint16Array,
  protocol: Uint8Array,
  verdict: Uint8Array,
} as const;

/** `VpcLines` in WebAssembly: rows are gathered in the kernel's own memory, text is copied there a megabyte at a time. */
export class VpcKernelLines implements VpcLines {
  taken = 0;
  readonly #flows: TableBuilder<'flows'>;
  readonly #addresses: AddressCache;
  readonly #kernel: Exports;
  readonly #text: number;
  readonly #memory: Uint8Array;
  /** Addresses of the run that are not IPv4 (or are 0.0.0.0), already as ids: row, which end, id. */
  readonly #others: [row: number, isSource: boolean, id: number][] = [];
  readonly #pause = new Pause();

  constructor(module: WebAssembly.Module, sink: RecordSink, addresses: AddressCache) {
    const { strings, addresses: dictionary } = sink.dictionaries;
    this.#flows = sink.flows;
    this.#addresses = addresses;
    const env = {
      nameSensor: (from: number, to: number) => strings.internBytes(this.#memory, from, to),
      nameAddress: (word: number) => dictionary.intern(0, 0, MAPPED_PREFIX, word >>> 0),
      otherAddress: (at: number, row: number, isSource: number) =>
        this.#otherAddress(at, row, isSource !== 0),
    };
    this.#kernel = new WebAssembly.Instance(module, { env }).exports as Exports;
    this.#kernel.setUp();
    const { buffer } = this.#kernel.memory;
    this.#memory = new Uint8Array(buffer);
    this.#text = this.#kernel.text.value;
    this.#flows.gatherIn(
      Object.fromEntries(
        Object.entries(COLUMNS).map(([name, Column]) => {
          const { value } = this.#kernel[name] as WebAssembly.Global<'i32'>;
          return [name, new Column(buffer, value, SEGMENT_ROWS)];
        }),
      ),
    );
  }

  read(bytes: Uint8Array, _view: DataView, from: number, end: number, origin: number, line: number): number {
    this.taken = 0;
    if (this.#pause.holds()) return from;
    let at = from;
    let isLeft = false;
    while (at < end && !isLeft) {
      const stop = endOfLines(bytes, at, Math.min(end, at + TEXT_BYTES));
      if (stop <= at) break;
      this.#memory.set(bytes.subarray(at, stop), this.#text);
      const stopped = this.#lines(at, stop, origin, line);
      isLeft = stopped < stop;
      at = stopped;
    }
    this.#pause.note(this.taken > 0, isLeft);
    return at;
  }

  /** Reads the lines in [from, to), which lie in the kernel's memory. Returns where the first one starts that it does not take. */
  #lines(from: number, to: number, origin: number, line: number): number {
    const flows = this.#flows;
    const toMemory = this.#text - from;
    let at = from;
    for (;;) {
      const first = flows.openRun(origin + at, origin + to, line + this.taken);
      const room = SEGMENT_ROWS - first;
      // The kernel counts offsets modulo 2^32, which is what `toOffset` becomes on its way there.
      const toOffset = origin - flows.baseOffset - toMemory;
      const count = this.#kernel.run(at + toMemory, to + toMemory, toOffset | 0, first, room);
      at = this.#kernel.stopped() - toMemory;
      this.#placeOthers(first + count);
      fillVpcConstants(flows.columns, first, count);
      flows.commitRun(count, line + this.taken);
      this.taken += count;
      if (at >= to || count < room) return at;
    }
  }

  #otherAddress(at: number, row: number, isSource: boolean): number {
    const bytes = this.#memory;
    let end = at;
    while (end - at <= LONGEST_ADDRESS && (bytes[end] as number) > 32) end += 1;
    if (bytes[end] !== 32) return 0;
    const id = this.#addresses.intern(bytes, at, end);
    if (id === 0) return 0;
    this.#others.push([row, isSource, id]);
    return end;
  }

  #placeOthers(to: number): void {
    const { srcAddr, dstAddr } = this.#flows.columns;
    for (const [row, isSource, id] of this.#others) if (row < to) (isSource ? srcAddr : dstAddr)[row] = id;
    this.#others.length = 0;
  }
}

/** Behind the last newline before `limit`. */
function endOfLines(bytes: Uint8Array, from: number, limit: number): number {
  if (bytes[limit - 1] === 10) return limit;
  const newline = bytes.lastIndexOf(10, limit - 1);
  return newline < from ? from : newline + 1;
}
