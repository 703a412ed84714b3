import { decodeUtf8 } from '../../base/bytes';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A record's JSON object; null when the bytes are no valid JSON or another kind of value. */
export function parseJsonObject(bytes: Uint8Array, start: number, end: number): JsonObject | null {
  try {
    return asObject(JSON.parse(decodeUtf8(bytes, start, end)));
  } catch {
    // The one thing JSON.parse can throw: the record is not JSON. The caller rejects it with its own words.
    return null;
  }
}

/** The value as an object (arrays are none), or null. */
export function asObject(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}

/** The value as an array; empty when it is none. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The value at a dotted path, whether the exporter nested its objects (`{"source":{"ip":…}}`) or flattened the names
 * (`{"source.ip":…}`); undefined when it is not there.
 */
export function valueAt(object: JsonObject, path: string): unknown {
  const whole = object[path];
  if (whole !== undefined) return whole;
  for (const [outer, rest] of splitsOf(path)) {
    const inner = object[outer];
    const found = isObject(inner) ? valueAt(inner, rest) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const splits = new Map<string, readonly (readonly [string, string])[]>();

/** A path in two at each of its dots. The formats' paths are few, and are asked for at every record. */
export function splitsOf(path: string): readonly (readonly [string, string])[] {
  let found = splits.get(path);
  if (!found) {
    const dots = [...path.matchAll(/\./g)].map(({ index }) => index);
    found = dots.map((dot) => [path.slice(0, dot), path.slice(dot + 1)] as const);
    splits.set(path, found);
  }
  return found;
}

/** A string, number or boolean as text; empty for anything else. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** A number, or a text that is one (`"443"`, `"443.0"`); NaN for anything else, the empty text among them. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** A whole number from 0 to `most`; `otherwise` when the value is missing or not one. */
export function countOf(value: unknown, most: number, otherwise: number): number {
  const count = numberOf(value);
  return count >= 0 && count <= most ? Math.trunc(count) : otherwise;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The number under a key of its own; NaN when it is missing or none. */
export function numberAt(object: JsonObject, key: string): number {
  return numberOf(object[key]);
}

/** The text under a key of its own; empty when it is missing. */
export function textAt(object: JsonObject, key: string): string {
  return textOf(object[key]);
}

/** A port number; 0 (unknown) for anything outside 0–65535. */
export function portOf(value: unknown): number {
  return countOf(value, 65535, 0);
}
