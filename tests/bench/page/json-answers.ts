import type { DatasetName } from '../datasets';

/** What a record adds to the answer; null for one that is not counted. */
type AnswerOf = (record: never) => readonly [size: number, isMatch: boolean] | null;

const microsOfSecond = (iso: string): number => (Date.parse(iso) % 1000) * 1000;

/** The numbers that are asked for, from objects as JSON.parse gives them. */
export const JSON_ANSWERS: Partial<Record<DatasetName, AnswerOf>> = {
  cloudtrail: (record: { eventName: string; additionalEventData: { bytesTransferredOut: number } }) => [
    record.additionalEventData.bytesTransferredOut,
    record.eventName === 'GetObject',
  ],
  eve: (record: { flow: { bytes_toserver: number }; tcp: { tcp_flags_tc: string } }) => [
    record.flow.bytes_toserver,
    record.tcp.tcp_flags_tc === '1b',
  ],
  'zeek-json': (record: { orig_ip_bytes: number; conn_state: string }) => [
    record.orig_ip_bytes,
    record.conn_state === 'SF',
  ],
  'es-audit': (record: { 'origin.address': string; action: string }) => [
    Number(record['origin.address'].slice(record['origin.address'].lastIndexOf(':') + 1)),
    record.action === 'indices:data/read/search',
  ],
  'azure-activity': (record: { operationName: string; durationMs: number }) =>
    record.operationName.endsWith('/WRITE')
      ? null
      : [record.durationMs * 1000, record.operationName.endsWith('/LISTKEYS/ACTION')],
  'gcp-audit': (record: { protoPayload: { methodName: string; numResponseItems?: string } }) =>
    record.protoPayload.numResponseItems === undefined
      ? null
      : [
          Number(record.protoPayload.numResponseItems),
          record.protoPayload.methodName === 'storage.objects.get',
        ],
  entra: (record: { time: string; resultType: string }) => [
    microsOfSecond(record.time),
    record.resultType === '50126',
  ],
  okta: (record: { published: string; outcome: { result: string } }) => [
    microsOfSecond(record.published),
    record.outcome.result === 'FAILURE',
  ],
  'json-table': (record: { bytes: number; action: string }) => [record.bytes, record.action === 'allow'],
  'windows-json': (record: { winlog: { event_id: string; event_data: { IpPort: string } } }) => [
    Number(record.winlog.event_data.IpPort),
    record.winlog.event_id === '4625',
  ],
  mongodb: (record: { attr: { durationMillis: number; command: object } }) => [
    record.attr.durationMillis * 1000,
    'find' in record.attr.command,
  ],
  'postgresql-json': ({ message }: { message: string }) => {
    const [, whole = '', part = '', verb] =
      /^duration: (\d+)\.(\d+) ms {2}statement: (\w+)/.exec(message) ?? [];
    return [Number(whole + part), verb === 'SELECT'];
  },
  'journald-json': ({ MESSAGE: message }: { MESSAGE: string }) => [
    Number(/ port (\d+)/.exec(message)?.[1]),
    message.startsWith('Failed password'),
  ],
  'ecs-flow': (record: { source: { bytes: number }; network: { iana_number: string } }) => [
    record.source.bytes,
    record.network.iana_number === '6',
  ],
  'access-log-json': (record: { body_bytes_sent: string; status: string }) => [
    Number(record.body_bytes_sent),
    record.status === '200',
  ],
};
