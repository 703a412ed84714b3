import { existsSync, openAsBlob } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { tarOf } from '../../../tests/support/tar';
import type { Failure } from '../base/result';
import { Dictionaries } from '../tables/dictionaries';
import { expand, type ExpandOptions, type Member } from './expand';
import { ingestAll } from './ingest-file';
import type { RawSource } from './raw-source';
import { bunzip2 } from './unpack/bzip2';
import { inflateRaw } from './unpack/inflate';
import { UNPACK_LIMITS } from './unpack/limits';
import { keepAsBlob, nameOfPath } from './unpack/member';
import { unxz } from './unpack/xz';
import { unzstd } from './unpack/zstd';

/** Three flows; packed by bzip2 1.0.8, xz 5 and zstd 1.5 at their default settings. */
const LOG = [1, 2, 3]
  .map(
    (i) =>
      `2 123456789012 eni-0a1b2c3d 203.0.113.${i} 10.0.0.5 4000${i} 22 6 10 1000 170000000${i} 170000003${i} ACCEPT OK\n`,
  )
  .join('');
const BZIP2 = Buffer.from(
  'QlpoOTFBWSZTWbuhIHoAAFVfABgQQAN/4CoIxAA+ISAAkor9Ug81IaAAANqCRNqNM0Q0eo0wRuZmVetByGiC5Mz3HHh+Bj8YlBhmGTCVBhjQScByyLEJbjLobGOs5bCUkDlSMDoq0HaQkKBE7E7tErNRHhIYReUmYoHgseihwe0XILn0sVNTQwOTk/i7kinChIXdCQPQ',
  'base64',
);
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AErAGVdABkIAoe6fAy9cpuCIzku9dVX6ybAn6fkMHswXgjFe0wb4qLXo49obd4EAusJfjFfDZNZ5eirxAN+FqO3dYR6FPf3VNkRrAioOnxInyBG7T9yc2aH+mdd/aWG8JpsYECO+hfWkGFWAAAAAGQcDCPsePKQAAGBAawCAADDSOAvscRn+wIAAAAABFla',
  'base64',
);
const ZSTD = Buffer.from(
  'KLUv/WQsAB0DAKJFERdwS3NWR8IASQkij/fWTZSZeAuq/vw1Af9v28eAMENBkFJgfUnUkezYndkryTJT7Fpvi3V6iieM6IEIo7GYS0CCjil35wwAwAjYDtQMyCKIBzYGagH5eob3LsUCh5fl9C6oous=',
  'base64',
);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function expanded(
  bytes: Uint8Array,
  options: ExpandOptions = {},
): Promise<{ members: Member[]; notes: readonly string[] }> {
  const members: Member[] = [];
  const input = { blob: new Blob([Buffer.from(bytes)]), name: 'given', lastModifiedMs: 0 };
  const walk = expand(input, options);
  for (;;) {
    const next = await walk.next();
    if (next.done) return { members, notes: next.value.notes };
    members.push(next.value);
  }
}

async function ingested(
  blob: Blob,
  name: string,
): Promise<{ sources: RawSource[]; failures: Failure[]; dictionaries: Dictionaries }> {
  const dictionaries = new Dictionaries();
  const results = await ingestAll({ blob, name, lastModifiedMs: 0 }, 0, dictionaries);
  return {
    dictionaries,
    sources: results.flatMap((result) => (result.ok ? [result.value] : [])),
    failures: results.flatMap((result) => (result.ok ? [] : [result.error])),
  };
}

const blobOf = (bytes: Uint8Array): Blob => new Blob([Buffer.from(bytes)]);

