import { append } from '../base/extremes';
import { FailureError, toFailure, type Failure } from '../base/result';
import { visibleText } from '../base/visible';
import { formatCount } from '../base/units';
import { openStream } from './byte-stream';
import { containerOf, type Archive, type Layer } from './container';
import { sha256Of } from './hash';
import { Cancelled } from './pace';
import type { MemberOrigin } from './raw-source';
import { probeOf } from './recognize';
import { UNPACK_LIMITS, UnpackGuard, type UnpackLimits } from './unpack/limits';
import {
  keepAsBlob,
  nameOfPath,
  type ArchiveEntry,
  type ExtractContext,
  type KeepBytes,
} from './unpack/member';
import { plainTar, streamedTar } from './unpack/tar';
import { isOfficeDocument, zipEntries } from './unpack/zip';

/** A file out of an archive, ready to be read like any other; or why it can't be. */
export interface Member {
  /** `archive.zip/path/in/it`. */
  readonly name: string;
  readonly blob: Blob;
  readonly lastModifiedMs: number;
  readonly origin: MemberOrigin;
  readonly failure?: Failure;
}

export type ExpandPhase = 'hashing' | 'unpacking';

export interface ExpandOptions {
  readonly limits?: UnpackLimits;
  readonly keep?: KeepBytes;
  readonly signal?: AbortSignal;
  /** Members taken out so far. */
  readonly onMember?: (members: number) => void;
  /** Bytes of the archive, as given, that were read: first all of them for its hash, then again to unpack it. */
  readonly onProgress?: (phase: ExpandPhase, bytesRead: number) => void;
}

export interface ArchiveInput {
  readonly blob: Blob;
  readonly name: string;
  readonly lastModifiedMs: number;
}

/** What is known of an archive once all of it was looked at. */
export interface ArchiveSummary {
  readonly notes: readonly string[];
}

/**
 * The files in an archive, those of archives in it included, one after the other. Returns what is to be said of the archive itself. Throws
 * FailureError where nothing of it can be read, and `Cancelled`; a member that can't be taken out is a member with a failure.
 */
export async function* expand(
  input: ArchiveInput,
  options: ExpandOptions = {},
): AsyncGenerator<Member, ArchiveSummary> {
  const { limits = UNPACK_LIMITS, signal, onProgress } = options;
  const sha256 = await sha256Of(input.blob, (bytesRead) => onProgress?.('hashing', bytesRead), signal);
  let unpackedFrom = 0;
  const onPacked = (bytes: number): void => {
    unpackedFrom += bytes;
    onProgress?.('unpacking', unpackedFrom);
  };
  const guard = new UnpackGuard(limits);
  guard.addPacked(input.blob.size);
  const walk = new Walk({ keep: options.keep ?? keepAsBlob, guard, signal, onPacked }, limits, {
    name: input.name,
    sha256,
  });
  let members = 0;
  for await (const member of walk.archive({ ...input, packedBytes: input.blob.size }, 1)) {
    members += 1;
    options.onMember?.(members);
    yield member;
  }
  const notes = walk.notes();
  if (members === 0)
    throw new FailureError({
      what: `There is no file in the archive that could be read. ${notes.join(' ')}`.trim(),
    });
  return { notes };
}

/** An archive on the way, with the bytes of the outermost one that it came out of. */
interface WalkedArchive extends ArchiveInput {
  readonly packedBytes: number;
}

/** What an archive holds, and how many of its own bytes one of what was taken out so far stands for. */
interface OpenedArchive {
  readonly entries: AsyncIterable<ArchiveEntry>;
  readonly density: () => number;
}

class Walk {
  readonly #context: ExtractContext;
  readonly #limits: UnpackLimits;
  readonly #archive: Pick<MemberOrigin, 'name' | 'sha256'>;
  readonly #skipped = new Map<string, number>();
  readonly #notes: string[] = [];
  #members = 0;
  #left = 0;

  constructor(context: ExtractContext, limits: UnpackLimits, archive: Pick<MemberOrigin, 'name' | 'sha256'>) {
    this.#context = context;
    this.#limits = limits;
    this.#archive = archive;
  }

