import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { IngestReply, RowsMessage } from './ingest.protocol';
import { IngestHost } from './ingest-host';

const LINE = 'Mar  1 06:25:46 web-1 sshd[24200]: Failed password for root from 203.0.113.9 port 38926 ssh2\n';

/** A blob that counts how often it is asked for bytes. */
class CountedBlob extends Blob {
  asked = 0;
  override async arrayBuffer(): Promise<ArrayBuffer> {
    this.asked += 1;
    return super.arrayBuffer();
  }
  override slice(...range: Parameters<Blob['slice']>): Blob {
    this.asked += 1;
    return super.slice(...range);
  }
  override stream(): ReturnType<Blob['stream']> {
    this.asked += 1;
    return super.stream();
  }
}

async function read(blob: Blob): Promise<{ reply: IngestReply; rows: readonly RowsMessage[] }> {
  const { port1, port2 } = new MessageChannel();
  const rows: RowsMessage[] = [];
  const isIn = new Promise<void>((resolve) => {
    port2.onmessage = ({ data }: MessageEvent<RowsMessage>) => {
      rows.push(data);
      if (data.kind === 'range') resolve();
    };
  });
  const reply = await new Promise<IngestReply>((resolve) => {
    const host = new IngestHost(resolve);
    host.handle({ kind: 'connect', port: port1 });
    host.handle({ kind: 'read', task: 1, job: 7, request: { blob, options: {}, workers: 2 } });
  });
  if (reply.kind === 'ended' && reply.value.kind === 'read') await isIn;
  port2.close();
  return { reply, rows };
}

it('a small file is asked for its bytes once, and comes out recognized, parsed and hashed', async () => {
  const blob = new CountedBlob([LINE.repeat(20)]);
  const { reply, rows } = await read(blob);
  expect(reply).toMatchObject({
    kind: 'ended',
    value: {
      kind: 'read',
      plan: { formatId: 'syslog', container: 'none' },
      progress: { rows: 20, rejected: 0 },
      sha256: await sha256(blob),
    },
  });
  expect(rows.map(({ kind, job }) => [kind, job])).toEqual([
    ['segment', 7],
    ['range', 7],
  ]);
  // The test's own hash is the second.
  expect(blob.asked).toBe(2);
});

it('a packed one gives the hash of the file as given', async () => {
  const blob = new Blob([new Uint8Array(gzipSync(LINE.repeat(20)))]);
  const { reply } = await read(blob);
  expect(reply).toMatchObject({
    value: { kind: 'read', plan: { container: 'gzip' }, progress: { rows: 20 }, sha256: await sha256(blob) },
  });
});

it('one that no format fits fails with what it begins with, and sends no rows', async () => {
  const { reply, rows } = await read(new Blob(['# Call Ada\n\nShe knows.\n']));
  expect(reply).toMatchObject({ kind: 'failed', failure: { what: expect.stringContaining('# Call Ada') } });
  expect(rows).toEqual([]);
});

async function sha256(blob: Blob): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())).toString('hex');
}
