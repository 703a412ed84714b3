import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { entryOfElastic, WANTED_OF_ELASTIC } from './shared/gcp-elastic';
import { isObject, numberAt, textAt, textOf, type JsonObject } from './shared/json';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import {
  arrayAt,
  firstText,
  objectAt,
  objectsAt,
  ORIGINAL_PATHS,
  originalText,
  parseJsonText,
  timeOf,
} from './shared/json-fields';
import { noTime } from './shared/reject-reasons';

const MAX_ROWS = 500;
const WITHOUT_REQUESTS =
  'An Elastic pipeline kept no requests of these entries: which ports a rule opens and who is granted what is not told, and an operation whose beginning and end are two entries counts twice.';

/** Kinds by the method's name, the first that matches ("Google Cloud services with audit logs", cloud.google.com). */
const CHANGES: readonly [RegExp, number][] = [
  [/CreateServiceAccountKey|apikeys.*CreateKey|UploadServiceAccountKey/i, CHANGE_KIND.keyCreated],
  [/DeleteServiceAccountKey|apikeys.*DeleteKey|DisableServiceAccountKey/i, CHANGE_KIND.keyDeleted],
  [/CreateServiceAccount$/i, CHANGE_KIND.userCreated],
  [/DeleteServiceAccount$/i, CHANGE_KIND.userDeleted],
  [
    /SetIamPolicy|setIamPermissions|rolebindings\.(?:create|update|patch)|CreateRole$|UpdateRole$/i,
    CHANGE_KIND.privilegeGranted,
  ],
  [/rolebindings\.delete|DeleteRole$/i, CHANGE_KIND.privilegeRevoked],
  [
    /DeleteSink|sinks\.delete|UpdateSettings|CreateExclusion|DeleteBucket.*logging/i,
    CHANGE_KIND.loggingStopped,
  ],
  [/CreateSink|sinks\.create/i, CHANGE_KIND.loggingStarted],
  [/logging\..*DeleteLog$|DeleteLog$/i, CHANGE_KIND.logDeleted],
  [/pods\.exec|RunCommand|instances\.osLogin/i, CHANGE_KIND.commandRun],
  [/AddSecretVersion|DisableSecretVersion|DestroySecretVersion/i, CHANGE_KIND.credentialChanged],
  [
    /firewalls?\.|firewallPolicies\.|securityPolicies\.|setTags|networks\.|routes\.|UpdateBucket|buckets\.update/i,
    CHANGE_KIND.policyChanged,
  ],
  [
    /compute\.instances\.|compute\.disks\.|compute\.snapshots\.|compute\.images\./i,
    CHANGE_KIND.instanceChanged,
  ],
  [
    /CreateFunction|UpdateFunction|CreateService$|deployments\.create|cronjobs\.create|daemonsets\.create/i,
    CHANGE_KIND.serviceCreated,
  ],
];

/** Members that stand for everyone, or for everyone with any account of Google ("IAM principals", cloud.google.com/iam/docs). */
const ANYONE = /^(?:allUsers|allAuthenticatedUsers)$/;
/** Roles that read what a bucket or data set holds, or list it ("IAM roles for Cloud Storage", "BigQuery IAM roles"); of a custom one it is not known. */
const READING_ROLES =
  /^roles\/(?:viewer|editor|owner|storage\.(?:admin|object(?:Viewer|Admin|User)|legacyObject(?:Reader|Owner)|legacyBucket\w+)|bigquery\.(?:dataViewer|dataEditor|dataOwner|admin))$/;

/** Services whose reads give out data, not descriptions of things. */
const DATA_READS =
  /storage\.objects\.get|AccessSecretVersion|secrets\.(?:get|list)|tabledata\.list|jobs?\.?(?:query|getQueryResults|insert)|RunQuery|BatchGetDocuments|ExecuteSql|ExecuteStreamingSql|StreamingRead|\.Read$|ReadRows|Pull$|logging.*ListLogEntries|Decrypt|GenerateAccessToken|SignBlob|SignJwt/i;

interface AuditEntry {
  readonly record: JsonObject;
  readonly payload: JsonObject;
  readonly method: string;
  readonly actor: string;
  readonly principal: string;
  readonly agent: string;
  /** google.rpc.Code; 0 is success. */
  readonly code: number;
}

