import { FailureError } from '../../base/result';
import { formatBytes } from '../../base/units';
import type { UnpackGuard } from './limits';

/** One file of an archive, taken out of it. */
export interface ArchiveFile {
  readonly kind: 'file';
  /** Path in the archive, as text only: nothing is ever written to it. */
  readonly path: string;
  /** 0 when the archive does not say. */
  readonly lastModifiedMs: number;
  readonly blob: Blob;
  /** Bytes that it took in the archive. */
  readonly packedBytes: number;
  readonly isCut: boolean;
  readonly notes: readonly string[];
}

/** A member that could not be taken out, and why. */
export interface ArchiveFailure {
  readonly kind: 'failed';
  readonly path: string;
  readonly what: string;
  readonly todo?: string;
}

/** What is passed over: nothing of it could be a log. */
export type SkippedKind = 'folder' | 'link' | 'device' | 'empty file' | 'macOS metadata file' | 'sparse file';

export interface ArchiveSkip {
  readonly kind: 'skipped';
  readonly what: SkippedKind;
}

/** Something to know of the archive itself: its end is missing, for one. */
export interface ArchiveNote {
  readonly kind: 'note';
  readonly note: string;
}

export type ArchiveEntry = ArchiveFile | ArchiveFailure | ArchiveSkip | ArchiveNote;

/** Keeps what comes out of an archive until it is read: in the browser's blob store, or in a file. */
export type KeepBytes = (chunks: AsyncIterable<Uint8Array>) => Promise<Blob>;

export interface ExtractContext {
  readonly keep: KeepBytes;
  readonly guard: UnpackGuard;
  /** Told of packed bytes as they are read. */
  readonly onPacked?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

const PART_BYTES = 16 * 1024 * 1024;

/**
 * As a Blob made of Blobs: browsers move large ones to disk, so that no more than a part is in memory. Throws a FailureError once the browser
 * has no room left for them.
 */
export async function keepAsBlob(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: Blob[] = [];
  let held: Uint8Array<ArrayBuffer>[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk.slice());
    heldBytes += chunk.length;
    if (heldBytes < PART_BYTES) continue;
    const part = new Blob(held);
    await assertKept(part, (parts.length + 1) * PART_BYTES);
    parts.push(part);
    held = [];
    heldBytes = 0;
  }
  return new Blob([...parts, ...held]);
}

/**
 * A browser takes every Blob, and only says when it is read that there was no room for it: by then nobody knows any more that the file came
 * out of an archive.
 */
async function assertKept(part: Blob, bytes: number): Promise<void> {
  try {
    await part.slice(-1).arrayBuffer();
  } catch {
    throw new FailureError({
      what: `The browser has no room for what is unpacked of it, over ${formatBytes(bytes)} so far`,
      todo: 'Make room on the disk, or unpack it yourself and load what is inside.',
    });
  }
}

const MAX_PATH_CHARS = 240;
const CONTROLS_AND_DIRECTION = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/**
 * A member's path as a name to show: no control or direction-changing characters, no empty, `.` or `..` parts, of bounded length. It is never
 * used as a path.
 */
export function nameOfPath(path: string): string {
  const parts = path
    .replace(CONTROLS_AND_DIRECTION, '_')
    .split(/[/\\]/)
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const name = parts.join('/');
  if (name === '') return 'unnamed';
  const chars = [...name];
  return chars.length <= MAX_PATH_CHARS ? name : `…${chars.slice(1 - MAX_PATH_CHARS).join('')}`;
}

/** Finder's side files of a zip or tar: resource forks, not what they are named after. */
export function isMacMetadata(path: string): boolean {
  return /(^|\/)(__MACOSX\/|\._[^/]+$|\.DS_Store$)/.test(path);
}
