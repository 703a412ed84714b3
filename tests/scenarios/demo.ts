import { greatest, least } from '../../src/lib/base/extremes';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, microsFromCivil } from '../../src/lib/base/time';
import { AddressPool } from './activities/addresses';
import { attachGroup, openAndClose, routineControl, type Opening } from './activities/control-plane';
import { monitor, reachOut, shipLogs, workInOffice, type Person } from './activities/known';
import { beacon, busiestStretches, enter, lookAtStore, readStore, type Deed } from './activities/quiet';
import { scanBackground, sweepServices } from './activities/scanning';
import { guessSsh } from './activities/ssh-guessing';
import {
  KNOWN_USERS,
  OFFICE_NETWORK,
  OWN_NETWORKS,
  PEOPLE,
  SHIPPERS,
  STATION,
  STATION_NETWORK,
  indexOf,
} from './cast';
import { exportScenario, type Scenario } from './scenario';
import { World, type Asset } from './world';

export const DEMO_SEED = 20_260_220;

const FROM = microsFromCivil(2026, 2, 10);
const TO = microsFromCivil(2026, 3, 16);
const OPENED = microsFromCivil(2026, 2, 20, 9, 47, 12);
const CLOSED = microsFromCivil(2026, 3, 10, 16, 20, 5);
const GROUP = 'sg-0a1b2c3d4e5f60718';
const QUIET = '203.0.113.77';
const BACK_DOOR = '203.0.113.140';
const STILL = { offsetSeconds: 0, driftPpm: 0 };

/** The cluster of application-log servers that the group turned out to cover. */
const ASSETS: readonly Asset[] = [
  {
    name: 'log-1',
    address: '10.20.3.11',
    interfaceId: 'eni-0aa1000000000011',
    instanceId: 'i-0bb1000000000011',
    services: [
      { port: 22, application: 'sshd' },
      { port: 9200, application: 'elasticsearch-auth' },
    ],
    clock: { offsetSeconds: 1.4, driftPpm: 0 },
    logs: { auth: 'rfc3164', foldsRepeats: true, audit: true },
  },
  {
    name: 'log-2',
    address: '10.20.3.12',
    interfaceId: 'eni-0aa1000000000012',
    instanceId: 'i-0bb1000000000012',
    services: [
      { port: 22, application: 'sshd' },
      { port: 9200, application: 'elasticsearch-open' },
    ],
    clock: { offsetSeconds: 37, driftPpm: 0 },
    logs: { auth: 'rfc3164' },
  },
  {
    name: 'log-3',
    address: '10.20.3.13',
    interfaceId: 'eni-0aa1000000000013',
    instanceId: 'i-0bb1000000000013',
    services: [
      { port: 22, application: 'sshd' },
      { port: 9200, application: 'elasticsearch-open' },
    ],
    clock: { offsetSeconds: -4.2, driftPpm: 0 },
    logs: { auth: 'rfc3164', foldsRepeats: true, audit: true },
  },
  {
    name: 'log-4',
    address: '10.20.3.14',
    address6: '2001:db8:20:3::14',
    interfaceId: 'eni-0aa1000000000014',
    instanceId: 'i-0bb1000000000014',
    services: [
      { port: 22, application: 'sshd' },
      { port: 5044, application: 'beats' },
    ],
    clock: { offsetSeconds: -185, driftPpm: 0 },
    logs: { auth: 'rfc3164' },
  },
  {
    name: 'log-5',
    address: '10.20.3.15',
    interfaceId: 'eni-0aa1000000000015',
    instanceId: 'i-0bb1000000000015',
    services: [
      { port: 22, application: 'sshd' },
      { port: 5601, application: 'kibana-proxy' },
    ],
    clock: STILL,
    logs: { auth: 'rfc3164', foldsRepeats: true, access: { port: 5601, heldOffAsset: true } },
  },
  {
    name: 'log-6',
    address: '10.20.3.16',
    interfaceId: 'eni-0aa1000000000016',
    instanceId: 'i-0bb1000000000016',
    services: [
      { port: 22, application: 'sshd' },
      { port: 5601, application: 'kibana-proxy' },
    ],
    clock: { offsetSeconds: 0.3, driftPpm: 12 },
    logs: { auth: 'iso', access: { port: 5601, heldOffAsset: false } },
  },
];

