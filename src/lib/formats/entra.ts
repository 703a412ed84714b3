import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { numberOf, textAt, textOf, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { splitEndpoint } from './shared/endpoint';

/**
 * Codes of a sign-in that stopped to ask for something (another factor, consent, "keep me signed in") and of one that another try completes: no
 * credential was refused. From "Microsoft Entra authentication and authorization error codes", learn.microsoft.com.
 */
const INTERRUPTS = new Set([
  50140, 50074, 50076, 50072, 50079, 50058, 50097, 50125, 50127, 50129, 50131, 50132, 50133, 50144, 50158,
  50199, 16000, 16001, 16003, 65001, 70044, 81010, 81012, 90094, 700082,
]);
const LOCKED = new Set([50053]);
const UNKNOWN_USER = new Set([50034, 51004]);

/** Kinds of directory changes by the activity's name ("Microsoft Entra audit log activity reference"). */
const CHANGES: readonly [RegExp, number][] = [
  [/^(?:Add user|Invite external user|Add service principal|Add application)$/i, CHANGE_KIND.userCreated],
  [
    /^(?:Delete user|Hard Delete user|Delete service principal|Delete application)$/i,
    CHANGE_KIND.userDeleted,
  ],
  [
    /(?:Add (?:eligible |scoped )?member to role|Add app role assignment|Add delegated permission grant|Consent to application|Add owner to)/i,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /(?:Remove (?:eligible |scoped )?member from role|Remove app role assignment|Remove owner from|Remove delegated permission)/i,
    CHANGE_KIND.privilegeRevoked,
  ],
  [
    /(?:Add service principal credentials|certificates and secrets|Add.*(?:credential|key))/i,
    CHANGE_KIND.keyCreated,
  ],
  [/(?:Remove service principal credentials|Remove.*(?:credential|key))/i, CHANGE_KIND.keyDeleted],
  [
    /(?:password|strong authentication|security info|Disable account|Enable account)/i,
    CHANGE_KIND.credentialChanged,
  ],
  [/(?:diagnostic setting)/i, CHANGE_KIND.loggingStopped],
  [/(?:policy|named location|domain|federation|group)/i, CHANGE_KIND.policyChanged],
];

const PROPERTIES: Wanted = {
  ...wantedAt('createdDateTime', 'activityDateTime', 'activityDisplayName', 'result', 'initiatedBy'),
  ...wantedAt('targetResources', 'authenticationDetails', 'authenticationRequirement', 'ipAddress', 'appId'),
  ...wantedAt('userPrincipalName', 'servicePrincipalName', 'userDisplayName'),
  status: { errorCode: true },
};
const WANTED: Wanted = {
  ...wantedAt('time', 'TimeGenerated', 'category', 'resultType', 'ResultType', 'resultSignature', 'identity'),
  ...wantedAt('callerIpAddress', 'IPAddress', 'UserPrincipalName', 'operationName'),
  ...PROPERTIES,
  properties: PROPERTIES,
};

/** Microsoft Entra (Azure AD) sign-in and audit logs, as diagnostic settings export them and as Graph returns them. */
class EntraParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const record = this.objects.read(bytes, start, end);
    if (!record) {
      this.#sink.reject(NOT_JSON, bytes, start, end, line);
      return;
    }
    const properties = record['properties'] === undefined ? record : objectAt(record, 'properties');
    const time = timeOf(
      firstText(record, 'time', 'createdDateTime', 'activityDateTime', 'TimeGenerated') ||
        firstText(properties, 'createdDateTime', 'activityDateTime'),
    );
    if (Number.isNaN(time.us)) {
      this.#sink.reject(noTime('createdDateTime or time', '2024-03-10T12:00:00Z'), bytes, start, end, line);
      return;
    }
    this.#rows.at(time.us, time.basis, offset, line);
    if (textAt(record, 'category') === 'AuditLogs' || properties['activityDisplayName'] !== undefined)
      this.#change(record, properties);
    else this.#login(record, properties);
  }

  #login(record: JsonObject, properties: JsonObject): void {
    const status = objectAt(properties, 'status');
    const code = numberOf(firstText(record, 'resultType', 'ResultType') || status['errorCode']);
    const details = objectsAt(properties, 'authenticationDetails')[0] ?? {};
    const needed = textAt(properties, 'authenticationRequirement');
    const { address } = splitEndpoint(
      firstText(properties, 'ipAddress') || firstText(record, 'callerIpAddress', 'IPAddress'),
    );
    this.#rows.login({
      actor: address,
      service: 'entra',
      user:
        firstText(properties, 'userPrincipalName', 'servicePrincipalName', 'userDisplayName') ||
        firstText(record, 'UserPrincipalName', 'identity') ||
        firstText(properties, 'appId'),
      method: methodOf(needed, textAt(details, 'authenticationMethod'), textAt(record, 'category')),
      outcome: outcomeOf(code),
    });
  }

  #change(record: JsonObject, properties: JsonObject): void {
    const activity = firstText(properties, 'activityDisplayName') || textAt(record, 'operationName');
    const initiator = objectAt(properties, 'initiatedBy');
    const user = objectAt(initiator, 'user');
    const result = firstText(properties, 'result') || textAt(record, 'resultSignature');
    const targets = objectsAt(properties, 'targetResources').slice(0, 8);
    this.#rows.change({
      actor: splitEndpoint(firstText(user, 'ipAddress') || textAt(record, 'callerIpAddress')).address,
      principal:
        firstText(user, 'userPrincipalName', 'displayName') ||
        firstText(objectAt(initiator, 'app'), 'displayName', 'servicePrincipalName') ||
        textOf(record['identity']),
      kind: CHANGES.find(([pattern]) => pattern.test(activity))?.[1] ?? CHANGE_KIND.other,
      target: targets.map((target) => firstText(target, 'userPrincipalName', 'displayName', 'id')).join(' '),
      outcome: /fail/i.test(result) ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      detail: activity,
    });
  }
}

