import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { hasSharedData, sharedBytes, sharedText } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { journaldJson } from './journald-json';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/journald-json/journal.json', 'utf8');

describe('a systemd journal in JSON', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('journald-json');
  });

  it('gives its messages to the programs’ readers, a byte array as well as a text', () => {
    const parsed = parseWith(journaldJson, fixture);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: 1_425_291_630_123_456,
        host: 'log1',
        process: 4321,
        user: 'admin',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
      },
      { timeUs: 1_425_291_631_500_000, user: 'alié', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.skipped).toEqual({ 'audit record': 1, 'program cron': 1 });
    expect(parsed.rejected).toMatchObject([{ reason: expect.stringContaining('time') as string }]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      journaldJson,
      fixture
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('journals of others', () => {
  it('are read to the last entry: lnav', () => {
    const bytes = sharedBytes('lnav/test/logfile_journald.json');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('journald-json');
    const parsed = parseWith(journaldJson, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });

  it('are read to the last entry: Vector, with byte arrays and fields given twice', () => {
    const script = sharedText('vector-journald/tests/data/journalctl');
    const entries = [...script.matchAll(/^ {2}'(.*)'$/gm)].map((match) => `{${match[1] ?? ''}}`);
    expect(entries).toHaveLength(8);
    const parsed = parseWith(journaldJson, entries.join('\n'));
    expect(recordsAccounted(parsed)).toBe(8);
    expect(parsed.rejected).toEqual([]);
  });
});
