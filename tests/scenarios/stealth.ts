import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../src/lib/base/time';
import type { AddressPool } from './activities/addresses';
import type { Opening } from './activities/control-plane';
import { enter, guessBefore, lookAtStore, readStore, searchKibana, type Deed } from './activities/quiet';
import { PEOPLE, indexOf } from './cast';
import type { Draw } from './draw';
import type { Application, Asset, World } from './world';

/** The ways in which somebody stays below the noise. */
export const STEALTHS = [
  /** Reads an open store in a few large sessions. */
  'bulk read',
  /** Reads it in small portions over days. */
  'slow read',
  /** The same from an address among the bots' own /24. */
  'read beside bots',
  /** Signs in at Kibana with somebody's password and searches. */
  'kibana login',
  /** Comes by SSH with a stolen key, short at first, then long. */
  'stolen key',
  /** A guesser like all others, whose guess is right in the end. */
  'guessed in',
  /** Many addresses try one real name each, once; one of them is in. */
  'spread guessing',
  /** Uses the office's own address: no log can tell it from the office. */
  'insider',
] as const;
export type Stealth = (typeof STEALTHS)[number];

export interface StealthSetting {
  readonly stealth: Stealth;
  readonly index: number;
  readonly pool: AddressPool;
  readonly guessers: readonly string[];
  readonly opening: Opening;
  /** Whether it comes over IPv6, unless it hides among bots or in the office. */
  readonly isIpv6?: boolean;
  /** Whether it leaves an account of its own on a host that it gets into. */
  readonly leavesAccounts?: boolean;
}

export interface QuietActor {
  readonly actor: string;
  readonly label: string;
  /** False where even complete logs could not set it apart. */
  readonly isTellable: boolean;
  readonly deeds: readonly Deed[];
}

function assetWith(draw: Draw, world: World, application: Application): Asset {
  return draw.pick(
    world.members.filter((asset) => asset.services.some((service) => service.application === application)),
  );
}

/** A time within the exposure that leaves room for what follows. */
function timeIn(draw: Draw, opening: Opening, roomUs = 3 * MICROS_PER_HOUR): number {
  return draw.uniform(opening.openedUs + 20 * MICROS_PER_MINUTE, opening.closedUs - roomUs);
}

/** Plays one quiet actor during the exposure; what it did is the truth. */
export function playStealth(world: World, setting: StealthSetting): QuietActor {
  const draw = world.draw.fork(`quiet ${setting.index} ${setting.stealth}`);
  const { stealth, pool, guessers } = setting;
  const actor =
    stealth === 'insider'
      ? '192.0.2.40'
      : stealth === 'read beside bots' && guessers.length > 0
        ? pool.neighbor(draw.pick(guessers))
        : setting.isIpv6
          ? pool.one6()
          : pool.one();
  return {
    actor,
    label: stealth,
    isTellable: stealth !== 'insider',
    deeds: deedsOf(world, draw, actor, setting).sort((a, b) => a.atUs - b.atUs),
  };
}

function deedsOf(world: World, draw: Draw, actor: string, setting: StealthSetting): Deed[] {
  switch (setting.stealth) {
    case 'bulk read':
      return readInPortions(world, draw, actor, setting, {
        sessions: draw.int(1, 3),
        megabytes: [4, 30],
        looks: true,
      });
    case 'slow read':
    case 'read beside bots':
      return readInPortions(world, draw, actor, setting, {
        sessions: draw.int(4, 10),
        megabytes: [0.1, 1],
        looks: draw.chance(0.5),
      });
    case 'insider':
      return readInPortions(world, draw, actor, setting, {
        sessions: draw.int(2, 5),
        megabytes: [0.3, 4],
        looks: false,
      });
    case 'kibana login': {
      const asset = assetWith(draw, world, 'kibana-proxy');
      return Array.from({ length: draw.int(1, 4) }, () =>
        searchKibana(world, draw, {
          client: actor,
          asset,
          port: 5601,
          atUs: timeIn(draw, setting.opening),
          user: 'anna',
          searches: draw.int(2, 14),
        }),
      );
    }
    case 'stolen key':
      return enterOften(world, draw, actor, setting, 'deploy', PEOPLE[2]?.key);
    case 'guessed in': {
      const asset = draw.pick(world.members);
      const atUs = timeIn(draw, setting.opening, 6 * MICROS_PER_HOUR);
      const wrong = guessBefore(world, draw, {
        client: actor,
        asset,
        atUs,
        user: 'ubuntu',
        failures: draw.int(25, 60),
      });
      const visit = { actor, asset, atUs: wrong, user: 'ubuntu', minutes: draw.uniform(8, 50) };
      return [session(world, draw, visit, setting.leavesAccounts)];
    }
    case 'spread guessing':
      return guessSpread(world, draw, actor, setting);
  }
}