function outcomeOf(code: number): number {
  if (code === 0) return LOGIN_OUTCOME.success;
  if (Number.isNaN(code) || INTERRUPTS.has(code)) return LOGIN_OUTCOME.unknown;
  if (LOCKED.has(code)) return LOGIN_OUTCOME.maxAttempts;
  return UNKNOWN_USER.has(code) ? LOGIN_OUTCOME.invalidUser : LOGIN_OUTCOME.failure;
}

function methodOf(requirement: string, method: string, category: string): number {
  if (/multiFactor/i.test(requirement)) return LOGIN_METHOD.mfa;
  if (/password/i.test(method)) return LOGIN_METHOD.password;
  if (/FIDO|Windows Hello|certificate|X\.?509/i.test(method)) return LOGIN_METHOD.publickey;
  return /NonInteractive|ServicePrincipal|ManagedIdentity/.test(category)
    ? LOGIN_METHOD.token
    : LOGIN_METHOD.unknown;
}

function sniffEntra(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  if (
    /"category"\s*:\s*"(?:\w*SignInLogs|AuditLogs)"/.test(start) &&
    /Microsoft\.aadiam|tenantId/i.test(start)
  )
    return 0.97;
  const has = (key: string): boolean => new RegExp(`"${key}"\\s*:`).test(start);
  if (
    has('userPrincipalName') &&
    has('createdDateTime') &&
    (has('conditionalAccessStatus') || has('appDisplayName'))
  )
    return 0.95;
  return has('activityDisplayName') && has('activityDateTime') ? 0.9 : 0;
}

export const entra: Format = {
  id: 'entra',
  label: 'Microsoft Entra sign-in and audit log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'changes'],
  sniff: sniffEntra,
  parser: (context) => new EntraParser(context),
};
