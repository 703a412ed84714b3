import { LOG_STATUS, VERDICT } from '../tables/schemas';
import type { Format, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { asArray, asObject, textAt, textOf, valueAt, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { objectsAt } from './shared/json-fields';
import { NOT_JSON } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** Where the parts of a tuple stand. */
interface TupleShape {
  readonly protocol: number;
  readonly decision: number;
  /** Packets and bytes each way, or −1 for a version without counters. */
  readonly counters: number;
  readonly least: number;
  /** Microseconds of one unit of the time. */
  readonly unitUs: number;
}

/**
 * Network security group flow logs: version 1 ends with the decision, version 2 adds the flow's state and counters since the last record.
 * https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview#log-format
 */
const NSG: TupleShape = { protocol: 5, decision: 7, counters: 9, least: 8, unitUs: 1_000_000 };

/**
 * Virtual network flow logs, version 4: milliseconds, an IANA number, and the decision in the state (`D` is denied).
 * https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview#log-format
 */
const VNET: TupleShape = { protocol: 5, decision: 7, counters: 9, least: 8, unitUs: 1_000 };

const WANTED: Wanted = {
  ...wantedAt('category', 'resourceId', 'macAddress', 'targetResourceID', 'flowRecords', 'flowRecords.flows'),
  properties: { flows: true },
};

class AzureFlowParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  #hasNoted = false;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const object = this.objects.read(bytes, start, end);
    const reject = (reason: string): void => this.#sink.reject(reason, bytes, start, end, line);
    if (!object) return reject(NOT_JSON);
    let tuples = 0;
    let rows = 0;
    let fault: string | null = null;
    for (const { text, shape, sensor } of tuplesOf(object)) {
      tuples += 1;
      const reason = this.#tuple(text, shape, sensor, offset, line);
      if (reason === null) rows += 1;
      else fault ??= `${reason} (tuple "${text.slice(0, 80)}")`;
    }
    if (fault !== null) {
      // A record holds up to thousands of tuples; it counts as rejected only when none of them could be read.
      if (rows === 0) return reject(fault);
      if (!this.#hasNoted)
        this.#sink.note(
          `Some tuples of records that could otherwise be read were left out; the first: ${fault}.`,
        );
      this.#hasNoted = true;
    }
    if (tuples > 0) return;
    const category = textAt(object, 'category');
    if (isFlowRecord(object)) this.#sink.skip('record without tuples');
    else this.#sink.skip(category === '' ? 'record of another kind' : `category ${category}`);
  }

  #tuple(text: string, shape: TupleShape, sensor: string, offset: number, line: number): string | null {
    const parts = text.split(',');
    if (parts.length < shape.least) return `${shape.least} parts expected, ${parts.length} found`;
    const part = (index: number): string => (parts[index] ?? '').trim();
    const time = Number(part(0) || Number.NaN);
    if (!(time >= 0)) return 'the time is not a number';
    const flow = this.#flow;
    const { row } = flow;
    flow.epochs(time * shape.unitUs, time * shape.unitUs);
    flow.ends(part(1), part(2));
    flow.ports(part(3), part(4));
    row.protocol = protocolOf(part(shape.protocol));
    row.sensor = flow.ids.string(sensor);
    row.logStatus = LOG_STATUS.ok;
    const decision = part(shape.decision);
    if (shape === VNET) row.verdict = decision === 'D' ? VERDICT.reject : VERDICT.accept;
    else
      row.verdict = decision === 'A' ? VERDICT.accept : decision === 'D' ? VERDICT.reject : VERDICT.unknown;
    // A `B` tuple of version 2 ends in empty parts: the flow has just begun and nothing has been counted yet.
    row.srcPackets = flow.packets(part(shape.counters));
    row.srcBytes = flow.bytes(part(shape.counters + 1));
    row.dstPackets = flow.packets(part(shape.counters + 2));
    row.dstBytes = flow.bytes(part(shape.counters + 3));
    return flow.commit(offset, line);
  }
}

interface Tuple {
  readonly text: string;
  readonly shape: TupleShape;
  readonly sensor: string;
}

function isFlowRecord(object: JsonObject): boolean {
  return object['flowRecords'] !== undefined || asObject(object['properties'])?.['flows'] !== undefined;
}

/** The last part of a resource's path: the name of the security group or network. */
function nameOf(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}

/** Every tuple of a record, with the network card (its MAC address) or, where none is named, the resource that logged it. */
function* tuplesOf(object: JsonObject): Generator<Tuple> {
  const properties = asObject(object['properties']);
  for (const rule of properties ? objectsAt(properties, 'flows') : []) {
    for (const card of objectsAt(rule, 'flows')) {
      const sensor = textAt(card, 'mac') || nameOf(textAt(object, 'resourceId'));
      for (const tuple of asArray(card['flowTuples'])) yield { text: textOf(tuple), shape: NSG, sensor };
    }
  }
  const sensor = textAt(object, 'macAddress') || nameOf(textAt(object, 'targetResourceID'));
  for (const flow of asArray(valueAt(object, 'flowRecords.flows'))) {
    for (const group of objectsAt(asObject(flow) ?? {}, 'flowGroups')) {
      for (const tuple of asArray(group['flowTuples'])) yield { text: textOf(tuple), shape: VNET, sensor };
    }
  }
}

/** Azure flow logs (`PT1H.json`): network security groups, versions 1 and 2, and virtual networks, version 4. A row is one tuple. */
export const azureFlow: Format = {
  id: 'azure-flow',
  label: 'Azure NSG or VNet flow log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  // One as a flow begins, one every five minutes while it goes on, one as it ends, each with the counters of its own stretch (see NSG).
  flowEverySeconds: 300,
  tables: ['flows'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has) return 0;
    if (has('flowTuples')) return 0.99;
    return has('flowLogVersion') || /NetworkSecurityGroupFlowEvent|FlowLogFlowEvent/.test(head.text)
      ? 0.9
      : 0;
  },
  parser: ({ sink }: ParseContext) => new AzureFlowParser(sink),
};
