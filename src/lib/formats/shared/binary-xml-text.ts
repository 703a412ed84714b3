import { VALUE } from './binary-xml-values';
import { DamagedXml, type BinaryXml, type Part, type Values, type XmlElement } from './binary-xml';

/** An event has some fifty elements, and as many values. */
const MOST_STEPS = 20_000;
const MOST_LEVELS = 64;
const MOST_CHARS = 1 << 20;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Writes binary XML as text, an element a line. */
class XmlWriter {
  readonly #xml: BinaryXml;
  readonly #lines: string[] = [];
  #steps = 0;
  #chars = 0;

  constructor(xml: BinaryXml) {
    this.#xml = xml;
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  /** What is written for a part, by the values of the template that it is of. */
  write(part: Part, values: Values, level: number): void {
    if (level > MOST_LEVELS) throw new DamagedXml('its elements are nested too deep');
    this.#step();
    if (typeof part === 'string') {
      if (part.trim() !== '') this.#line(level, escaped(part));
    } else if (part.kind === 'element') this.#element(part, values, level);
    else if (part.kind === 'instance') this.write(part.content, part.values, level);
    else if (isXml(part, values)) {
      const start = values.start(part.index);
      this.write(this.#xml.read(start, start + values.size(part.index), true), values, level);
    } else if (values.size(part.index) > 0) this.#line(level, escaped(values.text(part.index)));
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) throw new DamagedXml('it has more elements than any event');
  }

  #line(level: number, text: string): void {
    this.#chars += text.length;
    if (this.#chars > MOST_CHARS) throw new DamagedXml('it is longer than any event');
    this.#lines.push('  '.repeat(level) + text);
  }

  #element(element: XmlElement, values: Values, level: number): void {
    const { name, parts } = element;
    // Without the value that is all of it an element is not there, and with a list of them it is there as often.
    const [only] = parts;
    const isValue = parts.length === 1 && typeof only === 'object' && only.kind === 'value';
    if (isValue && only.isOptional && values.type(only.index) === VALUE.none) return;
    const open = `<${name}${this.#attributes(element, values)}`;
    if (parts.some((part) => isStructure(part, values))) {
      this.#line(level, `${open}>`);
      for (const part of parts) this.write(part, values, level + 1);
      this.#line(level, `</${name}>`);
      return;
    }
    const texts = isValue ? values.texts(only.index) : [this.#plainText(parts, values)];
    for (const text of texts.length > 0 ? texts : ['']) {
      this.#step();
      this.#line(level, text === '' ? `${open}/>` : `${open}>${escaped(text)}</${name}>`);
    }
  }

  #plainText(parts: readonly Part[], values: Values): string {
    let text = '';
    for (const part of parts) {
      this.#step();
      if (typeof part === 'string') text += part;
      else if (part.kind === 'value') text += values.text(part.index);
      if (text.length > MOST_CHARS) throw new DamagedXml('it is longer than any event');
    }
    return text;
  }

  #attributes({ attributes }: XmlElement, values: Values): string {
    return attributes
      .filter(({ parts: [first] }) =>
        typeof first === 'object' && first.kind === 'value' && first.isOptional
          ? values.type(first.index) !== VALUE.none
          : true,
      )
      .map(
        ({ name, parts }) =>
          ` ${name}="${escaped(this.#plainText(parts, values)).replaceAll('"', '&quot;')}"`,
      )
      .join('');
  }
}

function isXml(part: Part, values: Values): boolean {
  return (
    typeof part === 'object' &&
    part.kind === 'value' &&
    values.type(part.index) === VALUE.xml &&
    values.size(part.index) > 0
  );
}

function isStructure(part: Part, values: Values): boolean {
  return typeof part === 'object' && (part.kind !== 'value' || isXml(part, values));
}

/** The binary XML between `start` and `end` as XML, an element a line. Throws DamagedXml where it is none. */
export function xmlText(xml: BinaryXml, start: number, end: number): string {
  const writer = new XmlWriter(xml);
  writer.write(xml.read(start, end, false), xml.none, 0);
  return writer.text;
}
