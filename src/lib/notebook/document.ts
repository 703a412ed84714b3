import type { CaseParameters } from '../analysis/parameters';

/** Version of the stored document; upgraders.ts brings older ones up. */
export const DOCUMENT_VERSION = 1;

/** The nine questions, in the order of the report. `answer` stands above them. */
export const CELL_IDS = [
  'evidence',
  'exposure',
  'noise',
  'quiet',
  'decoy',
  'ladder',
  'integrity',
  'aftermath',
  'rotation',
] as const;
export type CellId = (typeof CELL_IDS)[number];

/** What an analyst made of the case: everything here is undoable and saved. Immutable; edits make a new document. */
export interface NotebookDocument {
  readonly version: typeof DOCUMENT_VERSION;
  readonly name: string;
  /** TLP 2.0 label: `CLEAR`, `GREEN`, `AMBER`, `AMBER+STRICT`, `RED`. */
  readonly tlp: string;
  readonly parameters: CaseParameters;
  /** The order of cells and of the notes and query cells between them. */
  readonly blocks: readonly Block[];
  /** Markdown under a cell's picture. */
  readonly cellNotes: Readonly<Partial<Record<CellId, string>>>;
  readonly marks: readonly Mark[];
  /** Saved column mappings of delimited files, by the header they fit. */
  readonly mappings: Readonly<Record<string, import('../formats/format').CsvMapping>>;
  readonly showsCaseZone: boolean;
}

export type Block =
  | { readonly kind: 'cell'; readonly id: CellId }
  | { readonly kind: 'note'; readonly id: string; readonly markdown: string }
  | {
      readonly kind: 'query';
      readonly id: string;
      readonly title: string;
      readonly query: import('../analysis/evidence').RowQuery;
    };

/** A pin, tags and a note on an actor, asset or row. */
export interface Mark {
  /** `actor:203.0.113.9`, `asset:log-1`, `row:flows:123`. */
  readonly subject: string;
  readonly isPinned: boolean;
  readonly tags: readonly string[];
  readonly note: string;
}

export function newDocument(name: string): NotebookDocument {
  return {
    version: DOCUMENT_VERSION,
    name,
    tlp: 'AMBER',
    parameters: {},
    blocks: CELL_IDS.map((id) => ({ kind: 'cell', id })),
    cellNotes: {},
    marks: [],
    mappings: {},
    showsCaseZone: false,
  };
}
