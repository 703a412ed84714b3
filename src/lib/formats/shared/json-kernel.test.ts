import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import wasm from 'kernel:json-fields';
import { beforeAll, describe, expect, it } from 'vitest';
import { damageTo, document, picked, style, written } from '../../../../tests/support/json-documents';
import { SHARED_DATA } from '../../../../tests/support/shared-data';
import { encodeUtf8 } from '../../base/bytes';
import { isObject, parseJsonObject } from './json';
import { JsonKernel } from './json-kernel';
import { JsonReader } from './json-reader';
import type { Wanted } from './json-wanted';
import { kernelFor, provideKernel } from './kernels';

/** A kernel is asked for blocks of at least so many bytes; blanks behind the last record do no harm. */
const BLOCK_BYTES = 1 << 16;

const WANTED: Wanted = {
  name: true,
  'a.b': true,
  n: true,
  user: { name: true, id: true, more: { deep: true } },
  list: true,
};

beforeAll(() => provideKernel('json-fields', wasm));

/** Objects on lines of their own, in one block. */
function blockOf(objects: readonly Uint8Array[]): { bytes: Uint8Array; starts: number[] } {
  const starts: number[] = [];
  let at = 0;
  for (const object of objects) {
    starts.push(at);
    at += object.length + 1;
  }
  const bytes = new Uint8Array(Math.max(BLOCK_BYTES, at)).fill(0x20);
  objects.forEach((object, i) => {
    const start = starts[i] as number;
    bytes.set(object, start);
    bytes[start + object.length] = 0x0a;
  });
  return { bytes, starts };
}

/** Each object of the block, read through the kernel where it takes it, must be what JSON.parse says; and it must take what the reader takes. */
function expectSame(objects: readonly Uint8Array[], wanted: Wanted): number {
  const { bytes, starts } = blockOf(objects);
  const reader = new JsonReader(wanted);
  const plain = new JsonReader(wanted);
  reader.hold(bytes, 0, bytes.length);
  let taken = 0;
  const fields = new Map<number, string>();
  objects.forEach((object, i) => {
    const start = starts[i] as number;
    const stop = reader.scan(bytes, start, bytes.length);
    expect([stop, reader.newlines]).toEqual([plain.scan(bytes, start, bytes.length), plain.newlines]);
    const end = stop === -1 ? start + object.length : stop;
    if (stop !== -1) taken += 1;
    const parsed = parseJsonObject(bytes, start, end);
    const read = reader.read(bytes, start, end);
    expect(read && picked(read, wanted)).toStrictEqual(parsed && picked(parsed, wanted));
    if (!read || reader.layout === 0) return;
    const has = Object.keys(wanted)
      .filter((key) => read[key] !== undefined)
      .join();
    const had = fields.get(reader.layout) ?? has;
    if (had !== has) expect.fail(`one layout stands for ${had} and for ${has}`);
    fields.set(reader.layout, has);
  });
  return taken;
}

