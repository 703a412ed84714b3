import { CHANGE_OUTCOME, LOGIN_METHOD } from '../tables/schemas';
import type { Format, Head } from './format';
import { numberOf, textAt, textOf, type JsonObject } from './shared/json';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { noTime } from './shared/reject-reasons';
import { splitEndpoint } from './shared/endpoint';
import { directoryChange, signInOutcome } from './shared/entra-codes';

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
class EntraParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const properties = record['properties'] === undefined ? record : objectAt(record, 'properties');
    const time = timeOf(
      firstText(record, 'time', 'createdDateTime', 'activityDateTime', 'TimeGenerated') ||
        firstText(properties, 'createdDateTime', 'activityDateTime'),
    );
    if (Number.isNaN(time.us)) return noTime('createdDateTime or time', '2024-03-10T12:00:00Z');
    this.rows.at(time.us, time.basis, offset, line);
    if (textAt(record, 'category') === 'AuditLogs' || properties['activityDisplayName'] !== undefined)
      this.#change(record, properties);
    else this.#login(record, properties);
    return null;
  }

  #login(record: JsonObject, properties: JsonObject): void {
    const status = objectAt(properties, 'status');
    const code = numberOf(firstText(record, 'resultType', 'ResultType') || status['errorCode']);
    const details = objectsAt(properties, 'authenticationDetails')[0] ?? {};
    const needed = textAt(properties, 'authenticationRequirement');
    const { address } = splitEndpoint(
      firstText(properties, 'ipAddress') || firstText(record, 'callerIpAddress', 'IPAddress'),
    );
    this.rows.login({
      actor: address,
      service: 'entra',
      user:
        firstText(properties, 'userPrincipalName', 'servicePrincipalName', 'userDisplayName') ||
        firstText(record, 'UserPrincipalName', 'identity') ||
        firstText(properties, 'appId'),
      method: methodOf(needed, textAt(details, 'authenticationMethod'), textAt(record, 'category')),
      outcome: signInOutcome(code),
    });
  }

  #change(record: JsonObject, properties: JsonObject): void {
    const activity = firstText(properties, 'activityDisplayName') || textAt(record, 'operationName');
    const initiator = objectAt(properties, 'initiatedBy');
    const user = objectAt(initiator, 'user');
    const result = firstText(properties, 'result') || textAt(record, 'resultSignature');
    const targets = objectsAt(properties, 'targetResources').slice(0, 8);
    this.rows.change({
      actor: splitEndpoint(firstText(user, 'ipAddress') || textAt(record, 'callerIpAddress')).address,
      principal:
        firstText(user, 'userPrincipalName', 'displayName') ||
        firstText(objectAt(initiator, 'app'), 'displayName', 'servicePrincipalName') ||
        textOf(record['identity']),
      kind: directoryChange(activity),
      target: targets.map((target) => firstText(target, 'userPrincipalName', 'displayName', 'id')).join(' '),
      outcome: /fail/i.test(result) ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      detail: activity,
    });
  }
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
  parser: (context) => new EntraParser(context, WANTED),
};
