import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fail, ok, type Result } from '../lib/base/result';

export interface InputPath {
  readonly path: string;
  /** As the page would name it: the file's own name, or its path within the folder that was given. */
  readonly name: string;
  readonly lastModifiedMs: number;
}

/** The files that the arguments mean, folders walked in the order of their names. Fails for a path that does not exist. */
export function listFiles(paths: readonly string[]): Result<readonly InputPath[]> {
  const found: InputPath[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch {
      return fail({ what: `there is no file ${path}` });
    }
    if (isFolder) walk(path, path, found, seen);
    else add(path, basename(path), found, seen);
  }
  return ok(withDistinctNames(found));
}

function walk(folder: string, top: string, found: InputPath[], seen: Set<string>): void {
  const { dev, ino } = statSync(folder);
  // A link may lead back to a folder that is being walked.
  const id = `folder ${dev}:${ino}`;
  if (seen.has(id)) return;
  seen.add(id);
  const entries = readdirSync(folder).sort();
  for (const entry of entries) {
    const path = join(folder, entry);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) walk(path, top, found, seen);
    else if (stat?.isFile()) add(path, join(basename(top), relative(top, path)), found, seen);
  }
}

function add(path: string, name: string, found: InputPath[], seen: Set<string>): void {
  if (seen.has(path)) return;
  seen.add(path);
  found.push({ path, name, lastModifiedMs: statSync(path).mtimeMs });
}

/** Two files of one name from different places are told apart by their paths. */
function withDistinctNames(files: readonly InputPath[]): InputPath[] {
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return files.map((file) => ((counts.get(file.name) ?? 0) > 1 ? { ...file, name: file.path } : file));
}
