import { createHash } from 'node:crypto';
import { existsSync, openAsBlob, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import { parseJsonObject } from '../../src/lib/formats/shared/json';
import { JsonReader } from '../../src/lib/formats/shared/json-reader';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { SHARED_DATA } from '../support/shared-data';

afterEach(() => vi.restoreAllMocks());

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.(?:md|gz|bz2|xz|zip|tar)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

interface Outcome {
  readonly format: string;
  /** Everything but the rows. */
  readonly account: unknown;
  readonly rows: string;
}

async function outcomeOf(path: string): Promise<Outcome> {
  const dictionaries = new Dictionaries();
  const input = { blob: await openAsBlob(path), name: path, lastModifiedMs: 0 };
  const result = await ingestFile(input, 0 as SourceId, dictionaries);
  if (!result.ok) return { format: '', account: result.error, rows: '' };
  const { segments, ...account } = result.value;
  const hash = createHash('sha256');
  const { addresses, stringBytes, stringEnds } = dictionaries.toData();
  const columns = segments.flatMap((segment) => Object.values(segment.columns) as Uint8Array[]);
  for (const array of [...columns, addresses, stringBytes, stringEnds])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return { format: account.format, account, rows: hash.digest('hex') };
}

/** The same with JSON.parse in the reader's place; null when the file's format has no reader. */
async function outcomeOfWholeObjects(path: string): Promise<Outcome | null> {
  vi.spyOn(JsonReader.prototype, 'scan').mockReturnValue(-1);
  const read = vi.spyOn(JsonReader.prototype, 'read').mockImplementation(parseJsonObject);
  const outcome = await outcomeOf(path);
  const isUsed = read.mock.calls.length > 0;
  vi.restoreAllMocks();
  return isUsed ? outcome : null;
}

/** A format that reads a field which it does not list among its wanted ones would miss it without a word. */
describe('the fields that JSON formats pick', () => {
  it.each([resolve('tests', 'fixtures'), SHARED_DATA])(
    'give what whole objects give, in all files of %s',
    async (folder) => {
      const compared = new Map<string, number>();
      for (const path of filesBelow(folder)) {
        const whole = await outcomeOfWholeObjects(path);
        if (!whole) continue;
        expect(await outcomeOf(path), path).toEqual(whole);
        compared.set(whole.format, (compared.get(whole.format) ?? 0) + 1);
      }
      console.log(
        `Files compared: ${[...compared].map(([format, files]) => `${format} ${files}`).join(', ')}`,
      );
      if (existsSync(folder)) expect([...compared.keys()]).toContain('cloudtrail');
    },
    120_000,
  );
});
