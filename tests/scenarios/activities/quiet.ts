import { MICROS_PER_SECOND } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import type { Asset, Conversation, LoginTalk, Request, World } from '../world';
import { loginPort, traffic } from '../world';
import { drawSshClient, failedSsh, httpTalk, sshSession, type SshClient } from './talks';

/** What a quiet actor did at one service, as the truth file tells it. */
export interface Deed {
  readonly asset: string;
  readonly port: number;
  readonly atUs: number;
  readonly endUs: number;
  /** 0 reachable … 8 bulk: how far it really got. */
  readonly rung: number;
  readonly bytesToActor: number;
  readonly bytesFromActor: number;
  readonly what: string;
  readonly conversation: number;
}

function deedOf(conversation: Conversation, rung: number, what: string): Deed {
  return {
    asset: conversation.asset.name,
    port: conversation.serverPort,
    atUs: conversation.startUs,
    endUs: conversation.endUs,
    rung,
    bytesToActor: conversation.toClient.bytes,
    bytesFromActor: conversation.toServer.bytes,
    what,
    conversation: conversation.id,
  };
}

const AGENT = 'python-urllib3/1.26.18';

/** Reads documents out of an open Elasticsearch in one connection: `bytes` of them, page after page. */
export function readStore(
  world: World,
  draw: Draw,
  visit: {
    client: string;
    asset: Asset;
    port: number;
    atUs: number;
    bytes: number;
    index: string;
    seconds: number;
  },
): Deed {
  const pages = Math.max(1, Math.min(60, Math.round(visit.bytes / 180_000)));
  const requests: Request[] = Array.from({ length: pages }, (_, page) => ({
    afterUs: Math.round((0.1 + (visit.seconds * page) / pages) * MICROS_PER_SECOND),
    method: 'POST',
    path: page === 0 ? `/${visit.index}/_search?scroll=5m&size=500` : '/_search/scroll',
    status: 200,
    bytes: Math.round(visit.bytes / pages),
    agent: AGENT,
    audit: {
      outcome: 'anonymous granted',
      action: page === 0 ? 'indices:data/read/search' : 'indices:data/read/scroll',
      requestName: page === 0 ? 'SearchRequest' : 'SearchScrollRequest',
      indices: page === 0 ? [visit.index] : [],
    },
  }));
  const conversation = world.connect(
    {
      atUs: Math.round(visit.atUs),
      client: visit.client,
      asset: visit.asset,
      port: visit.port,
      talk: () => httpTalk(draw, requests, { postBytes: 120 * pages, tailSeconds: visit.seconds / pages }),
    },
    draw,
  );
  return deedOf(conversation, visit.bytes >= 10_000_000 ? 8 : 7, `read ${visit.index}`);
}

/** One look at the cluster's front page and its list of indices: knowing where to go before going there. */
export function lookAtStore(
  world: World,
  draw: Draw,
  visit: { client: string; asset: Asset; port: number; atUs: number },
): Deed {
  const requests: Request[] = [
    {
      afterUs: 90_000,
      method: 'GET',
      path: '/_cat/indices?format=json',
      status: 200,
      bytes: 9_400,
      agent: AGENT,
      audit: {
        outcome: 'anonymous granted',
        action: 'indices:monitor/stats',
        requestName: 'IndicesStatsRequest',
        indices: ['*'],
      },
    },
  ];
  const conversation = world.connect(
    {
      atUs: Math.round(visit.atUs),
      client: visit.client,
      asset: visit.asset,
      port: visit.port,
      talk: () => httpTalk(draw, requests),
    },
    draw,
  );
  return deedOf(conversation, 4, 'listed the indices');
}

/** Comes in where people log in, with a key or a password that is valid. */
export function enter(
  world: World,
  draw: Draw,
  visit: {
    client: string;
    asset: Asset;
    atUs: number;
    user: string;
    /** Absent: with the password. */
    key?: string;
    seconds: number;
    bytesToClient: number;
    commands?: LoginTalk['commands'];
    leaves?: LoginTalk['leaves'];
    what: string;
  },
): Deed {
  const conversation = world.connect(
    {
      atUs: Math.round(visit.atUs),
      client: visit.client,
      asset: visit.asset,
      port: loginPort(visit.asset),
      talk: () =>
        sshSession(draw, {
          client: drawSshClient(draw),
          user: visit.user,
          ...(visit.key === undefined ? {} : { key: visit.key }),
          seconds: visit.seconds,
          bytesToClient: visit.bytesToClient,
          bytesToServer: Math.max(2_000, visit.seconds * 9),
          ...(visit.commands ? { commands: visit.commands } : {}),
          ...(visit.leaves ? { leaves: visit.leaves } : {}),
        }),
    },
    draw,
  );
  return deedOf(conversation, visit.bytesToClient >= 10_000_000 ? 8 : 7, visit.what);
}

