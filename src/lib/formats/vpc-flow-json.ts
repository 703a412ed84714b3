import { encodeUtf8 } from '../base/bytes';
import type { Format, ParseContext, RecordParser, RecordSink } from './format';
import { AwsFlowReader } from './shared/aws-flow';
import { AWS_FLOW_FIELDS, AwsFlowFields } from './shared/aws-flow-fields';
import { awsFlowLayout, VPC_FIELDS } from './shared/aws-flow-layout';
import { asArray, asObject, textOf, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import { NOT_JSON } from './shared/reject-reasons';
import { sinkOver } from './shared/sink-over';
import { jsonKeys } from './shared/sniff-json';

const DEFAULT_FIELDS = 14;
const LAYOUT = awsFlowLayout(VPC_FIELDS, DEFAULT_FIELDS);

/** What exporters make of a name: `log-status`, `log_status` and `logStatus`. */
function spellingsOf(name: string): string[] {
  const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return [...new Set([name, name.replaceAll('-', '_'), camel])];
}

/** A field by AWS' name. */
function fieldOf(object: JsonObject, name: string): string {
  for (const spelling of NAMES.get(name) ?? [name]) {
    const value = object[spelling];
    if (value === undefined || value === null) continue;
    const text = textOf(value);
    return text === '-' ? '' : text;
  }
  return '';
}

/** The names of each field that is read. */
const NAMES = new Map(AWS_FLOW_FIELDS.map((name) => [name, spellingsOf(name)]));

const WANTED = wantedAt(
  ...['logEvents', 'events', 'message', '@message', 'Message', 'messageType'],
  ...[...NAMES.values()].flat(),
);

class VpcFlowJsonParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #fields: AwsFlowFields;
  readonly #lines: AwsFlowReader;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#fields = new AwsFlowFields(sink);
    this.#lines = new AwsFlowReader(sink, LAYOUT);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const object = this.objects.read(bytes, start, end);
    if (!object) return this.#sink.reject(NOT_JSON, bytes, start, end, line);
    const events = asArray(object['logEvents'] ?? object['events']);
    if (events.length > 0) return this.#batch(events, bytes, start, end, offset, line);
    const message = messageOf(object);
    if (message !== '') {
      const text = encodeUtf8(message);
      return this.#lines.record(text, 0, text.length, offset, line);
    }
    if (textOf(object['messageType']) === 'CONTROL_MESSAGE')
      return this.#sink.skip('CloudWatch control message');
    const reason = this.#fields.write((name) => fieldOf(object, name), offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  /** A delivery of many records is one record of the file: it counts as rejected only when nothing in it could be read. */
  #batch(
    events: readonly unknown[],
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    line: number,
  ): void {
    const sink = this.#sink;
    const reasons: string[] = [];
    const inner = sinkOver(sink, {
      reject: (reason) => reasons.push(reason),
      skip: () => undefined,
      number: () => undefined,
      isRepeat: () => false,
    });
    const before = sink.flows.total;
    const lines = new AwsFlowReader(inner, LAYOUT);
    for (const event of events) {
      const text = encodeUtf8(textOf(asObject(event)?.['message']));
      lines.record(text, 0, text.length, offset, line);
    }
    const [first] = reasons;
    if (sink.flows.total === before) {
      if (first === undefined) sink.skip('delivery without records');
      else sink.reject(first, bytes, start, end, line);
    } else if (first !== undefined) {
      sink.note(`Some records inside deliveries could not be read (the first: ${first}).`);
    }
  }
}

/** The record inside a wrapper: Filebeat and Firehose write `message`, CloudWatch Insights `@message`. */
function messageOf(object: JsonObject): string {
  return textOf(object['message'] ?? object['@message'] ?? object['Message'] ?? '');
}

const WRAPPED = /"@?message"\s*:\s*"\d{1,2} (?:\d+|unknown|-) (?:eni-\S+|-) \S+ \S+ (?:\d+|-) (?:\d+|-) /i;

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
    if (WRAPPED.test(head.text.slice(0, 65_536))) return 0.97;
    if (!has('srcaddr') || !has('dstaddr')) return 0;
    const isNamed = ['interface_id', 'interface-id', 'interfaceId', 'log_status', 'log-status'].some(has);
    return isNamed ? 0.95 : 0.5;
  },
  parser: ({ sink }: ParseContext) => new VpcFlowJsonParser(sink),
};
