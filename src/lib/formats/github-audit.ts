import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, textAt, type JsonObject } from './shared/json';
import { firstText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** Keys of an entry that are read. */
export const GITHUB_FIELDS = [
  ...['@timestamp', 'created_at', 'action', 'actor', 'actor_ip', 'user', 'user_agent', 'operation_type'],
  ...['repo', 'repository', 'org', 'business', 'team', 'name', 'visibility', 'permission', 'key'],
  ...['transport_protocol_name', 'programmatic_access_type', 'external_identity_nameid'],
  ...['request_method', 'url_path', 'status_code'],
] as const;
const WANTED = wantedAt(...GITHUB_FIELDS);

/** What was done to the data of a repository. */
const VERBS: ReadonlyMap<string, number> = new Map([
  ['git.clone', QUERY_VERB.read],
  ['git.fetch', QUERY_VERB.read],
  ['repo.download_zip', QUERY_VERB.read],
  ['git.push', QUERY_VERB.write],
  ['org.audit_log_export', QUERY_VERB.list],
  ['org.audit_log_git_event_export', QUERY_VERB.list],
  ['business.audit_log_export', QUERY_VERB.list],
]);

/** Calls of the API that answer with what a repository holds: the path stands for the object that was read. */
const OF_CONTENTS = /^\/repos\/[^/]+\/[^/]+\/(?:contents|tarball|zipball|readme|git\/(?:blobs|trees))\b/;

const LOGINS: ReadonlyMap<string, number> = new Map([
  ['user.login', LOGIN_OUTCOME.success],
  ['user.failed_login', LOGIN_OUTCOME.failure],
  ['user.logout', LOGIN_OUTCOME.sessionClosed],
  ['org.sso_response', LOGIN_OUTCOME.success],
  ['business.sso_response', LOGIN_OUTCOME.success],
]);

const KEYS =
  '(?:public_key|deploy_key|gpg_key|personal_access_token|oauth_(?:access|authorization|application)|integration(?:_installation)?|org_credential_authorization|ssh_certificate_authority)';

/** Kinds of change by the action, the first that matches ("Audit log events for your organization", docs.github.com). */
const CHANGES: readonly [RegExp, number][] = [
  [/^audit_log_streaming\.destroy$/, CHANGE_KIND.loggingStopped],
  [/^audit_log_streaming\.create$/, CHANGE_KIND.loggingStarted],
  [
    new RegExp(`^${KEYS}\\.(?:create|grant|access_granted|request_approved|generate_client_secret|verify)$`),
    CHANGE_KIND.keyCreated,
  ],
  [
    new RegExp(`^${KEYS}\\.(?:delete|destroy|revoke|access_revoked|remove_client_secret|unverify)$`),
    CHANGE_KIND.keyDeleted,
  ],
  [
    /^user\.(?:two_factor_\w+|forgot_password|change_password)$|_(?:secret|secrets)$|^hook\.config_changed$/,
    CHANGE_KIND.credentialChanged,
  ],
  [/^user\.(?:create|unsuspend)$/, CHANGE_KIND.userCreated],
  [/^user\.(?:delete|destroy|suspend)$/, CHANGE_KIND.userDeleted],
  [
    /\.(?:add|invite|promote|update)_?(?:\w*_)?(?:member|admin|owner|collaborator)\w*$/,
    CHANGE_KIND.privilegeGranted,
  ],
  [/^team\.(?:add_repository|update_repository_permission)$/, CHANGE_KIND.privilegeGranted],
  [/\.remove_(?:\w*_)?(?:member|admin|owner|collaborator|repository)\w*$/, CHANGE_KIND.privilegeRevoked],
  [
    /^(?:protected_branch|repository_ruleset|ip_allow_list\w*|hook|audit_log_streaming|secret_scanning\w*|repository_secret_scanning\w*)\.|^(?:org|business|enterprise|repo)\.(?:enable|disable|set|update|config|access|actions)\w*$/,
    CHANGE_KIND.policyChanged,
  ],
];

/** GitHub's audit log, of an organization or an enterprise, as its page and API export it and as it is streamed. */
class GithubAuditParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const action = textAt(record, 'action');
    if (action === '') return 'there is no action, so it is not known what was done';
    const at = [timeOf(record['@timestamp']), timeOf(record['created_at'])];
    const time = at.find(({ us }) => !Number.isNaN(us));
    if (!time) return noTime('@timestamp or created_at in milliseconds', '1710072000123');
    this.rows.at(time.us, time.basis, offset, line);
    if (!this.#login(record, action) && !this.#query(record, action) && !this.#change(record, action))
      this.sink.skip(`action ${action.slice(0, 60)}`);
    return null;
  }

  #login(record: JsonObject, action: string): boolean {
    const outcome = LOGINS.get(action);
    if (outcome === undefined) return false;
    this.rows.login({
      actor: textAt(record, 'actor_ip'),
      service: 'github',
      user: firstText(record, 'actor', 'user', 'external_identity_nameid'),
      method: action.endsWith('sso_response') ? LOGIN_METHOD.token : LOGIN_METHOD.unknown,
      outcome,
    });
    return true;
  }

  #query(record: JsonObject, action: string): boolean {
    const isCall = action === 'api.request';
    const path = textAt(record, 'url_path');
    const verb = isCall ? verbOfRequest(textAt(record, 'request_method'), path) : VERBS.get(action);
    if (verb === undefined) return false;
    const status = countOf(record['status_code'], 999, 0);
    const holder = holderOf(record);
    this.rows.query({
      actor: textAt(record, 'actor_ip'),
      principal: actorOf(record),
      service: 'github',
      host: holder,
      verb,
      object: (OF_CONTENTS.test(path) ? path : `${action} ${isCall ? path : holder}`.trim()).slice(
        0,
        MAX_FIELD_BYTES,
      ),
      status,
      outcome: status === 0 ? QUERY_OUTCOME.success : outcomeOfStatus(status),
      agent: textAt(record, 'user_agent'),
    });
    return true;
  }

  #change(record: JsonObject, action: string): boolean {
    const kind = changeOf(record, action);
    if (kind === undefined) return false;
    const details = ['repo', 'team', 'permission', 'visibility', 'programmatic_access_type']
      .map((name) => [name, textAt(record, name)] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${value}`);
    this.rows.change({
      actor: textAt(record, 'actor_ip'),
      principal: actorOf(record),
      kind,
      target: firstText(record, 'user', 'name', 'repo', 'repository', 'team', 'org', 'business'),
      outcome: CHANGE_OUTCOME.success,
      detail: [action, ...details].join(' ').slice(0, 600),
    });
    return true;
  }
}

/** A deploy key acts for nobody. */
function actorOf(record: JsonObject): string {
  return (
    firstText(record, 'actor', 'user', 'external_identity_nameid') ||
    textAt(record, 'programmatic_access_type')
  );
}

/** What holds the data: a repository (`owner/name`), else who owns them. */
function holderOf(record: JsonObject): string {
  return firstText(record, 'repo', 'repository', 'org', 'business');
}

/** `operation_type` says of the many other actions whether they change anything. */
function changeOf(record: JsonObject, action: string): number | undefined {
  const visibility = textAt(record, 'visibility');
  // A repository that anybody may read from now on.
  if (action === 'repo.access' && visibility === 'public') return CHANGE_KIND.privilegeGranted;
  const known = CHANGES.find(([pattern]) => pattern.test(action))?.[1];
  if (known !== undefined) return known;
  const operation = textAt(record, 'operation_type');
  const changes =
    operation === ''
      ? /\.(?:create|update|destroy|delete|rename|transfer|archived|unarchived)$/.test(action)
      : /^(?:create|modify|remove|transfer|restore)$/.test(operation);
  return changes ? CHANGE_KIND.other : undefined;
}

function sniffGithub(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('action') || !has('actor')) return 0;
  const isAction = /"action"\s*:\s*"[a-z_]+\.[a-z_]+"/.test(head.text.slice(0, 65_536));
  const isDated = has('@timestamp') || has('created_at');
  return isAction && isDated && (has('_document_id') || (has('org') && has('actor_id'))) ? 0.97 : 0;
}

export const githubAudit: Format = {
  id: 'github-audit',
  label: 'GitHub audit log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffGithub,
  parser: (context) => new GithubAuditParser(context, WANTED),
};
