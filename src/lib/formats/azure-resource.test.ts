import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { azureActivity } from './azure-activity';
import { azureResource } from './azure-resource';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/azure-resource/${name}`, 'utf8');
const formatOf = (text: string): string | undefined =>
  recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id;

describe('a resource log of Azure Storage', () => {
  const parsed = parseWith(azureResource, fixture('storage.jsonl'));
  const rows = parsed.rows('queries');

  it('is recognized by its content, also where it is a single record', () => {
    expect(formatOf(fixture('storage.jsonl'))).toBe('azure-resource');
    expect(formatOf(fixture('storage.jsonl').split('\n')[0] ?? '')).toBe('azure-resource');
  });

  it('tells who took which blob, and how much of it', () => {
    expect(recordsAccounted(parsed)).toBe(9);
    expect(rows[0]).toMatchObject({
      timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
      actorAddr: '203.0.113.7',
      actorPort: 51234,
      service: 'azure-storage',
      host: 'mailbackups',
      verb: QUERY_VERB.read,
      object: 'mailbackups/dumps/customers.sql.gz',
      status: 200,
      outcome: QUERY_OUTCOME.success,
      bytesReturned: 5_120_044,
      durationUs: 250_000,
      agent: 'azcopy/10.8',
    });
  });

  it('names the user, or else the key and token that were shown', () => {
    expect(rows.map(({ principal }) => principal)).toEqual([
      'SAS key1 signature 5E0F1A2B3C4D',
      'anonymous',
      'SAS key1 signature 5E0F1A2B3C4D',
      'AccountKey key2',
      'alice@example.net',
      'b0000000-0000-0000-0000-000000000002',
      'AccountKey key1',
      'SAS key1 signature 5E0F1A2B3C4D',
      'SAS key1 signature 5E0F1A2B3C4D',
    ]);
  });

  it('tells success of any kind from a refusal, which may say that nothing was found, and from a fault', () => {
    const { success, denied, error } = QUERY_OUTCOME;
    expect(rows.map(({ outcome }) => outcome)).toEqual([
      success,
      success,
      denied,
      ...[success, success, success, success, success],
      error,
    ]);
    expect(rows[1]).toMatchObject({ actorAddr: '2001:db8::7', actorPort: 40001 });
  });

  it('tells what was read from what was listed, written and deleted; a secret of the URI is no part of the object', () => {
    expect(rows.slice(3, 8).map(({ verb, object }) => [verb, object])).toEqual([
      [QUERY_VERB.list, 'ListBlobs mailbackups/dumps'],
      [QUERY_VERB.list, 'GetBlobProperties mailbackups/dumps/customers.sql.gz'],
      [QUERY_VERB.write, 'PutBlob mailbackups/dumps/new.gz'],
      [QUERY_VERB.admin, 'SetContainerACL mailbackups/dumps'],
      [QUERY_VERB.delete, 'DeleteBlob mailbackups/dumps/customers.sql.gz'],
    ]);
  });
});

describe('an audit log of a Key Vault', () => {
  const parsed = parseWith(azureResource, fixture('PT1H.json'));

  it('is recognized by its content', () => {
    expect(formatOf(fixture('PT1H.json'))).toBe('azure-resource');
  });

  it('tells which secrets were got and by whom; a refusal is one though its result type is Success', () => {
    expect(recordsAccounted(parsed)).toBe(7);
    const secret = 'SecretGet secrets/smtp-password';
    expect(parsed.rows('queries')).toMatchObject([
      {
        host: 'mail-keys',
        service: 'azure-key-vault',
        actorAddr: '203.0.113.7',
        principal: 'alice@example.net',
        verb: QUERY_VERB.read,
        object: `${secret}/6e6212e131ea47c88a52f387cd07d6e9`,
        status: 200,
        outcome: QUERY_OUTCOME.success,
        durationUs: 41_000,
        agent: 'azsdk-python/1.31',
      },
      {
        object: secret,
        outcome: QUERY_OUTCOME.denied,
        principal: 'a0000000-0000-0000-0000-000000000009',
      },
      { object: secret, outcome: QUERY_OUTCOME.denied, status: 0, principal: '' },
      { object: 'SecretList secrets', verb: QUERY_VERB.list },
      { object: 'KeyGet keys/dkim/1', verb: QUERY_VERB.list },
      { object: 'SecretDelete secrets/old', verb: QUERY_VERB.delete },
      { object: 'VaultGet mail-keys', host: 'mail-keys', verb: QUERY_VERB.list },
    ]);
  });
});

describe('resource logs of Azure', () => {
  it('are read under the names of columns that Log Analytics gives them', () => {
    const parsed = parseWith(azureResource, fixture('log-analytics.json'));
    expect(formatOf(fixture('log-analytics.json'))).toBe('azure-resource');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        actorPort: 51234,
        principal: 'alice@example.net',
        host: 'mailbackups',
        object: 'mailbackups/dumps/customers.sql.gz',
        status: 206,
        bytesReturned: 4_194_304,
        durationUs: 250_000,
        agent: 'azcopy/10.8',
      },
      { principal: 'bob@example.net', host: 'mail-keys', object: 'SecretGet secrets/smtp-password/1' },
      {
        principal: 'a0000000-0000-0000-0000-000000000009',
        actorAddr: '203.0.113.7',
        outcome: QUERY_OUTCOME.denied,
        agent: 'az/2',
      },
    ]);
  });

  it('are read too where they stand among other events of the platform', () => {
    const activity = readFileSync('tests/fixtures/azure-activity/activity.jsonl', 'utf8');
    const mixed = activity + fixture('storage.jsonl');
    expect(formatOf(mixed)).toBe('azure-activity');
    const told = (text: string, format = azureResource): unknown[] =>
      parseWith(format, text)
        .rows('queries')
        .filter(({ service }) => service === 'azure-storage')
        .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    expect(told(mixed, azureActivity)).toEqual(told(fixture('storage.jsonl')));
    const changes = (text: string) => parseWith(azureActivity, text).rows('changes');
    expect(changes(mixed)).toEqual(changes(activity));
  });

  it('say what a record lacks, and count those of other logs', () => {
    const [record = ''] = fixture('storage.jsonl').split('\n');
    const reasons = (text: string) => parseWith(azureResource, text).rejected.map(({ reason }) => reason);
    expect(reasons(record.replace('"time"', '"when"')).join()).toMatch(/expected time or TimeGenerated/);
    expect(reasons(record.replace('"operationName"', '"op"')).join()).toMatch(/no operationName/);
    expect(parseWith(azureResource, record.replace('StorageRead', 'Transaction')).skipped).toEqual({
      'Transaction event': 1,
    });
  });

  it('give the same rows however shared out, and survive any values', () => {
    expectSplitInvariance(azureResource, fixture('storage.jsonl'));
    const lines = fixture('storage.jsonl').trim().split('\n');
    const { records } = JSON.parse(fixture('PT1H.json')) as { records: unknown[] };
    fuzzJson(azureResource, [...lines.map((line) => JSON.parse(line) as unknown), ...records]);
  });
});
