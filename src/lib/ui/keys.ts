/** What a key asks for. */
export type Command =
  | { readonly kind: 'help' | 'palette' | 'undo' | 'redo' | 'clear' | 'pin' | 'tag' | 'note' | 'receipts' }
  | { readonly kind: 'row' | 'cell'; readonly delta: number }
  | { readonly kind: 'goto'; readonly cell: number };

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** `g` waits this long for its number. */
const CHORD_MS = 1500;

const SINGLE: Readonly<Record<string, Command>> = {
  '?': { kind: 'help' },
  '/': { kind: 'palette' },
  j: { kind: 'row', delta: 1 },
  k: { kind: 'row', delta: -1 },
  '[': { kind: 'cell', delta: -1 },
  ']': { kind: 'cell', delta: 1 },
  x: { kind: 'pin' },
  t: { kind: 'tag' },
  n: { kind: 'note' },
  r: { kind: 'receipts' },
  Escape: { kind: 'clear' },
};

/** Turns key presses into commands; remembers a `g` until its number comes. */
export class KeyReader {
  #chordAtMs: number | null = null;

  /** The command, or null. `isTyping`: the focus is in a text field, where only Ctrl/Cmd-K is ours (undo there is the field's own). */
  read(press: KeyPress, isTyping: boolean, nowMs: number): Command | null {
    const hasControl = press.ctrlKey || press.metaKey;
    const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
    if (hasControl && key === 'k') return { kind: 'palette' };
    if (isTyping || press.altKey) return null;
    if (hasControl) {
      if (key === 'z') return { kind: press.shiftKey ? 'redo' : 'undo' };
      return key === 'y' ? { kind: 'redo' } : null;
    }
    const isChord = this.#chordAtMs !== null && nowMs - this.#chordAtMs <= CHORD_MS;
    this.#chordAtMs = null;
    if (isChord && /^\d$/.test(key)) return { kind: 'goto', cell: Number(key) };
    if (key === 'g') {
      this.#chordAtMs = nowMs;
      return null;
    }
    return SINGLE[press.key] ?? null;
  }
}

/** The keys as the help shows them. */
export const KEY_HELP: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['?'], 'this help'],
  [['Ctrl', 'K'], 'palette: commands, actors, assets, text in rows (Cmd K on a Mac)'],
  [['/'], 'find'],
  [['j'], 'next row of the table you were in'],
  [['k'], 'row before'],
  [['['], 'cell before'],
  [[']'], 'next cell'],
  [['g', '0–9'], 'go to a cell by its number; 0 is the answer'],
  [['x'], 'pin the row, actor or asset under the cursor'],
  [['t'], 'tag it'],
  [['n'], 'note on it'],
  [['r'], 'into the open receipts, and back'],
  [['Esc'], 'close what is open; then clear the selection and the brush'],
  [['Ctrl', 'Z'], 'undo'],
  [['Shift', 'Ctrl', 'Z'], 'redo'],
];
