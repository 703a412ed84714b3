import type { SourceId } from '../base/brand';
import { constantColumn, type ColumnArray } from './columns';
import { SCHEMAS, type ColumnsFor, type TableName } from './schemas';
import type { Segment } from './segment';

/** One column of some segments, in storage: read as a whole when one of its segments is first asked for it. */
export class RestingColumn {
  /** Asked for since the cache last looked for something to let go. */
  isRecent = false;
  readonly bytes: number;
  readonly #cache: ColumnCache;
  readonly #read: () => readonly ColumnArray[];
  #views: readonly ColumnArray[] | null = null;

  /** `read` gives one view a segment, all on memory of their own. */
  constructor(cache: ColumnCache, bytes: number, read: () => readonly ColumnArray[]) {
    this.#cache = cache;
    this.#read = read;
    this.bytes = bytes;
    cache.knownBytes += bytes;
  }

  view(segment: number): ColumnArray {
    this.isRecent = true;
    if (!this.#views) {
      this.#views = this.#read();
      this.#cache.hold(this);
    }
    return this.#views[segment] as ColumnArray;
  }

  /** What a reader has taken already stays good: it holds the view itself. */
  letGo(): void {
    this.#views = null;
  }
}

/**
 * The resting columns that are in memory, up to a number of bytes. Which to let go is decided by a clock (second chance): as good as the
 * longest unused here, and asking for a column costs nothing but a mark.
 */
export class ColumnCache {
  readonly maxBytes: number;
  /** Bytes of all resting columns, in memory or not. */
  knownBytes = 0;
  #heldBytes = 0;
  #held: RestingColumn[] = [];
  #hand = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether not all of the columns fit into memory at once. */
  get isSmall(): boolean {
    return this.knownBytes > this.maxBytes;
  }

  hold(column: RestingColumn): void {
    this.#heldBytes += column.bytes;
    while (this.#heldBytes > this.maxBytes && this.#held.length > 0) this.#turn();
    this.#held.push(column);
  }

  #turn(): void {
    if (this.#hand >= this.#held.length) this.#hand = 0;
    const column = this.#held[this.#hand] as RestingColumn;
    if (column.isRecent) {
      column.isRecent = false;
      this.#hand += 1;
      return;
    }
    column.letGo();
    this.#heldBytes -= column.bytes;
    this.#held[this.#hand] = this.#held.at(-1) as RestingColumn;
    this.#held.pop();
  }
}

/** What is known of a segment whose columns rest in storage: each is one value, or its place in a resting column. */
export interface RestingSegment {
  readonly table: TableName;
  readonly length: number;
  readonly baseOffset: number;
  readonly baseLine: number;
  readonly columns: Readonly<
    Record<string, number | { readonly column: RestingColumn; readonly at: number }>
  >;
}

/** A segment like any other to whoever reads it. */
export function fromRestingSegment(resting: RestingSegment, source: SourceId): Segment {
  const { table, length, baseOffset, baseLine } = resting;
  const columns: Record<string, ColumnArray> = {};
  for (const [name, spec] of Object.entries(SCHEMAS[table])) {
    const place = resting.columns[name];
    if (place === undefined || typeof place === 'number')
      columns[name] = constantColumn(spec.type, place ?? spec.unknown, length);
    else
      Object.defineProperty(columns, name, {
        enumerable: true,
        get: () => place.column.view(place.at),
      });
  }
  return {
    table,
    source,
    length,
    baseOffset,
    baseLine,
    columns: columns as unknown as ColumnsFor<TableName>,
  } as Segment;
}

/** The segment with some columns replaced; those that rest go on resting. */
export function withColumns(segment: Segment, replaced: Readonly<Record<string, ColumnArray>>): Segment {
  const kept = Object.getOwnPropertyDescriptors(segment.columns) as PropertyDescriptorMap;
  for (const name of Object.keys(replaced)) delete kept[name];
  const columns = Object.defineProperties({ ...replaced }, kept);
  return { ...segment, columns: columns as unknown as ColumnsFor<TableName> } as Segment;
}
