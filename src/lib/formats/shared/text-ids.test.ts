import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes';
import { Dictionaries } from '../../tables/dictionaries';
import { LONGEST_TEXT, TextIds } from './text-ids';

describe('ids of texts', () => {
  it('are those of the dictionary, however many texts share what the memory of them looks at', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      // Texts that differ in one place.
      fc.tuple(fc.nat(40), fc.constantFrom('x', 'y', 'é')).map(([at, letter]) => {
        const letters = [...'a'.repeat(41)];
        letters[at] = letter;
        return letters.join('');
      }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
        const dictionaries = new Dictionaries();
        const ids = new TextIds(dictionaries);
        for (const each of [...texts, ...texts]) {
          const id = ids.string(each);
          expect(dictionaries.strings.text(id)).toBe(decodeUtf8(encodeUtf8(each)));
          expect(id).toBe(dictionaries.strings.intern(each));
        }
      }),
    );
  });

  it('stand for the beginning of a text that is too long', () => {
    const dictionaries = new Dictionaries();
    const ids = new TextIds(dictionaries);
    const long = 'a'.repeat(LONGEST_TEXT + 5);
    expect(dictionaries.strings.text(ids.string(long))).toBe(long.slice(0, LONGEST_TEXT));
  });
});
