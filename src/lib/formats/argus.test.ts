import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { accounted, headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { Agreement, hasSharedData, sharedBytes, sharedText } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CONN_STATE, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import { argus } from './argus';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/argus/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(argus, fixture(name));
const us = (iso: string): number => Date.parse(iso) * 1000;

describe('argus records', () => {
  it.each(['ctu.binetflow', 'ra-default.csv', 'no-date.csv'])(
    'are recognized by their content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('argus');
    },
  );

  it('give both directions of a conversation and how far it came', () => {
    const rows = parse('ctu.binetflow').rows('flows');
    expect(rows[0]).toMatchObject({
      startUs: us('2015-03-02T10:20:30.250Z'),
      endUs: us('2015-03-02T10:20:31.750Z'),
      timeBasis: TIME_BASIS.local,
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcBytes: 640,
      dstBytes: 91200,
      srcPackets: UNKNOWN_PACKETS,
      tcpFlags: 1 | 2 | 8 | 16,
      connState: CONN_STATE.established,
    });
    expect(rows.map((row) => row.connState)).toEqual([
      CONN_STATE.established,
      CONN_STATE.refused,
      CONN_STATE.attempt,
      CONN_STATE.unknown,
      CONN_STATE.established,
      CONN_STATE.midstream,
    ]);
    expect(rows[3]).toMatchObject({ protocol: 1, srcPort: 8, dstPort: 0, tcpFlags: UNKNOWN_FLAGS });
  });

  it('turn a reversed record round, counters too', () => {
    expect(parse('ctu.binetflow').rows('flows')[4]).toMatchObject({
      srcAddr: '10.0.0.6',
      srcPort: 33000,
      dstPort: 53,
      srcBytes: 60,
      dstBytes: 90,
    });
  });

  it('count rows without IP addresses and the sensor’s own', () => {
    expect(parse('ctu.binetflow').skipped).toEqual({
      header: 1,
      'argus arp without IP addresses': 1,
      "argus' own status": 1,
    });
  });

  it('do not take the bytes of both sides for those of one', () => {
    const parsed = parse('ra-default.csv');
    expect(parsed.rows('flows')).toMatchObject([
      {
        dstPort: 443,
        srcBytes: Number.NaN,
        dstBytes: Number.NaN,
        connState: CONN_STATE.established,
        timeBasis: TIME_BASIS.absolute,
        endUs: 1425291631_750_000,
      },
      { srcBytes: 180, dstBytes: 0, srcPackets: 3, dstPackets: 0, connState: CONN_STATE.attempt },
    ]);
    expect(parsed.notes[0]).toContain('both directions together');
  });

  it('say that a time without a date is none', () => {
    expect(parse('no-date.csv').rejected[0]).toMatchObject({
      line: 2,
      reason: expect.stringContaining('no date') as string,
    });
  });

  it('are the same rows however the lines are shared out', () => {
    expectSplitInvariance(argus, fixture('ctu.binetflow'));
  });

  it('are never lost and never throw, whatever the bytes', () => {
    for (const name of ['ctu.binetflow', 'ra-default.csv']) fuzzLines(argus, fixture(name), 40);
  });
});

const FOLDERS = [
  'aadinternals_export_adfsdatabaseconfig_remotely',
  'covenant_dcsync_dcerpc_drsuapi_DsGetNCChanges',
  'covenant_psremoting_command',
  'purplesharp_ad_playbook_I',
];

describe.skipIf(!hasSharedData)('argus records of others', () => {
  it('hold every field that ra printed', () => {
    const agreement = new Agreement('argus against the printed columns');
    for (const folder of FOLDERS) {
      const name = `otrf-windows-paired/${folder}/derived-flows/argus_ctu13cols.binetflow`;
      const parsed = parseWith(argus, sharedBytes(name));
      expect(recognizeFormat(headOf(sharedBytes(name)))[0]?.format.id).toBe('argus');
      expect(parsed.rejected).toEqual([]);
      expect(accounted(parsed)).toBe(parsed.records);
      const lines = sharedText(name).split('\n');
      for (const row of parsed.rows('flows')) {
        const cells = lines[row.line - 1]!.split(',').map((cell) => cell.trim());
        agreement.compare('source', row.srcAddr, cells[3]);
        agreement.compare('destination', row.dstAddr, cells[6]);
        if (/^\d+$/.test(cells[7]!)) agreement.compare('port', row.dstPort, Number(cells[7]));
        agreement.compare('bytes', row.srcBytes, Number(cells[13]));
        agreement.compare('total', (row.srcBytes as number) + (row.dstBytes as number), Number(cells[12]));
        agreement.compare(
          'start',
          row.startUs,
          Date.parse(`${cells[0]!.slice(0, 19).replaceAll('/', '-').replace(' ', 'T')}Z`) * 1000 +
            Number(cells[0]!.slice(20)),
        );
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
