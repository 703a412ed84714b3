import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, isObject, textAt, textOf, type JsonObject } from './shared/json';
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
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** Subjects of a binding that are spelled out. */
const MOST_SUBJECTS = 8;
const SEVERAL_ADDRESSES =
  'Some requests name several source addresses: the first is taken for the caller’s. All but the last are what the caller or a proxy claims.';
const INCOMPLETE = 'its requests count when they are complete';

const WANTED: Wanted = {
  ...wantedAt('kind', 'apiVersion', 'stage', 'verb', 'requestURI', 'userAgent', 'sourceIPs', 'items'),
  ...wantedAt('requestReceivedTimestamp', 'stageTimestamp', 'log', 'resourceId', ...ORIGINAL_PATHS),
  user: { username: true },
  impersonatedUser: { username: true },
  objectRef: wantedAt('resource', 'subresource', 'namespace', 'name', 'apiGroup'),
  responseStatus: { code: true },
  requestObject: { roleRef: { name: true }, subjects: true },
  annotations: { 'authorization.k8s.io/decision': true },
  properties: { log: true },
};

/**
 * Audit events of the Kubernetes API server (audit.k8s.io; "Auditing" and "kube-apiserver Audit Configuration (v1)", kubernetes.io): lines of its
 * log file, lists that its webhook sent, and events wrapped by Azure Monitor, CloudWatch Logs and other shippers.
 */
class KubernetesAuditParser extends JsonRecords {
  protected override take(
    outer: JsonObject,
    offset: number,
    line: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | null {
    const record = unwrap(outer);
    const cluster = clusterOf(outer);
    if (textAt(record, 'kind') !== 'EventList') return this.#event(record, cluster, offset, line);
    return this.answer(
      {
        ...{ entries: objectsAt(record, 'items'), bytes, start, end, offset, line },
        // Of a list within a text its entries have no place of their own in the file.
        path: record === outer ? ['items'] : [],
      },
      {
        read: (event, ...place) => (isUnfinished(event) ? null : this.#request(event, cluster, ...place)),
        untold: stageOf,
      },
    );
  }

  #event(event: JsonObject, cluster: string, offset: number, line: number): string | null {
    if (!isAuditEvent(event)) {
      const kind = textAt(event, 'kind').slice(0, 40);
      this.sink.skip(kind === '' ? 'record of another log' : `object of another kind (${kind})`);
      return null;
    }
    if (isUnfinished(event)) {
      this.sink.skip(stageOf(event));
      return null;
    }
    return this.#request(event, cluster, offset, line);
  }

  #request(event: JsonObject, cluster: string, offset: number, line: number): string | null {
    const verb = textAt(event, 'verb');
    const time = timeOf(firstText(event, 'requestReceivedTimestamp', 'stageTimestamp'));
    if (Number.isNaN(time.us)) return noTime('requestReceivedTimestamp', '2024-03-10T12:00:00.123456Z');
    if (verb === '') return 'there is no verb, so it is not known what was done';
    const ended = timeOf(event['stageTimestamp']).us;
    const code = countOf(objectAt(event, 'responseStatus')['code'], 999, 0);
    const isForbidden = objectAt(event, 'annotations')['authorization.k8s.io/decision'] === 'forbid';
    const request: Request = {
      actor: this.#actorOf(event),
      principal: principalOf(event),
      verb,
      object: objectOf(event),
      outcome: isForbidden
        ? QUERY_OUTCOME.denied
        : textAt(event, 'stage') === 'Panic'
          ? QUERY_OUTCOME.error
          : outcomeOfStatus(code),
    };
    this.rows.at(time.us, time.basis, offset, line);
    const isOfResource = textAt(objectAt(event, 'objectRef'), 'resource') !== '';
    this.rows.query({
      ...request,
      service: 'kubernetes',
      host: cluster,
      verb: verbOf(event, verb),
      // A secret may be called like a page that every server has: its verb before it tells it from a path.
      object: isOfResource ? `${verb} ${request.object}` : request.object,
      status: code,
      durationUs: ended >= time.us ? ended - time.us : Number.NaN,
      agent: textAt(event, 'userAgent'),
    });
    this.#change(event, request, cluster);
    return null;
  }

  #actorOf(event: JsonObject): string {
    const addresses = arrayAt(event, 'sourceIPs');
    if (addresses.length > 1) this.sink.note(SEVERAL_ADDRESSES);
    return textOf(addresses[0]);
  }

  #change(event: JsonObject, { actor, principal, verb, object, outcome }: Request, cluster: string): void {
    const kind = changeOf(objectAt(event, 'objectRef'), verb);
    if (kind === undefined) return;
    this.rows.change({
      actor,
      principal,
      kind,
      target: object,
      host: cluster,
      outcome:
        outcome === QUERY_OUTCOME.success
          ? CHANGE_OUTCOME.success
          : outcome === QUERY_OUTCOME.unknown
            ? CHANGE_OUTCOME.unknown
            : CHANGE_OUTCOME.failure,
      detail: `${verb} ${object}${bindingOf(event)}`,
    });
  }
}

interface Request {
  readonly actor: string;
  readonly principal: string;
  readonly verb: string;
  readonly object: string;
  /** QUERY_OUTCOME. */
  readonly outcome: number;
}

