import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { tarOf } from '../../../../tests/support/tar';
import type { Failure } from '../../base/result';
import { Dictionaries } from '../../tables/dictionaries';
import { openStream } from '../byte-stream';
import type { Container } from '../container';
import { ingestAll } from '../ingest-file';
import type { RawSource } from '../raw-source';
import { UNPACK_LIMITS, type UnpackLimits } from './limits';

const LINE =
  '2 123456789012 eni-0a1b2c3d 203.0.113.7 10.0.0.5 40000 22 6 10 1000 1700000001 1700000031 ACCEPT OK\n';
const LOG = Buffer.from(LINE.repeat(3));

/** 10,000 times that line, a million bytes: by bzip2 1.0.8 -9, xz 5 -9, zstd 1.5 -19. Each begins anew where it ends. */
const MILLION = 1_000_000;
const BZIP2 = Buffer.from(
  'QlpoOTFBWSZTWYXYgRkENC5fAFgQQAN/4CoIxAA+IUAC2HRVKKQxgAAAADGAAAAAE1Uin6phNGmTQ0YgKVUANAAADYhQk6Agq9gQVcaqBVqCCrhVQKuAIKtAQVdqqBVsBBV7ggqyCCrIIKuoIKtKFVD6CqhoBVQ4gqqrFVISYqoFWEKEmQQVYBBViqgVcqqQk0UVEGgIKuYIKvSqpVDoCqhpBVQ5gqKuQIKtwIKviChJvgqoYAqoYwVUMAVSrECCr9qoFXQEFWdwIKs1UCrIEFWKqFD2CqhoBVQxgqodaEFWaqBV3qoFXmCCrfVQKtoIKuNVAq1BBVzqoFWtVAq2wII6gqocQVUO4KqGeqoKuoIKvyBBV2BBVqCCrsCCruCCrlVSqGAKqHAFVDeCqhnBVQ/AqofgVUP5igrJMprKFURH0AOjXvgCwIIAG/8BUEYgAfEKABDgAAYwAAAABjAAAAAGMAAAAAFKohoamhtBGj0mm+iKO0KL4hRfIUWyFFyCi5QosYUWoUW+FFzhRboUW6FF4hRYhRfwUW8KLQKLAIowCiwoijdCiwhRYBRaBFGNSRTGFF0hReyFF2Ci4BRdQotIUXGFF1RFGYUWYUWIUWYUWCFF+hRdgouMKLaFFtgosAotQosgosQou8KLcFF5CiyhRZhRcMwovkKLbCi6BRbAouKFF3Ci0Ci+wosoUXiFF+IUWsKLZCi1hReYUXQKLMKLQKLmFFkFF6Ci9BRf4u5IpwoSCSMxWSA=',
  'base64',
);
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM70I/ASFdABkIAoe6fAy9cpuCIzku9dVX6ybAn6fkMHswXgjFe0wb4qLXrxDkW/uoyBkyq+debq1SqLLsEyL98sCKmD1mH2wzHdCsluDhWA72kU35iTU+yK4LLIZYlFeq5EI5NFH90pXgo4v8BtBP0lRnyut2BWwRnV0RZ8z/uZ/E2ZHVkh7jjcUxUQkXNyuOgrwYHdyX0zkow/QvpPdJ/tlKjK6V3FXUrK5PzeuaCphUbteLyog/XzH7yE/oEz2344C6I6j4BovZ9X/WDRs/fXergxQhbtHVevM+FFNidqxZ5OVbBQj5x9qt/PtSK3TNHlsgQvndUz34KWQJO4DLKmzftTvwxL0uX6oPPktmQpATDv8Qk/hxeFn4C83/lShGD6n6FsGEAAAAAAAAz/CyMyVvxqQAAb0CwIQ9APKSWOWxxGf7AgAAAAAEWVo=',
  'base64',
);
const ZSTD = Buffer.from(
  'KLUv/QRohAIAUkUQFHBPOsp/46cZouuc9Cdb+gBQNYE4wMLQaZQkQdjVi/IvLwne8V/gYNt2WdhqbVsfpRUd1OeAqiZeP4yCGIR15QUDAJn/Z8jvotkxgChUAAAAAQD9/7v/uQYCRAAAAAEA/f85AAJEAAAAAQD9/zkAAkQAAAABAP3/OQACRAAAAAEA/f85AAJEAAAAAQD9/zkAAkUAAAABAD1COQACKvyITg==',
  'base64',
);

/** As the product has them, but that the ratio counts from half a megabyte on. */
const LIMITS: UnpackLimits = { ...UNPACK_LIMITS, freeBytes: 500_000 };

const repeated = (bytes: Uint8Array, times: number): Buffer =>
  Buffer.concat(Array<Uint8Array>(times).fill(bytes));
const blobOf = (bytes: Uint8Array): Blob => new Blob([Buffer.from(bytes)]);

/** A line of a log, then one letter without end: as far as deflate goes, 1,032 times. */
const gzipBomb = (bytes: number): Buffer =>
  gzipSync(Buffer.concat([LOG, Buffer.alloc(bytes, 'x')]), { level: 9 });

