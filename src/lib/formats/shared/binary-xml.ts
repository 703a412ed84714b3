import { fileTimeUs, listTexts, utf16Text, VALUE, valueText, wholeNumber } from './binary-xml-values';

// Binary XML as event log files keep it ([MS-EVEN6] 2.2.12, learn.microsoft.com; how files differ from what is sent: libevtx, "Windows XML Event Log
// (EVTX) format"): names and templates stand once in a chunk of 64 KiB, where they are first used, and are named by their offset in it after that.

/** Part of an element's content that a record fills in: value `index` of its template's values. */
export interface Substitution {
  readonly kind: 'value';
  readonly index: number;
  /** Without a value the element or attribute that it stands in is left out. */
  readonly isOptional: boolean;
}

export interface XmlElement {
  readonly kind: 'element';
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly parts: readonly Part[] }[];
  readonly parts: readonly Part[];
}

/** A template with the values of one use of it. */
export interface Instance {
  readonly kind: 'instance';
  readonly content: Part;
  readonly values: Values;
}

export type Part = string | Substitution | XmlElement | Instance;

/** Bytes that are no binary XML; the message is part of a sentence about the event. */
export class DamagedXml extends Error {}

const TOKEN = {
  end: 0x00,
  open: 0x01,
  closeStart: 0x02,
  closeEmpty: 0x03,
  endElement: 0x04,
  value: 0x05,
  attribute: 0x06,
  cdata: 0x07,
  character: 0x08,
  entity: 0x09,
  instructionName: 0x0a,
  instruction: 0x0b,
  instance: 0x0c,
  substitution: 0x0d,
  optional: 0x0e,
  fragment: 0x0f,
} as const;

/** Set in a token after which more of its kind follows; of an element: that it has attributes. */
const MORE = 0x40;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const MOST_DEPTH = 48;
/** Templates of a chunk do not overlap: together they are no longer than it. More is damage, or made to keep a reader busy. */
const MOST_TEMPLATE_BYTES = 2 * 65_536;

/** An event's values are read once each, and once more where one lies in another: how many times its own length that may be. */
const MOST_READINGS = 16;

/** Bytes before a template's content: the next one's offset, an id of 16 bytes, the content's length. */
const TEMPLATE_HEAD_BYTES = 24;

/** The values of one use of a template, where they lie in the chunk. */
export class Values {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where their sizes and types stand, four bytes each; the values follow. */
  readonly #table: number;
  readonly count: number;

  constructor(bytes: Uint8Array, view: DataView, table: number, count: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#table = table;
    this.count = count;
  }

