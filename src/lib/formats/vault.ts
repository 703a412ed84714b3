import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { isObject, portOf, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED: Wanted = {
  ...wantedAt('time', 'type', 'error', 'response'),
  auth: { ...wantedAt('display_name', 'entity_id'), metadata: { username: true } },
  request: wantedAt('operation', 'path', 'mount_type', 'remote_address', 'remote_port'),
};

/** `auth/<mount>/login`, with the user's name behind for some methods. */
const LOGIN = /^auth\/(.+?)\/(?:login|callback|oidc\/callback)(?:\/([^/]+))?$/;

/** What is about Vault itself, and not about what it keeps. A snapshot and the raw storage hold everything. */
const OF_ITSELF = /^(?:sys\/(?!raw\/|storage\/raft\/snapshot)|auth\/|identity\/)/;
/** Written to, and yet they answer with what was secret: plaintext, private keys, credentials. */
const ANSWERING =
  /\/(?:decrypt|rewrap|datakey\/plaintext|issue|sign|creds|sts|export)(?:\/|$)|^sys\/wrapping\/unwrap$/;

/** Kinds of change by path, the first that matches, for an operation that makes or changes and for one that deletes; undefined is none. */
const CHANGES: readonly [RegExp, number | undefined, number | undefined][] = [
  [/^sys\/audit\/([^/]+)/, CHANGE_KIND.loggingStarted, CHANGE_KIND.loggingStopped],
  [/^sys\/polic(?:y|ies\/\w+)\/(.+)$/, CHANGE_KIND.policyChanged, CHANGE_KIND.policyChanged],
  [/^sys\/(?:auth|mounts)\/(.+)$/, CHANGE_KIND.policyChanged, CHANGE_KIND.policyChanged],
  [/^sys\/(generate-root|rekey|rotate)\b/, CHANGE_KIND.credentialChanged, undefined],
  [/^auth\/token\/(create)/, CHANGE_KIND.keyCreated, undefined],
  [/^auth\/token\/(revoke)/, CHANGE_KIND.keyDeleted, undefined],
  [/^auth\/[^/]+\/role\/(.+)\/secret-id$/, CHANGE_KIND.keyCreated, CHANGE_KIND.keyDeleted],
  [/^auth\/[^/]+\/users\/(.+)\/password$/, CHANGE_KIND.credentialChanged, undefined],
  [/^auth\/[^/]+\/users\/(.+)\/policies$/, CHANGE_KIND.privilegeGranted, undefined],
  [/^auth\/[^/]+\/users\/([^/]+)$/, CHANGE_KIND.userCreated, CHANGE_KIND.userDeleted],
  [/^auth\/[^/]+\/(?:role|config|map)\b\/?(.*)$/, CHANGE_KIND.policyChanged, CHANGE_KIND.policyChanged],
];

/**
 * HashiCorp Vault's audit log ("Audit devices", developer.hashicorp.com/vault/docs/audit). Every request has an entry before it is carried out and
 * one with its response: only the latter is counted. Values are salted hashes there; paths, names and addresses are plain.
 */
class VaultParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const type = textAt(record, 'type');
    if (type !== 'response') {
      const isRequest = type === 'request';
      this.sink.skip(
        isRequest ? 'request (counts when it is answered)' : `entry of type ${type.slice(0, 40) || 'none'}`,
      );
      return null;
    }
    const time = timeOf(record['time']);
    if (Number.isNaN(time.us)) return noTime('time', '2024-03-10T12:00:00.123456789Z');
    const path = textAt(objectAt(record, 'request'), 'path');
    if (path === '') return 'there is no request.path, so it is not known what was asked for';
    this.rows.at(time.us, time.basis, offset, line);
    const login = LOGIN.exec(path);
    if (login) this.#login(record, login);
    else this.#request(record, path);
    return null;
  }

  #login(record: JsonObject, [, mount = '', named = '']: RegExpExecArray): void {
    const { address, port } = clientOf(record);
    const given = objectAt(objectAt(record, 'response'), 'auth');
    const isGiven = Object.keys(given).length > 0;
    this.rows.login({
      actor: address,
      actorPort: port,
      service: 'vault',
      user: named || textAt(objectAt(given, 'metadata'), 'username') || textAt(given, 'display_name'),
      method: /userpass|ldap|radius|okta/.test(mount)
        ? LOGIN_METHOD.password
        : /cert/.test(mount)
          ? LOGIN_METHOD.publickey
          : LOGIN_METHOD.token,
      // With a second factor still to come a token is only promised.
      outcome: isObject(given['mfa_requirement'])
        ? LOGIN_OUTCOME.unknown
        : isGiven && textAt(record, 'error') === ''
          ? LOGIN_OUTCOME.success
          : LOGIN_OUTCOME.failure,
    });
  }

  #request(record: JsonObject, path: string): void {
    const operation = textAt(objectAt(record, 'request'), 'operation');
    const { address, port } = clientOf(record);
    const verb = verbOf(operation, path, textAt(objectAt(record, 'request'), 'mount_type'));
    const outcome = outcomeOf(record, verb, path);
    const principal = principalOf(record);
    this.rows.query({
      actor: address,
      actorPort: port,
      principal,
      service: 'vault',
      verb,
      object: path.slice(0, MAX_FIELD_BYTES),
      outcome,
    });
    const change = changeOf(operation, path);
    if (change === undefined) return;
    this.rows.change({
      actor: address,
      principal,
      kind: change.kind,
      target: change.target,
      outcome: outcome === QUERY_OUTCOME.success ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      detail: `${operation} ${path}`.slice(0, MAX_FIELD_BYTES),
    });
  }
}

