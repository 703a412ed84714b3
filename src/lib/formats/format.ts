import type { Dictionaries } from '../tables/dictionaries';
import type { TableBuilder } from '../tables/builders';
import type { TableName } from '../tables/schemas';
import type { SeriesKind } from '../tables/sequences';

/** The first bytes of a (decompressed) source, as sniffers see them. Never the name: a name is a claim, not evidence. */
export interface Head {
  readonly bytes: Uint8Array;
  /** The same as text, without a byte-order mark. */
  readonly text: string;
  /** Whole lines of the head, without their ends; the last one may be cut if `isWhole` is false. */
  readonly lines: readonly string[];
  /** Whether the head is the whole source. */
  readonly isWhole: boolean;
}

/**
 * How a source is cut into records. `lines`: one record a line. `json`: one record per JSON object, whether the file is JSON
 * lines, an array, or an object whose `Records`, `records`, `value`, … array holds them (the splitter finds them).
 * `whole`: the format needs the complete bytes (a container with an index at its end). `blocks`: blocks of one size, each of which can be read by itself.
 * `stream`: records whose ends only the format can tell, in files that may be larger than memory: the parser is given the bytes as they come (`stream`).
 */
export type Framing = 'lines' | 'json' | 'whole' | 'blocks' | 'stream';

/** How a source is made of blocks. */
export interface Blocks {
  /** Bytes before the first block. */
  readonly headerBytes: number;
  readonly blockBytes: number;
  /** The size that the source has by its own header, which the first bytes of it hold; 0 where that is not known. */
  sizeBytes(head: Uint8Array): number;
}

/** What an analyst (or case.json) may say about one source. */
export interface SourceOptions {
  /** IANA name or fixed offset of clocks without a zone. Applied after parsing; parsers only mark rows `local`. */
  readonly zone?: string;
  /** Year of the first year-less line. Applied after parsing; parsers only mark rows `yearless`. */
  readonly year?: number;
  /** Column mapping of the generic CSV format. */
  readonly mapping?: CsvMapping;
}

/** Which column of a delimited file means what. Column names are those of the file's own header. */
export interface CsvMapping {
  readonly table: TableName;
  readonly delimiter?: string;
  /** Table column (`timeUs`, `srcAddr`, `user`, …) → header name. */
  readonly columns: Readonly<Record<string, string>>;
  /** How times are written; `auto` tries ISO 8601 and epoch seconds, milliseconds, microseconds, nanoseconds. */
  readonly time?: 'auto' | 's' | 'ms' | 'us' | 'ns';
  /** Whether dates such as `3/2/2015` begin with the day; told from the first rows where it is left out. */
  readonly dayFirst?: boolean;
  /** Values of the outcome/verdict column → names of our enumeration. */
  readonly values?: Readonly<Record<string, string>>;
}

/** The first records of a table and the best guess at its columns, for the mapping dialog. */
export interface TablePreview {
  /** The format that reads the file with a mapping. */
  readonly formatId: string;
  /** Empty where nothing separates cells: fields of JSON have names. */
  readonly delimiter: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The best guess from the columns' names, with the table it would fill. */
  readonly guess: CsvMapping;
}

/** What a format has whose columns only their names, or a person, explain. */
export interface MappedTable {
  /** Null when the head is no such table. */
  preview(head: Head): TablePreview | null;
  /** Whether a person must say what the columns mean before the source gives rows. */
  needsMapping(head: Head, options: SourceOptions): boolean;
}

/** A machine that lost power leaves runs of NUL where the file system had made room; the next line is written right behind them. */
export const NUL_NOTE =
  'Runs of NUL bytes stand before some lines, as a crash or a copy of a file in use leaves them.';

/** Where a parser puts what it reads. Every record ends in exactly one of: rows committed, `skip`, `reject`. */
export interface RecordSink {
  readonly dictionaries: Dictionaries;
  readonly flows: TableBuilder<'flows'>;
  readonly logins: TableBuilder<'logins'>;
  readonly queries: TableBuilder<'queries'>;
  readonly changes: TableBuilder<'changes'>;
  /** A record that could not be read. `reason` is a sentence part in an analyst's words ("the time is missing"). */
  reject(reason: string, bytes: Uint8Array, start: number, end: number, line: number): void;
  /** A record (or as many as `times` says) that was understood and rightly gives no row. `kind` groups the count: `header`, `comment`, `program cron`, … */
  skip(kind: string, times?: number): void;
  /**
   * Whether a record with this hash (two words of 32 bits) stands in the source before `offset`; then it is skipped as a repeated delivery, and
   * is not to be read. Repeats in another range of the source are found when the ranges are put together.
   */
  isRepeat(low: number, high: number, offset: number): boolean;
  /** Something the analyst should know about the whole source; repeated texts are kept once. */
  note(text: string): void;
  /** The number that a record has in a series of its writer (a journal's, a channel's, a session's): what is missing can then be told. */
  number(kind: SeriesKind, series: string, value: number, offset: number, line: number): void;
}

export interface ParseContext {
  readonly sink: RecordSink;
  readonly head: Head;
  readonly options: SourceOptions;
}

/**
 * Reads records of one format. Never throws on any input, never keeps state that depends on where a chunk was cut
 * (a `splittable` format must give the same rows when another parser instance starts at any line under the same `header`).
 */
