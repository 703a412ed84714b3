import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../base/bytes';
import { AddressDictionary } from './address-dictionary';
import { Dictionaries } from './dictionaries';
import { StringDictionary } from './string-dictionary';
import { mergeDictionaries } from './merge-dictionaries';

describe('StringDictionary', () => {
  it('gives equal texts one id and different texts different ids, through growth', () => {
    const dictionary = new StringDictionary();
    const ids = Array.from({ length: 20_000 }, (_, i) => dictionary.intern(`user-${i}`));
    expect(new Set(ids).size).toBe(20_000);
    ids.forEach((id, i) => {
      expect(dictionary.text(id)).toBe(`user-${i}`);
      expect(dictionary.intern(`user-${i}`)).toBe(id);
    });
    expect(dictionary.size).toBe(20_001);
  });

  it('has id 0 for the empty text and for ids that nobody has', () => {
    const dictionary = new StringDictionary();
    expect([
      dictionary.intern(''),
      dictionary.internBytes(encodeUtf8('abc'), 1, 1),
      dictionary.find(''),
    ]).toEqual([0, 0, 0]);
    expect([dictionary.text(0), dictionary.text(99)]).toEqual(['', '']);
    expect(dictionary.find('abc')).toBe(-1);
  });

  it('takes any bytes from the middle of a buffer', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 30 }), (texts) => {
        const dictionary = new StringDictionary();
        for (const text of texts) {
          const bytes = encodeUtf8(`<<${text}>>`);
          const id = dictionary.internBytes(bytes, 2, bytes.length - 2);
          const shown = new TextDecoder('utf-8', { ignoreBOM: true }).decode(encodeUtf8(text));
          expect(dictionary.text(id)).toBe(shown);
          expect(dictionary.find(shown)).toBe(id);
        }
        expect(dictionary.size).toBe(new Set(texts.map((text) => encodeUtf8(text).join())).size + 1);
      }),
    );
  });

  it('is the same after a trip through its data', () => {
    const dictionary = new StringDictionary();
    for (const word of ['ä', 'b'.repeat(70_000), 'c']) dictionary.intern(word);
    const { bytes, ends } = dictionary.toData();
    const copy = StringDictionary.fromData(bytes, ends);
    expect([1, 2, 3].map((id) => copy.text(id))).toEqual(['ä', 'b'.repeat(70_000), 'c']);
    expect(copy.size).toBe(4);
  });
});

describe('AddressDictionary', () => {
  it('holds IPv4 and its mapped form as one, through growth', () => {
    const dictionary = new AddressDictionary();
    const text = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
    const ids = Array.from({ length: 20_000 }, (_, i) => dictionary.internText(text(i)));
    ids.forEach((id, i) => {
      expect(dictionary.text(id)).toBe(text(i));
      expect(dictionary.internText(`::ffff:${text(i)}`)).toBe(id);
    });
    const bytes = encodeUtf8('x 10.0.0.7 y');
    expect(dictionary.internBytes(bytes, 2, 10)).toBe(ids[7]);
  });

  it('has id 0 for what is no address', () => {
    const dictionary = new AddressDictionary();
    expect([
      dictionary.internText('-'),
      dictionary.internText('host'),
      dictionary.text(0),
      dictionary.text(5),
    ]).toEqual([0, 0, '', '']);
    expect(dictionary.size).toBe(1);
  });

  it('tells 0.0.0.0 and :: from "no address"', () => {
    const dictionary = new AddressDictionary();
    const [any4, any6] = [dictionary.internText('0.0.0.0'), dictionary.internText('::')];
    expect([any4, any6]).toEqual([1, 2]);
    expect([dictionary.text(any4), dictionary.text(any6)]).toEqual(['0.0.0.0', '::']);
  });

  it('takes addresses that were made to collide', () => {
    const dictionary = new AddressDictionary();
    fc.assert(
      fc.property(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)), (words) => {
        const id = dictionary.intern(...(words as [number, number, number, number]));
        expect(dictionary.words(id)).toEqual(words);
      }),
    );
  });
});

