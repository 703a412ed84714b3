import type { Failure } from '../base/result';

export interface Notice {
  readonly id: number;
  readonly kind: 'error' | 'done';
  readonly failure: Failure;
  /** What may be done about it with one press, where there is such a thing. */
  readonly action?: { readonly label: string; run(): void };
}

/** What the page has to say that no cell says. Errors stand until they are dismissed. */
export class Notices {
  #all = $state.raw<readonly Notice[]>([]);
  #nextId = 1;

  get all(): readonly Notice[] {
    return this.#all;
  }

  /** Gives the notice's id. */
  fail(failure: Failure, action?: Notice['action']): number {
    return this.#add({ kind: 'error', failure, ...(action ? { action } : {}) });
  }

  done(what: string, action?: Notice['action']): void {
    this.#add({ kind: 'done', failure: { what }, ...(action ? { action } : {}) });
  }

  dismiss(id: number): void {
    this.#all = this.#all.filter((notice) => notice.id !== id);
  }

  clear(): void {
    this.#all = [];
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const isRepeat = (other: Notice) =>
      other.failure.what === notice.failure.what && other.failure.source === notice.failure.source;
    const id = this.#nextId++;
    this.#all = [
      ...this.#all.filter((other) => other.kind !== 'done' && !isRepeat(other)),
      { ...notice, id },
    ];
    return id;
  }
}
