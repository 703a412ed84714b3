import { PairSet } from '../base/pair-set';
import { formatUtc } from '../base/time';
import { plural } from '../base/units';
import { actorOfLogRow } from './actors';
import { assetOfLogRow } from './assets';
import { CLOUD_LOG, cloudLogs } from './cloud-services';
import type { ActorIndex, AssetIndex } from './context';
import type { Evidence } from './evidence';
import { portsOfProgram } from './log-places';

/** A service that outsiders show up in the log of. */
export interface LogWindow {
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  /** First and last row of that log about outsiders. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly rows: number;
  readonly actors: number;
  readonly table: 'logins' | 'queries';
  readonly text: string;
}

interface Tally {
  firstUs: number;
  lastUs: number;
  rows: number;
  actors: number;
  readonly table: 'logins' | 'queries';
  readonly program: string;
}

/**
 * Services that a machine's own log shows outsiders at: whoever is answered there could reach it, whether or not a flow log was
 * loaded. The log cannot tell since when, only that it was so while it ran. `portOn` chooses among the ports that a program's name
 * stands for on an asset; 0: none.
 */
export function logWindows(
  evidence: Evidence,
  assets: AssetIndex,
  actors: ActorIndex,
  outside: Uint8Array,
  portOn: (asset: number, ports: readonly number[]) => number,
): LogWindow[] {
  const tallies = new Map<number, Tally>();
  const keys = new PairSet();
  const seen = new PairSet();
  const programs = new PairSet();
  const ports: number[] = [];
  const { strings } = evidence.dictionaries;
  const { logins, queries } = evidence.tables;
  const count = (
    table: 'logins' | 'queries',
    source: number,
    host: number,
    program: number,
    port: number,
    actor: number,
    timeUs: number,
  ): void => {
    if (actor === -1 || outside[actor] === 0 || actors.known[actor] !== undefined || !Number.isFinite(timeUs))
      return;
    const asset = assetOfLogRow(assets, source, host);
    if (asset === -1) return;
    const known =
      port !== 0
        ? port
        : (ports[programs.add(asset, program)] ??= portOn(asset, portsOfProgram(strings.text(program))));
    if (known === 0) return;
    const key = keys.add(asset, known);
    let tally = tallies.get(key);
    if (!tally) {
      tally = { firstUs: timeUs, lastUs: timeUs, rows: 0, actors: 0, table, program: strings.text(program) };
      tallies.set(key, tally);
    }
    tally.rows += 1;
    if (timeUs < tally.firstUs) tally.firstUs = timeUs;
    if (timeUs > tally.lastUs) tally.lastUs = timeUs;
    const before = seen.size;
    if (seen.add(key, actor) === before) tally.actors += 1;
  };
  const isCloud = cloudLogs(evidence);
  for (const { source, length, columns: c } of logins.segments) {
    if (isCloud[source] !== CLOUD_LOG.no) continue;
    for (let i = 0; i < length; i++) {
      const actor = actorOfLogRow(actors, c.actorAddr[i], c.user[i], c.actorName[i]);
      count('logins', source, c.host[i], c.service[i], 0, actor, c.timeUs[i]);
    }
  }
  for (const { source, length, columns: c } of queries.segments) {
    if (isCloud[source] !== CLOUD_LOG.no) continue;
    for (let i = 0; i < length; i++) {
      const actor = actorOfLogRow(actors, c.actorAddr[i], c.principal[i]);
      count('queries', source, c.host[i], c.service[i], c.servicePort[i], actor, c.timeUs[i]);
    }
  }
  return [...tallies].map(([key, tally]) => ({
    asset: keys.first[key],
    port: keys.second[key],
    protocol: 6,
    firstUs: tally.firstUs,
    lastUs: tally.lastUs,
    rows: tally.rows,
    actors: tally.actors,
    table: tally.table,
    text: `${tally.program || 'its own log'} shows ${plural(tally.actors, 'outside actor')} in ${plural(tally.rows, 'row')}, ${formatUtc(tally.firstUs)} to ${formatUtc(tally.lastUs)}: it was reachable then; since when, the log cannot tell`,
  }));
}
