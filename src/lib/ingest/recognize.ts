import { decodeUtf8 } from '../base/bytes';
import { toFailure, type Failure } from '../base/result';
import { formatBytes } from '../base/units';
import type { Head } from '../formats/format';
import { recognizeFormat } from '../formats/registry';
import { openStream } from './byte-stream';
import {
  containerFor,
  encodingOfText,
  isGzip,
  knownBinary,
  looksBinary,
  startsWithGzip,
  type Container,
} from './container';

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
  readonly head: Head;
  /** Best first. Empty when no format fits. */
  readonly ranking: readonly RankedFormatId[];
  readonly failure?: Failure;
}

/** Looks at the first 256 KiB of the decompressed source. Never throws: what can't be read is a failure with its reason. */
export async function recognize(blob: Blob): Promise<Recognition> {
  try {
    return await recognizeBytes(blob);
  } catch (caught) {
    return { container: 'none', head: headOf([], 0, true), ranking: [], failure: toFailure(caught) };
  }
}

async function recognizeBytes(blob: Blob): Promise<Recognition> {
  const probe = new Uint8Array(await blob.slice(0, PROBE_BYTES).arrayBuffer());
  const gzip = startsWithGzip(probe);
  const text = gzip ? await readHead(blob, 'gzip', PROBE_BYTES) : undefined;
  const encoding = encodingOfText(text ? text.bytes : probe);
  const container = containerFor(gzip, encoding);
  const read = await readHead(blob, container, HEAD_BYTES);
  const head = headOf([read.bytes], read.bytes.length, read.isWhole);
  const failure = failureOfBytes(blob, container, head, text?.bytes ?? probe, read.notes);
  if (failure) return { container, head, ranking: [], failure };
  const ranking = recognizeFormat(head).map(({ format, confidence }) => ({
    formatId: format.id,
    confidence,
  }));
  const best = ranking[0]?.confidence ?? 0;
  if (best < SURE && looksBinary(head.bytes)) {
    return {
      container,
      head,
      ranking: [],
      failure: binaryFailure(isGzip(container) ? 'The compressed file holds' : 'The file holds'),
    };
  }
  return ranking.length > 0
    ? { container, head, ranking }
    : { container, head, ranking, failure: unknownFailure(head) };
}

interface RawHead {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  readonly notes: readonly string[];
}

async function readHead(blob: Blob, container: Container, length: number): Promise<RawHead> {
  const stream = openStream(blob, container, { sliceBytes: container === 'none' ? length + 1 : length });
  const bytes = new Uint8Array(length);
  let filled = 0;
  let isWhole = true;
  for await (const chunk of stream.chunks) {
    const room = length - filled;
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
  blob: Blob,
  container: Container,
  head: Head,
  first: Uint8Array,
  notes: readonly string[],
): Failure | undefined {
  if (blob.size === 0) return { what: 'The file is empty', todo: 'Check whether the export was complete.' };
  const known = knownBinary(first);
  if (known) {
    const where = isGzip(container) ? 'Inside the gzip file is' : 'The file is';
    return { what: `${where} ${known.kind}, not log text`, todo: known.todo };
  }
  if (head.bytes.length === 0) {
    const reason = notes[0];
    return reason === undefined
      ? { what: 'The compressed file holds nothing', todo: 'Check whether the export was complete.' }
      : {
          what: 'Nothing of the compressed file could be read',
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

function binaryFailure(subject: string): Failure {
  return {
    what: `${subject} binary data, not log text`,
    todo: 'If it is a log, export it as text (CSV, JSON or lines) with the program that wrote it.',
  };
}

function unknownFailure(head: Head): Failure {
  const line = head.lines.find((candidate) => candidate.trim() !== '') ?? '';
  const excerpt = line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
  return {
    what: `No known log format fits this file. Its first line reads: ${excerpt}`,
    todo: 'Choose the format by hand, or load it as a table (CSV) and say what its columns mean.',
  };
}
