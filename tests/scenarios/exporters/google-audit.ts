import type { Draw } from '../draw';
import type { PortRange } from '../activities/control-plane';
import type { ControlEvent, World } from '../world';

export const PROJECT = 'applogs-1234';

/** What Google's API calls the routine of the account, where it has a like call. */
const METHODS: Readonly<Record<string, readonly [service: string, method: string]>> = {
  DescribeInstances: ['compute', 'v1.compute.instances.list'],
  DescribeSecurityGroups: ['compute', 'v1.compute.firewalls.list'],
  DescribeNetworkInterfaces: ['compute', 'v1.compute.networks.list'],
  DescribeVolumes: ['compute', 'v1.compute.disks.list'],
  DescribeInstanceStatus: ['compute', 'v1.compute.instances.get'],
  LookupEvents: ['logging', 'google.logging.v2.LoggingServiceV2.ListLogEntries'],
  ListBuckets: ['storage', 'storage.buckets.list'],
  ListUsers: ['iam', 'google.iam.admin.v1.ListServiceAccounts'],
};

interface Entry {
  readonly event: ControlEvent;
  readonly log: 'activity' | 'data_access';
  readonly service: string;
  readonly method: string;
  readonly resource: string;
  readonly request?: unknown;
  /** A change runs as an operation, which is logged when it begins and when it ends. */
  readonly isOperation?: boolean;
}

function entryOf(
  event: ControlEvent,
  rule: { readonly name: string; readonly ports: readonly PortRange[]; readonly coversV6: boolean },
): Entry | null {
  const resource = `projects/${PROJECT}/global/firewalls/${rule.name}`;
  if (event.name === 'AuthorizeSecurityGroupIngress')
    return {
      ...{ event, log: 'activity', service: 'compute', method: 'v1.compute.firewalls.insert', resource },
      isOperation: true,
      request: {
        '@type': 'type.googleapis.com/compute.firewalls.insert',
        name: rule.name,
        network: `https://compute.googleapis.com/compute/v1/projects/${PROJECT}/global/networks/default`,
        direction: 'INGRESS',
        sourceRanges: rule.coversV6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0'],
        alloweds: [
          {
            IPProtocol: 'tcp',
            ports: rule.ports.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)),
          },
        ],
      },
    };
  if (event.name === 'RevokeSecurityGroupIngress')
    return {
      ...{ event, log: 'activity', service: 'compute', method: 'v1.compute.firewalls.delete', resource },
      isOperation: true,
    };
  const known = METHODS[event.name];
  if (!known) return null;
  const [service, method] = known;
  return { event, log: 'data_access', service, method, resource: `projects/${PROJECT}` };
}

function recordsOf(entry: Entry, draw: Draw): unknown[] {
  const { event, service, method, resource, request, isOperation } = entry;
  const id = `operation-${draw.hex(12)}`;
  const at = (us: number): string => `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}000Z`;
  const record = (atUs: number, more: object, operation?: object): unknown => ({
    insertId: draw.hex(12),
    logName: `projects/${PROJECT}/logs/cloudaudit.googleapis.com%2F${entry.log}`,
    ...(operation ? { operation: { id, producer: 'compute.googleapis.com', ...operation } } : {}),
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      authenticationInfo: { principalEmail: `${event.principal}@example.net` },
      methodName: method,
      requestMetadata: {
        callerIp: event.address,
        callerSuppliedUserAgent: 'google-cloud-sdk gcloud/460.0.0',
      },
      resourceName: resource,
      serviceName: `${service}.googleapis.com`,
      ...more,
    },
    receiveTimestamp: at(atUs + 900_000),
    resource: { type: 'project', labels: { project_id: PROJECT } },
    severity: entry.log === 'activity' ? 'NOTICE' : 'INFO',
    timestamp: at(atUs),
  });
  if (!isOperation) return [record(event.atUs, {})];
  return [
    record(event.atUs, request === undefined ? {} : { request }, { first: true }),
    record(event.atUs + 6_000_000, {}, { last: true }),
  ];
}

/** The project's audit log in JSON lines, as Logging exports it: the rule that exposed the machines, and what scripts list all day. */
export function exportGoogleAudit(
  world: World,
  rule: { readonly name: string; readonly ports: readonly PortRange[]; readonly coversV6: boolean },
): string {
  const draw = world.draw.fork('google audit');
  return [...world.controlEvents]
    .filter((event) => event.atUs >= world.fromUs && event.atUs < world.toUs)
    .sort((a, b) => a.atUs - b.atUs || a.id - b.id)
    .map((event) => entryOf(event, rule))
    .filter((entry) => entry !== null)
    .flatMap((entry) => recordsOf(entry, draw))
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}
