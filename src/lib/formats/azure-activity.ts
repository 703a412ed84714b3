import type { TimeBasis } from '../base/time';
import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { requestOf, resourceKindOf, WANTED_OF_RESOURCE } from './shared/azure-resource';
import { splitEndpoint } from './shared/endpoint';
import { isObject, numberAt, textAt, textOf, type JsonObject } from './shared/json';
import { arrayAt, firstText, objectAt, objectsAt, parseJsonText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import type { Wanted } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';

const MAX_ROWS = 500;
/** Operations whose beginning or end is remembered at once. */
const MAX_HELD = 20_000;
const BEGINNING = 'beginning of an operation (its end is told apart)';

/** Kinds by the operation's name in lower case, the first that matches ("Azure resource provider operations", learn.microsoft.com). */
const CHANGES: readonly [RegExp, number][] = [
  [/roleassignments\/write|elevateaccess\/action/, CHANGE_KIND.privilegeGranted],
  [/roleassignments\/delete/, CHANGE_KIND.privilegeRevoked],
  [
    /diagnosticsettings\/delete|flowlogs\/delete|logprofiles\/delete|configureflowlog/,
    CHANGE_KIND.loggingStopped,
  ],
  [/diagnosticsettings\/write|flowlogs\/write|logprofiles\/write/, CHANGE_KIND.loggingStarted],
  [/microsoft\.operationalinsights\/workspaces\/(?:delete|purge)/, CHANGE_KIND.logDeleted],
  [
    /(?:runcommand|runcommands)(?:\/action|\/write)|virtualmachines\/extensions\/write|automationaccounts\/jobs\/write/,
    CHANGE_KIND.commandRun,
  ],
  [
    /regeneratekey|sshpublickeys\/(?:write|generatekeypair)|vaults\/(?:keys|secrets)\/write|federatedidentitycredentials\/write/,
    CHANGE_KIND.keyCreated,
  ],
  [/vaults\/(?:keys|secrets)\/delete|sshpublickeys\/delete/, CHANGE_KIND.keyDeleted],
  [/userassignedidentities\/write/, CHANGE_KIND.userCreated],
  [/userassignedidentities\/delete/, CHANGE_KIND.userDeleted],
  [/virtualmachines\/|virtualmachinescalesets\/|\/disks\/|\/snapshots\//, CHANGE_KIND.instanceChanged],
  [
    /networksecuritygroups\/|azurefirewalls\/|firewallrules\/|accesspolicies\/|policyassignments\/|\/locks\/|publicipaddresses\/|roledefinitions\//,
    CHANGE_KIND.policyChanged,
  ],
];

/** What an event says, in values that outlast its record: a beginning waits for its end. */
interface Activity {
  readonly operation: string;
  readonly resource: string;
  readonly actor: string;
  readonly principal: string;
  readonly outcome: number;
  readonly category: string;
  /** Where what was written may stand, as an object or its text. */
  readonly bodies: readonly unknown[];
  /** Microseconds; NaN where none is told. */
  readonly durationUs: number;
}

const CLAIM = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const CLAIMS = fieldsNamed(`${CLAIM}/upn`, `${CLAIM}/name`, 'name', 'appid');
const CLIENT = fieldsNamed('clientIpAddress', 'client_ip_address');
const BODIES = ['responseBody', 'requestbody', 'requestBody'];
const TIMES = ['time', 'eventTimestamp', 'event_timestamp', 'submissionTimestamp', 'TimeGenerated'];
const WANTED: Wanted = {
  ...WANTED_OF_RESOURCE,
  ...fieldsNamed(...TIMES, 'operationName', 'operation_name', 'resultType', 'status', 'category', 'caller'),
  ...fieldsNamed('resourceId', 'resource_id', 'resourceUri', 'callerIpAddress', 'durationMs'),
  ...fieldsNamed('correlationId', 'correlation_id'),
  httpRequest: CLIENT,
  http_request: CLIENT,
  identity: { ...WANTED_OF_RESOURCE.identity, claims: CLAIMS },
  claims: CLAIMS,
  properties: { ...WANTED_OF_RESOURCE.properties, ...fieldsNamed(...BODIES) },
};

/** Names that have dots of their own, or none. */
function fieldsNamed(...names: readonly string[]): Wanted {
  return Object.fromEntries(names.map((name) => [name, true]));
}

interface Place {
  readonly us: number;
  readonly basis: TimeBasis;
  readonly offset: number;
  readonly line: number;
}

/** Azure activity log, as event hubs and storage hold it, and as the REST API and the CLI return it. */
class AzureActivityParser extends JsonRecords {
  readonly #begun = new Map<string, { activity: Activity; place: Place }>();
  readonly #ended = new Set<string>();
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const operation = named(record, 'operationName') || named(record, 'operation_name');
    if (operation === '') return 'there is no operationName, so it is not known what was done';
    const time = timeOf(firstText(record, ...TIMES));
    if (Number.isNaN(time.us)) return noTime('time or eventTimestamp', '2024-03-10T12:00:00Z');
    const kind = resourceKindOf(record);
    const request = kind && requestOf(record, kind);
    if (request) {
      this.rows.at(time.us, time.basis, offset, line);
      this.rows.query(request);
      return null;
    }
    const result = firstText(record, 'resultType') || named(record, 'status');
    const http = objectAt(record, record['httpRequest'] === undefined ? 'http_request' : 'httpRequest');
    const properties = objectAt(record, 'properties');
    const isBeginning = /^(?:Start|Started|Accept|Accepted)$/i.test(result);
    const activity: Activity = {
      operation,
      resource: firstText(record, 'resourceId', 'resource_id', 'resourceUri') || named(record, 'resourceId'),
      actor: splitEndpoint(
        firstText(record, 'callerIpAddress') || firstText(http, 'clientIpAddress', 'client_ip_address'),
      ).address,
      principal: principalOf(record),
      outcome: /^(?:Fail|Failed|Failure)$/i.test(result)
        ? CHANGE_OUTCOME.failure
        : isBeginning
          ? CHANGE_OUTCOME.unknown
          : CHANGE_OUTCOME.success,
      category: firstText(record, 'category') || named(record, 'category'),
      bodies: BODIES.map((key) => properties[key]),
      durationUs: durationOf(record),
    };
    const place: Place = { us: time.us, basis: time.basis, offset, line };
    const key =
      `${firstText(record, 'correlationId', 'correlation_id')} ${operation} ${activity.resource}`.toLowerCase();
    if (isBeginning) this.#begin(key, activity, place);
    else {
      this.#end(key);
      this.#emit(activity, place);
    }
    return null;
  }

  finish(): void {
    for (const { activity, place } of this.#begun.values()) this.#emit(activity, place);
    this.#begun.clear();
  }

  /** Held until its end is met, which stands before it where the newest come first; without one, the beginning is all there is. */
  #begin(key: string, activity: Activity, place: Place): void {
    if (this.#ended.has(key) || this.#begun.has(key)) {
      this.sink.skip(BEGINNING);
      return;
    }
    const [oldest] = this.#begun;
    if (this.#begun.size >= MAX_HELD && oldest) {
      this.#begun.delete(oldest[0]);
      this.#emit(oldest[1].activity, oldest[1].place);
    }
    this.#begun.set(key, { activity, place });
  }

  #end(key: string): void {
    if (this.#begun.delete(key)) this.sink.skip(BEGINNING);
    const [oldest] = this.#ended;
    if (this.#ended.size >= MAX_HELD && oldest !== undefined) this.#ended.delete(oldest);
    this.#ended.add(key);
  }

  #emit(activity: Activity, place: Place): void {
    this.rows.at(place.us, place.basis, place.offset, place.line);
    this.#write(activity);
  }

  #write(activity: Activity): void {
    const name = activity.operation.toLowerCase();
    // Listing keys gives them out: it changes nothing and is what an attacker comes for.
    if (/\/read$|\/list\w*\/action$/.test(name)) {
      this.rows.query({
        actor: activity.actor,
        principal: activity.principal,
        service: 'azure',
        verb: /key|secret|credential|sas/.test(name) ? QUERY_VERB.read : QUERY_VERB.list,
        object: `${activity.operation} ${activity.resource}`,
        outcome: activity.outcome === CHANGE_OUTCOME.failure ? QUERY_OUTCOME.error : QUERY_OUTCOME.success,
        durationUs: activity.durationUs,
      });
      return;
    }
    if (/\/(?:write|delete|action)$/.test(name)) {
      this.#networkRules(activity, name);
      this.#publicAccess(activity, name);
      const kind = CHANGES.find(([pattern]) => pattern.test(name))?.[1] ?? CHANGE_KIND.other;
      if (this.rows.rows === 0) this.#change(activity, { kind, target: shortName(activity.resource) });
      return;
    }
    this.sink.skip(`${activity.category.slice(0, 40) || 'other'} event`);
  }

  #change(
    activity: Activity,
    more: {
      kind: number;
      target: string;
      host?: string;
      cidr?: string;
      portFrom?: number;
      portTo?: number;
      protocol?: number;
    },
  ): void {
    this.rows.change({
      actor: activity.actor,
      principal: activity.principal,
      outcome: activity.outcome,
      detail: `${activity.operation} ${activity.resource}`,
      ...more,
    });
  }

  /** Whether anyone may read, where the event holds what was written ("Configure anonymous read access", learn.microsoft.com/azure/storage/blobs). */
  #publicAccess(activity: Activity, name: string): void {
    const account = /\/storageaccounts\/([^/]+)/i.exec(activity.resource)?.[1]?.toLowerCase() ?? '';
    if (account === '') return;
    const properties = objectAt(bodyIn(activity.bodies), 'properties');
    const change = (kind: number, target: string, cidr = ''): void => {
      this.#change(activity, { kind, target, host: account, cidr });
    };
    if (/microsoft\.storage\/storageaccounts\/write$/.test(name)) {
      const isAllowed = textAt(properties, 'allowBlobPublicAccess').toLowerCase();
      const kind = { true: CHANGE_KIND.publicUnblocked, false: CHANGE_KIND.publicBlocked }[isAllowed];
      if (kind !== undefined) change(kind, `public access of ${account}`);
      return;
    }
    const container = /\/containers\/([^/]+)$/i.exec(activity.resource)?.[1] ?? '';
    if (container === '' || !/\/blobservices\/containers\/(?:write|delete)$/.test(name)) return;
    const access = textAt(properties, 'publicAccess').toLowerCase();
    const target = `access level of ${account}/${container}`;
    if (/^(?:blob|container)$/.test(access)) change(CHANGE_KIND.publicGranted, target, '0.0.0.0/0');
    else if (access !== '' || name.endsWith('delete')) change(CHANGE_KIND.publicRevoked, target);
  }

  /** One row a network and port range that an inbound rule allows; a deleted rule closes all that it opened. */
  #networkRules(activity: Activity, name: string): void {
    if (/networksecuritygroups\/securityrules\/delete$/.test(name)) {
      this.#change(activity, {
        kind: CHANGE_KIND.portClosed,
        target: ruleName(activity.resource),
        portFrom: 0,
        portTo: 65535,
      });
      return;
    }
    if (!/\/(?:networkinterfaces|networksecuritygroups|securityrules)\/write$/.test(name)) return;
    const properties = objectAt(bodyIn(activity.bodies), 'properties');
    if (/networkinterfaces\/write$/.test(name)) {
      const group = textAt(objectAt(properties, 'networkSecurityGroup'), 'id');
      if (group !== '')
        this.#change(activity, {
          kind: CHANGE_KIND.groupAttached,
          target: shortName(group),
          host: shortName(activity.resource),
        });
      return;
    }
    if (/networksecuritygroups\/securityrules\/write$/.test(name))
      this.#rule(activity, properties, ruleName(activity.resource));
    else if (/networksecuritygroups\/write$/.test(name)) {
      for (const rule of objectsAt(properties, 'securityRules').slice(0, MAX_ROWS))
        this.#rule(
          activity,
          objectAt(rule, 'properties'),
          `${shortName(activity.resource)}/${textAt(rule, 'name')}`,
        );
    }
  }

  #rule(activity: Activity, rule: JsonObject, target: string): void {
    if (!/^allow$/i.test(textAt(rule, 'access')) || !/^inbound$/i.test(textAt(rule, 'direction'))) return;
    const sources = texts(rule, 'sourceAddressPrefix', 'sourceAddressPrefixes');
    const ports = texts(rule, 'destinationPortRange', 'destinationPortRanges');
    const protocol = { tcp: 6, udp: 17, icmp: 1 }[textAt(rule, 'protocol').toLowerCase()] ?? 255;
    for (const source of sources) {
      for (const range of ports) {
        const [from = '0', to = from] = range === '*' ? ['0', '65535'] : range.split('-');
        // `*` and the service tag Internet are any address at all.
        const cidr = /^(?:\*|Internet|Any)$/i.test(source) ? '0.0.0.0/0' : source;
        this.#change(activity, {
          kind: CHANGE_KIND.portOpened,
          target,
          cidr,
          portFrom: portIn(from),
          portTo: portIn(to),
          protocol,
        });
      }
    }
  }
}

