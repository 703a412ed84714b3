import { describe, expect, it } from 'vitest';
import { BinaryXml, DamagedXml, type Part } from './binary-xml';
import { xmlText } from './binary-xml-text';
import { EventFields } from './event-fields';

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, 0, 0];
const named = (name: string): number[] => [
  ...[0, 0, 0, 0, 0, 0, name.length, 0],
  ...[...name].flatMap((unit) => [unit.charCodeAt(0), 0]),
  ...[0, 0],
];
const FRAGMENT = [0x0f, 1, 1, 0];
/** Use of the template at this offset. */
const use = (offset: number): number[] => [0x0c, 1, 0, 0, 0, 0, ...word(offset)];
const head = (size: number): number[] => [...new Array<number>(20).fill(0), ...word(size)];

function read(bytes: readonly number[], isValue = false): Part {
  return new BinaryXml(Uint8Array.from(bytes)).read(0, bytes.length, isValue);
}

describe('BinaryXml', () => {
  it('reads an element that is itself a value with and without the two bytes of what it depends on', () => {
    const rest = (at: number): number[] => [...word(0), ...word(at + 4), ...named('a'), 0x03];
    expect(read([0x01, ...rest(5)], true)).toMatchObject({ kind: 'element', name: 'a' });
    expect(read([0x01, 0xff, 0xff, ...rest(7)], true)).toMatchObject({ kind: 'element', name: 'a' });
    expect(read([0x01, 0xff, 0xff, ...rest(7)])).toMatchObject({ kind: 'element', name: 'a' });
  });

  it('puts texts, entities, characters and CDATA of an element together', () => {
    const bytes = [0x01, 0xff, 0xff, ...word(0), ...word(11), ...named('a'), 0x02];
    bytes.push(0x45, 1, 1, 0, 0x78, 0, 0x49);
    bytes.push(...word(bytes.length + 4), ...named('lt'), 0x48, 38, 0, 0x07, 2, 0, 0x3c, 0, 0x62, 0, 0x04);
    const xml = new BinaryXml(Uint8Array.from(bytes));
    expect(xmlText(xml, 0, bytes.length)).toBe('<a>x&lt;&amp;&lt;b</a>');
  });

  it('refuses a template that holds itself', () => {
    expect(() =>
      read([...FRAGMENT, ...use(14), ...head(15), ...FRAGMENT, ...use(14), 0, ...word(0)]),
    ).toThrow('its template is damaged');
  });

  it('refuses elements that are nested without end', () => {
    const bytes = [0x01, 0xff, 0xff, ...word(0), ...word(11), ...named('a'), 0x02];
    for (let i = 0; i < 100; i++) bytes.push(0x01, 0xff, 0xff, ...word(0), ...word(11), 0x02);
    expect(() => read(bytes)).toThrow('nested too deep');
  });

  it('refuses a value, a name and a text that go on beyond the end', () => {
    const one = [...FRAGMENT, ...use(14), ...head(29), ...FRAGMENT, 0x01, 0xff, 0xff];
    one.push(...word(0), ...word(one.length + 8), ...named('a'), 0x03, 0);
    expect(read([...one, ...word(1), 2, 0, 1, 0, 0x78, 0])).toMatchObject({ kind: 'instance' });
    expect(() => read([...one, ...word(1), 200, 0, 1, 0, 0x78, 0])).toThrow(DamagedXml);
    expect(() => read([...one, ...word(100_000)])).toThrow(DamagedXml);
    expect(() => read([0x01, 0xff, 0xff, ...word(0), ...word(5000)])).toThrow('a name in it is damaged');
  });

  describe('that names a value again and again', () => {
    const nested = [...FRAGMENT, 0x01, 0xff, 0xff, ...word(0)];
    const VALUES = { xml: 0x21, text: 0x01, binary: 0x0e };
    /** An event of one template: `body` (closed) between the tags of its root, and one value. */
    const event = (body: readonly number[], type: number, value: readonly number[]): Uint8Array => {
      const start = 38;
      const root = [...FRAGMENT, 0x01, 0xff, 0xff, ...word(0), ...word(start + 15), ...named('Event')];
      const content = [...root, 0x02, ...body, 0x04, 0x00];
      const length = value.length;
      const size = [length & 0xff, length >> 8, type, 0];
      const before = [...FRAGMENT, ...use(14), ...new Array<number>(20).fill(0)];
      const length4 = [content.length & 0xff, content.length >> 8, 0, 0];
      return Uint8Array.from([...before, ...length4, ...content, ...word(1), ...size, ...value]);
    };
    const repeated = (count: number): number[] =>
      new Array<number[]>(count).fill([0x0d, 0, 0, VALUES.xml]).flat();

    it('is refused before much is read', () => {
      const value = [
        ...nested,
        ...word(53),
        0x02,
        ...new Array<number[]>(300).fill([0x48, 65, 0]).flat(),
        0x04,
      ];
      const once = event(repeated(1), VALUES.xml, value);
      expect(xmlText(new BinaryXml(once), 0, once.length)).toContain('AAA');
      const often = event(repeated(3000), VALUES.xml, value);
      const fields = new EventFields(new BinaryXml(often));
      expect(() => fields.read(0, often.length)).toThrow('again and again');
      expect(() => xmlText(new BinaryXml(often), 0, often.length)).toThrow('again and again');
    });

    it('is not made into a text without end', () => {
      const attribute = (count: number): number[] => [
        ...[0x41, 0xff, 0xff, ...word(0), ...word(53)],
        ...[...word(0), 0x06, ...word(53), ...repeated(count), 0x03],
      ];
      const value = new Array<number>(30_000).fill(7);
      const once = event(attribute(1), VALUES.binary, value);
      expect(xmlText(new BinaryXml(once), 0, once.length)).toContain('="0707');
      const often = event(attribute(5000), VALUES.binary, value);
      expect(() => xmlText(new BinaryXml(often), 0, often.length)).toThrow('longer than any event');
    });
  });
});
