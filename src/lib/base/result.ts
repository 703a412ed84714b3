/** Errors as data: what crosses a worker boundary is a value, not a thrown string. */
export type Result<T, E = Failure> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** What happened, to which file and line, what was kept, what to do. Every part is a sentence for a person. */
export interface Failure {
  readonly what: string;
  readonly source?: string;
  readonly line?: number;
  readonly kept?: string;
  readonly todo?: string;
}

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function fail<E = Failure>(error: E): Result<never, E> {
  return { ok: false, error };
}

/** A failure that unwinds the stack inside one worker or process; it becomes data at the boundary. */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.what);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** Turns anything caught into a Failure, without losing its message. */
export function toFailure(caught: unknown, source?: string): Failure {
  if (caught instanceof FailureError) {
    return source === undefined || caught.failure.source !== undefined
      ? caught.failure
      : { ...caught.failure, source };
  }
  const what = caught instanceof Error ? caught.message : String(caught);
  return source === undefined ? { what } : { what, source };
}

/** For a switch that must be exhaustive, or a state that the types already exclude. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value: ${String(value)}`);
}
