import type { AssetId, Micros, StringId } from '../base/brand';
import { formatUtc } from '../base/time';
import { formatShare, plural } from '../base/units';
import type { Ground, Standings } from './context';
import type { ClockOffsetFinding, ContradictionFinding } from './findings';
import { assetOfHost, matchLogins, readClocks, type HostMatch, type LogClocks } from './login-matches';
import { findMissing, type MissingReport, type MissingStretch } from './missing-tests';
import { serviceName } from './profiles';
import { matchQueries } from './query-matches';
import { PROTOCOL } from './service-index';

export interface Contradictions {
  readonly contradictions: readonly ContradictionFinding[];
  readonly clockOffsets: readonly ClockOffsetFinding[];
  /** Host names whose lines match the flows of an asset that they are not yet known to be. */
  readonly aliases: readonly {
    readonly host: StringId;
    readonly asset: AssetId;
    readonly matches: number;
  }[];
}

/** Findings per log, at most: a log that is wrong throughout is one finding, not a thousand. */
const LISTED = 50;

/**
 * Flows held against hosts (ANALYSIS 8): which host is which address, how its clock runs, which sessions left no line in its logs, and which
 * lines have no flow. `clocks`: those read before over the same sessions, where there are such.
 */
export function findContradictions(
  ground: Ground,
  standings: Standings,
  clocks: LogClocks = readClocks(ground),
): Contradictions {
  void standings;
  const hosts = matchLogins(ground, clocks);
  const contradictions: ContradictionFinding[] = [];
  const limit = ground.thresholds.contradictionProbability;
  for (const host of hosts) {
    const service = serviceName(host.ports[0] ?? 0, PROTOCOL.tcp);
    const asset = ground.assets.names[host.asset] ?? '';
    const lines = findMissing(host.sessions, limit);
    add(contradictions, lines, (stretch) => missingLines(ground, host, asset, service, lines, stretch));
    const flows = findMissing(host.lines, limit);
    add(contradictions, flows, (stretch) => missingFlows(ground, asset, service, flows, stretch));
  }
  for (const log of matchQueries(ground, hosts)) {
    const asset = ground.assets.names[log.asset] ?? '';
    const service = serviceName(log.port, PROTOCOL.tcp);
    const lines = findMissing(log.sessions, limit);
    add(contradictions, lines, (stretch) => missingQueries(ground, asset, log.port, service, lines, stretch));
  }
  return {
    contradictions: contradictions.sort((a, b) => a.p - b.p),
    clockOffsets: hosts.map((host) => clockOffset(ground, host)),
    aliases: aliasesOf(ground, hosts),
  };
}

/** Only the host names that are assets of another name: what the asset index needs before the questions are asked. */
export function findAliases(ground: Ground, clocks: LogClocks): Contradictions['aliases'] {
  return aliasesOf(
    ground,
    clocks.hosts.map((clocked) => ({
      host: clocked.host,
      asset: assetOfHost(ground, clocked),
      matches: clocked.sessions.length,
    })),
  );
}

function aliasesOf(
  ground: Ground,
  hosts: readonly Pick<HostMatch, 'host' | 'asset' | 'matches'>[],
): Contradictions['aliases'] {
  return hosts
    .filter((host) => host.host.host !== 0 && ground.assets.byString[host.host.host] !== host.asset + 1)
    .map((host) => ({
      host: host.host.host as StringId,
      asset: host.asset as AssetId,
      matches: host.matches,
    }));
}

function add(
  into: ContradictionFinding[],
  report: MissingReport,
  make: (stretch: MissingStretch) => ContradictionFinding,
): void {
  into.push(...report.stretches.slice(0, LISTED).map(make));
}

function clockOffset(ground: Ground, host: HostMatch): ClockOffsetFinding {
  return {
    host: host.host.name,
    asset: ground.assets.names[host.asset] ?? '',
    offsetUs: host.clock.offsetUs,
    spreadUs: host.clock.spreadUs,
    driftUsPerDay: host.clock.driftUsPerDay,
    matches: host.matches,
  };
}

function actorText(ground: Ground, actor: number): string | null {
  return actor === -1 ? null : (ground.actors.texts[actor] ?? null);
}

function common(
  ground: Ground,
  asset: string,
  service: string,
  report: MissingReport,
  stretch: MissingStretch,
): Omit<ContradictionFinding, 'kind' | 'text' | 'rows'> {
  return {
    asset,
    service,
    actor: actorText(ground, stretch.actor),
    fromUs: stretch.fromUs as Micros,
    toUs: stretch.toUs as Micros,
    expected: stretch.expected,
    found: stretch.found,
    baseRate: report.baseRate,
    p: stretch.p,
  };
}

function missingLines(
  ground: Ground,
  host: HostMatch,
  asset: string,
  service: string,
  report: MissingReport,
  stretch: MissingStretch,
): ContradictionFinding {
  const actor = actorText(ground, stretch.actor);
  const who = actor === null ? {} : { actor };
  const span = { fromUs: stretch.fromUs, toUs: stretch.toUs + 1 };
  const whose = actor === null ? '' : ` of ${actor}`;
  return {
    ...common(ground, asset, service, report, stretch),
    kind: 'missing login lines',
    text:
      `${plural(stretch.expected - stretch.found, 'session')}${whose} with payload on ${asset} ${service} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} left no line in the login log of ${host.host.name}; ` +
      rateText(report, stretch),
    rows: [
      { table: 'flows', asset, port: host.ports[0] ?? 0, ...who, ...span },
      { table: 'logins', asset, ...who, ...span },
    ],
  };
}

function missingFlows(
  ground: Ground,
  asset: string,
  service: string,
  report: MissingReport,
  stretch: MissingStretch,
): ContradictionFinding {
  const actor = actorText(ground, stretch.actor);
  const who = actor === null ? {} : { actor };
  const whose = actor === null ? '' : ` of ${actor}`;
  return {
    ...common(ground, asset, service, report, stretch),
    kind: 'missing flows',
    text:
      `${plural(stretch.expected - stretch.found, 'connection')}${whose} in the login log of ${asset} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} ${stretch.expected - stretch.found === 1 ? 'has' : 'have'} no flow: the flow export is not complete; ` +
      rateText(report, stretch),
    rows: [{ table: 'logins', asset, ...who, fromUs: stretch.fromUs, toUs: stretch.toUs + 1 }],
  };
}

function missingQueries(
  ground: Ground,
  asset: string,
  port: number,
  service: string,
  report: MissingReport,
  stretch: MissingStretch,
): ContradictionFinding {
  const actor = actorText(ground, stretch.actor);
  const who = actor === null ? {} : { actor };
  const whose = actor === null ? '' : ` of ${actor}`;
  const span = { fromUs: stretch.fromUs, toUs: stretch.toUs + 1 };
  return {
    ...common(ground, asset, service, report, stretch),
    kind: 'missing query lines',
    text:
      `${plural(stretch.expected - stretch.found, 'session')}${whose} with payload on ${asset} ${service} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} left no line in the service's own log; ` +
      rateText(report, stretch),
    rows: [
      { table: 'flows', asset, port, ...who, ...span },
      { table: 'queries', asset, ...who, ...span },
    ],
  };
}

function rateText(report: MissingReport, stretch: MissingStretch): string {
  return (
    `${stretch.found} of ${stretch.expected} found there, ${formatShare(report.baseRate)} elsewhere ` +
    `(corrected p = ${stretch.p.toPrecision(2)}).`
  );
}
