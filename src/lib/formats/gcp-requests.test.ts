import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { gcpRequests } from './gcp-requests';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/gcp-requests/${name}`, 'utf8');
const log = fixture('requests.jsonl');
const lines = log.trim().split('\n');
const formatOf = (text: string): string | undefined =>
  recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id;

describe('requests that Google Cloud logs', () => {
  it('are recognized by their content, as lines, as an array and alone', () => {
    expect(formatOf(log)).toBe('gcp-requests');
    expect(formatOf(`[${lines.join(',\n')}]`)).toBe('gcp-requests');
    expect(formatOf(lines[0] ?? '')).toBe('gcp-requests');
  });

  it('tell who asked which site for what, and what was answered', () => {
    const parsed = parseWith(gcpRequests, log);
    expect(recordsAccounted(parsed)).toBe(5);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({ 'log run.googleapis.com/stdout': 1 });
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        actorAddr: '203.0.113.7',
        host: 'logs.example.net',
        servicePort: 443,
        service: 'http',
        verb: QUERY_VERB.read,
        object: '/logs/_search?q=*',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 5_120_044,
        durationUs: 250_000,
        agent: 'curl/7.38.0',
      },
      { actorAddr: '203.0.113.8', actorPort: 51234, servicePort: 8080, verb: QUERY_VERB.write },
      { actorAddr: '2001:db8::7', object: '/', status: 404 },
      {
        host: 'run.example.net',
        verb: QUERY_VERB.delete,
        status: 502,
        outcome: QUERY_OUTCOME.error,
        bytesReturned: Number.NaN,
      },
    ]);
  });

  it('are refused where a security policy says so, whatever the status', () => {
    const rows = parseWith(gcpRequests, log).rows('queries');
    expect(rows.slice(1, 3).map(({ outcome }) => outcome)).toEqual([
      QUERY_OUTCOME.denied,
      QUERY_OUTCOME.denied,
    ]);
  });

  it('are a share of all that a load balancer got, which is said', () => {
    expect(parseWith(gcpRequests, log).notes.join()).toMatch(/sampleRate/);
    expect(parseWith(gcpRequests, lines[3] ?? '').notes).toEqual([]);
  });

  it('are read under the names that client libraries print', () => {
    const text = fixture('client-library.json');
    expect(formatOf(text)).toBe('gcp-requests');
    const [row] = parseWith(gcpRequests, text).rows('queries');
    const [original] = parseWith(gcpRequests, lines[0] ?? '').rows('queries');
    expect({ ...row, offset: 0, line: 0, lineAdjust: 0 }).toEqual({
      ...original,
      ...{ offset: 0, line: 0, lineAdjust: 0 },
    });
  });

  it('say what an entry lacks', () => {
    const { rejected } = parseWith(gcpRequests, (lines[0] ?? '').replaceAll('imestamp"', 'imeOf"'));
    expect(rejected.map(({ reason }) => reason).join()).toMatch(/expected timestamp/);
  });

  it('give the same rows however shared out, and survive any values', () => {
    expectSplitInvariance(gcpRequests, log);
    fuzzJson(
      gcpRequests,
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });
});
