import { describe, expect, it } from 'vitest';
import { CELL_IDS, DOCUMENT_VERSION, newDocument } from './document';
import { addNote, addQuery, saveMapping, setTags, setThreshold, togglePin } from './edits';
import { readDocument } from './upgraders';

describe('a stored document', () => {
  it('comes back as it was', () => {
    const edits = [
      addNote('n1', 'cell:noise', '# hm'),
      addQuery('q1', null, 'All', { table: 'logins', user: 'root' }),
      togglePin('actor:203.0.113.9'),
      setTags('asset:log-1', ['lost']),
      setThreshold('robustZ', 4),
      saveMapping(['a'], { table: 'flows', columns: { startUs: 'a' } }),
    ];
    const document = edits.reduce((current, edit) => edit(current), newDocument('Case'));
    expect(readDocument(JSON.parse(JSON.stringify(document)))).toEqual({ ok: true, value: document });
  });

  it('of a later version is refused in words, not half read', () => {
    const result = readDocument({ ...newDocument('x'), version: DOCUMENT_VERSION + 1 });
    expect(result).toMatchObject({ ok: false, error: { what: expect.stringContaining('later version') } });
  });

  it('that is none is refused', () => {
    for (const value of [null, 3, 'x', [], {}]) expect(readDocument(value).ok).toBe(false);
  });

  it('with broken parts loses only those, and none of the nine questions', () => {
    const result = readDocument({
      version: 1,
      name: 5,
      blocks: [
        { kind: 'cell', id: 'noise' },
        { kind: 'cell', id: 'noise' },
        { kind: 'video', id: 'x' },
        4,
        { kind: 'note', id: 'n' },
      ],
      marks: [{ subject: 'actor:a', tags: ['t', 4] }, { isPinned: true }],
      cellNotes: { noise: 'kept', other: 'dropped' },
    });
    if (!result.ok) throw new Error(result.error.what);
    const { value } = result;
    expect(value.name).toBe('Unnamed case');
    expect(
      value.blocks
        .filter((block) => block.kind === 'cell')
        .map((block) => block.id)
        .sort(),
    ).toEqual([...CELL_IDS].sort());
    expect(value.blocks[1]).toEqual({ kind: 'note', id: 'n', markdown: '' });
    expect(value.marks).toEqual([{ subject: 'actor:a', isPinned: false, tags: ['t'], note: '' }]);
    expect(value.cellNotes).toEqual({ noise: 'kept' });
  });
});
