import { MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Conversation, Traffic } from '../world';

export interface FlowRow {
  readonly startS: number;
  readonly endS: number;
  readonly text: string;
  /** Conversation.id; −1 for a row that tells of none. */
  readonly conversation: number;
}

export interface Piece {
  readonly startS: number;
  readonly endS: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly toServer: Traffic;
  readonly toClient: Traffic;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Cuts a conversation at the ends of its interface's aggregation windows, packets and bytes shared out by time. */
export function cutConversation(conversation: Conversation, intervalS: number, phaseS: number): Piece[] {
  const start = conversation.startUs / MICROS_PER_SECOND;
  const end = Math.max(start, conversation.endUs / MICROS_PER_SECOND);
  const first = Math.floor((start - phaseS) / intervalS);
  const last = Math.floor((end - phaseS) / intervalS);
  const pieces: Piece[] = [];
  const given = { serverPackets: 0, serverBytes: 0, clientPackets: 0, clientBytes: 0 };
  for (let window = first; window <= last; window++) {
    const isLast = window === last;
    const to = isLast ? end : (window + 1) * intervalS + phaseS;
    const share = isLast || end === start ? 1 : (to - start) / (end - start);
    // At least the handshake's packet falls into the first window.
    const upTo = (total: number, least: number): number =>
      isLast ? total : Math.max(window === first ? Math.min(least, total) : 0, Math.floor(total * share));
    const serverPackets = upTo(conversation.toServer.packets, 1);
    const serverBytes = upTo(conversation.toServer.bytes, 60);
    const clientPackets = upTo(conversation.toClient.packets, 1);
    const clientBytes = upTo(conversation.toClient.bytes, 60);
    pieces.push({
      startS: Math.floor(window === first ? start : window * intervalS + phaseS),
      endS: Math.floor(isLast ? end : to - 1),
      startUs: window === first ? conversation.startUs : (window * intervalS + phaseS) * MICROS_PER_SECOND,
      endUs: isLast ? Math.max(conversation.startUs, conversation.endUs) : (to - 1) * MICROS_PER_SECOND,
      toServer: { packets: serverPackets - given.serverPackets, bytes: serverBytes - given.serverBytes },
      toClient: { packets: clientPackets - given.clientPackets, bytes: clientBytes - given.clientBytes },
      isFirst: window === first,
      isLast,
    });
    Object.assign(given, { serverPackets, serverBytes, clientPackets, clientBytes });
  }
  return pieces;
}
