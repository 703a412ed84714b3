import { objectAt, objectsAt } from './json-fields';
import { asObject, isObject, textOf, type JsonObject } from './json';

const MAX_DEPTH = 8;
/** More fields are left out: no log names as many. */
const MAX_FIELDS = 300;
const MAX_TEXT = 4096;

/** Where a search's answer keeps the event: an Elasticsearch hit, a line of Splunk's export, an entry of a results list. */
const WRAPPERS = ['_source', 'result', 'fields'];

/** What `mayWrap` looks at. */
export const WRAPPER_KEYS = ['hits', ...WRAPPERS];

/** The hits of a search's answer (`{"hits":{"hits":[…]}}`), which is one object however many they are; else the record alone. */
export function recordsIn(record: JsonObject): readonly JsonObject[] {
  const hits = objectsAt(objectAt(record, 'hits'), 'hits');
  return hits.length > 0 ? hits : [record];
}

/** Whether a record may be a search's answer, or a hit of one. */
export function mayWrap(record: JsonObject): boolean {
  return isObject(record['hits']) || WRAPPERS.some((name) => isObject(record[name]));
}

/** The event itself, taken out of the hit or result of a search that wraps it. */
export function eventOf(record: JsonObject): JsonObject {
  for (const name of WRAPPERS) {
    const inner = asObject(record[name]);
    // A field of an event that is called so is no wrapper: a wrapper has nothing but bookkeeping beside it.
    if (inner && Object.keys(inner).length >= Object.keys(record).length - 1) return inner;
  }
  return record;
}

/** Dotted name → text of every value that is no object, in the order of the record; a list of values is joined by commas. */
export function flatFields(record: JsonObject): Map<string, string> {
  const fields = new Map<string, string>();
  gather(record, '', 0, fields);
  return fields;
}

function gather(object: JsonObject, prefix: string, depth: number, fields: Map<string, string>): void {
  for (const [key, value] of Object.entries(object)) {
    if (fields.size >= MAX_FIELDS) return;
    const name = prefix + key;
    if (isObject(value) && depth < MAX_DEPTH) gather(value, `${name}.`, depth + 1, fields);
    else fields.set(name, cellOf(value));
  }
}

/** The text of a value that is no object. */
export function cellOf(value: unknown): string {
  if (typeof value === 'string') return value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return textOf(value);
  const isPlain = Array.isArray(value) && !value.some((item) => typeof item === 'object');
  return (isPlain ? value.map(textOf).join(', ') : JSON.stringify(value)).slice(0, MAX_TEXT);
}
