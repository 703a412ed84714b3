import { BYTE } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import type { RecordSink } from '../format';
import { requestDuration, splitHost } from './access-lines';
import { readRequest, request } from './http';
import { AddressCache } from './interning';
import { KernelRows } from './kernel-rows';
import { MAX_FIELD_BYTES } from './line-event';
import { parsedTime } from './time';
import { readClfTime } from './time-prefix';

/** As in `src/kernels/access-log.as.ts`. */
const KIND = { string: 1, verb: 2, host: 3, port: 4 } as const;
/** `10/Oct/2000:13:55:36 -0700` */
const TIME_BYTES = 26;

/**
 * The lines that a web server's access log mostly consists of (common and combined log format, with a virtual host in front or none), read in WebAssembly. All other lines are left
 * to the caller, who reads every line: nothing here may come out differently there.
 */
export class AccessKernelLines {
  readonly #rows: KernelRows<'queries'>;

  constructor(module: WebAssembly.Module, sink: RecordSink) {
    const { dictionaries, queries } = sink;
    const { strings } = dictionaries;
    const service = strings.intern('http');
    const nameText = (from: number, to: number, kind: number): number => {
      const bytes = this.#rows.memory;
      if (kind === KIND.verb) return verbOf(bytes, from, to);
      if (kind === KIND.port) return splitHost(bytes, from, to).port;
      const end = kind === KIND.host ? splitHost(bytes, from, to).nameEnd : to;
      if (kind === KIND.host && end === from + 1 && bytes[from] === BYTE.dash) return 0;
      return strings.internBytes(bytes, from, Math.min(end, from + MAX_FIELD_BYTES));
    };
    this.#rows = new KernelRows(module, {
      builder: queries,
      dictionaries,
      addresses: new AddressCache(dictionaries.addresses),
      addressColumns: ['actorAddr'],
      imports: {
        nameText,
        timeAt: (at: number) => timeAt(this.#rows.memory, at),
        durationIn: (from: number, to: number) => durationIn(this.#rows.memory, from, to),
      },
      endRun(first, count) {
        const { actorPort, rowsReturned, timeBasis, service: services } = queries.columns;
        const to = first + count;
        actorPort.fill(0, first, to);
        rowsReturned.fill(Number.NaN, first, to);
        timeBasis.fill(TIME_BASIS.absolute, first, to);
        services.fill(service, first, to);
      },
    });
  }

  get taken(): number {
    return this.#rows.taken;
  }

  /** Reads lines from `from` on; returns where the first one starts that it leaves. See `KernelRows.read`. */
  read(bytes: Uint8Array, from: number, end: number, origin: number, line: number): number {
    return this.#rows.read(bytes, from, end, origin, line);
  }
}

/** Verb of the request in [from, to). */
function verbOf(bytes: Uint8Array, from: number, to: number): number {
  readRequest(bytes, from, to);
  return request.verb;
}

/** The time at `at` in µs; NaN when that is none, or one of another length. */
function timeAt(bytes: Uint8Array, at: number): number {
  const end = at + TIME_BYTES;
  const isTime = readClfTime(bytes, at, end) === end && parsedTime.basis === TIME_BASIS.absolute;
  return isTime ? parsedTime.us : Number.NaN;
}

function durationIn(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] as number) <= BYTE.space) end -= 1;
  return requestDuration(bytes, from, end);
}
