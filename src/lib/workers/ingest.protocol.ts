import type { Failure } from '../base/result';
import type { ArchiveInput, ExpandPhase, Member } from '../ingest/expand';
import type { RangeJob, RangeResult } from '../ingest/parse-range';
import type { MemberOrigin } from '../ingest/raw-source';
import type { ByteRange } from '../ingest/plan';
import type { Head, SourceOptions, TablePreview } from '../formats/format';
import type { SegmentData } from '../tables/segment';

/** What the page asks of an ingest worker. One task at a time; `cancel` names the task that runs. */
export type IngestRequest =
  /** The way to the analysis worker: segments never pass through the page. */
  | { readonly kind: 'connect'; readonly port: MessagePort }
  /** Not a task: read made-up lines until the first task comes. Answered by `ready`. */
  | { readonly kind: 'run in' }
  | { readonly kind: 'inspect'; readonly task: number; readonly request: InspectRequest }
  | { readonly kind: 'preview'; readonly task: number; readonly blob: Blob }
  | { readonly kind: 'expand'; readonly task: number; readonly input: ArchiveInput }
  | { readonly kind: 'range'; readonly task: number; readonly job: number; readonly range: RangeJob }
  /** Of a small file all at once: it is inspected, and if that gives a plan of one range, parsed and hashed. */
  | { readonly kind: 'read'; readonly task: number; readonly job: number; readonly request: ReadRequest }
  | { readonly kind: 'hash'; readonly task: number; readonly blob: Blob }
  | { readonly kind: 'cancel'; readonly task: number };

export interface InspectRequest {
  readonly blob: Blob;
  /** Set by the analyst: overrules what the content says. */
  readonly format?: string;
  readonly options: SourceOptions;
  /** Workers that a large file may be shared out among. */
  readonly workers: number;
}

export interface ReadRequest extends InspectRequest {
  readonly share?: MemberOrigin['share'];
}

/** What is to be done with a file, decided from its first bytes. */
export type Inspection =
  | {
      readonly kind: 'plan';
      readonly formatId: string;
      readonly container: RangeJob['container'];
      readonly head: Head;
      readonly ranges: readonly ByteRange[];
      /** Of a table that is read by what its columns' names are taken to mean. */
      readonly preview?: TablePreview;
    }
  | { readonly kind: 'needs mapping'; readonly preview: TablePreview }
  /** Its files are taken out first; each is then inspected like any other. */
  | { readonly kind: 'archive' };

/** Totals of one task so far. */
export interface TaskProgress {
  readonly bytesRead: number;
  readonly rows: number;
  readonly rejected: number;
  /** Of an archive, which is hashed before it is unpacked. */
  readonly phase?: ExpandPhase;
}

/** What a task gives back to the page. A range's rows have gone to the analysis worker; the page learns only its totals. */
export type TaskValue =
  | { readonly kind: 'inspected'; readonly inspection: Inspection }
  | { readonly kind: 'previewed'; readonly preview: TablePreview }
  | { readonly kind: 'expanded'; readonly members: readonly Member[] }
  | ({ readonly kind: 'ranged'; readonly progress: TaskProgress } & Pick<
      RangeResult,
      'isHeaderChanged' | 'seams'
    >)
  /** Of a small file. One that turned out not to be read at once was only inspected. */
  | {
      readonly kind: 'read';
      readonly plan: Omit<Extract<Inspection, { kind: 'plan' }>, 'kind' | 'head'>;
      readonly progress: TaskProgress;
      readonly sha256: string;
    }
  | { readonly kind: 'hashed'; readonly sha256: string };

export type IngestReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly task: number; readonly progress: TaskProgress }
  | { readonly kind: 'ended'; readonly task: number; readonly value: TaskValue }
  | { readonly kind: 'failed'; readonly task: number; readonly failure: Failure }
  | { readonly kind: 'cancelled'; readonly task: number };

/** From an ingest worker to the analysis worker, over their own port: a range's segments, then its result. */
export type RowsMessage =
  | {
      readonly kind: 'segment';
      readonly job: number;
      readonly range: number;
      readonly data: SegmentData;
    }
  | { readonly kind: 'range'; readonly job: number; readonly result: RangeResult };
