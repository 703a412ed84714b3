import { UNKNOWN_FLAGS, VERDICT, CONN_STATE } from '../tables/schemas';
import type { Sessions } from './context';
import { PROTOCOL } from './service-index';
import { IPV6_EXTRA } from './sessions';

const SYN = 2;
const RST = 4;
const ACK = 16;
/** A reset or a bare acknowledgment: IPv4 and TCP headers without options. */
const BARE_PACKET = 40;
/** Packets one way that, with answers, are a connection: what rung 2 is (ANALYSIS 6), not how surely it was reached. */
const CONNECTED_PACKETS = 3;

/** Why a session is held to have reached its rung. */
export type SessionSign = 'rejected' | 'probe' | 'handshake' | 'packets' | 'payload';

export interface SessionRung {
  readonly rung: 1 | 2 | 3;
  readonly sign: SessionSign;
}

const REJECTED = 0;
const PROBE = 1;
const HANDSHAKE = 2;
const PACKETS = 3;
const PAYLOAD = 4;

/** What each number in `rungsOfSessions` stands for. */
export const SESSION_RUNGS: readonly SessionRung[] = [
  { rung: 1, sign: 'rejected' },
  { rung: 1, sign: 'probe' },
  { rung: 2, sign: 'handshake' },
  { rung: 2, sign: 'packets' },
  { rung: 3, sign: 'payload' },
];

/** The number, of those in `rungsOfSessions`, of a session that carried payload both ways. */
export const CONVERSED = PAYLOAD;

const judged = new WeakMap<Sessions, Uint8Array>();

/** Index in `SESSION_RUNGS` of every session: several questions ask for it, and nothing that they may change is part of it. */
export function rungsOfSessions(sessions: Sessions): Uint8Array {
  const known = judged.get(sessions);
  if (known) return known;
  const rungs = new Uint8Array(sessions.count);
  for (let i = 0; i < rungs.length; i++) rungs[i] = judge(sessions, i);
  judged.set(sessions, rungs);
  return rungs;
}

/**
 * The rung that a flow alone proves (ANALYSIS 6): an ACCEPT says only that the rules let it pass; connected needs a handshake or packets
 * answered; conversed needs payload both ways.
 */
function judge(sessions: Sessions, i: number): number {
  if (sessions.verdict[i] === VERDICT.reject) return REJECTED;
  const state = sessions.connState[i] as number;
  if (state === CONN_STATE.attempt || state === CONN_STATE.refused) return PROBE;
  const connected = connectedBy(sessions, i, state);
  if (connected === PROBE) return PROBE;
  const hasPayload =
    (sessions.payloadToActor[i] as number) > 0 && (sessions.payloadFromActor[i] as number) > 0;
  return hasPayload ? PAYLOAD : connected;
}

function connectedBy(sessions: Sessions, i: number, state: number): number {
  if (state === CONN_STATE.established) return HANDSHAKE;
  const from = sessions.packetsFromActor[i] as number;
  const to = sessions.packetsToActor[i] as number;
  if (sessions.protocol[i] !== PROTOCOL.tcp) return from > 0 && to > 0 ? PACKETS : PROBE;
  if (!(to > 0) || repliesAreResets(sessions, i)) return PROBE;
  const flags = sessions.tcpFlags[i] as number;
  if (flags !== UNKNOWN_FLAGS && (flags & (SYN | ACK)) === (SYN | ACK) && (flags & RST) === 0)
    return HANDSHAKE;
  return from >= CONNECTED_PACKETS || (from > 0 && to >= CONNECTED_PACKETS) ? PACKETS : PROBE;
}

/**
 * A closed port answers each SYN with a reset, and a reset carries no options: 40 bytes a packet, 60 over IPv6, while a SYN-ACK has four more
 * at least.
 */
function repliesAreResets(sessions: Sessions, i: number): boolean {
  const bytes = sessions.bytesToActor[i] as number;
  const bare = BARE_PACKET + (sessions.isIpv6[sessions.actorAddr[i]] === 1 ? IPV6_EXTRA : 0);
  return bytes > 0 && bytes <= bare * (sessions.packetsToActor[i] as number);
}

/** Producer–consumer ratio of the asset, (out − in)/(out + in): 1 only sends, −1 only receives. NaN where either is unknown. */
export function producerConsumerRatio(bytesToActor: number, bytesFromActor: number): number {
  const all = bytesToActor + bytesFromActor;
  return all > 0 ? (bytesToActor - bytesFromActor) / all : Number.NaN;
}
