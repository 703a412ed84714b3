import { decodeUtf8 } from '../base/bytes';
import { toFailure, type Failure } from '../base/result';
import { formatBytes } from '../base/units';
import type { Head } from '../formats/format';
import { recognizeFormat } from '../formats/registry';
import { isCapture } from '../formats/shared/capture-layout';
import { LIST_KEYS } from '../formats/shared/json-list-keys';
import { openStream } from './byte-stream';
import {
  archiveOf,
  containerOf,
  encodingOfText,
  knownBinary,
  layerOf,
  layersOf,
  looksBinary,
  PLAIN,
  type Archive,
  type Container,
  type Layer,
} from './container';
import type { ByteSource } from './held-bytes';
import { otherLogOf } from './other-logs';
import { UNPACK_LIMITS } from './unpack/limits';

export const HEAD_BYTES = 256 * 1024;
/** Enough to tell a container by, and cheap to read of thousands of files. */
const PROBE_BYTES = 4096;
/** A format that is surer than this is believed even where its text looks odd (control characters as separators). */
const SURE = 0.5;
const EXCERPT_CHARS = 160;

export interface RankedFormatId {
  readonly formatId: string;
  readonly confidence: number;
}

/** What a source is, by its content alone. With a `failure` it can't be read as it stands; the head is given all the same. */
export interface Recognition {
  readonly container: Container;
  /** It is an archive, packed as `container` says; `expand` gives what is in it. The failure is for those who can read one source only. */
  readonly archive?: Archive;
  readonly head: Head;
  /** Best first. Empty when no format fits. */
  readonly ranking: readonly RankedFormatId[];
  readonly failure?: Failure;
}

/** Looks at the first 256 KiB of the decompressed source. Never throws: what can't be read is a failure with its reason. */
export async function recognize(blob: ByteSource): Promise<Recognition> {
  try {
    return await recognizeBytes(blob);
  } catch (caught) {
    return { container: PLAIN, head: headOf([], 0, true), ranking: [], failure: toFailure(caught) };
  }
}

async function recognizeBytes(blob: ByteSource): Promise<Recognition> {
  const { layers, probe, archive } = await probeOf(blob);
  // The zeros in a capture's headers can look like those of UTF-16.
  const encoding = isCapture(probe) ? 'utf-8' : encodingOfText(probe);
  const container = containerOf(layers, encoding);
  if (archive)
    return { container, archive, head: headOf([], 0, true), ranking: [], failure: archiveFailure(archive) };
  const read = await readHead(blob, container, HEAD_BYTES);
  const head = headOf([read.bytes], read.bytes.length, read.isWhole);
  const ranking = recognizeFormat(head).map(({ format, confidence }) => ({
    formatId: format.id,
    confidence,
  }));
  const best = ranking[0]?.confidence ?? 0;
  const failure = failureOfBytes(blob, container, head, best < SURE ? probe : undefined, read.notes);
  if (failure) return { container, head, ranking: [], failure };
  if (best < SURE && looksBinary(head.bytes)) {
    return {
      container,
      head,
      ranking: [],
      failure: binaryFailure(layersOf(container).length > 0 ? 'The compressed file holds' : 'The file holds'),
    };
  }
  // A table whose columns are understood by their names is no surer than that.
  const other = best <= SURE ? otherLogOf(head) : undefined;
  if (other) return { container, head, ranking: [], failure: other };
  return ranking.length > 0
    ? { container, head, ranking }
    : { container, head, ranking, failure: unknownFailure(head) };
}

/** What a file is packed in, as far as it is followed, and the first bytes of what that holds. */
export async function probeOf(
  blob: ByteSource,
): Promise<{ readonly layers: readonly Layer[]; readonly probe: Uint8Array; readonly archive?: Archive }> {
  const layers: Layer[] = [];
  let probe: Uint8Array = new Uint8Array(await blob.slice(0, PROBE_BYTES).arrayBuffer());
  for (;;) {
    const layer = layerOf(probe);
    if (!layer || layers.length >= UNPACK_LIMITS.maxDepth) break;
    layers.push(layer);
    ({ bytes: probe } = await readHead(blob, containerOf(layers), PROBE_BYTES));
  }
  return { layers, probe, archive: archiveOf(probe) };
}

interface RawHead {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  readonly notes: readonly string[];
}

