import type { NotebookDocument } from './document';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that hold a person's own sentences: where both sides changed one, both texts are kept. */
const PROSE: ReadonlySet<string> = new Set(['markdown', 'note']);

/**
 * What becomes of a document that was changed in two places at once: `mine` and `theirs`, both of which came from `base`. Whatever only one
 * side changed is taken from that side, down to single notes, marks, parameters and rules; of a text that both changed both are kept; of any
 * other value, mine. Gives `theirs` itself when mine adds nothing to it, and `mine` itself when theirs is as the base was.
 */
export function mergeDocuments(
  base: NotebookDocument,
  mine: NotebookDocument,
  theirs: NotebookDocument,
): NotebookDocument {
  return merged('', base, mine, theirs) as NotebookDocument;
}

function merged(field: string, base: unknown, mine: unknown, theirs: unknown): unknown {
  if (isSameJson(mine, base) || isSameJson(mine, theirs)) return theirs;
  if (isSameJson(theirs, base)) return mine;
  if (Array.isArray(mine) && Array.isArray(theirs))
    return mergedLists(Array.isArray(base) ? base : [], mine, theirs);
  if (isFields(mine) && isFields(theirs))
    return mergedFields(field, isFields(base) ? base : {}, mine, theirs);
  return typeof mine === 'string' && typeof theirs === 'string' && PROSE.has(field)
    ? bothTexts(mine, theirs)
    : mine;
}

function mergedFields(field: string, base: Fields, mine: Fields, theirs: Fields): Fields {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])];
  const entries = keys.map((key): [string, unknown] => [
    key,
    merged(field === 'cellNotes' ? 'note' : key, base[key], mine[key], theirs[key]),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Theirs, with what I changed, without what I took out, and what I added behind what it stood behind. */
function mergedLists(base: readonly unknown[], mine: readonly unknown[], theirs: readonly unknown[]) {
  const before = byKey(base);
  const own = byKey(mine);
  const result = new Map<string, unknown>();
  for (const [key, value] of byKey(theirs)) {
    if (own.has(key)) result.set(key, merged('', before.get(key), own.get(key), value));
    else if (!before.has(key) || !isSameJson(before.get(key), value)) result.set(key, value);
  }
  const keys = [...result.keys()];
  let behind: string | undefined;
  for (const [key, value] of own) {
    const isGoneThere = before.has(key) && isSameJson(before.get(key), value);
    if (!result.has(key) && !isGoneThere) {
      result.set(key, value);
      keys.splice(behind === undefined ? 0 : keys.indexOf(behind) + 1, 0, key);
    }
    if (result.has(key)) behind = key;
  }
  return keys.map((key) => result.get(key));
}

function byKey(list: readonly unknown[]): Map<string, unknown> {
  return new Map(list.map((item) => [keyOf(item), item]));
}

/** What makes an item the same one when its content changes: a mark's subject, a block's id, a rule's name; or else all that it says. */
function keyOf(item: unknown): string {
  if (isFields(item)) {
    const { kind, id, subject, name } = item;
    const key = subject ?? (kind !== undefined && id !== undefined ? `${String(kind)}:${String(id)}` : name);
    if (typeof key === 'string') return key;
  }
  return JSON.stringify(item);
}

function bothTexts(mine: string, theirs: string): string {
  if (theirs.includes(mine)) return theirs;
  return mine.includes(theirs) ? mine : `${theirs}\n\n${mine}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two plain JSON values say the same; equal parts of documents are mostly the same object. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => isSameJson(item, b[at]));
  if (!isFields(a) || !isFields(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isSameJson(a[key], b[key]));
}