/** Microseconds; NaN where none is told. Most events say 0, which is no duration. */
function durationOf(record: JsonObject): number {
  const milliseconds = numberAt(record, 'durationMs');
  return milliseconds > 0 && milliseconds < 1e12 ? Math.round(milliseconds * 1000) : Number.NaN;
}

function portIn(text: string): number {
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : 0;
}

function texts(rule: JsonObject, one: string, many: string): string[] {
  const all = [...arrayAt(rule, one), ...arrayAt(rule, many)].map(textOf).filter((text) => text !== '');
  return all.slice(0, 50);
}

/** A name that some exports wrap: `{"value": …, "localizedValue": …}`. */
function named(record: JsonObject, key: string): string {
  const value = record[key];
  return isObject(value) ? firstText(value, 'value', 'localizedValue', 'localized_value') : textOf(value);
}

function principalOf(record: JsonObject): string {
  const identity = objectAt(record, 'identity');
  const claims = objectAt(identity['claims'] === undefined ? record : identity, 'claims');
  return (
    firstText(record, 'caller') ||
    textAt(claims, `${CLAIM}/upn`).trim() ||
    textAt(claims, `${CLAIM}/name`).trim() ||
    firstText(claims, 'name', 'appid') ||
    textOf(record['identity'])
  );
}

