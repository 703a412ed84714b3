import { FailureError } from '../base/result';
import { formatCount } from '../base/units';
import type { Format, Head, RecordParser, SourceOptions } from '../formats/format';
import { formatById } from '../formats/registry';
import type { DictionaryData } from '../tables/dictionaries';
import type { TableName } from '../tables/schemas';
import type { SeriesData } from '../tables/sequences';
import type { SegmentData } from '../tables/segment';
import type { RejectSample } from '../tables/source-info';
import { BlockFramer } from './block-framer';
import { openStream } from './byte-stream';
import type { SliceOptions } from './chunks';
import type { Container } from './container';
import { firstByteOf, type Framer, type FramerRange } from './framer';
import type { ByteSource } from './held-bytes';
import { JsonLinesFramer } from './json-lines';
import { firstByteOfList, JsonListFramer, listShapeOf } from './json-list';
import type { Seam } from './json-seam';
import { JsonSplitter } from './json-splitter';
import { LineFramer } from './line-framer';
import { Cancelled, throwIfAborted } from './pace';
import { isJsonLines, type ByteRange } from './plan';
import type { RecordHashes } from './repeats';
import { RangeSink } from './sink';
import { StreamFramer } from './stream-framer';
import type { UnpackLimits, UnpackShare } from './unpack/limits';
import { WholeFramer } from './whole-framer';

export interface RangeJob {
  readonly blob: ByteSource;
  readonly container: Container;
  readonly formatId: string;
  readonly head: Head;
  readonly options: SourceOptions;
  readonly range: ByteRange;
  /** Set for a file out of an archive. */
  readonly share?: UnpackShare;
}

export interface RangeOutput {
  onSegment(data: SegmentData): void;
  /** Bytes of the file as given, rows and rejected records of this range so far. */
  onProgress(bytesRead: number, rows: number, rejected: number): void;
}

/** All of a range but its rows. Line numbers count from the range's first line: the lines of the ranges before it must be added. */
export interface RangeResult {
  readonly index: number;
  readonly records: number;
  readonly lines: number;
  readonly rejected: number;
  readonly rejectedSamples: readonly RejectSample[];
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly rows: Readonly<Record<TableName, number>>;
  readonly sequences: readonly SeriesData[];
  readonly dictionaries: DictionaryData;
  readonly isCut: boolean;
  /** Whether it ends under another header than the head's, with which the ranges after it began: they may be misread. */
  readonly isHeaderChanged: boolean;
  /** Of a range of one JSON list: what must meet its neighbors' seams, lest they be misread. */
  readonly seams?: { readonly first: Seam | null; readonly next: Seam | null };
  readonly bytesRead: number;
  /** Absent when the format's records are never delivered twice. */
  readonly recordHashes?: RecordHashes;
}

export interface RangeLimits {
  readonly sliceBytes?: SliceOptions['sliceBytes'];
  readonly maxLineBytes?: number;
  readonly maxObjectBytes?: number;
  readonly unpack?: UnpackLimits;
}

const MANY_TEXTS = 1_000_000;

/**
 * Reads one range of a source into segments. Throws `Cancelled` (checked at every slice), and a FailureError when the format is
 * unknown or the bytes can't be read; anything wrong with single records is counted in the result instead.
 */
export async function parseRange(
  job: RangeJob,
  output: RangeOutput,
  signal?: AbortSignal,
  limits: RangeLimits = {},
): Promise<RangeResult> {
  const format = formatById(job.formatId);
  if (!format) throw new FailureError({ what: `There is no format called ${job.formatId}` });
  return parseRangeAs(format, job, output, signal, limits);
}

