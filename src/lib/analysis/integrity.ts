import { placeWords } from './place-words';
import type { AssetId, Micros, SourceId, StringId } from '../base/brand';
import { finished, type InParts } from '../base/parts';
import { formatUtc } from '../base/time';
import { formatShare, plural } from '../base/units';
import { assetOfLogRow } from './assets';
import { offsetAt, type ClockFit, type ClockStep } from './clock-offset';
import type { Ground } from './context';
import type { ClockOffsetFinding, ContradictionFinding } from './findings';
import { assetOfHost, matchLogins, readClocks, type HostMatch, type LogClocks } from './login-matches';
import { findMissing, type MissingReport, type MissingStretch } from './missing-tests';
import { serviceName } from './profiles';
import { matchQueries, type QueryLogMatch } from './query-matches';
import { PROTOCOL } from './service-index';

export interface Contradictions {
  readonly contradictions: readonly ContradictionFinding[];
  readonly clockOffsets: readonly ClockOffsetFinding[];
  /** Host names whose lines match the flows of an asset that they are not yet known to be. */
  readonly aliases: readonly {
    /** 0: the lines name no host, and the whole of `source` is meant. */
    readonly host: StringId;
    readonly source?: SourceId;
    readonly asset: AssetId;
    readonly matches: number;
    readonly of: 'login line' | 'request';
  }[];
}

/** Findings per log, at most: a log that is wrong throughout is one finding, not a thousand. */
const LISTED = 50;

/**
 * Flows held against hosts (ANALYSIS 8): which host is which address, how its clock runs, which sessions left no line in its logs, and which
 * lines have no flow. `clocks`: those read before over the same sessions, where there are such.
 */
export function findContradictions(ground: Ground, clocks: LogClocks = readClocks(ground)): Contradictions {
  return finished(findContradictionsInParts(ground, clocks));
}

export function* findContradictionsInParts(ground: Ground, clocks: LogClocks): InParts<Contradictions> {
  const hosts = yield* matchLogins(ground, clocks);
  const contradictions: ContradictionFinding[] = [];
  const { contradictionProbability, lowestTraceRate, traceFewestOutside } = ground.thresholds;
  const limits = { contradictionProbability, lowestTraceRate, traceFewestOutside };
  const queryLogs = yield* matchQueries(ground, knownClocks(ground, hosts, clocks));
  const logs = 2 * hosts.length + queryLogs.length;
  for (const host of hosts) {
    const service = serviceName(host.ports[0] ?? 0, PROTOCOL.tcp);
    const asset = ground.assets.names[host.asset] ?? '';
    const lines = findMissing(host.sessions, limits, logs);
    add(contradictions, lines, (stretch) => missingLines(ground, host, asset, service, lines, stretch));
    const flows = findMissing(host.lines, limits, logs);
    add(contradictions, flows, (stretch) => missingFlows(ground, host, asset, service, flows, stretch));
    yield;
  }
  for (const log of queryLogs) {
    const asset = ground.assets.names[log.asset] ?? '';
    const service = serviceName(log.port, PROTOCOL.tcp);
    const lines = findMissing(log.sessions, limits, logs);
    add(contradictions, lines, (stretch) => missingQueries(ground, asset, log, service, lines, stretch));
    yield;
  }
  return {
    contradictions: contradictions.sort((a, b) => a.p - b.p),
    clockOffsets: clockOffsetsOf(ground, hosts, clocks),
    aliases: findAliases(ground, clocks),
  };
}

/** Only the host names and files that are assets of another name: what the asset index needs before the questions are asked. */
export function findAliases(ground: Ground, clocks: LogClocks): Contradictions['aliases'] {
  const { assets, sessions } = ground;
  const byLogins = clocks.hosts.map((clocked) => ({
    host: clocked.host.host as StringId,
    source: clocked.host.source as SourceId,
    asset: assetOfHost(ground, clocked) as AssetId,
    matches: clocked.sessions.length,
    of: 'login line' as const,
  }));
  const byQueries = clocks.queryLogs.map((log) => ({
    host: log.host as StringId,
    source: log.source as SourceId,
    asset: sessions.asset[log.witness] as AssetId,
    matches: log.matches,
    of: 'request' as const,
  }));
  return [...byLogins, ...byQueries].filter(
    ({ host, source, asset }) => assetOfLogRow(assets, source, host) !== asset,
  );
}

function add(
  into: ContradictionFinding[],
  report: MissingReport,
  make: (stretch: MissingStretch) => ContradictionFinding,
): void {
  into.push(...report.stretches.slice(0, LISTED).map(make));
}

