import { TIME_BASIS, UNKNOWN_TIME, type TimeBasis } from '../../base/time';
import { asObject, isObject, portOf, textAt, textOf, valueAt, type JsonObject } from './json';
import { parsedTime } from './time';
import { epochToMicros, readIsoText } from './time-prefix';
import { parseTimeText } from './time-text';

const NOTHING: JsonObject = {};

/** The object written in a text; null when it is not JSON or another kind of value. */
export function parseJsonText(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    // The one thing JSON.parse can throw: the text is not JSON. The caller rejects it with its own words.
    return null;
  }
}

/** The object under `key`; an empty one when there is none, so that look-ups can be chained. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : NOTHING;
}

/** The array under `key`, or the single value there as an array; empty when there is none. */
export function arrayAt(object: JsonObject, key: string): readonly unknown[] {
  const value = object[key];
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The objects of the array under `key`. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  return arrayAt(object, key).filter(isObject);
}

/** The first non-empty text under one of the keys. */
export function firstText(object: JsonObject, ...keys: readonly string[]): string {
  for (const key of keys) {
    const text = textAt(object, key);
    if (text !== '') return text;
  }
  return '';
}

/** Where a shipper keeps the event as it came: CloudWatch Logs and Beats in `message`, ECS in `event.original`, alone or in a search's hit. */
export const ORIGINAL_PATHS = [
  'message',
  'event.original',
  '_source.message',
  '_source.event.original',
] as const;

/** The event as it came, from a record that wraps it; empty when none is kept. ECS first: pipelines put words for people into `message`. */
export function originalText(record: JsonObject): string {
  const source = objectAt(record, '_source');
  return (
    textOf(valueAt(record, 'event.original')) ||
    textOf(valueAt(source, 'event.original')) ||
    textAt(record, 'message') ||
    textAt(source, 'message')
  );
}

/** A port under `key`; 0 when there is none. */
export function portAt(object: JsonObject, key: string): number {
  return portOf(object[key]);
}

export interface Time {
  readonly us: number;
  readonly basis: TimeBasis;
}

// Records of one second often stand together, and say the same time.
let lastText = '';
let lastTime: Time = { us: UNKNOWN_TIME, basis: TIME_BASIS.absolute };

/** A time as JSON logs write it: ISO 8601 text, or an epoch as number or digits. NaN when it is neither; `basis` tells whether it named its zone. */
export function timeOf(value: unknown): Time {
  if (typeof value === 'number') return { us: epochToMicros(value), basis: TIME_BASIS.absolute };
  if (typeof value === 'string') {
    if (value === lastText) return lastTime;
    if (readIsoText(value)) {
      lastText = value;
      lastTime = { us: parsedTime.us, basis: parsedTime.basis };
      return lastTime;
    }
    if (/^-?\d{9,19}(\.\d+)?$/.test(value))
      return { us: epochToMicros(Number(value)), basis: TIME_BASIS.absolute };
  }
  return { us: UNKNOWN_TIME, basis: TIME_BASIS.absolute };
}

/** The same of a time that a client may have written in any manner that people do. */
export function anyTimeOf(text: string): Time {
  const time = timeOf(text);
  if (!Number.isNaN(time.us) || !parseTimeText(text)) return time;
  return { us: parsedTime.us, basis: parsedTime.basis };
}
