import type { RecordSink } from '../format';
import { isObject, textOf, type JsonObject } from './json';
import { TextIds } from './text-ids';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';
import {
  F,
  FIELD_NAMES,
  LONGEST_TEXT,
  MOST_DERIVED,
  zeekFieldOf,
  type Derived,
  type ZeekField,
  type ZeekValues,
} from './zeek-fields';

const MOST_KEYS = 4096;
const ORIGINATOR = FIELD_NAMES[F['id.orig_h']];

/** The values of one JSON object. */
export class ZeekObject implements ZeekValues {
  fault: string | null = null;
  readonly #ids: TextIds;
  #object: JsonObject = {};
  /** Filled instead of `#object` where a site renamed or nested the fields. */
  readonly #renamed = new Map<ZeekField, unknown>();
  #isRenamed = false;
  /** Which of our fields a key stands for; keys repeat on every record. */
  readonly #fields = new Map<string, ZeekField | null>();

  constructor(sink: RecordSink) {
    this.#ids = new TextIds(sink.dictionaries);
  }

  use(object: JsonObject): void {
    this.fault = null;
    this.#object = object;
    this.#isRenamed = object[ORIGINATOR] === undefined;
    if (!this.#isRenamed) return;
    this.#renamed.clear();
    this.#gather(object, '');
  }

  /** ECS exporters and some forwarders nest `id`: `{"id":{"orig_h":…}}`. */
  #gather(object: JsonObject, prefix: string): void {
    for (const key in object) {
      const value = object[key];
      const name = prefix + key;
      let field = this.#fields.get(name);
      if (field === undefined) {
        // `_path`, `_write_ts`, `@timestamp` are the transport's, not the log's; `_system_name` names the sensor.
        field = /^[_@]/.test(name) && name !== '_system_name' ? null : (zeekFieldOf(name) ?? null);
        if (this.#fields.size < MOST_KEYS) this.#fields.set(name, field);
      }
      if (field !== null) this.#renamed.set(field, value);
      else if (prefix === '' && isObject(value)) this.#gather(value, `${key}.`);
    }
  }

  /** Undefined when unset: absent, null or an empty text. */
  #value(field: ZeekField): unknown {
    let value = this.#isRenamed ? this.#renamed.get(field) : this.#object[FIELD_NAMES[field] as string];
    // Corelight sensors name themselves beside the log's own fields.
    if (value === undefined && field === F.peer) value = this.#object['_system_name'];
    return value === null || value === '' ? undefined : value;
  }

  has(field: ZeekField): boolean {
    return this.#value(field) !== undefined;
  }

  time(field: ZeekField): number {
    const value = this.#value(field);
    if (value === undefined) return Number.NaN;
    if (typeof value === 'number') {
      // Seconds with six decimals are exact in a double after rounding; larger whole numbers are JSON::TS_MILLIS.
      if (Math.abs(value) < 1e11) return Math.round(value * 1e6);
      if (Math.abs(value) < 1e14) return Math.round(value * 1e3);
    } else if (parseTimeText(textOf(value))) return parsedTime.us;
    this.fault ??= `${FIELD_NAMES[field]} is not a time`;
    return Number.NaN;
  }

  number(field: ZeekField): number {
    const value = this.#value(field);
    if (value === undefined) return Number.NaN;
    const number = typeof value === 'number' ? value : Number(textOf(value) || Number.NaN);
    if (Number.isFinite(number) && number >= 0) return number;
    this.fault ??= `${FIELD_NAMES[field]} is not a number`;
    return Number.NaN;
  }

  address(field: ZeekField): number {
    const value = this.#value(field);
    if (value === undefined) return 0;
    const id = this.#ids.address(textOf(value));
    if (id === 0) this.fault ??= `${FIELD_NAMES[field]} is not an IP address`;
    return id;
  }

  string(field: ZeekField): number {
    return this.#ids.string(this.text(field));
  }

  text(field: ZeekField): string {
    const text = textOf(this.#value(field));
    return text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  }

  flag(field: ZeekField): boolean | undefined {
    const value = this.#value(field);
    if (typeof value === 'boolean') return value;
    return value === 'T' || value === 'true' ? true : value === 'F' || value === 'false' ? false : undefined;
  }

  derive(field: ZeekField, derived: Derived): number {
    const text = this.text(field);
    let value = derived.byText.get(text);
    if (value === undefined) {
      value = derived.compute(text);
      if (derived.byText.size < MOST_DERIVED) derived.byText.set(text, value);
    }
    return value;
  }
}
