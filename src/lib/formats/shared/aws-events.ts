import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import { isObject, textAt, textOf, type JsonObject } from './json';
import { arrayAt, firstText, objectAt, objectsAt } from './json-fields';

const READING_NAMES =
  /^(?:Get|List|Describe|Head|Lookup|Search|BatchGet|Query|Scan|Select|Download|View|Check|Read|Filter|StartQuery|Decrypt|GenerateDataKey|Discover|Simulate|Preview|Estimate|Verify|Validate|Test|Poll|Receive)/;

const DENIED =
  /AccessDenied|Unauthorized|Forbidden|NotAuthorized|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|ExpiredToken|AuthorizationError/i;

/** Request parameters that name what an event is about, the most telling first. */
const TARGET_KEYS = [
  'groupId',
  'groupIds',
  'networkAclId',
  'userName',
  'roleName',
  'keyName',
  'bucketName',
  'functionName',
  'instanceId',
  'networkInterfaceId',
  'name',
  'trailName',
  'secretId',
  'policyArn',
  'policyName',
  'groupName',
  'dBInstanceIdentifier',
  'dBSnapshotIdentifier',
  'dBClusterIdentifier',
  'instanceProfileName',
  'snapshotId',
  'imageId',
  'detectorId',
  'logGroupName',
  'flowLogIds',
  'keyId',
  'resourceArn',
  'arn',
  'id',
];

/** Request parameters that name what was read, where no bucket does. */
export const OBJECT_KEYS = [
  'secretId',
  'tableName',
  'functionName',
  'roleArn',
  'name',
  'keyId',
  'userName',
  'roleName',
  'policyArn',
  'instanceId',
  'logGroupName',
  'trailName',
  'path',
];
export interface AwsEvent {
  readonly record: JsonObject;
  readonly name: string;
  /** `s3` for `s3.amazonaws.com`. */
  readonly service: string;
  readonly request: JsonObject;
  readonly response: JsonObject;
  readonly principal: string;
  readonly accessKey: string;
  readonly actor: string;
  readonly agent: string;
  readonly errorCode: string;
  /** The bucket that an S3 call is about, otherwise the account: what holds the data that was asked for. */
  readonly holder: string;
  /** The same with all of its fields. */
  readonly whole: () => AwsEvent;
}

export function eventOf(record: JsonObject, name: string, whole: () => AwsEvent): AwsEvent {
  const identity = objectAt(record, 'userIdentity');
  const service = textAt(record, 'eventSource').replace(/\.amazonaws\.com$/, '');
  const request = objectAt(record, 'requestParameters');
  return {
    record,
    name,
    service,
    request,
    holder: holderOf(record, identity, service, request),
    response: objectAt(record, 'responseElements'),
    principal: principalOf(identity),
    accessKey: textAt(identity, 'accessKeyId'),
    actor: textAt(record, 'sourceIPAddress'),
    agent: textAt(record, 'userAgent'),
    errorCode: textAt(record, 'errorCode'),
    whole,
  };
}

function holderOf(record: JsonObject, identity: JsonObject, service: string, request: JsonObject): string {
  const bucket = service === 's3' ? textAt(request, 'bucketName') : '';
  if (bucket !== '') return bucket;
  const account = textAt(record, 'recipientAccountId') || textAt(identity, 'accountId');
  return /^\d{12}$/.test(account) ? `AWS account ${account}` : '';
}

/** `alice`, `root`, `Role/session`, a service's name, an account; the access key only where nothing else names the caller. */
function principalOf(identity: JsonObject): string {
  const type = textAt(identity, 'type');
  const session = /:assumed-role\/(.+)$/.exec(textAt(identity, 'arn'))?.[1];
  if (session !== undefined) return session;
  if (type === 'Root') return 'root';
  if (type === 'AWSService') return firstText(identity, 'invokedBy', 'principalId');
  const federated = /:federated-user\/(.+)$/.exec(textAt(identity, 'arn'))?.[1];
  if (federated !== undefined) return federated;
  const issuer = textAt(objectAt(objectAt(identity, 'sessionContext'), 'sessionIssuer'), 'userName');
  const named = firstText(identity, 'userName') || issuer;
  if (named !== '') return named;
  const account = textAt(identity, 'accountId');
  if (/anonymous/i.test(account)) return 'anonymous';
  return firstText(identity, 'invokedBy', 'principalId', 'arn', 'accountId', 'accessKeyId');
}

/** Whom a call to STS makes of its caller, named as `principal` is in that one's own calls: `Role/session`, a federated user. Empty for other calls. */
export function becameOf({ name, request }: AwsEvent): string {
  if (name === 'GetFederationToken') return textAt(request, 'name');
  const role = /:role\/(?:.*\/)?([^/]+)$/.exec(textAt(request, 'roleArn'))?.[1] ?? '';
  const session = textAt(request, 'roleSessionName');
  return role === '' || session === '' ? role : `${role}/${session}`;
}

