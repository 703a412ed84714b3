import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { changeKindOfAwsEvent } from './shared/aws-changes';
import {
  becameOf,
  detailOf,
  eventOf,
  isDataEvent,
  isReading,
  OBJECT_KEYS,
  objectOf,
  outcomeOf,
  targetOf,
  verbOf,
  type AwsEvent,
} from './shared/aws-events';
import { publicChanges } from './shared/aws-public';
import { networkRules, type NetworkRule } from './shared/aws-rules';
import { groupAttachments } from './shared/aws-attachments';
import { numberAt, parseJsonObject, textAt, type JsonObject } from './shared/json';
import { objectAt, ORIGINAL_PATHS, originalText, parseJsonText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { hashBytes, hashed } from './shared/record-hash';
import { NOT_JSON, noTime } from './shared/reject-reasons';

const LOGIN_EVENTS = new Set([
  ...[
    'ConsoleLogin',
    'CheckMfa',
    'SwitchRole',
    'Authenticate',
    'UserAuthentication',
    'Federate',
    'AssumeRole',
  ],
  ...['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetSessionToken'],
  ...['GetFederationToken', 'GetSigninToken'],
]);

/** What reads and logins are told by; of a change, whose parameters differ from call to call, the whole event is parsed. */
const WANTED: Wanted = {
  ...wantedAt('eventCategory', 'eventName', 'eventTime', 'eventID', 'eventSource', 'sourceIPAddress'),
  ...wantedAt('recipientAccountId', 'userAgent', 'errorCode', 'errorMessage', 'readOnly', 'managementEvent'),
  ...wantedAt('digestS3Object', 'insightDetails', 'CloudTrailEvent', ...ORIGINAL_PATHS),
  userIdentity: {
    ...wantedAt('type', 'arn', 'invokedBy', 'principalId', 'userName', 'accountId', 'accessKeyId'),
    sessionContext: { sessionIssuer: { userName: true }, attributes: { mfaAuthenticated: true } },
  },
  requestParameters: wantedAt(
    ...['bucketName', 'key', 'prefix', 'roleSessionName', 'x-amz-acl', 'x-amz-grant-read'],
    ...['x-amz-grant-full-control', 'AccessControlPolicy', ...OBJECT_KEYS],
  ),
  responseElements: wantedAt(...LOGIN_EVENTS),
  additionalEventData: { MFAUsed: true, bytesTransferredOut: true },
};

class CloudTrailParser extends JsonRecords {
  protected override take(
    outer: JsonObject,
    offset: number,
    line: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | null {
    const record = unwrap(outer);
    if (!record) return NOT_JSON;
    const isDigest = record['digestS3Object'] !== undefined;
    if (textAt(record, 'eventCategory') === 'Insight' || isDigest) {
      this.sink.skip(isDigest ? 'digest of delivered files' : 'insight event');
      return null;
    }
    const name = textAt(record, 'eventName');
    const { us, basis } = timeOf(record['eventTime']);
    if (name === '') return 'the event has no eventName, so it is not known what was done';
    if (Number.isNaN(us)) return noTime('eventTime', '2024-03-10T12:00:00Z');
    if (this.#isRepeat(textAt(record, 'eventID'), bytes, start, end, offset)) return null;
    this.rows.at(us, basis === TIME_BASIS.local ? TIME_BASIS.absolute : basis, offset, line);
    const event: AwsEvent = eventOf(record, name, () => {
      const all = record === outer ? parseJsonObject(bytes, start, end) : null;
      return all ? eventOf(all, name, () => event) : event;
    });
    this.#write(event);
    return null;
  }

  /** Same id and same bytes: an id alone is not believed, since examples and hand-made records reuse it. */
  #isRepeat(id: string, bytes: Uint8Array, start: number, end: number, offset: number): boolean {
    if (id === '') return false;
    hashBytes(bytes, start, end);
    return this.sink.isRepeat(hashed.low, hashed.high, offset);
  }

  #write(event: AwsEvent): void {
    if (LOGIN_EVENTS.has(event.name)) this.#login(event);
    else if (isReading(event) || isDataEvent(event)) {
      this.#query(event, verbOf(event));
      // An object's own access list is changed by an operation on data.
      if (/^PutObject(?:Acl)?$/.test(event.name))
        for (const { kind, ...more } of publicChanges(event)) this.#row(event, kind, more);
    } else this.#change(event.whole());
  }

  #login(event: AwsEvent): void {
    const isConsole = event.service === 'signin';
    const answer = textAt(event.response, event.name);
    const isFailure =
      event.errorCode !== '' || answer === 'Failure' || textAt(event.record, 'errorMessage') !== '';
    const additional = objectAt(event.record, 'additionalEventData');
    const usedMfa =
      textAt(additional, 'MFAUsed') === 'Yes' ||
      textAt(
        objectAt(objectAt(objectAt(event.record, 'userIdentity'), 'sessionContext'), 'attributes'),
        'mfaAuthenticated',
      ) === 'true';
    this.rows.login({
      actor: event.actor,
      host: event.holder,
      service: isConsole ? 'console' : event.service,
      user: event.principal,
      became: becameOf(event),
      method: usedMfa ? LOGIN_METHOD.mfa : isConsole ? LOGIN_METHOD.password : LOGIN_METHOD.token,
      // Only the answer tells whether a sign-in to the console went well, and tables of events leave it out.
      outcome: isFailure
        ? LOGIN_OUTCOME.failure
        : event.name === 'ConsoleLogin' && answer === ''
          ? LOGIN_OUTCOME.unknown
          : LOGIN_OUTCOME.success,
      key: event.accessKey,
    });
    if (!isConsole) this.#query(event, QUERY_VERB.auth);
  }

  #query(event: AwsEvent, verb: number): void {
    const additional = objectAt(event.record, 'additionalEventData');
    this.rows.query({
      actor: event.actor,
      principal: event.principal,
      service: event.service,
      host: event.holder,
      verb,
      object: objectOf(event),
      outcome: outcomeOf(event),
      bytesReturned: numberAt(additional, 'bytesTransferredOut'),
      agent: event.agent,
    });
  }

  #change(event: AwsEvent): void {
    const isIngress = /^(?:Authorize|Revoke)SecurityGroupIngress$|^ModifySecurityGroupRules$/.test(
      event.name,
    );
    if (event.service === 'ec2' && (isIngress || /SecurityGroupEgress$|NetworkAclEntry$/.test(event.name))) {
      this.#networkChange(event);
      return;
    }
    const shown = publicChanges(event);
    for (const { kind, ...more } of shown) this.#row(event, kind, more);
    if (shown.length > 0) return;
    const attached = groupAttachments(event.name, event.request, event.response);
    for (const { group, holder, where } of attached)
      this.#row(event, CHANGE_KIND.groupAttached, { target: group, host: holder, more: where });
    const isOnlyAttachment = attached.length > 0 && event.name !== 'RunInstances';
    if (!isOnlyAttachment) this.#row(event, changeKindOfAwsEvent(event.name), {});
  }

  /** One row a network and port range. A revocation that names only rule ids cannot say which ports it closed, and opens or closes none here. */
  #networkChange(event: AwsEvent): void {
    const requested = networkRules(event.request);
    const rules = requested.length > 0 ? requested : networkRules(event.response);
    const groupId =
      rules.find((rule) => rule.groupId !== '')?.groupId ?? networkRules(event.response)[0]?.groupId ?? '';
    if (rules.length === 0) {
      const ids = JSON.stringify(event.request).match(/sgr-[0-9a-f]+/g) ?? [];
      this.#row(event, CHANGE_KIND.policyChanged, { more: ids.join(' ') });
      if (ids.length > 0)
        this.sink.note(
          'A change of a security group names its rules by id alone; which ports it opened or closed is not in the event.',
        );
      return;
    }
    for (const rule of rules) {
      const kind = kindOfRule(event.name, rule);
      this.#row(event, kind, { target: rule.groupId || groupId || targetOf(event), rule, more: rule.ruleId });
    }
  }

  #row(
    event: AwsEvent,
    kind: number,
    more: { target?: string; host?: string; cidr?: string; rule?: NetworkRule; more?: string },
  ): void {
    const { rule } = more;
    this.rows.change({
      actor: event.actor,
      principal: event.principal,
      kind,
      target: more.target ?? targetOf(event),
      host: more.host,
      outcome: event.errorCode === '' ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      detail: detailOf(event, more.more ?? ''),
      cidr: more.cidr,
      ...(rule && { cidr: rule.cidr, portFrom: rule.portFrom, portTo: rule.portTo, protocol: rule.protocol }),
    });
  }
}

