import { PairSet } from '../base/pair-set';
import { assetOfLogRow } from './assets';
import { CLOUD_LOG, cloudLogs, cloudServiceNumber } from './cloud-services';
import type { AssetBinding, Ground } from './context';
import { PROTOCOL, type ServiceIndex } from './service-index';

/**
 * Ports by which a service is known that host logs name only by program. First the one that the program listens on unless
 * told otherwise (IANA service names and the programs' own defaults).
 */
const PORTS_BY_NAME: readonly (readonly [RegExp, readonly number[]])[] = [
  [/ssh|dropbear/, [22, 2222]],
  [/rdp|terminal|remoteinteractive/, [3389]],
  [/winrm|wsman/, [5985, 5986]],
  [/smb|cifs|netlogon/, [445, 139]],
  [/vsftpd|proftpd|\bftp/, [21]],
  [/telnet/, [23]],
  [/imap/, [993, 143]],
  [/pop3/, [995, 110]],
  [/smtp|submission/, [587, 465, 25]],
  [/opensearch|elasticsearch|^elastic$/, [9200]],
  [/kibana/, [5601]],
  [/postgres|pgaudit/, [5432]],
  [/mysql|mariadb/, [3306]],
  [/mssql|sqlserver/, [1433]],
  [/mongo/, [27017]],
  [/redis/, [6379]],
  [/grafana/, [3000]],
  [/kubernetes/, [6443, 443]],
  [/^vault$/, [8200]],
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
  /** Every (source, host) and (program, port), and the pairs of the two, with the service of each. */
  readonly #machines = new PairSet();
  readonly #programs = new PairSet();
  readonly #places = new PairSet();
  readonly #found: number[] = [];
  readonly #isCloud: Uint8Array;

  constructor(ground: Ground, services: ServiceIndex) {
    this.#isCloud = cloudLogs(ground.evidence);
    this.#ground = ground;
    this.#services = services;
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
    const place = this.#places.add(this.#machines.add(source, host), this.#programs.add(program, port));
    return (this.#found[place] ??= this.#findService(source, host, program, port));
  }

  #findService(source: number, host: number, program: number, port: number): number {
    const asset = this.assetOf(source, host);
    if (asset === -1) return this.#services.addNamed(host, program);
    return this.#isCloud[source] === CLOUD_LOG.judged
      ? this.#cloudService(asset, host, program)
      : this.#serviceOnAsset(asset, host, program, port);
  }

  /** A cloud service that holds no data of ours stays a name: there is nothing in it to ask a verdict about. */
  #cloudService(asset: number, host: number, program: number): number {
    const number = cloudServiceNumber(this.#ground.evidence.dictionaries.strings.text(program));
    return number === -1 ? this.#services.addNamed(host, program) : this.#services.add(asset, 0, number);
  }

  #serviceOnAsset(asset: number, host: number, program: number, port: number): number {
    if (port !== 0) return this.#services.add(asset, port, PROTOCOL.tcp);
    const candidates = portsOfProgram(this.#ground.evidence.dictionaries.strings.text(program));
    const exposed = this.#ground.exposureOf(asset);
    const byExposure = candidates.find((candidate) => exposed.some((window) => window.port === candidate));
    const chosen =
      byExposure ??
      candidates.find((candidate) => isReached(this.#ground, asset, candidate)) ??
      candidates[0];
    // A console or an unnamed program is not a port; it stays a service of its own on that machine.
    if (chosen === undefined) return this.#services.addNamed(host, program);
    return this.#services.add(asset, chosen, PROTOCOL.tcp);
  }
}

const NAMED_PORTS: ReadonlyMap<number, number> = new Map(
  [...new Set(PORTS_BY_NAME.flatMap(([, ports]) => ports))].map((port, index) => [port, index]),
);

/** By what binds a case's assets: one array for as long as its sessions are of the same machines. */
const reached = new WeakMap<AssetBinding['byAddress'], Uint8Array>();

/** Whether an asset answered on a port that a program's name stands for: the only ones a log line about an outsider can mean. */
function isReached({ assets, sessions }: Ground, asset: number, port: number): boolean {
  let ports = reached.get(assets.byAddress);
  if (!ports) {
    ports = new Uint8Array(assets.count * NAMED_PORTS.size);
    const placeOf = new Int8Array(65_536).fill(-1);
    for (const [named, place] of NAMED_PORTS) placeOf[named] = place;
    for (let i = 0; i < sessions.count; i++) {
      const place = placeOf[sessions.assetPort[i]];
      if (place !== -1 && sessions.payloadToActor[i] > 0)
        ports[sessions.asset[i] * NAMED_PORTS.size + place] = 1;
    }
    reached.set(assets.byAddress, ports);
  }
  return ports[asset * NAMED_PORTS.size + (NAMED_PORTS.get(port) ?? 0)] === 1;
}
