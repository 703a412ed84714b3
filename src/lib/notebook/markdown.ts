import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';

/** Inline content of a note. Text only: whatever looks like HTML in a note stays the characters that were typed. */
export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly children: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly kind: 'break' };

export type NoteBlock =
  | { readonly kind: 'heading'; readonly depth: number; readonly children: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly children: readonly NoteBlock[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly ListItem[] }
  | {
      readonly kind: 'table';
      readonly header: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
  | { readonly kind: 'rule' };

export interface ListItem {
  /** Null: not a task. */
  readonly isChecked: boolean | null;
  readonly children: readonly NoteBlock[];
}

/** The lexer recurses once a level; notes imported with a case could nest deeper than any stack. */
const MOST_NESTING = 40;
const LONGEST_NOTE = 200_000;

/** Schemes that a link in a note may have; anything else is shown as the text it is. */
const SAFE_LINK = /^(?:https?:\/\/|mailto:)/i;

/**
 * A note as a tree of plain values, to be drawn with elements and text nodes. There is no kind for HTML, images or scripts: HTML stays
 * text, an image becomes its description, a link keeps its target only for http, https and mailto. Never throws.
 */
export function parseNote(markdown: string): readonly NoteBlock[] {
  const text = markdown.slice(0, LONGEST_NOTE);
  if (nesting(text) > MOST_NESTING) return [{ kind: 'code', text }];
  return blocksOf(new Lexer({ gfm: true, breaks: true }).lex(text));
}

/** Upper bound of how deep a text may nest: quote marks or indents at the start of a line, brackets and emphasis in a row. */
function nesting(text: string): number {
  let deepest = 0;
  for (const line of text.split('\n')) {
    const lead = /^[\s>*+\-\d.)]*/.exec(line)?.[0] ?? '';
    deepest = Math.max(deepest, lead.replace(/[^>*+\-.)]/g, '').length, Math.floor(lead.search(/\S|$/) / 2));
    for (const run of line.matchAll(/[[*_~]{20,}/g)) deepest = Math.max(deepest, run[0].length);
  }
  return isRule(text) ? 0 : deepest;
}

/** A line of dashes or stars alone is a rule however long it is, and nests nothing. */
function isRule(text: string): boolean {
  return /^\s*(?:[-*_]\s*){3,}$/.test(text);
}

function blocksOf(tokens: readonly Token[]): NoteBlock[] {
  const blocks: NoteBlock[] = [];
  for (const token of tokens as readonly MarkedToken[]) {
    const block = blockOf(token);
    if (block) blocks.push(block);
  }
  return blocks;
}

function blockOf(token: MarkedToken): NoteBlock | null {
  switch (token.type) {
    case 'heading':
      return { kind: 'heading', depth: token.depth, children: inlinesOf(token.tokens) };
    case 'paragraph':
      return { kind: 'paragraph', children: inlinesOf(token.tokens) };
    case 'text':
      return { kind: 'paragraph', children: token.tokens ? inlinesOf(token.tokens) : [plain(token.text)] };
    case 'code':
      return { kind: 'code', text: token.text };
    case 'blockquote':
      return { kind: 'quote', children: blocksOf(token.tokens) };
    case 'list':
      return {
        kind: 'list',
        start: token.ordered ? Number(token.start) || 1 : null,
        items: token.items.map((item: Tokens.ListItem) => ({
          isChecked: item.task ? item.checked === true : null,
          children: blocksOf(item.tokens.filter((child) => child.type !== 'checkbox')),
        })),
      };
    case 'table':
      return {
        kind: 'table',
        header: token.header.map((cell: Tokens.TableCell) => inlinesOf(cell.tokens)),
        rows: token.rows.map((row: Tokens.TableCell[]) => row.map((cell) => inlinesOf(cell.tokens))),
      };
    case 'hr':
      return { kind: 'rule' };
    case 'html':
      return { kind: 'paragraph', children: [plain(token.raw.trim())] };
    case 'space':
    case 'def':
      return null;
    default:
      return { kind: 'paragraph', children: [plain(token.raw)] };
  }
}

function plain(text: string): Inline {
  return { kind: 'text', text };
}

function inlinesOf(tokens: readonly Token[]): Inline[] {
  return (tokens as readonly MarkedToken[]).map(inlineOf);
}

function inlineOf(token: MarkedToken): Inline {
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return { kind: token.type, children: inlinesOf(token.tokens) };
    case 'codespan':
      return { kind: 'code', text: token.text };
    case 'br':
      return { kind: 'break' };
    case 'link':
      return SAFE_LINK.test(token.href)
        ? { kind: 'link', href: token.href, children: inlinesOf(token.tokens) }
        : plain(token.raw);
    case 'image':
      return plain(token.text === '' ? token.raw : token.text);
    case 'escape':
      return plain(token.text);
    case 'text':
      return plain(token.text);
    default:
      return plain(token.raw);
  }
}