const BOMBS: readonly (readonly [Container, Buffer, number])[] = [
  ['gzip', gzipBomb(10 * MILLION), 10 * MILLION],
  ['bzip2', repeated(BZIP2, 10), 10 * MILLION],
  ['xz', repeated(XZ, 10), 10 * MILLION],
  ['zstd', repeated(ZSTD, 10), 10 * MILLION],
];

async function read(
  bytes: Uint8Array,
  limits = LIMITS,
): Promise<{ sources: RawSource[]; failures: Failure[]; dictionaries: Dictionaries }> {
  const dictionaries = new Dictionaries();
  const input = { blob: blobOf(bytes), name: 'given', lastModifiedMs: 0 };
  const results = await ingestAll(input, 0, dictionaries, { limits });
  return {
    dictionaries,
    sources: results.flatMap((result) => (result.ok ? [result.value] : [])),
    failures: results.flatMap((result) => (result.ok ? [] : [result.error])),
  };
}

/** How much comes out of a packed stream before it is stopped, and the words it is stopped with. */
async function flow(
  bytes: Uint8Array,
  container: Container,
  limits = LIMITS,
): Promise<{ size: number; said: string }> {
  let size = 0;
  try {
    for await (const piece of openStream(blobOf(bytes), container, {}, limits).chunks) size += piece.length;
    return { size, said: '' };
  } catch (caught) {
    return { size, said: String(caught) };
  }
}

const RATIO =
  /the data grew to over 500 times its packed size \(\d[\d.]* [kM]B out of \d[\d.]* [kM]?B so far\), as decompression bombs do/;

describe('a decompression bomb of one stream', () => {
  it.each(BOMBS)('is stopped at 500 times its packed size: %s', async (container, bytes, whole) => {
    expect(UNPACK_LIMITS.maxRatio).toBe(500);
    expect(whole / bytes.length).toBeGreaterThan(900);
    const { size, said } = await flow(bytes, container);
    expect(said).toMatch(RATIO);
    // What the decoder had under way when the ratio was passed is no more than a piece.
    expect(size).toBeLessThanOrEqual(500 * bytes.length + 1.1 * MILLION);
    expect(size).toBeLessThan(whole);
  });

  it.each(BOMBS)('is told as what it is, and nothing of it is kept: %s', async (_, bytes) => {
    const { sources, failures, dictionaries } = await read(bytes);
    expect(sources).toEqual([]);
    expect(failures.map(({ source }) => source)).toEqual(['given']);
    expect(failures[0]?.what).toMatch(RATIO);
    expect(failures[0]?.todo).toMatch(/unpack it yourself/);
    expect(dictionaries.strings.size).toBe(new Dictionaries().strings.size);
  });

  it.each(BOMBS)('is stopped at a size, whatever its ratio: %s', async (container, bytes) => {
    const limits = { ...LIMITS, maxBytes: 3 * MILLION, maxRatio: Infinity };
    const { size, said } = await flow(bytes, container, limits);
    expect(said).toMatch(/the data grew to over 3\.00 MB, which is as much as is unpacked of one file/);
    expect(size).toBeLessThanOrEqual(3 * MILLION);
  });

  it('is no log that repeats itself', async () => {
    const packed = gzipSync(LINE.repeat(200_000), { level: 9 });
    expect((200_000 * LINE.length) / packed.length).toBeGreaterThan(250);
    const { sources, failures } = await read(packed);
    expect(failures).toEqual([]);
    expect(sources[0]?.rows.flows).toBe(200_000);
  });

  it('counts from the outermost packing on', async () => {
    // Each packing alone stays below the ratio.
    const inner = gzipSync(LINE.repeat(200_000), { level: 9 });
    const bytes = gzipSync(repeated(inner, 20), { level: 9 });
    expect((inner.length * 20) / bytes.length).toBeLessThan(500);
    const { failures } = await read(bytes);
    expect(failures[0]?.what).toMatch(RATIO);
  });
});

