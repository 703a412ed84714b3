import { encodeUtf8 } from '../../base/bytes';
import { LOG_STATUS, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { protocolOf } from './enumerations';
import { AddressCache } from './interning';
import { KernelRows } from './kernel-rows';
import { unescapeZeek, type ZeekHeader } from './zeek-columns';
import { F, LONGEST_TEXT, zeekFieldOf } from './zeek-fields';
import { flagsOf, stateOf } from './zeek-words';

/** As in `src/kernels/zeek-conn.as.ts`. */
const FIELDS = [
  ...[F.ts, F['id.orig_h'], F['id.orig_p'], F['id.resp_h'], F['id.resp_p'], F.proto, F.duration],
  ...[F.orig_bytes, F.resp_bytes, F.orig_ip_bytes, F.resp_ip_bytes, F.orig_pkts, F.resp_pkts],
  ...[F.conn_state, F.history, F.peer],
];
const MOST_COLUMNS = 256;
const KIND = { protocol: 1, flags: 2, state: 3, string: 4 } as const;
/** Texts for values that are not there, which the kernel holds in one word. */
const LONGEST_ABSENT = 8;

interface ConnExports {
  readonly positions: WebAssembly.Global<'i32'>;
  setHeader(
    separator: number,
    columns: number,
    unsetLow: number,
    unsetHigh: number,
    emptyLow: number,
    emptyHigh: number,
  ): void;
}

/** Lines of Zeek's conn.log in WebAssembly. All that it does not take are left to the caller, who reads every line. */
export class ZeekConnLines {
  readonly #rows: KernelRows<'flows'>;
  #fits = false;

  constructor(module: WebAssembly.Module, sink: RecordSink) {
    const { dictionaries, flows } = sink;
    const nameText = (from: number, to: number, kind: number): number => {
      const text = unescapeZeek(this.#rows.memory, from, Math.min(to, from + LONGEST_TEXT));
      if (kind === KIND.string) return dictionaries.strings.intern(text);
      return kind === KIND.protocol ? protocolOf(text) : kind === KIND.flags ? flagsOf(text) : stateOf(text);
    };
    this.#rows = new KernelRows(module, {
      builder: flows,
      dictionaries,
      addresses: new AddressCache(dictionaries.addresses),
      addressColumns: ['srcAddr', 'dstAddr'],
      imports: { nameText },
      endRun(first, count) {
        const { verdict, logStatus, timeBasis } = flows.columns;
        verdict.fill(VERDICT.unknown, first, first + count);
        logStatus.fill(LOG_STATUS.ok, first, first + count);
        timeBasis.fill(0, first, first + count);
      },
    });
  }

  get taken(): number {
    return this.#rows.taken;
  }

  /** Lines are of this header from now on. One that the kernel can't follow leaves them all to the caller. */
  use({ separator, unset, empty, fields }: ZeekHeader): void {
    const unsetBytes = encodeUtf8(unset);
    const emptyBytes = encodeUtf8(empty);
    const [separatorByte = 0] = separator;
    // The kernel ends an address at a blank, and a line at a newline.
    this.#fits =
      separator.length === 1 &&
      separatorByte <= 32 &&
      separatorByte !== 10 &&
      fields.length <= MOST_COLUMNS &&
      isWord(unsetBytes) &&
      isWord(emptyBytes);
    if (!this.#fits) return;
    const exports = this.#rows.exports as unknown as ConnExports;
    const positions = new Int32Array(this.#rows.memory.buffer, exports.positions.value, FIELDS.length);
    const known = fields.map(zeekFieldOf);
    FIELDS.forEach((field, i) => {
      positions[i] = known.indexOf(field);
    });
    exports.setHeader(separatorByte, fields.length, ...wordOf(unsetBytes), ...wordOf(emptyBytes));
  }

  /** Reads lines from `from` on; returns where the first one starts that it leaves. See `KernelRows.read`. */
  read(bytes: Uint8Array, from: number, end: number, origin: number, line: number): number {
    if (this.#fits) return this.#rows.read(bytes, from, end, origin, line);
    this.#rows.taken = 0;
    return from;
  }
}

/** No log line has a NUL byte, so a word padded with them is the text and nothing else. */
function isWord(text: Uint8Array): boolean {
  return text.length <= LONGEST_ABSENT && !text.includes(0);
}

function wordOf(text: Uint8Array): [low: number, high: number] {
  const padded = new Uint8Array(LONGEST_ABSENT);
  padded.set(text);
  const view = new DataView(padded.buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}
