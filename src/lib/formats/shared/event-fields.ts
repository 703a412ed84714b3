import { VALUE } from './binary-xml-values';
import { DamagedXml, type BinaryXml, type Part, type Values, type XmlElement } from './binary-xml';

/** Which texts of an element are fields: of `Event` those of its System, of EventData each Data by its Name, of UserData each element that holds no other. */
type Reading = 'event' | 'data' | 'leaves';

type Parts = readonly Part[];

/** Where a template keeps what is read of an event: found once, for all events that use it. */
interface Layout {
  readonly id: Parts;
  readonly number: Parts;
  readonly channel: Parts;
  readonly provider: Parts;
  readonly computer: Parts;
  readonly time: Parts;
  readonly fields: ReadonlyMap<string, Parts>;
  /** Values and templates that are elements of their own, and how those are read; by their own name where that is not known. */
  readonly nested: readonly { readonly part: Part; readonly reading?: Reading }[];
}

const NOTHING: Parts = [];
/** An event is one template in another, rarely a third. */
const MOST_LEVELS = 12;
const MOST_STEPS = 12;
/** A template may name one long value many times. */
const MOST_CHARS = 1 << 16;
/** A field is one value, or some among text. */
const MOST_PARTS = 32;

type Draft = { -readonly [name in keyof Layout]: Layout[name] } & {
  fields: Map<string, Parts>;
  nested: { part: Part; reading?: Reading }[];
};

function layoutOf(element: XmlElement, reading: Reading): Layout {
  const draft: Draft = {
    ...{
      id: NOTHING,
      number: NOTHING,
      channel: NOTHING,
      provider: NOTHING,
      computer: NOTHING,
      time: NOTHING,
    },
    fields: new Map(),
    nested: [],
  };
  if (reading === 'data') addData(draft, element);
  else if (reading === 'leaves') addLeaves(draft, element);
  else
    for (const part of element.parts) {
      if (typeof part === 'string') continue;
      if (part.kind !== 'element') draft.nested.push({ part });
      else if (part.name === 'System') addSystem(draft, part);
      else {
        const inner = readingOf(part.name);
        if (inner === 'data') addData(draft, part);
        else if (inner === 'leaves') addLeaves(draft, part);
      }
    }
  return draft;
}

function readingOf(name: string): Reading | undefined {
  return name === 'EventData' ? 'data' : name === 'UserData' ? 'leaves' : undefined;
}

/** The parts of what is read as a text. */
function textParts(parts: Parts): Parts {
  if (parts.length > MOST_PARTS) throw new DamagedXml('a field of it has more parts than any event');
  return parts;
}

function attribute(element: XmlElement, name: string): Parts {
  return textParts(element.attributes.find((each) => each.name === name)?.parts ?? NOTHING);
}

function addSystem(draft: Draft, system: XmlElement): void {
  for (const part of system.parts) {
    if (typeof part === 'string' || part.kind !== 'element') continue;
    if (part.name === 'EventID') draft.id = textParts(part.parts);
    else if (part.name === 'EventRecordID') draft.number = textParts(part.parts);
    else if (part.name === 'Channel') draft.channel = textParts(part.parts);
    else if (part.name === 'Computer') draft.computer = textParts(part.parts);
    else if (part.name === 'Provider') draft.provider = attribute(part, 'Name');
    else if (part.name === 'TimeCreated') draft.time = attribute(part, 'SystemTime');
  }
}

function addData(draft: Draft, data: XmlElement): void {
  for (const part of data.parts) {
    if (typeof part === 'string') continue;
    if (part.kind !== 'element') {
      draft.nested.push({ part, reading: 'data' });
      continue;
    }
    const [name] = attribute(part, 'Name');
    if (part.name === 'Data' && typeof name === 'string') draft.fields.set(name, textParts(part.parts));
  }
}

function addLeaves(draft: Draft, element: XmlElement): void {
  let isLeaf = true;
  for (const part of element.parts) {
    if (typeof part === 'string') continue;
    if (part.kind === 'element') {
      isLeaf = false;
      addLeaves(draft, part);
    } else draft.nested.push({ part, reading: 'leaves' });
  }
  if (isLeaf) draft.fields.set(element.name, textParts(element.parts));
}

