import { sharedText } from '../../support/shared-data';

export interface Line {
  readonly offset: number;
  readonly line: string;
}

/** Where each line of a text begins, and what it says. */
export function linesOf(text: string): Line[] {
  let offset = 0;
  return text.split('\n').map((line) => {
    const here = { offset, line };
    offset += Buffer.byteLength(line) + 1;
    return here;
  });
}

/** The lines of a real file that are no comments, in their order. */
export function recordLines(path: string): Line[] {
  return linesOf(sharedText(path)).filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
}
