import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SHARED_DATA } from '../../support/shared-data';

/** Every real file, by its path below the shared data, in a fixed order; empty where there are none. */
export function sharedFiles(): string[] {
  if (!existsSync(SHARED_DATA)) return [];
  return readdirSync(SHARED_DATA, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(SHARED_DATA, join(entry.parentPath, entry.name)))
    .sort();
}