export interface RecordParser {
  /** One record: a line without its end, the bytes of one JSON object, a block. `offset` is its byte offset in the source, `line` its line number from 1. */
  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void;
  /**
   * A block of complete lines at once, for formats fast enough that a call a line would cost. `offset` is that of `start`, `line` the
   * number of its first line. Returns the number of lines in the block. Blank lines are the parser's to count (`skip('blank')`).
   */
  block?(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number;
  /**
   * Whether `block` takes NUL bytes before a line off itself, with NUL_NOTE. Otherwise no block has any: making sure of that costs half as much as
   * the fastest parser.
   */
  readonly takesNul?: boolean;
  /**
   * Of a format that is given its bytes as a stream: reads records from `start` on and returns where the first one begins that needs more bytes
   * than there are. What is left comes again, with what follows it; that the outcome is the same however much is given at once is the parser's to
   * see to. With `isLast` nothing follows: whatever is left is counted too, and `end` returned.
   */
  stream?(bytes: Uint8Array, start: number, end: number, offset: number, isLast: boolean): number;
  /** Whether a stream ended inside a record. */
  readonly isCut?: boolean;
  /** Records found, by a format that is given whole and finds several rows in some of them, or as a stream; absent where each row is a record. */
  readonly records?: number;
  /** Records found in lists within the objects that were given, beyond these objects: each entry of such a list is a record. */
  readonly listed?: number;
  /** Set by parsers of JSON that can tell where an object ends while they read it, which saves the framer looking for the end first. */
  readonly objects?: ObjectScanner;
  /**
   * What the header lines so far say, of a format that lets them come anywhere in a file; only ever compared. A range that ends under
   * another header than it began with tells that those after it, which began with the head's, cannot be relied on.
   */
  header?(): string;
  /**
   * A line is too long to be given, and is rejected; these are its first bytes. Where it begins a record of several lines, what follows is
   * that record's: the one before it ends here.
   */
  passOver?(bytes: Uint8Array, start: number, end: number): void;
  /** The last record has been given: commit what was held back (multi-record events). */
  finish?(): void;
}

/** Finds the end of a JSON object that is wholly valid. */
export interface ObjectScanner {
  /** Line ends met in what was scanned last. */
  readonly newlines: number;
  /** Objects of this block are scanned next; until another is held its bytes stay as they are. */
  hold(bytes: Uint8Array, start: number, end: number): void;
  /**
   * The index behind the object that begins at `start`; −1 when it does not end before `end`, is no JSON or may be a wrapper around the file's
   * records: the framer then takes the long way. Has no effect beyond that.
   */
  scan(bytes: Uint8Array, start: number, end: number): number;
  /** Whether just these bytes were scanned last. */
  hasScanned(bytes: Uint8Array, start: number, end: number): boolean;
}

/** A source's bytes as they are without its packing, read where they are wanted. */
export interface SourceBytes {
  readonly size: number;
  /** The bytes from `start` to `end` (exclusive); fewer at the end of the source. */
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface Format {
  /** Kebab-case, stable: stored in cases and accepted in case.json. */
  readonly id: string;
  /** As an analyst would call it: "AWS VPC flow log". */
  readonly label: string;
  readonly framing: Framing;
  /** Set where the framing is `blocks`. */
  readonly blocks?: Blocks;
  /** Whether any run of whole lines (or blocks) can be parsed on its own, given the head (and no other `header` since): such files are shared out among workers. */
  readonly splittable: boolean;
  /** Whether a kernel reads most of a file with this head, about as fast as the browser hands the bytes over. */
  readonly keepsPace?: (head: Head) => boolean;
  readonly tables: readonly TableName[];
  /**
   * Whether such logs are written and kept out of reach of the machines they speak of (flow logs, cloud audit logs). Absent means no; the
   * analyst can say otherwise of each source.
   */
  readonly heldOffAsset?: boolean;
  /**
   * Whether a sensor wrote it that takes protocols apart as they pass: what was encrypted or of another protocol leaves no request in it,
   * where a server's own log would have it.
   */
  readonly seesFromOutside?: boolean;
  /** Whether it tells what was asked and never what was answered, so that no read could show in it: it stands before the service and lets through. */
  readonly seesNoAnswers?: boolean;
  /**
   * Whether it tells each statement of a connection that has logged in as it arrives, and not what became of it. A read that was asked for
   * counts as carried out: of those few are refused, and a refusal costs the asker nothing but the next try.
   */
  readonly tellsStatementsAsTheyArrive?: boolean;
  /** Whether its records are messages of a machine's own syslog, so that a file of another such format may hold the same ones. */
  readonly holdsSyslog?: boolean;
  /** Whether most of its logins are also told by the servers at which they were made, in logs of their own that say more. */
  readonly retells?: boolean;
  /**
   * Seconds between two records of one flow, of a format whose records tell of both ways of a conversation and only of what came since the
   * last one. Absent where a record is a whole conversation, and where each way has records of its own.
   */
  readonly flowEverySeconds?: number;
  /**
   * What the file holds of one row (from 0), for a format that keeps columns together and so has no place in bytes for a row: the offset of its
   * rows is their number then. Rejects when the file does not hold it.
   */
  readonly rowText?: (source: SourceBytes, row: number) => Promise<string>;
  /** What the file holds at the offset of a row, in words, for a format whose records are no text. Rejects when there is no record. */
  readonly recordText?: (source: SourceBytes, offset: number) => Promise<string>;
  /** Set for tables of any origin, which an analyst may have to explain. */
  readonly mapped?: MappedTable;
  /** Confidence from 0 (not this) to 1 (certain), from content alone. 0.2 is "nothing speaks against it". */
  sniff(head: Head): number;
  parser(context: ParseContext): RecordParser;
}
