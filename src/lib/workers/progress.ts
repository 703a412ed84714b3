import type { LoadProgress } from './engine';

/** Ten events a second and file are as many as anybody can read; more would only keep the page busy. */
const EVENT_EVERY_MS = 100;
/** The rate is that of the last seconds: a mean over the whole file would hide that reading has become slow. */
const RATE_WINDOW_MS = 4_000;

interface Mark {
  readonly atMs: number;
  readonly bytes: number;
}

/** Joins the progress of a file's ranges and of its hashing into one stream of events, and keeps it slow. */
export class ProgressMeter {
  readonly #bytesTotal: number;
  readonly #emit: (progress: LoadProgress) => void;
  readonly #now: () => number;
  readonly #ranges = new Map<number, { bytesRead: number; rows: number; rejected: number }>();
  #marks: Mark[] = [];
  #phase: LoadProgress['phase'] = 'waiting';
  #format: string | undefined;
  #hashedBytes = 0;
  #unpackedBytes = 0;
  #lastMs = -Infinity;

  constructor(
    bytesTotal: number,
    emit: (progress: LoadProgress) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#bytesTotal = bytesTotal;
    this.#emit = emit;
    this.#now = now;
  }

  /** A new phase is always told at once. */
  phase(phase: LoadProgress['phase'], format?: string): void {
    if (format !== undefined) this.#format = format;
    this.#phase = phase;
    this.#marks = [];
    this.#send(true);
  }

  /** The file is read once more, from its beginning: what its ranges have told so far no longer counts. */
  again(): void {
    this.#ranges.clear();
    this.phase('reading');
  }

  range(index: number, progress: { bytesRead: number; rows: number; rejected: number }): void {
    this.#ranges.set(index, progress);
    this.#send(false);
  }

  hashed(bytes: number): void {
    this.#hashedBytes = bytes;
    if (this.#phase === 'hashing') this.#send(false);
  }

  /** Of an archive: its phases are told by the worker that reads it. */
  archive(phase: 'hashing' | 'unpacking', bytes: number): void {
    if (phase === 'hashing') this.#hashedBytes = bytes;
    else this.#unpackedBytes = bytes;
    if (this.#phase === phase) this.#send(false);
    else this.phase(phase);
  }

  #send(isUrgent: boolean): void {
    const now = this.#now();
    if (!isUrgent && now - this.#lastMs < EVENT_EVERY_MS) return;
    this.#lastMs = now;
    let bytes = 0;
    let rows = 0;
    let rejected = 0;
    for (const range of this.#ranges.values()) {
      bytes += range.bytesRead;
      rows += range.rows;
      rejected += range.rejected;
    }
    // A range reads on to the end of its last line, which the next one passes over.
    const bytesRead = Math.min(this.#bytesTotal, this.#bytesOf(this.#phase, bytes));
    const bytesPerSecond = this.#rate(now, bytesRead);
    this.#emit({
      bytesRead,
      bytesTotal: this.#bytesTotal,
      rows,
      rejected,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? (this.#bytesTotal - bytesRead) / bytesPerSecond : Number.NaN,
      phase: this.#phase,
      format: this.#format,
    });
  }

  #bytesOf(phase: LoadProgress['phase'], parsed: number): number {
    if (phase === 'hashing') return this.#hashedBytes;
    return phase === 'unpacking' ? this.#unpackedBytes : parsed;
  }

  #rate(now: number, bytes: number): number {
    this.#marks.push({ atMs: now, bytes });
    while (this.#marks.length > 2 && now - (this.#marks[0] as Mark).atMs > RATE_WINDOW_MS)
      this.#marks.shift();
    const first = this.#marks[0] as Mark;
    return now > first.atMs ? ((bytes - first.bytes) / (now - first.atMs)) * 1000 : 0;
  }
}
