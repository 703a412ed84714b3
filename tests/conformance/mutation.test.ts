import { existsSync, openAsBlob, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomInt, seededRandom, type Random } from '../../src/lib/base/random';
import { toFailure } from '../../src/lib/base/result';
import { FORMATS } from '../../src/lib/formats/registry';
import { recognize } from '../../src/lib/ingest/recognize';
import { readingOf } from './reading';

const DATA = resolve('../shared/data');
const FILES_PER_FORMAT = 6;
const MUTANTS_PER_FILE = 12;
const MAX_BYTES = 60_000;

const INSERTS = [
  '\n',
  '\r',
  '\0',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ' ',
  '\t',
  '-',
  '%',
  '\uFEFF',
  '٣',
  '\x1b[31m',
  '1e999',
  '99999999999999999999',
  ':',
  '::',
  '()',
  "'",
];

/** Damage as disks, editors, merges and attackers do it. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let text = Buffer.from(bytes);
  for (let k = randomInt(random, 1, 12); k > 0; k--) {
    const at = randomInt(random, 0, text.length);
    const length = randomInt(random, 1, 40);
    const kind = randomInt(random, 0, 5);
    const before = text.subarray(0, at);
    if (kind === 0) text = Buffer.concat([before, text.subarray(at + length)]);
    else if (kind === 1)
      text = Buffer.concat([
        before,
        Buffer.from(INSERTS[randomInt(random, 0, INSERTS.length - 1)]!),
        text.subarray(at),
      ]);
    else if (kind === 2) text = Buffer.concat([before, text.subarray(at, at + length), text.subarray(at)]);
    else if (kind === 3)
      text = Buffer.concat([before, Buffer.from([randomInt(random, 0, 255)]), text.subarray(at + 1)]);
    else if (kind === 4)
      text = Buffer.concat([before, Buffer.alloc(length, text[at] ?? 0x41), text.subarray(at)]);
    else {
      const other = randomInt(random, 0, text.length);
      text = Buffer.concat([before, text.subarray(other, other + 400), text.subarray(at)]);
    }
  }
  return text;
}

/** Small files of the shared data that are surely of this format. */
async function samplesOf(paths: readonly string[]): Promise<Map<string, Uint8Array[]>> {
  const samples = new Map<string, Uint8Array[]>();
  for (const path of paths) {
    const { ranking, container } = await recognize(await openAsBlob(path));
    const best = ranking[0];
    if (!best || best.confidence < 0.5 || container !== 'none') continue;
    const list = samples.get(best.formatId) ?? [];
    samples.set(best.formatId, list);
    if (list.length < FILES_PER_FORMAT)
      list.push(new Uint8Array(await (await openAsBlob(path)).arrayBuffer()));
  }
  return samples;
}

describe('damaged logs', () => {
  const paths = existsSync(DATA)
    ? readdirSync(DATA, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => statSync(path).size > 0 && statSync(path).size <= MAX_BYTES)
        .sort()
    : [];
  if (paths.length === 0) console.log(`damaged logs: 0 files, ${DATA} is not here`);

  it.skipIf(paths.length === 0)(
    'never make a parser throw, lose count or depend on chunks',
    async () => {
      const samples = await samplesOf(paths);
      const random = seededRandom(20);
      const wrong: string[] = [];
      let mutants = 0;
      for (const format of FORMATS) {
        for (const sample of samples.get(format.id) ?? []) {
          for (let k = 0; k < MUTANTS_PER_FILE; k++) {
            const mutant = mutate(sample, random);
            mutants += 1;
            try {
              const { head } = await recognize(new Blob([mutant as Uint8Array<ArrayBuffer>]));
              const whole = await readingOf(format, mutant, head, 1 << 24);
              const parts = await readingOf(format, mutant, head, randomInt(random, 50, 5000));
              if (whole !== parts) wrong.push(`${format.id}: differs when cut otherwise`);
            } catch (caught) {
              wrong.push(`${format.id}: threw ${toFailure(caught).what}`);
            }
          }
        }
      }
      console.log(`damaged logs: ${mutants} of ${[...samples.keys()].join(', ')}`);
      expect(wrong).toEqual([]);
    },
    300_000,
  );
});
