import { describe, expect, it } from 'vitest';
import { CELL_IDS, newDocument } from './document';
import {
  addNote,
  addQuery,
  blockKey,
  markOf,
  moveBlock,
  removeBlock,
  rename,
  saveMapping,
  headerKey,
  setCellNote,
  setNote,
  setParameters,
  setSourceRule,
  setTags,
  resetThresholds,
  setThreshold,
  togglePin,
} from './edits';

const start = newDocument('Port 9200');

describe('edits of the notebook', () => {
  it('never change the document they are given', () => {
    const before = JSON.stringify(start);
    const edits = [
      rename('x'),
      togglePin('actor:a'),
      addNote('n1', null),
      setCellNote('noise', 'y'),
      setThreshold('robustZ', 4),
    ];
    for (const edit of edits) expect(edit(start)).not.toBe(start);
    expect(JSON.stringify(start)).toBe(before);
  });

  it('give the same document back when nothing changes, so that undo has no empty steps', () => {
    expect(rename('  Port 9200 ')(start)).toBe(start);
    expect(rename('   ')(start)).toBe(start);
    expect(setCellNote('noise', '')(start)).toBe(start);
    expect(moveBlock('cell:evidence', -1)(start)).toBe(start);
    expect(removeBlock('note:none')(start)).toBe(start);
  });

  it('put notes and queries where they were asked for', () => {
    const edited = addQuery('q1', 'note:n1', 'All of it', { table: 'flows' })(
      addNote('n1', 'cell:noise', 'hm')(start),
    );
    expect(edited.blocks.map(blockKey).slice(1, 6)).toEqual([
      'cell:exposure',
      'cell:noise',
      'note:n1',
      'query:q1',
      'cell:quiet',
    ]);
    expect(setNote('n1', 'well')(edited).blocks[3]).toEqual({ kind: 'note', id: 'n1', markdown: 'well' });
    expect(moveBlock('query:q1', -2)(edited).blocks.map(blockKey).slice(1, 6)).toEqual([
      'cell:exposure',
      'query:q1',
      'cell:noise',
      'note:n1',
      'cell:quiet',
    ]);
  });

  it('keep all nine questions', () => {
    const edited = CELL_IDS.reduce((document, id) => removeBlock(`cell:${id}`)(document), start);
    expect(edited.blocks).toHaveLength(9);
  });

  it('drop a mark that says nothing any more', () => {
    const pinned = togglePin('actor:203.0.113.9')(start);
    expect(markOf(pinned, 'actor:203.0.113.9').isPinned).toBe(true);
    expect(togglePin('actor:203.0.113.9')(pinned).marks).toEqual([]);
    expect(setTags('asset:log-1', [' lost ', 'lost', '', 'a,b'])(start).marks).toEqual([
      { subject: 'asset:log-1', isPinned: false, tags: ['lost', 'a b'], note: '' },
    ]);
  });

  it('let a parameter be inferred again when it is cleared', () => {
    const told = setParameters({ zone: 'Asia/Tokyo', ownNetworks: ['10.0.0.0/8'] })(start);
    expect(setParameters({ zone: undefined, ownNetworks: [] })(told).parameters).toEqual({});
    const raised = setThreshold('robustZ', 5)(setThreshold('seed', 2)(start));
    expect(raised.parameters.thresholds).toEqual({ robustZ: 5, seed: 2 });
    expect(setThreshold('seed', undefined)(setThreshold('robustZ', undefined)(raised)).parameters).toEqual(
      {},
    );
    expect(resetThresholds(['robustZ', 'bulkBytes'])(raised).parameters.thresholds).toEqual({ seed: 2 });
  });

  it('let what is said of one file overrule what is said of many', () => {
    const many = setParameters({ sources: [{ name: '*.log', zone: 'UTC' }] })(start);
    const one = setSourceRule('auth.log', { zone: 'Asia/Tokyo', year: 2015 })(many);
    expect(one.parameters.sources).toEqual([
      { name: '*.log', zone: 'UTC' },
      { name: 'auth.log', zone: 'Asia/Tokyo', year: 2015 },
    ]);
    const cleared = setSourceRule('auth.log', { zone: undefined, year: undefined })(one);
    expect(cleared.parameters.sources).toEqual([{ name: '*.log', zone: 'UTC' }]);
  });

  it('find a saved mapping again by the header', () => {
    const mapping = { table: 'flows', columns: { timeUs: 'when' } } as const;
    const edited = saveMapping(['when ', 'src'], mapping)(start);
    expect(edited.mappings[headerKey(['when', 'src'])]).toEqual(mapping);
  });
});
