import { MICROS_PER_SECOND } from '../../base/time';
import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { protocolOf, tcpFlagsOf } from './enumerations';
import { FlowWriter } from './flow-writer';

const STATUSES: Readonly<Record<string, number>> = {
  OK: LOG_STATUS.ok,
  NODATA: LOG_STATUS.noData,
  SKIPDATA: LOG_STATUS.skipData,
};

/** Those that a row is made of. */
export const AWS_FLOW_FIELDS: readonly string[] = [
  ...['start', 'end', 'pkt-srcaddr', 'srcaddr', 'pkt-dstaddr', 'dstaddr', 'srcport', 'dstport', 'protocol'],
  ...[
    'packets',
    'bytes',
    'action',
    'log-status',
    'tcp-flags',
    'interface-id',
    'tgw-attachment-id',
    'instance-id',
  ],
];

/** Writes AWS flow records that arrive as named values (JSON, Parquet) as the same rows that their text form gives. */
export class AwsFlowFields {
  readonly #flow: FlowWriter;

  constructor(sink: RecordSink) {
    this.#flow = new FlowWriter(sink);
  }

  /** `field` gives a value by AWS' name of it (`log-status`), empty where there is none. Returns why it can't be a row, or null. */
  write(field: (name: string) => string, offset: number, line: number): string | null {
    const flow = this.#flow;
    const { row } = flow;
    const [start, end] = [field('start'), field('end')];
    const [startUs, endUs] = [this.#seconds(start, 'start'), this.#seconds(end, 'end')];
    flow.epochs(Number.isNaN(startUs) ? endUs : startUs, endUs);
    flow.ends(field('pkt-srcaddr') || field('srcaddr'), field('pkt-dstaddr') || field('dstaddr'));
    flow.ports(field('srcport'), field('dstport'));
    row.protocol = protocolOf(field('protocol'));
    row.srcPackets = flow.packets(field('packets'));
    row.srcBytes = flow.bytes(field('bytes'));
    const action = field('action').toUpperCase();
    row.verdict =
      action === 'ACCEPT' ? VERDICT.accept : action === 'REJECT' ? VERDICT.reject : VERDICT.unknown;
    row.logStatus = STATUSES[field('log-status').toUpperCase()] ?? LOG_STATUS.ok;
    row.tcpFlags = tcpFlagsOf(field('tcp-flags'));
    // SYN and ACK from one side is the handshake's second step: its row alone shows that both agreed.
    if (row.tcpFlags !== UNKNOWN_FLAGS && (row.tcpFlags & 18) === 18) row.connState = CONN_STATE.established;
    row.sensor = flow.ids.string(field('interface-id') || field('tgw-attachment-id') || field('instance-id'));
    return flow.commit(offset, line);
  }

  #seconds(text: string, what: string): number {
    if (text === '') return Number.NaN;
    const seconds = Number(text);
    if (seconds >= 0 && seconds < 1e11) return seconds * MICROS_PER_SECOND;
    this.#flow.refuse(`the ${what} time is not a number of seconds`);
    return Number.NaN;
  }
}