/** `aws cloudtrail lookup-events`, CloudWatch Logs and what an Elastic pipeline made of it hold the event as text inside another object. */
function unwrap(outer: JsonObject): JsonObject | null {
  if (['eventName', 'digestS3Object', 'insightDetails'].some((key) => outer[key] !== undefined)) return outer;
  const inner = textAt(outer, 'CloudTrailEvent') || originalText(outer);
  return inner.startsWith('{') ? parseJsonText(inner) : outer;
}

function kindOfRule(name: string, rule: NetworkRule): number {
  // A network ACL only filters what a security group lets in: allowing there opens nothing by itself. What leaves is not exposure.
  if (!/SecurityGroup(?:Ingress|Rules)$/.test(name) || rule.isEgress === true)
    return CHANGE_KIND.policyChanged;
  return name.startsWith('Revoke') ? CHANGE_KIND.portClosed : CHANGE_KIND.portOpened;
}

function sniffCloudTrail(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  if (/"digestS3Object"\s*:/.test(start) && /"awsAccountId"\s*:/.test(start)) return 0.9;
  const text = start.replaceAll('\\"', '"');
  const has = (key: string): boolean => new RegExp(`"${key}"\\s*:`).test(text);
  if (has('eventSource') && has('eventName') && has('eventTime')) return has('awsRegion') ? 0.98 : 0.8;
  return has('eventType') && /AwsCloudTrailInsight/.test(text) ? 0.9 : 0;
}

export const cloudtrail: Format = {
  id: 'cloudtrail',
  label: 'AWS CloudTrail',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffCloudTrail,
  parser: (context) => new CloudTrailParser(context, WANTED),
};