describe('the JSON kernel', () => {
  it('is there', () => {
    const module = kernelFor('json-fields', BLOCK_BYTES);
    expect(module && JsonKernel.of(module, WANTED)).toBeInstanceOf(JsonKernel);
  });

  it('gives what JSON.parse gives, whatever the objects before were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(document, style), { minLength: 1, maxLength: 12 }), (documents) => {
        expectSame(
          documents.map(([value, how]) => encodeUtf8(written(value, how))),
          WANTED,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('takes and refuses what the reader takes and refuses, in damaged objects, and is not confused by them', () => {
    const documents = fc.tuple(document, style, damageTo);
    fc.assert(
      fc.property(fc.array(documents, { minLength: 1, maxLength: 8 }), (damaged) => {
        const next = encodeUtf8('{"name":"next","user":{"id":7}}');
        const objects = damaged.flatMap(([value, how, damage]) => [
          damage(encodeUtf8(written(value, how))),
          next,
        ]);
        expectSame(objects, WANTED);
      }),
      { numRuns: 1000 },
    );
  });

  it('follows a block that is larger than its memory, and one object across the end of that', () => {
    const objects = Array.from({ length: 3000 }, (_, i) =>
      encodeUtf8(
        JSON.stringify({ name: `user ${i % 70}`, n: i, pad: 'x'.repeat(500), list: [i], 'a.b': `${i}` }),
      ),
    );
    expect(expectSame(objects, WANTED)).toBe(3000);
  });

  it('forgets texts it has seen too many of', () => {
    const objects = Array.from({ length: 30_000 }, (_, i) =>
      encodeUtf8(`{"name":"n${i}","a.b":"b${i % 9}","user":{"name":"${i % 5000}"}}`),
    );
    expect(expectSame(objects, WANTED)).toBe(30_000);
  });

  it('reads objects with more keys than it remembers', () => {
    const objects = Array.from({ length: 400 }, (_, i) =>
      encodeUtf8(
        JSON.stringify({ [`key ${i}`]: i, ['k'.repeat(100 + i)]: {}, name: `${i}`, more: { [`x${i}`]: 1 } }),
      ),
    );
    expect(expectSame(objects, WANTED)).toBe(400);
  });

  it('sees what has come into a block that is held again, large or small', () => {
    const { bytes } = blockOf([encodeUtf8('{"name":"first","n":1}')]);
    const reader = new JsonReader(WANTED);
    for (const [held, name] of [
      [bytes.length, 'other'],
      [100, 'third'],
    ] as const) {
      reader.hold(bytes, 0, bytes.length);
      expect(reader.scan(bytes, 0, bytes.length)).toBe(22);
      bytes.set(encodeUtf8(name), 9);
      reader.hold(bytes, 0, held);
      const stop = reader.scan(bytes, 0, held);
      expect(reader.read(bytes, 0, stop)).toMatchObject({ name, n: 1 });
    }
  });

  it('reads numbers of every kind', () => {
    const numbers = [
      ...['0', '-0', '0.0', '-0.5', '1e5', '1E-5', '1e400', '12345678901234567', '9007199254740993', '0.1'],
      ...[
        '123456789012345678901',
        '1771545600.123456',
        '0.000001',
        '4.35',
        '1.7976931348623157e308',
        '5e-324',
      ],
      ...['90071992547409.93', '1234567890.1234567', '0.30000000000000004', '100000000000000000000000.5'],
      ...['01', '1.', '.5', '-', '+1', '1e', '1e+', '0x1', '1.e5', '--1'],
    ];
    expectSame(
      numbers.map((number) => encodeUtf8(`{"n":${number}}`)),
      WANTED,
    );
  });

  it('leaves a list that may hold the records to the framer', () => {
    const objects = [
      '{"Records":[{"name":"a"}]}',
      '{"name":[1]}',
      '{"user":{"Records":[1]},"name":"b"}',
      '{"x":{"value":[]}}',
    ];
    expect(expectSame(objects.map(encodeUtf8), { ...WANTED, value: true })).toBe(3);
  });

  it('reads the lines of all fixtures as JSON.parse does', () => {
    let taken = 0;
    for (const folder of ['tests/fixtures', SHARED_DATA].filter((path) => existsSync(path))) {
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
        if (!entry.isFile() || !/\.(?:json|jsonl|log|ndjson)$/.test(entry.name)) continue;
        const lines = readFileSync(join(entry.parentPath, entry.name), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .slice(0, 500)
          .map(encodeUtf8);
        if (lines.length > 1) taken += expectSame(lines, wantedOf(lines));
      }
    }
    expect(taken).toBeGreaterThan(300);
  }, 60_000);
});

/** Every other key of the lines, and every other of the objects in them. */
function wantedOf(lines: readonly Uint8Array[]): Wanted {
  const wanted: Record<string, true | Wanted> = {};
  let turn = 0;
  for (const line of lines) {
    for (const [key, value] of Object.entries(parseJsonObject(line, 0, line.length) ?? {})) {
      turn += 1;
      if (turn % 2 === 0 || Object.keys(wanted).length > 60 || key === '__proto__') continue;
      const inside = isObject(value) ? Object.keys(value).filter((_, i) => i % 2 === 0) : [];
      wanted[key] ??= inside.length > 0 ? Object.fromEntries(inside.map((name) => [name, true])) : true;
    }
  }
  return wanted;
}
