import { MICROS_PER_HOUR, MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import { IPV6_EXTRA, TCP, UDP, type Asset, type Conversation, type Traffic, type World } from '../world';
import { cutConversation, type FlowRow, type Piece } from './pieces';

/** Flow logs of other makers than AWS. They tell of the same conversations as far as their kind of sensor hears them. */
export type FlowFormat = 'vpc' | 'zeek' | 'gcp' | 'azure' | 'nfdump';

export interface FlowFile {
  readonly name: string;
  readonly header: string;
  readonly rows: readonly FlowRow[];
  readonly footer?: string;
}

interface Setting {
  readonly world: World;
  readonly conversations: readonly Conversation[];
  readonly draw: Draw;
  readonly intervalS: number;
  readonly isKept: () => boolean;
}

/** One log of all interfaces, in the order of time. */
export function exportOtherFlows(
  format: Exclude<FlowFormat, 'vpc'>,
  world: World,
  conversations: readonly Conversation[],
  options: { readonly aggregationSeconds: number; readonly kept?: number },
): FlowFile {
  const draw = world.draw.fork(`flows ${format}`);
  const kept = options.kept ?? 1;
  const setting: Setting = {
    world,
    conversations: conversations.filter(
      ({ asset, startUs }) => asset.logs.flows !== false && startUs < world.toUs,
    ),
    draw,
    intervalS: options.aggregationSeconds,
    isKept: () => kept >= 1 || draw.chance(kept),
  };
  return WRITERS[format](setting);
}

const WRITERS: Readonly<Record<Exclude<FlowFormat, 'vpc'>, (setting: Setting) => FlowFile>> = {
  zeek: writeZeek,
  gcp: writeGcp,
  azure: writeAzure,
  nfdump: writeNfdump,
};

function piecesOf(conversation: Conversation, { intervalS }: Setting): Piece[] {
  return cutConversation(conversation, intervalS, 0);
}

/** What `traffic` counted less its headers. */
function payloadOf({ packets, bytes }: Traffic, server: string): number {
  return Math.max(0, bytes - packets * (server.includes(':') ? 52 + IPV6_EXTRA : 52) - 8);
}

const ZEEK_FIELDS =
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes';

/** Zeek's conn.log: one line a connection, by a sensor in front of the security group, so that who is rejected is seen to get no answer. */
function writeZeek({ conversations, draw, isKept }: Setting): FlowFile {
  const rows = conversations.filter(isKept).map((each): FlowRow => {
    const { state, history } = zeekState(each);
    const isAnswered = each.toClient.packets > 0;
    const seconds = ((each.endUs - each.startUs) / MICROS_PER_SECOND).toFixed(6);
    const cells = [
      (each.startUs / MICROS_PER_SECOND).toFixed(6),
      `C${draw.hex(17)}`,
      each.client,
      each.clientPort,
      each.server,
      each.serverPort,
      each.protocol === UDP ? 'udp' : 'tcp',
      '-',
      isAnswered ? seconds : '-',
      isAnswered ? payloadOf(each.toServer, each.server) : '-',
      isAnswered ? payloadOf(each.toClient, each.server) : '-',
      state,
      0,
      history,
      each.toServer.packets,
      each.toServer.bytes,
      each.toClient.packets,
      each.toClient.bytes,
    ];
    return rowOf(each, each.startUs, cells.join('\t'));
  });
  const header = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tconn',
    `#fields\t${ZEEK_FIELDS.split(' ').join('\t')}`,
  ].join('\n');
  return { name: 'conn.log', header, rows };
}

function zeekState({ protocol, outcome, ending }: Conversation): { state: string; history: string } {
  if (protocol !== TCP)
    return outcome === 'rejected' ? { state: 'S0', history: 'D' } : { state: 'SF', history: 'Dd' };
  if (outcome === 'rejected') return { state: 'S0', history: 'S' };
  if (outcome === 'refused') return { state: 'REJ', history: 'Sr' };
  return ending === 'reset' ? { state: 'RSTO', history: 'ShADadR' } : { state: 'SF', history: 'ShADadFf' };
}

