import { PairSet } from '../base/pair-set';
import { MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Ground } from './context';
import { GrowingColumn } from './growing-column';

/** A machine as its own lines name it, or, where they name none, the file that they stand in. */
export interface LogHost {
  /** StringId of the host name; 0: none in the lines. */
  readonly host: number;
  readonly source: number;
  readonly name: string;
  firstUs: number;
  lastUs: number;
  connections: number;
}

/**
 * Login lines folded into the connections they speak of: the lines of one host about one client address and port, no more than two
 * hours apart (sshd's LoginGraceTime is minutes), or a day while a session is open. A client port that is used again begins a new connection
 * where the log said that the last one ended and another process speaks now (a busy client reuses its ports within the hour).
 */
export interface LoginConnections {
  readonly count: number;
  readonly hosts: readonly LogHost[];
  readonly hostOf: GrowingColumn;
  readonly addr: GrowingColumn;
  readonly port: GrowingColumn;
  /** In the host's own clock. */
  readonly firstUs: GrowingColumn;
  readonly lastUs: GrowingColumn;
  /** StringId of the program that wrote the first line. */
  readonly program: GrowingColumn;
  /** Next connection of the same (address, port), or −1: a chain from `headOf`. */
  readonly next: GrowingColumn;
  /** 1 by AddressId of clients that any line names with a port: what spares most sessions the look-up. */
  readonly isClient: Uint8Array;
  /** First connection of a client endpoint, or −1. */
  headOf(addr: number, port: number): number;
}

const SAME_CONNECTION_US = 2 * MICROS_PER_HOUR;
const OPEN_SESSION_US = 24 * MICROS_PER_HOUR;

/** How far a connection has come, by its lines so far. */
const STAGE = { trying: 0, inside: 1, ended: 2 } as const;

function stageAfter(stage: number, outcome: number): number {
  if (outcome === LOGIN_OUTCOME.disconnect || outcome === LOGIN_OUTCOME.noIdentification) return STAGE.ended;
  return outcome === LOGIN_OUTCOME.success ? STAGE.inside : stage;
}

/** Whether a line this long after the last one of its endpoint belongs to the same connection. */
function goesOn(stage: number, gapUs: number, isOtherProcess: boolean): boolean {
  if (stage === STAGE.ended && isOtherProcess && gapUs > MICROS_PER_SECOND) return false;
  return Math.abs(gapUs) <= (stage === STAGE.inside ? OPEN_SESSION_US : SAME_CONNECTION_US);
}

export function foldConnections(ground: Ground): LoginConnections {
  const { logins } = ground.evidence.tables;
  const { strings } = ground.evidence.dictionaries;
  const sourceNames = new Map(ground.evidence.sources.map((source) => [source.id as number, source.name]));
  const hosts: LogHost[] = [];
  const hostIds = new Map<string, number>();
  const hostOf = new GrowingColumn(-1);
  const addr = new GrowingColumn(0);
  const port = new GrowingColumn(0);
  const firstUs = new GrowingColumn(Number.NaN);
  const lastUs = new GrowingColumn(Number.NaN);
  const program = new GrowingColumn(0);
  const next = new GrowingColumn(-1);
  const endpoints = new PairSet();
  const isClient = new Uint8Array(ground.evidence.dictionaries.addresses.size);
  const heads = new GrowingColumn(-1);
  const open = new PairSet();
  const latest = new GrowingColumn(-1);
  const stage = new GrowingColumn(STAGE.trying);
  const process = new GrowingColumn(0);
  let count = 0;
  for (const { columns, source, length } of logins.segments) {
    for (let i = 0; i < length; i++) {
      const us = columns.timeUs[i];
      if (Number.isNaN(us)) continue;
      const hostText = columns.host[i];
      const key = hostText === 0 ? `source ${source}` : `host ${hostText}`;
      let host = hostIds.get(key);
      if (host === undefined) {
        host = hosts.length;
        hostIds.set(key, host);
        const name = hostText === 0 ? (sourceNames.get(source) ?? '') : strings.text(hostText);
        hosts.push({ host: hostText, source, name, firstUs: us, lastUs: us, connections: 0 });
      }
      const info = hosts[host];
      if (us < info.firstUs) info.firstUs = us;
      if (us > info.lastUs) info.lastUs = us;
      const address = columns.actorAddr[i];
      const actorPort = columns.actorPort[i];
      if (address === 0 || actorPort === 0) continue;
      isClient[address] = 1;
      const endpoint = endpoints.add(address, actorPort);
      const slot = open.add(endpoint, host);
      const before = latest.at(slot);
      const outcome = columns.outcome[i];
      const gapUs = before === -1 ? Infinity : us - lastUs.at(before);
      if (before !== -1 && goesOn(stage.at(before), gapUs, columns.process[i] !== process.at(before))) {
        if (us > lastUs.at(before)) lastUs.set(before, us);
        if (us < firstUs.at(before)) firstUs.set(before, us);
        stage.set(before, stageAfter(stage.at(before), outcome));
        continue;
      }
      stage.set(count, stageAfter(STAGE.trying, outcome));
      process.set(count, columns.process[i]);
      hostOf.set(count, host);
      addr.set(count, address);
      port.set(count, actorPort);
      firstUs.set(count, us);
      lastUs.set(count, us);
      program.set(count, columns.service[i]);
      next.set(count, heads.at(endpoint));
      heads.set(endpoint, count);
      latest.set(slot, count);
      info.connections += 1;
      count += 1;
    }
  }
  return {
    count,
    hosts,
    hostOf,
    addr,
    port,
    firstUs,
    lastUs,
    program,
    next,
    isClient,
    headOf: (address, actorPort) => {
      const endpoint = endpoints.find(address, actorPort);
      return endpoint === -1 ? -1 : heads.at(endpoint);
    },
  };
}
