import type { SourceId } from '../base/brand';
import type { CaseKeeper, OriginalToKeep } from './case-keeper';

/** Originals that are copied together; a larger one is copied alone. */
const AT_ONCE_BYTES = 16_000_000;

/**
 * Copies originals into storage, beside everything else: their sources are safe by then, and a copy, which may be large, keeps neither their
 * ending nor the next file waiting.
 */
export class OriginalQueue {
  readonly #keeper: CaseKeeper;
  /** Those that nobody has begun to copy. */
  readonly #waiting: (OriginalToKeep & { readonly caseId: string })[] = [];
  #keeping: Promise<void> = Promise.resolve();

  constructor(keeper: CaseKeeper) {
    this.#keeper = keeper;
  }

  /** Resolves once what was added is kept, or known not to be. */
  settled(): Promise<void> {
    return this.#keeping;
  }

  /** An original of the open case; nothing while none is open. */
  add(id: SourceId, blob: Blob): void {
    const { caseId } = this.#keeper;
    if (caseId === null) return;
    this.#waiting.push({ caseId, sourceId: id, blob });
    this.#keeping = this.#keeping.then(() => this.#keepSome());
  }

  /** The first of those that wait, and as many after it as may be copied together. */
  async #keepSome(): Promise<void> {
    const [first, ...others] = this.#waiting;
    if (!first) return;
    let bytes = first.blob.size;
    const end = others.findIndex(({ caseId, blob }) => {
      bytes += blob.size;
      return caseId !== first.caseId || bytes > AT_ONCE_BYTES;
    });
    const some = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end + 1);
    await this.#keeper.keepOriginals(
      first.caseId,
      some.map(({ sourceId, blob }) => ({ sourceId, blob })),
    );
  }
}
