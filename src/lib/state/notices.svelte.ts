import type { Failure } from '../base/result';

export interface Notice {
  readonly id: number;
  readonly kind: 'error' | 'done';
  readonly failure: Failure;
  /** A way back, where there is one. */
  readonly action?: { readonly label: string; run(): void };
}

/** What the page has to say that no cell says. Errors stand until they are dismissed. */
export class Notices {
  #all = $state.raw<readonly Notice[]>([]);
  #nextId = 1;

  get all(): readonly Notice[] {
    return this.#all;
  }

  fail(failure: Failure): void {
    this.#add({ kind: 'error', failure });
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

  #add(notice: Omit<Notice, 'id'>): void {
    const isRepeat = (other: Notice) =>
      other.failure.what === notice.failure.what && other.failure.source === notice.failure.source;
    this.#all = [
      ...this.#all.filter((other) => other.kind !== 'done' && !isRepeat(other)),
      { ...notice, id: this.#nextId++ },
    ];
  }
}
