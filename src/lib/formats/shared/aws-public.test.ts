import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../../tests/support/parse';
import { CHANGE_KIND, CHANGE_OUTCOME } from '../../tables/schemas';
import { cloudtrail } from '../cloudtrail';

/** Rows of one call as CloudTrail logs it. */
function changesBy(eventName: string, requestParameters: object, more: object = {}) {
  const event = {
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', userName: 'dora', accountId: '111122223333' },
    eventTime: '2015-03-02T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName,
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.7',
    requestParameters,
    readOnly: false,
    managementEvent: true,
    recipientAccountId: '111122223333',
    ...more,
  };
  const parsed = parseWith(cloudtrail, JSON.stringify({ Records: [event] }));
  expect(parsed.rejected).toEqual([]);
  return parsed.rows('changes').map(({ kind, target, host, cidr }) => ({ kind, target, host, cidr }));
}

const policyOf = (...statements: object[]): object => ({
  bucketName: 'mail',
  bucketPolicy: { Version: '2012-10-17', Statement: statements },
});
const READ = {
  ...{ Sid: 'read', Effect: 'Allow', Principal: '*' },
  ...{ Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::mail/*' },
};
const granted = (cidr: string) => ({
  ...{ kind: CHANGE_KIND.publicGranted, target: 'policy of mail', host: 'mail', cidr },
});
const REVOKED = { kind: CHANGE_KIND.publicRevoked, target: 'policy of mail', host: 'mail', cidr: '' };

describe('the policy of a bucket', () => {
  it.each([
    ['anyone', READ],
    ['any AWS principal', { ...READ, Principal: { AWS: ['arn:aws:iam::1:root', '*'] } }],
    ['all but some', { ...READ, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::1:root' } }],
    ['anyone over TLS', { ...READ, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['anyone with a referrer', { ...READ, Condition: { StringLike: { 'aws:Referer': 'https://x/*' } } }],
    ['lists', { ...READ, Action: 's3:ListBucket' }],
    ['anything', { ...READ, Action: 's3:*' }],
    ['all but one address', { ...READ, Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.1/32' } } }],
  ])('opens it to %s', (_, statement) => {
    expect(changesBy('PutBucketPolicy', policyOf(statement))).toEqual([granted('0.0.0.0/0')]);
  });

  it('opens it to the networks that it names alone', () => {
    const only = { ...READ, Condition: { IpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '192.0.2.1'] } } };
    const networks = [granted('198.51.100.0/24'), granted('192.0.2.1/32')];
    expect(changesBy('PutBucketPolicy', policyOf(only))).toEqual(networks);
    const refusal = {
      ...{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::mail/*' },
      Condition: { NotIpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '192.0.2.1'] } },
    };
    expect(changesBy('PutBucketPolicy', policyOf(READ, refusal))).toEqual(networks);
  });

  it.each([
    ['a named account', { ...READ, Principal: { AWS: 'arn:aws:iam::444455556666:root' } }],
    ['a service', { ...READ, Principal: { Service: 'cloudfront.amazonaws.com' } }],
    ['the organization', { ...READ, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
    ['one endpoint', { ...READ, Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }],
    ['writers', { ...READ, Action: 's3:PutObject' }],
    ['nobody, by a refusal', { ...READ, Effect: 'Deny' }],
  ])('does not open it to %s', (_, statement) => {
    expect(changesBy('PutBucketPolicy', policyOf(statement))).toEqual([REVOKED]);
  });

  it('closes it where it is deleted, and opens nothing where the call failed', () => {
    expect(changesBy('DeleteBucketPolicy', { bucketName: 'mail' })).toEqual([REVOKED]);
    const failed = parseWith(
      cloudtrail,
      JSON.stringify({
        ...{
          eventSource: 's3.amazonaws.com',
          eventName: 'PutBucketPolicy',
          eventTime: '2015-03-02T10:00:00Z',
        },
        ...{ errorCode: 'AccessDenied', requestParameters: policyOf(READ), awsRegion: 'eu-west-1' },
      }),
    );
    expect(failed.rows('changes')[0].outcome).toBe(CHANGE_OUTCOME.failure);
  });
});

describe('the access list of a bucket', () => {
  const URI = 'http://acs.amazonaws.com/groups/global/AllUsers';
  const grant = (uri: string, permission: string): object => ({
    bucketName: 'mail',
    AccessControlPolicy: {
      AccessControlList: {
        Grant: [
          { Grantee: { ID: 'a1', 'xsi:type': 'CanonicalUser' }, Permission: 'FULL_CONTROL' },
          { Grantee: { URI: uri, 'xsi:type': 'Group' }, Permission: permission },
        ],
      },
    },
  });
  const opened = { kind: CHANGE_KIND.publicGranted, target: 'ACL of mail', host: 'mail', cidr: '0.0.0.0/0' };
  const shut = { ...opened, kind: CHANGE_KIND.publicRevoked, cidr: '' };

  it('opens it to everyone, or to whoever has an account, and to nobody else', () => {
    expect(changesBy('PutBucketAcl', grant(URI, 'READ'))).toEqual([opened]);
    expect(changesBy('PutBucketAcl', grant(URI.replace('All', 'Authenticated'), 'READ'))).toEqual([opened]);
    expect(changesBy('PutBucketAcl', grant(URI, 'WRITE'))).toEqual([shut]);
    const delivery = 'http://acs.amazonaws.com/groups/s3/LogDelivery';
    expect(changesBy('PutBucketAcl', grant(delivery, 'READ'))).toEqual([shut]);
    expect(changesBy('PutBucketAcl', { bucketName: 'mail', 'x-amz-acl': ['public-read'] })).toEqual([opened]);
    expect(changesBy('PutBucketAcl', { bucketName: 'mail', 'x-amz-acl': 'private' })).toEqual([shut]);
    expect(changesBy('CreateBucket', { bucketName: 'mail', 'x-amz-acl': 'public-read-write' })).toEqual([
      opened,
    ]);
  });

  it('is told of a single object, which an operation on data changes', () => {
    const data = { managementEvent: false, eventCategory: 'Data' };
    const one = { ...opened, target: 'ACL of mail/keys.csv' };
    const acl = { ...grant(URI, 'READ'), key: 'keys.csv' };
    expect(changesBy('PutObjectAcl', acl, data)).toEqual([one]);
    const put = { bucketName: 'mail', key: 'keys.csv', 'x-amz-acl': 'public-read' };
    expect(changesBy('PutObject', put, data)).toEqual([one]);
    expect(changesBy('PutObject', { bucketName: 'mail', key: 'keys.csv' }, data)).toEqual([]);
  });
});

describe('a block of public access', () => {
  const block = (policies: boolean, lists: boolean): object => ({
    PublicAccessBlockConfiguration: { RestrictPublicBuckets: policies, IgnorePublicAcls: lists },
  });
  it('says of policies and of access lists whether they count', () => {
    const { publicBlocked, publicUnblocked } = CHANGE_KIND;
    const row = (kind: number, lever: string, host: string) => ({
      ...{ kind, target: `${lever} of ${host}`, host, cidr: '' },
    });
    const put = changesBy('PutBucketPublicAccessBlock', { bucketName: 'mail', ...block(true, false) });
    expect(put).toEqual([row(publicBlocked, 'policy', 'mail'), row(publicUnblocked, 'ACL', 'mail')]);
    const account = 'AWS account 111122223333';
    const all = changesBy('PutAccountPublicAccessBlock', { accountId: '111122223333', ...block(true, true) });
    expect(all).toEqual([row(publicBlocked, 'policy', account), row(publicBlocked, 'ACL', account)]);
    const lifted = changesBy('DeleteBucketPublicAccessBlock', { bucketName: 'mail' });
    expect(lifted.map(({ kind }) => kind)).toEqual([publicUnblocked, publicUnblocked]);
  });
});

describe('a copy', () => {
  it('is shared with accounts or with all', () => {
    const shared = (name: string, source: string, request: object) =>
      changesBy(name, request, { eventSource: `${source}.amazonaws.com` });
    const row = (target: string, cidr: string) => ({ kind: CHANGE_KIND.copyShared, target, host: '', cidr });
    const restore = { dBSnapshotIdentifier: 'mail-1', attributeName: 'restore' };
    expect(shared('ModifyDBSnapshotAttribute', 'rds', { ...restore, valuesToAdd: ['444455556666'] })).toEqual(
      [row('mail-1', '')],
    );
    expect(shared('ModifyDBSnapshotAttribute', 'rds', { ...restore, valuesToAdd: ['all'] })).toEqual([
      row('mail-1', '0.0.0.0/0'),
    ]);
    const disk = { snapshotId: 'snap-0123456789abcdef0', attributeType: 'CREATE_VOLUME_PERMISSION' };
    expect(
      shared('ModifySnapshotAttribute', 'ec2', {
        ...disk,
        createVolumePermission: { add: { items: [{ group: 'all' }] } },
      }),
    ).toEqual([row('snap-0123456789abcdef0', '0.0.0.0/0')]);
    const taken = { ...disk, createVolumePermission: { remove: { items: [{ group: 'all' }] } } };
    expect(shared('ModifySnapshotAttribute', 'ec2', taken).map(({ kind }) => kind)).toEqual([
      CHANGE_KIND.policyChanged,
    ]);
  });
});
