import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCells } from './json-cells';
import { flatFields } from './json-flat';

const key = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c', '__proto__', 'constructor');
const leaf = fc.oneof(
  fc.constantFrom('', 'x', null, true, 0, -0, 1.5, 1e21),
  fc.array(fc.constantFrom(1, 'x', null), { maxLength: 3 }),
);
const { record } = fc.letrec((tie) => ({
  record: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, leaf, tie('record')), { maxKeys: 4 }),
}));
const NAMES = ['a', 'b', 'a.b', 'a.b.c', 'b.c', 'a.b.c.a.b', 'constructor', '__proto__.a'];

describe('the cells of named fields', () => {
  it('are those of all fields, whatever is nested and whatever has dots in its key', () => {
    const fields = JsonCells.of(NAMES);
    fc.assert(
      fc.property(record, (value) => {
        // As JSON gives it: a key of that name is a key like any other.
        const event = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        const all = flatFields(event);
        const cells = fields?.cells(event);
        if (cells) expect(cells.map(String)).toEqual(NAMES.map((name) => all.get(name) ?? ''));
      }),
      { numRuns: 2000 },
    );
  });

  it('are left to a look at all fields where two have one name', () => {
    const fields = JsonCells.of(['a.b']);
    expect(fields?.cells({ 'a.b': 1, a: { b: 2 } })).toBeNull();
    expect(fields?.cells({ a: { b: 2 } })).toEqual([2]);
  });

  it('are not looked for under names of very many dots', () => {
    expect(JsonCells.of(['a', 'a.b.c.d.e.f'])).toBeNull();
  });
});
