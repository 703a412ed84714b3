import type { Format, Head } from '../formats/format';
import { PLAIN, type Container } from './container';
import { listShapeOf } from './json-list';

/** A share of a source: the lines that start in [startByte, endByte). */
export interface ByteRange {
  readonly index: number;
  readonly startByte: number;
  readonly endByte: number;
}

/** Each range has dictionaries of its own that must be merged: below this size that costs more than a second worker brings. */
const MIN_RANGE_BYTES = 8 * 1024 * 1024;

/**
 * How many workers a source is shared out among at most, on a machine of so many processors. A format that keeps pace with reading leaves one to
 * the browser's own process, which hands the bytes over and has as much to do as the worker: on two processors, two workers need up to a
 * third more time in all for 100 MB than one, and end later.
 */
export function readersOf(format: Format, head: Head, workers: number, processors: number): number {
  return format.keepsPace?.(head) ? Math.max(1, Math.min(workers, processors - 1)) : workers;
}

/**
 * Shares a source out among workers. Compressed or transcoded sources, formats that can't start in the middle, and JSON that is neither
 * one object a line nor one list of records (which only the head can show) give one range.
 */
export function planRanges(
  sizeBytes: number,
  format: Format,
  container: Container,
  workers: number,
  head?: Head,
): ByteRange[] {
  const most = Math.max(1, Math.min(Math.floor(workers), Math.floor(sizeBytes / MIN_RANGE_BYTES)));
  const isDivisible =
    most > 1 &&
    container === PLAIN &&
    format.splittable &&
    (format.framing === 'lines' ||
      format.framing === 'blocks' ||
      (format.framing === 'json' && head !== undefined && showsRecords(head)));
  const count = isDivisible ? most : 1;
  const ranges: ByteRange[] = [];
  for (let index = 0; index < count; index++) {
    ranges.push({
      index,
      startByte: Math.floor((sizeBytes * index) / count),
      endByte: Math.floor((sizeBytes * (index + 1)) / count),
    });
  }
  return ranges;
}

/** The one range of a source that can't be shared out after all. */
export function wholeRange(sizeBytes: number): ByteRange {
  return { index: 0, startByte: 0, endByte: sizeBytes };
}

function showsRecords(head: Head): boolean {
  return isJsonLines(head) || listShapeOf(head) !== null;
}

const known = new WeakMap<Head, boolean>();

/** Whether every whole line of the head is one object, and there are at least two. */
export function isJsonLines(head: Head): boolean {
  let isLines = known.get(head);
  if (isLines === undefined) known.set(head, (isLines = holdsObjects(head)));
  return isLines;
}

function holdsObjects(head: Head): boolean {
  const lines = (head.isWhole ? head.lines : head.lines.slice(0, -1))
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (
    lines.length >= 2 && lines.every((line) => line.startsWith('{') && line.endsWith('}') && isObject(line))
  );
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !holdsList(value);
  } catch {
    // Not JSON: then it is no JSON lines file. Nothing is lost, the file is read in one piece.
    return false;
  }
}

/** A delivery a line (`{"Records": […]}`): still one object a line. Kept whole all the same, since its lines can be megabytes long. */
function holdsList(value: object): boolean {
  return 'Records' in value || 'records' in value;
}
