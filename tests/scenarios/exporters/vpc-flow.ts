import { MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import { TCP, type Asset, type Conversation, type World } from '../world';
import type { FlowFormat } from './other-flows';
import { cutConversation, type FlowRow, type Piece } from './pieces';

export const ACCOUNT_ID = '111122223333';
const DEFAULT_FIELDS =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
const CUSTOM_FIELDS =
  'version account-id interface-id srcaddr srcport dstaddr dstport protocol tcp-flags packets bytes start end action log-status';

export interface FlowOptions {
  readonly aggregationSeconds: number;
  /** `default`: the v2 record. `custom`: an order of one's own with tcp-flags. */
  readonly layout: 'default' | 'custom';
  /** Share of the rows that is kept; 1: all. */
  readonly kept?: number;
  readonly writesNoData?: boolean;
  /** Default `vpc`; the others have no layouts. */
  readonly format?: FlowFormat;
}

interface WindowRow extends FlowRow {
  /** Begin of the aggregation window that it is of. */
  readonly windowS: number;
}

/** AWS' tcp-flags: the OR of SYN, FIN, RST and SYN-ACK (18) in the window; a bare ACK is not reported. */
function flagsOf(conversation: Conversation, piece: Piece, isFromServer: boolean): number {
  if (conversation.protocol !== TCP) return 0;
  if (conversation.outcome === 'refused') return isFromServer ? 4 : 2;
  let flags = piece.isFirst ? (isFromServer ? 18 : 2) : 0;
  if (piece.isLast && conversation.ending === 'fin') flags |= 1;
  if (piece.isLast && conversation.ending === 'reset' && !isFromServer) flags |= 4;
  return flags;
}

function render(
  conversation: Conversation,
  piece: Piece,
  isFromServer: boolean,
  layout: FlowOptions['layout'],
  windowS: number,
): WindowRow {
  const { client, clientPort, server, serverPort, protocol, asset, outcome } = conversation;
  const [src, srcPort, dst, dstPort] = isFromServer
    ? [server, serverPort, client, clientPort]
    : [client, clientPort, server, serverPort];
  const { packets, bytes } = isFromServer ? piece.toClient : piece.toServer;
  const startS = piece.startS;
  const endS = Math.max(startS, piece.endS);
  const action = outcome === 'rejected' ? 'REJECT' : 'ACCEPT';
  const flags = flagsOf(conversation, piece, isFromServer);
  const ends =
    layout === 'default'
      ? [2, ACCOUNT_ID, asset.interfaceId, src, dst, srcPort, dstPort, protocol]
      : [3, ACCOUNT_ID, asset.interfaceId, src, srcPort, dst, dstPort, protocol, flags];
  const text = [...ends, packets, bytes, startS, endS, action, 'OK'].join(' ');
  return { startS, endS, windowS, text, conversation: conversation.id };
}

/** Each interface's windows begin at a second of its own. */
function phaseOf(world: World, asset: Asset, intervalS: number): number {
  return world.draw.fork(`phase ${asset.name}`).int(0, intervalS - 1);
}

/**
 * Flow records of every interface that has them: two rows a window for a conversation (one a direction), one for a rejected try,
 * NODATA for a window without any. In the order of delivery: window by window, interface by interface.
 */
export function exportFlows(
  world: World,
  conversations: readonly Conversation[],
  options: FlowOptions,
): { header: string; rows: FlowRow[] } {
  const draw = world.draw.fork('flow rows');
  const rows: WindowRow[] = [];
  const intervalS = options.aggregationSeconds;
  for (const asset of world.assets) {
    if (asset.logs.flows === false) continue;
    const phaseS = phaseOf(world, asset, intervalS);
    const busy = new Set<number>();
    for (const conversation of conversations) {
      if (conversation.asset !== asset) continue;
      for (const piece of cutConversation(conversation, intervalS, phaseS)) {
        for (const isFromServer of [false, true]) {
          if ((isFromServer ? piece.toClient : piece.toServer).packets === 0) continue;
          const windowS = Math.floor((piece.startS - phaseS) / intervalS) * intervalS + phaseS;
          busy.add(windowS);
          if (isKept(draw, options))
            rows.push(render(conversation, piece, isFromServer, options.layout, windowS));
        }
      }
    }
    if (options.writesNoData === true)
      for (const row of noData(world, asset, busy, intervalS, phaseS, options.layout)) rows.push(row);
  }
  const sorted = rows
    .filter(
      (row) => row.startS * MICROS_PER_SECOND < world.toUs && row.endS * MICROS_PER_SECOND >= world.fromUs,
    )
    .sort((a, b) => a.windowS - b.windowS);
  return { header: options.layout === 'default' ? DEFAULT_FIELDS : CUSTOM_FIELDS, rows: sorted };
}

function isKept(draw: Draw, options: FlowOptions): boolean {
  return options.kept === undefined || options.kept >= 1 || draw.chance(options.kept);
}

function noData(
  world: World,
  asset: Asset,
  busy: ReadonlySet<number>,
  intervalS: number,
  phaseS: number,
  layout: FlowOptions['layout'],
): WindowRow[] {
  const rows: WindowRow[] = [];
  const fromS = world.fromUs / MICROS_PER_SECOND;
  const toS = world.toUs / MICROS_PER_SECOND;
  const first = Math.ceil((fromS - phaseS) / intervalS) * intervalS + phaseS;
  for (let windowS = first; windowS + intervalS <= toS; windowS += intervalS) {
    if (busy.has(windowS)) continue;
    const endS = windowS + intervalS - 1;
    const dashes = layout === 'default' ? '- - - - - - -' : '- - - - - - - -';
    const version = layout === 'default' ? 2 : 3;
    rows.push({
      startS: windowS,
      endS,
      windowS,
      conversation: -1,
      text: `${version} ${ACCOUNT_ID} ${asset.interfaceId} ${dashes} ${windowS} ${endS} - NODATA`,
    });
  }
  return rows;
}
