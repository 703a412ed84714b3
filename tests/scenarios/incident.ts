import { MICROS_PER_DAY, MICROS_PER_HOUR, microsFromCivil } from '../../src/lib/base/time';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { AddressPool } from './activities/addresses';
import { attachGroup, openAndClose, routineControl, type Opening } from './activities/control-plane';
import { monitor, reachOut, shipLogs, workInOffice } from './activities/known';
import { enter, type Deed } from './activities/quiet';
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
import { Draw } from './draw';
import { drawErasures, eraseQueries } from './erasures';
import { exportScenario, type Scenario } from './scenario';
import type { FlowFormat } from './exporters/other-flows';
import { playStealth, type Stealth } from './stealth';
import { loginPort, World, type Application, type Asset, type Clock, type HostLogs } from './world';

export type LoginFormat = 'syslog' | 'journald' | 'auditd' | 'windows';
export type SourceKind = 'flows' | 'auth' | 'audit' | 'access' | 'cloudtrail';

/** One cell of the grid: everything that makes an incident harder or easier to read. */
export interface IncidentPlan {
  readonly seed: number;
  /** Conversations that bots have, in all. */
  readonly noise: number;
  /** One quiet actor each. */
  readonly quiet: readonly Stealth[];
  /**
   * `actor`: the lines of the longest sessions of one quiet actor; `hour`: an hour of one host's auth log; `host`: the rest of that log
   * from some moment on. `outage`: the collector of the access log held off the asset lost some hours (nobody's doing).
   */
  readonly erasure: 'none' | 'actor' | 'hour' | 'host' | 'outage';
  /** Whether who read the most out of a store took its own lines out of that service's audit log. */
  readonly erasesQueries: boolean;
  readonly missing: readonly SourceKind[];
  readonly clocks: 'right' | 'seconds' | 'hours' | 'drifting';
  readonly isYearless: boolean;
  /** Whether the year-less logs run over New Year. */
  readonly crossesNewYear: boolean;
  readonly aggregationSeconds: 60 | 600;
  /** Share of flow rows that the export holds. */
  readonly flowShare: number;
  readonly hasIpv6: boolean;
  /** Rightful users whom the case does not name. */
  readonly benign: number;
  /** Hosts beside the group that is opened: the same noise calls them, and nobody gets in. */
  readonly bystanders: number;
  readonly flowFormat: FlowFormat;
  /** Whose log of changes shows the opening. */
  readonly trailFormat: 'aws' | 'google';
  /** How the hosts' login logs come; Windows is reached by its terminal service instead of SSH. */
  readonly loginFormat: LoginFormat;
  /** Whether who gets in on a host leaves an account of their own there. */
  readonly leavesAccounts: boolean;
  /** Whether quiet actors come over IPv6 where the assets have it. */
  readonly quietIpv6: boolean;
}

export const PLAIN: Omit<IncidentPlan, 'seed'> = {
  noise: 2_000,
  quiet: [],
  erasure: 'none',
  erasesQueries: false,
  missing: [],
  clocks: 'right',
  isYearless: true,
  crossesNewYear: false,
  aggregationSeconds: 60,
  flowShare: 1,
  hasIpv6: false,
  benign: 0,
  bystanders: 0,
  flowFormat: 'vpc',
  trailFormat: 'aws',
  loginFormat: 'syslog',
  leavesAccounts: false,
  quietIpv6: false,
};

const GROUP = 'sg-0123456789abcdef0';
const BASELINE_DAYS = 4;
const AFTER_DAYS = 3;

/** The four kinds of host that each incident has one of; further ones repeat them. */
const KINDS: readonly { application: Application; port: number; log?: 'audit' | 'off asset' }[] = [
  { application: 'elasticsearch-open', port: 9200, log: 'audit' },
  { application: 'kibana-proxy', port: 5601, log: 'off asset' },
  { application: 'elasticsearch-open', port: 9200 },
  { application: 'elasticsearch-auth', port: 9200, log: 'audit' },
];

function drawClock(draw: Draw, clocks: IncidentPlan['clocks']): Clock {
  switch (clocks) {
    case 'right':
      return { offsetSeconds: 0, driftPpm: 0 };
    case 'seconds':
      return { offsetSeconds: Math.round(draw.uniform(-240, 240) * 10) / 10, driftPpm: 0 };
    case 'hours':
      return { offsetSeconds: draw.pick([-7, -5, -1, 1, 2, 8]) * 3600 + draw.int(-20, 20), driftPpm: 0 };
    case 'drifting':
      return { offsetSeconds: draw.int(-20, 20), driftPpm: draw.uniform(-40, 40) };
  }
}

