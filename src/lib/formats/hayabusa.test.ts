import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { hayabusa } from './hayabusa';
import { hayabusaCsv } from './hayabusa-csv';

const log = readFileSync('tests/fixtures/hayabusa/timeline.jsonl', 'utf8');
const table = readFileSync('tests/fixtures/hayabusa-csv/timeline.csv', 'utf8');

describe.each<[string, () => Parsed]>([
  ['as JSON', () => parseWith(hayabusa, log)],
  ['as CSV', () => parseWith(hayabusaCsv, table)],
])('Hayabusa’s timeline, %s,', (_name, read) => {
  it('gives the events that rules matched, each once whatever rules did', () => {
    const parsed = read();
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        user: 'alice',
        actorAddr: '203.0.113.7',
        host: 'dc1.corp.example',
        service: 'network logon',
        method: LOGIN_METHOD.ntlm,
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success, actorPort: 50_001, process: 0x123 },
      { service: 'rdp', user: 'alice', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'backup', principal: 'alice' },
      { kind: CHANGE_KIND.logDeleted, principal: 'alice' },
    ]);
    expect(parsed.skipped).toMatchObject({ 'rule over several events': 1 });
    expect(parsed.notes.join()).toMatch(/may have happened all the same/);
  });
});

describe('Hayabusa’s timeline', () => {
  it('gives the same rows however shared out, and survives any values', () => {
    // Repeats in other ranges are found where ranges are put together.
    const once = log.replace(/^.*External Remote Logon.*\n/m, '');
    expectSplitInvariance(hayabusa, once, ['logins', 'changes']);
    fuzzJson(
      hayabusa,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