it('dictionaries of entries that all differ are those that were given, and grow', () => {
  const given = new Dictionaries();
  for (let i = 0; i < 3000; i++) {
    given.strings.intern(`word-${i}`);
    given.addresses.intern(0, 0, 0xffff, i);
  }
  const copy = Dictionaries.ofDistinct(given.toData());
  expect([copy.strings.size, copy.addresses.size]).toEqual([3001, 3001]);
  for (let i = 0; i < 3000; i++) {
    expect(copy.strings.intern(`word-${i}`)).toBe(i + 1);
    expect(copy.strings.find(`word-${i}`)).toBe(i + 1);
    expect(copy.addresses.intern(0, 0, 0xffff, i)).toBe(i + 1);
  }
  expect([copy.strings.intern('new'), copy.addresses.intern(1, 2, 3, 4)]).toEqual([3001, 3001]);
  expect([copy.strings.text(3001), copy.addresses.words(3001)]).toEqual(['new', [1, 2, 3, 4]]);
  const none = Dictionaries.ofDistinct(new Dictionaries().toData());
  expect([none.strings.intern('first'), none.addresses.internText('192.0.2.1')]).toEqual([1, 1]);
});

describe('mergeDictionaries', () => {
  it('maps every id to the same value, adding only what is new', () => {
    const into = new Dictionaries();
    into.strings.intern('both');
    into.addresses.internText('192.0.2.1');
    const from = new Dictionaries();
    const words = ['own', 'both', 'other'].map((word) => from.strings.intern(word));
    const addresses = ['2001:db8::1', '192.0.2.1'].map((text) => from.addresses.internText(text));
    const map = mergeDictionaries(into, from.toData());
    expect(words.map((id) => into.strings.text(map.string[id]!))).toEqual(['own', 'both', 'other']);
    expect(addresses.map((id) => into.addresses.text(map.address[id]!))).toEqual([
      '2001:db8::1',
      '192.0.2.1',
    ]);
    expect([map.string[0], map.address[0]]).toEqual([0, 0]);
    expect([into.strings.size, into.addresses.size]).toEqual([4, 3]);
  });

  it('says whether ids stay as they are', () => {
    const into = new Dictionaries();
    const from = new Dictionaries();
    for (const word of ['first', 'second']) from.strings.intern(word);
    from.addresses.internText('192.0.2.1');
    expect(mergeDictionaries(into, from.toData()).isSame).toEqual({ address: true, string: true });
    into.strings.intern('third');
    const later = new Dictionaries();
    later.strings.intern('third');
    later.addresses.internText('192.0.2.1');
    expect(mergeDictionaries(into, later.toData()).isSame).toEqual({ address: true, string: false });
  });

  it('does the same with empty ones', () => {
    const map = mergeDictionaries(new Dictionaries(), new Dictionaries().toData());
    expect([[...map.string], [...map.address]]).toEqual([[0], [0]]);
  });
});

it('a snapshot neither grows nor sees its original grow', () => {
  const dictionaries = new Dictionaries();
  const early = dictionaries.strings.intern('early');
  const snapshot = dictionaries.snapshot();
  for (let i = 0; i < 5000; i++) {
    dictionaries.strings.intern(`late-${i}`);
    dictionaries.addresses.intern(0, 0, 0xffff, i);
  }
  expect([snapshot.strings.size, snapshot.addresses.size]).toEqual([2, 1]);
  expect([
    snapshot.strings.text(early),
    snapshot.strings.find('early'),
    snapshot.strings.find('late-0'),
  ]).toEqual(['early', early, -1]);
  expect(() => snapshot.strings.intern('new')).toThrow('snapshot');
  expect(dictionaries.strings.text(early)).toBe('early');
});
