import { assetOfLogRow } from './assets';
import { CLOUD_LOG, cloudLogs, cloudServiceNumber } from './cloud-services';
import type { Ground } from './context';
import { PROTOCOL, type ServiceIndex } from './service-index';

/**
 * Ports by which a service is known that host logs name only by program. First the one that the program listens on unless
 * told otherwise (IANA service names and the programs' own defaults).
 */
const PORTS_BY_NAME: readonly (readonly [RegExp, readonly number[]])[] = [
  [/ssh/, [22, 2222]],
  [/rdp|terminal|remoteinteractive/, [3389]],
  [/winrm|wsman/, [5985, 5986]],
  [/smb|cifs|netlogon/, [445, 139]],
  [/vsftpd|proftpd|\bftp/, [21]],
  [/telnet/, [23]],
  [/opensearch|elasticsearch|^elastic$/, [9200]],
  [/kibana/, [5601]],
  [/postgres|pgaudit/, [5432]],
  [/mysql|mariadb/, [3306]],
  [/mssql|sqlserver/, [1433]],
  [/mongo/, [27017]],
  [/redis/, [6379]],
  [/grafana/, [3000]],
  [/https/, [443, 8443]],
  [/http|apache|nginx|iis|w3svc|\bweb|\b[ae]lb\b/, [80, 443, 8080, 8443, 8000, 5601, 9200]],
];

/** Ports that a program's name stands for, best guess first; empty where the name says nothing. */
export function portsOfProgram(name: string): readonly number[] {
  const lower = name.toLowerCase();
  for (const [pattern, ports] of PORTS_BY_NAME) if (pattern.test(lower)) return ports;
  return [];
}

/** Where a host's or service's log line belongs: which asset, and which of its ports. */
export class LogPlaces {
  readonly #ground: Ground;
  readonly #services: ServiceIndex;
  readonly #places = new Map<string, number>();
  /** Ports that each asset was reached on from outside: the only ones a log line about an outsider can mean. */
  readonly #reached: readonly ReadonlySet<number>[];
  readonly #isCloud: Uint8Array;

  constructor(ground: Ground, services: ServiceIndex) {
    this.#isCloud = cloudLogs(ground.evidence);
    this.#ground = ground;
    this.#services = services;
    this.#reached = reachedPorts(ground);
  }

  /** AssetId of the machine that a line is about, or −1. */
  assetOf(source: number, host: number): number {
    return assetOfLogRow(this.#ground.assets, source, host);
  }

  /**
   * Service id of a line. `program` is the string id of the program or service that wrote it; `port` 0 where the line does not
   * say. Without a port: of the ports that the program's name stands for, the first that is exposed, else reached, else the first.
   */
  serviceOf(source: number, host: number, program: number, port: number): number {
    const key = `${source} ${host} ${program} ${port}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const asset = this.assetOf(source, host);
    const found =
      asset === -1
        ? this.#services.addNamed(host, program)
        : this.#isCloud[source] === CLOUD_LOG.judged
          ? this.#cloudService(asset, host, program)
          : this.#serviceOnAsset(asset, host, program, port);
    this.#places.set(key, found);
    return found;
  }

  /** A cloud service that holds no data of ours stays a name: there is nothing in it to ask a verdict about. */
  #cloudService(asset: number, host: number, program: number): number {
    const number = cloudServiceNumber(this.#ground.evidence.dictionaries.strings.text(program));
    return number === -1 ? this.#services.addNamed(host, program) : this.#services.add(asset, 0, number);
  }

  #serviceOnAsset(asset: number, host: number, program: number, port: number): number {
    if (port !== 0) return this.#services.add(asset, port, PROTOCOL.tcp);
    const candidates = portsOfProgram(this.#ground.evidence.dictionaries.strings.text(program));
    const exposed = this.#ground.exposure.filter((window) => window.asset === asset);
    const byExposure = candidates.find((candidate) => exposed.some((window) => window.port === candidate));
    const byTraffic = candidates.find((candidate) => this.#reached[asset]?.has(candidate));
    const chosen = byExposure ?? byTraffic ?? candidates[0];
    // A console or an unnamed program is not a port; it stays a service of its own on that machine.
    if (chosen === undefined) return this.#services.addNamed(host, program);
    return this.#services.add(asset, chosen, PROTOCOL.tcp);
  }
}

function reachedPorts(ground: Ground): Set<number>[] {
  const reached: Set<number>[] = Array.from({ length: ground.assets.count }, () => new Set<number>());
  const { sessions } = ground;
  for (let i = 0; i < sessions.count; i++) {
    if ((sessions.payloadToActor[i] as number) > 0)
      reached[sessions.asset[i] as number]?.add(sessions.assetPort[i] as number);
  }
  return reached;
}
