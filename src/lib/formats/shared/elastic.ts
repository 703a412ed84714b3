import { BYTE } from '../../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { ParseContext, RecordParser, RecordSink } from '../format';
import {
  elasticEvent,
  HOSTS,
  hostOf,
  methodOf,
  openSearchEvent,
  outcomeOf,
  verbOfAction,
  type AuditEvent,
} from './elastic-events';
import { verbOfRequest } from './http';
import { isObject, numberOf, parseJsonObject, textOf, valueAt, type JsonObject } from './json';
import { arrayAt, firstText, timeOf } from './json-fields';
import { JsonReader } from './json-reader';
import { wantedAt } from './json-wanted';
import { messageText } from './line-event';
import { NOT_JSON, noTime } from './reject-reasons';
import { RowWriter } from './row-writer';
import { splitEndpoint } from './endpoint';
import { parsedTime } from './time';
import { readIsoTime } from './time-prefix';

const SERVICE = 'elasticsearch';
const REST_PORT = 9200;
const TRANSPORT_PORT = 9300;

const SLOW_LOG = ['message', 'took'];

const WANTED = wantedAt(
  ...['@timestamp', 'timestamp', 'type', 'event.dataset', 'event.action', 'event.type', 'indices', 'action'],
  ...['user.name', 'user.run_as.name', 'user.realm', 'realm', 'authentication.type', 'apikey.id'],
  ...['origin.address', 'origin.type', 'url.path', 'request.method', 'elasticsearch.index.name'],
  ...['audit_category', 'audit_trace_resolved_indices', 'audit_trace_indices', 'audit_node_name'],
  ...['audit_request_effective_user', 'audit_request_initiating_user', 'audit_request_remote_address'],
  ...['audit_node_host_name', 'audit_node_host_address', 'audit_request_privilege', 'audit_request_layer'],
  ...['audit_rest_request_path', 'audit_rest_request_method', 'audit_request_origin'],
  ...HOSTS,
  ...SLOW_LOG.flatMap((name) => [name, `elasticsearch.slowlog.${name}`]),
);