/** The deployment key: what the quiet actor found in the logs and came back with. */
const STOLEN = PEOPLE[2] as Person;

const OPENING: Opening = {
  groupId: GROUP,
  principal: 'jonas',
  address: '192.0.2.10',
  ports: [
    { from: 22, to: 22 },
    { from: 5044, to: 5044 },
    { from: 5601, to: 5601 },
    { from: 9200, to: 9300 },
  ],
  openedUs: OPENED,
  closedUs: CLOSED,
  coversV6: true,
};

function makeNoise(world: World): void {
  const draw = world.draw.fork('demo noise');
  const pool = new AddressPool(world.draw.fork('demo addresses'));
  scanBackground(world, pool, { flows: 48_000, v6Share: 0.02 });
  const campaigns = [
    { bots: 110, vigor: 1.2 },
    { bots: 80, vigor: 1 },
    { bots: 70, vigor: 0.9 },
    { bots: 50, vigor: 1.4 },
    { bots: 30, vigor: 1.5 },
  ];
  for (const [index, { bots, vigor }] of campaigns.entries())
    guessSsh(world, {
      label: `ssh-${index + 1}`,
      bots: pool.many(bots),
      targets: world.assets,
      // The first two were at the closed port before; the others came when word was out.
      fromUs: index < 2 ? FROM : OPENED + draw.uniform(0.02, 3) * MICROS_PER_DAY,
      toUs: TO - MICROS_PER_DAY,
      vigor,
      knownUsers: KNOWN_USERS,
    });
  guessSsh(world, {
    label: 'ssh-slow',
    bots: pool.many(130, 0.1),
    targets: world.assets,
    fromUs: OPENED + 2 * MICROS_PER_DAY,
    toUs: CLOSED + MICROS_PER_DAY,
    isSlow: true,
    knownUsers: KNOWN_USERS,
  });
  const sweeps = [
    { label: 'elastic-scan', bots: 520, ports: [9200, 9300], fromUs: FROM, toUs: TO, least: 1, most: 4 },
    { label: 'kibana-scan', bots: 330, ports: [5601], fromUs: FROM, toUs: TO, least: 1, most: 4 },
    {
      label: 'stack-scan',
      bots: 160,
      ports: [22, 9200, 5601, 5044],
      fromUs: OPENED,
      toUs: TO,
      least: 1,
      most: 5,
    },
    // Machines that go over this neighborhood again and again: they are there within minutes of any change.
    {
      label: 'resident-scan',
      bots: 5,
      ports: [22, 9200, 5601, 5044],
      fromUs: FROM,
      toUs: TO,
      least: 90,
      most: 130,
    },
  ];
  for (const sweep of sweeps)
    sweepServices(world, {
      ...sweep,
      bots: pool.many(sweep.bots),
      sweeps: () => draw.int(sweep.least, sweep.most),
    });
  surge(world, pool, OPENED, OPENED + 35 * MICROS_PER_MINUTE);
  surge(world, pool, CLOSED - 25 * MICROS_PER_MINUTE, CLOSED + 10 * MICROS_PER_MINUTE);
}

/** A crowd that arrives on a change, and the one that was noticed on the last day and led to the closing. */
function surge(world: World, pool: AddressPool, fromUs: number, toUs: number): void {
  const draw = world.draw.fork(`surge ${fromUs}`);
  sweepServices(world, {
    label: 'surge',
    bots: pool.many(40, 0.8),
    ports: [22, 9200, 5601, 5044],
    fromUs,
    toUs,
    sweeps: () => draw.int(1, 2),
  });
}