/** Guesses until the password is right, like any other bot: noisy, and in. Returns when the last wrong try ended. */
export function guessBefore(
  world: World,
  draw: Draw,
  visit: { client: string; asset: Asset; atUs: number; user: string; failures: number; tool?: SshClient },
): number {
  const tool = visit.tool ?? drawSshClient(draw);
  let atUs = visit.atUs;
  for (let left = visit.failures; left > 0; left -= 1) {
    const conversation = world.connect(
      {
        atUs: Math.round(atUs),
        client: visit.client,
        asset: visit.asset,
        port: loginPort(visit.asset),
        talk: () =>
          failedSsh(draw, {
            client: tool,
            tries: [
              {
                user: visit.user,
                isKnownUser: true,
                method: 'password',
                isAccepted: false,
                afterUs: Math.round(draw.uniform(0.5, 1.2) * MICROS_PER_SECOND),
              },
            ],
            ending: 'bye',
          }),
      },
      draw,
    );
    atUs = conversation.endUs + draw.uniform(1, 6) * MICROS_PER_SECOND;
  }
  return atUs;
}

/** Signs in at Kibana's proxy with somebody's password and searches: each search is a line with status 200. */
export function searchKibana(
  world: World,
  draw: Draw,
  visit: { client: string; asset: Asset; port: number; atUs: number; user: string; searches: number },
): Deed {
  const requests: Request[] = Array.from({ length: visit.searches + 1 }, (_, index) => ({
    afterUs: Math.round((0.2 + index * draw.uniform(3, 9)) * MICROS_PER_SECOND),
    method: index === 0 ? 'GET' : 'POST',
    path: index === 0 ? '/app/discover' : '/internal/search/ese',
    status: 200,
    bytes: draw.int(20_000, 400_000),
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
    user: visit.user,
  })).sort((a, b) => a.afterUs - b.afterUs);
  const conversation = world.connect(
    {
      atUs: Math.round(visit.atUs),
      client: visit.client,
      asset: visit.asset,
      port: visit.port,
      talk: () =>
        httpTalk(draw, requests, { postBytes: 900 * visit.searches, tailSeconds: 5, headerBytes: 700 }),
    },
    draw,
  );
  return deedOf(conversation, 7, 'searched Kibana');
}

/** A back door: the asset calls out at a steady pace, with little jitter, to the end of the records. */
export function beacon(
  world: World,
  draw: Draw,
  options: { asset: Asset; server: string; port: number; fromUs: number; minutes: number },
): number {
  let calls = 0;
  const every = options.minutes * 60 * MICROS_PER_SECOND;
  for (let atUs = options.fromUs; atUs < world.toUs; atUs += every + draw.normal(0, 0.03) * every) {
    world.connectOut(
      {
        atUs: Math.round(atUs),
        asset: options.asset,
        server: options.server,
        port: options.port,
        talk: {
          durationUs: draw.uniform(0.4, 0.9) * MICROS_PER_SECOND,
          toServer: traffic(draw.int(680, 720), 8),
          toClient: traffic(draw.int(3_150, 3_260), 6),
        },
      },
      draw,
    );
    calls += 1;
  }
  return calls;
}

/** Ten minutes: short enough to sit under a burst. */
const STRETCH_US = 600 * MICROS_PER_SECOND;

/** The ten-minute stretches in which most other conversations begin, busiest first: where a careful actor hides. */
export function busiestStretches(world: World, fromUs: number, toUs: number): number[] {
  const counts = new Map<number, number>();
  for (const each of world.conversations) {
    if (each.startUs < fromUs || each.startUs >= toUs || each.outcome !== 'accepted') continue;
    const stretch = Math.floor(each.startUs / STRETCH_US);
    counts.set(stretch, (counts.get(stretch) ?? 0) + 1);
  }
  return [...counts]
    .sort(([first, a], [second, b]) => b - a || first - second)
    .map(([stretch]) => stretch * STRETCH_US);
}