/** Parser of every line that an Elasticsearch or OpenSearch node writes about who asked what: audit and slow logs, JSON and plain, mixed or not. */
export class ElasticParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let at = start;
    while (at < end && (bytes[at] as number) <= BYTE.space) at += 1;
    if (at === end) {
      this.#sink.skip('blank');
      return;
    }
    // A query's own text may go on over several lines, with a brace alone on one.
    if (bytes[at] === BYTE.openBrace && end - at <= 2) this.#sink.skip('continuation of the line before');
    else if (bytes[at] === BYTE.openBrace) this.#json(bytes, at, end, offset, line);
    else if (bytes[at] === BYTE.openBracket) this.#plain(bytes, at, end, offset, line);
    else if (at > start || bytes[at] === BYTE.closeBrace) this.#sink.skip('continuation of the line before');
    else
      this.#sink.reject(
        'this is neither a JSON object nor a line that begins with a time in brackets, such as [2024-03-10T12:00:00,123]',
        bytes,
        start,
        end,
        line,
      );
  }

  #json(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const record = this.objects.read(bytes, start, end);
    if (!record) {
      this.#sink.reject(NOT_JSON, bytes, start, end, line);
      return;
    }
    const time = timeOf(record['@timestamp'] ?? record['timestamp']);
    if (Number.isNaN(time.us)) {
      this.#sink.reject(
        noTime('timestamp or @timestamp', '2024-03-10T12:00:00,123+0100'),
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    this.#rows.at(time.us, time.basis, offset, line);
    const type = textOf(record['type']);
    if (/slowlog/.test(type) || /slowlog/.test(textOf(valueAt(record, 'event.dataset'))))
      this.#slowJson(record, type);
    else if (textOf(record['audit_category']) !== '') this.#audit(openSearchEvent(record));
    else if (
      textOf(valueAt(record, 'event.action')) !== '' &&
      (valueAt(record, 'event.type') !== undefined || type === 'audit')
    )
      this.#auditJson(record, bytes, start, end);
    else this.#sink.skip(type === '' ? 'log line of another kind' : `${type.slice(0, 40)} log line`);
  }

  #auditJson(record: JsonObject, bytes: Uint8Array, start: number, end: number): void {
    if (textOf(valueAt(record, 'event.type')) === 'security_config_change')
      this.#configChange(parseJsonObject(bytes, start, end) ?? record);
    else this.#audit(elasticEvent(record));
  }

  #audit(event: AuditEvent): void {
    const { address, port } = splitEndpoint(event.origin);
    const login = (outcome: number): void =>
      this.#rows.login({
        actor: address,
        actorPort: port,
        host: event.host,
        service: SERVICE,
        user: event.user,
        method: methodOf(event.authentication),
        outcome,
        key: event.key,
      });
    switch (event.action) {
      case 'authentication_success':
        login(LOGIN_OUTCOME.success);
        return;
      case 'authentication_failed':
        login(LOGIN_OUTCOME.failure);
        return;
      case 'connection_granted':
        login(LOGIN_OUTCOME.connect);
        return;
      case 'connection_denied':
        login(LOGIN_OUTCOME.disconnect);
        return;
      // Each realm that did not know the user says so, and then `authentication_failed` says it once for all.
      case 'realm_authentication_failed':
        this.#sink.skip('failure of one realm (counted by the event that ends the try)');
        return;
    }
    const object =
      event.indices.length > 0 ? [...new Set(event.indices)].join(',') : event.path || event.privilege;
    this.#rows.query({
      actor: address,
      actorPort: port,
      principal: event.user,
      service: SERVICE,
      host: event.host,
      servicePort: event.isTransport ? TRANSPORT_PORT : REST_PORT,
      verb:
        event.privilege === '' ? verbOfRequest(event.httpMethod, event.path) : verbOfAction(event.privilege),
      object,
      outcome: outcomeOf(event.action),
      // Which call it was stands nowhere else; it is what the client asked with.
      agent: event.privilege !== object ? event.privilege : '',
    });
  }

  #configChange(record: JsonObject): void {
    const action = textOf(valueAt(record, 'event.action'));
    const subject = Object.values(record).find(isObject) ?? {};
    this.#rows.change({
      actor: splitEndpoint(textOf(valueAt(record, 'origin.address'))).address,
      principal: textOf(valueAt(record, 'user.name')),
      host: hostOf(record),
      kind: CONFIG_KINDS[action] ?? CHANGE_KIND.policyChanged,
      target: nameWithin(subject, 0),
      outcome: CHANGE_OUTCOME.success,
      detail: `${action} ${JSON.stringify(subject).slice(0, 300)}`,
    });
  }

  #slowJson(record: JsonObject, type: string): void {
    const get = (name: string): string =>
      textOf(record[name]) || textOf(valueAt(record, `elasticsearch.slowlog.${name}`));
    const message = get('message');
    const took = get('took') || bracketed(message, 'took');
    const index = /^\[([^\]/]+)/.exec(message)?.[1] ?? textOf(valueAt(record, 'elasticsearch.index.name'));
    this.#slow({
      isIndexing: /indexing/.test(type) || /indexing/.test(textOf(valueAt(record, 'event.dataset'))),
      index,
      took,
      host: textOf(valueAt(record, 'elasticsearch.node.name')) || hostOf(record),
      user: textOf(valueAt(record, 'user.name')),
    });
  }

  #slow(entry: { isIndexing: boolean; index: string; took: string; host: string; user: string }): void {
    this.#rows.query({
      principal: entry.user,
      service: SERVICE,
      host: entry.host,
      servicePort: REST_PORT,
      verb: entry.isIndexing ? QUERY_VERB.write : QUERY_VERB.read,
      object: entry.index,
      outcome: QUERY_OUTCOME.success,
      durationUs: microsOfTook(entry.took),
    });
  }

  /** `[2018-06-19T05:16:15,549] [node] [rest] [authentication_failed] origin_address=[…], principal=[…]…`, and slow logs in the same frame. */
  #plain(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const timeEnd = readIsoTime(bytes, start + 1, end);
    if (timeEnd === -1 || bytes[timeEnd] !== BYTE.closeBracket) {
      this.#sink.reject(
        'the line does not begin with a time in brackets, such as [2024-03-10T12:00:00,123]',
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    this.#rows.at(parsedTime.us, parsedTime.basis, offset, line);
    const rest = messageText(bytes, timeEnd + 1, end);
    const slow = /^\s*\[\w+\s*\]\s*\[(\S*slowlog\S*)\s*\] (?:\[([^\]]*)\] )?\[([^\]/]+)/.exec(rest);
    if (slow) {
      const [, logger = '', node = '', index = ''] = slow;
      this.#slow({
        isIndexing: logger.includes('indexing'),
        index,
        took: bracketed(rest, 'took'),
        host: node,
        user: '',
      });
      return;
    }
    const audit = /^\s*(?:\[([^\]]*)\]\s+)?\[(rest|transport|ip_filter)\]\s+\[(\w+)\]\s*(.*)$/s.exec(rest);
    if (!audit) {
      this.#sink.skip('log line of another kind');
      return;
    }
    const [, node = '', layer = '', action = '', fields = ''] = audit;
    this.#audit({
      action,
      user: bracketed(fields, 'principal') || bracketed(fields, 'user'),
      origin: bracketed(fields, 'origin_address'),
      host: node,
      privilege: bracketed(fields, 'action'),
      path: bracketed(fields, 'uri'),
      httpMethod: bracketed(fields, 'method') || (layer === 'rest' ? 'GET' : ''),
      indices: bracketed(fields, 'indices')
        .split(',')
        .filter((name) => name !== ''),
      isTransport:
        bracketed(fields, 'origin_type') === 'local_node' || bracketed(fields, 'origin_type') === 'transport',
      authentication: bracketed(fields, 'realm'),
      key: '',
    });
  }
}

