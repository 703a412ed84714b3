import { UNKNOWN_PROTOCOL } from '../tables/schemas';
import type { Format, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, verdictOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { textAt, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { firstText, objectAt } from './shared/json-fields';
import { NOT_JSON } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const CONNECTION = ['src_ip', 'dest_ip', 'src_port', 'dest_port', 'protocol'];
const PAYLOAD: Wanted = {
  ...wantedAt('start_time', 'end_time', 'bytes_sent', 'packets_sent', 'disposition', 'reporter'),
  connection: wantedAt(...CONNECTION),
  icmp: wantedAt('type', 'code'),
  instance: { vm_name: true },
  src_instance: { vm_name: true },
  dest_instance: { vm_name: true },
};
const WANTED: Wanted = {
  ...wantedAt('timestamp', 'receiveTimestamp', 'logName'),
  ...PAYLOAD,
  jsonPayload: PAYLOAD,
  json_payload: PAYLOAD,
};

class GcpFlowParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const entry = this.objects.read(bytes, start, end);
    const reason = entry ? this.#entry(entry, offset, line) : NOT_JSON;
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #entry(entry: JsonObject, offset: number, line: number): string | null {
    // BigQuery exports and Pub/Sub messages write the payload's name in other ways, or leave it out.
    const named = objectAt(entry, 'jsonPayload');
    const payload =
      [named, entry].find((object) => object['connection'] !== undefined) ?? objectAt(entry, 'json_payload');
    const connection = objectAt(payload, 'connection');
    if (CONNECTION.every((key) => connection[key] === undefined)) {
      const log = textAt(entry, 'logName');
      this.#sink.skip(log === '' ? 'entry of another kind' : `log ${decodeName(log)}`);
      return null;
    }
    const flow = this.#flow;
    const { row } = flow;
    const stamp = firstText(entry, 'timestamp', 'receiveTimestamp');
    flow.times(textAt(payload, 'start_time') || stamp, textAt(payload, 'end_time'));
    flow.ends(textAt(connection, 'src_ip'), textAt(connection, 'dest_ip'));
    const icmp = objectAt(payload, 'icmp');
    flow.ports(icmp['type'] ?? connection['src_port'], icmp['code'] ?? connection['dest_port']);
    const protocol = textAt(connection, 'protocol');
    row.protocol = protocol === '' ? UNKNOWN_PROTOCOL : protocolOf(protocol);
    row.srcBytes = flow.bytes(payload['bytes_sent']);
    row.srcPackets = flow.packets(payload['packets_sent']);
    // Only firewall logs hold a decision; a flow log samples what was let through and does not say so itself.
    row.verdict = verdictOf(textAt(payload, 'disposition'));
    row.sensor = flow.ids.string(sensorOf(payload));
    return flow.commit(offset, line);
  }
}

/** `projects/p/logs/compute.googleapis.com%2Fvpc_flows`: the last part. */
function decodeName(log: string): string {
  return log
    .replace(/^.*\/logs\//, '')
    .replaceAll('%2F', '/')
    .slice(0, 100);
}

/** The machine that reported the flow. Between two machines of one network each reports it, so that a conversation comes twice. */
function sensorOf(payload: JsonObject): string {
  const own = objectAt(payload, 'instance');
  const side = textAt(payload, 'reporter').startsWith('DEST') ? 'dest_instance' : 'src_instance';
  return textAt(own, 'vm_name') || textAt(objectAt(payload, side), 'vm_name');
}

/** Google Cloud VPC flow logs and firewall rule logs, as JSON lines or an array of log entries. */
export const gcpFlow: Format = {
  id: 'gcp-flow',
  label: 'GCP VPC flow or firewall log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has || !has('connection') || !has('src_ip') || !has('dest_ip')) return 0;
    if (
      /compute\.googleapis\.com(?:%2F|\/)(?:vpc_flows|firewall)|networkmanagement\.googleapis\.com/.test(
        head.text,
      )
    )
      return 0.99;
    return has('jsonPayload') || has('reporter') ? 0.9 : 0.3;
  },
  parser: ({ sink }: ParseContext) => new GcpFlowParser(sink),
};