export function isReading(event: AwsEvent): boolean {
  const readOnly = event.record['readOnly'];
  return (
    readOnly === true || readOnly === 'true' || (readOnly === undefined && READING_NAMES.test(event.name))
  );
}

/** Operations on the data that a service holds, whatever they do; operations on the service itself are changes. */
export function isDataEvent(event: AwsEvent): boolean {
  return textAt(event.record, 'eventCategory') === 'Data' || event.record['managementEvent'] === false;
}

export function verbOf(event: AwsEvent): number {
  const { name } = event;
  if (/^(?:List|Describe|Head|Lookup|Search)/.test(name)) return QUERY_VERB.list;
  if (READING_NAMES.test(name) || /^(?:ExecuteStatement|BatchExecuteStatement)$/.test(name))
    return QUERY_VERB.read;
  if (/^(?:BatchDelete|Delete|Abort)/.test(name)) return QUERY_VERB.delete;
  return isReading(event) ? QUERY_VERB.read : QUERY_VERB.write;
}

export function outcomeOf(event: AwsEvent): number {
  if (event.errorCode === '') return QUERY_OUTCOME.success;
  return DENIED.test(event.errorCode) ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error;
}

/** Calls on an object itself; those on its access list, tags and the like keep their name before it. */
const OBJECT_CALLS =
  /^(?:(?:Get|Head|Put|Delete|Copy|Restore)Object|ListObjects(?:V2)?|ListObjectVersions|SelectObjectContent|GetObjectTorrent|\w*MultipartUpload|UploadPart(?:Copy)?)$/;

/** What was asked for: `bucket/key`, a table, a secret; for a description of things, the call's own name. */
export function objectOf(event: AwsEvent): string {
  const { request, name } = event;
  const bucket = textAt(request, 'bucketName');
  if (bucket !== '') {
    const key = firstText(request, 'key', 'prefix');
    if (key === '') return `${name} ${bucket}`;
    return OBJECT_CALLS.test(name) ? `${bucket}/${key}` : `${name} ${bucket}/${key}`;
  }
  const told = firstText(request, ...OBJECT_KEYS) || listedIn(event.whole());
  return `${name} ${told}`.trim();
}

/** The most that one call asks for (`BatchGetSecretValue`). */
const MAX_LISTED = 20;

/** Parameters and secrets that are asked for several at once, each by its name; else the first of the resources. */
function listedIn({ record, request }: AwsEvent): string {
  const names = ['names', 'secretIdList'].flatMap((key) => arrayAt(request, key).map(textOf));
  return names.slice(0, MAX_LISTED).join(' ') || targetFromResources(record);
}

function targetFromResources(record: JsonObject): string {
  return firstText(objectsAt(record, 'resources')[0] ?? {}, 'ARN', 'arn');
}

/** Ids of what EC2 has: instances, volumes, networks and what routes between them ("Resource IDs", Amazon EC2 User Guide). */
const EC2_IDS =
  /\b(?:i|fl|sg|sgr|eni|vol|acl|ami|snap|vpc|vpce|subnet|rtb|igw|eigw|nat|eipalloc|pcx|tgw|vgw|lt)-[0-9a-f]{8,17}\b/g;

/** Several targets of one event are told together, a bounded number of them. */
const MAX_TARGETS = 8;

export function targetOf(event: AwsEvent): string {
  for (const source of [event.request, event.response]) {
    for (const key of TARGET_KEYS) {
      const text = textsUnder(source[key]).join(' ');
      if (text !== '') return text;
    }
    const ids = (JSON.stringify(source).match(EC2_IDS) ?? []).slice(0, MAX_TARGETS);
    if (ids.length > 0) return [...new Set(ids)].join(' ');
  }
  return targetFromResources(event.record);
}

function textsUnder(value: unknown): string[] {
  const items =
    isObject(value) && Array.isArray(value['items'])
      ? value['items']
      : Array.isArray(value)
        ? value
        : [value];
  return items
    .map(textOf)
    .filter((text) => text !== '')
    .slice(0, MAX_TARGETS);
}

export function detailOf(event: AwsEvent, more: string): string {
  const { request, response } = event;
  const created = textAt(objectAt(response, 'accessKey'), 'accessKeyId');
  const parts = [
    event.name,
    more,
    firstText(request, 'policyArn', 'policyName', 'groupName', 'documentName'),
    created || textAt(request, 'accessKeyId'),
    event.errorCode === '' ? '' : `failed: ${event.errorCode}`,
    event.accessKey === '' ? '' : `with key ${event.accessKey}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