/** What was written: the first of the bodies that is an object, or the text of one. */
function bodyIn(bodies: readonly unknown[]): JsonObject {
  for (const body of bodies) {
    if (isObject(body)) return body;
    const parsed = typeof body === 'string' && body.startsWith('{') ? parseJsonText(body) : null;
    if (parsed) return parsed;
  }
  return {};
}

function shortName(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}

/** `group/rule` of `…/networkSecurityGroups/group/securityRules/rule`. */
function ruleName(resource: string): string {
  const match = /\/networksecuritygroups\/([^/]+)\/securityrules\/([^/]+)/i.exec(resource);
  return match ? `${match[1] ?? ''}/${match[2] ?? ''}` : shortName(resource);
}

function sniffActivity(head: Head): number {
  const start = head.text.slice(0, 32_768);
  if (!/^\s*[[{]/.test(start)) return 0;
  const has = (key: string): boolean => new RegExp(`"${key}"\\s*:`, 'i').test(start);
  if (
    (!has('operationName') && !has('operation_name')) ||
    /"category"\s*:\s*"(?:\w*SignInLogs|AuditLogs|NetworkSecurityGroup\w*)"/.test(start)
  )
    return 0;
  if (has('resourceId') && has('resultType') && has('time') && /\/subscriptions\//i.test(start)) return 0.9;
  if ((has('eventTimestamp') || has('event_timestamp')) && /"correlation_?id"/i.test(start) && has('claims'))
    return 0.93;
  return has('resourceId') && has('correlationId') && /\/subscriptions\//i.test(start) ? 0.8 : 0;
}

export const azureActivity: Format = {
  id: 'azure-activity',
  label: 'Azure activity log',
  framing: 'json',
  // An operation's beginning and end are two events.
  splittable: false,
  heldOffAsset: true,
  tables: ['changes', 'queries'],
  sniff: sniffActivity,
  parser: (context) => new AzureActivityParser(context, WANTED),
};
