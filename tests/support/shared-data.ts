import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Real logs written by others, beside the project; see the README there. Read from there, never copied. */
export const SHARED_DATA = resolve('..', 'shared', 'data');

/** Whether the real files are at hand; tests that need them skip where they are not. */
export const hasSharedData = existsSync(SHARED_DATA);

/** Bytes of one of the real files; `.gz` is unpacked. */
export function sharedBytes(path: string): Uint8Array {
  const bytes = readFileSync(resolve(SHARED_DATA, path));
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

export function sharedText(path: string): string {
  return new TextDecoder().decode(sharedBytes(path));
}

export function sharedJson<T>(path: string): T {
  return JSON.parse(sharedText(path)) as T;
}

/** Counts how many compared values agree, prints the figure and keeps the first that do not. */
export class Agreement {
  agreed = 0;
  total = 0;
  readonly differences: string[] = [];

  constructor(readonly name: string) {}

  compare(what: string, ours: unknown, theirs: unknown): void {
    this.total += 1;
    if (Object.is(ours, theirs)) this.agreed += 1;
    else if (this.differences.length < 40) {
      this.differences.push(`${what}: ${JSON.stringify(ours)} is not ${JSON.stringify(theirs)}`);
    }
  }

  get share(): number {
    return this.total === 0 ? 1 : this.agreed / this.total;
  }

  print(): void {
    console.log(`${this.name}: ${this.agreed} of ${this.total} compared values agree`);
    for (const difference of this.differences) console.log(`  ${difference}`);
  }
}