const CONFIG_KINDS: Readonly<Record<string, number>> = {
  put_user: CHANGE_KIND.userCreated,
  delete_user: CHANGE_KIND.userDeleted,
  put_role: CHANGE_KIND.privilegeGranted,
  put_role_mapping: CHANGE_KIND.privilegeGranted,
  put_privileges: CHANGE_KIND.privilegeGranted,
  delete_role: CHANGE_KIND.privilegeRevoked,
  delete_role_mapping: CHANGE_KIND.privilegeRevoked,
  delete_privileges: CHANGE_KIND.privilegeRevoked,
  create_apikey: CHANGE_KIND.keyCreated,
  change_apikey: CHANGE_KIND.keyCreated,
  change_apikeys: CHANGE_KIND.keyCreated,
  create_service_token: CHANGE_KIND.keyCreated,
  invalidate_apikeys: CHANGE_KIND.keyDeleted,
  delete_service_token: CHANGE_KIND.keyDeleted,
  change_password: CHANGE_KIND.credentialChanged,
  change_enable_user: CHANGE_KIND.credentialChanged,
  change_disable_user: CHANGE_KIND.credentialChanged,
};

/** The name of what a configuration event is about, which it nests as `{"disable":{"user":{"name":…}}}`. */
function nameWithin(object: JsonObject, depth: number): string {
  const named = firstText(object, 'name', 'id') || arrayAt(object, 'names').map(textOf).join(' ');
  if (named !== '' || depth > 4) return named;
  for (const value of Object.values(object)) {
    const inner = isObject(value) ? nameWithin(value, depth + 1) : '';
    if (inner !== '') return inner;
  }
  return '';
}

/** Text of `name[…]` or `name=[…]`. */
function bracketed(text: string, name: string): string {
  return new RegExp(`(?:^|[\\s,])${name}=?\\[([^\\]]*)\\]`).exec(text)?.[1] ?? '';
}

const TOOK_UNITS: Readonly<Record<string, number>> = {
  nanos: 1e-3,
  micros: 1,
  ms: 1e3,
  s: 1e6,
  m: 6e7,
  h: 3.6e9,
  d: 8.64e10,
};

/** Elasticsearch's own time values: `221micros`, `4.5ms`, `1.2s`. */
function microsOfTook(took: string): number {
  const match = /^([\d.]+)(nanos|micros|ms|s|m|h|d)$/.exec(took.trim());
  if (!match) return Number.NaN;
  return Math.round(numberOf(match[1]) * (TOOK_UNITS[match[2] ?? ''] ?? Number.NaN));
}
