import type { RowQuery } from '../analysis/evidence';
import type { CaseParameters, SourceRule, Thresholds } from '../analysis/parameters';
import type { CsvMapping } from '../formats/format';
import type { Block, CellId, Mark, NotebookDocument } from './document';

/** A change of the document: takes one, gives a new one; the same object when nothing changes. */
export type Edit = (document: NotebookDocument) => NotebookDocument;

export const TLP_LABELS = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const;

/** An empty name keeps the old one: a case without a name could not be found again. */
export function rename(name: string): Edit {
  const trimmed = name.trim();
  return (document) =>
    trimmed === '' || trimmed === document.name ? document : { ...document, name: trimmed };
}

export function setTlp(tlp: (typeof TLP_LABELS)[number]): Edit {
  return (document) => (document.tlp === tlp ? document : { ...document, tlp });
}

export function setShowsCaseZone(showsCaseZone: boolean): Edit {
  return (document) => (document.showsCaseZone === showsCaseZone ? document : { ...document, showsCaseZone });
}

/** Sets parameters; a value of `undefined` takes the key out, so that it is inferred again. */
export function setParameters(change: Partial<CaseParameters>): Edit {
  return (document) => {
    const parameters: Record<string, unknown> = { ...document.parameters };
    for (const [key, value] of Object.entries(change)) {
      if (value === undefined || (Array.isArray(value) && value.length === 0)) delete parameters[key];
      else parameters[key] = value;
    }
    return { ...document, parameters: parameters as CaseParameters };
  };
}

/** Sets one threshold; `undefined` goes back to the default. */
export function setThreshold(name: keyof Thresholds, value: number | undefined): Edit {
  return (document) => {
    const thresholds: Partial<Record<keyof Thresholds, number>> = { ...document.parameters.thresholds };
    if (value === undefined) delete thresholds[name];
    else thresholds[name] = value;
    const isEmpty = Object.keys(thresholds).length === 0;
    return setParameters({ thresholds: isEmpty ? undefined : thresholds })(document);
  };
}

/** Takes all of these thresholds back to their defaults. */
export function resetThresholds(names: readonly (keyof Thresholds)[]): Edit {
  return (document) => names.reduce((changed, name) => setThreshold(name, undefined)(changed), document);
}

/** What the analyst says about one source by its exact name; goes after rules with patterns that also match, which it overrules. */
export function setSourceRule(name: string, change: Partial<SourceRule>): Edit {
  const pattern = escapePattern(name);
  return (document) => {
    const rules = document.parameters.sources ?? [];
    const old = rules.find((rule) => rule.name === pattern);
    const merged: Record<string, unknown> = { ...old, ...change, name: pattern };
    for (const key of Object.keys(merged)) if (merged[key] === undefined) delete merged[key];
    const others = rules.filter((rule) => rule.name !== pattern);
    const rule = merged as unknown as SourceRule;
    return setParameters({ sources: Object.keys(merged).length > 1 ? [...others, rule] : others })(document);
  };
}

/** What was said of exactly this source, or undefined. */
export function sourceRuleOf(parameters: CaseParameters, name: string): SourceRule | undefined {
  return parameters.sources?.find((rule) => rule.name === escapePattern(name));
}

/** File names hold `*` rarely and `?` never on Windows; there is no escape in a glob, so `?` stands for either. */
export function escapePattern(name: string): string {
  return name.replace(/\*/g, '?');
}

/** Keeps a mapping for every file with the same header, so that the next such file needs no dialog. */
export function saveMapping(header: readonly string[], mapping: CsvMapping): Edit {
  return (document) => ({ ...document, mappings: { ...document.mappings, [headerKey(header)]: mapping } });
}

export function headerKey(header: readonly string[]): string {
  return header.map((column) => column.trim()).join('\t');
}

export function setCellNote(id: CellId, markdown: string): Edit {
  return (document) => {
    if ((document.cellNotes[id] ?? '') === markdown) return document;
    const cellNotes = { ...document.cellNotes };
    if (markdown.trim() === '') delete cellNotes[id];
    else cellNotes[id] = markdown;
    return { ...document, cellNotes };
  };
}

/** Key of a block, for keyed lists and for naming a place in the page. */
export function blockKey(block: Block): string {
  return `${block.kind}:${block.id}`;
}

