import { describe, expect, it } from 'vitest';
import { newDocument, type NotebookDocument } from './document';
import {
  addNote,
  rename,
  removeBlock,
  setCellNote,
  setNote,
  setSourceRule,
  setThreshold,
  togglePin,
  type Edit,
} from './edits';
import { mergeDocuments } from './merge';

const after = (document: NotebookDocument, ...edits: readonly Edit[]): NotebookDocument =>
  edits.reduce((now, edit) => edit(now), document);
/** As it comes back out of storage: equal, and nothing of it the same object. */
const stored = (document: NotebookDocument): NotebookDocument => structuredClone(document);

const base = after(newDocument('Case'), addNote('one', 'cell:noise', 'first'), togglePin('actor:a'));

describe('a notebook that was changed in two tabs', () => {
  it('has the notes, marks, thresholds and rules of both', () => {
    const mine = after(
      base,
      setCellNote('noise', 'mine'),
      togglePin('actor:b'),
      setThreshold('robustZ', 4),
      setSourceRule('a.log', { zone: 'Europe/Berlin' }),
    );
    const theirs = after(
      stored(base),
      setCellNote('quiet', 'theirs'),
      togglePin('actor:c'),
      setThreshold('guessFailures', 20),
      setSourceRule('b.log', { year: 2025 }),
      rename('Renamed'),
    );
    const merged = mergeDocuments(base, mine, theirs);
    expect(merged.name).toBe('Renamed');
    expect(merged.cellNotes).toEqual({ noise: 'mine', quiet: 'theirs' });
    expect(merged.marks.map(({ subject }) => subject).toSorted()).toEqual(['actor:a', 'actor:b', 'actor:c']);
    expect(merged.parameters.thresholds).toEqual({ robustZ: 4, guessFailures: 20 });
    expect(merged.parameters.sources).toHaveLength(2);
  });

  it('keeps both texts where both wrote into one note', () => {
    const mine = after(base, setCellNote('noise', 'from here'), setNote('one', 'first, seen from here'));
    const theirs = after(stored(base), setCellNote('noise', 'from there'));
    const merged = mergeDocuments(base, mine, theirs);
    expect(merged.cellNotes.noise).toBe('from there\n\nfrom here');
    expect(merged.blocks).toContainEqual({ kind: 'note', id: 'one', markdown: 'first, seen from here' });
  });

  it('has a new note where it was put, and not one that was taken out', () => {
    const mine = after(base, addNote('mine', 'note:one'));
    const theirs = after(stored(base), removeBlock('note:one'), addNote('theirs', 'cell:quiet'));
    const keys = (document: NotebookDocument) => document.blocks.map(({ id }) => id as string);
    expect(keys(mergeDocuments(base, mine, theirs))).toEqual([
      ...['evidence', 'exposure', 'noise', 'mine', 'quiet', 'theirs'],
      ...['decoy', 'ladder', 'integrity', 'aftermath', 'rotation'],
    ]);
    expect(keys(mergeDocuments(base, after(base, removeBlock('note:one')), theirs))).not.toContain('one');
  });

  it('is theirs as it is when nothing was changed here', () => {
    const theirs = after(stored(base), setCellNote('quiet', 'theirs'));
    expect(mergeDocuments(base, base, theirs)).toBe(theirs);
  });
});
