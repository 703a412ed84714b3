import type { Failure } from '../base/result';
import type { Head } from '../formats/format';
import { splitCsv } from '../formats/shared/postgres';
import { jsonKeys } from '../formats/shared/sniff-json';

interface OtherLog extends Failure {
  /** All of these stand in the head, as keys of JSON or names of a table's columns, in one of the spellings. */
  readonly keys: readonly (readonly string[])[];
}

const EVENTS_TODO =
  'Load the Windows event logs that it was drawn from, as they are (.evtx): Security, and the logs of Remote Desktop.';
const FINDINGS_TODO =
  'Load what they were drawn from, of the same account and time: CloudTrail, VPC flow logs, Kubernetes audit logs. A finding tells where to look.';

/** Logs that exporters put beside those that are read here, and that hold no connection, login, read or change themselves. */
const OTHER_LOGS: readonly OtherLog[] = [
  {
    // "Values that appear in VPC Resolver query logs", docs.aws.amazon.com/Route53.
    keys: [['query_timestamp'], ['query_name'], ['query_type'], ['rcode'], ['vpc_id']],
    what: 'The file is a Route 53 Resolver query log: which names were looked up, not who connected, logged in or read data',
    todo: 'Load the VPC flow log of the same time: it shows which of these lookups were followed by a connection.',
  },
  {
    // "GuardDuty findings format", docs.aws.amazon.com/guardduty: as delivered, and as get-findings prints them.
    keys: [
      ['schemaVersion', 'SchemaVersion'],
      ['eventFirstSeen', 'EventFirstSeen'],
      ['actionType', 'ActionType'],
    ],
    what: 'The file holds GuardDuty findings: what was concluded from other logs, not what these say',
    todo: FINDINGS_TODO,
  },
  {
    // "AWS Security Finding Format (ASFF)", docs.aws.amazon.com/securityhub.
    keys: [['ProductArn'], ['AwsAccountId'], ['GeneratorId'], ['Resources']],
    what: 'The file holds Security Hub findings: what was concluded from other logs, not what these say',
    todo: FINDINGS_TODO,
  },
  {
    // HTTP Archive 1.2 (w3c.github.io/web-performance/specs/HAR).
    keys: [['creator'], ['entries'], ['startedDateTime'], ['request'], ['response']],
    what: 'The file is an HTTP archive (HAR): what one browser asked for, not what a server was asked by others',
    todo: 'Load the access log of the server, or of the proxy or load balancer before it.',
  },
  {
    // "hunt --csv", github.com/WithSecureLabs/chainsaw.
    keys: [['timestamp'], ['detections'], ['path'], ['Event ID']],
    what: 'The file lists what Chainsaw detected: which rules matched which Windows events, not the events themselves',
    todo: EVENTS_TODO,
  },
];

/** Commands as the protocol writes them, in the append-only file of a Redis before 7 or without a snapshot (redis.io, "Redis persistence"). */
const REDIS_COMMANDS = /^\*\d{1,6}\r?\n\$\d{1,9}\r?\n/;

const REDIS_WRITES: Failure = {
  what: 'The file is an append-only file of Redis: what was changed, by nobody named, and never what was read',
  todo: 'Load what MONITOR printed, or flow logs of the server.',
};

const LONGEST_HEADER = 4096;

/** Whether the first line names a column so, for a table; null where it is no header. */
function columnNames(head: Head): ((name: string) => boolean) | null {
  const first = (head.lines[0] ?? '').slice(0, LONGEST_HEADER);
  const names = new Set(splitCsv(first).map((name) => name.trim()));
  return names.size > 3 ? (name) => names.has(name) : null;
}

/** What to say of a file that at most a table of any origin fits and that is known all the same; undefined where it is not. */
export function otherLogOf(head: Head): Failure | undefined {
  if (REDIS_COMMANDS.test(head.text)) return REDIS_WRITES;
  const has = jsonKeys(head) ?? columnNames(head);
  const found = has && OTHER_LOGS.find(({ keys }) => keys.every((spellings) => spellings.some(has)));
  return found ? { what: found.what, todo: found.todo } : undefined;
}
