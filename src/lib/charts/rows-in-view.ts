/** Rows drawn beyond both edges, so that a quick scroll seldom shows nothing. */
const BEYOND = 6;

/** Names of so many rows are drawn all, where the browser's own search finds them; of more, only those in view. */
export const MOST_NAMED = 300;

/**
 * Which rows, `to` exclusive, a picture in a box of its own draws: those that the box shows when it is scrolled to `scrollTop`, and a few beyond
 * both edges. A shape for everything of a network's services keeps a page from answering for a quarter of a second.
 *
 * @param rowPx Height of a row.
 * @param viewPx Height of the box.
 */
export function rowsInView(
  total: number,
  rowPx: number,
  scrollTop: number,
  viewPx: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(total, Math.floor(scrollTop / rowPx)) - BEYOND);
  return { from, to: Math.min(total, Math.ceil((scrollTop + viewPx) / rowPx) + BEYOND) };
}
