import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damageTo, document, picked, style, written } from '../../../../tests/support/json-documents';
import { encodeUtf8 } from '../../base/bytes';
import { parseJsonObject, valueAt, type JsonObject } from './json';
import { JsonReader } from './json-reader';
import { wantedAt, type Wanted } from './json-wanted';

const WANTED: Wanted = {
  name: true,
  'a.b': true,
  n: true,
  user: { name: true, id: true, more: { deep: true } },
  list: true,
};

function expectSame(reader: JsonReader, bytes: Uint8Array): void {
  const parsed = parseJsonObject(bytes, 0, bytes.length);
  const read = reader.read(bytes, 0, bytes.length);
  expect(read && picked(read, WANTED)).toStrictEqual(parsed && picked(parsed, WANTED));
}

describe('JsonReader', () => {
  it('gives what JSON.parse gives, whatever the objects before were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(document, style), { minLength: 1, maxLength: 6 }), (documents) => {
        const reader = new JsonReader(WANTED);
        for (const [value, how] of documents) expectSame(reader, encodeUtf8(written(value, how)));
      }),
      { numRuns: 1000 },
    );
  });

  it('tells objects with other fields apart by their layout', () => {
    const fieldsOf = (value: unknown): string => {
      const all = picked(value as JsonObject, WANTED) as Record<string, unknown>;
      return JSON.stringify(Object.keys(all).filter((key) => all[key] !== undefined));
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(document, style), { minLength: 2, maxLength: 8 }), (documents) => {
        const reader = new JsonReader(WANTED);
        const fields = new Map<number, string>();
        for (const [value, how] of documents) {
          const bytes = encodeUtf8(written(value, how));
          const read = reader.read(bytes, 0, bytes.length);
          if (!read || reader.layout === 0) continue;
          expect(fieldsOf(read)).toBe(fields.get(reader.layout) ?? fieldsOf(read));
          fields.set(reader.layout, fieldsOf(read));
        }
      }),
      { numRuns: 500 },
    );
    const reader = new JsonReader(WANTED);
    const layoutOf = (text: string): number => {
      reader.read(encodeUtf8(text), 0, text.length);
      return reader.layout;
    };
    expect(layoutOf('{"name":"a","n":1}')).toBe(layoutOf('{"n":2,"name":"b"}'));
    expect(layoutOf('{"name":"a"}')).not.toBe(layoutOf('{"name":"a","n":1}'));
    expect(layoutOf('{"n\\u0061me":"a"}')).toBe(0);
  });

  it('takes and refuses what JSON.parse takes and refuses, in damaged objects', () => {
    fc.assert(
      fc.property(document, style, damageTo, (value, how, damage) => {
        const reader = new JsonReader(WANTED);
        expectSame(reader, damage(encodeUtf8(written(value, how))));
        expectSame(reader, encodeUtf8('{"name":"next","user":{"id":7}}'));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a wanted key twice', '{"name":"a","name":"b"}'],
    ['a wanted object twice', '{"user":{"name":"a"},"user":{"id":1}}'],
    ['an unwanted key twice', '{"x":"a","x":"b","name":"c"}'],
    ['a key with an escape', '{"n\\u0061me":"a"}'],
    [
      'a prototype as a key',
      '{"__proto__":{"name":"a"},"user":{"__proto__":{"id":1}},"list":[{"__proto__":1}]}',
    ],
    ['a text where an object is wanted', '{"user":"root"}'],
    ['an object where a text may be', '{"name":{"x":[1,{"y":"\\"}"}]}}'],
    ['deep nesting', `{"list":${'['.repeat(500)}${']'.repeat(500)},"name":"a"}`],
    ['numbers of every kind', '{"n":-0,"list":[0.1e-7,1E+400,-12.50,12345678901234567890]}'],
    ['a number with a leading zero', '{"n":01}'],
    ['a number without digits behind its dot', '{"x":1.}'],
    ['a control character in a text', '{"x":"a\u0001"}'],
    ['an unknown escape', '{"x":"\\x"}'],
    ['a comma too many', '{"name":"a",}'],
    ['something behind it', '{"name":"a"} x'],
    ['blanks around it', ' \r\n{ "name" : "a" , "n" : 1 }\t'],
  ])('reads %s as JSON.parse does', (_, json) => {
    expectSame(new JsonReader(WANTED), encodeUtf8(json));
  });

  it('reads bytes that are no UTF-8 as the text decoder does', () => {
    const bytes = encodeUtf8('{"name":"a??b","x?":1,"user":{"name":"?"}}').map((byte) =>
      byte === 0x3f ? 0xe2 : byte,
    );
    expectSame(new JsonReader(WANTED), bytes);
  });

  it('forgets a field that the next object lacks', () => {
    const reader = new JsonReader(WANTED);
    const first = encodeUtf8('{"name":"a","user":{"name":"b","id":2}}');
    const next = encodeUtf8('{"user":{"id":2}}');
    reader.read(first, 0, first.length);
    const { name, user } = reader.read(next, 0, next.length) ?? {};
    expect({ name, user }).toEqual({ name: undefined, user: { name: undefined, id: 2, more: undefined } });
  });

  it('does not scan an object that may hold the records', () => {
    const reader = new JsonReader({ name: true });
    const scan = (json: string): number => reader.scan(encodeUtf8(json), 0, json.length);
    expect(scan('{"name":"a"},')).toBe(12);
    expect(scan('{"Records":[{"name":"a"}]}')).toBe(-1);
    expect(scan('{"user":{"Records":[1]}}')).toBe(24);
    expect(scan('{"name":"a"')).toBe(-1);
  });

  it('wants flattened and nested names alike', () => {
    const reader = new JsonReader(wantedAt('a.b.c', 'a.b.d', 'a.e'));
    for (const json of ['{"a.b.c":1}', '{"a":{"b":{"c":1}}}', '{"a.b":{"c":1}}', '{"a":{"b.c":1}}']) {
      const bytes = encodeUtf8(json);
      expect(valueAt(reader.read(bytes, 0, bytes.length) ?? {}, 'a.b.c')).toBe(1);
    }
  });
});
