import { gcpAudit } from './gcp-audit';
import { gcpFlow } from './gcp-flow';
import { gcpRequests } from './gcp-requests';
import { isObject } from './shared/json';
import { objectAt } from './shared/json-fields';
import { placesOf, recordTable, type NewRecord } from './shared/record-tables';

/** Lists are spread over columns as their entries are numbered, or stand in one cell as JSON. */
const NUMBERED = [0, 1, 2, 3];

/** Paths that entries of all logs have. */
export const OF_ENTRIES = ['timestamp', 'receiveTimestamp', 'logName', 'resource.type'] as const;

const OF_AUDIT = [
  ...['methodName', 'serviceName', 'resourceName', 'numResponseItems', 'status.code'],
  ...['authenticationInfo.principalEmail', 'authenticationInfo.principalSubject'],
  ...['requestMetadata.callerIp', 'requestMetadata.callerSuppliedUserAgent'],
  ...['request', 'request.direction', 'request.sourceRanges', 'request.alloweds', 'request.enableFlowLogs'],
  ...NUMBERED.map((n) => `request.sourceRanges.${n}`),
  ...NUMBERED.flatMap((n) => [
    `request.alloweds.${n}.IPProtocol`,
    ...[`request.alloweds.${n}.ports`, ...NUMBERED.map((k) => `request.alloweds.${n}.ports.${k}`)],
  ]),
  ...['serviceData', 'metadata', 'serviceData.policyDelta', 'serviceData.policyDelta.bindingDeltas'],
  ...NUMBERED.flatMap((n) =>
    ['action', 'member', 'role'].map((name) => `serviceData.policyDelta.bindingDeltas.${n}.${name}`),
  ),
].map((name) => `protoPayload.${name}`);

const OF_FLOWS = [
  ...['start_time', 'end_time', 'bytes_sent', 'packets_sent', 'disposition', 'reporter'],
  ...['src_ip', 'dest_ip', 'src_port', 'dest_port', 'protocol'].map((name) => `connection.${name}`),
  ...['instance', 'src_instance', 'dest_instance'].map((name) => `${name}.vm_name`),
].map((name) => `jsonPayload.${name}`);

/** Paths of what an entry says of a request. */
export const OF_REQUESTS = [
  ...['remoteIp', 'requestMethod', 'requestUrl', 'responseSize', 'userAgent', 'status', 'latency'].map(
    (name) => `httpRequest.${name}`,
  ),
  ...['jsonPayload.statusDetails', 'jsonPayload.enforcedSecurityPolicy.outcome'],
];

const TRUTHS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Truths are texts in a table. */
function withTruths(value: unknown, ...names: readonly string[]): void {
  if (!isObject(value)) return;
  const object = value as NewRecord;
  for (const name of names) {
    const truth = TRUTHS[String(object[name]).toLowerCase()];
    if (truth !== undefined) object[name] = truth;
  }
}

/**
 * What the Logs Explorer of Google Cloud downloads as CSV: entries of any logs, a column for each field that one of them has, nested ones with
 * dots between (`protoPayload.methodName`).
 */
export const gcpLoggingCsv = recordTable({
  id: 'gcp-logging-csv',
  label: 'Google Cloud log entries (CSV)',
  inner: gcpAudit,
  others: [
    { format: gcpFlow, takes: (record) => isObject(objectAt(record, 'jsonPayload')['connection']) },
    {
      format: gcpRequests,
      takes: (record) => isObject(record['httpRequest']) && !isObject(record['protoPayload']),
    },
  ],
  needed: [
    ['insertid', 'logname', 'timestamp', 'protopayloadmethodname'],
    ['insertid', 'logname', 'timestamp', 'jsonpayloadconnectionsrcip'],
  ],
  places: placesOf(
    ...['operation.first', 'operation.last'],
    ...['resource.labels.bucket_name', 'resource.labels.project_id'],
    ...[...OF_ENTRIES, ...OF_AUDIT, ...OF_FLOWS, ...OF_REQUESTS],
  ),
  times: ['timestamp', 'receiveTimestamp'],
  settle(record) {
    withTruths(record['operation'], 'first', 'last');
    withTruths(objectAt(record, 'protoPayload')['request'], 'enableFlowLogs');
  },
});
