import { isServicePort } from './profiles';

const SYN = 2;
const ACK = 16;
const UNKNOWN_FLAGS = 255;

/** First port that the common systems hand out to clients (Linux 32768–60999, IANA and Windows 49152–65535). */
const FIRST_EPHEMERAL = 32768;

/**
 * How much a port looks like one that is called, 0 most: a known service's, a system port (RFC 6335), a registered one, an
 * ephemeral one, none.
 */
export function portRank(port: number, protocol: number): number {
  if (port === 0) return 4;
  if (isServicePort(port, protocol)) return 0;
  if (port < 1024) return 1;
  return port < FIRST_EPHEMERAL ? 2 : 3;
}

/** One byte a port, since the question is asked for every row. Index: protocol is UDP, then port. */
const RANKS = new Uint8Array(2 * 65536);
for (let port = 0; port < 65536; port++) {
  RANKS[port] = portRank(port, 6);
  RANKS[65536 + port] = portRank(port, 17);
}

/** > 0: the first port looks called; < 0: the second does; 0: the ports do not say. The same for both directions of a conversation. */
export function comparePorts(first: number, second: number, protocol: number): number {
  const base = protocol === 17 ? 65536 : 0;
  const byRank = RANKS[base + second] - RANKS[base + first];
  return byRank !== 0 ? byRank : second - first;
}

/**
 * What a one-way record's TCP flags say about who began: 1 its source did (a SYN without ACK), −1 its destination did (SYN with
 * ACK; only where the export reports ACK nowhere else, as VPC flow logs do, else a whole connection's flags look the same), 0 nothing.
 */
export function beganByFlags(tcpFlags: number, reportsEveryAck: boolean): -1 | 0 | 1 {
  if (tcpFlags === UNKNOWN_FLAGS || (tcpFlags & SYN) === 0) return 0;
  if ((tcpFlags & ACK) === 0) return 1;
  return reportsEveryAck ? 0 : -1;
}