const PAYLOAD: Wanted = {
  ...wantedAt(
    'methodName',
    'serviceName',
    'resourceName',
    'numResponseItems',
    'request',
    'serviceData',
    'metadata',
    'requestJson',
    'metadataJson',
    'servicedata_v1_iam',
  ),
  requestMetadata: wantedAt('callerIp', 'callerSuppliedUserAgent'),
  authenticationInfo: wantedAt('principalEmail', 'principalSubject'),
  status: { code: true },
};
const WANTED: Wanted = {
  ...wantedAt('timestamp', 'receiveTimestamp', 'logName', ...ORIGINAL_PATHS),
  ...WANTED_OF_ELASTIC,
  operation: wantedAt('first', 'last'),
  resource: { labels: wantedAt('bucket_name', 'project_id') },
  protoPayload: PAYLOAD,
  protopayload_auditlog: PAYLOAD,
};

/** Google Cloud audit logs (activity, data access, system events, denied by policy), as Logging exports them. */
class GcpAuditParser extends JsonRecords {
  protected override take(outer: JsonObject, offset: number, line: number): string | null {
    const record = this.#unwrap(outer);
    const time = timeOf(firstText(record, 'timestamp', 'receiveTimestamp'));
    if (Number.isNaN(time.us)) return noTime('timestamp', '2024-03-10T12:00:00.123Z');
    const payload =
      record['protoPayload'] === undefined
        ? objectAt(record, 'protopayload_auditlog')
        : objectAt(record, 'protoPayload');
    const method = textAt(payload, 'methodName');
    if (method === '') {
      this.sink.skip('entry of another log');
      return null;
    }
    const metadata = objectAt(payload, 'requestMetadata');
    const caller = textAt(metadata, 'callerIp');
    this.rows.at(time.us, time.basis, offset, line);
    this.#write({
      record,
      payload,
      method,
      // Google's own callers are named `private` or `gce-internal-ip`.
      actor: /^[\d.]+$|:/.test(caller) ? caller : '',
      principal: firstText(objectAt(payload, 'authenticationInfo'), 'principalEmail', 'principalSubject'),
      agent: textAt(metadata, 'callerSuppliedUserAgent'),
      code: numberAt(objectAt(payload, 'status'), 'code') || 0,
    });
    return null;
  }

  /** The entry itself, of what wraps it or was made of it. */
  #unwrap(outer: JsonObject): JsonObject {
    if (outer['protoPayload'] !== undefined || outer['protopayload_auditlog'] !== undefined) return outer;
    const original = originalText(outer);
    const inner = original.startsWith('{') ? parseJsonText(original) : null;
    if (inner && inner['protoPayload'] !== undefined) return inner;
    const entry = entryOfElastic(outer);
    if (entry) this.sink.note(WITHOUT_REQUESTS);
    return entry ?? outer;
  }

  #write(entry: AuditEntry): void {
    const operation = objectAt(entry.record, 'operation');
    if (operation['last'] === true && operation['first'] !== true) {
      this.sink.skip('end of an operation (its beginning holds the request)');
      return;
    }
    if (/LoginService\.login(?:Success|Failure)|\.loginVerification$/.test(entry.method)) this.#login(entry);
    else if (/data_access/.test(textAt(entry.record, 'logName')) || isReading(entry.method))
      this.#query(entry);
    else this.#change(entry);
  }

  #login(entry: AuditEntry): void {
    this.rows.login({
      actor: entry.actor,
      service: 'google',
      user: entry.principal,
      outcome:
        /Success/.test(entry.method) && entry.code === 0 ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
    });
  }

  #query(entry: AuditEntry): void {
    const outcome =
      entry.code === 0
        ? QUERY_OUTCOME.success
        : entry.code === 7 || entry.code === 16
          ? QUERY_OUTCOME.denied
          : QUERY_OUTCOME.error;
    const items = numberAt(entry.payload, 'numResponseItems');
    this.rows.query({
      actor: entry.actor,
      principal: entry.principal,
      service: textAt(entry.payload, 'serviceName').replace(/\.googleapis\.com$/, ''),
      host: holderOf(entry),
      verb: verbOf(entry.method),
      object: `${entry.method} ${textAt(entry.payload, 'resourceName')}`.trim(),
      outcome,
      rowsReturned: items,
      agent: entry.agent,
    });
  }

  #change(entry: AuditEntry): void {
    const isFirewall = /\.firewalls\.(?:insert|patch|update|delete)$/.test(entry.method);
    if (isFirewall) this.#firewall(entry);
    else if (/SetIamPolicy|setIamPermissions/i.test(entry.method)) this.#bindings(entry);
    if (this.rows.rows > 0) return;
    let kind = CHANGES.find(([pattern]) => pattern.test(entry.method))?.[1] ?? CHANGE_KIND.other;
    const request = looseAt(entry.payload, 'request');
    if (
      /instances\.setMetadata|setCommonInstanceMetadata/.test(entry.method) &&
      /ssh-keys/i.test(JSON.stringify(request))
    )
      kind = CHANGE_KIND.keyCreated;
    const prevention = publicPrevention(entry);
    if (prevention !== 0) {
      const host = holderOf(entry);
      this.#row(entry, { kind: prevention, target: `public access of ${host}`, host });
      return;
    }
    if (/subnetworks\.(?:patch|insert)/.test(entry.method) && request['enableFlowLogs'] === false)
      kind = CHANGE_KIND.loggingStopped;
    this.#row(entry, { kind, target: lastPart(textAt(entry.payload, 'resourceName')) });
  }

  #row(
    entry: AuditEntry,
    more: {
      kind: number;
      target: string;
      host?: string;
      detail?: string;
      cidr?: string;
      portFrom?: number;
      portTo?: number;
      protocol?: number;
    },
  ): void {
    this.rows.change({
      actor: entry.actor,
      principal: entry.principal,
      outcome: entry.code === 0 ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      ...more,
      detail: `${entry.method} ${more.detail ?? textAt(entry.payload, 'resourceName')}`.trim(),
    });
  }

  /** One row a source range and port range that an ingress rule allows; a deleted rule closes all that it opened. */
  #firewall(entry: AuditEntry): void {
    const target = lastPart(textAt(entry.payload, 'resourceName'));
    if (entry.method.endsWith('.delete')) {
      this.#row(entry, { kind: CHANGE_KIND.portClosed, target, portFrom: 0, portTo: 65535 });
      return;
    }
    const request = looseAt(entry.payload, 'request');
    const allowed =
      objectsAt(request, 'alloweds').length > 0
        ? objectsAt(request, 'alloweds')
        : objectsAt(request, 'allowed');
    if (/EGRESS/i.test(textAt(request, 'direction')) || allowed.length === 0) return;
    const ranges = arrayAt(request, 'sourceRanges').map(textOf);
    for (const range of ranges.length > 0 ? ranges.slice(0, 50) : ['0.0.0.0/0']) {
      for (const rule of allowed.slice(0, 50)) {
        const named = textAt(rule, 'IPProtocol').toLowerCase();
        const protocol =
          { tcp: 6, udp: 17, icmp: 1 }[named] ??
          (/^\d{1,3}$/.test(named) ? Math.min(255, Number(named)) : 255);
        const ports = arrayAt(rule, 'ports').map(textOf).slice(0, 50);
        for (const text of ports.length > 0 ? ports : ['0-65535']) {
          if (this.rows.rows >= MAX_ROWS) return;
          const [from = '0', to = from] = text.split('-');
          this.#row(entry, {
            kind: CHANGE_KIND.portOpened,
            target,
            cidr: range,
            portFrom: portIn(from),
            portTo: portIn(to),
            protocol,
          });
        }
      }
    }
  }

  /** Who got or lost which role, where the entry holds the difference. */
  #bindings(entry: AuditEntry): void {
    const holder = [
      objectAt(entry.payload, 'serviceData'),
      objectAt(entry.payload, 'servicedata_v1_iam'),
      looseAt(entry.payload, 'metadata'),
    ].find((object) => 'policyDelta' in object);
    const delta = objectAt(holder ?? {}, 'policyDelta');
    for (const binding of objectsAt(delta, 'bindingDeltas').slice(0, MAX_ROWS)) {
      const isAdded = /ADD/i.test(textAt(binding, 'action'));
      const [member, role] = [textAt(binding, 'member'), textAt(binding, 'role')];
      if (ANYONE.test(member) && (READING_ROLES.test(role) || /\/roles\//.test(role))) {
        const host = holderOf(entry);
        this.#row(entry, {
          kind: isAdded ? CHANGE_KIND.publicGranted : CHANGE_KIND.publicRevoked,
          ...{ target: `${role} for ${member} of ${host}`, host, cidr: isAdded ? '0.0.0.0/0' : '' },
          detail: `${role} for ${member} on ${textAt(entry.payload, 'resourceName')}`,
        });
        continue;
      }
      this.#row(entry, {
        kind: isAdded ? CHANGE_KIND.privilegeGranted : CHANGE_KIND.privilegeRevoked,
        target: member,
        detail: `${role} on ${textAt(entry.payload, 'resourceName')}`,
      });
    }
  }
}

