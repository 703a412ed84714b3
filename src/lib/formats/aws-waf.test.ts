import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { awsWaf } from './aws-waf';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/aws-waf/waf.jsonl', 'utf8');
const lines = fixture.trim().split('\n');
const formatOf = (text: string): string | undefined =>
  recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id;

describe('an AWS WAF log', () => {
  it('is recognized by its content, whether it holds many requests or one', () => {
    expect(formatOf(fixture)).toBe('aws-waf');
    expect(formatOf(lines[0] ?? '')).toBe('aws-waf');
    expect(formatOf(JSON.stringify(JSON.parse(lines[0] ?? ''), null, 2))).toBe('aws-waf');
  });

  it('tells who asked which site for what, and what was refused', () => {
    const parsed = parseWith(awsWaf, fixture);
    expect(recordsAccounted(parsed)).toBe(4);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: 1425291630123000,
        actorAddr: '203.0.113.7',
        host: 'mail.example.net',
        service: 'http',
        verb: QUERY_VERB.read,
        object: '/api/messages?page=2',
        agent: 'curl/7.38.0',
      },
      {
        actorAddr: '203.0.113.8',
        host: 'mail.example.net',
        servicePort: 8443,
        object: '/.env',
        status: 0,
        outcome: QUERY_OUTCOME.denied,
        agent: 'zgrab/0.x',
      },
      {
        actorAddr: '2001:db8::7',
        host: '111122223333-app/mail/50dc6c495c0c9188',
        verb: QUERY_VERB.write,
        status: 404,
        outcome: QUERY_OUTCOME.denied,
      },
      { verb: QUERY_VERB.delete, status: 405, outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('does not call a request answered that was only let through, and says so', () => {
    const parsed = parseWith(awsWaf, fixture);
    expect(parsed.rows('queries')[0]).toMatchObject({ status: 0, outcome: QUERY_OUTCOME.unknown });
    expect(parsed.notes.join()).toMatch(/does not say what was answered/);
    expect(parseWith(awsWaf, lines.slice(1).join('\n')).notes).toEqual([]);
  });

  it('is read out of a log group’s export', () => {
    const events = lines.map((message, i) => ({ timestamp: 1425291640000 + i, message }));
    for (const log of [JSON.stringify({ events }), events.map((event) => JSON.stringify(event)).join('\n')]) {
      expect(formatOf(log)).toBe('aws-waf');
      const told = (text: string): unknown[] =>
        parseWith(awsWaf, text)
          .rows('queries')
          .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
      expect(told(log)).toEqual(told(fixture));
    }
  });

  it('says what a record lacks', () => {
    const reasons = (text: string) => parseWith(awsWaf, text).rejected.map(({ reason }) => reason);
    expect(reasons((lines[0] ?? '').replace('"timestamp"', '"when"')).join()).toMatch(/expected timestamp/);
    expect(reasons((lines[0] ?? '').replace('"action"', '"did"')).join()).toMatch(/there is no action/);
  });

  it('gives the same rows however shared out, and survives any values', () => {
    expectSplitInvariance(awsWaf, fixture);
    fuzzJson(
      awsWaf,
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });
});
