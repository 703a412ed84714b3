import { BYTE, encodeUtf8 } from '../../base/bytes';
import type { Head } from '../format';
import { isObject, parseJsonObject, type JsonObject } from './json';
import { LIST_KEYS } from './json-list-keys';
import { readIsoText } from './time-prefix';

const SNIFFED_CHARS = 65_536;

/**
 * Which keys stand in the head of JSON text, whatever its shape (lines, an array, a wrapper object, quoted once more inside a message): a
 * function that tells for one key. Null when the head is no JSON.
 */
export function jsonKeys(head: Head): ((key: string) => boolean) | null {
  const start = head.text.slice(0, SNIFFED_CHARS);
  if (!/^\s*[[{]/.test(start)) return null;
  const text = start.includes('\\"') ? start.replaceAll('\\"', '"') : start;
  return (key) => {
    const quoted = `"${key}"`;
    for (let at = text.indexOf(quoted); at !== -1; at = text.indexOf(quoted, at + 1)) {
      if (/^\s*:/.test(text.slice(at + quoted.length, at + quoted.length + 8))) return true;
    }
    return false;
  };
}

const SNIFFED_OBJECTS = 20;

/** The first whole objects of JSON lines or of an array in the head; empty when the head is something else or ends inside the first. */
export function headObjects(head: Head): JsonObject[] {
  return objectsAtDepth(encodeUtf8(head.text.slice(0, SNIFFED_CHARS)), 0);
}

/** Levels of objects around the records of an answer: `{"hits":{"hits":[…]}}` has two. */
const MAX_WRAPPERS = 2;

/** Every format asks for the same records of a head; a delivery of thousands of small files has as many heads as files. */
const found = new WeakMap<Head, readonly JsonObject[]>();

/** The first records in the head: its objects, or those in the list that one object around them holds. */
export function headRecords(head: Head): readonly JsonObject[] {
  let records = found.get(head);
  if (!records) found.set(head, (records = findRecords(head)));
  return records;
}

function findRecords(head: Head): JsonObject[] {
  const text = head.text.slice(0, SNIFFED_CHARS);
  if (!/^\s*[[{]/.test(text)) return [];
  const bytes = encodeUtf8(text);
  for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
    const objects = objectsAtDepth(bytes, depth);
    const isWrapper =
      objects.length <= 1 && objects.every((object) => holdsRecords(object) && !isRecord(object));
    if (!isWrapper) return objects;
  }
  return [];
}

/** A record that has lists of objects itself (headers, rules): it says when it was, which the answer around records does only beside a list of known name. */
function isRecord(object: JsonObject): boolean {
  return Object.values(object).some(isTime) && !Object.keys(object).some((key) => LIST_KEYS.has(key));
}

/** An ISO 8601 time or an epoch of this century in seconds or a finer unit. */
function isTime(value: unknown): boolean {
  return typeof value === 'string' ? readIsoText(value) : typeof value === 'number' && value >= 1e9;
}

function holdsRecords(object: JsonObject): boolean {
  return Object.values(object).some((value) =>
    isObject(value) ? holdsRecords(value) : Array.isArray(value) && value.length > 0 && value.every(isObject),
  );
}

/** The first whole objects with `level` open objects around them. */
function objectsAtDepth(bytes: Uint8Array, level: number): JsonObject[] {
  const objects: JsonObject[] = [];
  let depth = 0;
  let start = 0;
  let isInText = false;
  for (
    let i = bytes.indexOf(BYTE.openBrace);
    i !== -1 && i < bytes.length && objects.length < SNIFFED_OBJECTS;
    i++
  ) {
    const byte = bytes[i] as number;
    if (isInText) {
      if (byte === BYTE.backslash) i += 1;
      else if (byte === BYTE.quote) isInText = false;
    } else if (byte === BYTE.quote) isInText = true;
    else if (byte === BYTE.openBrace) {
      if (depth === level) start = i;
      depth += 1;
    } else if (byte === BYTE.closeBrace && depth > 0) {
      depth -= 1;
      const object = depth === level ? parseJsonObject(bytes, start, i + 1) : null;
      if (object) objects.push(object);
    }
  }
  return objects;
}
