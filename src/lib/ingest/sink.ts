import { decodeUtf8 } from '../base/bytes';
import type { RecordSink } from '../formats/format';
import { TableBuilder, type SegmentSink } from '../tables/builders';
import { Dictionaries } from '../tables/dictionaries';
import type { TableName } from '../tables/schemas';
import { SequenceBook, type SeriesKind } from '../tables/sequences';
import type { RejectSample } from '../tables/source-info';
import { REPEAT_KIND, REPEAT_NOTE, RepeatBook } from './repeats';

export const MAX_SAMPLES = 20;
export const SAMPLE_CHARS = 300;
/** Kinds and reasons come from parsers that may quote the log (`program cron`): a hostile file must not grow the list without end. */
const MAX_KINDS = 200;
const MAX_KIND_CHARS = 120;
const MAX_NOTES = 100;
const OTHER_KINDS = 'other kinds';

/** Counts what a parser makes of its records and gathers its rows. One per range. */
export class RangeSink implements RecordSink {
  readonly dictionaries = new Dictionaries();
  rejected = 0;
  skippedTotal = 0;
  readonly samples: RejectSample[] = [];
  readonly notes: string[] = [];
  readonly sequences = new SequenceBook();
  readonly repeats = new RepeatBook();
  readonly #rejectedByReason = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  readonly #emit: SegmentSink;
  #flows: TableBuilder<'flows'> | undefined;
  #logins: TableBuilder<'logins'> | undefined;
  #queries: TableBuilder<'queries'> | undefined;
  #changes: TableBuilder<'changes'> | undefined;

  constructor(emit: SegmentSink) {
    this.#emit = emit;
  }

  // A builder holds full columns from its start (some megabytes), and most sources fill one table: each is made when first asked for.
  get flows(): TableBuilder<'flows'> {
    return (this.#flows ??= new TableBuilder('flows', this.#emit));
  }
  get logins(): TableBuilder<'logins'> {
    return (this.#logins ??= new TableBuilder('logins', this.#emit));
  }
  get queries(): TableBuilder<'queries'> {
    return (this.#queries ??= new TableBuilder('queries', this.#emit));
  }
  get changes(): TableBuilder<'changes'> {
    return (this.#changes ??= new TableBuilder('changes', this.#emit));
  }

  reject(reason: string, bytes: Uint8Array, start: number, end: number, line: number): void {
    this.rejected += 1;
    count(this.#rejectedByReason, reason);
    if (this.samples.length >= MAX_SAMPLES) return;
    // A character takes at most four bytes in UTF-8.
    const text = decodeUtf8(bytes, start, Math.min(end, start + 4 * SAMPLE_CHARS)).slice(0, SAMPLE_CHARS);
    this.samples.push({ line, reason, text });
  }

  skip(kind: string, times = 1): void {
    this.skippedTotal += times;
    count(this.#skipped, kind, times);
  }

  isRepeat(low: number, high: number, offset: number): boolean {
    if (!this.repeats.isRepeat(low, high, offset)) return false;
    this.skip(REPEAT_KIND);
    this.note(REPEAT_NOTE);
    return true;
  }

  note(text: string): void {
    if (this.notes.length < MAX_NOTES && !this.notes.includes(text)) this.notes.push(text);
  }

  number(kind: SeriesKind, series: string, value: number, offset: number, line: number): void {
    this.sequences.add(kind, series, value, offset, line);
  }

  get skipped(): Record<string, number> {
    return Object.fromEntries(this.#skipped);
  }

  get rejectedByReason(): Record<string, number> {
    return Object.fromEntries(this.#rejectedByReason);
  }

  get rows(): Record<TableName, number> {
    return {
      flows: this.#flows?.total ?? 0,
      logins: this.#logins?.total ?? 0,
      queries: this.#queries?.total ?? 0,
      changes: this.#changes?.total ?? 0,
    };
  }

  get totalRows(): number {
    return (
      (this.#flows?.total ?? 0) +
      (this.#logins?.total ?? 0) +
      (this.#queries?.total ?? 0) +
      (this.#changes?.total ?? 0)
    );
  }

  /** Forgets rows begun and not committed, after a parser failed in the middle of one. */
  abandon(): void {
    for (const builder of this.#builders()) builder.abandon();
  }

  /** Hands the last, partly filled segments on. No rows may follow. */
  close(): void {
    for (const builder of this.#builders()) builder.close();
  }

  #builders(): TableBuilder<TableName>[] {
    return [this.#flows, this.#logins, this.#queries, this.#changes].filter(
      (builder): builder is NonNullable<typeof builder> => builder !== undefined,
    ) as TableBuilder<TableName>[];
  }
}

function count(counts: Map<string, number>, kind: string, times = 1): void {
  const before = counts.get(kind);
  if (before !== undefined) counts.set(kind, before + times);
  else if (kind.length > MAX_KIND_CHARS) count(counts, kind.slice(0, MAX_KIND_CHARS), times);
  else if (counts.size < MAX_KINDS) counts.set(kind, times);
  else counts.set(OTHER_KINDS, (counts.get(OTHER_KINDS) ?? 0) + times);
}
