/**
 * Every field of a VPC flow log record, versions 2 to 10, in the order of the documentation's table, which is the order of a file
 * that was set up with "all fields" and has lost its header.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
 */
export const VPC_FIELDS: readonly string[] = [
  ...['version', 'account-id', 'interface-id', 'srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol'],
  ...['packets', 'bytes', 'start', 'end', 'action', 'log-status'],
  ...['vpc-id', 'subnet-id', 'instance-id', 'tcp-flags', 'type', 'pkt-srcaddr', 'pkt-dstaddr'],
  ...['region', 'az-id', 'sublocation-type', 'sublocation-id'],
  ...['pkt-src-aws-service', 'pkt-dst-aws-service', 'flow-direction', 'traffic-path'],
  ...['ecs-cluster-arn', 'ecs-cluster-name', 'ecs-container-instance-arn', 'ecs-container-instance-id'],
  ...['ecs-container-id', 'ecs-second-container-id', 'ecs-service-name', 'ecs-task-definition-arn'],
  ...['ecs-task-arn', 'ecs-task-id', 'reject-reason', 'resource-id', 'encryption-status'],
];

/** Fields of the default format (version 2): a file without a header has at least these, in this order. */
export const DEFAULT_FIELDS = 14;

/**
 * Fields of a transit gateway flow log record in the order of its default format.
 * https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
 */
export const TRANSIT_GATEWAY_FIELDS: readonly string[] = [
  ...['version', 'resource-type', 'account-id', 'tgw-id', 'tgw-attachment-id'],
  ...['tgw-src-vpc-account-id', 'tgw-dst-vpc-account-id', 'tgw-src-vpc-id', 'tgw-dst-vpc-id'],
  ...[
    'tgw-src-subnet-id',
    'tgw-dst-subnet-id',
    'tgw-src-eni',
    'tgw-dst-eni',
    'tgw-src-az-id',
    'tgw-dst-az-id',
  ],
  ...['tgw-pair-attachment-id', 'srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol', 'packets', 'bytes'],
  ...['start', 'end', 'log-status', 'type', 'packets-lost-no-route', 'packets-lost-blackhole'],
  ...['packets-lost-mtu-exceeded', 'packets-lost-ttl-expired', 'tcp-flags', 'region', 'flow-direction'],
  ...['pkt-src-aws-service', 'pkt-dst-aws-service'],
];

const KNOWN_FIELDS = new Set([...VPC_FIELDS, ...TRANSIT_GATEWAY_FIELDS]);

/** Where each field that we keep stands; −1 where the file has no such field. */
export interface AwsFlowLayout {
  readonly fields: readonly string[];
  /** Fewest and most fields of a record. */
  readonly least: number;
  readonly most: number;
  /** Whether a record of 14 fields is one in the default format (version 2). */
  readonly isDefault: boolean;
  readonly srcAddr: number;
  readonly dstAddr: number;
  readonly packetSrcAddr: number;
  readonly packetDstAddr: number;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly protocol: number;
  readonly packets: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
  readonly action: number;
  readonly logStatus: number;
  readonly tcpFlags: number;
  readonly sensor: number;
  readonly sensorFallback: number;
}

/**
 * The layout of records with these fields. `least`: a file without a header may stop anywhere after the fields that its version
 * guarantees; with a header every record has exactly the named fields.
 */
export function awsFlowLayout(fields: readonly string[], least = fields.length): AwsFlowLayout {
  const at = (name: string): number => fields.indexOf(name);
  const first = (...names: string[]): number => at(names.find((name) => at(name) !== -1) ?? '');
  return {
    fields,
    least,
    most: fields.length,
    isDefault:
      least === DEFAULT_FIELDS &&
      VPC_FIELDS.slice(0, DEFAULT_FIELDS).every((name, index) => fields[index] === name),
    srcAddr: at('srcaddr'),
    dstAddr: at('dstaddr'),
    packetSrcAddr: at('pkt-srcaddr'),
    packetDstAddr: at('pkt-dstaddr'),
    srcPort: at('srcport'),
    dstPort: at('dstport'),
    protocol: at('protocol'),
    packets: at('packets'),
    bytes: at('bytes'),
    start: at('start'),
    end: at('end'),
    action: at('action'),
    logStatus: at('log-status'),
    tcpFlags: at('tcp-flags'),
    sensor: first('interface-id', 'tgw-attachment-id', 'instance-id'),
    sensorFallback: first('instance-id', 'tgw-id', 'subnet-id', 'vpc-id'),
  };
}

/** A header line's field names, or null. Underscores (Athena, Parquet) count as hyphens; unknown names keep their place. */
export function awsFlowHeader(line: string): string[] | null {
  const names = line
    .replace(/^\uFEFF/, '')
    .trim()
    .toLowerCase()
    .replaceAll('_', '-')
    .split(/[\s,]+/);
  const known = names.filter((name) => KNOWN_FIELDS.has(name)).length;
  return known >= 2 && known * 2 > names.length && KNOWN_FIELDS.has(names[0] ?? '') ? names : null;
}
