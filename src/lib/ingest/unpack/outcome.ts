import { Damaged } from '../../base/damaged';

/** How unpacking ended; filled while the stream is read, complete once it is done. */
export interface UnpackOutcome {
  /** The packed data stops before its end, or is damaged from some point on. */
  isCut: boolean;
  /** What an analyst must know of the packing, as sentences. */
  readonly notes: string[];
}

/** Thrown inside a decoder where its input ends too soon. */
export class CutOff extends Error {}

/** What a decoder found wrong, in words that ask for no knowledge of how packing works; `detail` is the decoder's own. */
export function damageWords(detail: string): string {
  if (/checksum|data check/.test(detail))
    return 'what came out does not match the checksum that it was packed with';
  if (/does not begin as/.test(detail)) return detail;
  return 'a stretch of it is nothing that a packing program writes';
}

/** Runs a decoder; damage and cuts end its output and are said in the outcome. Everything else passes through. */
export async function* tolerant(
  pieces: AsyncIterable<Uint8Array>,
  outcome: UnpackOutcome,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (caught) {
    if (caught instanceof CutOff) {
      outcome.isCut = true;
      outcome.notes.push(
        'The compressed file is cut off before its end: what could be decompressed was read.',
      );
    } else if (caught instanceof Damaged) {
      outcome.isCut = true;
      outcome.notes.push(
        `The compressed data is damaged (${damageWords(caught.message)}): what came before was read, what follows is lost. An intact copy gives the rest.`,
      );
    } else throw caught;
  }
}

export const TRAILING_NOTE =
  'Bytes after the end of the compressed data are no compressed data and were left out.';
