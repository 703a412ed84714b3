import { CHANGE_KIND } from '../../tables/schemas';
import { targetOf, type AwsEvent } from './aws-events';
import { isObject, textAt, textOf, type JsonObject } from './json';
import { arrayAt, objectAt, objectsAt, parseJsonText } from './json-fields';

/** What a call changes of who may read without being named: who is let in, and by which of the bucket's levers. */
export interface PublicChange {
  readonly kind: number;
  /** The lever: `policy of mail`, `ACL of mail/keys.csv`. A block has the name of what it overrules, less the object's key. */
  readonly target: string;
  readonly host: string;
  /** Network that is let in, where it is. */
  readonly cidr: string;
  readonly more: string;
}

export const ANYONE = '0.0.0.0/0';
const MAX_NETWORKS = 50;

const lists = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
const texts = (value: unknown): string[] => lists(value).map(textOf);

/**
 * Changes of public access to buckets ("Bucket policies", "Access control list (ACL) overview" and "Blocking public access to your Amazon S3
 * storage", docs.aws.amazon.com/AmazonS3) and copies of disks, images and databases that were shared; empty for other calls.
 */
export function publicChanges(event: AwsEvent): PublicChange[] {
  if (event.service === 's3' || event.service === 's3control') return bucketChanges(event);
  return sharedWith(event).map((who) => ({
    kind: CHANGE_KIND.copyShared,
    target: targetOf(event),
    host: '',
    cidr: who === 'all' ? ANYONE : '',
    more: who === 'all' ? 'shared with everyone' : `shared with account ${who}`,
  }));
}

function bucketChanges({ name, request, holder }: AwsEvent): PublicChange[] {
  const change = (kind: number, lever: string, cidr = '', more = ''): PublicChange => ({
    ...{ kind, target: `${lever} of ${holder}`, host: holder, cidr, more },
  });
  if (holder === '') return [];
  const key = textAt(request, 'key');
  switch (name) {
    case 'PutBucketPolicy': {
      const networks = networksOfPolicy(policyIn(request));
      if (networks.length === 0) return [change(CHANGE_KIND.publicRevoked, 'policy')];
      return networks.map((cidr) => change(CHANGE_KIND.publicGranted, 'policy', cidr));
    }
    case 'DeleteBucketPolicy':
      return [change(CHANGE_KIND.publicRevoked, 'policy')];
    case 'CreateBucket':
    case 'PutBucketAcl': {
      const who = granteesOf(request);
      if (who !== '') return [change(CHANGE_KIND.publicGranted, 'ACL', ANYONE, who)];
      return name === 'PutBucketAcl' ? [change(CHANGE_KIND.publicRevoked, 'ACL')] : [];
    }
    case 'PutObject':
    case 'PutObjectAcl': {
      const who = granteesOf(request);
      const target = `ACL of ${holder}/${key}`;
      if (who !== '') return [{ ...change(CHANGE_KIND.publicGranted, 'ACL', ANYONE, who), target }];
      return name === 'PutObjectAcl' ? [{ ...change(CHANGE_KIND.publicRevoked, 'ACL'), target }] : [];
    }
    case 'DeleteBucket':
      return [change(CHANGE_KIND.publicRevoked, 'policy'), change(CHANGE_KIND.publicRevoked, 'ACL')];
    case 'PutBucketPublicAccessBlock':
    case 'PutPublicAccessBlock':
    case 'PutAccountPublicAccessBlock': {
      const block = objectAt(request, 'PublicAccessBlockConfiguration');
      const isOn = (setting: string): boolean => textAt(block, setting) === 'true';
      const kindOf = (setting: string): number =>
        isOn(setting) ? CHANGE_KIND.publicBlocked : CHANGE_KIND.publicUnblocked;
      return [change(kindOf('RestrictPublicBuckets'), 'policy'), change(kindOf('IgnorePublicAcls'), 'ACL')];
    }
    case 'DeleteBucketPublicAccessBlock':
    case 'DeletePublicAccessBlock':
    case 'DeleteAccountPublicAccessBlock':
      return [change(CHANGE_KIND.publicUnblocked, 'policy'), change(CHANGE_KIND.publicUnblocked, 'ACL')];
    default:
      return [];
  }
}

function policyIn(request: JsonObject): JsonObject {
  const policy = request['bucketPolicy'];
  return isObject(policy) ? policy : (parseJsonText(textOf(policy)) ?? {});
}

/** Actions that give out objects or their names. */
const READS =
  /^(?:\*|s3:(?:\*|[GL]\w*\*|Get\*|Get(?:Object(?:Version)?\*?)|List(?:Bucket(?:Versions)?\*?)))$/i;
/** Keys whose fixed values keep strangers out ("The meaning of public", docs.aws.amazon.com/AmazonS3). */
const RESTRICTING =
  /^(?:aws:(?:SourceVpce|SourceVpc|VpcSourceIp|SourceArn|SourceAccount|SourceOwner|SourceOrgID|SourceOrgPaths|PrincipalOrgID|PrincipalOrgPaths|PrincipalArn|PrincipalAccount|userid|CalledVia\w*|ViaAWSService)|s3:DataAccessPoint(?:Account|Arn))$/i;

