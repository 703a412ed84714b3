import type { InputFile } from '../workers/engine';
import { commonStart } from '../base/common-start';
import { append } from '../base/extremes';
import { visibleText } from '../base/visible';

/** A folder with more files than this is more likely a disk than an export; the rest is left out and said so. */
const MOST_FILES = 5_000;

/** For so long files are looked up before the page has its turn. */
const TURN_MS = 10;

export interface Dropped {
  readonly files: readonly InputFile[];
  readonly leftOut: number;
}

function inputOf(file: File, name: string): InputFile {
  return { file, name: visibleText(name), lastModifiedMs: file.lastModified };
}

/**
 * Files from a file or folder picker; a folder's files keep their path within it. The list is taken at once, so that the picker may be emptied;
 * the browser looks each file up on the disk when it is first asked for its time, and of thousands the page would stand still for seconds.
 */
export async function filesFromPicker(files: Iterable<File>): Promise<Dropped> {
  const all = [...files];
  const taken: InputFile[] = [];
  let sinceMs = performance.now();
  for (const file of all.slice(0, MOST_FILES)) {
    taken.push(inputOf(file, file.webkitRelativePath || file.name));
    if (performance.now() - sinceMs < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    sinceMs = performance.now();
  }
  return { files: taken, leftOut: all.length - taken.length };
}

/**
 * All files of a drop, folders walked to their end. Must be called within the event: the list of what was dropped is emptied when its handler
 * returns, so the entries are taken at once and read afterwards.
 */
export async function filesFromDrop(transfer: DataTransfer): Promise<Dropped> {
  const entries: FileSystemEntry[] = [];
  const plain: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) plain.push(file);
  }
  const files: InputFile[] = plain.map((file) => inputOf(file, file.name));
  let leftOut = 0;
  // Taken from the end, so that a folder's children come before what was dropped behind it.
  const pending = entries.toReversed();
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    if (isDirectory(entry)) append(pending, (await childrenOf(entry)).reverse());
    else if (files.length >= MOST_FILES) leftOut += 1;
    else files.push(inputOf(await fileOf(entry as FileSystemFileEntry), entry.fullPath.replace(/^\//, '')));
  }
  return { files, leftOut };
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** A reader gives at most a hundred entries a call in Chromium, and an empty list at the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) break;
    children.push(...batch);
  }
  return children.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** Whether this is a case that was exported here or elsewhere, not a log: its name says so. */
export function isCaseFile(name: string): boolean {
  return /\.undertone$/i.test(name);
}

/**
 * A case's first name: the folder that everything lies in, the only file, what the names of all begin with, or the largest file, which is
 * rarely the note that was put beside the logs, and how many more.
 */
export function nameOfCase(files: readonly InputFile[]): string {
  const [first] = files;
  if (!first) return 'New case';
  const folder = first.name.includes('/') ? first.name.slice(0, first.name.indexOf('/')) : null;
  if (folder !== null && files.every((file) => file.name.startsWith(`${folder}/`))) return folder;
  const baseOf = ({ name }: InputFile): string => name.slice(name.lastIndexOf('/') + 1);
  if (files.length === 1) return baseOf(first);
  const start = commonStart(files.map(baseOf));
  if (start !== '') return `${start} (${files.length} files)`;
  const largest = files.reduce((most, file) => (file.file.size > most.file.size ? file : most));
  return `${baseOf(largest)} and ${files.length - 1} more`;
}
