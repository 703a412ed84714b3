import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat } from '../../../tests/support/peers';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { azureActivity } from './azure-activity';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/azure-activity/${name}`, 'utf8');

describe('an Azure activity log', () => {
  it.each(['activity.jsonl', 'rest.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('azure-activity');
  });

  it('tells which ports a rule opened, and that its deletion closed them', () => {
    const parsed = parseWith(azureActivity, fixture('activity.jsonl'));
    expect(recordsAccounted(parsed)).toBe(5);
    expect(parsed.rows('changes')).toMatchObject([
      {
        kind: CHANGE_KIND.portOpened,
        target: 'LOGS-NSG/DEBUG',
        cidr: '0.0.0.0/0',
        portFrom: 9200,
        portTo: 9200,
        protocol: 6,
        principal: 'alice@example.net',
        actorAddr: '203.0.113.7',
      },
      { kind: CHANGE_KIND.portOpened, portFrom: 9300, portTo: 9400 },
      { kind: CHANGE_KIND.portClosed, target: 'LOGS-NSG/DEBUG', portFrom: 0, portTo: 65535 },
      { kind: CHANGE_KIND.loggingStopped, target: 'main', outcome: CHANGE_OUTCOME.failure },
    ]);
  });

  it('tells who may read blobs unnamed, where the event holds what was written', () => {
    const account =
      '/SUBSCRIPTIONS/1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/MAILBACKUPS';
    const container = `${account}/blobServices/default/containers/dumps`;
    const write = (operation: string, resourceId: string, properties: object) =>
      JSON.stringify({
        ...{ time: '2015-03-02T10:00:00Z', resourceId, operationName: `MICROSOFT.STORAGE/${operation}` },
        ...{ resultType: 'Success', category: 'Administrative', callerIpAddress: '203.0.113.7' },
        properties: { requestbody: JSON.stringify({ properties }) },
      });
    const levels = 'STORAGEACCOUNTS/BLOBSERVICES/CONTAINERS/WRITE';
    const log = [
      write('STORAGEACCOUNTS/WRITE', account, { allowBlobPublicAccess: true }),
      write(levels, container, { publicAccess: 'Container' }),
      write(levels, container, { publicAccess: 'None' }),
      write('STORAGEACCOUNTS/WRITE', account, { allowBlobPublicAccess: false }),
      write('STORAGEACCOUNTS/WRITE', account, { minimumTlsVersion: 'TLS1_2' }),
    ];
    const rows = parseWith(azureActivity, log.join('\n')).rows('changes');
    expect(rows.map(({ kind }) => kind)).toEqual([
      ...[CHANGE_KIND.publicUnblocked, CHANGE_KIND.publicGranted, CHANGE_KIND.publicRevoked],
      ...[CHANGE_KIND.publicBlocked, CHANGE_KIND.other],
    ]);
    // Storage logs write the account in lower case, as it was named.
    expect(rows[1]).toMatchObject({ host: 'mailbackups', cidr: '0.0.0.0/0' });
    expect(rows[2]?.target).toBe(rows[1]?.target);
  });

  it('counts keys that were given out as read', () => {
    expect(parseWith(azureActivity, fixture('activity.jsonl')).rows('queries')).toMatchObject([
      { verb: QUERY_VERB.read, object: expect.stringContaining('LISTKEYS') as string },
    ]);
  });

  it('tells how long a query took where that was measured: in most events it is 0, whatever was done', () => {
    const listKeys = fixture('activity.jsonl').split('\n')[3] ?? '';
    const timed = (ms: string): unknown =>
      parseWith(azureActivity, listKeys.replace('{', `{"durationMs": ${ms}, `)).rows('queries')[0]
        ?.durationUs;
    expect(timed('2826')).toBe(2_826_000);
    expect(timed('"43"')).toBe(43_000);
    expect(timed('0')).toBeNaN();
    expect(timed('-1')).toBeNaN();
  });

  it('reads what the REST API returns', () => {
    expect(parseWith(azureActivity, fixture('rest.json')).rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, principal: 'alice@example.net', actorAddr: '203.0.113.7' },
    ]);
  });

  it('tells an operation of which only the beginning is there, without an outcome', () => {
    const [begun] = fixture('activity.jsonl').split('\n');
    expect(parseWith(azureActivity, begun ?? '').rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, outcome: CHANGE_OUTCOME.unknown },
    ]);
  });

  it('keeps what a beginning said while other events are read', () => {
    const lines = fixture('activity.jsonl').trim().split('\n');
    const [begun = '', , , ...others] = lines;
    const alone = parseWith(azureActivity, begun).rows('changes')[0];
    const rows = parseWith(azureActivity, [begun, ...others].join('\n')).rows('changes');
    expect(rows.find(({ line }) => line === 1)).toEqual(alone);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(
      azureActivity,
      fixture('activity.jsonl')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe.skipIf(!hasSharedData)('Azure activity logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('azure-activity against Filebeat');
    const folder = 'elastic-beats/x-pack/filebeat/module/azure/activitylogs/test';
    for (const name of ['activitylogs', 'activitylogs_edgecases', 'supporttickets_write']) {
      compareWithFilebeat(agreement, azureActivity, `${folder}/${name}.log`, 'changes', (expected) =>
        // Keys that were given out are a query, not a change.
        /LISTKEYS/i.test(String(expected['event.action']))
          ? undefined
          : { actorAddr: expected['source.ip'] as string | undefined, outcome: CHANGE_OUTCOME.success },
      );
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('lose nothing: plaso', () => {
    const bytes = sharedBytes('plaso/jsonl/azure_activity_log.jsonl');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('azure-activity');
    const parsed = parseWith(azureActivity, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });
});
