import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SHARED_DATA, sharedJson, sharedText } from '../../support/shared-data';
import { fieldsOfEcs } from './filebeat';
import { recordLines } from './lines';
import type { PeerFields, PeerFile } from './record';

// What programs say of their own records in a second form: nfdump's and Zeek's JSON beside their text, Elastic's core fields.

type Json = Readonly<Record<string, unknown>>;

const texts = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const numbers = (value: unknown): number | undefined =>
  value === undefined || value === null || Number.isNaN(Number(value)) ? undefined : Number(value);
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, TCP: 6, UDP: 17 };

function fieldsOfNfdump(flow: Json): PeerFields {
  return {
    start: `${texts(flow['first'])}Z`,
    end: `${texts(flow['last'])}Z`,
    source: texts(flow['src4_addr']) ?? texts(flow['src6_addr']),
    destination: texts(flow['dst4_addr']) ?? texts(flow['dst6_addr']),
    sourcePort: numbers(flow['src_port']),
    destinationPort: numbers(flow['dst_port']),
    protocol: numbers(flow['proto']),
    bytes: numbers(flow['in_bytes']),
    packets: numbers(flow['in_packets']),
  };
}

const NFDUMP_TEXT = /_(?:csv\.csv|pipe\.txt|long\.txt|extended\.txt)$/;

/** nfdump's outputs of one capture: its JSON states each value in full. */
function nfdumpFiles(paths: readonly string[]): PeerFile[] {
  return paths
    .filter((path) => /\/nfdump_[^/]*$/.test(path) && NFDUMP_TEXT.test(path))
    .map((path) => ({
      peer: 'nfdump JSON',
      path,
      records: sharedJson<Json[]>(path.replace(NFDUMP_TEXT, '_json.json')).map((flow, index) => ({
        at: { index },
        fields: fieldsOfNfdump(flow),
      })),
    }));
}

function fieldsOfZeek(record: Json): PeerFields {
  const success = record['auth_success'] ?? record['success'];
  // In ssh.log `client` is the program's banner.
  const principal = record['request_type'] === undefined ? undefined : texts(record['client']);
  const name = texts(record['cookie']) ?? texts(record['username']) ?? texts(record['user']) ?? principal;
  return {
    time:
      typeof record['ts'] === 'number' ? new Date(record['ts'] * 1000).toISOString() : texts(record['ts']),
    source: texts(record['id.orig_h']),
    sourcePort: numbers(record['id.orig_p']),
    user: name?.split('/')[0],
    outcome: success === true ? 'success' : success === false ? 'failure' : undefined,
    bytesBack: numbers(record['response_body_len']),
    status: numbers(record['status_code'] ?? record['reply_code']),
  };
}

/** argus' own two layouts of one capture: the default one has epoch times. */
function argusFiles(paths: readonly string[]): PeerFile[] {
  const iso = (epoch: string): string => new Date(Math.floor(Number(epoch) * 1000)).toISOString();
  return paths
    .filter((path) => path.endsWith('/argus_ctu13cols.binetflow'))
    .map((path) => {
      const lines = recordLines(path).slice(1);
      const theirs = recordLines(path.replace('ctu13cols.binetflow', 'default_epoch.csv')).slice(1);
      return {
        peer: 'argus default',
        path,
        records: theirs.map(({ line }, i) => {
          const [start = '', end = '', , protocol = '', ...rest] = line.split(',').map((cell) => cell.trim());
          const [source, sourcePort = '', , destination, destinationPort = ''] = rest;
          const isIp = source !== undefined && !/^\w\w:\w\w:/.test(source);
          return {
            at: { offset: lines[i]!.offset },
            fields: {
              start: iso(start),
              end: iso(end),
              source: isIp ? source : undefined,
              sourcePort: /^\d+$/.test(sourcePort) ? Number(sourcePort) : undefined,
              destination: isIp ? destination : undefined,
              destinationPort: /^\d+$/.test(destinationPort) ? Number(destinationPort) : undefined,
              protocol: PROTOCOLS[protocol],
            },
          };
        }),
      };
    });
}

/** Zeek's TSV and JSON of the same packets, of the logs that are read; `zeek.test.ts` holds all of them, and all columns, against each other. */
function zeekPairs(paths: readonly string[]): PeerFile[] {
  return paths
    .filter((path) => /zeek-default\/(?:rdp|ssh|ntlm|kerberos|smb_files|ftp)\.log\.gz$/.test(path))
    .flatMap((path) => {
      const other = path.replace('zeek-default', 'zeek-json').replace('.log.gz', '.json.gz');
      if (!existsSync(resolve(SHARED_DATA, other))) return [];
      const lines = sharedText(other).trim().split('\n');
      return {
        peer: 'Zeek JSON',
        path,
        records: lines.map((line, index) => ({
          at: { index },
          fields: fieldsOfZeek(JSON.parse(line) as Json),
        })),
      };
    });
}

function fieldsOfAzure(tuple: Json): PeerFields {
  const [source, sourcePort] = tuple['source'] as [string, number];
  const [destination, destinationPort] = tuple['destination'] as [string, number];
  const decision = texts(tuple['decision']);
  return {
    start: texts(tuple['timestamp']),
    source,
    sourcePort,
    destination,
    destinationPort,
    protocol: PROTOCOLS[String(tuple['protocol'])] ?? numbers(tuple['protocol']),
    outcome: decision === 'Allowed' ? 'success' : decision === undefined ? undefined : 'failure',
    packets: numbers(tuple['packets_sent']),
    bytes: numbers(tuple['bytes_sent']),
    packetsBack: numbers(tuple['packets_received']),
    bytesBack: numbers(tuple['bytes_received']),
  };
}

/** Elastic's integrations, whose expectations were written down by their core fields. */
function integrationFiles(paths: readonly string[]): PeerFile[] {
  const folder = 'elastic-integrations-recent';
  if (!paths.includes(`${folder}/expected-core.json`)) return [];
  const all = sharedJson<Record<string, readonly Json[] | string>>(`${folder}/expected-core.json`);
  return Object.entries(all).flatMap(([name, expected]) => {
    if (typeof expected === 'string') return [];
    const records = expected.map((record, index) => {
      const ecs = { ...fieldsOfEcs(record), ...(record['network.bytes'] !== undefined && countsOf(record)) };
      return { at: { index }, fields: Array.isArray(record['source']) ? fieldsOfAzure(record) : ecs };
    });
    return { peer: 'Elastic', path: `${folder}/${name}`, records };
  });
}

/** A flow of one direction has one count, which is the network's and the source's. */
function countsOf(record: Json): PeerFields {
  return { bytes: numbers(record['network.bytes']), packets: numbers(record['network.packets']) };
}

export function otherFormFiles(paths: readonly string[]): PeerFile[] {
  return [...nfdumpFiles(paths), ...argusFiles(paths), ...zeekPairs(paths), ...integrationFiles(paths)];
}
