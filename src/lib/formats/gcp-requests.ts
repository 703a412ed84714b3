import { QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, numberOf, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { targetOf } from './shared/request-target';
import { headRecords } from './shared/sniff-json';

const SAMPLED =
  'A load balancer logs the share of requests that its backend service is set to (logConfig.sampleRate), which the log does not say: with less than 1 a request that is not here may have been made.';

/** Names of an entry's parts: as Logging writes JSON and BigQuery keeps them, and as client libraries print them. */
const REQUEST = ['httpRequest', 'http_request', 'httprequest'] as const;
const PAYLOAD = ['jsonPayload', 'json_payload', 'jsonpayload_type_loadbalancerlogentry'] as const;
const FIELDS = {
  client: ['remoteIp', 'remote_ip'],
  method: ['requestMethod', 'request_method'],
  url: ['requestUrl', 'request_url'],
  size: ['responseSize', 'response_size'],
  agent: ['userAgent', 'user_agent'],
} as const;

function namedAlike(names: readonly string[], wanted: Wanted): Wanted {
  return Object.fromEntries(names.map((name) => [name, wanted]));
}

const WANTED: Wanted = {
  ...wantedAt('timestamp', 'receiveTimestamp', 'logName', 'log_name'),
  resource: { type: true },
  ...namedAlike(REQUEST, wantedAt(...Object.values(FIELDS).flat(), 'status', 'latency')),
  ...namedAlike(PAYLOAD, {
    ...wantedAt('statusDetails', 'statusdetails'),
    enforcedSecurityPolicy: { outcome: true },
    enforcedsecuritypolicy: { outcome: true },
  }),
};

/**
 * Requests that Google Cloud's load balancers, Cloud Run and App Engine log ("HttpRequest" of LogEntry, cloud.google.com/logging; "Logging and
 * monitoring" of the Application Load Balancers; "Use request logging" of Cloud Armor).
 */
class GcpRequestParser extends JsonRecords {
  protected override take(entry: JsonObject, offset: number, line: number): string | null {
    const asked = partOf(entry, REQUEST);
    const url = firstText(asked, ...FIELDS.url);
    const method = firstText(asked, ...FIELDS.method);
    if (url === '' && method === '') {
      const log = firstText(entry, 'logName', 'log_name').replace(/^.*\/logs\//, '');
      this.sink.skip(
        log === '' ? 'entry of another kind' : `log ${log.replaceAll('%2F', '/').slice(0, 100)}`,
      );
      return null;
    }
    const time = timeOf(firstText(entry, 'timestamp', 'receiveTimestamp'));
    if (Number.isNaN(time.us)) return noTime('timestamp', '2024-03-10T12:00:00.123456Z');
    if (/load_?balancer|_lb_/.test(textAt(objectAt(entry, 'resource'), 'type'))) this.sink.note(SAMPLED);
    const client = splitEndpoint(firstText(asked, ...FIELDS.client));
    const { host, port, path } = targetOf(url);
    const status = countOf(asked['status'], 999, 0);
    const size = firstText(asked, ...FIELDS.size);
    this.rows.at(time.us, time.basis, offset, line);
    this.rows.query({
      actor: client.address,
      actorPort: client.port,
      service: 'http',
      host,
      servicePort: port,
      verb: verbOfRequest(method, path),
      object: path.slice(0, MAX_FIELD_BYTES),
      status,
      outcome: isDenied(partOf(entry, PAYLOAD)) ? QUERY_OUTCOME.denied : outcomeOfStatus(status),
      bytesReturned: size === '' ? Number.NaN : numberOf(size),
      durationUs: latencyOf(asked['latency']),
      agent: firstText(asked, ...FIELDS.agent),
    });
    return null;
  }
}

function partOf(entry: JsonObject, names: readonly string[]): JsonObject {
  return objectAt(entry, names.find((name) => entry[name] !== undefined) ?? '');
}

/** Whether a rule of Cloud Armor refused the request, whatever status its answer had. */
function isDenied(payload: JsonObject): boolean {
  const outcome = ['enforcedSecurityPolicy', 'enforcedsecuritypolicy'].some(
    (name) => textAt(objectAt(payload, name), 'outcome') === 'DENY',
  );
  return outcome || /denied_by_security_policy$/.test(firstText(payload, 'statusDetails', 'statusdetails'));
}

/** Microseconds of `0.007911s`, or of a number of seconds (BigQuery); NaN where none is told. */
function latencyOf(value: unknown): number {
  if (typeof value === 'string') {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(value)?.[1];
    return seconds === undefined ? Number.NaN : Math.round(Number(seconds) * 1e6);
  }
  return numberOf(value) >= 0 ? Math.round(numberOf(value) * 1e6) : Number.NaN;
}

function sniffRequests(head: Head): number {
  if (!/"(?:httpRequest|http_request|httprequest)"/.test(head.text)) return 0;
  const records = headRecords(head);
  const asking = records.filter((record) => {
    const asked = partOf(record, REQUEST);
    return firstText(asked, ...FIELDS.url) !== '' && firstText(asked, ...FIELDS.client) !== '';
  });
  const areEntries = records.some(
    (record) =>
      firstText(record, 'logName', 'log_name') !== '' || partOf(record, ['resource'])['type'] !== undefined,
  );
  return areEntries && asking.length * 2 > records.length ? 0.96 : 0;
}

export const gcpRequests: Format = {
  id: 'gcp-requests',
  label: 'Google Cloud load balancer or Cloud Run requests',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries'],
  sniff: sniffRequests,
  parser: (context) => new GcpRequestParser(context, WANTED),
};