/** What has no fixed layout: an object, or in BigQuery the text of one in a column of its own ("Routed audit logs schema", cloud.google.com/logging). */
function looseAt(payload: JsonObject, key: string): JsonObject {
  const value = payload[key];
  return isObject(value) ? value : (parseJsonText(textAt(payload, `${key}Json`)) ?? {});
}

/** CHANGE_KIND of a bucket's public access prevention, where a change of the bucket tells it ("Public access prevention", cloud.google.com/storage); else 0. */
function publicPrevention(entry: AuditEntry): number {
  if (!/storage\.buckets\.(?:update|patch|create)$/.test(entry.method)) return 0;
  const told = ['request', 'metadata', 'serviceData']
    .map((key) => JSON.stringify(looseAt(entry.payload, key)))
    .join(' ');
  const value = /"publicAccessPrevention":"(\w+)"/i.exec(told)?.[1] ?? '';
  if (/^enforced$/i.test(value)) return CHANGE_KIND.publicBlocked;
  return /^(?:inherited|unspecified)$/i.test(value) ? CHANGE_KIND.publicUnblocked : 0;
}

function portIn(text: string): number {
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : 0;
}

/** The bucket or project that holds what was asked for. */
function holderOf({ record, payload }: AuditEntry): string {
  const labels = objectAt(objectAt(record, 'resource'), 'labels');
  const resource = textAt(payload, 'resourceName');
  const bucket =
    textAt(labels, 'bucket_name') || (/^projects\/_\/buckets\/([^/]+)/.exec(resource)?.[1] ?? '');
  if (bucket !== '') return bucket;
  const project = textAt(labels, 'project_id') || (/^projects\/([a-z][\w-]+)/.exec(resource)?.[1] ?? '');
  return project === '' ? '' : `Google Cloud project ${project}`;
}

