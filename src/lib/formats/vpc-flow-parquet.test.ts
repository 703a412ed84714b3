import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { accounted, headOf, parseWith } from '../../../tests/support/parse';
import { LOG_STATUS, UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { vpcFlowParquet } from './vpc-flow-parquet';

type Codec = 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP';

/** The columns that AWS writes for the default format, with a record of each status. */
function flowLog(codec: Codec = 'SNAPPY', rowGroupSize = 1000): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      codec,
      rowGroupSize,
      ...(codec === 'GZIP'
        ? { compressors: { GZIP: (input: Uint8Array) => new Uint8Array(gzipSync(input)) } }
        : {}),
      columnData: [
        { name: 'version', data: [2, 2, 2], type: 'INT32' },
        { name: 'account_id', data: ['123456789010', '123456789010', '123456789010'], type: 'STRING' },
        { name: 'interface_id', data: ['eni-1', 'eni-1', 'eni-2'], type: 'STRING' },
        { name: 'srcaddr', data: ['198.51.100.7', '2001:db8::7', null], type: 'STRING' },
        { name: 'dstaddr', data: ['10.0.0.5', '2001:db8::5', '-'], type: 'STRING' },
        { name: 'srcport', data: [40000, 40001, null], type: 'INT32' },
        { name: 'dstport', data: [9200, 22, null], type: 'INT32' },
        { name: 'protocol', data: [6n, 6n, null], type: 'INT64' },
        { name: 'packets', data: [10n, 1n, null], type: 'INT64' },
        { name: 'bytes', data: [640n, 40n, null], type: 'INT64' },
        { name: 'start', data: [1425291630n, 1425291631n, 1425291632n], type: 'INT64' },
        { name: 'end', data: [1425291690n, 1425291631n, 1425291692n], type: 'INT64' },
        { name: 'action', data: ['ACCEPT', 'REJECT', '-'], type: 'STRING' },
        { name: 'log_status', data: ['OK', 'OK', 'NODATA'], type: 'STRING' },
      ],
    }),
  );
}

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
