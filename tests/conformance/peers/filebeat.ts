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
  const client = text('source.ip', 'client.ip', 'source.address');
  // A web server that looks names up logs one in the address' place: it stands for who asked.
  const isNamed =
    /^(?:apache|nginx)$/.test(text('event.module') ?? '') &&
    /^(?!localhost$)[\w-]+(?:\.[a-z][\w-]*)*$/.test(client ?? '');
  return {
    time: text('@timestamp'),
    zone: text('event.timezone'),
    start: text('event.start'),
    end: text('event.end'),
    source: isNamed ? undefined : client,
    sourcePort: number('source.port', 'client.port'),
    // Behind a gateway the interface's address is a stop on the way.
    destination: text('aws.vpcflow.pkt_dstaddr', 'pkt_dstaddr', 'destination.ip', 'destination.address'),
    destinationPort: number('destination.port'),
    protocol: number('network.iana_number'),
    user:
      sessionOf(text('aws.cloudtrail.user_identity.arn')) ??
      accountOf(
        text('user.name', 'source.user.name') ?? (isNamed ? client : undefined),
        text('event.module') === 'azure' ? text('user.domain') : undefined,
      ),
    became:
      expected['user.name'] === expected['user.effective.name'] ? undefined : text('user.effective.name'),
    outcome: outcome === 'success' || outcome === 'failure' ? outcome : undefined,
    action: AUDIT_TYPES[text('event.action') ?? ''] ?? text('event.action'),
    bytes: number('source.bytes', 'http.request.body.bytes'),
    bytesBack: number('destination.bytes', 'http.response.body.bytes', 'mysql.slowlog.bytes_sent'),
    packets: number('source.packets'),
    packetsBack: number('destination.packets'),
    status: number('http.response.status_code'),
    method: text('http.request.method'),
    object:
      s3ObjectOf(text('aws.s3access.operation'), text('aws.s3access.bucket'), text('aws.s3access.key')) ??
      targetOf(text('url.original'), text('url.query')) ??
      text('mysql.slowlog.query', 'postgresql.log.query'),
    agent: text('user_agent.original'),
    durationUs: nanos === undefined ? undefined : nanos / 1000,
    rows: number('mysql.slowlog.rows_sent'),
  };
}

/** Linux audit records by Filebeat's phrases (go-libaudit, `aucoalesce/normalizations.yaml`). */
const AUDIT_TYPES: Readonly<Record<string, string>> = {
  'added-group-account-to': 'ADD_GROUP',
  'added-user-account': 'ADD_USER',
  authenticated: 'USER_AUTH',
  'changed-password': 'USER_CHAUTHTOK',
  'ran-command': 'USER_CMD',
  'started-audit': 'DAEMON_START',
  'started-service': 'SERVICE_START',
};

/** Who took a role: two people may have taken the same. */
function sessionOf(arn: string | undefined): string | undefined {
  return /:assumed-role\/(.+)$/.exec(arn ?? '')?.[1];
}

/** What was asked for, by the log's own fields: the URL writes buckets and keys in several ways. */
function s3ObjectOf(
  operation: string | undefined,
  bucket: string | undefined,
  key: string | undefined,
): string | undefined {
  if (operation === undefined) return undefined;
  return key === undefined ? `${operation} ${bucket}` : `${bucket}/${key}`;
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
