import { hostTime, type Asset, type Conversation, type World } from '../world';
import { sortLines, webTime, type LogLine } from './lines';

/** nginx's combined log of the web server in front of one port. A request is logged when it is answered. */
export function exportAccess(
  world: World,
  asset: Asset,
  port: number,
  conversations: readonly Conversation[],
): LogLine[] {
  const lines: LogLine[] = [];
  for (const conversation of conversations) {
    if (conversation.asset !== asset || conversation.serverPort !== port) continue;
    for (const request of conversation.requests ?? []) {
      const atUs = hostTime(asset, world.fromUs, conversation.startUs + request.afterUs);
      const line = request.method === '' ? request.path : `${request.method} ${request.path} HTTP/1.1`;
      const user = request.status === 401 ? '-' : (request.user ?? '-');
      lines.push({
        atUs,
        conversation: conversation.id,
        text: `${conversation.client} - ${user} [${webTime(atUs)}] "${line}" ${request.status} ${request.bytes} "-" "${request.agent}"`,
      });
    }
  }
  return sortLines(lines).filter((line) => line.atUs >= world.fromUs && line.atUs < world.toUs);
}

/** `2026-02-20T10:20:30,123+0000`, as Elasticsearch's log layout prints it. */
function auditTime(atUs: number): string {
  return new Date(Math.floor(atUs / 1000)).toISOString().replace('.', ',').replace('Z', '+0000');
}

const STRANGER = {
  'authentication.type': 'ANONYMOUS',
  'user.name': '_anonymous',
  'user.realm': '__anonymous',
  'user.roles': ['log_reader'],
};

/** Elasticsearch 8's audit log in JSON lines: grants with the action behind them, refusals with the path. */
export function exportAudit(world: World, asset: Asset, conversations: readonly Conversation[]): LogLine[] {
  const draw = world.draw.fork(`audit ${asset.name}`);
  const node = {
    'cluster.name': 'applogs',
    'cluster.uuid': 'q1Yb7Xb0SCyXv5kK8sWc2A',
    'node.name': asset.name,
    'node.id': draw.base64(22).replace(/[+/]/g, 'x'),
    'host.name': asset.name,
    'host.ip': asset.address,
  };
  const lines: LogLine[] = [];
  for (const conversation of conversations) {
    if (conversation.asset !== asset) continue;
    for (const request of conversation.requests ?? []) {
      const { audit } = request;
      if (!audit) continue;
      const atUs = hostTime(asset, world.fromUs, conversation.startUs + request.afterUs);
      const head = { type: 'audit', timestamp: auditTime(atUs), ...node };
      const origin = {
        'origin.type': 'rest',
        'origin.address': conversation.client.includes(':')
          ? `[${conversation.client}]:${conversation.clientPort}`
          : `${conversation.client}:${conversation.clientPort}`,
      };
      const id = { 'request.id': draw.base64(22).replace(/[+/]/g, '_') };
      const isGranted = audit.outcome === 'granted' || audit.outcome === 'anonymous granted';
      const who =
        audit.outcome === 'granted'
          ? {
              'authentication.type': 'REALM',
              'user.name': request.user ?? 'unknown',
              'user.realm': 'native1',
              'user.roles': [request.user === 'filebeat' ? 'log_writer' : 'monitoring_user'],
            }
          : STRANGER;
      const record = isGranted
        ? {
            ...head,
            'event.type': 'transport',
            'event.action': 'access_granted',
            ...who,
            ...origin,
            ...id,
            action: audit.action,
            'request.name': audit.requestName,
            ...(audit.indices.length > 0 ? { indices: audit.indices } : {}),
          }
        : {
            ...head,
            'event.type': 'rest',
            'event.action': audit.outcome === 'failed' ? 'authentication_failed' : 'anonymous_access_denied',
            ...(audit.outcome === 'failed' ? { 'user.name': request.user ?? 'elastic' } : {}),
            ...origin,
            'url.path': request.path.split('?')[0],
            'request.method': request.method,
            ...id,
          };
      lines.push({ atUs, text: JSON.stringify(record), conversation: conversation.id });
    }
  }
  return sortLines(lines).filter((line) => line.atUs >= world.fromUs && line.atUs < world.toUs);
}
