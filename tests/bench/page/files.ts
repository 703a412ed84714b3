import type { Answer } from './baseline.worker';

export interface Timed extends Answer {
  readonly seconds: number;
  readonly bytesPerRow?: number;
  readonly detail?: Record<string, number>;
}

/** What was given to the page's file field. */
export function theFiles(): File[] {
  return [...(document.querySelector<HTMLInputElement>('#file')?.files ?? [])];
}

export function theFile(): File {
  const [file] = theFiles();
  if (!file) throw new Error('no file was given');
  return file;
}
