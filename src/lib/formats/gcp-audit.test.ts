import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareColumns, microsOf, type Expected } from '../../../tests/support/peers';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { gcpAudit } from './gcp-audit';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/gcp-audit/audit.jsonl', 'utf8');

describe('a Google Cloud audit log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('gcp-audit');
  });

  it('tells what was opened and closed, granted, made and silenced; an operation once', () => {
    const parsed = parseWith(gcpAudit, fixture);
    expect(recordsAccounted(parsed)).toBe(8);
    expect(parsed.rows('changes')).toMatchObject([
      {
        kind: CHANGE_KIND.portOpened,
        target: 'debug',
        cidr: '0.0.0.0/0',
        portFrom: 9200,
        portTo: 9200,
        protocol: 6,
      },
      { kind: CHANGE_KIND.portOpened, portFrom: 9300, portTo: 9400 },
      { kind: CHANGE_KIND.portClosed, target: 'debug', cidr: '', portFrom: 0, portTo: 65535 },
      { kind: CHANGE_KIND.privilegeGranted, target: 'user:mallory@example.net' },
      { kind: CHANGE_KIND.privilegeRevoked, target: 'user:bob@example.net' },
      { kind: CHANGE_KIND.keyCreated },
      { kind: CHANGE_KIND.loggingStopped, target: 'main' },
    ]);
  });

  it('tells what was read, and what was denied', () => {
    expect(parseWith(gcpAudit, fixture).rows('queries')).toMatchObject([
      {
        verb: QUERY_VERB.read,
        service: 'storage',
        object: 'storage.objects.get projects/_/buckets/mail/objects/keys.csv',
        principal: 'alice@example.net',
        actorAddr: '203.0.113.7',
        agent: 'gcloud/1',
      },
      { verb: QUERY_VERB.list, outcome: QUERY_OUTCOME.denied, actorAddr: '' },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      gcpAudit,
      fixture
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('Google Cloud audit logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('gcp-audit against Filebeat');
    const path = 'elastic-beats/x-pack/filebeat/module/gcp/audit/test/audit-log-entries.json.log';
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('gcp-audit');
    const parsed = parseWith(gcpAudit, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
    const rows = [...parsed.rows('queries'), ...parsed.rows('changes')];
    for (const expected of sharedJson<Expected[]>(`${path}-expected.json`)) {
      const row = rows.find((one) => one.offset === expected['log.offset']);
      // The end of an operation whose beginning is told apart.
      if (!row) continue;
      compareColumns(agreement, String(expected['event.action']), row, {
        timeUs:
          Math.floor(microsOf(expected['@timestamp']) / 1000) === Math.floor(Number(row.timeUs) / 1000)
            ? undefined
            : microsOf(expected['@timestamp']),
        actorAddr: expected['source.ip'] as string | undefined,
        principal: (expected['user.email'] ?? expected['gcp.audit.authentication_info.principal_email']) as
          string | undefined,
      });
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('lose nothing: plaso', () => {
    const bytes = sharedBytes('plaso/jsonl/gcp_logging.jsonl');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('gcp-audit');
    const parsed = parseWith(gcpAudit, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('changes').filter((row) => row.kind === CHANGE_KIND.portOpened)).toMatchObject([
      { cidr: '0.0.0.0/0', portFrom: 3389, portTo: 3389 },
    ]);
  });
});
