import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson, fuzzLines } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import { Agreement, hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { formatAddress, parseAddress } from '../base/addresses';
import { encodeUtf8 } from '../base/bytes';
import { CONN_STATE, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { suricata } from './suricata';

const fixture = (name: string): string => readFileSync(`tests/fixtures/suricata/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(suricata, fixture(name));

describe('Suricata’s eve.json', () => {
  it.each(['eve.json', 'alerts.json', 'netflow.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('suricata');
  });

  it('gives each event to its own table in one pass', () => {
    const parsed = parse('eve.json');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: Date.parse('2015-03-02T09:20:28.250Z') * 1000,
        endUs: Date.parse('2015-03-02T09:20:29.750Z') * 1000,
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        dstPort: 9200,
        protocol: 6,
        srcBytes: 640,
        dstBytes: 91200,
        srcPackets: 10,
        dstPackets: 80,
        tcpFlags: 0x1b,
        connState: CONN_STATE.established,
        verdict: VERDICT.unknown,
        sensor: 'eth0',
      },
      { dstPort: 23, connState: CONN_STATE.refused },
      { dstPort: 24, connState: CONN_STATE.attempt },
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        actorAddr: '198.51.100.7',
        host: '10.0.0.5',
        servicePort: 9200,
        verb: QUERY_VERB.read,
        object: '/logs/_search?q=*',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 88000,
      },
    ]);
    expect(parsed.rows('logins').map((row) => [row.service, row.user, row.outcome])).toEqual([
      ['ssh', '', LOGIN_OUTCOME.connect],
      ['kerberos', 'alice', LOGIN_OUTCOME.failure],
      ['smb', 'bob', LOGIN_OUTCOME.failure],
    ]);
  });

  it('does not count a conversation twice where flow and netflow events hold it', () => {
    expect(parse('eve.json').skipped).toEqual({
      'suricata netflow, as the flow events hold it': 1,
      'suricata dns': 1,
      'suricata stats': 1,
    });
    expect(parse('netflow.json').rows('flows')).toMatchObject([
      { srcBytes: 640, dstBytes: Number.NaN, tcpFlags: 0x1b },
    ]);
  });

  it('takes the conversation and the request from alerts where nothing else holds them, client first', () => {
    const parsed = parse('alerts.json');
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '198.51.100.7', dstPort: 9200, srcBytes: 347, dstBytes: 1654, verdict: VERDICT.unknown },
      { srcAddr: '198.51.100.8', dstAddr: '10.0.0.5', dstPort: 80, srcBytes: 496, verdict: VERDICT.reject },
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      { object: '/x', status: 404, outcome: QUERY_OUTCOME.error },
    ]);
    expect(parsed.notes).toContain('Suricata alert (1 times): TEST two');
  });

  it('never throws and never loses an event, whatever the bytes', () => {
    const records = ['eve.json', 'alerts.json'].flatMap((name) =>
      fixture(name)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
    fuzzJson(suricata, records);
    fuzzLines(suricata, fixture('eve.json'), 60);
  });
});

interface Expected {
  readonly [field: string]: unknown;
}

const PEER = 'elastic-beats/x-pack/filebeat/module/suricata/eve/test';

describe.skipIf(!hasSharedData)('eve.json of others', () => {
  it('agrees with Filebeat’s parse', () => {
    const agreement = new Agreement('suricata against Filebeat');
    for (const name of ['eve-small.log', 'eve-alerts.log', 'eve-6.0.log', 'eve-metadata.log']) {
      const bytes = sharedBytes(`${PEER}/${name}`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('suricata');
      const parsed = parseWith(suricata, bytes);
      const expected = sharedJson<Expected[]>(`${PEER}/${name}-expected.json`);
      const rows = [...parsed.rows('flows'), ...parsed.rows('queries'), ...parsed.rows('logins')];
      for (const row of rows)
        compareWithPeer(agreement, `${name}:${row.line}`, row, expected[row.line - 1] ?? {});
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('keeps a flow that ends before it starts', () => {
    const parsed = parseWith(
      suricata,
      sharedBytes('crowdsec-hub/suricata-logs-evelog/suricata-logs-evelog.log'),
    );
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('flows')).toHaveLength(2);
    expect(parsed.notes.some((note) => note.includes('end before they start'))).toBe(true);
  });
});

/** Suricata prints every group of an IPv6 address; we the short form of RFC 5952. */
function canonical(address: unknown): string {
  const words = parseAddress(String(address));
  return words ? formatAddress(...words) : String(address);
}

function compareWithPeer(agreement: Agreement, where: string, row: ParsedRow, expected: Expected): void {
  const source = row.srcAddr ?? row.actorAddr;
  // Filebeat keeps an alert's packet as it went; we name the client first, also where the packet was an answer.
  const plain = (end: string): string => canonical(expected[`${end}.ip`] ?? expected[`${end}.address`]);
  const isTurned =
    source === plain('destination') &&
    row[row.srcPort === undefined ? 'actorPort' : 'srcPort'] === expected['destination.port'];
  const [from, to] = isTurned ? ['destination', 'source'] : ['source', 'destination'];
  agreement.compare(`${where} source`, source, plain(from));
  agreement.compare(`${where} source port`, row.srcPort ?? row.actorPort, expected[`${from}.port`]);
  agreement.compare(`${where} destination`, row.dstAddr ?? row.host, plain(to));
  if (row.srcBytes !== undefined) {
    // Its counters are the client's and the server's even then.
    agreement.compare(`${where} bytes`, row.srcBytes, expected['source.bytes']);
    agreement.compare(`${where} bytes back`, row.dstBytes, expected['destination.bytes']);
    agreement.compare(`${where} packets`, row.srcPackets, expected['source.packets']);
  }
  if (row.object !== undefined) {
    agreement.compare(`${where} url`, row.object, expected['url.original']);
    agreement.compare(`${where} status`, row.status, expected['http.response.status_code'] ?? 0);
    agreement.compare(`${where} length`, row.bytesReturned, expected['http.response.body.bytes']);
  }
}
