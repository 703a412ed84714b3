import type { SourceId } from '../base/brand';
import { fail, ok, toFailure, type Failure, type Result } from '../base/result';
import type { SourceOptions } from '../formats/format';
import { formatById } from '../formats/registry';
import type { Dictionaries } from '../tables/dictionaries';
import { mergeDictionaries } from '../tables/merge-dictionaries';
import { summarize } from '../tables/sequences';
import { fromSegmentData, type SegmentData } from '../tables/segment';
import { sha256Of } from './hash';
import { parseRange } from './parse-range';
import { planRanges } from './plan';
import { expand, type ExpandOptions } from './expand';
import { notesOf, type MemberOrigin, type RawSource } from './raw-source';
import { recognize } from './recognize';
import type { UnpackLimits } from './unpack/limits';

export interface IngestInput {
  readonly blob: Blob;
  readonly name: string;
  readonly lastModifiedMs: number;
  /** Format id that overrules what the content says. */
  readonly format?: string;
  readonly options?: SourceOptions;
  /** Set for a file out of an archive. */
  readonly origin?: MemberOrigin;
}

export interface IngestProgress {
  readonly phase: 'reading' | 'hashing';
  readonly bytesRead: number;
  readonly rows: number;
  readonly rejected: number;
}

/** Reading it anyway would only reject every record. */
const UNMAPPED: Failure = {
  what: 'The file is a table, but its names do not say which columns hold the time and who did it',
  todo: 'Name the columns: in the mapping dialog, or as "mapping" of its source in case.json.',
};

/**
 * Reads one file from its bytes to rows, in one thread: recognizes, parses, hashes. Adds to `dictionaries` only when all went well.
 * Errors are data: a file that can't be read, or was cancelled, is a Failure that names it.
 */
export async function ingestFile(
  input: IngestInput,
  id: SourceId,
  dictionaries: Dictionaries,
  onProgress?: (progress: IngestProgress) => void,
  signal?: AbortSignal,
  unpack?: UnpackLimits,
): Promise<Result<RawSource>> {
  const { blob, name, lastModifiedMs } = input;
  const { container, archive, head, ranking, failure } = await recognize(blob);
  if (archive && failure) return fail({ ...failure, source: name });
  const formatId = input.format ?? ranking[0]?.formatId;
  // The analyst's word overrules what the content looks like, but not that it can't be read at all.
  if (failure && (input.format === undefined || head.bytes.length === 0))
    return fail({ ...failure, source: name });
  const format = formatId === undefined ? undefined : formatById(formatId);
  if (!format) return fail({ what: `There is no format called ${formatId ?? ''}`, source: name });
  const options = input.options ?? {};
  if (format.mapped?.needsMapping(head, options)) return fail({ ...UNMAPPED, source: name });
  try {
    const segments: SegmentData[] = [];
    let [rows, rejected] = [0, 0];
    const [range] = planRanges(blob.size, format, container, 1, head);
    if (!range) return fail({ what: 'The file has no bytes to read', source: name });
    const result = await parseRange(
      { blob, container, formatId: format.id, head, options, range, share: input.origin?.share },
      {
        onSegment: (data) => segments.push(data),
        onProgress: (bytesRead, rowsSoFar, rejectedSoFar) => {
          [rows, rejected] = [rowsSoFar, rejectedSoFar];
          onProgress?.({ phase: 'reading', bytesRead, rows, rejected });
        },
      },
      signal,
      { unpack },
    );
    const sha256 = await sha256Of(
      blob,
      (bytesRead) => onProgress?.({ phase: 'hashing', bytesRead, rows, rejected }),
      signal,
    );
    const map = mergeDictionaries(dictionaries, result.dictionaries);
    return ok({
      id,
      name,
      sizeBytes: blob.size,
      lastModifiedMs,
      sha256,
      format: format.id,
      formatLabel: format.label,
      container,
      records: result.records,
      lines: result.lines,
      rejected: result.rejected,
      rejectedSamples: result.rejectedSamples,
      rejectedByReason: result.rejectedByReason,
      skipped: result.skipped,
      notes: [...result.notes, ...notesOf(input.origin)],
      isCut: result.isCut || input.origin?.isCut === true,
      ...(input.origin && { origin: input.origin }),
      rows: result.rows,
      sequences: summarize(result.sequences),
      segments: segments.map((data) => fromSegmentData(data, id, map)),
    });
  } catch (caught) {
    return fail(toFailure(caught, name));
  }
}

export interface IngestAllOptions extends ExpandOptions {
  /** What is known of a member by its name: format and mapping. */
  readonly ruleFor?: (name: string) => Pick<IngestInput, 'format' | 'options'>;
}

/**
 * `ingestFile`, and for an archive each file in it as a source of its own, with ids from `firstId` on. What is to be said of the archive itself
 * is with its first source. A failure, of the archive or of a member, takes no other member with it.
 */
export async function ingestAll(
  input: IngestInput,
  firstId: number,
  dictionaries: Dictionaries,
  options: IngestAllOptions = {},
): Promise<Result<RawSource>[]> {
  const { signal, limits } = options;
  const { archive } = await recognize(input.blob);
  if (!archive)
    return [await ingestFile(input, firstId as SourceId, dictionaries, undefined, signal, limits)];
  const results: Result<RawSource>[] = [];
  let id = firstId;
  try {
    const members = expand(input, options);
    for (let next = await members.next(); ; next = await members.next()) {
      if (next.done) return withArchiveNotes(results, next.value.notes, input.name);
      const { failure, ...member } = next.value;
      const rule = options.ruleFor?.(member.name) ?? {};
      const result = failure
        ? fail(failure)
        : await ingestFile({ ...member, ...rule }, id as SourceId, dictionaries, undefined, signal, limits);
      if (result.ok) id += 1;
      results.push(result);
    }
  } catch (caught) {
    return [...results, fail(toFailure(caught, input.name))];
  }
}

function withArchiveNotes(
  results: Result<RawSource>[],
  notes: readonly string[],
  name: string,
): Result<RawSource>[] {
  const first = results.findIndex((result) => result.ok);
  const result = results[first];
  if (notes.length === 0) return results;
  if (!result?.ok) return [...results, fail({ what: notes.join(' '), source: name })];
  const noted = ok({ ...result.value, notes: [...result.value.notes, ...notes] });
  return results.map((other, index) => (index === first ? noted : other));
}
