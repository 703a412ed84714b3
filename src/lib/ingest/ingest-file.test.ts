import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import { Dictionaries } from '../tables/dictionaries';
import { assertTablesIntegrity } from '../tables/integrity';
import { lineOf, makeTables, offsetOf, type Segment } from '../tables/segment';
import { ingestFile } from './ingest-file';

const FLOW = (port: number): string =>
  `2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 ${port} 22 6 20 4249 1418530010 1418530070 ACCEPT OK`;

function input(bytes: BlobPart, name = 'unknown') {
  return { blob: new Blob([bytes]), name, lastModifiedMs: Date.UTC(2024, 0, 1) };
}

describe('ingestFile', () => {
  it('reads what `aws logs filter-log-events` prints', async () => {
    const message =
      '2 123456789010 eni-1 198.51.100.7 10.0.0.5 40000 9200 6 10 640 1425291630 1425291690 ACCEPT OK';
    const events = ['1', '2'].map((eventId) => ({ logStreamName: 'eni-1-all', message, eventId }));
    const text = JSON.stringify({ events, searchedLogStreams: [] }, null, 4);
    const result = await ingestFile(input(text), 0 as SourceId, new Dictionaries());
    expect(result).toMatchObject({
      ok: true,
      value: { format: 'vpc-flow-json', rows: { flows: 2 }, rejected: 0 },
    });
  });

  it('counts the entries of an API’s answer as the records that they are', async () => {
    const text = readFileSync('tests/fixtures/duo/answer.json', 'utf8');
    const result = await ingestFile(input(text), 0 as SourceId, new Dictionaries());
    const { records, rows, segments } = result.ok
      ? result.value
      : { records: 0, rows: { logins: 0 }, segments: [] };
    expect(records).toBe(
      (JSON.parse(text) as { response: { authlogs: unknown[] } }).response.authlogs.length,
    );
    expect(records).toBe(rows.logins);
    expect(new Set(segments.flatMap((one) => [...one.columns.offset.subarray(0, one.length)])).size).toBe(
      records,
    );
  });

  it('reads a flow log under a meaningless name: rows, receipts, hash, counts', async () => {
    const text = `${FLOW(1)}\n${FLOW(2)}\nnot a flow\n${FLOW(3)}\n`;
    const dictionaries = new Dictionaries();
    const result = await ingestFile(input(text), 7 as SourceId, dictionaries);
    if (!result.ok) throw new Error(result.error.what);
    const source = result.value;
    assertTablesIntegrity(makeTables(source.segments), dictionaries);
    expect(source).toMatchObject({
      format: 'vpc-flow',
      records: 4,
      rejected: 1,
      rows: { flows: 3 },
      sizeBytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    const segment = source.segments[0] as Segment<'flows'>;
    expect(lineOf(segment, 2)).toBe(4);
    expect(text.slice(offsetOf(segment, 2)).startsWith(FLOW(3))).toBe(true);
    expect(dictionaries.addresses.text(segment.columns.srcAddr[0]!)).toBe('172.31.16.139');
  });

  it('hashes the file as given, not what is in it', async () => {
    const packed = gzipSync(`${FLOW(1)}\n`);
    const result = await ingestFile(input(packed), 0 as SourceId, new Dictionaries());
    expect(result).toMatchObject({
      ok: true,
      value: {
        container: 'gzip',
        sha256: createHash('sha256').update(packed).digest('hex'),
        rows: { flows: 1 },
      },
    });
  });

  it('fails with the file’s name and what to do', async () => {
    const result = await ingestFile(input('', 'logs/empty.log'), 0 as SourceId, new Dictionaries());
    expect(result).toMatchObject({
      ok: false,
      error: { source: 'logs/empty.log', what: 'The file is empty' },
    });
    const unknown = { ...input('x y z\n'), format: 'no-such-format' };
    expect(await ingestFile(unknown, 0 as SourceId, new Dictionaries())).toMatchObject({
      ok: false,
      error: { what: 'There is no format called no-such-format' },
    });
  });

  it('takes the analyst’s word for the format', async () => {
    const result = await ingestFile(
      { ...input('hello\nworld\n'), format: 'vpc-flow' },
      0 as SourceId,
      new Dictionaries(),
    );
    expect(result).toMatchObject({ ok: true, value: { format: 'vpc-flow', records: 2, rejected: 2 } });
  });

  it('asks for the columns of a table whose header says too little, and takes them', async () => {
    const table = input('a;b;c\n2024-05-01T10:00:00Z;192.0.2.7;root\n');
    expect(await ingestFile(table, 0 as SourceId, new Dictionaries())).toMatchObject({
      ok: false,
      error: { what: expect.stringContaining('which columns hold the time') as string },
    });
    const mapping = { table: 'logins' as const, columns: { timeUs: 'a', actorAddr: 'b', user: 'c' } };
    const mapped = { ...table, options: { mapping } };
    expect(await ingestFile(mapped, 0 as SourceId, new Dictionaries())).toMatchObject({
      ok: true,
      value: { format: 'csv', rows: { logins: 1 }, skipped: { header: 1 } },
    });
  });

  it('leaves the case’s dictionaries alone when it is cancelled', async () => {
    const dictionaries = new Dictionaries();
    const result = await ingestFile(
      input(`${FLOW(1)}\n`),
      0 as SourceId,
      dictionaries,
      undefined,
      AbortSignal.abort(),
    );
    expect(result).toMatchObject({ ok: false, error: { what: 'Loading was cancelled' } });
    expect(dictionaries.addresses.size).toBe(1);
  });
});
