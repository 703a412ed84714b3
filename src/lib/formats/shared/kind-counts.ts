import type { RecordSink } from '../format';

const MOST_KINDS = 200;
const LONGEST_KIND = 40;

/** Counts records without a row by a word of the log, so that a hostile file with a new word in every record cannot make new kinds without end. */
export class KindCounts {
  readonly #sink: RecordSink;
  readonly #prefix: string;
  readonly #kinds = new Set<string>();

  constructor(sink: RecordSink, prefix: string) {
    this.#sink = sink;
    this.#prefix = prefix;
  }

  skip(kind: string): void {
    const word = kind.slice(0, LONGEST_KIND);
    if (!this.#kinds.has(word) && this.#kinds.size >= MOST_KINDS) {
      this.#sink.skip(`${this.#prefix} other`);
      return;
    }
    this.#kinds.add(word);
    this.#sink.skip(`${this.#prefix} ${word}`.trim());
  }
}
