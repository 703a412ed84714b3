import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { queryAnswer } from './query-answer';
import { closedJson } from './shared/closed-json';

const fixture = (name: string): string => readFileSync(`tests/fixtures/query-answer/${name}.json`, 'utf8');
/** An answer is one object, whatever lists are in it. */
const parse = (text: string): Parsed => parseWith({ ...queryAnswer, framing: 'whole' }, text);

describe('the answer of a query', () => {
  it('gives the sign-ins that Log Analytics found', () => {
    expect(parse(fixture('log-analytics')).rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        user: 'alice@example.net',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success },
    ]);
  });

  it('gives the logons of advanced hunting, by either of its APIs', () => {
    const text = fixture('advanced-hunting');
    const logins = parse(text).rows('logins');
    expect(logins).toMatchObject([
      { host: 'ws1.example.net', user: 'alice', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
      { outcome: LOGIN_OUTCOME.success },
    ]);
    const { Schema: schema, Results: results } = JSON.parse(text) as Record<string, unknown>;
    const graph = JSON.stringify({ '@odata.context': 'https://graph.microsoft.com/x', schema, results });
    expect(queryAnswer.sniff(headOf(encodeUtf8(graph)))).toBeGreaterThan(0.9);
    expect(parse(graph).rows('logins')).toHaveLength(2);
  });

  it.each(['clickhouse', 'clickhouse-compact'])('gives the queries of ClickHouse’s own log: %s', (name) => {
    const parsed = parse(fixture(name));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        verb: QUERY_VERB.read,
        object: 'SELECT * FROM mail.messages',
        rowsReturned: 50_000,
        principal: 'default',
      },
    ]);
  });

  it('gives what the lines say that Insights found', () => {
    const parsed = parse(fixture('insights'));
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'root', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.success },
      { outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('counts as one record, and says what of it could not be read', () => {
    const answer = JSON.parse(fixture('insights')) as { results: { field: string; value: string }[][] };
    const line = (value: string) => [{ field: '@message', value }];
    const mixed = parse(JSON.stringify({ results: [...answer.results, line('no syslog at all')] }));
    expect(mixed.rows('logins')).toHaveLength(2);
    expect(mixed.rejected).toEqual([]);
    expect(mixed.notes.join()).toMatch(/could not be read|give no row/);
    expect(parse('{"tables":[{"columns":[{"name":"a"}],"rows":[]}]}').skipped).toEqual({
      'answer without rows': 1,
    });
    expect(parse('{"tables":[{"columns":[{"name":"a"}],"rows":[["b"]]}]}').rejected).toHaveLength(1);
  });

  it('is known by the rows that a head holds whole', () => {
    const text = fixture('log-analytics');
    expect(queryAnswer.sniff(headOf(encodeUtf8(text.slice(0, text.lastIndexOf('alice')))))).toBeGreaterThan(
      0.9,
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const closed = closedJson(json.slice(0, at % (json.length + 1)));
        if (closed !== null) expect(() => JSON.parse(closed) as unknown).not.toThrow();
      }),
      { seed: 11 },
    );
  });
});
