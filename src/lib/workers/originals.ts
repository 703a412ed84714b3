import type { SourceId } from '../base/brand';
import type { Evidence } from '../analysis/evidence';
import { formatById, hasByteOffsets } from '../formats/registry';
import type { Container } from '../ingest/container';
import type { TableName } from '../tables/schemas';
import { lineOf, locate, offsetOf, type Table } from '../tables/segment';
import type { RawRecord } from './engine';
import { RecordReader, RowTextReader } from './raw-records';

/**
 * The files behind the sources: those dropped in this session, else those that storage kept. A dropped file can change or vanish on
 * the disk at any time; a raw record that cannot be read is `null`, never an error.
 */
export class Originals {
  readonly #stored: (id: SourceId) => Promise<Blob | undefined>;
  readonly #blobs = new Map<number, Blob>();
  readonly #readers = new Map<number, RecordReader | RowTextReader>();
  /** Reading moves a reader: one call at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(stored: (id: SourceId) => Promise<Blob | undefined>) {
    this.#stored = stored;
  }

  set(id: SourceId, blob: Blob): void {
    this.#blobs.set(id, blob);
    this.#readers.delete(id);
  }

  forget(id: SourceId): void {
    this.#blobs.delete(id);
    this.#readers.delete(id);
  }

  clear(): void {
    this.#blobs.clear();
    this.#readers.clear();
  }

  /** The original of a source, or undefined when it is neither at hand nor kept. */
  async blob(id: SourceId): Promise<Blob | undefined> {
    const known = this.#blobs.get(id);
    if (known) return known;
    const stored = await this.#stored(id);
    if (stored) this.#blobs.set(id, stored);
    return stored;
  }

  /** The raw records of these rows, in their order. */
  records(evidence: Evidence, table: TableName, rows: readonly number[]): Promise<readonly RawRecord[]> {
    const done = this.#queue.then(() => this.#read(evidence, table, rows));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #read(evidence: Evidence, table: TableName, rows: readonly number[]): Promise<readonly RawRecord[]> {
    const sources = new Map(evidence.sources.map((source) => [source.id as number, source]));
    const places = rows.map((row, at) => {
      const { segment, index } = locate(evidence.tables[table] as Table, row);
      return { at, id: segment.source, line: lineOf(segment, index), offset: offsetOf(segment, index) };
    });
    const records: RawRecord[] = [];
    // In the order of the file, a compressed original is read through once.
    for (const { at, id, line, offset } of places.sort((a, b) => a.id - b.id || a.offset - b.offset)) {
      const source = sources.get(id);
      const text = source ? await this.#text(id, source.container, source.format, offset) : null;
      const isInBytes = source === undefined || hasByteOffsets(source.format);
      records[at] = {
        source: source?.name ?? '',
        sha256: source?.sha256 ?? '',
        line,
        offset: isInBytes ? offset : null,
        text,
      };
    }
    return records;
  }

  async #text(id: SourceId, container: string, format: string, offset: number): Promise<string | null> {
    try {
      const reader = await this.#reader(id, container, format);
      return reader ? await reader.record(offset) : null;
    } catch (error) {
      console.warn('an original could not be read', error);
      this.forget(id);
      return null;
    }
  }

  async #reader(
    id: SourceId,
    container: string,
    format: string,
  ): Promise<RecordReader | RowTextReader | null> {
    const open = this.#readers.get(id);
    if (open) return open;
    const blob = await this.blob(id);
    if (!blob) return null;
    const { framing = 'lines', rowText, recordText } = formatById(format) ?? {};
    const inWords = rowText ?? recordText;
    const reader = inWords
      ? new RowTextReader(blob, container as Container, inWords)
      : new RecordReader(blob, container as Container, framing);
    this.#readers.set(id, reader);
    return reader;
  }
}