function readInPortions(
  world: World,
  draw: Draw,
  actor: string,
  { opening }: StealthSetting,
  how: { sessions: number; megabytes: readonly [number, number]; looks: boolean },
): Deed[] {
  const asset = assetWith(draw, world, 'elasticsearch-open');
  const deeds: Deed[] = [];
  const visit = { client: actor, asset, port: 9200 };
  const times = Array.from({ length: how.sessions }, () => timeIn(draw, opening)).sort((a, b) => a - b);
  if (how.looks)
    deeds.push(
      lookAtStore(world, draw, {
        ...visit,
        atUs: (times[0] as number) - draw.uniform(1, 15) * MICROS_PER_MINUTE,
      }),
    );
  for (const atUs of times) {
    const megabytes = draw.uniform(...how.megabytes);
    deeds.push(
      readStore(world, draw, {
        ...visit,
        atUs,
        bytes: Math.round(megabytes * 1e6),
        index: indexOf(atUs - draw.int(0, 3) * MICROS_PER_DAY),
        seconds: 5 + megabytes * draw.uniform(10, 60),
      }),
    );
  }
  return deeds;
}

/** Names that look as if they belonged. */
const LEFT_ACCOUNTS = ['support', 'svc-backup', 'helpdesk', 'monitoring'];

function session(
  world: World,
  draw: Draw,
  visit: { actor: string; asset: Asset; atUs: number; user: string; key?: string; minutes: number },
  leavesAccount = false,
): Deed {
  const account = world.draw.fork(`account ${visit.actor}`).pick(LEFT_ACCOUNTS);
  const afterUs = Math.round(visit.minutes * 0.7 * MICROS_PER_MINUTE);
  return enter(world, draw, {
    ...(leavesAccount ? { leaves: { afterUs, account } } : {}),
    client: visit.actor,
    asset: visit.asset,
    atUs: visit.atUs,
    user: visit.user,
    ...(visit.key === undefined ? {} : { key: visit.key }),
    seconds: visit.minutes * 60,
    bytesToClient: visit.minutes * draw.uniform(30_000, 220_000),
    what: 'worked on the host',
  });
}

function enterOften(
  world: World,
  draw: Draw,
  actor: string,
  { opening, leavesAccounts = false }: StealthSetting,
  user: string,
  key: string | undefined,
): Deed[] {
  const asset = draw.pick(world.members);
  return Array.from({ length: draw.int(2, 5) }, (_, index) => {
    const visit = {
      actor,
      asset,
      atUs: timeIn(draw, opening),
      user,
      ...(key === undefined ? {} : { key }),
      minutes: index === 0 ? draw.uniform(2, 6) : draw.uniform(15, 110),
    };
    return session(world, draw, visit, leavesAccounts && index === 1);
  });
}

function guessSpread(
  world: World,
  draw: Draw,
  actor: string,
  { opening, pool, leavesAccounts }: StealthSetting,
): Deed[] {
  const asset = draw.pick(world.members);
  const helpers = pool.many(draw.int(40, 90), 0.1);
  const hours = (opening.closedUs - opening.openedUs) / MICROS_PER_HOUR;
  const beginUs = opening.openedUs + draw.uniform(0.05, 0.3) * hours * MICROS_PER_HOUR;
  const lengthUs = draw.uniform(0.3, 0.5) * hours * MICROS_PER_HOUR;
  for (const client of helpers) {
    world.noise.set(client, 'spread guessing');
    guessBefore(world, draw, {
      client,
      asset,
      atUs: beginUs + draw.uniform(0, lengthUs),
      user: draw.pick(['anna', 'jonas', 'deploy', 'ubuntu']),
      failures: draw.int(1, 2),
    });
  }
  const atUs = Math.min(beginUs + lengthUs, opening.closedUs - 2 * MICROS_PER_HOUR);
  const visit = { actor, asset, atUs, user: 'jonas', minutes: draw.uniform(8, 50) };
  return [session(world, draw, visit, leavesAccounts)];
}
