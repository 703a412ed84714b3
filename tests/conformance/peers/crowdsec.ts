import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SHARED_DATA, sharedText } from '../../support/shared-data';
import { linesOf } from './lines';
import type { PeerFields, PeerFile, PeerRecord } from './record';

const ASSERTION =
  /^results\["(s\d\d-[\w-]+)"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.(Parsed|Meta|Enriched)\["(\w+)"\] == ("(?:[^"\\]|\\.)*")/;
const SUCCESS = /^results\["(s\d\d-[\w-]+)"\]\["([^"]+)"\]\[(\d+)\]\.Success == true/;

type Event = Map<string, string>;

/** Events that a parser of a stage understood, in their order; every value as `Parsed.name` or `Meta.name`. */
function eventsOf(text: string, stage: string): Event[] {
  const understood = new Set<string>();
  const events = new Map<string, Event>();
  for (const line of text.split('\n')) {
    const success = SUCCESS.exec(line);
    if (success?.[1] === stage) understood.add(`${success[2]} ${success[3]}`);
    const match = ASSERTION.exec(line);
    if (match?.[1] !== stage) continue;
    const key = `${match[2]} ${match[3]}`;
    const event = events.get(key) ?? new Map<string, string>();
    events.set(key, event);
    event.set(`${match[4]}.${match[5]}`, JSON.parse(match[6]!) as string);
  }
  return [...events].filter(([key]) => understood.has(key)).map(([, event]) => event);
}

function fieldsOf(event: Event): PeerFields {
  const text = (...names: readonly string[]): string | undefined =>
    names
      .map((name) => event.get(name))
      .find((value) => value !== undefined && value !== '' && value !== '-');
  const number = (...names: readonly string[]): number | undefined => {
    const value = text(...names);
    return value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value);
  };
  const kind = `${event.get('Meta.log_type') ?? ''} ${event.get('Meta.sub_type') ?? ''}`;
  return {
    // Of a balancer's entry CrowdSec takes the request's creation; the entry's own time is beside it.
    time: event.has('Parsed.request_creation_time')
      ? text('Parsed.time')
      : text('Meta.timestamp', 'Enriched.MarshaledTime'),
    source: text('Meta.source_ip', 'Parsed.src_ip'),
    host: text('Parsed.Computer'),
    sourcePort: number('Parsed.src_port', 'Parsed.sshd_client_port', 'Parsed.remote_port'),
    destination: text('Parsed.dest_ip', 'Parsed.dst_ip'),
    destinationPort: number('Parsed.dest_port', 'Parsed.dst_port'),
    user: text('Meta.target_user', 'Meta.user', 'Meta.username', 'Parsed.sshd_auth_user'),
    outcome: /fail|bad_user/.test(kind) ? 'failure' : /success/.test(kind) ? 'success' : undefined,
    bytes: number('Parsed.length'),
    bytesBack: number('Parsed.body_bytes_sent', 'Parsed.sent_bytes', 'Parsed.bytes'),
    status: number('Meta.http_status'),
    method: text('Meta.http_verb'),
    object: text('Meta.http_path', 'Parsed.request'),
    agent: text('Meta.http_user_agent'),
  };
}

/** Records by the line that holds an event's message; of equal messages, in their order. */
function recordsOf(path: string): PeerRecord[] {
  const assertions = sharedText(`${dirname(path)}/parser.assert`);
  const lines = linesOf(sharedText(path));
  const enriched = eventsOf(assertions, 's02-enrich').filter((event) => event.has('Meta.timestamp'));
  const taken = new Set<number>();
  const records: PeerRecord[] = [];
  const parsed = eventsOf(assertions, 's01-parse');
  // Windows events come with their fields, and the hub's parsers have nothing to do but read the time.
  if (parsed.length === 0)
    return enriched.map((event, index) => ({ at: { index }, fields: fieldsOf(event) }));
  for (const event of parsed) {
    const message = event.get('Parsed.message')?.trim() ?? '';
    // Where an event states no message, the file's next line is its record.
    const at = lines.findIndex(({ line }, i) => !taken.has(i) && line !== '' && line.includes(message));
    if (at === -1) continue;
    taken.add(at);
    const later = enriched.findIndex((other) => other.get('Parsed.message')?.trim() === message);
    const more = later === -1 ? new Map<string, string>() : enriched.splice(later, 1)[0]!;
    records.push({ at: { offset: lines[at]!.offset }, fields: fieldsOf(new Map([...more, ...event])) });
  }
  return records;
}

/** Inputs of CrowdSec's parsers, with the assertions that its own tests make. */
export function crowdsecFiles(paths: readonly string[]): PeerFile[] {
  return paths
    .filter(
      (path) =>
        path.startsWith('crowdsec-hub/') &&
        path.endsWith('.log') &&
        existsSync(resolve(SHARED_DATA, dirname(path), 'parser.assert')),
    )
    .map((path) => ({ peer: 'CrowdSec', path, records: recordsOf(path) }));
}
