import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../../tables/schemas';
import type { TableBuilder } from '../../tables/builders';

/**
 * The lines that a VPC flow log in the default format mostly consists of: 14 fields with one space between them, none of them `-`,
 * status OK. All other lines are left to the caller, who reads every line: nothing here may come out differently there.
 */
export interface VpcLines {
  /** Lines that the last `read` took. */
  readonly taken: number;
  /**
   * Reads lines from `from` on. Returns where the first line starts that it leaves to the caller; `taken` says how many it read.
   * `origin`: what to add to an index for its byte offset in the source. `line`: number of the line at `from`.
   */
  read(bytes: Uint8Array, view: DataView, from: number, end: number, origin: number, line: number): number;
}

/** What the default format does not tell, or what all lines read at once have in common, for `count` rows. */
export function fillVpcConstants(
  columns: TableBuilder<'flows'>['columns'],
  from: number,
  count: number,
): void {
  const { dstBytes, dstPackets, logStatus, tcpFlags, connState, timeBasis } = columns;
  const to = from + count;
  dstBytes.fill(Number.NaN, from, to);
  dstPackets.fill(UNKNOWN_PACKETS, from, to);
  logStatus.fill(LOG_STATUS.ok, from, to);
  tcpFlags.fill(UNKNOWN_FLAGS, from, to);
  connState.fill(CONN_STATE.unknown, from, to);
  timeBasis.fill(0, from, to);
}