/** The clocks that a service's own log on an asset may run by. */
function knownClocks(
  ground: Ground,
  hosts: readonly HostMatch[],
  clocks: LogClocks,
): { asset: number; clock: ClockFit }[] {
  const ofQueries = clocks.queryLogs.map(({ witness, clock }) => ({
    asset: ground.sessions.asset[witness],
    clock,
  }));
  return [...ofQueries, ...hosts.map(({ asset, clock }) => ({ asset, clock }))];
}

/** Clocks of login logs, and of those query logs whose host has no login log to speak for it. */
function clockOffsetsOf(
  ground: Ground,
  hosts: readonly HostMatch[],
  clocks: LogClocks,
): ClockOffsetFinding[] {
  const { assets, sessions, evidence } = ground;
  const found = hosts.map((host) =>
    clockOffset(assets.names[host.asset] ?? '', host.host.name, host.clock, host.matches),
  );
  for (const log of clocks.queryLogs) {
    const asset = assets.names[sessions.asset[log.witness]] ?? '';
    if (found.some((offset) => offset.asset === asset)) continue;
    const source = evidence.sources.find((info) => info.id === log.source);
    const name = log.host === 0 ? (source?.name ?? '') : evidence.dictionaries.strings.text(log.host);
    found.push(clockOffset(asset, name, log.clock, log.matches));
  }
  return found;
}

function clockOffset(asset: string, host: string, clock: ClockFit, matches: number): ClockOffsetFinding {
  return {
    host,
    asset,
    offsetUs: clock.offsetUs,
    spreadUs: clock.spreadUs,
    driftUsPerDay: clock.driftUsPerDay,
    matches,
    ...(clock.step ? { changed: changeOf(clock.offsetUs, clock.step) } : {}),
  };
}

function changeOf(
  offsetUs: number,
  { atUs, byUs, isBefore }: ClockStep,
): NonNullable<ClockOffsetFinding['changed']> {
  const otherUs = offsetUs + byUs;
  return {
    atUs: atUs as Micros,
    beforeUs: isBefore ? otherUs : offsetUs,
    afterUs: isBefore ? offsetUs : otherUs,
  };
}

/** A stretch of the flow clock as the host's own clock has it. */
function inClockOf(
  clock: ClockFit,
  span: { fromUs: number; toUs: number },
): { fromUs: number; toUs: number } {
  const shift = (us: number): number => us + offsetAt(clock, us);
  return { fromUs: shift(span.fromUs), toUs: shift(span.toUs) };
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
      `${plural(stretch.expected - stretch.found, 'session')}${whose} with payload on ${placeWords({ asset, service })} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} left no line in the login log of ${host.host.name}; ` +
      rateText(report, stretch),
    rows: [
      { table: 'flows', asset, port: host.ports[0] ?? 0, ...who, ...span },
      { table: 'logins', asset, ...who, ...inClockOf(host.clock, span) },
    ],
  };
}

function missingFlows(
  ground: Ground,
  host: HostMatch,
  asset: string,
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
    kind: 'missing flows',
    text:
      `${plural(stretch.expected - stretch.found, 'connection')}${whose} in the login log of ${asset} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} ${stretch.expected - stretch.found === 1 ? 'has' : 'have'} no flow: the flow export is not complete; ` +
      rateText(report, stretch),
    rows: [{ table: 'logins', asset, ...who, ...inClockOf(host.clock, span) }],
  };
}

function missingQueries(
  ground: Ground,
  asset: string,
  { port, of }: QueryLogMatch,
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
      `${plural(stretch.expected - stretch.found, 'session')}${whose} with payload on ${placeWords({ asset, service })} between ` +
      `${formatUtc(stretch.fromUs)} and ${formatUtc(stretch.toUs)} left no line in the service's own log; ` +
      rateText(report, stretch, of === 'answered' ? ANSWERED : ' '),
    rows: [
      { table: 'flows', asset, port, ...who, ...span },
      { table: 'queries', asset, ...who, ...span },
    ],
  };
}

/** See `askingOf` in `query-matches.ts`. */
const ANSWERED = ', in sessions of our own clients and of strangers who were answered at length ';

function rateText(report: MissingReport, stretch: MissingStretch, among = ' '): string {
  return (
    `${stretch.found} of ${stretch.expected} found there, ${formatShare(report.baseRate)} elsewhere${among}` +
    `(corrected p = ${stretch.p.toPrecision(2)}).`
  );
}