const IS_NETWORK = /^aws:SourceIp$/i;

function asNetwork(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}

/** Networks whose callers the policy lets read without being named; 0.0.0.0/0: any; empty: none. */
function networksOfPolicy(policy: JsonObject): string[] {
  const statements = lists(policy['Statement']).filter(isObject);
  let limit: string[] | null = null;
  for (const statement of statements) {
    if (textAt(statement, 'Effect') !== 'Deny' || !isAnyone(statement['Principal'])) continue;
    if (!texts(statement['Action']).some((action) => /^(?:\*|s3:\*)$/.test(action) || READS.test(action)))
      continue;
    const conditions = conditionsOf(statement);
    // Refused is who fits none of what is listed: strangers then come from the networks in it alone.
    if (
      !conditions.every(
        ({ operator, key }) => /Not/.test(operator) && (IS_NETWORK.test(key) || RESTRICTING.test(key)),
      )
    )
      continue;
    limit = conditions
      .filter(({ key }) => IS_NETWORK.test(key))
      .flatMap(({ values }) => values.map(asNetwork));
  }
  const networks = new Set<string>();
  for (const statement of statements) {
    if (textAt(statement, 'Effect') !== 'Allow') continue;
    if (!isAnyone(statement['Principal']) && statement['NotPrincipal'] === undefined) continue;
    const reads = texts(statement['Action']).some((action) => READS.test(action));
    if (!reads && statement['NotAction'] === undefined) continue;
    for (const network of networksOf(conditionsOf(statement))) networks.add(network);
  }
  if (limit && networks.size > 0) return limit.slice(0, MAX_NETWORKS);
  return networks.has(ANYONE) ? [ANYONE] : [...networks].slice(0, MAX_NETWORKS);
}

function isAnyone(principal: unknown): boolean {
  if (principal === '*') return true;
  return isObject(principal) && texts(principal['AWS']).includes('*');
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: string[];
}

function conditionsOf(statement: JsonObject): Condition[] {
  const all = objectAt(statement, 'Condition');
  return Object.entries(all).flatMap(([operator, keys]) =>
    isObject(keys)
      ? Object.entries(keys).map(([key, values]) => ({ operator, key, values: texts(values) }))
      : [],
  );
}

/** All conditions must hold: one that names who may come leaves nobody else, one of networks leaves those. */
function networksOf(conditions: readonly Condition[]): readonly string[] {
  let networks: readonly string[] = [ANYONE];
  for (const { operator, key, values } of conditions) {
    if (/Not|IfExists$|^Null$/.test(operator)) continue;
    if (IS_NETWORK.test(key)) networks = values.map(asNetwork);
    else if (RESTRICTING.test(key) && !values.includes('*')) return [];
  }
  return networks;
}

const GROUPS = /\/groups\/global\/(AllUsers|AuthenticatedUsers)/;

/** Whom an access list lets read beyond those it names: `READ for anyone`; empty: nobody. */
function granteesOf(request: JsonObject): string {
  const canned = texts(request['x-amz-acl']).concat(texts(request['acl'])).join(' ');
  if (/public-read/.test(canned)) return `${canned.trim()} for anyone`;
  if (/authenticated-read/.test(canned)) return 'authenticated-read for any AWS account';
  const list = objectAt(objectAt(request, 'AccessControlPolicy'), 'AccessControlList');
  const grants = lists(list['Grant'])
    .filter(isObject)
    .map((grant) => ({
      uri: textAt(objectAt(grant, 'Grantee'), 'URI'),
      permission: textAt(grant, 'Permission'),
    }));
  for (const header of ['x-amz-grant-read', 'x-amz-grant-full-control'])
    for (const uri of texts(request[header])) grants.push({ uri, permission: 'READ' });
  const told = grants.find(
    ({ uri, permission }) => GROUPS.test(uri) && /^(?:READ|FULL_CONTROL)$/.test(permission),
  );
  if (!told) return '';
  return `${told.permission} for ${told.uri.endsWith('AllUsers') ? 'anyone' : 'any AWS account'}`;
}

/** Accounts that a disk's, image's or database's copy is shared with; `all`: everyone ("ModifySnapshotAttribute", "ModifyDBSnapshotAttribute"). */
function sharedWith({ name, request }: AwsEvent): string[] {
  if (/^ModifyDB(?:Cluster)?SnapshotAttribute$/.test(name))
    return arrayAt(request, 'valuesToAdd').map(textOf);
  const part = {
    ModifySnapshotAttribute: 'createVolumePermission',
    ModifyImageAttribute: 'launchPermission',
  }[name];
  if (part === undefined) return [];
  const added = objectAt(objectAt(request, part), 'add');
  return objectsAt(added, 'items')
    .map((item) => textAt(item, 'group') || textAt(item, 'userId'))
    .filter((who) => who !== '');
}
