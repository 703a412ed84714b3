import type { Format, Head } from './format';
import { writeEnvoy } from './shared/envoy';
import { textAt, type JsonObject } from './shared/json';
import { firstText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** Names that Istio's and Envoy Gateway's JSON formats give the headers. */
const HEADERS = {
  path: ['path', 'x-envoy-origin-path', 'x-envoy-original-path'],
  forwardedFor: ['x_forwarded_for', 'x-forwarded-for'],
  agent: ['user_agent', 'user-agent'],
  authority: ['authority', ':authority'],
} as const;

const WANTED = wantedAt(
  ...['start_time', 'method', 'response_code', 'response_flags', 'bytes_sent', 'duration'],
  ...['downstream_remote_address', 'upstream_cluster', ...Object.values(HEADERS).flat()],
);

/** Envoy's access log in JSON, as Istio ("Envoy Access Logs", istio.io) and Envoy Gateway ("Proxy Access Logs", gateway.envoyproxy.io) set it up. */
class EnvoyJsonParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    if (record['response_code'] === undefined) {
      this.sink.skip('message of the proxy itself');
      return null;
    }
    const time = timeOf(record['start_time']);
    if (Number.isNaN(time.us)) return noTime('start_time', '2024-03-10T12:00:00.123Z');
    this.rows.at(time.us, time.basis, offset, line);
    this.#write(record);
    return null;
  }

  #write(record: JsonObject): void {
    writeEnvoy(this.sink, this.rows, {
      method: textAt(record, 'method'),
      path: firstText(record, ...HEADERS.path),
      status: textAt(record, 'response_code'),
      flags: textAt(record, 'response_flags'),
      sent: textAt(record, 'bytes_sent'),
      millis: textAt(record, 'duration'),
      forwardedFor: firstText(record, ...HEADERS.forwardedFor),
      agent: firstText(record, ...HEADERS.agent),
      authority: firstText(record, ...HEADERS.authority),
      remote: textAt(record, 'downstream_remote_address'),
      cluster: textAt(record, 'upstream_cluster'),
    });
  }
}

function sniffEnvoyJson(head: Head): number {
  const has = jsonKeys(head);
  return has?.('start_time') &&
    has('response_code') &&
    has('response_flags') &&
    has('bytes_sent') &&
    has('upstream_cluster')
    ? 0.97
    : 0;
}

export const envoyJson: Format = {
  id: 'envoy-json',
  label: 'Envoy or Istio access log (JSON)',
  framing: 'json',
  splittable: true,
  tables: ['queries'],
  sniff: sniffEnvoyJson,
  parser: (context) => new EnvoyJsonParser(context, WANTED),
};
