import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import { compareColumns, microsOf, type Expected } from '../../../tests/support/peers';
import {
  Agreement,
  hasSharedData,
  SHARED_DATA,
  sharedBytes,
  sharedJson,
} from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import { cloudtrail } from './cloudtrail';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/cloudtrail/${name}`, 'utf8');
const parsed = (): Parsed => parseWith(cloudtrail, fixture('records.json'));
const records = (JSON.parse(fixture('records.json')) as { Records: Record<string, unknown>[] }).Records;
const changesOf = (event: string): ParsedRow[] =>
  parsed()
    .rows('changes')
    .filter((row) => String(row.detail).startsWith(event));

describe('a CloudTrail file', () => {
  it.each(['records.json', 'lookup-events.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('cloudtrail');
  });

  it('is accounted for, a repeated delivery of an event counted once', () => {
    const all = parsed();
    expect(all.records).toBe(23);
    expect(recordsAccounted(all)).toBe(23);
    expect(all.skipped).toEqual({ 'repeated delivery of an event': 1 });
    expect(all.rejected).toEqual([]);
  });

  it('tells who signed in, how, and who took a role', () => {
    const rows = parsed().rows('logins');
    expect(rows).toMatchObject([
      {
        user: 'dora',
        actorAddr: '203.0.113.7',
        service: 'console',
        method: LOGIN_METHOD.mfa,
        outcome: LOGIN_OUTCOME.success,
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
      },
      { outcome: LOGIN_OUTCOME.failure, method: LOGIN_METHOD.password },
      { service: 'sts', became: 'Deploy/ci-7', key: 'AKIAEXAMPLE1', method: LOGIN_METHOD.token },
    ]);
    expect(parsed().rows('queries')[0]).toMatchObject({
      verb: QUERY_VERB.auth,
      object: 'AssumeRole arn:aws:iam::111122223333:role/Deploy',
    });
  });

  it('gives one row a network and port range of an opened group', () => {
    expect(changesOf('AuthorizeSecurityGroupIngress').slice(0, 5)).toMatchObject([
      {
        kind: CHANGE_KIND.portOpened,
        cidr: '0.0.0.0/0',
        portFrom: 9200,
        portTo: 9300,
        protocol: 6,
        target: 'sg-0a1b2c3d',
      },
      { kind: CHANGE_KIND.portOpened, cidr: '198.51.100.0/24', portFrom: 9200, portTo: 9300 },
      { kind: CHANGE_KIND.portOpened, cidr: '::/0', portFrom: 9200, portTo: 9300 },
      { kind: CHANGE_KIND.portOpened, cidr: 'sg-0ffffff1', portFrom: 0, portTo: 65535, protocol: 255 },
      { kind: CHANGE_KIND.portOpened, cidr: '0.0.0.0/0', portFrom: 22, portTo: 22, target: 'sg-0a1b2c3e' },
    ]);
  });

  it('follows a revocation by rule id where the answer tells the rule, and says so where it does not', () => {
    const [told, untold] = changesOf('RevokeSecurityGroupIngress');
    expect(told).toMatchObject({
      kind: CHANGE_KIND.portClosed,
      cidr: '0.0.0.0/0',
      portFrom: 9200,
      portTo: 9300,
      principal: 'Deploy/ci-7',
    });
    expect(untold).toMatchObject({ kind: CHANGE_KIND.policyChanged, cidr: '', target: 'sg-0a1b2c3d' });
    expect(parsed().notes.join()).toContain('by id alone');
  });

  it('opens nothing by a failed call, an outgoing rule or a network ACL', () => {
    expect(changesOf('ModifySecurityGroupRules')).toMatchObject([
      { kind: CHANGE_KIND.portOpened, cidr: '0.0.0.0/0', portFrom: 443, portTo: 443, target: 'sg-0a1b2c3d' },
    ]);
    expect(changesOf('AuthorizeSecurityGroupEgress')).toMatchObject([{ kind: CHANGE_KIND.policyChanged }]);
    expect(changesOf('AuthorizeSecurityGroupIngress').at(-1)).toMatchObject({
      portFrom: 3306,
      outcome: CHANGE_OUTCOME.failure,
    });
    expect(changesOf('CreateNetworkAclEntry')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, cidr: '0.0.0.0/0', portFrom: 5601, portTo: 5601, protocol: 6 },
    ]);
  });

  it('tells which interface got which group', () => {
    const attached = parsed()
      .rows('changes')
      .filter((row) => row.kind === CHANGE_KIND.groupAttached)
      .map((row) => [row.target, row.host]);
    expect(attached).toEqual([
      ['sg-0a1b2c3d', 'eni-0bbbbbbb1'],
      ['sg-0a1b2c3d', 'eni-0bbbbbbb2'],
      ['sg-0a1b2c3e', 'eni-0bbbbbbb2'],
    ]);
    expect(changesOf('RunInstances i-0aaaaaaa1 10.0.1.10')).toHaveLength(1);
  });

  it('names keys, rights and stopped logs', () => {
    expect(changesOf('CreateAccessKey')).toMatchObject([
      {
        kind: CHANGE_KIND.keyCreated,
        target: 'svc',
        detail: expect.stringContaining('AKIAEXAMPLE9') as string,
      },
    ]);
    expect(changesOf('AttachUserPolicy')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, target: 'svc' },
    ]);
    expect(changesOf('StopLogging')).toMatchObject([{ kind: CHANGE_KIND.loggingStopped, target: 'main' }]);
    expect(changesOf('DeleteFlowLogs')).toMatchObject([
      { kind: CHANGE_KIND.loggingStopped, target: 'fl-0123456789abcdef0' },
    ]);
  });

  it('tells what was read, and how many bytes left', () => {
    expect(parsed().rows('queries').slice(1)).toMatchObject([
      { service: 'secretsmanager', verb: QUERY_VERB.read, object: 'GetSecretValue prod/mail/api' },
      {
        service: 's3',
        verb: QUERY_VERB.read,
        object: 'mail-logs/app/2015-03-02.gz',
        bytesReturned: 1_048_576,
      },
      { service: 's3', verb: QUERY_VERB.write, object: 'mail-logs/x', bytesReturned: Number.NaN },
      { service: 's3', verb: QUERY_VERB.list, outcome: QUERY_OUTCOME.denied },
      { service: 'kms', actorAddr: '', principal: 'rds.amazonaws.com' },
    ]);
  });

  it('names what a change of the network is about', () => {
    const [record] = (JSON.parse(fixture('records.json')) as { Records: object[] }).Records;
    const call = {
      ...record,
      ...{ eventSource: 'ec2.amazonaws.com', eventName: 'CreateRoute', eventID: 'b', readOnly: false },
      requestParameters: {
        routeTableId: 'rtb-0ed5e6124f33c9db3',
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: 'igw-02a84e4222d62e16b',
      },
      responseElements: { _return: true },
    };
    expect(parseWith(cloudtrail, JSON.stringify({ Records: [call] })).rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, target: 'rtb-0ed5e6124f33c9db3 igw-02a84e4222d62e16b' },
    ]);
  });

  it('names all that one call asked for', () => {
    const [record] = (JSON.parse(fixture('records.json')) as { Records: object[] }).Records;
    const call = {
      ...record,
      ...{ eventSource: 'ssm.amazonaws.com', eventName: 'GetParameters', eventID: 'a', readOnly: true },
      requestParameters: { withDecryption: true, names: ['/prod/a', '/prod/b'] },
      resources: [{ ARN: 'arn:aws:ssm:eu-west-1:111122223333:parameter/prod/a' }],
    };
    expect(parseWith(cloudtrail, JSON.stringify({ Records: [call] })).rows('queries')).toMatchObject([
      { service: 'ssm', object: 'GetParameters /prod/a /prod/b' },
    ]);
  });

  it('reads the events inside the answer of lookup-events', () => {
    const inner = parseWith(cloudtrail, fixture('lookup-events.json'));
    expect(inner.rows('logins').map((row) => row.timeUs)).toEqual(
      [30, 31, 32].map((second) => Date.UTC(2015, 2, 2, 10, 20, second) * 1000),
    );
  });

  it('rejects what has no name or time, in words', () => {
    const bad = parseWith(
      cloudtrail,
      '{"eventName":"X"}\n{"eventTime":"2015-03-02T10:20:30Z"}\n{"eventName":]}\n',
    );
    expect(bad.rejected.map((one) => one.reason)).toEqual([
      'no time can be read: expected eventTime, such as 2024-03-10T12:00:00Z',
      'the event has no eventName, so it is not known what was done',
      'this is not one whole JSON object in braces: it is cut off, damaged or something else',
    ]);
  });

  it('is read from what an Elastic pipeline kept of it, flattened, nested or as a search’s hit', () => {
    const originals = records.map((record) => JSON.stringify(record));
    const fields = (original: string) => ({ '@timestamp': '2015-03-02T10:20:30Z', original });
    const wrapped = [
      (text: string) => ({ 'event.original': fields(text).original, message: 'words for people' }),
      (text: string) => ({ event: fields(text) }),
      (text: string) => ({ _index: 'logs-1', _source: { event: fields(text) } }),
      (text: string) => ({ _index: 'logs-1', _source: { message: text } }),
    ];
    const told = (all: Parsed) =>
      (['logins', 'queries', 'changes'] as const).map((table) =>
        all.rows(table).map((row) => ({ ...row, offset: 0, line: 0 })),
      );
    for (const wrap of wrapped) {
      const log = originals.map((text) => JSON.stringify(wrap(text))).join('\n');
      expect(recognizeFormat(headOf(encodeUtf8(log)))[0]?.format.id).toBe('cloudtrail');
      const all = parseWith(cloudtrail, log);
      expect(all.rejected).toEqual([]);
      expect(told(all)).toEqual(told(parsed()));
    }
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(cloudtrail, records);
  });
});

describe.skipIf(!hasSharedData)('CloudTrail files of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('cloudtrail against Filebeat');
    const folder = 'elastic-beats/x-pack/filebeat/module/aws/cloudtrail/test';
    const names = readdirSync(`${SHARED_DATA}/${folder}`).filter((name) => name.endsWith('.log'));
    for (const name of names) {
      const bytes = sharedBytes(`${folder}/${name}`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('cloudtrail');
      const all = parseWith(cloudtrail, bytes);
      expect(recordsAccounted(all), name).toBe(all.records);
      expect(all.rejected, name).toEqual([]);
      const rows = [...all.rows('logins'), ...all.rows('changes'), ...all.rows('queries')];
      const originals = new Set<unknown>();
      for (const expected of sharedJson<Expected[]>(`${folder}/${name}-expected.json`)) {
        const action = expected['event.action'] as string | undefined;
        // The same event delivered twice counts once with us.
        const isRepeat = originals.has(expected['event.original']);
        originals.add(expected['event.original']);
        if (isRepeat || action === undefined || expected['event.outcome'] === undefined) continue;
        const row = rows.find((one) => one.offset === expected['log.offset']);
        // A row by role is "Role/session" with us: two sessions of a role may be two people.
        const isSession = String(expected['aws.cloudtrail.user_identity.arn']).includes(':assumed-role/');
        const isSuccess = expected['event.outcome'] === 'success';
        const isLogin = row !== undefined && 'method' in row;
        compareColumns(agreement, `${name} ${action}`, row, {
          timeUs: microsOf(expected['@timestamp']),
          actorAddr: (expected['source.ip'] as string | undefined) ?? '',
          [isLogin ? 'user' : 'principal']: isSession
            ? undefined
            : (expected['user.name'] as string | undefined),
          outcome: isSuccess
            ? isLogin
              ? LOGIN_OUTCOME.success
              : CHANGE_OUTCOME.success
            : isLogin
              ? LOGIN_OUTCOME.failure
              : CHANGE_OUTCOME.failure,
        });
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('lose no event of an account under attack, and find its opened ports and stopped trails', () => {
    const folder = 'invictus-aws/CloudTrail';
    let count = 0;
    const rows: ParsedRow[] = [];
    for (const name of readdirSync(`${SHARED_DATA}/${folder}`)) {
      const bytes = sharedBytes(`${folder}/${name}`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('cloudtrail');
      const all = parseWith(cloudtrail, bytes);
      expect(all.records, name).toBe(sharedJson<{ Records: unknown[] }>(`${folder}/${name}`).Records.length);
      expect(recordsAccounted(all), name).toBe(all.records);
      expect(all.rejected, name).toEqual([]);
      count += all.records;
      rows.push(...all.rows('changes'));
    }
    expect(count).toBe(2900);
    const opened = rows.filter((row) => row.kind === CHANGE_KIND.portOpened);
    expect(opened.map((row) => [row.cidr, row.portFrom, row.portTo]).sort()).toEqual([
      ['0.0.0.0/0', 22, 22],
      ['0.0.0.0/0', 443, 443],
    ]);
    const stopped = rows
      .filter((row) => row.kind === CHANGE_KIND.loggingStopped)
      .map((row) => String(row.detail));
    expect(stopped.filter((detail) => detail.startsWith('StopLogging'))).toHaveLength(3);
    expect(stopped.filter((detail) => detail.startsWith('DeleteTrail'))).toHaveLength(3);
    expect(stopped.filter((detail) => detail.startsWith('DeleteFlowLogs'))).toHaveLength(1);
  });

  it.each(['crowdsec-hub/aws-cloudtrail/aws-cloudtrail.log', 'plaso/jsonl/aws_cloudtrail.jsonl'])(
    'are recognized and lose nothing: %s',
    (path) => {
      const bytes = sharedBytes(path);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('cloudtrail');
      const all = parseWith(cloudtrail, bytes);
      expect(recordsAccounted(all)).toBe(all.records);
      expect(all.rejected).toEqual([]);
    },
  );
});
