import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import { WEB_ANSWER_BYTES } from '../statistics';
import { UDP, loginPort, traffic, type Asset, type Request, type World } from '../world';
import { drawSshClient, httpTalk, sshSession, failedSsh } from './talks';

export interface Person {
  readonly user: string;
  readonly key: string;
  readonly address: string;
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0';

/** Weekdays from eight to six, UTC. */
function drawOfficeTime(draw: Draw, dayUs: number): number {
  return dayUs + draw.uniform(8, 18) * MICROS_PER_HOUR;
}

function officeDays(world: World): number[] {
  const days: number[] = [];
  for (let dayUs = world.fromUs; dayUs < world.toUs; dayUs += MICROS_PER_DAY) {
    const weekday = new Date(dayUs / 1000).getUTCDay();
    if (weekday !== 0 && weekday !== 6) days.push(dayUs);
  }
  return days;
}

/** People of the office: SSH sessions with their keys, now and then a wrong password first, and a look into Kibana. */
export function workInOffice(
  world: World,
  people: readonly Person[],
  options: {
    sessionsPerDay: number;
    viewsPerDay: number;
    exceptDays?: (asset: Asset, dayUs: number) => boolean;
  },
): void {
  const draw = world.draw.fork('office');
  const clients = new Map(people.map((person) => [person.user, drawSshClient(draw)]));
  const kibanas = world.assets.filter((asset) =>
    asset.services.some((service) => service.application.startsWith('kibana')),
  );
  for (const dayUs of officeDays(world)) {
    for (const person of people) {
      for (let i = draw.poisson(options.sessionsPerDay); i > 0; i--)
        login(
          world,
          draw,
          person,
          clients.get(person.user) ?? drawSshClient(draw),
          drawOfficeTime(draw, dayUs),
        );
      if (kibanas.length === 0) continue;
      for (let i = draw.poisson(options.viewsPerDay); i > 0; i--) {
        const asset = draw.pick(kibanas);
        const atUs = drawOfficeTime(draw, dayUs);
        if (options.exceptDays?.(asset, dayUs)) continue;
        viewKibana(world, draw, person, asset, atUs);
      }
    }
  }
}

function login(
  world: World,
  draw: Draw,
  person: Person,
  client: ReturnType<typeof drawSshClient>,
  atUs: number,
): void {
  const asset = draw.pick(world.assets);
  const seconds = Math.exp(draw.normal(Math.log(600), 1.1));
  const commands = Array.from({ length: draw.int(0, 4) }, () => ({
    afterUs: Math.round(draw.uniform(5, Math.max(6, seconds)) * MICROS_PER_SECOND),
    command: draw.pick([
      '/usr/bin/systemctl status elasticsearch',
      '/usr/bin/journalctl -u elasticsearch -n 200',
      '/usr/bin/apt-get update',
      '/usr/bin/systemctl restart filebeat',
      '/usr/bin/tail -n 100 /var/log/syslog',
    ]),
  })).sort((a, b) => a.afterUs - b.afterUs);
  world.connect(
    {
      atUs: Math.round(atUs),
      client: person.address,
      asset,
      port: loginPort(asset),
      talk: () =>
        sshSession(draw, {
          client,
          user: person.user,
          key: person.key,
          seconds,
          bytesToClient: Math.exp(draw.normal(Math.log(60_000), 1.2)),
          bytesToServer: Math.exp(draw.normal(Math.log(9_000), 0.9)),
          commands,
        }),
    },
    draw,
  );
}

function viewKibana(world: World, draw: Draw, person: Person, asset: Asset, atUs: number): void {
  const service = asset.services.find((each) => each.application.startsWith('kibana'));
  if (!service) return;
  const requests: Request[] = [];
  let afterUs = draw.uniform(0.05, 0.3) * MICROS_PER_SECOND;
  for (let i = draw.int(3, 12); i > 0; i--) {
    const isSearch = requests.length > 1 && draw.chance(0.6);
    requests.push({
      afterUs: Math.round(afterUs),
      method: isSearch ? 'POST' : 'GET',
      path: isSearch
        ? '/internal/search/ese'
        : requests.length === 0
          ? '/app/discover'
          : draw.pick([
              '/api/saved_objects/_find?type=index-pattern',
              '/bundles/core.entry.js',
              '/app/dashboards',
            ]),
      status: 200,
      bytes: Math.round(draw.quantile(WEB_ANSWER_BYTES)),
      agent: BROWSER,
      user: person.user,
    });
    afterUs += draw.exponential(6) * MICROS_PER_SECOND;
  }
  world.connect(
    {
      atUs: Math.round(atUs),
      client: person.address,
      asset,
      port: service.port,
      talk: () =>
        httpTalk(draw, requests, { postBytes: 800 * requests.length, tailSeconds: 5, headerBytes: 700 }),
    },
    draw,
  );
}

/** A monitoring station: knocks at every service at a fixed pace, all day, and never asks for data. */
export function monitor(
  world: World,
  station: string,
  minutesBetween: (asset: Asset, port: number) => number,
): void {
  const draw = world.draw.fork(`monitor ${station}`);
  const client = drawSshClient(draw);
  for (const asset of world.assets)
    for (const service of asset.services) {
      const every = minutesBetween(asset, service.port) * MICROS_PER_MINUTE;
      if (!Number.isFinite(every)) continue;
      for (let atUs = world.fromUs + draw.uniform(0, every); atUs < world.toUs; atUs += every) {
        world.connect(
          {
            atUs: Math.round(atUs + draw.uniform(0, 2) * MICROS_PER_SECOND),
            client: station,
            asset,
            port: service.port,
            talk: () => {
              if (service.application === 'sshd' || service.application === 'rdp')
                return failedSsh(draw, { client, tries: [], ending: 'silent' });
              if (service.application === 'beats') return httpTalk(draw, []);
              return httpTalk(draw, [checkOf(service.application)]);
            },
          },
          draw,
        );
      }
    }
}

function checkOf(application: string): Request {
  const isKibana = application.startsWith('kibana');
  return {
    afterUs: 30_000,
    method: 'GET',
    path: isKibana ? '/api/status' : '/_cluster/health',
    status: 200,
    bytes: isKibana ? 1612 : 401,
    agent: 'uptime-check/2.4',
    user: 'monitor',
    ...(isKibana
      ? {}
      : {
          audit: {
            outcome: application === 'elasticsearch-open' ? 'anonymous granted' : 'granted',
            action: 'cluster:monitor/health',
            requestName: 'ClusterHealthRequest',
            indices: [],
          } as const,
        }),
  };
}

/** Application servers of the own network ship their logs into the stores all day. */
export function shipLogs(
  world: World,
  shippers: readonly string[],
  options: { minutesBetween: number; indexOf: (atUs: number) => string },
): void {
  const draw = world.draw.fork('shippers');
  const stores = world.assets.flatMap((asset) =>
    asset.services
      .filter((service) => service.application.startsWith('elasticsearch'))
      .map((service) => ({ asset, service })),
  );
  if (stores.length === 0) return;
  for (const [index, client] of shippers.entries()) {
    const { asset, service } = stores[index % stores.length] as (typeof stores)[number];
    const every = options.minutesBetween * MICROS_PER_MINUTE;
    for (
      let atUs = world.fromUs + draw.uniform(0, every);
      atUs < world.toUs;
      atUs += every * draw.uniform(0.8, 1.2)
    ) {
      const postBytes = Math.exp(draw.normal(Math.log(240_000), 0.7));
      const request: Request = {
        afterUs: 20_000,
        method: 'POST',
        path: '/_bulk',
        status: 200,
        bytes: Math.round(postBytes / 40),
        agent: 'Filebeat/8.11.1',
        user: 'filebeat',
        audit: {
          outcome: service.application === 'elasticsearch-open' ? 'anonymous granted' : 'granted',
          action: 'indices:data/write/bulk',
          requestName: 'BulkRequest',
          indices: [options.indexOf(atUs)],
        },
      };
      world.connect(
        {
          atUs: Math.round(atUs),
          client,
          asset,
          port: service.port,
          talk: () => httpTalk(draw, [request], { postBytes, tailSeconds: draw.uniform(20, 500) }),
        },
        draw,
      );
    }
  }
}

/** What servers ask for on their own: the package mirror and the time, at all hours, before, during and after. */
export function reachOut(world: World, options: { mirror: string; time: string; perDay: number }): void {
  const draw = world.draw.fork('outbound');
  const days = (world.toUs - world.fromUs) / MICROS_PER_DAY;
  for (const asset of world.assets) {
    for (let i = Math.round(options.perDay * days); i > 0; i--)
      world.connectOut(
        {
          atUs: Math.round(draw.uniform(world.fromUs, world.toUs)),
          asset,
          server: options.mirror,
          port: 443,
          talk: {
            durationUs: draw.uniform(0.4, 20) * MICROS_PER_SECOND,
            toServer: traffic(draw.int(700, 2500), 9),
            toClient: traffic(Math.exp(draw.normal(Math.log(180_000), 1)), 5),
          },
        },
        draw,
      );
    for (
      let atUs = world.fromUs + draw.uniform(0, 6) * MICROS_PER_HOUR;
      atUs < world.toUs;
      atUs += 6 * MICROS_PER_HOUR
    )
      world.connectOut(
        {
          atUs: Math.round(atUs),
          asset,
          server: options.time,
          port: 123,
          protocol: UDP,
          talk: {
            durationUs: 40_000,
            toServer: { packets: 1, bytes: 76 },
            toClient: { packets: 1, bytes: 76 },
          },
        },
        draw,
      );
  }
}