function isAuditEvent(record: JsonObject): boolean {
  return textAt(record, 'kind') === 'Event' && textAt(record, 'apiVersion').startsWith('audit.k8s.io/');
}

/** A request gives an event at each stage; the last is `ResponseComplete`, or `Panic` where the server broke off. */
function isUnfinished(event: JsonObject): boolean {
  return !/^(?:ResponseComplete|Panic)$/.test(textAt(event, 'stage'));
}

function stageOf(event: JsonObject): string {
  return `stage ${textAt(event, 'stage').slice(0, 40)} (${INCOMPLETE})`;
}

/** The event itself, of what wraps it: Azure Monitor keeps it as text in `properties.log`, container runtimes in `log`. */
function unwrap(outer: JsonObject): JsonObject {
  if (isAuditEvent(outer) || textAt(outer, 'kind') === 'EventList') return outer;
  const text = textAt(objectAt(outer, 'properties'), 'log') || textAt(outer, 'log') || originalText(outer);
  const inner = text.trimStart().startsWith('{') ? parseJsonText(text) : null;
  return inner && isAuditEvent(inner) ? inner : outer;
}

/** The events name no cluster; Azure Monitor's wrapper does. */
function clusterOf(outer: JsonObject): string {
  return /\/managedclusters\/([^/]+)/i.exec(textAt(outer, 'resourceId'))?.[1]?.toLowerCase() ?? '';
}

function principalOf(event: JsonObject): string {
  const user = textAt(objectAt(event, 'user'), 'username');
  const other = textAt(objectAt(event, 'impersonatedUser'), 'username');
  return other === '' ? user : `${user} as ${other}`;
}

/** `secrets/namespace/name`, with the subresource last; of requests for no resource the path. */
function objectOf(event: JsonObject): string {
  const reference = objectAt(event, 'objectRef');
  const parts = ['resource', 'namespace', 'name', 'subresource'].map((key) => textAt(reference, key));
  const object =
    parts[0] === '' ? textAt(event, 'requestURI') : parts.filter((part) => part !== '').join('/');
  return object.slice(0, MAX_FIELD_BYTES);
}

/** Subresources that lead into a container, or past the API server to what runs there. */
const CONNECTING = /^(?:exec|attach|portforward|proxy)$/;

function verbOf(event: JsonObject, verb: string): number {
  const reference = objectAt(event, 'objectRef');
  const resource = textAt(reference, 'resource');
  if (resource === '') return verbOfRequest(verb, textAt(event, 'requestURI'));
  // Reviews ask what one may do, and change nothing.
  if (CONNECTING.test(textAt(reference, 'subresource')) || /reviews$/.test(resource)) return QUERY_VERB.admin;
  switch (verb) {
    case 'get':
    case 'list':
    case 'watch':
      // A list holds the objects whole, secrets among them.
      return QUERY_VERB.read;
    case 'create':
    case 'update':
    case 'patch':
      return QUERY_VERB.write;
    case 'delete':
    case 'deletecollection':
      return QUERY_VERB.delete;
    default:
      return QUERY_VERB.admin;
  }
}

function changeOf(reference: JsonObject, verb: string): number | undefined {
  const resource = textAt(reference, 'resource');
  const subresource = textAt(reference, 'subresource');
  if (resource === 'pods' && /^(?:exec|attach)$/.test(subresource)) return CHANGE_KIND.commandRun;
  if (subresource !== '' || !/^(?:create|update|patch|delete|deletecollection)$/.test(verb)) return undefined;
  const isRemoved = verb.startsWith('delete');
  if (/^(?:cluster)?rolebindings$/.test(resource))
    return isRemoved ? CHANGE_KIND.privilegeRevoked : CHANGE_KIND.privilegeGranted;
  if (resource === 'serviceaccounts' && verb === 'create') return CHANGE_KIND.userCreated;
  if (resource === 'serviceaccounts' && isRemoved) return CHANGE_KIND.userDeleted;
  return /^(?:(?:cluster)?roles|networkpolicies)$/.test(resource) ? CHANGE_KIND.policyChanged : undefined;
}

/** Which role a binding gives to whom, where the log's level holds what was sent. */
function bindingOf(event: JsonObject): string {
  const sent = objectAt(event, 'requestObject');
  const role = textAt(objectAt(sent, 'roleRef'), 'name');
  if (role === '') return '';
  const subjects = arrayAt(sent, 'subjects').filter(isObject).slice(0, MOST_SUBJECTS);
  const names = subjects.map((subject) => `${textAt(subject, 'kind')} ${textAt(subject, 'name')}`);
  return `: ${role} to ${names.join(', ')}`;
}

function sniffAudit(head: Head): number {
  const has = jsonKeys(head);
  if (!has || !/audit\.k8s\.io\/v1/.test(head.text)) return 0;
  return has('stage') && has('verb') && (has('auditID') || has('requestURI')) ? 0.97 : 0;
}

export const kubernetesAudit: Format = {
  id: 'kubernetes-audit',
  label: 'Kubernetes audit log',
  framing: 'json',
  splittable: true,
  tables: ['queries', 'changes'],
  sniff: sniffAudit,
  parser: (context) => new KubernetesAuditParser(context, WANTED),
};
