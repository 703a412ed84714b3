import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SHARED_DATA, sharedJson } from '../../support/shared-data';
import type { PeerFields, PeerFile } from './record';

/** One record of a Filebeat module's `-expected.json`: flat keys, `log.offset` names the record. */
type Expected = Readonly<Record<string, unknown>>;

/** `https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html`, and the modules' own names for what it has no field for. */
export function fieldsOfEcs(expected: Expected): PeerFields {
  const text = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = expected[name];
      const first: unknown = Array.isArray(value) ? value[0] : value;
      if (typeof first === 'string' && first !== '' && first !== '-') return first;
      if (typeof first === 'number') return String(first);
    }
    return undefined;
  };
  const number = (...names: readonly string[]): number | undefined => {
    const value = text(...names);
    return value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value);
  };
  const nanos = number('event.duration');
  const outcome = text('event.outcome');
  return {
    time: text('@timestamp'),
    zone: text('event.timezone'),
    start: text('event.start'),
    end: text('event.end'),
    source: text('source.ip', 'client.ip', 'source.address'),
    sourcePort: number('source.port', 'client.port'),
    destination: text('destination.ip', 'destination.address'),
    destinationPort: number('destination.port'),
    protocol: number('network.iana_number'),
    user: accountOf(
      text('user.name', 'source.user.name'),
      text('event.module') === 'azure' ? text('user.domain') : undefined,
    ),
    outcome: outcome === 'success' || outcome === 'failure' ? outcome : undefined,
    action: text('event.action'),
    bytes: number('source.bytes', 'http.request.body.bytes'),
    bytesBack: number('destination.bytes', 'http.response.body.bytes', 'mysql.slowlog.bytes_sent'),
    packets: number('source.packets'),
    packetsBack: number('destination.packets'),
    status: number('http.response.status_code'),
    method: text('http.request.method'),
    object:
      targetOf(text('url.original'), text('url.query')) ??
      text('mysql.slowlog.query', 'postgresql.log.query'),
    agent: text('user_agent.original'),
    durationUs: nanos === undefined ? undefined : nanos / 1000,
    rows: number('mysql.slowlog.rows_sent'),
  };
}

/** The module of Entra's logs cuts the account's name into two fields. */
function accountOf(name: string | undefined, domain: string | undefined): string | undefined {
  return name !== undefined && domain !== undefined ? `${name}@${domain}` : name;
}

function targetOf(url: string | undefined, query: string | undefined): string | undefined {
  return url === undefined || query === undefined || url.includes('?') ? url : `${url}?${query}`;
}

/** Filebeat's own regression inputs: the expectation lies beside the input. */
export function filebeatFiles(paths: readonly string[]): PeerFile[] {
  return paths
    .filter((path) => existsSync(resolve(SHARED_DATA, `${path}-expected.json`)))
    .map((path) => {
      const expected = sharedJson<Expected[]>(`${path}-expected.json`);
      const offsets = expected.map((record) => Number(record['log.offset'] ?? 0));
      return {
        peer: 'Filebeat',
        path,
        // A record over several lines is one to Filebeat: all that lies before the next one belongs to it.
        records: expected.map((record, i) => ({
          at: { offset: offsets[i]!, after: offsets[i - 1] ?? -1, before: offsets[i + 1] ?? Infinity },
          fields: fieldsOfEcs(record),
        })),
      };
    });
}
