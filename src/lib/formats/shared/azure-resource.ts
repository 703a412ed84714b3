import { QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import { splitEndpoint } from './endpoint';
import { outcomeOfStatus } from './http';
import { countOf, isObject, numberOf, textAt, type JsonObject } from './json';
import { firstText, objectAt, parseJsonText } from './json-fields';
import type { Wanted } from './json-wanted';
import type { QueryFields } from './row-writer';

// What Azure services log of requests for the data that they hold: Storage ("Monitoring data reference", learn.microsoft.com/azure/storage/blobs)
// and Key Vault ("Azure Key Vault logging", learn.microsoft.com/azure/key-vault/general/logging). A diagnostic setting delivers them with nested
// fields; Log Analytics keeps them as columns of StorageBlobLogs and its like, of AZKVAuditLogs or of AzureDiagnostics.

export type ResourceKind = 'storage' | 'vault';

const SCHEMAS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const CLAIMS = [
  `${SCHEMAS}/upn`,
  'upn',
  'unique_name',
  'appid',
  'oid',
  'http://schemas.microsoft.com/identity/claims/objectidentifier',
];
/** AzureDiagnostics makes one column of each claim. */
const CLAIM_COLUMNS = [
  'identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s',
  'identity_claim_upn_s',
  'identity_claim_unique_name_s',
  'identity_claim_appid_g',
  'identity_claim_oid_g',
];

const CALLER = ['callerIpAddress', 'CallerIpAddress', 'CallerIPAddress'];
const OPERATION = ['operationName', 'OperationName'];
const DURATION = ['durationMs', 'DurationMs'];
const CATEGORY = ['category', 'Category'];
const RESOURCE = ['resourceId', 'ResourceId', '_ResourceId'];
const STATUS = ['statusCode', 'StatusCode'];
const STATUS_TEXT = ['statusText', 'StatusText'];
const RESULT = ['resultSignature', 'ResultSignature', 'resultType', 'ResultType'];
const URI = ['uri', 'Uri'];

function listed(names: readonly string[]): Wanted {
  return Object.fromEntries(names.map((name) => [name, true]));
}

/** What `resourceKindOf` and `requestOf` look at in records that a diagnostic setting delivered. */
export const WANTED_OF_RESOURCE = {
  ...listed(['callerIpAddress', 'operationName', 'durationMs', 'category', 'resourceId']),
  ...listed(['statusCode', 'statusText', 'resultSignature', 'resultType', 'uri']),
  identity: {
    ...listed(['type', 'tokenHash']),
    claim: listed(CLAIMS),
    requester: listed(['upn', 'objectId', 'appId']),
  },
  properties: {
    ...listed(['accountName', 'objectKey', 'userAgentHeader', 'responseBodySize']),
    ...listed(['id', 'requestUri', 'clientInfo', 'httpStatusCode']),
  },
} satisfies Wanted;

/** The same of rows of Log Analytics' tables. */
export const WANTED_OF_TABLES: Wanted = {
  ...listed([...CALLER, ...OPERATION, ...DURATION, ...CATEGORY, ...RESOURCE]),
  ...listed([...STATUS, ...STATUS_TEXT, ...RESULT, ...URI, ...CLAIM_COLUMNS, 'Type', 'ResourceProvider']),
  ...listed(['AccountName', 'ObjectKey', 'AuthenticationType', 'AuthenticationHash', 'UserAgentHeader']),
  ...listed(['RequesterUpn', 'RequesterObjectId', 'RequesterAppId', 'ResponseBodySize']),
  ...listed(['HttpStatusCode', 'Id', 'RequestUri', 'ClientInfo', 'Identity']),
  ...listed(['httpStatusCode_d', 'id_s', 'requestUri_s', 'clientInfo_s']),
};

/** Whose request a record tells of; undefined where it is of another kind. */
export function resourceKindOf(record: JsonObject): ResourceKind | undefined {
  const category = firstText(record, ...CATEGORY);
  const table = textAt(record, 'Type');
  if (/^Storage(?:Read|Write|Delete)$/.test(category) || /^Storage(?:Blob|File|Queue|Table)Logs$/.test(table))
    return 'storage';
  if (table === 'AZKVAuditLogs') return 'vault';
  const provider = textAt(record, 'ResourceProvider') || firstText(record, ...RESOURCE);
  return category === 'AuditEvent' && /microsoft\.keyvault/i.test(provider) ? 'vault' : undefined;
}

/** The row of a request. Empty texts where the record says nothing; undefined where it does not say what was asked for. */
export function requestOf(record: JsonObject, kind: ResourceKind): QueryFields | undefined {
  const operation = firstText(record, ...OPERATION);
  if (operation === '') return undefined;
  const { address, port } = splitEndpoint(firstText(record, ...CALLER));
  const milliseconds = numberOf(firstText(record, ...DURATION));
  const common = {
    actor: address,
    actorPort: port,
    durationUs: milliseconds >= 0 && milliseconds < 1e12 ? Math.round(milliseconds * 1000) : Number.NaN,
  };
  return kind === 'storage'
    ? { ...common, ...storageRequest(record, operation) }
    : { ...common, ...vaultRequest(record, operation) };
}

/** Operations that return what a blob, file, message or entity holds ("Storage Analytics logged operations", learn.microsoft.com/rest/api/storageservices). */
const STORAGE_READS =
  /^(?:Get(?:Blob|File|Messages?|Range)|Query(?:Blob|Entit|File)\w*|Read\w*|Peek\w*|Copy\w*Source)$/;
/** Of these the object's key says it all; others stand before it. */
const WHOLE_READS = /^(?:GetBlob|GetFile|ReadFile|Read)$/;
const STORAGE_ADMIN = /(?:Acl|ACL|Properties|Policy|Permission|Permissions|AccessControl)$/;

function storageRequest(record: JsonObject, operation: string): QueryFields {
  const properties = objectAt(record, 'properties');
  const uri = uriOf(firstText(record, ...URI));
  const account =
    textAt(properties, 'accountName') ||
    textAt(record, 'AccountName') ||
    partOf(firstText(record, ...RESOURCE), 'storageAccounts') ||
    uri.host.replace(/\..*/, '');
  // Log Analytics and older records put the key in quotes.
  const given = firstText(properties, 'objectKey') || textAt(record, 'ObjectKey');
  const key = given.replace(/^"|"$/g, '') || `${account}${uri.path}`;
  const held = key.replace(/^\/|\/$/g, '');
  const status = countOf(firstText(record, ...STATUS), 999, 0);
  const size = firstText(properties, 'responseBodySize') || textAt(record, 'ResponseBodySize');
  return {
    principal: storagePrincipal(record),
    service: 'azure-storage',
    host: account,
    verb: storageVerb(record, operation),
    object: WHOLE_READS.test(operation) && held.includes('/') ? held : `${operation} ${held}`,
    status,
    outcome: storageOutcome(firstText(record, ...STATUS_TEXT), status),
    bytesReturned: size === '' ? Number.NaN : numberOf(size),
    agent: textAt(properties, 'userAgentHeader') || textAt(record, 'UserAgentHeader'),
  };
}

function storageVerb(record: JsonObject, operation: string): number {
  if (STORAGE_READS.test(operation)) return QUERY_VERB.read;
  const category = firstText(record, ...CATEGORY);
  if (category === 'StorageDelete' || /^(?:Delete|Clear)/.test(operation)) return QUERY_VERB.delete;
  if (category === 'StorageRead' || /^(?:Get|List|Query)/.test(operation)) return QUERY_VERB.list;
  return STORAGE_ADMIN.test(operation) ? QUERY_VERB.admin : QUERY_VERB.write;
}

/** `Success`, `SASSuccess`, `AnonymousSuccess`; a refusal may have the status 404, so that nobody learns what is there. */
function storageOutcome(text: string, status: number): number {
  if (/Success$/i.test(text)) return QUERY_OUTCOME.success;
  if (/authori[sz]ation|authentication|permission|forbidden|access_?denied|notpermitted/i.test(text))
    return QUERY_OUTCOME.denied;
  if (status === 0) return text === '' ? QUERY_OUTCOME.unknown : QUERY_OUTCOME.error;
  return outcomeOfStatus(status);
}

/**
 * Who asked: a user or application; else the key or token that was shown, since that is what has to be changed. `tokenHash` is
 * `key1(hash)`, `key1(hash),SasSignature(hash)` or the hash of an OAuth token.
 */
function storagePrincipal(record: JsonObject): string {
  const identity = objectAt(record, 'identity');
  const requester = objectAt(identity, 'requester');
  const who =
    firstText(requester, 'upn', 'objectId', 'appId') ||
    firstText(record, 'RequesterUpn', 'RequesterObjectId', 'RequesterAppId');
  if (who !== '') return who;
  const type = textAt(identity, 'type') || textAt(record, 'AuthenticationType');
  if (/^anonymous$/i.test(type)) return 'anonymous';
  const hash = textAt(identity, 'tokenHash') || textAt(record, 'AuthenticationHash');
  const key = /^([\w-]{1,40})\(/.exec(hash)?.[1] ?? '';
  const signature = /SasSignature\((\w{1,12})/i.exec(hash)?.[1] ?? '';
  return [type, key, signature === '' ? '' : `signature ${signature}`]
    .filter((part) => part !== '')
    .join(' ');
}

function vaultRequest(record: JsonObject, operation: string): QueryFields {
  const properties = objectAt(record, 'properties');
  const uri = uriOf(
    firstText(properties, 'id', 'requestUri') ||
      firstText(record, 'Id', 'id_s', 'RequestUri', 'requestUri_s'),
  );
  const resource = firstText(record, ...RESOURCE);
  const vault = uri.host.includes('.')
    ? uri.host.replace(/\..*/, '')
    : partOf(resource, 'vaults') || partOf(resource, 'managedHSMs');
  const status = countOf(
    firstText(properties, 'httpStatusCode') || firstText(record, 'HttpStatusCode', 'httpStatusCode_d'),
    999,
    0,
  );
  // Management calls come with a path of the resource manager, which names the vault once more.
  const path = /^\/subscriptions\//i.test(uri.path) ? '' : uri.path.replace(/^\/|\/$/g, '');
  return {
    principal: vaultPrincipal(record),
    service: 'azure-key-vault',
    // Names of vaults are told in capitals in one place and not in another.
    host: vault.toLowerCase(),
    verb: vaultVerb(operation),
    object: `${operation} ${path === '' ? vault.toLowerCase() : path}`.trim(),
    status,
    outcome: status === 0 ? vaultOutcome(firstText(record, ...RESULT)) : outcomeOfStatus(status),
    agent: textAt(properties, 'clientInfo') || firstText(record, 'ClientInfo', 'clientInfo_s'),
  };
}

function vaultVerb(operation: string): number {
  if (operation === 'Authentication') return QUERY_VERB.auth;
  if (/^Vault(?:Put|Patch|Create|Update|AccessPolicy)/.test(operation)) return QUERY_VERB.admin;
  if (/(?:Delete|Purge)$/.test(operation)) return QUERY_VERB.delete;
  if (/^(?:Secret|Sas\w*)Get$|(?:Backup|Release|Decrypt|Unwrap|Sign)$/.test(operation))
    return QUERY_VERB.read;
  // Of keys and certificates the public part is got.
  if (/Get|List|Verify|Encrypt|Wrap/.test(operation)) return QUERY_VERB.list;
  return /Set|Create|Import|Update|Restore|Recover|Rotate|Merge|Patch|Put/.test(operation)
    ? QUERY_VERB.write
    : QUERY_VERB.unknown;
}

/** A refused request has the result type `Success` all the same: the signature comes first. */
function vaultOutcome(result: string): number {
  if (/^(?:OK|Created|Accepted|No ?Content|Success\w*)$/i.test(result)) return QUERY_OUTCOME.success;
  if (/unauthori[sz]ed|forbidden|denied/i.test(result)) return QUERY_OUTCOME.denied;
  return result === '' ? QUERY_OUTCOME.unknown : QUERY_OUTCOME.error;
}

function vaultPrincipal(record: JsonObject): string {
  const columns = firstText(record, ...CLAIM_COLUMNS);
  if (columns !== '') return columns;
  const named = record['Identity'];
  const identity = isObject(named)
    ? named
    : typeof named === 'string'
      ? (parseJsonText(named) ?? {})
      : objectAt(record, 'identity');
  return firstText(objectAt(identity, 'claim'), ...CLAIMS);
}

/** Host and path of a URI without its query, which may hold a signature; of a bare path the path. */
function uriOf(text: string): { readonly host: string; readonly path: string } {
  const match = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#:]*)(?::\d+)?)?([^?#]*)/i.exec(text);
  return { host: match?.[1] ?? '', path: match?.[2] ?? '' };
}

/** The name behind `/kind/` in the identifier of a resource. */
function partOf(resource: string, kind: string): string {
  const parts = resource.split('/');
  const at = parts.findIndex((part) => part.toLowerCase() === kind.toLowerCase());
  return at === -1 ? '' : (parts[at + 1] ?? '');
}