/** Google's VPC flow logs: a row a direction and interval, and none of what a firewall denied. */
function writeGcp(setting: Setting): FlowFile {
  const rows: FlowRow[] = [];
  const { draw, isKept } = setting;
  for (const each of setting.conversations) {
    if (each.outcome === 'rejected') continue;
    const isInbound = each.server === each.asset.address || each.server === each.asset.address6;
    for (const piece of piecesOf(each, setting))
      for (const isFromServer of [false, true]) {
        const { packets, bytes } = isFromServer ? piece.toClient : piece.toServer;
        if (packets === 0 || !isKept()) continue;
        const [src, srcPort, dest, destPort] = isFromServer
          ? [each.server, each.serverPort, each.client, each.clientPort]
          : [each.client, each.clientPort, each.server, each.serverPort];
        // The side that is a machine of the project reports.
        const isSource = isInbound === isFromServer;
        const entry = {
          insertId: draw.hex(12),
          jsonPayload: {
            connection: {
              src_ip: src,
              src_port: srcPort,
              dest_ip: dest,
              dest_port: destPort,
              protocol: each.protocol,
            },
            bytes_sent: String(bytes),
            packets_sent: String(packets),
            start_time: utc(piece.startUs),
            end_time: utc(piece.endUs),
            reporter: isSource ? 'SRC' : 'DEST',
            [isSource ? 'src_instance' : 'dest_instance']: { vm_name: each.asset.name },
          },
          logName: 'projects/applogs/logs/compute.googleapis.com%2Fvpc_flows',
          timestamp: utc(piece.endUs),
        };
        rows.push(rowOf(each, piece.startUs, JSON.stringify(entry)));
      }
  }
  return { name: 'gcp-vpc-flows.json', header: '', rows: byTime(rows) };
}

/** How often Azure tells of a flow that goes on, whatever else is aggregated. */
const AZURE_SECONDS = 300;

/** Azure's virtual network flow logs, version 4: states B, C and E with what was counted since the last, D for what was denied. */
function writeAzure(setting: Setting): FlowFile {
  const hours = new Map<string, { atUs: number; tuples: { atUs: number; text: string; id: number }[] }>();
  for (const each of setting.conversations)
    for (const tuple of azureTuples(each)) {
      if (!setting.isKept()) continue;
      const hourUs = Math.floor(tuple.atUs / MICROS_PER_HOUR) * MICROS_PER_HOUR;
      const key = `${each.asset.name} ${hourUs}`;
      const hour = hours.get(key) ?? { atUs: hourUs, tuples: [] };
      hour.tuples.push({ ...tuple, id: each.id });
      hours.set(key, hour);
    }
  const rows: FlowRow[] = [];
  for (const [key, { atUs, tuples }] of hours) {
    const asset = key.split(' ')[0] ?? '';
    const texts = tuples.sort((a, b) => a.atUs - b.atUs || a.id - b.id).map(({ text }) => text);
    const record = {
      time: utc(atUs),
      flowLogVersion: 4,
      macAddress: macOf(setting.world.asset(asset)),
      category: 'FlowLogFlowEvent',
      targetResourceID: `/subscriptions/0/networkInterfaces/${asset}`,
      operationName: 'FlowLogFlowEvent',
      flowRecords: { flows: [{ aclID: 'a', flowGroups: [{ rule: 'rule', flowTuples: texts }] }] },
    };
    // One record tells of many conversations: it is listed once for each, and written the first time.
    [...new Set(tuples.map(({ id }) => id))].forEach((conversation, k) =>
      rows.push({
        startS: atUs / MICROS_PER_SECOND,
        endS: atUs / MICROS_PER_SECOND,
        text: k === 0 ? JSON.stringify(record) : '',
        conversation,
      }),
    );
  }
  return { name: 'PT1H.json', header: '', rows: byTime(rows) };
}

