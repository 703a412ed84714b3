import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import {
  FLOWS_PER_SCANNER,
  PROBED_PATHS,
  SCANNED_TCP_PORTS,
  SCANNED_UDP_PORTS,
  SCAN_HOURS,
  UDP_SHARE,
} from '../statistics';
import {
  TCP,
  UDP,
  traffic,
  type Application,
  type Asset,
  type Request,
  type Talk,
  type World,
} from '../world';
import type { AddressPool } from './addresses';
import { drawSshClient, failedSsh, httpTalk, rawProbe } from './talks';

/** What a stranger's visit to each kind of service looks like when nothing is let in: pages asked for, refusals, banners. */
export function strangerTalk(draw: Draw, application: Application, asset: Asset): Talk {
  switch (application) {
    case 'rdp':
      return draw.chance(0.4) ? rawProbe(draw) : certificateGrab(draw);
    case 'sshd': {
      const ending = draw.chance(0.6) ? 'silent' : draw.chance(0.5) ? 'closed' : 'garbage';
      return failedSsh(draw, { client: drawSshClient(draw), tries: [], ending });
    }
    case 'elasticsearch-open':
    case 'elasticsearch-auth':
      return draw.chance(0.25)
        ? rawProbe(draw)
        : httpTalk(draw, probeElasticsearch(draw, application, asset));
    case 'kibana-proxy':
    case 'kibana-open':
      return draw.chance(0.2) ? notHttp(draw) : httpTalk(draw, probeKibana(draw, application));
    case 'beats':
      return rawProbe(draw);
  }
}

/** A TLS handshake with the terminal service, hung up on before any credential: the host's log has no event for it. Sizes from TLS and MS-RDPBCGR. */
function certificateGrab(draw: Draw): Talk {
  return {
    durationUs: draw.uniform(0.1, 1.5) * MICROS_PER_SECOND,
    toServer: traffic(draw.int(250, 520), 5),
    toClient: traffic(draw.int(900, 1500), 4),
    ending: draw.chance(0.6) ? 'fin' : 'reset',
  };
}

/** Something that is no HTTP, sent to a web server: nginx answers 400 and logs the bytes, escaped. */
function notHttp(draw: Draw): Talk {
  const probe = rawProbe(draw);
  const isSilent = probe.toServer.packets <= 3;
  if (isSilent) return probe;
  const path = draw.pick([
    '\\x16\\x03\\x01\\x00\\xEE',
    '\\x03\\x00\\x00/*\\xE0',
    'SSH-2.0-Go',
    'MGLNDD_203.0.113.1',
  ]);
  return {
    ...probe,
    requests: [{ afterUs: 20_000, method: '', path, status: 400, bytes: 150, agent: '-' }],
  };
}

const SCANNER_AGENTS = [
  'Mozilla/5.0 zgrab/0.x',
  'Mozilla/5.0 (compatible; scan/1.1)',
  'python-requests/2.31.0',
  'Go-http-client/1.1',
  'curl/7.88.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36',
];

/** What is asked of an unknown Elasticsearch: who it is, how it is, what indices it has. None of these reads a document. */
const ELASTICSEARCH_PROBES = [
  { path: '/', action: 'cluster:monitor/main', requestName: 'MainRequest', bytes: 538 },
  {
    path: '/_cluster/health',
    action: 'cluster:monitor/health',
    requestName: 'ClusterHealthRequest',
    bytes: 401,
  },
  { path: '/_nodes', action: 'cluster:monitor/nodes/info', requestName: 'NodesInfoRequest', bytes: 3900 },
] as const;

function probeElasticsearch(draw: Draw, application: Application, asset: Asset): Request[] {
  const agent = draw.pick(SCANNER_AGENTS);
  const count = draw.weighted([
    [1, 80],
    [2, 16],
    [3, 4],
  ]);
  const requests: Request[] = [];
  let afterUs = draw.uniform(0.02, 0.2) * MICROS_PER_SECOND;
  for (let i = 0; i < count; i++) {
    const probe = ELASTICSEARCH_PROBES[i] as (typeof ELASTICSEARCH_PROBES)[number];
    const isOpen = application === 'elasticsearch-open';
    requests.push({
      afterUs: Math.round(afterUs),
      method: 'GET',
      path: probe.path,
      status: isOpen ? 200 : 401,
      bytes: isOpen ? probe.bytes + asset.name.length : 381,
      agent,
      audit: {
        outcome: isOpen ? 'anonymous granted' : 'anonymous denied',
        action: probe.action,
        requestName: probe.requestName,
        indices: [],
      },
    });
    afterUs += draw.exponential(0.8) * MICROS_PER_SECOND;
  }
  return requests;
}

