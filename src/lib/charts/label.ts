/**
 * As much of a label as fits, its middle left out: names of accounts, paths and principals begin alike, and what is asked about stands at
 * their end. `fits` says whether a text has room; a longer one never fits where a shorter one does not.
 */
export function elideMiddle(label: string, fits: (text: string) => boolean): string {
  if (fits(label)) return label;
  const characters = [...label];
  const kept = (count: number): string => {
    const start = Math.ceil(count / 2);
    return `${characters.slice(0, start).join('')}…${characters.slice(characters.length - (count - start)).join('')}`;
  };
  let most = 0;
  let tooMany = characters.length;
  while (tooMany - most > 1) {
    const count = (most + tooMany) >> 1;
    if (fits(kept(count))) most = count;
    else tooMany = count;
  }
  return kept(most);
}

/** Figures of one width, which the page asks for, can be wider than those that are measured. */
const SLACK = 1.04;

let pen: CanvasRenderingContext2D | null = null;
/** The page's, asked for once: to ask makes the browser bring all styles up to date. */
let family = '';

/** Width in pixels of a text of the page's font at `fontPx`. */
export function textWidth(text: string, fontPx: number): number {
  pen ??= document.createElement('canvas').getContext('2d');
  if (!pen) return text.length * fontPx * 0.65;
  family ||= getComputedStyle(document.documentElement).fontFamily;
  pen.font = `${fontPx}px ${family}`;
  return pen.measureText(text).width * SLACK;
}

/** The label as it fits into `roomPx` at `fontPx`; draw its whole text as a title beside it. */
export function fitLabel(label: string, roomPx: number, fontPx: number): string {
  return elideMiddle(label, (text) => textWidth(text, fontPx) <= roomPx);
}
