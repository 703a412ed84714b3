import { TIME_BASIS, type TimeBasis } from '../../base/time';
import { UNKNOWN_PACKETS, type RowFor } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { numberOf } from './json';
import { parseTimeText } from './time-text';
import { parsedTime } from './time';
import { TextIds } from './text-ids';

/** Times after this (year 2255) are not exact in a double, and no log is from then. */
const LATEST_US = Number.MAX_SAFE_INTEGER;

/**
 * Writes flow rows for formats that read their values as texts: fill `row` (unknown where nothing is set) and call `commit`. What could not
 * be read is remembered in words and refuses the row.
 */
export class FlowWriter {
  readonly ids: TextIds;
  readonly row: RowFor<'flows'>;
  readonly #sink: RecordSink;
  #fault: string | null = null;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.row = sink.flows.row;
    this.ids = new TextIds(sink.dictionaries);
  }

  /** Both addresses; empty texts and `-` leave an end unknown. */
  ends(source: string, destination: string): void {
    this.row.srcAddr = this.#address(source, 'source');
    this.row.dstAddr = this.#address(destination, 'destination');
  }

  #address(text: string, what: string): number {
    if (text === '' || text === '-') return 0;
    const id = this.ids.address(text);
    if (id === 0) this.#fault ??= `the ${what} address is not an IP address`;
    return id;
  }

  ports(source: unknown, destination: unknown): void {
    this.row.srcPort = this.#port(source, 'source');
    this.row.dstPort = this.#port(destination, 'destination');
  }

  #port(value: unknown, what: string): number {
    if (value === undefined || value === null || value === '' || value === '-') return 0;
    const port = numberOf(value);
    if (port >= 0 && port <= 65535) return Math.trunc(port);
    this.#fault ??= `the ${what} port is not a port number`;
    return 0;
  }

  /** A count as JSON or a table gives it; NaN when it is missing. */
  bytes(value: unknown): number {
    return this.#count(value, 'bytes');
  }

  packets(value: unknown): number {
    const packets = this.#count(value, 'packets');
    return Number.isNaN(packets) ? UNKNOWN_PACKETS : Math.min(packets, UNKNOWN_PACKETS - 1);
  }

  #count(value: unknown, what: string): number {
    if (value === undefined || value === null || value === '' || value === '-') return Number.NaN;
    const count = numberOf(value);
    if (count >= 0 && count <= Number.MAX_SAFE_INTEGER) return Math.trunc(count);
    this.#fault ??= `the number of ${what} is not a number`;
    return Number.NaN;
  }

  /** Start and end as texts; the basis is the start's. An empty end is the start. */
  times(start: string, end: string): void {
    this.row.startUs = this.#time(start, 'start');
    if (start !== '' && this.#fault === null) this.row.timeBasis = parsedTime.basis;
    this.row.endUs = end === '' ? Number.NaN : this.#time(end, 'end');
  }

  #time(text: string, what: string): number {
    if (text === '') return Number.NaN;
    if (parseTimeText(text)) return parsedTime.us;
    this.#fault ??= `the ${what} time is not a time`;
    return Number.NaN;
  }

  epochs(startUs: number, endUs: number, basis: TimeBasis = TIME_BASIS.absolute): void {
    this.row.startUs = startUs;
    this.row.endUs = endUs;
    this.row.timeBasis = basis;
  }

  /** Remembers why this row can't be one; the first reason counts. */
  refuse(reason: string): void {
    this.#fault ??= reason;
  }

  /** Commits the row, or forgets it and returns the reason. A row without an end is an instant. */
  commit(offset: number, line: number): string | null {
    const { row } = this;
    const fault = this.#fault ?? this.#lacking();
    this.#fault = null;
    if (fault !== null) this.#sink.flows.abandon();
    else {
      if (Number.isNaN(row.endUs)) row.endUs = row.startUs;
      if (row.endUs < row.startUs) {
        // A sensor whose clock was set back while the flow lasted: who spoke with whom is still evidence.
        this.#sink.note('Some records end before they start; they are kept with their start alone.');
        row.endUs = row.startUs;
      }
      commitFlow(this.#sink.flows, offset, line);
    }
    return fault;
  }

  #lacking(): string | null {
    const { row } = this;
    if (Number.isNaN(row.startUs)) return 'there is no start time';
    if (!(Math.abs(row.startUs) <= LATEST_US))
      return 'the start time is no time that a clock shows: is it in another unit?';
    if (Math.abs(row.endUs) > LATEST_US)
      return 'the end time is no time that a clock shows: is it in another unit?';
    return row.srcAddr === 0 && row.dstAddr === 0 && row.logStatus === 0
      ? 'neither a source nor a destination address is given'
      : null;
  }
}
