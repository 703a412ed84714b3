import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { Dictionaries } from '../../src/lib/tables/dictionaries';

describe('bytes that break naive parsers', () => {
  const vpc = Array.from(
    { length: 20 },
    (_, i) =>
      `2 123456789010 eni-1 203.0.113.${i} 10.0.0.5 4000 22 6 1 60 170000000${i % 10} 1700000020 ACCEPT OK`,
  );
  const sshd = Array.from(
    { length: 20 },
    (_, i) =>
      `Mar  2 10:20:${10 + i} log1 sshd[7]: Failed password for user${i} from 203.0.113.${i} port 9 ssh2`,
  );
  const json = Array.from({ length: 20 }, (_, i) =>
    JSON.stringify({
      ts: 1_425_291_630.5 + i,
      uid: `C${i}`,
      'id.orig_h': `203.0.113.${i}`,
      'id.orig_p': 1,
      'id.resp_h': '10.0.0.5',
      'id.resp_p': 22,
      proto: 'tcp',
      conn_state: 'SF',
    }),
  );
  const LOGS: readonly (readonly [string, readonly string[]])[] = [
    ['vpc-flow', vpc],
    ['syslog', sshd],
    ['zeek-json', json],
  ];

  async function sourceOf(bytes: Uint8Array | string) {
    const blob = new Blob([typeof bytes === 'string' ? bytes : Buffer.from(bytes)]);
    const dictionaries = new Dictionaries();
    const result = await ingestFile(
      { blob, name: 'unknown', lastModifiedMs: 0 },
      0 as SourceId,
      dictionaries,
    );
    if (!result.ok) throw new Error(result.error.what);
    const { format, rows, rejected, rejectedSamples, isCut } = result.value;
    return {
      format,
      rows: Object.values(rows).reduce((sum, n) => sum + n, 0),
      rejected,
      rejectedSamples,
      isCut,
      dictionaries,
    };
  }

  describe.each(LOGS)('%s', (format, lines) => {
    const text = lines.join('\n');
    it.each([
      ['LF', `${text}\n`],
      ['CRLF', `${lines.join('\r\n')}\r\n`],
      ['a byte-order mark', `\uFEFF${text}\n`],
      ['no end of the last line', text],
      [
        'NUL bytes between lines, as a crash leaves them',
        `${lines.slice(0, 9).join('\n')}\n${'\0'.repeat(5000)}${lines.slice(9).join('\n')}\n`,
      ],
      ['blank lines', `\n\n${lines.join('\n\n')}\n\n`],
    ])('is whole with %s', async (_, variant) => {
      expect(await sourceOf(variant)).toMatchObject({ format, rows: 20, rejected: 0, isCut: false });
    });

    it('is whole beside a line of 1.2 MB, which is read or told of', async () => {
      const long = `${'x'.repeat(1_200_000)} y`;
      const source = await sourceOf([...lines.slice(0, 9), long, ...lines.slice(9)].join('\n'));
      expect(source.rows).toBe(20);
      expect(source.rejected).toBe(1);
      expect(source.rejectedSamples[0]?.line).toBe(10);
    });

    it('gives what there is of a truncated gzip, and says that it is cut', async () => {
      const noisy = Array.from({ length: 300 }, (_, i) =>
        lines[i % 20]!.replace('203.0.113', `203.${(i * 7919) % 255}.113`),
      );
      const packed = gzipSync(noisy.join('\n'));
      const source = await sourceOf(packed.subarray(0, packed.length / 2));
      expect(source.isCut).toBe(true);
      expect(source.rows).toBeGreaterThan(50);
      expect(source.rows).toBeLessThan(300);
    });
  });

  it('a name that is no UTF-8 is a name, shown as damaged, and its row and the others are kept', async () => {
    const bytes = Buffer.from(`${sshd.join('\n')}\n`, 'latin1');
    bytes[bytes.indexOf('user7')] = 0xff;
    const { rows, rejected, dictionaries } = await sourceOf(bytes);
    expect([rows, rejected]).toEqual([20, 0]);
    const names = Array.from({ length: dictionaries.strings.size }, (_, id) => dictionaries.strings.text(id));
    expect(names).toContain('\uFFFDser7');
  });

  it('a record of 1.2 MB is read as any other', async () => {
    const event = JSON.parse(json[0]!) as object;
    const source = await sourceOf(
      [JSON.stringify({ ...event, history: 'S'.repeat(1_200_000) }), ...json.slice(1)].join('\n'),
    );
    expect(source).toMatchObject({ format: 'zeek-json', rows: 20, rejected: 0 });
  });
});