describe('archives', () => {
  const members = { 'a/one.log': bytesOf(LOG), 'two.log.gz': gzipSync(LOG), 'b/three.log.bz2': BZIP2 };

  it.each([
    ['zip', zipSync(members)],
    ['tar', tarOf(Object.entries(members).map(([path, data]) => ({ path, data })))],
    ['tar.gz', gzipSync(tarOf(Object.entries(members).map(([path, data]) => ({ path, data }))))],
    ['zip in tar.gz', gzipSync(tarOf([{ path: 'in.zip', data: zipSync(members) }]))],
    ['tar.gz in zip', zipSync({ 'in.tgz': gzipSync(tarOf([{ path: 'a/one.log', data: bytesOf(LOG) }])) })],
  ])('give each file of a %s as a source of its own', async (_, bytes) => {
    const { sources, failures } = await ingested(blobOf(bytes), 'given');
    expect(failures).toEqual([]);
    for (const source of sources) {
      expect(source.name).toMatch(/^given\/(in\.(zip|tgz)\/)?(a\/one\.log|two\.log\.gz|b\/three\.log\.bz2)$/);
      expect([source.format, source.rows.flows, source.rejected]).toEqual(['vpc-flow', 3, 0]);
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex');
      expect(source.origin?.sha256).toBe(digest);
      expect(source.sha256).not.toBe(digest);
    }
    expect(new Set(sources.map(({ id }) => id)).size).toBe(sources.length);
  });

  it('count what they pass over', async () => {
    const { members: found, notes } = await expanded(
      tarOf([
        { path: 'logs/', type: '5' },
        { path: 'logs/link', type: '2' },
        { path: 'empty.log' },
        { path: '._a.log', data: bytesOf('x') },
        { path: 'a.log', data: bytesOf(LOG) },
      ]),
    );
    expect(found.map(({ name }) => name)).toEqual(['given/a.log']);
    for (const said of ['1 × folder', '1 × link', '1 × empty file', '1 × macOS metadata file'])
      expect(notes.join(' ')).toContain(said);
  });

  it('show hostile names as harmless text', async () => {
    expect(nameOfPath('../../etc/passwd')).toBe('etc/passwd');
    expect(nameOfPath('..\\..\\C:\\x.log')).toBe('C:/x.log');
    expect(nameOfPath('a\u202egpj.log\u0000\n')).toBe('a_gpj.log_');
    expect(nameOfPath('/./..//')).toBe('unnamed');
    expect(nameOfPath('x'.repeat(100_000)).length).toBe(240);
    const { members: found } = await expanded(tarOf([{ path: '../../../root.log', data: bytesOf(LOG) }]));
    expect(found[0]?.name).toBe('given/root.log');
  });

  it('say which member is encrypted and read the others', async () => {
    const bytes = zipSync({ 'secret.log': bytesOf(LOG), 'open.log': bytesOf(LOG) });
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    view.setUint16(directory + 8, view.getUint16(directory + 8, true) | 1, true);
    const { members: found } = await expanded(bytes);
    expect(found.map(({ name, failure }) => [name, failure?.what.slice(0, 15)])).toEqual([
      ['given/secret.log', 'It is encrypted'],
      ['given/open.log', undefined],
    ]);
  });

  it('keep what a cut archive still holds, and say that it is cut', async () => {
    const long = bytesOf(LOG.repeat(2000));
    const tar = tarOf([
      { path: 'whole.log', data: bytesOf(LOG) },
      { path: 'cut.log', data: long },
    ]);
    const zip = zipSync({ 'whole.log': bytesOf(LOG), 'cut.log': [long, { level: 0 }] });
    for (const bytes of [tar, gzipSync(tar, { level: 0 }), zip]) {
      const { members: found, notes } = await expanded(bytes.subarray(0, bytes.length / 2));
      expect(found.map(({ name, origin }) => [name, origin.isCut])).toEqual([
        ['given/whole.log', false],
        ['given/cut.log', true],
      ]);
      expect(notes.join(' ')).toContain('cut off');
      const kept = await (found[1] as Member).blob.text();
      expect(LOG.repeat(2000).startsWith(kept)).toBe(true);
      expect(kept.length).toBeGreaterThan(100_000);
    }
  });

  it('follow archives in archives to a bounded depth only', async () => {
    let bytes: Uint8Array = zipSync({ 'x.log': bytesOf(LOG) });
    for (let i = 0; i < 10; i++) bytes = zipSync({ 'in.zip': bytes });
    const { members: found } = await expanded(bytes);
    expect(found).toHaveLength(1);
    expect(found[0]?.failure?.what).toContain(`more than ${UNPACK_LIMITS.maxDepth} others`);
  });

  it('stop at a bound of members and say so', async () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.log`, bytesOf(LOG)]));
    const { members: found, notes } = await expanded(zipSync(many), {
      limits: { ...UNPACK_LIMITS, maxMembers: 7 },
    });
    expect(found).toHaveLength(7);
    expect(notes.join(' ')).toContain('Only the first 7 files');
  });

  it('stop at a bound of bytes, which what comes out of all members shares, and say what it is', async () => {
    const limits = { ...UNPACK_LIMITS, maxBytes: 3_000_000 };
    const noise = (seed: number): Uint8Array =>
      Uint8Array.from({ length: 2_000_000 }, (_, i) => 32 + ((i * 7919 * seed) % 90));
    const entries = { 'a.log': noise(3), 'b.log': noise(5), 'c.log': noise(7) };
    const { members: found, notes } = await expanded(zipSync(entries), { limits });
    expect(found.map(({ failure }) => failure?.what)).toEqual([
      undefined,
      'Unpacking was stopped: the data grew to over 3.00 MB, which is as much as is unpacked of one file',
    ]);
    expect(notes.join(' ')).toContain('what follows in the archive was left out');
  });

  it('tell that the browser has no room left for what comes out of them', async () => {
    let room = 2;
    class FullBlob extends Blob {
      override async arrayBuffer(): Promise<ArrayBuffer> {
        if (room-- > 0) return super.arrayBuffer();
        throw new DOMException('full', 'NotReadableError');
      }
      override slice(...range: Parameters<Blob['slice']>): Blob {
        return new FullBlob([super.slice(...range)]);
      }
    }
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) yield new Uint8Array(8 << 20);
    };
    vi.stubGlobal('Blob', FullBlob);
    try {
      await expect(keepAsBlob(chunks())).rejects.toThrow(/no room for what is unpacked of it, over 50.3 MB/);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('stop a bomb, in a member or around all of them, with the ratio', async () => {
    const limits = { ...UNPACK_LIMITS, freeBytes: 1_000_000, maxRatio: 100 };
    const zeros = new Uint8Array(20_000_000);
    const zip = await expanded(zipSync({ 'bomb.log': zeros }), { limits });
    expect(zip.members[0]?.failure?.what).toContain('over 100 times its packed size');
    const tar = gzipSync(
      tarOf([
        { path: 'a.log', data: bytesOf(LOG) },
        { path: 'b.log', data: zeros },
      ]),
    );
    const packed = await expanded(tar, { limits });
    expect(packed.members.map(({ failure }) => failure?.what.includes('over 100 times') ?? false)).toEqual([
      false,
      true,
    ]);
    await expect(expanded(gzipSync(zeros), { limits })).rejects.toThrow('no archive');
  });

  it('never throw anything but a reason on damaged archives', async () => {
    const archives = [zipSync(members), tarOf([{ path: 'a.log', data: bytesOf(LOG) }])];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...archives),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (archive, changes) => {
          const bytes = Buffer.from(archive);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          const { sources, failures } = await ingested(blobOf(bytes), 'given');
          expect(sources.length + failures.length).toBeGreaterThan(0);
          for (const { what } of failures)
            expect(what).not.toMatch(/undefined|TypeError|RangeError|of bounds/);
        },
      ),
      { numRuns: 60, seed: 20_240_101 },
    );
  });
});

describe('packings of one stream', () => {
  const decoders = { bzip2: [bunzip2, BZIP2], xz: [unxz, XZ], zstd: [unzstd, ZSTD] } as const;

  for (const [name, [decode, packed]] of Object.entries(decoders)) {
    const read = async (chunks: readonly Uint8Array[]): Promise<{ text: string; isCut: boolean }> => {
      const outcome = { isCut: false, notes: [] as string[] };
      const parts: Uint8Array[] = [];
      const source = (async function* (): AsyncGenerator<Uint8Array> {
        yield* chunks;
      })();
      for await (const piece of decode(source, outcome)) parts.push(piece.slice());
      expect(outcome.isCut).toBe(outcome.notes.length > 0);
      return { text: Buffer.concat(parts).toString('latin1'), isCut: outcome.isCut };
    };

    it(`read ${name} the same wherever its bytes are cut`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(packed.length), { maxLength: 12 }), async (cuts) => {
          const ends = [...cuts.sort((a, b) => a - b), packed.length];
          const chunks = ends.map((end, i) => new Uint8Array(packed.subarray(ends[i - 1] ?? 0, end)));
          expect(await read(chunks)).toEqual({ text: LOG, isCut: false });
        }),
        { numRuns: 60, seed: 1 },
      );
    });

    it(`read every stream of a ${name} file, and say where one is cut`, async () => {
      expect(await read([packed, packed])).toEqual({ text: LOG + LOG, isCut: false });
      for (let end = 1; end < packed.length; end += 7) {
        const { text, isCut } = await read([packed, packed.subarray(0, end)]);
        expect(isCut).toBe(true);
        expect((LOG + LOG).startsWith(text)).toBe(true);
      }
    });

    it(`end damaged ${name} data with a note, never with wrong data unsaid`, async () => {
      for (let at = 0; at < packed.length; at++) {
        const bytes = Buffer.from(packed);
        bytes[at] = (bytes[at] as number) ^ 0x10;
        const { text, isCut } = await read([bytes]).catch(() => ({ text: '', isCut: true }));
        // Fields that say nothing of the content (an index, flags that are not looked at) may change unseen.
        if (!isCut) expect(text).toBe(LOG);
      }
    });
  }

  it('inflate raw data up to its end and leave the rest', async () => {
    const zip = zipSync({ a: bytesOf(LOG) });
    const view = new DataView(zip.buffer);
    const dataAt = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    const outcome: { isCut: boolean; notes: string[]; packedBytes?: number } = { isCut: false, notes: [] };
    let text = '';
    const source = (async function* (): AsyncGenerator<Uint8Array> {
      for (const byte of zip.subarray(dataAt)) yield Uint8Array.of(byte);
    })();
    for await (const piece of inflateRaw(source, outcome)) text += Buffer.from(piece).toString('latin1');
    expect(text).toBe(LOG);
    expect(outcome.packedBytes).toBe(view.getUint32(18, true));
  });

  it('are taken off one after the other', async () => {
    const { sources } = await ingested(blobOf(gzipSync(XZ)), 'a.log.xz.gz');
    expect(sources.map(({ container, rows }) => [container, rows.flows])).toEqual([['gzip+xz', 3]]);
  });
});

const PLASO = resolve('../shared/data/plaso');
const PACKED = ['gz', 'bz2', 'xz', 'tar', 'tgz', 'zip']
  .map((end) => `${PLASO}/syslog.${end}`)
  .filter(existsSync);
if (PACKED.length < 6) console.log(`packed syslogs: ${PACKED.length} of 6 are here`);

describe.skipIf(PACKED.length === 0)('one log in every packing', () => {
  it('gives the same rows', async () => {
    const summaries = await Promise.all(
      PACKED.map(async (path) => {
        const { sources } = await ingested(await openAsBlob(path), path);
        const source = sources.find(({ name }) => !name.includes('wtmp')) as RawSource;
        const { records, lines, rejected, skipped, rows, format } = source;
        const segments = source.segments.map(({ table, length }) => [table, length]);
        return JSON.stringify({ records, lines, rejected, skipped, rows, format, segments });
      }),
    );
    expect(new Set(summaries).size).toBe(1);
  });
});
