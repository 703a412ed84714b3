import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import { encodeUtf8 } from '../../src/lib/base/bytes';
import type { Findings } from '../../src/lib/analysis/findings';
import { analyze } from '../../src/lib/analysis/run';
import { recognizeFormat } from '../../src/lib/formats/registry';
import { assemble } from '../../src/lib/ingest/assemble';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { LOGIN_OUTCOME } from '../../src/lib/tables/schemas';
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

  it('one instant is the same in Azure’s seconds and milliseconds, in Google’s nanoseconds and in a local clock’s offset', () => {
    const tuple = (category: string, flows: unknown) =>
      JSON.stringify({ records: [{ time: '2024-01-01T00:01:00Z', category, ...(flows as object) }] });
    const nsg = tuple('NetworkSecurityGroupFlowEvent', {
      resourceId: '/SUBSCRIPTIONS/0/NSG',
      properties: {
        Version: 2,
        flows: [
          {
            rule: 'allow',
            flows: [
              {
                mac: '000D3A000001',
                flowTuples: ['1704067260,198.51.100.7,10.0.0.5,40000,9200,T,I,A,E,1,60,1,60'],
              },
            ],
          },
        ],
      },
    });
    const vnet = tuple('FlowLogFlowEvent', {
      flowLogVersion: 4,
      flowRecords: {
        flows: [
          {
            aclID: 'a',
            flowGroups: [
              {
                rule: 'allow',
                flowTuples: ['1704067260000,198.51.100.7,10.0.0.5,40000,9200,6,I,E,NX,1,60,1,60'],
              },
            ],
          },
        ],
      },
    });
    const gcp = JSON.stringify({
      logName: 'projects/p/logs/compute.googleapis.com%2Fvpc_flows',
      jsonPayload: {
        connection: {
          src_ip: '198.51.100.7',
          src_port: 40000,
          dest_ip: '10.0.0.5',
          dest_port: 9200,
          protocol: 6,
        },
        start_time: '2024-01-01T01:31:00.000000000+01:30',
        end_time: '2024-01-01T00:01:00.000000999Z',
        bytes_sent: '60',
        packets_sent: '1',
        reporter: 'DEST',
      },
    });
    for (const [format, text] of [
      ['azure-flow', nsg],
      ['azure-flow', vnet],
      ['gcp-flow', gcp],
    ] as const) {
      const parsed = read(text);
      expect([parsed.formatId, parsed.rejected]).toEqual([format, []]);
      expect(parsed.rows('flows').map(({ startUs }) => startUs)).toEqual([1_704_067_260_000_000]);
    }
  });

  it('a row that lasts from 1975 to 2021 hides nothing of the others and gives no axis of a million hours', async () => {
    const line = (actor: string, from: number, to: number) =>
      `2 123456789010 eni-1 ${actor} 10.0.0.5 40000 9200 6 9 900 ${from} ${to} ACCEPT OK`;
    const lines = Array.from({ length: 50 }, (_, i) =>
      line(`203.0.113.${i}`, 1_700_000_000 + i, 1_700_000_030 + i),
    );
    const findings = await findingsOf(
      [line('198.51.100.7', 163_999_999, 1_640_000_000), ...lines].join('\n'),
    );
    expect(findings.totals.flows).toBe(51);
    expect(findings.actors.map(({ actor }) => actor)).toContain('198.51.100.7');
    expect(findings.timeline.bins).toBeLessThan(1000);
    for (const { bins } of findings.coverage) expect(bins.length).toBeLessThan(10_000);
  });

  it('Zeek keeps ICMP’s type and code where ports stand, and a labelled capture has columns that Zeek has not', () => {
    const fields =
      'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state orig_ip_bytes resp_ip_bytes tunnel_parents'.split(
        ' ',
      );
    const types = 'time string addr port addr port enum string count count set[string]'.split(' ');
    const log = (extra: readonly [string, string, string]): string =>
      [
        '#separator \\x09',
        '#unset_field\t-',
        '#path\tconn',
        `#fields\t${fields.join('\t')}${extra[0]}`,
        `#types\t${types.join('\t')}${extra[1]}`,
        `1425291630.5\tC1\t198.51.100.7\t8\t10.0.0.5\t0\ticmp\tOTH\t84\t84\t-${extra[2]}`,
      ].join('\n');
    const row = { srcAddr: '198.51.100.7', srcPort: 8, dstPort: 0, protocol: 1, srcBytes: 84, dstBytes: 84 };
    const labels = ['label', 'detailed-label'];
    for (const extra of [
      ['', '', ''],
      [`\t${labels.join('\t')}`, '\tstring\tstring', '\tMalicious\tPartOfAHorizontalPortScan'],
      // As the Stratosphere project's files have it: blanks between what was added.
      [`   ${labels.join('   ')}`, '   string   string', '   Malicious   PartOfAHorizontalPortScan'],
    ] as const) {
      const parsed = read(log(extra));
      expect([parsed.formatId, parsed.rejected]).toEqual(['zeek', []]);
      expect(parsed.rows('flows')).toMatchObject([row]);
    }
  });

  it('Zeek’s ssh log without an outcome tells of no failure', () => {
    const ssh = {
      ts: 1_425_291_630.5,
      uid: 'C1',
      'id.orig_h': '198.51.100.7',
      'id.orig_p': 1,
      'id.resp_h': '10.0.0.5',
      'id.resp_p': 22,
      version: 2,
    };
    const text = [ssh, { ...ssh, auth_success: false }, { ...ssh, auth_success: true }]
      .map((line) =>
        JSON.stringify({ ...line, kex_alg: 'curve25519-sha256', client: 'SSH-2.0-x', server: 'SSH-2.0-y' }),
      )
      .join('\n');
    const parsed = read(text);
    expect(parsed.rows('logins').map(({ outcome }) => outcome)).toEqual([
      LOGIN_OUTCOME.connect,
      LOGIN_OUTCOME.failure,
      LOGIN_OUTCOME.success,
    ]);
    expect(parsed.rejected).toEqual([]);
  });

  it('sshd’s repeated message counts as often as it was, its client may be a mapped address or a name', () => {
    const line = (message: string) => `2015-03-02T10:20:30+01:30 log1 sshd[7]: ${message}`;
    const failed = 'Failed password for root from 203.0.113.7 port 9 ssh2';
    const parsed = read(
      [
        line(failed),
        line(`message repeated 3 times: [ ${failed}]`),
        line(failed.replace('203.0.113.7', '::ffff:203.0.113.7')),
        line(failed.replace('203.0.113.7', 'bot.example.net')),
      ].join('\n'),
    );
    expect(parsed.rejected).toEqual([]);
    const rows = parsed.rows('logins');
    const tries = rows.reduce((sum, row) => sum + Number(row['count'] ?? 1), 0);
    expect(tries).toBe(6);
    expect([...new Set(rows.map(({ actorAddr }) => actorAddr))]).toEqual(['203.0.113.7', '']);
    for (const { timeUs } of rows) expect(timeUs).toBe(Date.parse('2015-03-02T08:50:30Z') * 1000);
  });

  it('an ISO time without a zone is a local clock, which the source’s zone moves, and one marked Z is not', async () => {
    const line = (time: string) =>
      `${time} log1 sshd[7]: Failed password for root from 203.0.113.7 port 9 ssh2\n`;
    const firstOf = async (text: string) => {
      const dictionaries = new Dictionaries();
      const input = {
        blob: new Blob([text.repeat(3)]),
        name: 'auth.log',
        lastModifiedMs: Date.UTC(2024, 0, 1),
      };
      const result = await ingestFile(input, 0 as SourceId, dictionaries);
      if (!result.ok) throw new Error(result.error.what);
      const rules = [{ name: 'auth.log', zone: 'America/New_York' }];
      const [source] = assemble([result.value], dictionaries, { rules }).sources;
      return new Date(Number(source?.firstUs) / 1000).toISOString();
    };
    expect(await firstOf(line('2015-03-02T10:20:30'))).toBe('2015-03-02T15:20:30.000Z');
    expect(await firstOf(line('2015-03-02T10:20:30Z'))).toBe('2015-03-02T10:20:30.000Z');
  });

  it('CloudTrail comes as a delivery, an array, JSON lines, what a query returned, and more than once', async () => {
    const events = [1, 2].map((n) => ({
      eventVersion: '1.08',
      eventTime: `2024-01-01T00:00:0${n}Z`,
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      awsRegion: 'us-east-1',
      sourceIPAddress: '198.51.100.7',
      userIdentity: { type: 'IAMUser', userName: 'deploy' },
      requestParameters: { bucketName: 'b', key: `k${n}` },
      readOnly: true,
      eventID: `e${n}`,
    }));
    const lines = events.map((event) => JSON.stringify(event));
    const shapes = {
      delivery: `{"Records":[${lines.join(',')}]}`,
      array: `[${lines.join(',\n')}]`,
      lines: lines.join('\n'),
      value: `{"value":[${lines.join(',')}]}`,
      twice: `{"Records":[${lines.join(',')}]}\n{"Records":[${lines.join(',')}]}`,
    };
    for (const [shape, text] of Object.entries(shapes)) {
      const result = await ingestFile(
        { blob: new Blob([text]), name: 'x', lastModifiedMs: 0 },
        0 as SourceId,
        new Dictionaries(),
      );
      if (!result.ok) throw new Error(`${shape}: ${result.error.what}`);
      const { format, rows, rejected } = result.value;
      expect([shape, format, rows.queries, rejected]).toEqual([shape, 'cloudtrail', 2, 0]);
    }
  });
});
