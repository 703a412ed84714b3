import { LOGIN_METHOD, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import { asArray, textOf, valueAt, type JsonObject } from './json';
import { arrayAt } from './json-fields';

/** QUERY_VERB of a privilege name (`indices:data/read/search`); names from Elasticsearch's and OpenSearch's privilege references. */
export function verbOfAction(action: string): number {
  if (/^indices:data\/read\//.test(action)) return QUERY_VERB.read;
  if (
    /^indices:data\/write\/(?:delete|.*byquery.*delete)|^indices:admin\/(?:data_stream\/)?delete/.test(action)
  )
    return QUERY_VERB.delete;
  if (/^indices:data\/write\//.test(action)) return QUERY_VERB.write;
  // Health, version and statistics say that a store is there and how large it is, and return nothing that it holds: every bot asks
  // for them. Counting them as reads would call each exposed store queried.
  if (/^(?:indices|cluster):monitor\//.test(action)) return QUERY_VERB.unknown;
  if (/authenticate$/.test(action)) return QUERY_VERB.auth;
  return /^(?:indices|cluster|internal):/.test(action) ? QUERY_VERB.admin : QUERY_VERB.unknown;
}

/** One audit event, whichever version and product wrote it. */
export interface AuditEvent {
  /** `access_granted`, `authentication_failed`, … */
  readonly action: string;
  readonly user: string;
  readonly origin: string;
  readonly host: string;
  /** Privilege asked for: `indices:data/read/search`. */
  readonly privilege: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly indices: readonly string[];
  readonly isTransport: boolean;
  readonly authentication: string;
  readonly key: string;
}

export const HOSTS = ['node.name', 'host.name', 'host.ip', 'node.id', 'elasticsearch.node.name'];

export function elasticEvent(record: JsonObject): AuditEvent {
  const get = (path: string): string => textOf(valueAt(record, path));
  const originType = get('origin.type');
  return {
    action: get('event.action'),
    user: get('user.name') || get('user.run_as.name'),
    origin: get('origin.address'),
    host: hostOf(record),
    privilege: get('action'),
    path: get('url.path'),
    httpMethod: get('request.method'),
    indices: arrayAt(record, 'indices')
      .map(textOf)
      .filter((name) => name !== ''),
    isTransport: originType === 'transport' || originType === 'local_node',
    authentication: get('authentication.type') || get('realm') || get('user.realm'),
    key: get('apikey.id'),
  };
}

/** OpenSearch's security plugin (and Open Distro, Search Guard): `audit_category` and its own field names. */
const OPENSEARCH_ACTIONS: Readonly<Record<string, string>> = {
  FAILED_LOGIN: 'authentication_failed',
  AUTHENTICATED: 'authentication_success',
  GRANTED_PRIVILEGES: 'access_granted',
  MISSING_PRIVILEGES: 'access_denied',
  OPENDISTRO_SECURITY_INDEX_ATTEMPT: 'access_denied',
  OPENSEARCH_SECURITY_INDEX_ATTEMPT: 'access_denied',
  INDEX_EVENT: 'access_granted',
  COMPLIANCE_DOC_READ: 'access_granted',
  COMPLIANCE_DOC_WRITE: 'access_granted',
  BAD_HEADERS: 'tampered_request',
  SSL_EXCEPTION: 'tampered_request',
};

export function openSearchEvent(record: JsonObject): AuditEvent {
  const get = (name: string): string => textOf(record[name]);
  const category = get('audit_category');
  const indices = arrayAt(record, 'audit_trace_resolved_indices');
  const named = indices.length > 0 ? indices : arrayAt(record, 'audit_trace_indices');
  const compliance = category.startsWith('COMPLIANCE_DOC')
    ? category.endsWith('READ')
      ? 'indices:data/read/get'
      : 'indices:data/write/index'
    : '';
  return {
    action: OPENSEARCH_ACTIONS[category] ?? category.toLowerCase(),
    user: get('audit_request_effective_user') || get('audit_request_initiating_user'),
    origin: get('audit_request_remote_address'),
    host: get('audit_node_name') || get('audit_node_host_name') || get('audit_node_host_address'),
    privilege: get('audit_request_privilege') || compliance,
    path: get('audit_rest_request_path'),
    httpMethod: get('audit_rest_request_method'),
    indices: named.map(textOf).filter((name) => name !== ''),
    isTransport: get('audit_request_layer') === 'TRANSPORT' && get('audit_request_origin') === 'TRANSPORT',
    authentication: '',
    key: '',
  };
}

export function hostOf(record: JsonObject): string {
  for (const path of HOSTS) {
    const value = valueAt(record, path);
    const text = textOf(value) || textOf(asArray(value)[0]);
    if (text !== '') return text;
  }
  return '';
}

export function methodOf(authentication: string): number {
  if (authentication === '') return LOGIN_METHOD.unknown;
  if (/api_?key|token|jwt|oidc|saml/i.test(authentication)) return LOGIN_METHOD.token;
  if (/kerberos/i.test(authentication)) return LOGIN_METHOD.kerberos;
  if (/anonymous/i.test(authentication)) return LOGIN_METHOD.none;
  if (/^pki/i.test(authentication)) return LOGIN_METHOD.publickey;
  if (/^__|internal/i.test(authentication)) return LOGIN_METHOD.other;
  return LOGIN_METHOD.password;
}

export function outcomeOf(action: string): number {
  if (/denied$/.test(action)) return QUERY_OUTCOME.denied;
  if (/granted$|success$/.test(action)) return QUERY_OUTCOME.success;
  return QUERY_OUTCOME.error;
}