interface Level {
  readonly layout: Layout;
  readonly values: Values;
}

/** The fields of one event after another, out of the binary XML of one chunk: a text is made of what is asked for alone. */
export class EventFields {
  readonly #xml: BinaryXml;
  readonly #layouts = new Map<XmlElement, Map<Reading, Layout>>();
  #levels: Level[] = [];

  constructor(xml: BinaryXml) {
    this.#xml = xml;
  }

  /** Looks at the event whose binary XML lies between `start` and `end`; throws DamagedXml when it is none. */
  read(start: number, end: number): void {
    this.#levels = [];
    const [element, values] = this.#resolved(this.#xml.read(start, end, false), this.#xml.none);
    if (element?.name !== 'Event') throw new DamagedXml('it holds no Event');
    this.#add(element, values, 'event');
  }

  #add(element: XmlElement, values: Values, reading: Reading): void {
    if (this.#levels.length >= MOST_LEVELS) throw new DamagedXml('its elements are nested too deep');
    const layout = this.#layout(element, reading);
    this.#levels.push({ layout, values });
    for (const { part, reading: own } of layout.nested) {
      const [inner, innerValues] = this.#resolved(part, values);
      const how = inner && (own ?? readingOf(inner.name));
      if (inner && how) this.#add(inner, innerValues, how);
    }
  }

  /** The element that a part stands for, and the values that fill it; none where the part is no element. */
  #resolved(from: Part, of: Values): readonly [XmlElement | undefined, Values] {
    let [part, values] = [from, of];
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (typeof part === 'string') return [undefined, values];
      if (part.kind === 'element') return [part, values];
      if (part.kind === 'instance') [part, values] = [part.content, part.values];
      else {
        const { index } = part;
        if (values.type(index) !== VALUE.xml || values.size(index) === 0) return [undefined, values];
        const start = values.start(index);
        part = this.#xml.read(start, start + values.size(index), true);
      }
    }
    throw new DamagedXml('its elements are nested too deep');
  }

  #layout(element: XmlElement, reading: Reading): Layout {
    let own = this.#layouts.get(element);
    if (!own) this.#layouts.set(element, (own = new Map()));
    let layout = own.get(reading);
    if (!layout) own.set(reading, (layout = layoutOf(element, reading)));
    return layout;
  }

  #system(name: Exclude<keyof Layout, 'fields' | 'nested'>): string {
    const [level] = this.#levels;
    return level ? textOf(level.layout[name], level.values) : '';
  }

  /** The event's number in its provider's list (4624); NaN where it is not said. */
  get id(): number {
    return this.#number('id');
  }

  /** EventRecordID; NaN where it is not said. */
  get recordNumber(): number {
    return this.#number('number');
  }

  #number(name: 'id' | 'number'): number {
    const [level] = this.#levels;
    const [part] = level?.layout[name] ?? NOTHING;
    if (!level || part === undefined) return Number.NaN;
    if (typeof part !== 'string' && part.kind === 'value') {
      const value = level.values.number(part.index);
      if (!Number.isNaN(value)) return value;
    }
    const text = this.#system(name).trim();
    return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  }

  /** TimeCreated as epoch microseconds where it is a FILETIME, else NaN: then `timeText` is to be read. */
  get us(): number {
    const [level] = this.#levels;
    const [part] = level?.layout.time ?? NOTHING;
    return level && part !== undefined && typeof part !== 'string' && part.kind === 'value'
      ? level.values.us(part.index)
      : Number.NaN;
  }

  get timeText(): string {
    return this.#system('time');
  }

  get channel(): string {
    return this.#system('channel');
  }

  get provider(): string {
    return this.#system('provider');
  }

  get computer(): string {
    return this.#system('computer');
  }

  /** A field of EventData or UserData; empty where there is none. */
  text(name: string): string {
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const { layout, values } = this.#levels[i] as Level;
      const parts = layout.fields.get(name);
      if (parts) return textOf(parts, values);
    }
    return '';
  }
}

function textOf(parts: Parts, values: Values): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (part.kind === 'value') text += values.text(part.index);
    if (text.length > MOST_CHARS) break;
  }
  return text;
}
