import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { accounted, headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import { nfdump } from './nfdump';
import { nfdumpJson } from './nfdump-json';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/nfdump/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(nfdump, fixture(name));
const us = (iso: string): number => Date.parse(iso) * 1000;

describe('nfdump output', () => {
  it.each(['csv-1.6.csv', 'csv-1.7.3.csv', 'pipe.txt', 'long.txt'])(
    'is recognized by its content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('nfdump');
    },
  );

  it('gives one row a direction and leaves the summary out', () => {
    const parsed = parse('csv-1.6.csv');
    expect(parsed.skipped).toEqual({ header: 1, summary: 3 });
    expect(parsed.rejected).toEqual([]);
    const [out, back, icmp, both] = parsed.rows('flows');
    expect(out).toMatchObject({
      startUs: us('2015-03-02T10:20:30Z'),
      endUs: us('2015-03-02T10:20:31.500Z'),
      timeBasis: TIME_BASIS.local,
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcPackets: 10,
      srcBytes: 640,
      dstPackets: UNKNOWN_PACKETS,
      dstBytes: Number.NaN,
      tcpFlags: 8 | 16 | 2 | 1,
      sensor: '192.0.2.1',
    });
    expect(back).toMatchObject({ srcAddr: '10.0.0.5', srcBytes: 91200, endUs: us('2015-03-02T10:20:32Z') });
    expect(icmp).toMatchObject({ protocol: 1, srcPort: 8, dstPort: 0, tcpFlags: UNKNOWN_FLAGS, sensor: '' });
    expect(both).toMatchObject({ srcAddr: '2001:db8::7', srcBytes: 70, dstBytes: 300, dstPackets: 2 });
  });

  it('reads the same flow from every form it is printed in', () => {
    const flow = {
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcPackets: 10,
      srcBytes: 640,
    };
    const times = { startUs: us('2015-03-02T10:20:30.250Z'), endUs: us('2015-03-02T10:20:31.750Z') };
    const flags = { tcpFlags: 27 };
    expect(parse('csv-1.7.3.csv').rows('flows')).toMatchObject([{ ...flow, ...times }]);
    expect(parse('pipe.txt').rows('flows')).toMatchObject([
      { ...flow, ...times, ...flags, timeBasis: TIME_BASIS.absolute },
      { srcAddr: '2001:db8::7', dstAddr: '2001:db8::5', dstPort: 53 },
    ]);
    const long = parse('long.txt');
    expect(long.rows('flows')).toMatchObject([{ ...flow, ...times, ...flags }, { srcBytes: 1_900_000 }]);
    expect(long.notes[0]).toContain('rounded');
    const json = parseWith(nfdumpJson, readFileSync('tests/fixtures/nfdump-json/flows.json', 'utf8'));
    expect(json.rows('flows')).toMatchObject([
      { ...flow, ...times, ...flags, line: 2 },
      { srcAddr: '2001:db8::7', srcPort: 128, protocol: 58 },
    ]);
  });

  it('says what is wrong with a line', () => {
    const text = fixture('csv-1.6.csv')
      .replace('198.51.100.8', 'nowhere')
      .replace('2015-03-02 10:20:34,', 'later,');
    expect(parseWith(nfdump, text).rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [4, 'the source address is not an IP address'],
      [5, 'the start time is not a time'],
    ]);
  });

  it('gives the same rows however the lines are shared out', () => {
    expectSplitInvariance(nfdump, fixture('csv-1.6.csv'));
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    for (const name of ['csv-1.6.csv', 'csv-1.7.3.csv', 'pipe.txt', 'long.txt'])
      fuzzLines(nfdump, fixture(name), 40);
  });
});

const FOLDERS = [
  'aadinternals_export_adfsdatabaseconfig_remotely',
  'covenant_dcsync_dcerpc_drsuapi_DsGetNCChanges',
  'covenant_psremoting_command',
  'empire_dcsync_dcerpc_drsuapi_DsGetNCChanges',
  'empire_getsession_dcerpc_smb_srvsvc_NetSessEnum',
  'empire_psexec_dcerpc_tcp_svcctl',
  'empire_shell_samr_EnumDomainUsers',
  'empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod',
  'purplesharp_ad_playbook_I',
];

describe.skipIf(!hasSharedData)('nfdump output of others', () => {
  it('holds the same flows in CSV, JSON and pipe form of the same packets', () => {
    const agreement = new Agreement('nfdump CSV and pipe against its own JSON');
    for (const folder of FOLDERS) {
      const at = `otrf-windows-paired/${folder}/derived-flows`;
      const json = parseWith(nfdumpJson, sharedBytes(`${at}/nfdump_1.7.1_json.json`)).rows('flows');
      for (const [name, isWhole] of [
        ['nfdump_1.7.1_csv.csv', true],
        ['nfdump_1.7.1_pipe.txt', true],
        ['nfdump_1.7.1_long.txt', false],
        ['nfdump_1.7.1_extended.txt', false],
      ] as const) {
        const bytes = sharedBytes(`${at}/${name}`);
        expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('nfdump');
        const parsed = parseWith(nfdump, bytes);
        expect(accounted(parsed)).toBe(parsed.records);
        expect(parsed.rejected, `${folder} ${name}`).toEqual([]);
        const rows = parsed.rows('flows');
        agreement.compare(`${folder} ${name} rows`, rows.length, json.length);
        rows.forEach((row, i) => compareRows(agreement, `${folder} ${name} ${i}`, row, json[i]!, isWhole));
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});

function compareRows(
  agreement: Agreement,
  where: string,
  row: ParsedRow,
  other: ParsedRow,
  isWhole: boolean,
): void {
  for (const column of ['srcAddr', 'dstAddr', 'srcPort', 'dstPort', 'protocol', 'tcpFlags']) {
    agreement.compare(`${where} ${column}`, row[column], other[column]);
  }
  // The forms for reading round counts of a million and more.
  if (isWhole || (row.srcBytes as number) < 1_000_000) {
    agreement.compare(`${where} bytes`, row.srcBytes, other.srcBytes);
    agreement.compare(`${where} packets`, row.srcPackets, other.srcPackets);
  }
  // CSV prints whole seconds.
  agreement.compare(
    `${where} start`,
    Math.floor((row.startUs as number) / 1e6),
    Math.floor((other.startUs as number) / 1e6),
  );
}
