import { decodeUtf8, encodeUtf8, shortLivedUtf8 } from '../base/bytes';
import type { TimeBasis } from '../base/time';
import { QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus, readRequest, request, verbOfRequest } from './shared/http';
import { countOf, numberOf, portOf, splitsOf, textOf, valueAt, type JsonObject } from './shared/json';
import type { JsonReader } from './shared/json-reader';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { timeOf } from './shared/json-fields';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readClfTime } from './shared/time-prefix';

/** Names that servers and their usual set-ups give each field: nginx' variables, Caddy, Traefik, Apache's JSON recipes, ECS. */
const NAMES = {
  time: ['time_iso8601', 'StartUTC', 'time_local', '@timestamp', 'timestamp', 'time', 'ts', 'msec'],
  client: [
    'remote_addr',
    // Caddy's client is the peer, or whom a proxy that it was told to trust names.
    'request.client_ip',
    'request.remote_ip',
    'ClientHost',
    'client_ip',
    'remote_ip',
    'clientip',
    'source.ip',
    'ClientAddr',
    'remoteIP',
  ],
  clientPort: ['remote_port', 'request.remote_port', 'ClientPort', 'source.port'],
  request: ['request'],
  method: ['request_method', 'request.method', 'RequestMethod', 'method', 'http.request.method', 'verb'],
  path: ['request_uri', 'request.uri', 'RequestPath', 'uri', 'path', 'url.original', 'url'],
  query: ['request_query', 'args', 'query_string', 'url.query'],
  status: ['status', 'DownstreamStatus', 'response', 'http.response.status_code', 'status_code'],
  bytes: [
    'body_bytes_sent',
    'bytes_sent',
    'size',
    'DownstreamContentSize',
    'bytes',
    'http.response.body.bytes',
    'response_size',
  ],
  user: ['remote_user', 'user_id', 'ClientUsername', 'user', 'auth', 'user.name'],
  host: ['server_name', 'host', 'http_host', 'request.host', 'RequestHost', 'vhost', 'url.domain'],
  agent: ['http_user_agent', 'user_agent', 'request_User-Agent', 'agent', 'user_agent.original'],
  seconds: ['request_time', 'duration'],
  nanoseconds: ['Duration'],
} as const;

type Field = keyof typeof NAMES;

const WANTED = wantedAt(...Object.values(NAMES).flat(), 'request.headers.User-Agent');

/** Access logs that a web server was set up to write as JSON, one object a request. */
class JsonAccessParser extends JsonRecords {
  readonly #fields = new Fields(this.objects);
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const fields = this.#fields;
    const time = timeIn(record, fields);
    if (!time) return noTime('time_iso8601, time_local, ts or their like', '2024-03-10T12:00:00+00:00');
    const asked = askedIn(record, fields);
    if (asked === undefined) {
      this.sink.skip('log line of another kind');
      return null;
    }
    const client = splitEndpoint(fields.text(record, 'client'));
    const host = splitEndpoint(fields.text(record, 'host'));
    const status = countOf(fields.value(record, 'status'), 999, 0);
    this.rows.at(time.us, time.basis, offset, line);
    this.rows.query({
      actor: client.address,
      actorPort: client.port || portIn(record, fields, client.address),
      principal: fields.text(record, 'user'),
      service: 'http',
      host: host.address,
      servicePort: host.port,
      verb: asked.verb,
      object: asked.path,
      status,
      outcome: outcomeOfStatus(status),
      bytesReturned: numberOf(fields.value(record, 'bytes')),
      durationUs: durationIn(record, fields),
      agent: agentIn(record, fields),
    });
    return null;
  }
}

type Names = Readonly<Record<Field, readonly string[]>>;

/** The fields of records, each under the first of its names that says something. */
class Fields {
  readonly #reader: JsonReader;
  #layout = 0;
  #names: Names = NAMES;

  constructor(reader: JsonReader) {
    this.#reader = reader;
  }

  value(record: JsonObject, field: Field): unknown {
    for (const name of this.namesIn(record)[field]) {
      const value = valueAt(record, name);
      if (value !== undefined && value !== null && value !== '' && value !== '-') return value;
    }
    return undefined;
  }

  text(record: JsonObject, field: Field): string {
    return textOf(this.value(record, field));
  }

