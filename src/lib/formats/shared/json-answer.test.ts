import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../../tests/support/parse';
import { recordsAccounted } from '../../../../tests/support/robust';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes';
import { TABLE_NAMES } from '../../tables/schemas';
import { duo } from '../duo';
import type { Format } from '../format';
import { googleWorkspace } from '../google-workspace';
import { kubernetesAudit } from '../kubernetes-audit';
import { oneLogin } from '../onelogin';
import { placesInList } from './json-list-places';

const ANSWERS: readonly (readonly [string, string, Format])[] = [
  ['duo/answer.json', 'response.authlogs', duo],
  ['duo/first-version.json', 'response', duo],
  ['onelogin/answer.json', 'data', oneLogin],
  ['google-workspace/login.json', 'items', googleWorkspace],
  ['kubernetes-audit/webhook.json', 'items', kubernetesAudit],
];

function listIn(text: string, path: string): unknown[] {
  let value: unknown = JSON.parse(text);
  for (const key of path.split('.')) value = (value as Record<string, unknown>)[key];
  return value as unknown[];
}

describe('an answer’s entries', () => {
  it.each(ANSWERS)('are records, each with its own place: %s', (path, key, format) => {
    const text = readFileSync(`tests/fixtures/${path}`, 'utf8');
    const bytes = encodeUtf8(text);
    const entries = listIn(text, key);
    const parsed = parseWith(format, text);
    expect(parsed.records).toBe(entries.length);
    expect(recordsAccounted(parsed)).toBe(entries.length);
    const rows = TABLE_NAMES.flatMap((table) => parsed.rows(table));
    const seen = new Set<number>();
    for (const { offset, line } of rows) {
      const before = decodeUtf8(bytes, 0, offset);
      expect(line).toBe(before.split('\n').length);
      const entry = entries.findIndex((one) => isAt(bytes, offset, one));
      expect(entry, `the row at ${offset}`).not.toBe(-1);
      seen.add(entry);
    }
    expect(seen.size + Object.values(parsed.skipped).reduce((sum, count) => sum + count, 0)).toBe(
      entries.length,
    );
  });

  it('are rejected one by one', () => {
    const good = { isotimestamp: '2015-03-02T10:20:30Z', result: 'success', user: { name: 'bob' } };
    const text = JSON.stringify({ response: { authlogs: [good, { result: 'success' }, good] } });
    const parsed = parseWith(duo, text);
    expect(parsed.rows('logins')).toHaveLength(2);
    expect(parsed.rejected).toMatchObject([{ line: 1 }]);
    expect(parsed.records).toBe(3);
  });
});

/** Whether the JSON at `offset` begins with this value. */
function isAt(bytes: Uint8Array, offset: number, value: unknown): boolean {
  for (let end = offset + 1; end <= bytes.length; end++) {
    if (bytes[end - 1] !== 0x7d) continue;
    try {
      return JSON.stringify(JSON.parse(decodeUtf8(bytes, offset, end))) === JSON.stringify(value);
    } catch {
      // Not its end yet.
    }
  }
  return false;
}

describe('the places of a list’s objects', () => {
  const textsOf = (text: string, ...path: string[]): string[] | null => {
    const bytes = encodeUtf8(text);
    return (
      placesInList(bytes, 0, bytes.length, path)?.map(({ start, end }) => decodeUtf8(bytes, start, end)) ??
      null
    );
  };

  it('are found behind what looks like them', () => {
    const text =
      '{ "a": "\\"items\\": [{}]", "b": {"items": [{"no": 1}]},\n "items" : [ {"x": "]}"}, 3, [{}], {"y": {}} ], "c": [] }';
    expect(textsOf(text, 'items')).toEqual(['{"x": "]}"}', '{"y": {}}']);
    expect(textsOf(text, 'b', 'items')).toEqual(['{"no": 1}']);
    expect(textsOf(text, 'c')).toEqual([]);
    expect(textsOf(text, 'a')).toBeNull();
    expect(textsOf(text, 'd')).toBeNull();
  });

  it('are unknown where readers could take another list', () => {
    expect(textsOf('{"items":[{"a":1}],"items":[{"b":2}]}', 'items')).toBeNull();
    expect(textsOf('{"items":[{"a":1}],"it\\u0065ms":[{"b":2}]}', 'items')).toBeNull();
  });
});
