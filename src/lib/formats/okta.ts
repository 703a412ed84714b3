import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { textAt, type JsonObject } from './shared/json';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { noTime } from './shared/reject-reasons';

/** Kind of change by the event type's beginning, the first that matches ("Event types", developer.okta.com). */
const CHANGES: readonly [RegExp, number][] = [
  [/^user\.lifecycle\.(?:create|activate|reactivate|unsuspend)/, CHANGE_KIND.userCreated],
  [/^user\.lifecycle\.(?:delete|deactivate|suspend)/, CHANGE_KIND.userDeleted],
  [
    /^user\.account\.privilege\.grant|^iam\.resourceset\.bindings\.add|^group\.privilege\.grant/,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /^user\.account\.privilege\.revoke|^iam\.resourceset\.bindings\.delete|^group\.privilege\.revoke/,
    CHANGE_KIND.privilegeRevoked,
  ],
  [
    /^user\.account\.(?:update_password|reset_password|unlock|expire_password|update_secondary_email)|^user\.mfa\.factor\./,
    CHANGE_KIND.credentialChanged,
  ],
  [
    /^system\.api_token\.(?:create|enable)|^app\.oauth2\.client\.lifecycle\.create|^system\.idp\.key\.create/,
    CHANGE_KIND.keyCreated,
  ],
  [/^system\.api_token\.(?:revoke|disable)/, CHANGE_KIND.keyDeleted],
  [
    /^system\.log_stream\.lifecycle\.(?:delete|deactivate)|^system\.hook\.key\.delete/,
    CHANGE_KIND.loggingStopped,
  ],
  [/^system\.log_stream\.lifecycle\.(?:create|activate)/, CHANGE_KIND.loggingStarted],
  [
    /^(?:policy\.(?:lifecycle|rule)|zone\.|group\.user_membership|application\.(?:user_membership|lifecycle)|system\.idp\.lifecycle|security\.)/,
    CHANGE_KIND.policyChanged,
  ],
  [/^user\.account\.report_suspicious/, CHANGE_KIND.other],
];

const WANTED: Wanted = {
  ...wantedAt('eventType', 'published', 'displayMessage', 'target'),
  outcome: { result: true },
  actor: wantedAt('alternateId', 'displayName', 'id'),
  client: { ipAddress: true },
  authenticationContext: { credentialType: true },
};

/** Okta System Log (API `/api/v1/logs` or its exports). */
class OktaParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const type = textAt(record, 'eventType');
    if (type === '') return 'there is no eventType, so it is not known what happened';
    const time = timeOf(record['published']);
    if (Number.isNaN(time.us)) return noTime('published', '2024-03-10T12:00:00.000Z');
    this.rows.at(time.us, time.basis, offset, line);
    if (!this.#login(record, type) && !this.#change(record, type))
      this.sink.skip(`event ${type.slice(0, 60)}`);
    return null;
  }

  #login(record: JsonObject, type: string): boolean {
    const result = textAt(objectAt(record, 'outcome'), 'result');
    const isFine = result === 'SUCCESS' || result === 'ALLOW';
    let outcome: number;
    if (type === 'user.session.end') outcome = LOGIN_OUTCOME.sessionClosed;
    else if (type === 'user.account.lock') outcome = LOGIN_OUTCOME.maxAttempts;
    else if (/^user\.session\.(?:start|impersonation|access_admin_app)|^user\.authentication\./.test(type)) {
      // A challenge that was sent is neither.
      outcome = isFine
        ? LOGIN_OUTCOME.success
        : /^(?:FAILURE|DENY)$/.test(result)
          ? LOGIN_OUTCOME.failure
          : LOGIN_OUTCOME.unknown;
    } else return false;
    const actor = objectAt(record, 'actor');
    this.rows.login({
      actor: textAt(objectAt(record, 'client'), 'ipAddress'),
      service: 'okta',
      user: firstText(actor, 'alternateId', 'displayName', 'id'),
      method: methodOf(type, textAt(objectAt(record, 'authenticationContext'), 'credentialType')),
      outcome,
    });
    return true;
  }

  #change(record: JsonObject, type: string): boolean {
    const kind = CHANGES.find(([pattern]) => pattern.test(type))?.[1];
    if (kind === undefined) return false;
    const targets = objectsAt(record, 'target').slice(0, 8);
    const result = textAt(objectAt(record, 'outcome'), 'result');
    this.rows.change({
      actor: textAt(objectAt(record, 'client'), 'ipAddress'),
      principal: firstText(objectAt(record, 'actor'), 'alternateId', 'displayName', 'id'),
      kind,
      target: targets.map((target) => firstText(target, 'alternateId', 'displayName', 'id')).join(' '),
      outcome: result === 'FAILURE' || result === 'DENY' ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      detail: `${type} ${textAt(record, 'displayMessage')}`.trim(),
    });
    return true;
  }
}

function methodOf(type: string, credential: string): number {
  if (/mfa|factor|push|otp/i.test(type) || /OTP|SMS|PUSH/i.test(credential)) return LOGIN_METHOD.mfa;
  if (/PASSWORD/i.test(credential)) return LOGIN_METHOD.password;
  if (/ASSERTION|JWT|IWA/i.test(credential) || /sso|idp/i.test(type)) return LOGIN_METHOD.token;
  return LOGIN_METHOD.unknown;
}

function sniffOkta(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  const has = (key: string): boolean => new RegExp(`"${key}"\\s*:`).test(start);
  return has('eventType') &&
    has('published') &&
    has('actor') &&
    (has('legacyEventType') || has('debugContext'))
    ? 0.97
    : 0;
}

export const okta: Format = {
  id: 'okta',
  label: 'Okta system log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'changes'],
  sniff: sniffOkta,
  parser: (context) => new OktaParser(context, WANTED),
};