/** Puts a block after the one with the key `after`; at the top when `after` is null or gone. */
export function insertBlock(block: Block, after: string | null): Edit {
  return (document) => {
    const at = after === null ? -1 : document.blocks.findIndex((other) => blockKey(other) === after);
    return { ...document, blocks: document.blocks.toSpliced(at + 1, 0, block) };
  };
}

export function addNote(id: string, after: string | null, markdown = ''): Edit {
  return insertBlock({ kind: 'note', id, markdown }, after);
}

export function addQuery(id: string, after: string | null, title: string, query: RowQuery): Edit {
  return insertBlock({ kind: 'query', id, title, query }, after);
}

export function setNote(id: string, markdown: string): Edit {
  return changeBlock(`note:${id}`, (block) =>
    block.kind === 'note' && block.markdown !== markdown ? { ...block, markdown } : block,
  );
}

export function setQuery(id: string, change: { readonly title?: string; readonly query?: RowQuery }): Edit {
  return changeBlock(`query:${id}`, (block) => (block.kind === 'query' ? { ...block, ...change } : block));
}

function changeBlock(key: string, change: (block: Block) => Block): Edit {
  return (document) => {
    const at = document.blocks.findIndex((block) => blockKey(block) === key);
    const old = document.blocks[at];
    if (!old) return document;
    const changed = change(old);
    return changed === old ? document : { ...document, blocks: document.blocks.with(at, changed) };
  };
}

/** Takes a note or query out. The nine cells stay: a report without one of the questions would look like an answer. */
export function removeBlock(key: string): Edit {
  return (document) => {
    const blocks = document.blocks.filter((block) => block.kind === 'cell' || blockKey(block) !== key);
    return blocks.length === document.blocks.length ? document : { ...document, blocks };
  };
}

/** Moves a block by `delta` places, stopping at both ends. */
export function moveBlock(key: string, delta: number): Edit {
  return (document) => {
    const from = document.blocks.findIndex((block) => blockKey(block) === key);
    const block = document.blocks[from];
    if (!block) return document;
    const to = Math.max(0, Math.min(document.blocks.length - 1, from + delta));
    if (to === from) return document;
    return { ...document, blocks: document.blocks.toSpliced(from, 1).toSpliced(to, 0, block) };
  };
}

/** An actor counts as ours, or as benign, from now on; whose it is can be written beside it. */
export function declareKnown(actor: string): Edit {
  return (document) => {
    const known = document.parameters.knownActors ?? [];
    return setParameters({ knownActors: [...known, { actor, label: 'declared known' }] })(document);
  };
}

export function actorSubject(actor: string): string {
  return `actor:${actor}`;
}

export function assetSubject(asset: string): string {
  return `asset:${asset}`;
}

export function rowSubject(table: string, row: number): string {
  return `row:${table}:${row}`;
}

export function markOf(document: NotebookDocument, subject: string): Mark {
  return (
    document.marks.find((mark) => mark.subject === subject) ?? {
      subject,
      isPinned: false,
      tags: [],
      note: '',
    }
  );
}

export function togglePin(subject: string): Edit {
  return changeMark(subject, (mark) => ({ ...mark, isPinned: !mark.isPinned }));
}

/** Tags are words: trimmed, without commas, each once, in the order in which they were given. */
export function setTags(subject: string, tags: readonly string[]): Edit {
  const clean = [...new Set(tags.map((tag) => tag.replace(/,/g, ' ').trim()).filter((tag) => tag !== ''))];
  return changeMark(subject, (mark) => ({ ...mark, tags: clean }));
}

export function setMarkNote(subject: string, note: string): Edit {
  return changeMark(subject, (mark) => (mark.note === note ? mark : { ...mark, note }));
}

/** A mark that says nothing any more is dropped, so that pinning and unpinning leaves no trace. */
function changeMark(subject: string, change: (mark: Mark) => Mark): Edit {
  return (document) => {
    const old = markOf(document, subject);
    const mark = change(old);
    if (mark === old) return document;
    const isEmpty = !mark.isPinned && mark.tags.length === 0 && mark.note.trim() === '';
    const at = document.marks.findIndex((other) => other.subject === subject);
    const others = document.marks.filter((other) => other.subject !== subject);
    if (isEmpty) return { ...document, marks: others };
    return { ...document, marks: at === -1 ? [...others, mark] : document.marks.with(at, mark) };
  };
}