function makeKnown(world: World): void {
  workInOffice(world, PEOPLE, { sessionsPerDay: 5, viewsPerDay: 4 });
  monitor(world, STATION, (asset, port) =>
    asset.name === 'log-5' && port === 5601 ? 10 : port === 22 ? 60 : 30,
  );
  shipLogs(world, SHIPPERS, {
    minutesBetween: 34,
    indexOf,
  });
  reachOut(world, { mirror: '198.51.100.200', time: '198.51.100.201', perDay: 4 });
  routineControl(world, {
    perDay: 70,
    scripts: ['inventory', 'backup'],
    people: [
      { user: 'anna', address: '192.0.2.10' },
      { user: 'jonas', address: '192.0.2.10' },
    ],
    scriptAddress: '192.0.2.40',
  });
}

/**
 * The one that matters: looks once, reads the store of log-3 on six days in the minutes when the bots are loudest, finds the
 * deployment key in what it read, comes back with it by SSH, and leaves a back door that calls out.
 */
function makeQuiet(world: World): { deeds: Deed[]; trimmed: Set<number> } {
  const draw = world.draw.fork('demo quiet');
  const asset = world.asset('log-3');
  const at = (day: number, rank: number): number => {
    const dayUs = microsFromCivil(2026, 2, day);
    const stretches = busiestStretches(world, dayUs, dayUs + MICROS_PER_DAY);
    return (stretches[rank] as number) + draw.uniform(1, 6) * MICROS_PER_MINUTE;
  };
  const visit = { client: QUIET, asset, port: 9200 };
  const deeds: Deed[] = [lookAtStore(world, draw, { ...visit, atUs: at(23, 0) })];
  // Days of February; 29 is 1 March.
  const reads: [day: number, rank: number, megabytes: number][] = [
    [24, 0, 1.2],
    [24, 4, 2.4],
    [27, 0, 2.9],
    [30, 0, 5.6],
    [30, 3, 4.4],
    [34, 0, 3.1],
    [34, 3, 14.2],
    [35, 0, 6.8],
    [37, 0, 3.7],
  ];
  for (const [day, rank, megabytes] of reads) {
    const dayUs = microsFromCivil(2026, 2, day - 2);
    const index = indexOf(dayUs);
    const seconds = megabytes * draw.uniform(40, 90);
    deeds.push(
      readStore(world, draw, { ...visit, atUs: at(day, rank), bytes: megabytes * 1e6, index, seconds }),
    );
  }
  const entries: [day: number, rank: number, minutes: number, megabytes: number, what: string][] = [
    [31, 0, 4, 0.06, 'tried the key'],
    [32, 0, 44, 3.1, 'searched the host'],
    [34, 1, 97, 18.6, 'copied archived logs'],
    [35, 2, 6, 0.09, 'looked in again'],
    [37, 2, 71, 9.4, 'copied archived logs'],
  ];
  const trimmed = new Set<number>();
  for (const [day, rank, minutes, megabytes, what] of entries) {
    const deed = enter(world, draw, {
      client: QUIET,
      asset,
      atUs: at(day, rank),
      user: STOLEN.user,
      key: STOLEN.key,
      seconds: minutes * 60,
      bytesToClient: megabytes * 1e6,
      what,
      ...(minutes > 10
        ? {
            commands: [
              { afterUs: 200_000_000, command: '/usr/bin/tar -cf - /var/lib/elasticsearch/archive' },
            ],
          }
        : {}),
    });
    deeds.push(deed);
    if (minutes > 10) trimmed.add(deed.conversation);
  }
  return { deeds, trimmed };
}

