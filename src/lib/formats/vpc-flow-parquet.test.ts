import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { accounted, headOf, parseWith } from '../../../tests/support/parse';
import { LOG_STATUS, UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { flowLog } from '../../../tests/fixtures/vpc-flow-parquet/flow-log';
import { recognizeFormat } from './registry';
import { vpcFlowParquet } from './vpc-flow-parquet';

describe('a VPC flow log in Parquet', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(flowLog()))[0]?.format.id).toBe('vpc-flow-parquet');
  });

  it.each([
    ['UNCOMPRESSED', 1000],
    ['SNAPPY', 1000],
    ['GZIP', 1000],
    ['SNAPPY', 1],
  ] as const)('gives every row, %s in row groups of %d', (codec, rowGroupSize) => {
    const parsed = parseWith(vpcFlowParquet, flowLog(codec, rowGroupSize));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: 1425291630_000_000,
        endUs: 1425291690_000_000,
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        srcPort: 40000,
        dstPort: 9200,
        protocol: 6,
        srcPackets: 10,
        srcBytes: 640,
        verdict: VERDICT.accept,
        sensor: 'eni-1',
        line: 1,
      },
      { srcAddr: '2001:db8::7', dstPort: 22, verdict: VERDICT.reject, line: 2 },
      {
        logStatus: LOG_STATUS.noData,
        srcAddr: '',
        srcPackets: UNKNOWN_PACKETS,
        srcBytes: Number.NaN,
        line: 3,
      },
    ]);
  });

  it('says that other tables are no flow logs', () => {
    const other = new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: 'city', data: ['Bern'], type: 'STRING' }] }),
    );
    expect(parseWith(vpcFlowParquet, other).rejected).toMatchObject([
      { reason: 'its columns are not those of a flow log (city)' },
    ]);
  });

  it('says that a file without its end is cut off', () => {
    expect(parseWith(vpcFlowParquet, flowLog().slice(0, -20)).rejected[0]?.reason).toContain(
      'cut off or is damaged',
    );
  });

  it.each(['UNCOMPRESSED', 'SNAPPY'] as const)(
    'shows any one row as the file holds it, %s',
    async (codec) => {
      // Several row groups, each of several pages.
      const count = 5000;
      const numbers = Array.from({ length: count }, (_, i) => i);
      const file = new Uint8Array(
        parquetWriteBuffer({
          codec,
          rowGroupSize: 2000,
          pageSize: 1024,
          columnData: [
            { name: 'srcaddr', data: numbers.map((i) => `198.51.100.${i % 200}`), type: 'STRING' },
            { name: 'bytes', data: numbers.map((i) => (i % 7 === 0 ? null : BigInt(i))), type: 'INT64' },
            { name: 'our_own_note', data: numbers.map((i) => `n${i}`), type: 'STRING' },
          ],
        }),
      );
      let bytesRead = 0;
      const read = (start: number, end: number): Promise<Uint8Array> => {
        const bytes = file.slice(start, end);
        bytesRead += bytes.length;
        return Promise.resolve(bytes);
      };
      for (const i of [0, 1, 1999, 2000, 3123, 4998, 4999]) {
        expect(await vpcFlowParquet.rowText!({ size: file.length, read }, i)).toBe(
          `srcaddr=198.51.100.${i % 200}\nbytes=${i % 7 === 0 ? 'null' : i}\nour_own_note=n${i}`,
        );
      }
      bytesRead = 0;
      await vpcFlowParquet.rowText!({ size: file.length, read }, 4999);
      expect(bytesRead, 'only the row’s group and the index').toBeLessThan(file.length / 2);
      await expect(vpcFlowParquet.rowText!({ size: file.length, read }, count)).rejects.toThrow(
        'no row 5001',
      );
    },
  );

  it('never throws, whatever the bytes', () => {
    const good = flowLog('UNCOMPRESSED');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        expect(accounted(parseWith(vpcFlowParquet, bytes))).toBeGreaterThan(0);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
