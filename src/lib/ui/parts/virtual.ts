/** Height of a row; also in VirtualTable's styles. */
export const ROW_PX = 28;

/** Rows drawn beyond both edges, so that a quick scroll seldom shows nothing. */
const BEYOND = 8;

/**
 * Tallest box that scrolls faithfully: Firefox stops drawing boxes somewhat above 17.8 million pixels, Chromium above 33 million. Beyond it,
 * scrolling is scaled: the box stays this tall, and a pixel of it stands for more than a pixel of rows.
 */
const TALLEST_PX = 8_000_000;

export interface RowWindow {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly heightPx: number;
  /** Where row `index` lies within the box. */
  topOf(index: number): number;
}

/** Which of `total` rows to draw for a box scrolled to `scrollTop` that shows `viewPx` of them, and `beyond` more on either side. */
export function windowOf(total: number, scrollTop: number, viewPx: number, beyond = BEYOND): RowWindow {
  const wholePx = total * ROW_PX;
  const heightPx = Math.min(wholePx, TALLEST_PX);
  const scrollable = Math.max(1, heightPx - viewPx);
  const isScaled = wholePx > heightPx;
  const firstPx = isScaled
    ? (Math.min(scrollTop, scrollable) / scrollable) * (wholePx - viewPx)
    : Math.max(0, Math.min(scrollTop, wholePx - viewPx));
  const first = Math.floor(firstPx / ROW_PX);
  const last = Math.ceil((firstPx + viewPx) / ROW_PX);
  const from = Math.max(0, first - beyond);
  const to = Math.max(from, Math.min(total, last + beyond));
  const topOf = (index: number): number => {
    if (!isScaled) return index * ROW_PX;
    const isDrawn = index >= from && index < to;
    if (isDrawn) return scrollTop + index * ROW_PX - firstPx;
    return (Math.min(index * ROW_PX, wholePx - viewPx) / (wholePx - viewPx)) * scrollable;
  };
  return { from, to, heightPx, topOf };
}
