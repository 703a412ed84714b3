import { PairSet } from '../base/pair-set';
import { MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Ground } from './context';
import type { Thresholds } from './parameters';
import { CONNECTION_THRESHOLDS, pickThresholds } from './thresholds';

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
  readonly hostOf: Uint32Array;
  readonly addr: Uint32Array;
  readonly port: Uint16Array;
  /** In the host's own clock. */
  readonly firstUs: Float64Array;
  readonly lastUs: Float64Array;
  /** Next connection of the same (address, port), or −1: a chain from `headOf`. */
  readonly next: Int32Array;
  /** 1 by AddressId of clients that any line names with a port: what spares most sessions the look-up. */
  readonly isClient: Uint8Array;
  /** First connection of a client endpoint, or −1. */
  headOf(addr: number, port: number): number;
}

/** How far a connection has come, by its lines so far. */
const STAGE = { trying: 0, inside: 1, ended: 2 } as const;

function stageAfter(stage: number, outcome: number): number {
  if (outcome === LOGIN_OUTCOME.disconnect || outcome === LOGIN_OUTCOME.noIdentification) return STAGE.ended;
  return outcome === LOGIN_OUTCOME.success ? STAGE.inside : stage;
}

/** Whether a line this long after the last one of its endpoint belongs to the same connection. */
function goesOn(
  { connectionGapHours, openSessionHours }: Pick<Thresholds, keyof typeof CONNECTION_THRESHOLDS>,
  stage: number,
  gapUs: number,
  isOtherProcess: boolean,
): boolean {
  if (stage === STAGE.ended && isOtherProcess && gapUs > MICROS_PER_SECOND) return false;
  return (
    Math.abs(gapUs) <= (stage === STAGE.inside ? openSessionHours : connectionGapHours) * MICROS_PER_HOUR
  );
}

export function foldConnections(ground: Ground): LoginConnections {
  const { logins } = ground.evidence.tables;
  const limits = pickThresholds(ground.thresholds, CONNECTION_THRESHOLDS);
  // No line begins more than one connection.
  const most = logins.rowCount;
  const hostOf = new Uint32Array(most);
  const addr = new Uint32Array(most);
  const port = new Uint16Array(most);
  const firstUs = new Float64Array(most);
  const lastUs = new Float64Array(most);
  const next = new Int32Array(most);
  const endpoints = new PairSet(most);
  const isClient = new Uint8Array(ground.evidence.dictionaries.addresses.size);
  const heads = new Int32Array(most).fill(-1);
  const stage = new Uint8Array(most);
  const process = new Uint32Array(most);
  const hosts = new LogHosts(ground);
  let count = 0;
  let [lastAddress, lastPort, endpoint] = [0, 0, 0];
  for (const { columns, source, length } of logins.segments) {
    for (let i = 0; i < length; i++) {
      const us = columns.timeUs[i];
      if (Number.isNaN(us)) continue;
      const host = hosts.idOf(source, columns.host[i], us);
      const address = columns.actorAddr[i];
      const actorPort = columns.actorPort[i];
      if (address === 0 || actorPort === 0) continue;
      isClient[address] = 1;
      // Lines of one connection mostly follow each other.
      if (address !== lastAddress || actorPort !== lastPort) endpoint = endpoints.add(address, actorPort);
      lastAddress = address;
      lastPort = actorPort;
      let before = heads[endpoint];
      while (before !== -1 && hostOf[before] !== host) before = next[before];
      const outcome = columns.outcome[i];
      if (
        before !== -1 &&
        goesOn(limits, stage[before], us - lastUs[before], columns.process[i] !== process[before])
      ) {
        if (us > lastUs[before]) lastUs[before] = us;
        if (us < firstUs[before]) firstUs[before] = us;
        stage[before] = stageAfter(stage[before], outcome);
        continue;
      }
      stage[count] = stageAfter(STAGE.trying, outcome);
      process[count] = columns.process[i];
      hostOf[count] = host;
      addr[count] = address;
      port[count] = actorPort;
      firstUs[count] = us;
      lastUs[count] = us;
      next[count] = heads[endpoint];
      heads[endpoint] = count;
      hosts.all[host].connections += 1;
      count += 1;
    }
  }
  return {
    ...{ count, hosts: hosts.all, hostOf, addr, port, firstUs, lastUs, next, isClient },
    headOf: (address, actorPort) => {
      const endpoint = endpoints.find(address, actorPort);
      return endpoint === -1 ? -1 : heads[endpoint];
    },
  };
}

/** Machines in the order in which they first speak. */
class LogHosts {
  readonly all: LogHost[] = [];
  readonly #ground: Ground;
  readonly #ids = new Map<number, number>();
  #lastSource = -1;
  #lastHost = -1;
  #lastId = -1;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** The machine of a line, which spoke at `us`. */
  idOf(source: number, host: number, us: number): number {
    if (source !== this.#lastSource || host !== this.#lastHost) {
      this.#lastSource = source;
      this.#lastHost = host;
      this.#lastId = this.#find(source, host, us);
    }
    const info = this.all[this.#lastId];
    if (us < info.firstUs) info.firstUs = us;
    if (us > info.lastUs) info.lastUs = us;
    return this.#lastId;
  }

  #find(source: number, host: number, us: number): number {
    const key = host === 0 ? -1 - source : host;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const { dictionaries, sources } = this.#ground.evidence;
    const name =
      host === 0 ? (sources.find((info) => info.id === source)?.name ?? '') : dictionaries.strings.text(host);
    this.all.push({ host, source, name, firstUs: us, lastUs: us, connections: 0 });
    this.#ids.set(key, this.all.length - 1);
    return this.all.length - 1;
  }
}