  notes(): readonly string[] {
    const skipped = [...this.#skipped].map(([what, count]) => `${formatCount(count)} × ${what}`);
    const notes = [...this.#notes];
    if (skipped.length > 0) notes.push(`Passed over in the archive: ${skipped.join(', ')}.`);
    if (this.#left > 0)
      notes.push(
        `Only the first ${formatCount(this.#limits.maxMembers)} files of the archive were loaded; the others were left out.`,
      );
    if (this.#context.guard.isSpent)
      notes.push('Unpacking was stopped: what follows in the archive was left out.');
    return notes;
  }

  async *archive(input: WalkedArchive, depth: number): AsyncGenerator<Member> {
    const { layers, archive } = await probeOf(input.blob);
    if (!archive) throw new FailureError({ what: 'The file is no archive' });
    if (depth > this.#limits.maxDepth) {
      yield this.#failed(input, {
        what: `It is an archive in more than ${this.#limits.maxDepth} others, which is as deep as they are followed`,
        todo: 'Unpack it and load what is inside.',
      });
      return;
    }
    const problems: string[] = [];
    // Progress is that of the outermost archive: an inner one's bytes are not its own.
    const context = depth === 1 ? this.#context : { ...this.#context, onPacked: undefined };
    try {
      const { entries, density } = await this.#open(input.blob, layers, archive, problems, context);
      for await (const entry of entries) {
        if (this.#members >= this.#limits.maxMembers) {
          this.#left += 1;
          return;
        }
        yield* this.#member(entry, input, depth, (density() * input.packedBytes) / input.blob.size);
        if (this.#context.guard.isSpent) break;
      }
    } catch (caught) {
      if (caught instanceof Cancelled || (depth === 1 && this.#members === 0)) throw caught;
      const { what, todo } = toFailure(caught);
      yield this.#failed(input, { what, todo, kept: 'What came before in the archive was kept.' });
    }
    for (const note of problems) this.#note(input.name, note);
  }

  async #open(
    blob: Blob,
    layers: readonly Layer[],
    archive: Archive,
    problems: string[],
    context: ExtractContext,
  ): Promise<OpenedArchive> {
    if (layers.length === 0) {
      const density = (): number => 1;
      if (archive === 'tar') return { entries: plainTar(blob, context), density };
      if (await isOfficeDocument(blob))
        throw new FailureError({
          what: 'The file is an office document',
          todo: 'Export its sheets as CSV and load those.',
        });
      return { entries: zipEntries(blob, context), density };
    }
    const { signal, onPacked } = context;
    const inner = { ...context, onPacked: undefined };
    const { chunks, outcome, bytesRead } = openStream(blob, containerOf(layers), { signal }, this.#limits);
    let unpacked = 0;
    const counted = this.#counted(chunks, bytesRead, onPacked, (bytes) => {
      unpacked += bytes;
    });
    const density = (): number => bytesRead() / Math.max(1, unpacked);
    // A zip is read from its end.
    const entries =
      archive === 'tar' ? streamedTar(counted, inner) : zipEntries(await context.keep(counted), inner);
    return { entries: withNotes(entries, outcome.notes, problems), density };
  }

  async *#counted(
    chunks: AsyncIterable<Uint8Array>,
    bytesRead: () => number,
    onPacked: ExtractContext['onPacked'],
    onUnpacked: (bytes: number) => void,
  ): AsyncGenerator<Uint8Array> {
    let told = 0;
    for await (const chunk of chunks) {
      const read = bytesRead();
      if (read > told) onPacked?.(read - told);
      told = read;
      this.#context.guard.addUnpacked(chunk.length);
      onUnpacked(chunk.length);
      yield chunk;
    }
  }

  async *#member(
    entry: ArchiveEntry,
    { name, lastModifiedMs }: ArchiveInput,
    depth: number,
    density: number,
  ): AsyncGenerator<Member> {
    if (entry.kind === 'skipped') {
      this.#skipped.set(entry.what, (this.#skipped.get(entry.what) ?? 0) + 1);
      return;
    }
    if (entry.kind === 'note') {
      this.#note(name, entry.note);
      return;
    }
    const member: ArchiveInput = {
      name: `${name}/${visibleText(nameOfPath(entry.path))}`,
      blob: entry.kind === 'file' ? entry.blob : new Blob([]),
      lastModifiedMs:
        entry.kind === 'file' && entry.lastModifiedMs > 0 ? entry.lastModifiedMs : lastModifiedMs,
    };
    if (entry.kind === 'failed') {
      yield this.#failed(member, { what: entry.what, todo: entry.todo });
      return;
    }
    const packedBytes = entry.packedBytes * density;
    const { archive } = await probeOf(entry.blob);
    if (archive) {
      yield* this.#nested({ ...member, packedBytes }, depth + 1);
      return;
    }
    this.#members += 1;
    const { notes, isCut } = entry;
    const share = { packedBytes, freeBytes: this.#limits.freeBytes / this.#members };
    yield { ...member, origin: { ...this.#archive, notes, isCut, share } };
  }

  async *#nested(member: WalkedArchive, depth: number): AsyncGenerator<Member> {
    try {
      yield* this.archive(member, depth);
    } catch (caught) {
      if (caught instanceof Cancelled) throw caught;
      const { what, todo } = toFailure(caught);
      yield this.#failed(member, { what, todo });
    }
  }

  #failed(member: ArchiveInput, failure: Failure): Member {
    this.#members += 1;
    const origin = { ...this.#archive, notes: [], isCut: false };
    return { ...member, origin, failure: { ...failure, source: member.name } };
  }

  #note(name: string, note: string): void {
    this.#notes.push(name === this.#archive.name ? note : `${name}: ${note}`);
  }
}

/** Passes entries on and, once they are through, what unpacking had to say. */
async function* withNotes(
  entries: AsyncIterable<ArchiveEntry>,
  notes: readonly string[],
  problems: string[],
): AsyncGenerator<ArchiveEntry> {
  yield* entries;
  append(problems, notes);
}
