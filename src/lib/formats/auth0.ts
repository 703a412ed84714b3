import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const EVENT: Wanted = {
  ...wantedAt('date', 'type', 'description', 'connection', 'client_name', 'client_id', 'ip', 'user_agent'),
  ...wantedAt('user_name', 'user_id', 'hostname'),
  details: { request: wantedAt('method', 'path') },
};
const WANTED: Wanted = { ...EVENT, data: EVENT };

const { password, token, mfa, unknown } = LOGIN_METHOD;
const { success, failure, invalidUser, maxAttempts, sessionClosed } = LOGIN_OUTCOME;

/**
 * Outcome and method by the code of the event ("Log Event Type Codes", auth0.com/docs). The exchange of a code for a token belongs to the
 * login before it, and a silent login that fails has only found no session: both are left out.
 */
const LOGINS: ReadonlyMap<string, readonly [outcome: number, method: number]> = new Map([
  ['s', [success, unknown]],
  ['ssa', [success, token]],
  ['sepft', [success, password]],
  ['seccft', [success, token]],
  ['sertft', [success, token]],
  ['sens', [success, token]],
  ['f', [failure, unknown]],
  ['fp', [failure, password]],
  ['fu', [invalidUser, password]],
  ['fcoa', [failure, unknown]],
  ['fepft', [failure, password]],
  ['feccft', [failure, token]],
  ['feacft', [failure, token]],
  ['fertft', [failure, token]],
  ['ferrt', [failure, token]],
  ['pwd_leak', [failure, password]],
  ['limit_wc', [maxAttempts, password]],
  ['limit_mu', [maxAttempts, password]],
  ['gd_auth_succeed', [success, mfa]],
  ['gd_auth_failed', [failure, mfa]],
  ['gd_auth_rejected', [failure, mfa]],
  ['gd_otp_rate_limit_exceed', [maxAttempts, mfa]],
  ['slo', [sessionClosed, unknown]],
]);

const CHANGES: ReadonlyMap<string, number> = new Map([
  ['ss', CHANGE_KIND.userCreated],
  ['sdu', CHANGE_KIND.userDeleted],
  ['du', CHANGE_KIND.userDeleted],
  ['scp', CHANGE_KIND.credentialChanged],
  ['sce', CHANGE_KIND.credentialChanged],
  ['scpn', CHANGE_KIND.credentialChanged],
  ['gd_enrollment_complete', CHANGE_KIND.credentialChanged],
  ['gd_unenroll', CHANGE_KIND.credentialChanged],
  ['gd_recovery_succeed', CHANGE_KIND.credentialChanged],
]);

/** Of calls of the Management API, by method and path, the first that matches. */
const CALLS: readonly [RegExp, number][] = [
  [/^DELETE \/api\/v2\/log-streams/, CHANGE_KIND.loggingStopped],
  [/^POST \/api\/v2\/log-streams/, CHANGE_KIND.loggingStarted],
  [/^POST \/api\/v2\/users$/, CHANGE_KIND.userCreated],
  [/^DELETE \/api\/v2\/users\/[^/]+$/, CHANGE_KIND.userDeleted],
  [
    /^(?:POST|PATCH) \/api\/v2\/(?:users|roles|organizations)\/[^/]+\/(?:roles|permissions|users|members)/,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /^DELETE \/api\/v2\/(?:users|roles|organizations)\/[^/]+\/(?:roles|permissions|users|members)/,
    CHANGE_KIND.privilegeRevoked,
  ],
  [/^POST \/api\/v2\/(?:clients?|client-grants|device-credentials|keys)\b/, CHANGE_KIND.keyCreated],
  [/^DELETE \/api\/v2\/(?:clients?|client-grants|device-credentials|keys)\b/, CHANGE_KIND.keyDeleted],
  [/^(?:POST|PUT|PATCH|DELETE) /, CHANGE_KIND.policyChanged],
];

/** A tenant's log of Auth0, from its API or a log stream. */
class Auth0Parser extends JsonRecords {
  protected override take(outer: JsonObject, offset: number, line: number): string | null {
    // A stream puts the event under `data`.
    const event = outer['date'] === undefined ? objectAt(outer, 'data') : outer;
    const time = timeOf(event['date']);
    if (Number.isNaN(time.us)) return noTime('date', '2024-03-10T12:00:00.123Z');
    const type = textAt(event, 'type');
    if (type === '') return 'there is no type, so it is not known what happened';
    this.rows.at(time.us, time.basis, offset, line);
    if (!this.#login(event, type) && !this.#call(event, type) && !this.#change(event, type))
      this.sink.skip(`event ${type.slice(0, 60)}`);
    return null;
  }

  #login(event: JsonObject, type: string): boolean {
    const known = LOGINS.get(type);
    if (!known) return false;
    const [outcome, method] = known;
    const byDatabase = textAt(event, 'connection') === 'Username-Password-Authentication';
    this.rows.login({
      actor: textAt(event, 'ip'),
      service: 'auth0',
      user: userOf(event),
      method: method === unknown && byDatabase ? password : method,
      outcome,
    });
    return true;
  }

  /** `sapi`, `fapi`: a call that changes, done or failed; `mgmt_api_read`: one that reads. */
  #call(event: JsonObject, type: string): boolean {
    if (!/^(?:sapi|fapi|mgmt_api_read)$/.test(type)) return false;
    const request = objectAt(objectAt(event, 'details'), 'request');
    const call = `${textAt(request, 'method').toUpperCase()} ${textAt(request, 'path')}`;
    const kind = CALLS.find(([pattern]) => pattern.test(call))?.[1];
    if (kind !== undefined) {
      this.#write(event, kind, type !== 'fapi', call);
      return true;
    }
    if (type !== 'mgmt_api_read') return false;
    this.rows.query({
      actor: textAt(event, 'ip'),
      principal: userOf(event),
      service: 'auth0',
      verb: QUERY_VERB.read,
      object: call.trim().slice(0, MAX_FIELD_BYTES),
      outcome: QUERY_OUTCOME.success,
      agent: textAt(event, 'user_agent'),
    });
    return true;
  }

  #change(event: JsonObject, type: string): boolean {
    const kind = CHANGES.get(type);
    if (kind === undefined) return false;
    this.#write(event, kind, true, type);
    return true;
  }

  #write(event: JsonObject, kind: number, isDone: boolean, what: string): void {
    this.rows.change({
      actor: textAt(event, 'ip'),
      principal: userOf(event),
      kind,
      target: what.includes(' ') ? what.slice(what.indexOf(' ') + 1) : userOf(event),
      outcome: isDone ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      detail: `${what} ${textAt(event, 'description')}`.trim().slice(0, 600),
    });
  }
}

/** Of a machine's login the application. */
function userOf(event: JsonObject): string {
  return firstText(event, 'user_name', 'user_id', 'client_name', 'client_id');
}

function sniffAuth0(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('log_id') || !has('date') || !has('type')) return 0;
  return has('client_id') || has('client_name') || has('user_id') || has('isMobile') ? 0.96 : 0;
}

export const auth0: Format = {
  id: 'auth0',
  label: 'Auth0 tenant log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'changes', 'queries'],
  sniff: sniffAuth0,
  parser: (context) => new Auth0Parser(context, WANTED),
};
