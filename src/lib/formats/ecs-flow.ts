import { MICROS_PER_MS } from '../base/time';
import { CONN_STATE } from '../tables/schemas';
import type { Format, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, tcpFlagsOf, verdictOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { asObject, numberOf, textOf, valueAt, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { NOT_JSON } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** The first text at one of the dotted paths. */
function firstText(object: JsonObject, ...paths: readonly string[]): string {
  for (const path of paths) {
    const text = textOf(first(valueAt(object, path)));
    if (text !== '') return text;
  }
  return '';
}

/** Elasticsearch's `fields` answers hold every value in an array. */
function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

function firstValue(object: JsonObject, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = first(valueAt(object, path));
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

const EVENT = wantedAt(
  ...['source.ip', 'source.address', 'source.port', 'source.bytes', 'source.packets'],
  ...[
    'destination.ip',
    'destination.address',
    'destination.port',
    'destination.bytes',
    'destination.packets',
  ],
  ...['netflow.source_ipv4_address', 'netflow.source_ipv6_address', 'netflow.source_transport_port'],
  ...['netflow.destination_ipv4_address', 'netflow.destination_ipv6_address'],
  ...['netflow.destination_transport_port', 'netflow.type', 'netflow.flow_start_milliseconds'],
  ...['netflow.flow_end_milliseconds', 'netflow.protocol_identifier', 'netflow.octet_delta_count'],
  ...[
    'netflow.packet_delta_count',
    'netflow.reverse_octet_delta_count',
    'netflow.reverse_packet_delta_count',
  ],
  ...['netflow.tcp_control_bits', 'netflow.exporter.address', 'network.iana_number', 'network.transport'],
  ...[
    'network.bytes',
    'network.packets',
    '@timestamp',
    'event.dataset',
    'event.action',
    'event.start',
    'event.end',
  ],
  ...['event.duration', 'event.outcome', 'observer.ip', 'observer.name', 'agent.hostname', 'agent.name'],
);
const WANTED: Wanted = { ...EVENT, _source: EVENT, fields: EVENT };

class EcsFlowParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const document = this.objects.read(bytes, start, end);
    // A search's hits wrap the document.
    const event = document
      ? (asObject(document['_source']) ?? asObject(document['fields']) ?? document)
      : null;
    const reason = event ? this.#event(event, offset, line) : NOT_JSON;
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #event(event: JsonObject, offset: number, line: number): string | null {
    const source = firstText(
      event,
      'source.ip',
      'netflow.source_ipv4_address',
      'netflow.source_ipv6_address',
      'source.address',
    );
    const destination = firstText(
      event,
      'destination.ip',
      'netflow.destination_ipv4_address',
      'netflow.destination_ipv6_address',
      'destination.address',
    );
    if (source === '' && destination === '') {
      const type = firstText(event, 'netflow.type', 'event.dataset', 'event.action').slice(0, 60);
      this.#sink.skip(type === '' ? 'event without addresses' : `${type} without addresses`);
      return null;
    }
    const flow = this.#flow;
    const { row } = flow;
    const stamp = firstText(event, '@timestamp');
    flow.times(
      firstText(event, 'event.start', 'netflow.flow_start_milliseconds') || stamp,
      firstText(event, 'event.end', 'netflow.flow_end_milliseconds'),
    );
    const duration = numberOf(firstValue(event, 'event.duration'));
    // ECS counts durations in nanoseconds.
    if (Number.isNaN(row.endUs) && duration >= 0)
      row.endUs = row.startUs + Math.round(duration / 1e6) * MICROS_PER_MS;
    flow.ends(source, destination);
    flow.ports(
      firstValue(event, 'source.port', 'netflow.source_transport_port'),
      firstValue(event, 'destination.port', 'netflow.destination_transport_port'),
    );
    row.protocol = protocolOf(
      firstText(event, 'network.iana_number', 'netflow.protocol_identifier', 'network.transport'),
    );
    row.srcBytes = flow.bytes(
      firstValue(event, 'source.bytes', 'netflow.octet_delta_count', 'network.bytes'),
    );
    row.srcPackets = flow.packets(
      firstValue(event, 'source.packets', 'netflow.packet_delta_count', 'network.packets'),
    );
    row.dstBytes = flow.bytes(firstValue(event, 'destination.bytes', 'netflow.reverse_octet_delta_count'));
    row.dstPackets = flow.packets(
      firstValue(event, 'destination.packets', 'netflow.reverse_packet_delta_count'),
    );
    const flags = firstText(event, 'netflow.tcp_control_bits');
    if (row.protocol === 6 && flags !== '') row.tcpFlags = tcpFlagsOf(flags);
    row.connState = CONN_STATE.unknown;
    row.verdict = verdictOf(firstText(event, 'event.action', 'event.outcome'));
    row.sensor = flow.ids.string(
      firstText(
        event,
        'netflow.exporter.address',
        'observer.ip',
        'observer.name',
        'agent.hostname',
        'agent.name',
      ),
    );
    return flow.commit(offset, line);
  }
}

/**
 * Flow events in Elastic's common schema: NetFlow and IPFIX by Filebeat, Packetbeat's flows, and what else an Elasticsearch index holds of source and
 * destination, as documents or as a search's hits.
 */
export const ecsFlow: Format = {
  id: 'ecs-flow',
  label: 'Flow events in ECS (Filebeat netflow, Packetbeat)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has || !has('@timestamp')) return 0;
    const ends = (has('source') && has('destination')) || (has('source.ip') && has('destination.ip'));
    if (has('netflow') || has('netflow.exporter.address') || has('netflow.exporter'))
      return ends ? 0.95 : 0.8;
    const counts = has('bytes') || has('network.bytes') || has('source.bytes') || has('packets');
    return ends && counts ? 0.5 : 0;
  },
  parser: ({ sink }: ParseContext) => new EcsFlowParser(sink),
};