/** Each network card has its own: the first half is the vendor's, the rest is drawn from what AWS would call the interface. */
function macOf({ interfaceId }: Asset): string {
  return `002248${interfaceId.slice(-6).toUpperCase()}`;
}

function azureTuples(each: Conversation): { atUs: number; text: string }[] {
  const isInbound = each.server === each.asset.address || each.server === each.asset.address6;
  const ends = `${each.client},${each.server},${each.clientPort},${each.serverPort},${each.protocol},${isInbound ? 'I' : 'O'}`;
  const tuple = (atUs: number, state: string, counters: string): { atUs: number; text: string } => ({
    atUs,
    text: `${Math.floor(atUs / 1000)},${ends},${state},NX,${counters}`,
  });
  if (each.outcome === 'rejected') return [tuple(each.startUs, 'D', '0,0,0,0')];
  const counted = cutConversation(each, AZURE_SECONDS, 0).map(({ endUs, toServer, toClient, isLast }) =>
    tuple(
      endUs,
      isLast ? 'E' : 'C',
      `${toServer.packets},${toServer.bytes},${toClient.packets},${toClient.bytes}`,
    ),
  );
  return [tuple(each.startUs, 'B', '0,0,0,0'), ...counted];
}

/** nfdump 1.6's CSV of a router in front of the security group: a row a direction, cut at the router's active timeout. */
function writeNfdump(setting: Setting): FlowFile {
  const rows: FlowRow[] = [];
  let [bytesInAll, packetsInAll] = [0, 0];
  for (const each of setting.conversations)
    for (const piece of piecesOf(each, setting))
      for (const isFromServer of [false, true]) {
        const { packets, bytes } = isFromServer ? piece.toClient : piece.toServer;
        if (packets === 0 || !setting.isKept()) continue;
        const [src, srcPort, dst, dstPort] = isFromServer
          ? [each.server, each.serverPort, each.client, each.clientPort]
          : [each.client, each.clientPort, each.server, each.serverPort];
        const seconds = ((piece.endUs - piece.startUs) / MICROS_PER_SECOND).toFixed(3);
        const proto = each.protocol === UDP ? 'UDP' : 'TCP';
        rows.push(
          rowOf(
            each,
            piece.startUs,
            `${clock(piece.startUs)},${clock(piece.endUs)},${seconds},${src},${dst},${srcPort},${dstPort},${proto},${nfdumpFlags(each, piece, isFromServer)},0,0,${packets},${bytes},0,0`,
          ),
        );
        bytesInAll += bytes;
        packetsInAll += packets;
      }
  return {
    name: 'nfdump.csv',
    header: 'ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt',
    rows: byTime(rows),
    footer: `Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n${rows.length},${bytesInAll},${packetsInAll},0,0,0`,
  };
}

function nfdumpFlags(each: Conversation, piece: Piece, isFromServer: boolean): string {
  if (each.protocol !== TCP) return '........';
  if (each.outcome === 'rejected') return '......S.';
  if (each.outcome === 'refused') return isFromServer ? '...A.R..' : '......S.';
  const isReset = piece.isLast && each.ending === 'reset' && !isFromServer;
  const isEnd = piece.isLast && each.ending === 'fin';
  return `...AP${isReset ? 'R' : '.'}${piece.isFirst ? 'S' : '.'}${isEnd ? 'F' : '.'}`;
}

function rowOf({ id }: Conversation, startUs: number, text: string): FlowRow {
  const startS = Math.floor(startUs / MICROS_PER_SECOND);
  return { startS, endS: startS, text, conversation: id };
}

function byTime(rows: readonly FlowRow[]): FlowRow[] {
  return [...rows].sort((a, b) => a.startS - b.startS);
}

/** `2026-04-10T08:09:10.123456Z` */
function utc(us: number): string {
  const micros = String(Math.floor(us) % MICROS_PER_SECOND).padStart(6, '0');
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${micros}Z`;
}

/** `2026-04-10 08:09:10` */
function clock(us: number): string {
  return new Date(Math.floor(us / 1000)).toISOString().slice(0, 19).replace('T', ' ');
}
