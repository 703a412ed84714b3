import { fail, ok, type Result } from '../base/result';
import {
  CELL_IDS,
  DOCUMENT_VERSION,
  newDocument,
  type Block,
  type Mark,
  type NotebookDocument,
} from './document';

type Stored = Readonly<Record<string, unknown>>;

/** Step n brings a document of version n to n + 1. A new version adds one function and bumps DOCUMENT_VERSION. */
const STEPS: readonly ((document: Stored) => Stored)[] = [];

/**
 * A document as it was stored or imported, brought up to the present version. What cannot be read of it (a mark without a subject, a block of
 * an unknown kind) is left out; the nine cells are always there. Fails only for what is no document, or comes from a later version.
 */
export function readDocument(stored: unknown): Result<NotebookDocument> {
  if (!isRecord(stored) || typeof stored['version'] !== 'number') {
    return fail({ what: 'This is not a notebook.', todo: 'Import a case file that Undertone has exported.' });
  }
  if (stored['version'] > DOCUMENT_VERSION) {
    return fail({
      what: `The notebook was written by a later version of Undertone (document version ${stored['version']}, this one reads ${DOCUMENT_VERSION}).`,
      kept: 'Nothing was changed in it.',
      todo: 'Open it with that version, or a newer one.',
    });
  }
  let document: Stored = stored;
  for (const step of STEPS.slice(stored['version'] - 1)) document = step(document);
  return ok(complete(document));
}

function isRecord(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function complete(stored: Stored): NotebookDocument {
  const empty = newDocument(textOr(stored['name'], 'Unnamed case'));
  return {
    ...empty,
    tlp: textOr(stored['tlp'], empty.tlp),
    parameters: isRecord(stored['parameters']) ? stored['parameters'] : {},
    blocks: blocksOf(stored['blocks'], empty.blocks),
    cellNotes: isRecord(stored['cellNotes'])
      ? Object.fromEntries(
          CELL_IDS.flatMap((id) => {
            const note = (stored['cellNotes'] as Stored)[id];
            return typeof note === 'string' ? [[id, note]] : [];
          }),
        )
      : {},
    marks: Array.isArray(stored['marks']) ? stored['marks'].flatMap(markFrom) : [],
    mappings: isRecord(stored['mappings']) ? (stored['mappings'] as NotebookDocument['mappings']) : {},
    showsCaseZone: stored['showsCaseZone'] === true,
  };
}

function blocksOf(stored: unknown, cells: readonly Block[]): readonly Block[] {
  if (!Array.isArray(stored)) return cells;
  const seen = new Set<string>();
  const blocks = stored.flatMap((value: unknown): Block[] => {
    if (!isRecord(value) || typeof value['id'] !== 'string') return [];
    const key = `${String(value['kind'])}:${value['id']}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const { kind, id } = value;
    if (kind === 'cell') return cells.filter((cell) => cell.id === id);
    if (kind === 'note') return [{ kind, id, markdown: textOr(value['markdown'], '') }];
    if (kind === 'query' && isRecord(value['query']))
      return [
        {
          kind,
          id,
          title: textOr(value['title'], ''),
          query: value['query'] as unknown as Extract<Block, { kind: 'query' }>['query'],
        },
      ];
    return [];
  });
  return [...blocks, ...cells.filter((cell) => !seen.has(`cell:${cell.id}`))];
}

function markFrom(value: unknown): Mark[] {
  if (!isRecord(value) || typeof value['subject'] !== 'string') return [];
  const tags = Array.isArray(value['tags']) ? value['tags'].filter((tag) => typeof tag === 'string') : [];
  return [
    {
      subject: value['subject'],
      isPinned: value['isPinned'] === true,
      tags,
      note: textOr(value['note'], ''),
    },
  ];
}