function lastPart(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}

function isReading(method: string): boolean {
  return (
    /(?:^|\.)(?:get|list|aggregatedList|search|query|lookup|test\w*|export|read)\w*$/i.test(method) &&
    !/getIamPolicy.*set/i.test(method)
  );
}

function verbOf(method: string): number {
  if (DATA_READS.test(method)) return QUERY_VERB.read;
  const last = method.slice(method.lastIndexOf('.') + 1).toLowerCase();
  if (/^(?:get|list|aggregatedlist|search|test|lookup|watch|query)/.test(last)) return QUERY_VERB.list;
  if (/^(?:delete|remove|purge)/.test(last)) return QUERY_VERB.delete;
  if (/^(?:create|insert|update|patch|write|put|set|commit|publish|import|compose|copy|rewrite)/.test(last))
    return QUERY_VERB.write;
  return QUERY_VERB.unknown;
}

function sniffGcp(head: Head): number {
  const start = head.text.slice(0, 32_768);
  if (!/^\s*[[{]/.test(start)) return 0;
  if (!/proto[pP]ayload|\bgcp[\s".:{]+audit\b/.test(start)) return 0;
  if (/type\.googleapis\.com\/google\.cloud\.audit\.AuditLog/.test(start)) return 0.97;
  return /cloudaudit\.googleapis\.com/.test(start) && /"methodName"\s*:/.test(start) ? 0.9 : 0;
}

export const gcpAudit: Format = {
  id: 'gcp-audit',
  label: 'Google Cloud audit log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['changes', 'queries', 'logins'],
  sniff: sniffGcp,
  parser: (context) => new GcpAuditParser(context, WANTED),
};