/** Credentials that lie in the exposed logs: customers' API keys, pasted by people where they are logged. */
function leakKeys(world: World): { kind: string; lastFour: string; asset: string; source: string }[] {
  const draw = world.draw.fork('demo keys');
  const asset = world.asset('log-6');
  return Array.from({ length: 3 }, (_, index) => {
    const key = `key-${draw.hex(32)}`;
    const requests = [
      {
        afterUs: 80_000,
        method: 'GET',
        path: `/app/logs/stream?query=api_key%3A${key}`,
        status: 200,
        bytes: 18_200,
        agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0',
        user: 'anna',
      },
    ];
    world.connect(
      {
        atUs: microsFromCivil(2026, 2, 16 + 4 * index, 10 + index, 12),
        client: '192.0.2.10',
        asset,
        port: 5601,
        talk: () => ({
          durationUs: 900_000,
          toServer: { packets: 9, bytes: 1900 },
          toClient: { packets: 16, bytes: 19_400 },
          requests,
        }),
      },
      draw,
    );
    return { kind: 'API key', lastFour: key.slice(-4), asset: asset.name, source: 'log-6-kibana-access.log' };
  });
}

const PARAMETERS: CaseParameters = {
  name: 'The log servers that a security group exposed (synthetic)',
  zone: 'UTC',
  year: 2026,
  ownNetworks: OWN_NETWORKS,
  knownActors: [
    { cidr: OFFICE_NETWORK, label: 'office' },
    { cidr: STATION_NETWORK, label: 'monitoring' },
    { actor: '198.51.100.200', label: 'package mirror' },
    { actor: '198.51.100.201', label: 'time server' },
  ],
  sources: [
    ...ASSETS.filter((asset) => asset.logs.audit).map((asset) => ({
      name: `${asset.name}-elasticsearch-audit.json*`,
      asset: asset.name,
    })),
    { name: 'log-5-kibana-access.log*', asset: 'log-5', heldOffAsset: true },
    { name: 'log-6-kibana-access.log*', asset: 'log-6' },
  ],
};

/** The demonstration case: the incident in full, the same bytes on every run. */
export function buildDemo(): Scenario {
  const world = new World({ seed: DEMO_SEED, fromUs: FROM, toUs: TO, assets: ASSETS });
  for (const cidr of [OFFICE_NETWORK, STATION_NETWORK, '10.20.0.0/16']) world.allow(cidr, 0, 65_535);
  attachGroup(world, GROUP, 'anna', '192.0.2.10');
  openAndClose(world, OPENING);
  makeNoise(world);
  makeKnown(world);
  const credentials = leakKeys(world);
  const { deeds, trimmed } = makeQuiet(world);
  const asset = world.asset('log-3');
  const first = microsFromCivil(2026, 3, 6, 3, 30);
  const calls = beacon(world, world.draw.fork('demo beacon'), {
    asset,
    server: BACK_DOOR,
    port: 443,
    fromUs: first,
    minutes: 60,
  });
  const gone = deeds.filter((deed) => trimmed.has(deed.conversation));
  return exportScenario({
    world,
    seed: DEMO_SEED,
    opening: OPENING,
    flows: { aggregationSeconds: 600, layout: 'custom', writesNoData: true },
    flowCuts: [17, 24, 31, 38].map((day) => microsFromCivil(2026, 2, day)),
    trail: 'aws',
    erasures: [
      {
        asset,
        log: 'auth',
        actor: QUIET,
        fromUs: least(gone.map((deed) => deed.atUs)),
        toUs: greatest(gone.map((deed) => deed.endUs)) + MICROS_PER_HOUR,
        isErased: (line) => trimmed.has(line.conversation),
      },
    ],
    quiet: [{ actor: QUIET, label: 'the one who read the store of log-3', deeds }],
    known: [...new Set(PEOPLE.map((person) => person.address))]
      .map((actor) => ({ actor, label: 'office' }))
      .concat([{ actor: STATION, label: 'monitoring' }]),
    credentials,
    beacons: [{ asset: 'log-3', destination: BACK_DOOR, port: 443, minutes: 60, calls }],
    parameters: PARAMETERS,
  });
}