async function readHead(blob: ByteSource, container: Container, length: number): Promise<RawHead> {
  const stream = openStream(blob, container, { sliceBytes: container === PLAIN ? length + 1 : length });
  // Of a small file as it is no more can come.
  const bytes = new Uint8Array(container === PLAIN ? Math.min(length, blob.size) : length);
  let filled = 0;
  let isWhole = true;
  for await (const chunk of stream.chunks) {
    const room = bytes.length - filled;
    bytes.set(chunk.subarray(0, room), filled);
    filled += Math.min(room, chunk.length);
    if (chunk.length > room) {
      isWhole = false;
      break;
    }
  }
  return {
    bytes: bytes.subarray(0, filled),
    isWhole: isWhole && !stream.outcome.isCut,
    notes: stream.outcome.notes,
  };
}

function headOf(parts: readonly Uint8Array[], length: number, isWhole: boolean): Head {
  const bytes = parts[0]?.slice(0, length) ?? new Uint8Array(0);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = decodeUtf8(bytes, hasMark ? 3 : 0);
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return { bytes, text, lines, isWhole };
}

function failureOfBytes(
  blob: ByteSource,
  container: Container,
  head: Head,
  /** The first bytes of what no format is sure of. */
  unknown: Uint8Array | undefined,
  notes: readonly string[],
): Failure | undefined {
  if (blob.size === 0) return { what: 'The file is empty', todo: 'Check whether the export was complete.' };
  const known = unknown && knownBinary(unknown);
  if (known) {
    const layers = layersOf(container);
    const where = layers.length > 0 ? `Inside the ${layers.join(' in ')} file is` : 'The file is';
    return { what: `${where} ${known.kind}, not log text`, todo: known.todo };
  }
  if (head.bytes.length === 0) {
    const reason = notes[0];
    return reason === undefined
      ? { what: 'The compressed file holds nothing', todo: 'Check whether the export was complete.' }
      : {
          what: `Nothing of the ${layersOf(container).join(' in ')} file could be read`,
          kept: reason,
          todo: 'Get the file again from where it was copied.',
        };
  }
  if (head.isWhole && head.text.trim() === '')
    return { what: 'The file holds nothing but blank lines', todo: 'Check whether the export was complete.' };
  if (head.bytes.every((byte) => byte === 0))
    return {
      what: `The first ${formatBytes(head.bytes.length)} of the file are NUL bytes only`,
      todo: 'The copy is damaged or its disk was: get the file again.',
    };
  return undefined;
}

/** A longer text is no column's name. */
const LONGEST_NAME = 100;

/** What a whole file is that was exported, and that nothing matched. */
function whatIsEmpty(text: string, filled: readonly string[]): string | undefined {
  if (isEmptyJson(text)) return 'The file is an empty list: nothing was exported';
  const [line = ''] = filled;
  const names = line.split(/[,;\t|]/);
  const isName = (text: string): boolean =>
    text.length <= LONGEST_NAME && /^\s*"?[A-Za-z_@][\w .:/@-]*(?<!\.)"?\s*$/.test(text);
  const isHeader = names.length > 1 && names.every(isName);
  return filled.length === 1 && isHeader
    ? 'The file holds one line, which seems to be a header, and no rows'
    : undefined;
}

/**
 * `[]`, `{}`, or an object that would hold records and has none: `{"Records":[]}`. Under another name an empty list may be a record's own field
 * (an answer without addresses, a request that no rule matched), so that nothing else may be told beside it.
 */
function isEmptyJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  if (Array.isArray(value)) return value.length === 0;
  const members = Object.entries(value as object);
  if (members.length === 0) return true;
  const lists = members.filter(([, member]) => Array.isArray(member)) as [string, unknown[]][];
  if (lists.length === 0 || lists.some(([, list]) => list.length > 0)) return false;
  return (
    lists.some(([key]) => LIST_KEYS.has(key)) ||
    members.every(([, member]) => !member || Array.isArray(member))
  );
}

function archiveFailure(archive: Archive): Failure {
  return {
    what: `The file is a ${archive} archive, of which each file is a source of its own`,
    todo: 'Unpack it and load what is inside.',
  };
}

function binaryFailure(subject: string): Failure {
  return {
    what: `${subject} binary data, not log text`,
    todo: 'If it is a log, export it as text (CSV, JSON or lines) with the program that wrote it.',
  };
}

function unknownFailure(head: Head): Failure {
  const filled = head.lines.filter((candidate) => candidate.trim() !== '');
  const line = filled[0] ?? '';
  const nothing = head.isWhole ? whatIsEmpty(head.text, filled) : undefined;
  if (nothing !== undefined)
    return { what: nothing, todo: 'Check the query and the time range that it was exported for.' };
  const excerpt = line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
  return {
    what: `No known log format fits this file. Its first line reads: ${excerpt}`,
    todo: 'Choose the format by hand, or load it as a table (CSV) and say what its columns mean.',
  };
}