  /** Its type; that of no value where there is none of that index. */
  type(index: number): number {
    return index < this.count ? (this.#bytes[this.#table + 4 * index + 2] as number) : VALUE.none;
  }

  size(index: number): number {
    return index < this.count ? this.#view.getUint16(this.#table + 4 * index, true) : 0;
  }

  start(index: number): number {
    let at = this.#table + 4 * this.count;
    for (let i = 0; i < index && i < this.count; i++) at += this.#view.getUint16(this.#table + 4 * i, true);
    return at;
  }

  text(index: number): string {
    const start = this.start(index);
    return valueText(this.#bytes, this.#view, this.type(index), start, start + this.size(index));
  }

  /** Of a list one text for each of its values, else the one text. */
  texts(index: number): string[] {
    const start = this.start(index);
    return listTexts(this.#bytes, this.#view, this.type(index), start, start + this.size(index));
  }

  /** NaN where it is no whole number. */
  number(index: number): number {
    const start = this.start(index);
    return wholeNumber(this.#view, this.type(index), start, start + this.size(index));
  }

  /** Epoch microseconds; NaN where it is no FILETIME. */
  us(index: number): number {
    return this.type(index) === VALUE.fileTime && this.size(index) === 8
      ? fileTimeUs(this.#view, this.start(index))
      : Number.NaN;
  }
}

/** Reads the binary XML of one chunk. Every method throws DamagedXml on bytes that are none. */
export class BinaryXml {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names = new Map<number, string>();
  /** By offset; null while it is being read, and of one that could not be. */
  readonly #templates = new Map<number, Part | null>();
  #templateBytes = 0;
  #at = 0;
  /** Behind what is being read. */
  #end = 0;
  #depth = 0;
  /** Bytes of values that may still be read for one event. */
  #valueBytes: number;
  readonly none: Values;

  /** `bytes` is the chunk from its first byte on. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#valueBytes = MOST_READINGS * bytes.length;
    this.none = new Values(bytes, this.#view, 0, 0);
  }

  /** The one element or template of the bytes from `start` to `end`. `isValue`: they are the value of a substitution. */
  read(start: number, end: number, isValue: boolean): Part {
    if (isValue) this.#valueBytes -= end - start;
    else this.#valueBytes = MOST_READINGS * (end - start);
    if (this.#valueBytes < 0) throw new DamagedXml('it names its values again and again');
    this.#at = start;
    this.#end = Math.min(end, this.#bytes.length);
    this.#depth = 0;
    return this.#document(isValue);
  }

  #document(isValue: boolean): Part {
    for (;;) {
      const token = this.#token();
      switch (token & ~MORE) {
        case TOKEN.fragment:
          this.#at += 4;
          break;
        case TOKEN.open:
          return this.#element(isValue);
        case TOKEN.instance:
          return this.#instance();
        case TOKEN.substitution:
        case TOKEN.optional:
          return this.#substitution();
        case TOKEN.instructionName:
        case TOKEN.instruction:
          this.#instruction(token);
          break;
        case TOKEN.end:
          throw new DamagedXml('it has no content');
        default:
          throw unknownToken(token);
      }
    }
  }

  #need(at: number, length: number): void {
    if (at + length > this.#end) throw new DamagedXml('its content goes on beyond its end');
  }

  #token(): number {
    this.#need(this.#at, 1);
    return this.#bytes[this.#at] as number;
  }

  #uint16(at: number): number {
    this.#need(at, 2);
    return this.#view.getUint16(at, true);
  }

  #uint32(at: number): number {
    this.#need(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** Whether a name's offset stands at `at`: a NUL behind as many characters as it says. */
  #isName(at: number): boolean {
    if (at + 4 > this.#end) return false;
    const name = this.#view.getUint32(at, true);
    const { length } = this.#bytes;
    if (name + 10 > length) return false;
    const stop = name + 8 + 2 * this.#view.getUint16(name + 6, true);
    return stop > name + 8 && stop + 2 <= length && this.#view.getUint16(stop, true) === 0;
  }

  /** The name whose offset stands at `at`; it follows at once where it is used first. Moves behind both. */
  #name(at: number): string {
    if (!this.#isName(at)) throw new DamagedXml('a name in it is damaged');
    const offset = this.#view.getUint32(at, true);
    const stop = offset + 8 + 2 * this.#view.getUint16(offset + 6, true);
    this.#at = offset === at + 4 ? stop + 2 : at + 4;
    let name = this.#names.get(offset);
    if (name === undefined) this.#names.set(offset, (name = utf16Text(this.#bytes, offset + 8, stop)));
    return name;
  }

  /** Text with its length in characters before it. Moves behind it. */
  #text(at: number): string {
    const stop = at + 2 + 2 * this.#uint16(at);
    this.#need(at, stop - at);
    this.#at = stop;
    return utf16Text(this.#bytes, at + 2, stop);
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new DamagedXml('its elements are nested too deep');
  }

  #element(isValue: boolean): XmlElement {
    this.#deeper();
    const start = this.#at;
    const hasAttributes = (this.#token() & MORE) !== 0;
    // The two bytes that name a value on which an element depends are left out where the element is itself a value.
    const [first, second] = isValue ? [5, 7] : [7, 5];
    const name = this.#name(start + (this.#isName(start + first) ? first : second));
    const attributes = hasAttributes ? this.#attributes() : [];
    const close = this.#token();
    this.#at += 1;
    if (close === TOKEN.closeEmpty) {
      this.#depth -= 1;
      return { kind: 'element', name, attributes, parts: [] };
    }
    if (close !== TOKEN.closeStart) throw unknownToken(close);
    const parts: Part[] = [];
    while (this.#token() !== TOKEN.endElement) this.#content(parts, isValue);
    this.#at += 1;
    this.#depth -= 1;
    return { kind: 'element', name, attributes, parts };
  }

  #attributes(): XmlElement['attributes'] {
    this.#need(this.#at, 4);
    this.#at += 4;
    const attributes: { name: string; parts: Part[] }[] = [];
    while ((this.#token() & ~MORE) === TOKEN.attribute) {
      const name = this.#name(this.#at + 1);
      const parts: Part[] = [];
      for (;;) {
        const token = this.#token() & ~MORE;
        if (token < TOKEN.value || token === TOKEN.attribute) break;
        this.#content(parts, false);
      }
      attributes.push({ name, parts });
    }
    return attributes;
  }

  /** One piece of content, added to `parts`; pieces of text are joined. */
  #content(parts: Part[], isValue: boolean): void {
    const token = this.#token();
    switch (token & ~MORE) {
      case TOKEN.open:
        parts.push(this.#element(isValue));
        return;
      case TOKEN.instance:
        parts.push(this.#instance());
        return;
      case TOKEN.substitution:
      case TOKEN.optional:
        parts.push(this.#substitution());
        return;
      case TOKEN.value:
        this.#need(this.#at, 2);
        if (this.#bytes[this.#at + 1] !== VALUE.text) throw new DamagedXml('a text in it is of another type');
        join(parts, this.#text(this.#at + 2));
        return;
      case TOKEN.cdata:
        join(parts, this.#text(this.#at + 1));
        return;
      case TOKEN.character: {
        const code = this.#uint16(this.#at + 1);
        join(parts, code >= 0xd800 && code < 0xe000 ? '\ufffd' : String.fromCharCode(code));
        this.#at += 3;
        return;
      }
      case TOKEN.entity: {
        const name = this.#name(this.#at + 1);
        join(parts, ENTITIES[name] ?? `&${name};`);
        return;
      }
      case TOKEN.instructionName:
      case TOKEN.instruction:
        this.#instruction(token);
        return;
      default:
        throw unknownToken(token);
    }
  }

  /** Instructions to whoever processes the XML are passed over: none tells of the event. */
  #instruction(token: number): void {
    if ((token & ~MORE) === TOKEN.instructionName) this.#name(this.#at + 1);
    else this.#text(this.#at + 1);
  }

  #substitution(): Substitution {
    const isOptional = (this.#token() & ~MORE) === TOKEN.optional;
    this.#need(this.#at, 4);
    const index = this.#uint16(this.#at + 1);
    this.#at += 4;
    return { kind: 'value', index, isOptional };
  }

  #instance(): Instance {
    this.#deeper();
    const offset = this.#uint32(this.#at + 6);
    let at = this.#at + 10;
    const content = this.#template(offset);
    if (offset === at) at += TEMPLATE_HEAD_BYTES + this.#uint32(at + 20);
    const count = this.#uint32(at);
    this.#need(at + 4, 4 * count);
    const values = new Values(this.#bytes, this.#view, at + 4, count);
    const stop = values.start(count);
    this.#need(stop, 0);
    this.#at = stop;
    this.#depth -= 1;
    return { kind: 'instance', content, values };
  }

  /** The content of the template whose head stands at `offset`, read once for all records of the chunk. */
  #template(offset: number): Part {
    const known = this.#templates.get(offset);
    if (known) return known;
    if (known === null) throw new DamagedXml('its template is damaged');
    this.#templates.set(offset, null);
    const { length } = this.#bytes;
    if (offset + TEMPLATE_HEAD_BYTES > length) throw new DamagedXml('its template is not in its chunk');
    const size = this.#view.getUint32(offset + 20, true);
    const start = offset + TEMPLATE_HEAD_BYTES;
    if (start + size > length || this.#templateBytes + size > MOST_TEMPLATE_BYTES)
      throw new DamagedXml('its template is longer than its chunk');
    this.#templateBytes += size;
    const [at, end] = [this.#at, this.#end];
    this.#at = start;
    this.#end = start + size;
    const content = this.#document(false);
    [this.#at, this.#end] = [at, end];
    this.#templates.set(offset, content);
    return content;
  }
}

function unknownToken(token: number): DamagedXml {
  return new DamagedXml(`its content is damaged (0x${token.toString(16).padStart(2, '0')} begins nothing)`);
}

function join(parts: Part[], text: string): void {
  const last = parts.at(-1);
  if (typeof last === 'string') parts[parts.length - 1] = last + text;
  else parts.push(text);
}