/** `parseRange` with a format that need not be registered. */
export async function parseRangeAs(
  format: Format,
  job: Omit<RangeJob, 'formatId'>,
  output: RangeOutput,
  signal?: AbortSignal,
  limits: RangeLimits = {},
): Promise<RangeResult> {
  const sink = new RangeSink((segment) => output.onSegment(segment));
  const parser = format.parser({ sink, head: job.head, options: job.options });
  const header = parser.header?.();
  // Ranges count in the file's own bytes; of anything packed the one range is everything that comes out.
  const range: FramerRange = job.container === 'none' ? job.range : { startByte: 0, endByte: Infinity };
  const isShare = job.container === 'none' && (range.startByte > 0 || range.endByte < job.blob.size);
  const isToEnd = job.container !== 'none' || range.endByte >= job.blob.size;
  const framer = framerOf(format, parser, sink, range, job.head, { isShare, isToEnd }, limits);
  const list = framer instanceof JsonListFramer ? framer : undefined;
  const bounds = {
    startByte: list ? firstByteOfList(range) : firstByteOf(range),
    endByte: range.endByte,
    sliceBytes: limits.sliceBytes,
    share: job.share,
    signal,
  };
  const stream = openStream(job.blob, job.container, bounds, limits.unpack);
  try {
    for await (const chunk of stream.chunks) {
      throwIfAborted(signal);
      const goesOn = framer.push(chunk);
      output.onProgress(stream.bytesRead(), sink.totalRows, sink.rejected);
      if (!goesOn) break;
    }
  } catch (caught) {
    throw readingFailure(caught, format, framer);
  }
  const { isCut } = framer.finish();
  parser.finish?.();
  sink.close();
  for (const note of stream.outcome.notes) sink.note(note);
  const texts = sink.dictionaries.strings.size;
  if (texts > MANY_TEXTS)
    sink.note(
      `It holds over ${formatCount(MANY_TEXTS)} different texts (names, paths, …): they take much memory.`,
    );
  return {
    index: job.range.index,
    records: framer.records + (parser.listed ?? 0),
    lines: framer.lines,
    rejected: sink.rejected,
    rejectedSamples: sink.samples,
    rejectedByReason: sink.rejectedByReason,
    skipped: sink.skipped,
    notes: sink.notes,
    rows: sink.rows,
    sequences: sink.sequences.data(),
    dictionaries: sink.dictionaries.toData(),
    isCut: isCut || stream.outcome.isCut,
    isHeaderChanged: parser.header?.() !== header,
    seams: list?.seams,
    bytesRead: stream.bytesRead(),
    recordHashes: sink.repeats.toData(),
  };
}

function framerOf(
  format: Format,
  parser: RecordParser,
  sink: RangeSink,
  range: FramerRange,
  head: Head,
  { isShare, isToEnd }: { readonly isShare: boolean; readonly isToEnd: boolean },
  limits: RangeLimits,
): Framer {
  if (format.framing === 'lines') return new LineFramer(parser, sink, range, limits.maxLineBytes);
  if (format.framing === 'json') {
    const maxBytes = limits.maxObjectBytes;
    if (isJsonLines(head)) return new JsonLinesFramer(parser, sink, range, maxBytes);
    const shape = isShare ? listShapeOf(head) : null;
    return shape
      ? new JsonListFramer(parser, sink, range, shape, maxBytes)
      : new JsonSplitter(parser, sink, { maxBytes });
  }
  if (format.blocks) return new BlockFramer(parser, sink, range, format.blocks, head, isToEnd);
  return format.framing === 'stream' ? new StreamFramer(parser) : new WholeFramer(parser, sink);
}

function readingFailure(caught: unknown, format: Format, framer: Framer): FailureError {
  if (caught instanceof Cancelled || caught instanceof FailureError) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  // Browsers answer with NotReadableError when a file was changed, moved or deleted after it was dropped.
  const isGone = caught instanceof DOMException;
  return new FailureError({
    what: isGone
      ? `The file could not be read on (${reason}): it was changed, moved or deleted meanwhile`
      : `Reading it as ${format.label} failed (${reason})`,
    kept: `${framer.records} records had been read; none of them is kept.`,
    todo: isGone ? 'Load it again.' : 'Choose another format for it.',
  });
}
