import type { RowFor } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';

/** What waits for its other half at most; a file of nothing but beginnings cannot take more memory than that. */
const MOST_HELD = 200_000;
const BEGINNING = 'beginning of a connection, in a cell';
/** Ends that are remembered at most, twice, for beginnings that come behind them. */
const MOST_ENDED = 50_000;

export interface HeldFlow {
  readonly row: RowFor<'flows'>;
  readonly offset: number;
  readonly line: number;
  /** Whether it is a connection's end, whose beginning is looked for. */
  readonly isEnd: boolean;
}

/**
 * Rows of connections of which a log tells more than once: when they begin, while they last, when they end. The last word holds all that those
 * before it said, so that a row waits here until there is one, and stands for its connection when there is none.
 */
export class OpenConnections {
  readonly #sink: RecordSink;
  /** What a record is counted as of which a later one holds everything. */
  readonly #kind: string;
  readonly #held = new Map<number | string, HeldFlow>();
  #ended = new Set<number | string>();
  #endedBefore = new Set<number | string>();
  /** Whether any record was held: then other parts of the file may hold its other half. */
  hasHeld = false;

  readonly #isFile: boolean;

  /** `isFile`: whether the records are those of a file, at whose end `finish` is called. */
  constructor(sink: RecordSink, kind: string, isFile: boolean) {
    this.#sink = sink;
    this.#kind = kind;
    this.#isFile = isFile;
  }

  get size(): number {
    return this.#held.size;
  }

  /** What waits under this key, which then waits no longer. */
  take(key: number | string): HeldFlow | undefined {
    const held = this.#held.get(key);
    if (held) this.#held.delete(key);
    return held;
  }

  /** Lets the row that was filled wait under its key. */
  hold(key: number | string, offset: number, line: number, isEnd = false): void {
    if (!this.#isFile) {
      this.#settle(offset, line, isEnd);
      return;
    }
    this.hasHeld = true;
    if (this.#held.size >= MOST_HELD) this.#giveUpOldest();
    const { flows } = this.#sink;
    this.#held.set(key, { row: { ...flows.row }, offset, line, isEnd });
    flows.abandon();
  }

  /** Where nothing may wait, the end of a connection is its row, and all that comes before only counts. */
  #settle(offset: number, line: number, isEnd: boolean): void {
    const { flows } = this.#sink;
    if (isEnd) {
      commitFlow(flows, offset, line);
      return;
    }
    flows.abandon();
    this.#sink.skip(BEGINNING);
    this.#sink.note(
      'Lines of firewalls are in the cells of a table: connections are told by their ends, and of those that are still open or only permitted there is no row. Load the log itself for them.',
    );
  }

  #giveUpOldest(): void {
    const [oldest] = this.#held;
    if (!oldest) return;
    this.#held.delete(oldest[0]);
    this.write(oldest[1]);
    this.#sink.note(
      'More connections are open at once than are kept in mind; of the oldest, beginning and end may be two rows.',
    );
  }

  /** A record of a connection that goes on; the row was filled. */
  update(key: number | string, offset: number, line: number): void {
    if (this.#ended.has(key) || this.#endedBefore.has(key)) {
      this.#sink.flows.abandon();
      this.#sink.skip(this.#kind);
      return;
    }
    if (this.take(key)) this.#sink.skip(this.#kind);
    this.hold(key, offset, line);
  }

  /** The last record of a connection; the row was filled, and is committed. */
  end(key: number | string, offset: number, line: number): void {
    if (this.take(key)) this.#sink.skip(this.#kind);
    else {
      if (this.#ended.size >= MOST_ENDED) {
        this.#endedBefore = this.#ended;
        this.#ended = new Set();
      }
      this.#ended.add(key);
    }
    commitFlow(this.#sink.flows, offset, line);
  }

  /** Counts a record that was taken, since another holds all of it. */
  drop(): void {
    this.#sink.skip(this.#kind);
  }

  /** Commits a row that waited. The row being filled is not touched by it. */
  write(held: HeldFlow): void {
    const { flows } = this.#sink;
    const filled = { ...flows.row };
    Object.assign(flows.row, held.row);
    commitFlow(flows, held.offset, held.line);
    Object.assign(flows.row, filled);
  }

  /** Commits what waits still, in the order of the file. `note`: what is said of beginnings without an end. */
  finish(note?: (connections: number) => string): void {
    const rest = [...this.#held.values()].sort((a, b) => a.offset - b.offset);
    this.#held.clear();
    for (const held of rest) this.write(held);
    const open = rest.filter((held) => !held.isEnd).length;
    if (note && open > 0) this.#sink.note(note(open));
  }
}