  /** Of all names those that the record may have. Records of one log are much alike, and what they lack need not be asked of each. */
  namesIn(record: JsonObject): Names {
    const { layout } = this.#reader;
    if (layout === 0) return NAMES;
    if (layout !== this.#layout) {
      this.#layout = layout;
      // Of an object that is taken whole its insides may differ from record to record.
      const mayHave = (name: string): boolean =>
        record[name] !== undefined || splitsOf(name).some(([outer]) => record[outer] !== undefined);
      const entries = Object.entries(NAMES).map(([field, names]) => [field, names.filter(mayHave)]);
      this.#names = Object.fromEntries(entries) as Names;
    }
    return this.#names;
  }
}

function timeIn(record: JsonObject, fields: Fields): { us: number; basis: TimeBasis } | undefined {
  for (const name of fields.namesIn(record).time) {
    const value = valueAt(record, name);
    // nginx' $msec is a text of seconds with a fraction.
    const seconds = typeof value === 'string' && /^\d{9,11}\.\d{3}$/.test(value) ? Number(value) : value;
    const time = timeOf(seconds);
    if (!Number.isNaN(time.us)) return time;
    const bytes = encodeUtf8(textOf(value).slice(0, 40));
    if (readClfTime(bytes, 0, bytes.length) !== -1) return { us: parsedTime.us, basis: parsedTime.basis };
  }
  return undefined;
}

/** What was asked for, from a method and a path or from a whole request line; undefined when the record is not about a request. */
function askedIn(record: JsonObject, fields: Fields): { verb: number; path: string } | undefined {
  const method = fields.text(record, 'method');
  const path = withQuery(fields.text(record, 'path'), fields.text(record, 'query'));
  if (method !== '') return { verb: verbOfRequest(method, path), path };
  const text = fields.text(record, 'request');
  if (text === '')
    return fields.value(record, 'status') === undefined || path === ''
      ? undefined
      : { verb: QUERY_VERB.unknown, path };
  const bytes = shortLivedUtf8(text);
  if (!readRequest(bytes, 0, bytes.length)) return { verb: QUERY_VERB.unknown, path: text };
  const { verb, pathStart, pathEnd } = request;
  const isAscii = bytes.length === text.length;
  return { verb, path: isAscii ? text.slice(pathStart, pathEnd) : decodeUtf8(bytes, pathStart, pathEnd) };
}

/** nginx' $uri and its like are the path alone, and what was asked for stands in a field of its own. */
function withQuery(path: string, query: string): string {
  return path === '' || query === '' || path.includes('?') ? path : `${path}?${query}`;
}

/** The port is the peer's: of a client behind a proxy it is not known. */
function portIn(record: JsonObject, fields: Fields, client: string): number {
  const port = portOf(fields.value(record, 'clientPort'));
  const peer = port === 0 ? '' : textOf(valueAt(record, 'request.remote_ip'));
  return peer === '' || peer === client ? port : 0;
}

function durationIn(record: JsonObject, fields: Fields): number {
  const seconds = numberOf(fields.value(record, 'seconds'));
  const nanoseconds = numberOf(fields.value(record, 'nanoseconds'));
  const micros = Number.isNaN(seconds) ? nanoseconds / 1000 : seconds * 1e6;
  return Number.isFinite(micros) ? Math.round(micros) : Number.NaN;
}

/** Caddy keeps headers as lists under the request. */
function agentIn(record: JsonObject, fields: Fields): string {
  const listed = valueAt(record, 'request.headers.User-Agent');
  return Array.isArray(listed) ? textOf(listed[0]) : fields.text(record, 'agent');
}

function sniffJsonAccess(head: Head): number {
  const start = head.text.slice(0, 8192);
  if (!/^\s*[[{]/.test(start)) return 0;
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => new RegExp(`"${name}"\\s*:`).test(start));
  if (
    has('remote_addr', 'ClientHost', 'remote_ip') &&
    has('status', 'DownstreamStatus') &&
    has('request', 'request_method', 'request_uri', 'RequestMethod', 'uri')
  )
    return 0.9;
  if (has('clientip', 'client_ip') && has('response', 'status') && has('request', 'verb', 'method'))
    return 0.7;
  // As ingress controllers document it: the path without its query, and a name of its own for the method.
  return has('remote_addr') && has('status') && has('method') && has('path', 'url') ? 0.6 : 0;
}

export const accessLogJson: Format = {
  id: 'access-log-json',
  label: 'Web server access log (JSON)',
  framing: 'json',
  splittable: true,
  tables: ['queries'],
  sniff: sniffJsonAccess,
  parser: (context) => new JsonAccessParser(context, WANTED),
};