describe('a decompression bomb in archives', () => {
  const zeros = new Uint8Array(10 * MILLION);

  it('is stopped in a zip in a zip', async () => {
    const { sources, failures } = await read(
      zipSync({ 'a.log': LOG, 'in.zip': zipSync({ 'bomb.log': zeros }) }),
    );
    expect(sources.map(({ name }) => name)).toEqual(['given/a.log']);
    expect(failures.map(({ source }) => source)).toEqual(['given/in.zip/bomb.log']);
    expect(failures[0]?.what).toMatch(RATIO);
  });

  it('is stopped in a packed file in a tar in a zip, and held against what the zip took for it', async () => {
    // Twice a ratio of some 285, which neither packing shows alone.
    const log = gzipSync(LINE.repeat(200_000), { level: 9 });
    const tar = tarOf([
      { path: 'a.log', data: LOG },
      { path: 'bomb.log.gz', data: repeated(log, 20) },
    ]);
    const { sources, failures } = await read(zipSync({ 'in.tar': [tar, { level: 9 }] }));
    expect(sources.map(({ name }) => name)).toEqual(['given/in.tar/a.log']);
    expect(failures.map(({ source }) => source)).toEqual(['given/in.tar/bomb.log.gz']);
    expect(failures[0]?.what).toMatch(RATIO);
  });

  it('leaves a packed log alone that the archive could not make smaller', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) =>
      LINE.replace('40000', String((i * 7919) % 60_000)),
    );
    const log = gzipSync(lines.join(''), { level: 9 });
    const bytes = zipSync({ 'in.tgz': gzipSync(tarOf([{ path: 'a.log.gz', data: log }])) });
    const { sources, failures } = await read(bytes);
    expect(failures).toEqual([]);
    expect(sources[0]?.rows.flows).toBe(30_000);
  });

  it('ends the archive: more files of its kind are not begun', async () => {
    const bytes = zipSync(
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${10 + i}.log`, zeros.subarray(0, MILLION)])),
    );
    const { sources, failures } = await read(bytes, { ...LIMITS, freeBytes: 2 * MILLION });
    expect([...sources, ...failures].length).toBeLessThan(20);
    const words = [...failures.map(({ what }) => what), ...sources.flatMap(({ notes }) => notes)].join(' ');
    expect(words).toMatch(RATIO);
    expect(words).toContain('what follows in the archive was left out');
  });

  it('shares what is not looked at among the files of an archive', async () => {
    // A hundred files, none of which grows past the limit's own free bytes.
    const small = gzipBomb(400_000);
    const { failures } = await read(
      zipSync(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.gz`, small]))),
    );
    expect(failures.length).toBeGreaterThan(5);
    for (const { what } of failures) expect(what).toMatch(/over 500 times its packed size/);
  });
});

/** Rewrites the directory of a zip: a field of each entry, by its offset in there (APPNOTE 4.3.12). */
function withDirectory(zip: Uint8Array, change: (entry: DataView, index: number) => void): Uint8Array {
  const bytes = zip.slice();
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(bytes.length - 6, true);
  let at = start;
  for (let index = 0; view.getUint32(at, true) === 0x02014b50; index++) {
    const length =
      46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    change(new DataView(bytes.buffer, at, length), index);
    at += length;
  }
  return bytes;
}

describe('a zip that lies', () => {
  it('gives data once that several of its files claim', async () => {
    const zip = zipSync({ 'a.log': LOG, 'b.log': LOG, 'c.log': LOG });
    let first = 0;
    const overlapping = withDirectory(zip, (entry, index) => {
      if (index === 0) first = entry.getUint32(42, true);
      if (index === 1) entry.setUint32(42, first, true);
    });
    const { sources, failures } = await read(overlapping);
    expect(sources.map(({ name }) => name)).toEqual(['given/a.log', 'given/c.log']);
    expect(failures.map(({ source, what }) => [source, what])).toEqual([
      ['given/b.log', expect.stringContaining('is that of another file in the archive')],
    ]);
  });

  it('gives nothing twice of a file that reaches into the next', async () => {
    const zip = zipSync({ 'a.log': [LOG, { level: 0 }], 'b.log': LOG });
    const reaching = withDirectory(zip, (entry, index) => {
      if (index === 0) for (const field of [20, 24]) entry.setUint32(field, LOG.length + 60, true);
    });
    const { failures } = await read(reaching);
    expect(failures.map(({ source }) => source)).toEqual(['given/b.log']);
  });

  it('is read in whatever order its directory has', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `${i}.log`);
    const zip = zipSync(Object.fromEntries(names.map((name, i) => [name, Buffer.from(LINE.repeat(i + 1))])));
    const places: number[] = [];
    withDirectory(zip, (entry) => places.push(entry.getUint32(42, true)));
    const sizes: number[][] = [];
    withDirectory(zip, (entry) => sizes.push([16, 20, 24].map((field) => entry.getUint32(field, true))));
    const order = [4, 8, 0, 6, 1, 7, 3, 2, 5];
    const shuffled = withDirectory(zip, (entry, index) => {
      const from = order[index]!;
      entry.setUint32(42, places[from]!, true);
      [16, 20, 24].forEach((field, i) => entry.setUint32(field, sizes[from]![i]!, true));
    });
    const { sources, failures } = await read(shuffled);
    expect(failures).toEqual([]);
    expect(sources.map(({ rows }) => rows.flows)).toEqual(order.map((i) => i + 1));
  });

  it.each([0, 10, 4_000_000_000])('about a size (%i bytes) is read whole, and told of', async (size) => {
    const zip = withDirectory(zipSync({ 'a.log': LOG }), (entry) => entry.setUint32(24, size, true));
    const { sources, failures } = await read(zip);
    expect(failures).toEqual([]);
    expect(sources[0]?.rows.flows).toBe(3);
    expect(sources[0]?.notes.join(' ')).toMatch(/holds 300 B where the archive says/);
  });

  it('about the size of a bomb is stopped by what comes out', async () => {
    const zip = withDirectory(zipSync({ 'a.log': new Uint8Array(10 * MILLION) }), (entry) =>
      entry.setUint32(24, 10, true),
    );
    const { failures } = await read(zip);
    expect(failures[0]?.what).toMatch(RATIO);
  });
});
