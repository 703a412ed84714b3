import type { Failure } from '../base/result';
import type { TablePreview } from '../formats/format';
import type { InputFile, LoadEvent, LoadProgress } from '../workers/engine';

export type LoadStatus =
  'waiting' | 'reading' | 'done' | 'duplicate' | 'needs mapping' | 'failed' | 'cancelled';

/** One file on its way in. */
export class LoadRow {
  readonly input: InputFile;
  readonly id: number;
  #status = $state.raw<LoadStatus>('waiting');
  #progress = $state.raw<LoadProgress | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #preview = $state.raw<TablePreview | null>(null);
  #duplicateOf = $state.raw<string | null>(null);
  #cancel: () => void = () => undefined;

  constructor(id: number, input: InputFile) {
    this.id = id;
    this.input = input;
  }

  get status(): LoadStatus {
    return this.#status;
  }

  get progress(): LoadProgress | null {
    return this.#progress;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get preview(): TablePreview | null {
    return this.#preview;
  }

  get duplicateOf(): string | null {
    return this.#duplicateOf;
  }

  get isActive(): boolean {
    return this.#status === 'waiting' || this.#status === 'reading';
  }

  onCancel(cancel: () => void): void {
    this.#cancel = cancel;
  }

  cancel(): void {
    this.#cancel();
  }

  take(event: LoadEvent): void {
    switch (event.kind) {
      case 'progress':
        this.#progress = event.progress;
        this.#status = event.progress.phase === 'waiting' ? 'waiting' : 'reading';
        return;
      case 'failed':
        this.#failure = event.failure;
        break;
      case 'guessed':
        this.#preview = event.preview;
        return;
      case 'needs mapping':
        this.#preview = event.preview;
        break;
      case 'duplicate':
        this.#duplicateOf = event.of;
        break;
      case 'expanded':
        // Its files have rows of their own, which take the place of this one.
        return;
      case 'done':
      case 'cancelled':
        break;
    }
    this.#status = event.kind;
  }
}

/** The files on their way in, and those that ended in a way a person must know of. */
export class Loading {
  #rows = $state.raw<readonly LoadRow[]>([]);
  #nextId = 1;
  #sinceMs = 0;
  #onChange: () => void;

  /** `onChange` is called when rows have come or gone; what becomes of a row is not told. */
  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** When the first of the files that are being read was given, on the page's clock. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  get rows(): readonly LoadRow[] {
    return this.#rows;
  }

  get isActive(): boolean {
    return this.#rows.some((row) => row.isActive);
  }

  /** Names of the files that are not in the case and have not ended: those being read, those that wait, and tables whose columns nobody has named yet. */
  get unread(): readonly string[] {
    const rows = this.#rows.filter((row) => row.isActive || row.status === 'needs mapping');
    return rows.map((row) => row.input.name);
  }

  add(inputs: readonly InputFile[]): readonly LoadRow[] {
    if (!this.isActive) this.#sinceMs = performance.now();
    const added = inputs.map((input) => new LoadRow(this.#nextId++, input));
    this.#show([...this.#rows, ...added]);
    return added;
  }

  /** Puts the files of an archive where the archive's own row was. */
  expand(row: LoadRow, members: readonly InputFile[]): readonly LoadRow[] {
    const added = members.map((input) => new LoadRow(this.#nextId++, input));
    this.#show(this.#rows.flatMap((other) => (other === row ? added : [other])));
    return added;
  }

  /** Takes a row out of sight: its source stands in the rail, or the person has read what went wrong. */
  dismiss(row: LoadRow): void {
    this.#show(this.#rows.filter((other) => other !== row));
  }

  /** Puts a row back that was taken out of sight. */
  restore(row: LoadRow): void {
    if (!this.#rows.includes(row)) this.#show([...this.#rows, row]);
  }

  /** Takes all rows out of sight that have ended. */
  dismissAll(): void {
    this.#show(this.#rows.filter((row) => row.isActive));
  }

  /** What ended well needs no row any more once everything has ended. */
  settle(): void {
    if (!this.isActive) this.#rows = this.#rows.filter((row) => row.status !== 'done');
  }

  #show(rows: readonly LoadRow[]): void {
    this.#rows = rows;
    this.#onChange();
  }
}
