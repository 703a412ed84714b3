import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { minio } from './minio';

const log = readFileSync('tests/fixtures/minio/audit.jsonl', 'utf8');

describe('MinIO’s audit log', () => {
  const parsed = parseWith(minio, log);

  it('tells which objects were got, how large they were, and what was refused', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries').slice(0, 2)).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        actorAddr: '203.0.113.7',
        principal: 'AKIAMAIL',
        service: 'minio',
        host: 'store.example.net',
        servicePort: 9000,
        verb: QUERY_VERB.read,
        object: 'backups/db/customers.sql.gz',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 51_200_000,
        durationUs: 62_500_000,
        agent: 'mc/1',
      },
      { actorAddr: '2001:db8::7', status: 403, outcome: QUERY_OUTCOME.denied, durationUs: 2500 },
    ]);
    expect(
      parsed
        .rows('queries')
        .slice(2)
        .map(({ verb, object }) => [verb, object]),
    ).toEqual([
      [QUERY_VERB.list, 'ListObjectsV2 backups'],
      [QUERY_VERB.write, 'backups/db/new'],
      [QUERY_VERB.delete, 'DeleteMultipleObjects backups'],
      [QUERY_VERB.admin, 'GetBucketLocation backups'],
      [QUERY_VERB.admin, 'PutBucketPolicy backups'],
      [QUERY_VERB.admin, 'AddUser /minio/admin/v3/add-user'],
      [QUERY_VERB.list, 'ListBuckets /'],
    ]);
    expect(parsed.skipped).toEqual({ 'entry of internal-expiry': 1 });
  });

  it('tells a bucket’s policy that was changed, and a user that was made', () => {
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, target: 'backups', principal: 'AKIAMAIL' },
      { kind: CHANGE_KIND.userCreated, principal: 'minioadmin' },
    ]);
  });

  it('says what an entry lacks, and survives any values', () => {
    expect(parseWith(minio, log.replaceAll('"time"', '"at"')).rejected[0]?.reason).toMatch(/expected time/);
    expectSplitInvariance(minio, log);
    fuzzJson(
      minio,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