/** The hosts of an incident write alike. */
function authOf({ loginFormat, isYearless, seed }: IncidentPlan): NonNullable<HostLogs['auth']> {
  const draw = new Draw(seed).fork('login format');
  switch (loginFormat) {
    case 'syslog':
      return isYearless ? 'rfc3164' : 'iso';
    case 'journald':
      return 'journald';
    case 'auditd':
      return draw.pick(['auditd', 'auditd with ports'] as const);
    case 'windows':
      return draw.pick(['windows-json', 'windows-xml', 'windows-csv'] as const);
  }
}

function drawAssets(draw: Draw, plan: IncidentPlan): Asset[] {
  return Array.from({ length: draw.int(4, 6) }, (_, index): Asset => {
    const { application, port, log } = KINDS[index % KINDS.length] as (typeof KINDS)[number];
    const isMissing = (source: SourceKind): boolean => plan.missing.includes(source);
    const logs: HostLogs = {
      ...(isMissing('auth') ? {} : { auth: authOf(plan) }),
      foldsRepeats: draw.chance(0.5),
      ...(log === 'audit' && !isMissing('audit') ? { audit: true } : {}),
      ...(log === 'off asset' && !isMissing('access') ? { access: { port, heldOffAsset: true } } : {}),
    };
    return {
      name: `app-${index + 1}`,
      address: `10.20.3.${20 + index}`,
      ...(plan.hasIpv6 ? { address6: `2001:db8:20:3::${20 + index}` } : {}),
      interfaceId: `eni-0${draw.hex(16)}`,
      instanceId: `i-0${draw.hex(16)}`,
      services: [
        plan.loginFormat === 'windows'
          ? { port: 3389, application: 'rdp' }
          : { port: 22, application: 'sshd' },
        { port, application },
      ],
      clock: drawClock(draw, plan.clocks),
      logs,
    };
  });
}

function drawBystanders(draw: Draw, plan: IncidentPlan): Asset[] {
  const hasAuth = !plan.missing.includes('auth') && plan.loginFormat !== 'windows';
  return Array.from({ length: plan.bystanders }, (_, index) => ({
    name: `store-${index + 1}`,
    address: `10.20.3.${60 + index}`,
    interfaceId: `eni-0${draw.hex(16)}`,
    instanceId: `i-0${draw.hex(16)}`,
    services: [
      { port: 22, application: 'sshd' as const },
      { port: 9200, application: 'elasticsearch-auth' as const },
    ],
    clock: { offsetSeconds: 0, driftPpm: 0 },
    logs: hasAuth ? { auth: authOf(plan) } : {},
    isBystander: true,
  }));
}

function makeNoise(world: World, plan: IncidentPlan, pool: AddressPool, opening: Opening): string[] {
  if (plan.noise === 0) return [];
  const draw = world.draw.fork('incident noise');
  scanBackground(world, pool, { flows: Math.round(plan.noise * 0.35), v6Share: plan.hasIpv6 ? 0.1 : 0 });
  const vigor = plan.noise > 50_000 ? 4 : 1;
  // About eight connections a bot at vigor 1, as the tables of tries and tries a connection have it.
  const bots = Math.max(6, Math.round((plan.noise * 0.4) / (8 * vigor)));
  const campaigns = Math.max(1, Math.min(12, Math.round(bots / 25)));
  const guessers: string[] = [];
  for (let i = 0; i < campaigns; i++) {
    const members = pool.many(Math.ceil(bots / campaigns));
    guessers.push(...members);
    guessSsh(world, {
      label: `ssh-${i + 1}`,
      bots: members,
      targets: world.assets,
      fromUs: i === 0 ? world.fromUs : opening.openedUs,
      toUs: Math.min(world.toUs, opening.closedUs + MICROS_PER_DAY),
      vigor,
      isSlow: campaigns > 2 && i === campaigns - 1,
      knownUsers: KNOWN_USERS,
    });
  }
  const ports = [...new Set(world.assets.flatMap((asset) => asset.services.map(({ port }) => port)))];
  sweepServices(world, {
    label: 'service-scan',
    bots: pool.many(Math.max(4, Math.round((plan.noise * 0.25) / 11))),
    ports,
    fromUs: world.fromUs,
    toUs: world.toUs,
    sweeps: () => draw.int(1, 4),
  });
  return guessers;
}

/** Rightful users with keys of their own, from addresses that the case does not name, since before the opening. */
function makeBenign(world: World, plan: IncidentPlan, pool: AddressPool): { actor: string; deeds: Deed[] }[] {
  const draw = world.draw.fork('benign');
  return Array.from({ length: plan.benign }, (_, index) => {
    const actor = pool.one();
    const asset = draw.pick(world.assets);
    world.allow(`${actor}/32`, loginPort(asset), loginPort(asset));
    const key = `SHA256:${draw.base64(43)}`;
    const deeds: Deed[] = [];
    for (let dayUs = world.fromUs; dayUs < world.toUs; dayUs += MICROS_PER_DAY)
      if (draw.chance(0.6))
        deeds.push(
          enter(world, draw, {
            client: actor,
            asset,
            atUs: dayUs + draw.uniform(7, 19) * MICROS_PER_HOUR,
            user: `partner${index + 1}`,
            key,
            seconds: Math.exp(draw.normal(Math.log(500), 0.8)),
            bytesToClient: Math.exp(draw.normal(Math.log(50_000), 1)),
            what: 'worked as ever',
          }),
        );
    return { actor, deeds };
  });
}

