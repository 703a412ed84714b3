import { PairSet } from '../base/pair-set';

/** Records remembered of one source; beyond, repeats are left to the comparison of whole sources. */
const MAX_RECORDS = 500_000;

export const REPEAT_KIND = 'repeated delivery of an event';
export const REPEAT_NOTE =
  'Some events stand in this file more than once (same event id); each is counted once.';

/** The records of a range that may stand elsewhere again: 64 bits of hash of each, and its offset in the source. */
export interface RecordHashes {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly offsets: Float64Array;
}

/** Knows records again: within a range by their hashes as they are read, and between ranges by what each knew. */
export class RepeatBook {
  readonly #pairs = new PairSet();
  readonly #offsets: number[] = [];
  #first: RecordHashes | null = null;

  /** Whether a record with this hash was met before; remembers it otherwise. */
  isRepeat(low: number, high: number, offset: number): boolean {
    if (this.#pairs.size >= MAX_RECORDS) return this.#pairs.find(low, high) !== -1;
    const before = this.#pairs.size;
    this.#pairs.add(low, high);
    if (this.#pairs.size === before) return true;
    this.#offsets.push(offset);
    return false;
  }

  /** Offsets of the records of the next range, in the order of the file, that were met in one before it. */
  repeatsIn(range: RecordHashes): ReadonlySet<number> {
    const repeats = new Set<number>();
    // Most sources are one range: what it holds is looked at only when another follows.
    if (!this.#first) {
      this.#first = range;
      return repeats;
    }
    if (this.#pairs.size === 0) this.#takeIn(this.#first, repeats);
    this.#takeIn(range, repeats);
    return repeats;
  }

  #takeIn({ low, high, offsets }: RecordHashes, repeats: Set<number>): void {
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i] as number;
      if (this.isRepeat(low[i] as number, high[i] as number, offset)) repeats.add(offset);
    }
  }

  /** Undefined when there is none. */
  toData(): RecordHashes | undefined {
    const { size } = this.#pairs;
    if (size === 0) return undefined;
    return {
      low: this.#pairs.first.slice(0, size),
      high: this.#pairs.second.slice(0, size),
      offsets: Float64Array.from(this.#offsets),
    };
  }
}
