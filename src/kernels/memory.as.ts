/**
 * Where things lie in a kernel's memory: what the compiler puts there, the text, then one part's room behind the other's, the columns last.
 * Laid out once and never grown, so the views that the caller has on it stay good.
 */

/** Rows that the columns hold; a segment's (`SEGMENT_ROWS`). */
export const ROWS: usize = 65536;
/** Text that fits, and what may be read behind its end. */
const TEXT_BYTES: usize = 1 << 20;
const MARGIN: usize = 1024;

export const text: usize = 1 << 16;
export const afterText: usize = text + TEXT_BYTES + MARGIN;

/** Makes room up to `end`. */
export function reserve(end: usize): void {
  const pages = <i32>((end + MARGIN + 0xffff) >>> 16);
  memory.grow(pages - memory.size());
}
