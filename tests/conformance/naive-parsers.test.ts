import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import { encodeUtf8 } from '../../src/lib/base/bytes';
import type { Findings } from '../../src/lib/analysis/findings';
import { analyze } from '../../src/lib/analysis/run';
import { recognizeFormat } from '../../src/lib/formats/registry';
import { assemble } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { headOf, parseWith, type Parsed } from '../support/parse';

/** Parsed as whatever it is recognized as. */
function read(text: string): Parsed & { formatId: string } {
  const format = recognizeFormat(headOf(encodeUtf8(text)))[0]?.format;
  if (!format) throw new Error('nothing recognizes it');
  return { formatId: format.id, ...parseWith(format, text) };
}

async function findingsOf(text: string): Promise<Findings> {
  const dictionaries = new Dictionaries();
  const input = { blob: new Blob([text]), name: 'flows.log', lastModifiedMs: Date.UTC(2024, 0, 1) };
  const result = await ingestFile(input, 0 as SourceId, dictionaries);
  if (!result.ok) throw new Error(result.error.what);
  return analyze(assemble([result.value], dictionaries, { rules: [] }), { ownNetworks: ['10.0.0.0/8'] });
}

describe('what breaks naive parsers', () => {
  it('a file that is not sorted says the same as the sorted one', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const from = 1_700_000_000 + i * 37;
      const actor = `203.0.113.${1 + (i % 40)}`;
      const verdict = i % 3 === 0 ? 'REJECT' : 'ACCEPT';
      return `2 123456789010 eni-1 ${actor} 10.0.0.5 ${40_000 + i} ${i % 5 === 0 ? 22 : 9200} 6 ${1 + (i % 9)} ${60 + i * 11} ${from} ${from + 30} ${verdict} OK`;
    });
    // 177 and 400 have no common divisor: every line once, far from its place.
    const shuffled = lines.map((_, i) => lines[(i * 177) % 400]);
    const [sorted, unsorted] = await Promise.all([
      findingsOf(lines.join('\n')),
      findingsOf(shuffled.join('\n')),
    ]);
    const told = (findings: Findings) => ({
      answers: findings.answers.map(({ asset, service, verdict, rung, days }) => [
        asset,
        service,
        verdict,
        rung,
        days,
      ]),
      actors: findings.actors
        .map(({ actor, standing, sessions, firstUs, lastUs, rung }) => [
          actor,
          standing,
          sessions,
          firstUs,
          lastUs,
          rung,
        ])
        .sort(),
      totals: findings.totals,
    });
    expect(told(unsorted)).toEqual(told(sorted));
  });

  it('a CloudTrail caller may be a service’s name or "AWS Internal", and is no address then', () => {
    const event = (sourceIPAddress: string) => ({
      eventVersion: '1.08',
      eventTime: '2024-01-01T00:00:00Z',
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      awsRegion: 'us-east-1',
      sourceIPAddress,
      userIdentity: { type: 'AWSService', invokedBy: 'config.amazonaws.com' },
      readOnly: true,
      eventID: sourceIPAddress,
    });
    const callers = ['AWS Internal', 'config.amazonaws.com', '198.51.100.7'];
    const { formatId, ...parsed } = read(JSON.stringify({ Records: callers.map(event) }));
    expect(formatId).toBe('cloudtrail');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries').map((row) => [row.actorAddr, row.principal])).toEqual([
      ['', 'config.amazonaws.com'],
      ['', 'config.amazonaws.com'],
      ['198.51.100.7', 'config.amazonaws.com'],
    ]);
  });

  it('Azure delivers an array of records and, now and then, one alone', () => {
    const record = {
      time: '2024-01-01T00:01:00Z',
      category: 'NetworkSecurityGroupFlowEvent',
      operationName: 'NetworkSecurityGroupFlowEvents',
      resourceId: '/SUBSCRIPTIONS/0/NSG',
      properties: {
        Version: 2,
        flows: [
          {
            rule: 'allow',
            flows: [
              {
                mac: '000D3A000001',
                flowTuples: ['1704067260,198.51.100.7,10.0.0.5,40000,9200,T,I,A,B,,,,'],
              },
            ],
          },
        ],
      },
    };
    const flows = [{ records: [record] }, record].map((root) => {
      const parsed = read(JSON.stringify(root));
      expect(parsed.formatId).toBe('azure-flow');
      return parsed
        .rows('flows')
        .map(({ srcAddr, dstPort, srcBytes, startUs }) => [srcAddr, dstPort, srcBytes, startUs]);
    });
    expect(flows[0]).toEqual([['198.51.100.7', 9200, Number.NaN, 1_704_067_260_000_000]]);
    expect(flows[1]).toEqual(flows[0]);
  });

  it('Zeek’s JSON leaves unset fields out, and what is left out is not zero', () => {
    const conn = {
      'id.orig_h': '198.51.100.7',
      'id.orig_p': 1,
      'id.resp_h': '10.0.0.5',
      'id.resp_p': 22,
      proto: 'tcp',
    };
    const lines = [
      { ts: 19.98, uid: 'C1', ...conn, conn_state: 'S0' },
      { ts: 20.5, uid: 'C2', ...conn, conn_state: 'SF', orig_ip_bytes: 0, resp_ip_bytes: 40 },
    ];
    const parsed = read(lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(parsed.formatId).toBe('zeek-json');
    expect(parsed.rows('flows').map((row) => [row.startUs, row.srcBytes, row.dstBytes])).toEqual([
      [19_980_000, Number.NaN, Number.NaN],
      [20_500_000, 0, 40],
    ]);
  });

  it('Zeek’s mark for an empty value and its mark for none are no names, and what another header calls neither is one', () => {
    const log = (unset: string, user: string): string =>
      [
        '#separator \\x09',
        '#empty_field\t(empty)',
        `#unset_field\t${unset}`,
        '#path\tntlm',
        '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tusername\tsuccess',
        '#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tbool',
        `1425291630.000000\tC1\t198.51.100.7\t40000\t10.0.0.5\t445\t${user}\tF`,
      ].join('\n');
    const users = [
      ['-', '-'],
      ['-', '(empty)'],
      ['NONE', 'NONE'],
      ['NONE', '-'],
    ].map(([unset = '', user = '']) => read(log(unset, user)).rows('logins')[0]?.user);
    expect(users).toEqual(['', '', '', '-']);
  });
});