function probeKibana(draw: Draw, application: Application): Request[] {
  const agent = draw.pick(SCANNER_AGENTS);
  const count = draw.weighted([
    [1, 85],
    [2, 10],
    [4, 5],
  ]);
  let afterUs = draw.uniform(0.02, 0.2) * MICROS_PER_SECOND;
  return Array.from({ length: count }, () => {
    const path = draw.weighted(PROBED_PATHS);
    // Without a login Kibana sends a stranger from `/` to its first page and knows none of the others.
    const status = application === 'kibana-proxy' ? 401 : path === '/' ? 302 : 404;
    const request = {
      afterUs: Math.round(afterUs),
      method: draw.chance(0.05) ? 'HEAD' : 'GET',
      path,
      status,
      bytes: status === 401 ? 188 : status === 302 ? 0 : 60,
      agent,
    };
    afterUs += draw.exponential(0.5) * MICROS_PER_SECOND;
    return request;
  });
}

function drawTime(world: World, draw: Draw): number {
  const days = (world.toUs - world.fromUs) / MICROS_PER_DAY;
  for (;;) {
    const day = Math.floor(draw.uniform(0, days));
    const hour = draw.weighted(SCAN_HOURS.map((count, index) => [index, count] as const));
    const atUs = world.fromUs + day * MICROS_PER_DAY + (hour + draw.uniform()) * MICROS_PER_HOUR;
    if (atUs < world.toUs) return atUs;
  }
}

/** The Internet's background: addresses that try a port or two of anybody, before, during and after the exposure. */
export function scanBackground(
  world: World,
  pool: AddressPool,
  options: { flows: number; v6Share?: number },
): void {
  const draw = world.draw.fork('background');
  const dualStack = world.assets.filter((asset) => asset.address6 !== undefined);
  let left = options.flows;
  while (left > 0) {
    const isV6 = dualStack.length > 0 && draw.chance(options.v6Share ?? 0);
    const client = isV6 ? pool.one6() : pool.one();
    world.noise.set(client, 'background');
    const count = Math.min(left, Math.max(1, Math.round(draw.quantile(FLOWS_PER_SCANNER))));
    left -= count;
    let atUs = drawTime(world, draw);
    const single = draw.chance(0.7) ? draw.weighted(SCANNED_TCP_PORTS) : 0;
    for (let i = 0; i < count; i++) {
      const isUdp = draw.chance(UDP_SHARE);
      const asset = draw.pick(isV6 ? dualStack : world.assets);
      const port = isUdp ? draw.weighted(SCANNED_UDP_PORTS) : single || draw.weighted(SCANNED_TCP_PORTS);
      knock(world, draw, { client, atUs, asset, port, protocol: isUdp ? UDP : TCP });
      atUs += draw.exponential(draw.chance(0.8) ? 3 : 4000) * MICROS_PER_SECOND;
      if (atUs >= world.toUs) break;
    }
  }
}

function knock(
  world: World,
  draw: Draw,
  at: { client: string; atUs: number; asset: Asset; port: number; protocol: number },
): void {
  const service = at.asset.services.find((each) => each.port === at.port);
  world.connect(
    {
      atUs: Math.round(at.atUs),
      client: at.client,
      asset: at.asset,
      port: at.port,
      protocol: at.protocol,
      ...(service ? { talk: () => strangerTalk(draw, service.application, at.asset) } : {}),
    },
    draw,
  );
}

/** Scanners of the exposed services: they know the ports they look for and sweep the neighborhood for them. */
export function sweepServices(
  world: World,
  options: {
    label: string;
    bots: readonly string[];
    ports: readonly number[];
    fromUs: number;
    toUs: number;
    /** Visits of each bot: a number of sweeps over the assets. */
    sweeps: () => number;
  },
): void {
  const draw = world.draw.fork(`sweep ${options.label}`);
  for (const client of options.bots) {
    world.noise.set(client, options.label);
    const sweeps = options.sweeps();
    for (let i = 0; i < sweeps; i++) {
      let atUs = draw.uniform(options.fromUs, options.toUs);
      const assets = draw.shuffle(world.assets).slice(0, draw.int(1, world.assets.length));
      const ports = draw.shuffle(options.ports).slice(0, draw.int(1, options.ports.length));
      for (const asset of assets)
        for (const port of ports) {
          knock(world, draw, { client, atUs, asset, port, protocol: TCP });
          atUs += draw.exponential(1.5) * MICROS_PER_SECOND;
        }
    }
  }
}
