import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
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

  it('is read from the original that an Elastic pipeline kept, flattened, nested or as a search’s hit', () => {
    const told = (log: string) => {
      const parsed = parseWith(gcpAudit, log);
      expect(parsed.rejected).toEqual([]);
      const tables = [...parsed.rows('queries'), ...parsed.rows('changes')];
      return tables.map((row) => ({ ...row, offset: 0, line: 0 }));
    };
    for (const wrap of [
      (text: string) => ({ 'event.original': text, 'gcp.audit.type': 'made of it' }),
      (text: string) => ({ event: { original: text }, message: 'words for people' }),
      (text: string) => ({ _index: 'logs-1', _source: { message: text } }),
    ]) {
      const log = fixture.trim().replace(/^.*$/gm, (line) => JSON.stringify(wrap(line)));
      expect(recognizeFormat(headOf(encodeUtf8(log)))[0]?.format.id).toBe('gcp-audit');
      expect(told(log)).toEqual(told(fixture));
    }
  });

  it('is read from what the newer Elastic integration makes of it, and says what that lacks', () => {
    const event = {
      '@timestamp': '2015-03-02T10:20:30.123Z',
      client: { user: { email: 'alice@example.net' } },
      cloud: { project: { id: 'shop' } },
      event: { action: 'storage.objects.get', outcome: 'failure' },
      data_stream: { dataset: 'gcp.audit' },
      gcp: {
        audit: {
          resource_name: 'projects/_/buckets/mail/objects/keys.csv',
          status: { code: 7 },
          type: 'type.googleapis.com/google.cloud.audit.AuditLog',
        },
      },
      log: { logger: 'projects/shop/logs/cloudaudit.googleapis.com%2Fdata_access' },
      service: { name: 'storage.googleapis.com' },
      source: { ip: '203.0.113.7' },
      user_agent: { original: 'gcloud/1' },
    };
    for (const record of [event, { _index: 'logs-1', _source: event }]) {
      const log = JSON.stringify(record);
      expect(recognizeFormat(headOf(encodeUtf8(log)))[0]?.format.id).toBe('gcp-audit');
      const parsed = parseWith(gcpAudit, log);
      expect(parsed.rows('queries')).toMatchObject([
        {
          timeUs: 1425291630123000,
          actorAddr: '203.0.113.7',
          principal: 'alice@example.net',
          service: 'storage',
          host: 'mail',
          verb: QUERY_VERB.read,
          object: 'storage.objects.get projects/_/buckets/mail/objects/keys.csv',
          outcome: QUERY_OUTCOME.denied,
          agent: 'gcloud/1',
        },
      ]);
      expect(parsed.notes.join()).toMatch(/kept no requests/);
    }
  });

  it('is read from BigQuery’s columns, which keep what was sent as text', () => {
    const entries = fixture
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { protoPayload: Record<string, unknown>; timestamp: string });
    const rows = entries.map(({ protoPayload, timestamp, ...entry }) => {
      const { request, serviceData, metadata, '@type': _type, ...payload } = protoPayload;
      return JSON.stringify({
        ...entry,
        timestamp: timestamp.replace('T', ' ').replace('Z', ' UTC'),
        protopayload_auditlog: {
          ...payload,
          ...(request === undefined ? {} : { requestJson: JSON.stringify(request) }),
          ...(metadata === undefined ? {} : { metadataJson: JSON.stringify(metadata) }),
          ...(serviceData === undefined ? {} : { servicedata_v1_iam: serviceData }),
        },
      });
    });
    const told = (text: string) => {
      const parsed = parseWith(gcpAudit, text);
      expect(parsed.rejected).toEqual([]);
      const all = [...parsed.rows('queries'), ...parsed.rows('changes'), ...parsed.rows('logins')];
      return all.map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    };
    for (const log of [rows.join('\n'), `[${rows.join(',\n')}]`]) {
      expect(recognizeFormat(headOf(encodeUtf8(log)))[0]?.format.id).toBe('gcp-audit');
      expect(told(log)).toEqual(told(fixture));
    }
  });

  it('tells that a bucket was opened to everyone, and by which role', () => {
    const change = (action: string, role: string, member: string): string =>
      JSON.stringify({
        timestamp: '2015-03-02T10:00:00Z',
        logName: 'projects/shop/logs/cloudaudit.googleapis.com%2Factivity',
        resource: { type: 'gcs_bucket', labels: { bucket_name: 'mail', project_id: 'shop' } },
        protoPayload: {
          '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
          ...{ serviceName: 'storage.googleapis.com', methodName: 'storage.setIamPermissions' },
          resourceName: 'projects/_/buckets/mail',
          authenticationInfo: { principalEmail: 'dora@example.net' },
          serviceData: { policyDelta: { bindingDeltas: [{ action, role, member }] } },
        },
      });
    const viewer = 'roles/storage.objectViewer';
    const log = [
      change('ADD', viewer, 'allUsers'),
      change('REMOVE', viewer, 'allUsers'),
      change('ADD', 'roles/storage.legacyBucketReader', 'allAuthenticatedUsers'),
      change('ADD', 'roles/storage.objectCreator', 'allUsers'),
      change('ADD', viewer, 'user:eve@example.net'),
    ];
    const rows = parseWith(gcpAudit, log.join('\n')).rows('changes');
    expect(rows.map(({ kind }) => kind)).toEqual([
      ...[CHANGE_KIND.publicGranted, CHANGE_KIND.publicRevoked, CHANGE_KIND.publicGranted],
      ...[CHANGE_KIND.privilegeGranted, CHANGE_KIND.privilegeGranted],
    ]);
    expect(rows[0]).toMatchObject({ host: 'mail', cidr: '0.0.0.0/0', target: rows[1]?.target });
  });

  it('is not claimed where entries are in a shape that is not read', () => {
    const log = '{"ts": 1, "kind": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "x"}';
    expect(recognizeFormat(headOf(encodeUtf8(log))).map(({ format }) => format.id)).not.toContain(
      'gcp-audit',
    );
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

  it('are read from Filebeat’s export, as from the entries that it was made of', () => {
    const path = 'elastic-beats/x-pack/filebeat/module/gcp/audit/test/audit-log-entries.json.log';
    const exported = sharedBytes(`${path}-expected.json`);
    expect(recognizeFormat(headOf(exported))[0]?.format.id).toBe('gcp-audit');
    const parsed = parseWith(gcpAudit, exported);
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(11);
    // Filebeat's times end with the millisecond.
    const told = (all: Parsed) =>
      [...all.rows('queries'), ...all.rows('changes')].map(({ timeUs, ...row }) => ({
        ...row,
        timeMs: Math.floor(Number(timeUs) / 1000),
        ...{ offset: 0, line: 0, lineAdjust: 0 },
      }));
    // Whether an operation ends is not exported: its end, left out of the entries, is told like a beginning.
    const entries = told(parseWith(gcpAudit, sharedBytes(path)));
    expect(entries.length).toBeGreaterThanOrEqual(9);
    expect(told(parsed)).toEqual(expect.arrayContaining(entries));
    expect(parsed.rows('queries').length + parsed.rows('changes').length).toBe(11);
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
