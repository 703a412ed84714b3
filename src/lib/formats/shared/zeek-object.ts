import type { RecordSink } from '../format';
import { textOf, type JsonObject } from './json';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';
import {
  FIELD_NAMES,
  LONGEST_TEXT,
  MOST_DERIVED,
  zeekFieldOf,
  type Derived,
  type ZeekField,
  type ZeekValues,
} from './zeek-fields';

const MOST_CACHED = 20_000;

/** The values of one JSON object. */
export class ZeekObject implements ZeekValues {
  fault: string | null = null;
  readonly #sink: RecordSink;
  readonly #values = new Map<ZeekField, unknown>();
  /** Which of our fields a key stands for; keys repeat on every record. */
  readonly #fields = new Map<string, ZeekField | null>();
  readonly #addressIds = new Map<string, number>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  use(object: JsonObject): void {
    this.fault = null;
    this.#values.clear();
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
        if (this.#fields.size < MOST_CACHED) this.#fields.set(name, field);
      }
      if (field !== null) {
        if (value !== null && value !== undefined && value !== '') this.#values.set(field, value);
      } else if (prefix === '' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        this.#gather(value as JsonObject, `${key}.`);
      }
    }
  }

  has(field: ZeekField): boolean {
    return this.#values.has(field);
  }

  time(field: ZeekField): number {
    const value = this.#values.get(field);
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
    const value = this.#values.get(field);
    if (value === undefined) return Number.NaN;
    const number = typeof value === 'number' ? value : Number(textOf(value) || Number.NaN);
    if (Number.isFinite(number) && number >= 0) return number;
    this.fault ??= `${FIELD_NAMES[field]} is not a number`;
    return Number.NaN;
  }

  address(field: ZeekField): number {
    const value = this.#values.get(field);
    if (value === undefined) return 0;
    const text = textOf(value);
    let id = this.#addressIds.get(text);
    if (id === undefined) {
      id = this.#sink.dictionaries.addresses.internText(text);
      if (this.#addressIds.size > MOST_CACHED) this.#addressIds.clear();
      this.#addressIds.set(text, id);
    }
    if (id === 0) this.fault ??= `${FIELD_NAMES[field]} is not an IP address`;
    return id;
  }

  string(field: ZeekField): number {
    return this.#sink.dictionaries.strings.intern(this.text(field));
  }

  text(field: ZeekField): string {
    return textOf(this.#values.get(field)).slice(0, LONGEST_TEXT);
  }

  flag(field: ZeekField): boolean | undefined {
    const value = this.#values.get(field);
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
