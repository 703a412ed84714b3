// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { tarOf } from '../../../tests/support/tar';
import type { LoadEvent } from './engine';
import { IngestHost } from './ingest-host';
import type { IngestReply } from './ingest.protocol';
import { flowText, input, load, makeEngine, newCase, valueOf } from './local-engine';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

it('loads the files of an archive as sources, and shows their raw lines after a reload', async () => {
  const archive = Buffer.from(
    zipSync({
      'a/one.log': bytesOf(flowText(30)),
      'two.log.gz': gzipSync(flowText(20, 100)),
      'notes.txt': bytesOf('Dear diary\n'),
      'empty.log': bytesOf(''),
    }),
  );
  const caseId = await newCase();
  const engine = makeEngine();
  valueOf(await engine.openCase(caseId));
  const events = await load(engine, [input(flowText(5, 900), 'plain.log'), input(archive, 'logs.zip')]);

  const expanded = events.find((event) => event.kind === 'expanded') as LoadEvent & { kind: 'expanded' };
  expect(expanded.firstIndex).toBe(2);
  expect(expanded.members.map(({ name }) => name)).toEqual([
    'logs.zip/a/one.log',
    'logs.zip/two.log.gz',
    'logs.zip/notes.txt',
  ]);
  const endings = events.filter((event) => event !== expanded).sort((a, b) => a.index - b.index);
  expect(endings.map(({ index, kind }) => [index, kind])).toEqual([
    [0, 'done'],
    [2, 'done'],
    [3, 'done'],
    [4, 'failed'],
  ]);

  const again = makeEngine();
  const sources = valueOf(await again.openCase(caseId));
  expect(sources.map(({ name, rows }) => [name, rows.flows])).toEqual([
    ['plain.log', 5],
    ['logs.zip/a/one.log', 30],
    ['logs.zip/two.log.gz', 20],
  ]);
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', archive)).toString('hex');
  for (const { notes, sha256 } of sources.slice(1)) {
    expect(notes.join(' ')).toContain(`logs.zip (SHA-256 ${digest})`);
    expect(sha256).not.toBe(digest);
  }
  expect(sources[1]?.notes.join(' ')).toContain('1 × empty file');

  const page = valueOf(await again.rows({ table: 'flows' }, 0, 55));
  const rowOf = (name: string): number => page.rows.find(({ source }) => source === name)!.row;
  const raw = valueOf(await again.raw('flows', [rowOf('logs.zip/a/one.log'), rowOf('logs.zip/two.log.gz')]));
  expect(raw.map(({ text }) => text)).toEqual([flowText(1).trim(), flowText(1, 100).trim()]);
});

// A tar that lies there plain is cut up without reading it through: only its first place is told.
it.each([
  ['logs.tar', 0, (log: Uint8Array) => tarOf([{ path: 'one.log', data: log }])],
  ['logs.zip', 0.5, (log: Uint8Array) => zipSync({ 'one.log': log })],
  ['logs.zip.gz', 0.5, (log: Uint8Array) => gzipSync(zipSync({ 'one.log': log }, { level: 0 }))],
])('says how much of %s was hashed, then how much was unpacked', async (_, share, pack) => {
  const archive = pack(bytesOf(flowText(200)));
  const replies: IngestReply[] = [];
  const ended = new Promise<void>((resolve) => {
    const host = new IngestHost((reply) => {
      replies.push(reply);
      if (reply.kind !== 'progress') resolve();
    });
    const blob = new Blob([Buffer.from(archive)]);
    host.handle({ kind: 'expand', task: 1, input: { blob, name: 'logs', lastModifiedMs: 0 } });
  });
  await ended;
  const told = replies.flatMap((reply) => (reply.kind === 'progress' ? [reply.progress] : []));
  expect(told.map(({ phase }) => phase)).toEqual(['hashing', 'unpacking']);
  expect(told[0]!.bytesRead).toBe(archive.length);
  expect(told[1]!.bytesRead).toBeGreaterThan(archive.length * share);
  expect(told[1]!.bytesRead).toBeLessThanOrEqual(archive.length);
});

it('ends an archive without a readable file as failed', async () => {
  const engine = makeEngine();
  valueOf(await engine.openCase(await newCase()));
  const events = await load(engine, [input(Buffer.from(zipSync({ 'a/': bytesOf('') })), 'empty.zip')]);
  expect(events).toMatchObject([
    { kind: 'failed', index: 0, failure: { what: expect.stringContaining('no file in the archive') } },
  ]);
});
