import { encodeUtf8 } from '../base/bytes';
import { CONN_STATE, LOG_STATUS, VERDICT } from '../tables/schemas';
import type { Format, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, tcpFlagsOf } from './shared/enumerations';
import { AwsFlowReader } from './shared/aws-flow';
import { awsFlowLayout, VPC_FIELDS } from './shared/aws-flow-layout';
import { FlowWriter } from './shared/flow-writer';
import { asArray, asObject, parseJsonObject, textOf, type JsonObject } from './shared/json';
import { jsonKeys } from './shared/sniff-json';

const DEFAULT_FIELDS = 14;
const SECONDS_TO_US = 1_000_000;
const STATUSES: Readonly<Record<string, number>> = {
  OK: LOG_STATUS.ok,
  NODATA: LOG_STATUS.noData,
  SKIPDATA: LOG_STATUS.skipData,
};

/** A record's fields by AWS' names, whichever of `log-status`, `log_status` and `logStatus` the exporter made of them. */
function fieldOf(object: JsonObject, name: string): string {
  const value =
    object[name] ??
    object[name.replaceAll('-', '_')] ??
    object[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
  const text = textOf(value);
  return text === '-' ? '' : text;
}

class VpcFlowJsonParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  readonly #lines: AwsFlowReader;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
    this.#lines = new AwsFlowReader(sink, awsFlowLayout(VPC_FIELDS, DEFAULT_FIELDS));
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const object = parseJsonObject(bytes, start, end);
    if (!object) return this.#sink.reject('it is not valid JSON', bytes, start, end, line);
    const events = asArray(object['logEvents'] ?? object['events']);
    const messages =
      events.length > 0 ? events.map((event) => textOf(asObject(event)?.['message'])) : [messageOf(object)];
    if (messages[0] !== '') {
      for (const message of messages) {
        const text = encodeUtf8(message);
        this.#lines.record(text, 0, text.length, offset, line);
      }
      return;
    }
    if (textOf(object['messageType']) === 'CONTROL_MESSAGE')
      return this.#sink.skip('CloudWatch control message');
    const reason = this.#fields(object, offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #fields(object: JsonObject, offset: number, line: number): string | null {
    const flow = this.#flow;
    const { row } = flow;
    const seconds = (name: string): number => {
      const text = fieldOf(object, name);
      return text === '' ? Number.NaN : Number(text) * SECONDS_TO_US;
    };
    const [startUs, endUs] = [seconds('start'), seconds('end')];
    flow.epochs(Number.isNaN(startUs) ? endUs : startUs, endUs);
    flow.ends(
      fieldOf(object, 'pkt-srcaddr') || fieldOf(object, 'srcaddr'),
      fieldOf(object, 'pkt-dstaddr') || fieldOf(object, 'dstaddr'),
    );
    flow.ports(fieldOf(object, 'srcport'), fieldOf(object, 'dstport'));
    row.protocol = protocolOf(fieldOf(object, 'protocol'));
    row.srcPackets = flow.packets(fieldOf(object, 'packets'));
    row.srcBytes = flow.bytes(fieldOf(object, 'bytes'));
    const action = fieldOf(object, 'action').toUpperCase();
    row.verdict =
      action === 'ACCEPT' ? VERDICT.accept : action === 'REJECT' ? VERDICT.reject : VERDICT.unknown;
    row.logStatus = STATUSES[fieldOf(object, 'log-status').toUpperCase()] ?? LOG_STATUS.ok;
    row.tcpFlags = tcpFlagsOf(fieldOf(object, 'tcp-flags'));
    // As in the text form: SYN and ACK from one side is the handshake's second step.
    if (row.tcpFlags !== 255 && (row.tcpFlags & 18) === 18) row.connState = CONN_STATE.established;
    row.sensor = flow.ids.string(fieldOf(object, 'interface-id') || fieldOf(object, 'instance-id'));
    return flow.commit(offset, line);
  }
}

/** The record inside a wrapper: Filebeat and Firehose write `message`, CloudWatch Insights `@message`. */
function messageOf(object: JsonObject): string {
  return textOf(object['message'] ?? object['@message'] ?? object['Message'] ?? '');
}

/** AWS VPC flow records in JSON: their text wrapped (`{"message": "2 1234 …"}`, CloudWatch subscriptions and exports), or one key a field. */
export const vpcFlowJson: Format = {
  id: 'vpc-flow-json',
  label: 'AWS VPC flow log (JSON)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has) return 0;
    const isRecord =
      /"@?message"\s*:\s*"\d{1,2} (?:\d+|unknown|-) (?:eni-\S+|-) \S+ \S+ (?:\d+|-) (?:\d+|-) /i.test(
        head.text.slice(0, 65_536),
      );
    if (isRecord) return 0.97;
    const named = has('srcaddr') && has('dstaddr');
    if (!named) return 0;
    return has('interface_id') ||
      has('interface-id') ||
      has('interfaceId') ||
      has('log_status') ||
      has('log-status')
      ? 0.95
      : 0.5;
  },
  parser: ({ sink }: ParseContext) => new VpcFlowJsonParser(sink),
};
