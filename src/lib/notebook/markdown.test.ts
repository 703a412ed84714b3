import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNote } from './markdown';

const all = (markdown: string) => JSON.stringify(parseNote(markdown));

describe('a note', () => {
  it('becomes blocks and inlines', () => {
    expect(parseNote('# Title\n\nSeen **once**, then `gone`.')).toEqual([
      { kind: 'heading', depth: 1, children: [{ kind: 'text', text: 'Title' }] },
      {
        kind: 'paragraph',
        children: [
          { kind: 'text', text: 'Seen ' },
          { kind: 'strong', children: [{ kind: 'text', text: 'once' }] },
          { kind: 'text', text: ', then ' },
          { kind: 'code', text: 'gone' },
          { kind: 'text', text: '.' },
        ],
      },
    ]);
  });

  it('keeps task lists, numbers and tables', () => {
    expect(parseNote('- [x] keys voided\n- [ ] host retired')).toMatchObject([
      { kind: 'list', start: null, items: [{ isChecked: true }, { isChecked: false }] },
    ]);
    expect(parseNote('3. a\n4. b')).toMatchObject([{ kind: 'list', start: 3 }]);
    expect(parseNote('|a|b|\n|-|-|\n|1|2|')).toMatchObject([
      { kind: 'table', rows: [[[{ text: '1' }], [{ text: '2' }]]] },
    ]);
  });

  it('shows HTML as the characters that were typed', () => {
    expect(parseNote('<script>alert(1)</script>')).toEqual([
      { kind: 'paragraph', children: [{ kind: 'text', text: '<script>alert(1)</script>' }] },
    ]);
    expect(all('a <img src=x onerror=alert(1)> b')).toContain('<img src=x onerror=alert(1)>');
    expect(all('![pixel](https://example.org/p.png)')).not.toContain('example.org');
  });

  it('links only to http, https and mailto', () => {
    expect(all('[x](https://example.org/a)')).toContain('"kind":"link"');
    for (const href of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '//evil',
      'vbscript:x',
    ]) {
      expect(all(`[x](${href})`), href).not.toContain('"kind":"link"');
    }
  });

  it('gives up on structure, not on the text, when it nests absurdly deep', () => {
    const deep = `${'>'.repeat(5000)} end`;
    expect(parseNote(deep)).toEqual([{ kind: 'code', text: deep }]);
    const brackets = `${'['.repeat(50_000)}x`;
    expect(parseNote(brackets)).toEqual([{ kind: 'code', text: brackets }]);
  });

  it('never throws and never makes another kind of block', () => {
    const piece = fc.constantFrom(
      '<b>',
      '**',
      '`',
      '> ',
      '- ',
      '[a](',
      'javascript:',
      ')',
      '\n',
      '|',
      '---',
      '1. ',
      '\u0000',
      '&lt;',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const kinds = new Set(parseNote(pieces.join('')).map((block) => block.kind));
        for (const kind of kinds) {
          expect(['heading', 'paragraph', 'code', 'quote', 'list', 'table', 'rule']).toContain(kind);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
