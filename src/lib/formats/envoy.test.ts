import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, fuzzLines } from '../../../tests/support/robust';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { envoy } from './envoy';
import { envoyJson } from './envoy-json';

const fixture = (name: string): string => readFileSync(`tests/fixtures/${name}`, 'utf8');
const plain = fixture('envoy/default.log');
const istio = fixture('envoy/istio.log');
const json = fixture('envoy-json/istio.jsonl');

describe('Envoy’s access log', () => {
  it('tells who asked for what in the default format', () => {
    const parsed = parseWith(envoy, plain);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        service: 'http',
        host: 'mail.example.net',
        servicePort: 8443,
        verb: QUERY_VERB.read,
        object: '/api/messages?id=7',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 2750,
        durationUs: 109_000,
        agent: 'curl/8.0 (a "test")',
      },
      { actorAddr: '198.51.100.9', verb: QUERY_VERB.write, outcome: QUERY_OUTCOME.denied, agent: '' },
      { actorAddr: '', verb: QUERY_VERB.unknown, object: '', status: 0, outcome: QUERY_OUTCOME.error },
      { actorAddr: '10.0.0.9', status: 503, outcome: QUERY_OUTCOME.error },
    ]);
    expect(parsed.notes.join()).toMatch(/a client can forge/);
    expect(parsed.skipped).toEqual({ 'message of the proxy itself': 1 });
  });

  it('tells the client behind the gateway, and connections that a mesh passes on', () => {
    const parsed = parseWith(envoy, istio);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', actorPort: 0, bytesReturned: 2750, durationUs: 109_000 },
      { actorAddr: '203.0.113.8', actorPort: 51_234, object: '/inbox' },
      {
        actorAddr: '203.0.113.8',
        service: 'tcp',
        host: 'db.default.svc.cluster.local',
        servicePort: 3306,
        bytesReturned: 51_200_000,
        outcome: QUERY_OUTCOME.unknown,
      },
      { actorAddr: '203.0.113.8', status: 403, outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('is read out of what a container’s runtime keeps', () => {
    const rows = (text: string): object[] =>
      parseWith(envoy, text)
        .rows('queries')
        .map((row) => ({ ...row, offset: 0 }));
    expect(rows(fixture('envoy/container.log'))).toEqual(rows(plain));
  });

  it('gives in JSON what the same lines give as text', () => {
    const rows = (parsed: ReturnType<typeof parseWith>): object[] =>
      parsed.rows('queries').map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    const text = rows(parseWith(envoy, istio));
    expect(rows(parseWith(envoyJson, json))).toEqual([text[0], text[2]]);
    expect(parseWith(envoyJson, fixture('envoy-json/gateway.jsonl')).rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.8',
        host: 'mail.example.net',
        servicePort: 8443,
        object: '/inbox',
        status: 403,
      },
    ]);
  });

  it('says what a damaged entry lacks, and loses none', () => {
    const reasons = parseWith(
      envoy,
      plain.replace(' 0 2750 109', ' x').replace('T10:20:31', 'T10:20'),
    ).rejected;
    expect(reasons.map(({ reason }) => reason)).toMatchObject([
      expect.stringMatching(/expected \[time\], request in quotes/),
      expect.stringMatching(/expected the entry’s time in brackets/),
    ]);
    expect(parseWith(envoyJson, json.replace('start_time', 'begun')).rejected[0]?.reason).toMatch(
      /expected start_time/,
    );
    expectSplitInvariance(envoy, plain + istio);
    fuzzLines(envoy, plain + istio);
    fuzzJson(
      envoyJson,
      json
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