function parametersOf(world: World): CaseParameters {
  return {
    zone: 'UTC',
    ownNetworks: OWN_NETWORKS,
    knownActors: [
      { cidr: OFFICE_NETWORK, label: 'office' },
      { cidr: STATION_NETWORK, label: 'monitoring' },
      { actor: '198.51.100.200', label: 'package mirror' },
      { actor: '198.51.100.201', label: 'time server' },
    ],
    sources: world.assets.flatMap((asset) => [
      ...(asset.logs.audit ? [{ name: `${asset.name}-elasticsearch-audit.json*`, asset: asset.name }] : []),
      ...(asset.logs.access
        ? [
            {
              name: `${asset.name}-kibana-access.log*`,
              asset: asset.name,
              heldOffAsset: asset.logs.access.heldOffAsset,
            },
          ]
        : []),
    ]),
  };
}

/** A whole incident of some days by plan; the same plan gives the same bytes. */
export function buildIncident(plan: IncidentPlan): Scenario {
  const start = plan.crossesNewYear ? microsFromCivil(2025, 12, 26) : microsFromCivil(2026, 4, 6);
  const seedDraw = new World({ seed: plan.seed, fromUs: start, toUs: start, assets: [] }).draw.fork('plan');
  const openedUs = Math.round(start + (BASELINE_DAYS + seedDraw.uniform(0, 1)) * MICROS_PER_DAY);
  const closedUs = Math.round(openedUs + seedDraw.uniform(4, 7) * MICROS_PER_DAY);
  const toUs = (Math.floor(closedUs / MICROS_PER_DAY) + 1 + AFTER_DAYS) * MICROS_PER_DAY;
  const members = drawAssets(seedDraw.fork('assets'), plan);
  const assets = [...members, ...drawBystanders(seedDraw.fork('bystanders'), plan)];
  const world = new World({ seed: plan.seed, fromUs: start, toUs, assets });
  const opening: Opening = {
    groupId: GROUP,
    principal: 'jonas',
    address: '192.0.2.10',
    ports: [...new Set(members.flatMap((asset) => asset.services.map(({ port }) => port)))]
      .sort((a, b) => a - b)
      .map((port) => ({ from: port, to: port })),
    openedUs,
    closedUs,
    coversV6: plan.hasIpv6,
  };
  for (const cidr of [OFFICE_NETWORK, STATION_NETWORK, '10.20.0.0/16']) world.allow(cidr, 0, 65_535);
  attachGroup(world, GROUP, 'anna', '192.0.2.10');
  openAndClose(world, opening);
  const pool = new AddressPool(world.draw.fork('addresses'));
  const guessers = makeNoise(world, plan, pool, opening);
  makeKnown(world);
  const benign = makeBenign(world, plan, pool);
  const quiet = plan.quiet.map((stealth, index) =>
    playStealth(world, {
      ...{ stealth, index, pool, guessers, opening },
      isIpv6: plan.hasIpv6 && plan.quietIpv6,
      leavesAccounts: plan.leavesAccounts,
    }),
  );
  return exportScenario({
    world,
    seed: plan.seed,
    opening,
    flows: plan.missing.includes('flows')
      ? null
      : {
          aggregationSeconds: plan.aggregationSeconds,
          layout: plan.seed % 2 === 0 ? 'default' : 'custom',
          kept: plan.flowShare,
          writesNoData: plan.aggregationSeconds === 600,
          format: plan.flowFormat,
        },
    trail: plan.missing.includes('cloudtrail') ? null : plan.trailFormat,
    erasures: [...drawErasures(world, plan, opening, quiet), ...eraseQueries(world, plan, quiet)],
    quiet,
    benign,
    known: [...new Set(PEOPLE.map((person) => person.address))]
      .map((actor) => ({ actor, label: 'office' }))
      .concat([{ actor: STATION, label: 'monitoring' }]),
    parameters: parametersOf(world),
  });
}

function makeKnown(world: World): void {
  workInOffice(world, PEOPLE, { sessionsPerDay: 3, viewsPerDay: 2 });
  monitor(world, STATION, (_asset, port) => (port === 5601 ? 10 : 30));
  shipLogs(world, SHIPPERS, { minutesBetween: 30, indexOf });
  reachOut(world, { mirror: '198.51.100.200', time: '198.51.100.201', perDay: 3 });
  routineControl(world, {
    perDay: 30,
    scripts: ['inventory', 'backup'],
    people: [{ user: 'anna', address: '192.0.2.10' }],
    scriptAddress: '192.0.2.40',
  });
}