function clientOf(record: JsonObject): { readonly address: string; readonly port: number } {
  const request = objectAt(record, 'request');
  const { address, port } = splitEndpoint(textAt(request, 'remote_address'));
  return { address, port: port || portOf(request['remote_port']) };
}

/** A token has a display name (`userpass-bob`, `token`); behind that an identity's number. */
function principalOf(record: JsonObject): string {
  const auth = objectAt(record, 'auth');
  return textAt(objectAt(auth, 'metadata'), 'username') || firstText(auth, 'display_name', 'entity_id');
}

/** Keys of a key-value store may be called like what other engines do; older logs do not tell the engine. */
function verbOf(operation: string, path: string, engine: string): number {
  const isKept = engine === 'kv' || engine === 'generic' || /^[^/]+\/(?:meta)?data\//.test(path);
  if (!isKept && ANSWERING.test(path) && /^(?:read|create|update)$/.test(operation)) return QUERY_VERB.read;
  if (OF_ITSELF.test(path)) return QUERY_VERB.admin;
  switch (operation) {
    case 'read':
      return QUERY_VERB.read;
    case 'list':
      return QUERY_VERB.list;
    case 'create':
    case 'update':
    case 'patch':
      return QUERY_VERB.write;
    case 'delete':
      return QUERY_VERB.delete;
    default:
      return QUERY_VERB.admin;
  }
}

/** A read of what is not there has no error, and no response. A snapshot is sent past it. */
function outcomeOf(record: JsonObject, verb: number, path: string): number {
  const error = textAt(record, 'error');
  if (/permission denied|not authorized|invalid token|missing client token/i.test(error))
    return QUERY_OUTCOME.denied;
  const response = objectAt(record, 'response');
  if (error !== '' || objectAt(response, 'data')['error'] !== undefined) return QUERY_OUTCOME.error;
  const isRead = verb === QUERY_VERB.read || verb === QUERY_VERB.list;
  const isMissing = isRead && !path.startsWith('sys/') && Object.keys(response).length === 0;
  return isMissing ? QUERY_OUTCOME.error : QUERY_OUTCOME.success;
}

function changeOf(
  operation: string,
  path: string,
): { readonly kind: number; readonly target: string } | undefined {
  const isDeleted = operation === 'delete';
  if (!isDeleted && !/^(?:create|update|patch)$/.test(operation)) return undefined;
  for (const [pattern, made, deleted] of CHANGES) {
    const match = pattern.exec(path);
    if (!match) continue;
    const kind = isDeleted ? deleted : made;
    return kind === undefined ? undefined : { kind, target: match[1] || path };
  }
  return undefined;
}

function sniffVault(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('request') || !/"type"\s*:\s*"(?:request|response)"/.test(head.text)) return 0;
  return has('operation') && has('path') && (has('remote_address') || has('client_token')) ? 0.97 : 0;
}

export const vault: Format = {
  id: 'vault',
  label: 'HashiCorp Vault audit log',
  framing: 'json',
  splittable: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffVault,
  parser: (context) => new VaultParser(context, WANTED),
};
