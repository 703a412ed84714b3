import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { fuzzJson } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME } from '../tables/schemas';
import { postgresqlJson } from './postgresql-json';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/postgresql-json/postgresql.json', 'utf8');

describe('a PostgreSQL jsonlog', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('postgresql-json');
  });

  it('tells what was asked, and with which answer', () => {
    expect(parseWith(postgresqlJson, fixture).rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorPort: 42608,
        object: 'select 1',
        durationUs: 148_472,
      },
      { object: 'select * from salaries', outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      postgresqlJson,
      fixture
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
