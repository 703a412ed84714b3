import { cidrContains, parseAddress, parseCidr, type Cidr } from '../../src/lib/base/addresses';
import { MICROS_PER_SECOND } from '../../src/lib/base/time';
import { Draw } from './draw';
import { SYN_PACKETS } from './statistics';

export const TCP = 6;
export const UDP = 17;

/** What listens on a port, which decides how a conversation with it looks and what it writes down. */
export type Application =
  | 'sshd'
  /** Windows' terminal service. */
  | 'rdp'
  /** Elasticsearch that lets anybody read: anonymous access has a role. */
  | 'elasticsearch-open'
  /** Elasticsearch that asks for a user. */
  | 'elasticsearch-auth'
  /** Kibana behind an nginx that asks for a user. */
  | 'kibana-proxy'
  /** Kibana without a login. */
  | 'kibana-open'
  | 'beats';

export interface Service {
  readonly port: number;
  readonly application: Application;
}

/** A host's clock shows true time + offset + drift · (time since the scenario's begin). Only the host's own logs follow it. */
export interface Clock {
  readonly offsetSeconds: number;
  readonly driftPpm: number;
}

/** Which logs of the host were handed over, and how. */
export interface HostLogs {
  /**
   * sshd's syslog: `rfc3164` has no year, `iso` has microseconds and an offset; or the journal as JSON; or what auditd writes, which says the client's
   * port on some distributions only; or Windows' Security log as three exporters write it.
   */
  readonly auth?:
    | 'rfc3164'
    | 'iso'
    | 'journald'
    | 'auditd'
    | 'auditd with ports'
    | 'windows-json'
    | 'windows-xml'
    | 'windows-csv';
  /** Whether rsyslog folds equal lines into `message repeated N times`. */
  readonly foldsRepeats?: boolean;
  /** Elasticsearch's audit log of that host. */
  readonly audit?: boolean;
  /** Access log of the web server in front of this port. */
  readonly access?: { readonly port: number; readonly heldOffAsset: boolean };
  /** Whether its interface's flow logs were handed over. Default true. */
  readonly flows?: boolean;
}

export interface Asset {
  readonly name: string;
  readonly address: string;
  readonly address6?: string;
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly services: readonly Service[];
  readonly clock: Clock;
  readonly logs: HostLogs;
  /** Whether it stands outside the group that is opened: never exposed. */
  readonly isBystander?: boolean;
}

/** An ingress rule of the one security group; open ended where a time is not finite. */
export interface Rule {
  readonly cidr: Cidr;
  readonly portFrom: number;
  readonly portTo: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Whether it covers bystanders too. */
  readonly isForAll: boolean;
}

export interface Traffic {
  readonly packets: number;
  /** With IP and TCP headers, as VPC flow logs count. */
  readonly bytes: number;
}

export interface LoginTry {
  readonly user: string;
  readonly isKnownUser: boolean;
  readonly method: 'password' | 'publickey';
  readonly isAccepted: boolean;
  readonly key?: string;
  /** From the start of the conversation. */
  readonly afterUs: number;
}

/** What sshd hears in one connection, or Windows' terminal service. */
export interface LoginTalk {
  readonly tries: readonly LoginTry[];
  /** How it ends: the client says bye, just closes, never says who it is, talks something else, or runs into the limit of tries. */
  readonly ending: 'bye' | 'closed' | 'silent' | 'garbage' | 'limit';
  /** Commands run through sudo in an accepted session, with their time from the start. */
  readonly commands?: readonly { readonly afterUs: number; readonly command: string }[];
  /** An account that the session leaves behind, with the rights of an administrator. */
  readonly leaves?: { readonly afterUs: number; readonly account: string };
}

/** One request over HTTP: to Kibana through its web server, or to Elasticsearch. */
export interface Request {
  readonly afterUs: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  readonly agent: string;
  readonly user?: string;
  /** Elasticsearch's own view, for the audit log. */
  readonly audit?: {
    readonly outcome: 'granted' | 'anonymous granted' | 'anonymous denied' | 'failed';
    readonly action: string;
    readonly requestName: string;
    readonly indices: readonly string[];
  };
}

/** One conversation between two addresses: the only thing that exporters read, so that all logs tell of the same events. */
export interface Conversation {
  /** Order of making, so that equal times sort the same everywhere. */
  readonly id: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  readonly protocol: number;
  /** `rejected` by the security group; `refused` by the host (nothing listens); `accepted`: it talked. */
  readonly outcome: 'accepted' | 'rejected' | 'refused';
  readonly toServer: Traffic;
  readonly toClient: Traffic;
  /** How the TCP connection ended. */
  readonly ending: 'fin' | 'reset' | 'none';
  readonly asset: Asset;
  readonly login?: LoginTalk;
  readonly requests?: readonly Request[];
}

/** What an activity brings to a connection that the group lets through and that something listens to. */
export interface Talk {
  readonly durationUs: number;
  readonly toServer: Traffic;
  readonly toClient: Traffic;
  readonly ending?: 'fin' | 'reset';
  readonly login?: LoginTalk;
  readonly requests?: readonly Request[];
}

export interface Attempt {
  readonly atUs: number;
  readonly client: string;
  readonly clientPort?: number;
  readonly asset: Asset;
  readonly port: number;
  readonly protocol?: number;
  /** Called only where there is a conversation. Absent: the client hangs up after the handshake. */
  readonly talk?: () => Talk;
}

/** An event of the account's control plane, in CloudTrail's terms. */
export interface ControlEvent {
  readonly id: number;
  readonly atUs: number;
  readonly principal: string;
  readonly address: string;
  readonly source: string;
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly request: unknown;
  readonly response: unknown;
  readonly additional?: unknown;
}

const HANDSHAKE_BYTES = 60;

/** The scenario's stage: what there is, what may reach it, and all that happened. */
export class World {
  readonly draw: Draw;
  readonly fromUs: number;
  readonly toUs: number;
  readonly assets: readonly Asset[];
  readonly rules: Rule[] = [];
  readonly conversations: Conversation[] = [];
  readonly controlEvents: ControlEvent[] = [];
  /** Cells of the truth file that only the activities know. */
  readonly noise = new Map<string, string>();
  readonly #parsedClients = new Map<string, ReturnType<typeof parseAddress>>();

  constructor(options: { seed: number; fromUs: number; toUs: number; assets: readonly Asset[] }) {
    this.draw = new Draw(options.seed);
    this.fromUs = options.fromUs;
    this.toUs = options.toUs;
    this.assets = options.assets;
  }

  asset(name: string): Asset {
    const found = this.assets.find((asset) => asset.name === name);
    if (!found) throw new Error(`no asset ${name}`);
    return found;
  }

  allow(cidr: string, portFrom: number, portTo: number): void {
    this.#addRule(cidr, { portFrom, portTo, fromUs: -Infinity, toUs: Infinity, isForAll: true });
  }

  /** Opens ports of the group's members for a while. */
  open(cidr: string, portFrom: number, portTo: number, fromUs: number, toUs: number): void {
    this.#addRule(cidr, { portFrom, portTo, fromUs, toUs, isForAll: false });
  }

  #addRule(text: string, rule: Omit<Rule, 'cidr'>): void {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`not a network: ${text}`);
    this.rules.push({ cidr, ...rule });
  }

  /** The assets that the group covers. */
  get members(): readonly Asset[] {
    return this.assets.filter(({ isBystander }) => isBystander !== true);
  }

  isAllowed(client: string, asset: Asset, port: number, atUs: number): boolean {
    let words = this.#parsedClients.get(client);
    if (words === undefined) {
      words = parseAddress(client);
      this.#parsedClients.set(client, words);
    }
    if (!words) throw new Error(`not an address: ${client}`);
    const [w0, w1, w2, w3] = words;
    // A v4 rule does not cover v6 clients and the other way round: mapped prefixes keep them apart, except for ::/0.
    const isV6 = client.includes(':');
    return this.rules.some(
      (rule) =>
        (rule.isForAll || asset.isBystander !== true) &&
        port >= rule.portFrom &&
        port <= rule.portTo &&
        atUs >= rule.fromUs &&
        atUs < rule.toUs &&
        rule.cidr.text.includes(':') === isV6 &&
        cidrContains(rule.cidr, w0, w1, w2, w3),
    );
  }

  /** A connection from outside (or a neighbor) to an asset: rejected, refused or a conversation, as the rules and listeners have it. */
  connect(attempt: Attempt, draw: Draw): Conversation {
    const protocol = attempt.protocol ?? TCP;
    const isV6 = attempt.client.includes(':');
    const server = isV6 ? (attempt.asset.address6 ?? attempt.asset.address) : attempt.asset.address;
    const base = {
      id: this.conversations.length,
      startUs: attempt.atUs,
      client: attempt.client,
      clientPort: attempt.clientPort ?? draw.int(1025, 65_000),
      server,
      serverPort: attempt.port,
      protocol,
      asset: attempt.asset,
    };
    const made = this.#outcome(attempt, base, draw, protocol);
    const conversation = server.includes(':') ? inIpv6(made) : made;
    this.conversations.push(conversation);
    return conversation;
  }

  #outcome(
    attempt: Attempt,
    base: Pick<
      Conversation,
      'id' | 'startUs' | 'client' | 'clientPort' | 'server' | 'serverPort' | 'protocol' | 'asset'
    >,
    draw: Draw,
    protocol: number,
  ): Conversation {
    if (!this.isAllowed(attempt.client, attempt.asset, attempt.port, attempt.atUs)) {
      const packets = Math.max(1, Math.round(draw.quantile(SYN_PACKETS)));
      return {
        ...base,
        endUs: base.startUs + (packets - 1) * MICROS_PER_SECOND,
        outcome: 'rejected',
        toServer: { packets, bytes: packets * (protocol === UDP ? 70 : draw.pick([40, 44, 60])) },
        toClient: { packets: 0, bytes: 0 },
        ending: 'none',
      };
    }
    const listens = attempt.asset.services.some((service) => service.port === attempt.port);
    if (!listens || protocol === UDP) {
      return {
        ...base,
        endUs: base.startUs + draw.int(400, 200_000),
        outcome: 'refused',
        toServer: { packets: 1, bytes: draw.pick([40, 44, 60]) },
        toClient: { packets: 1, bytes: 40 },
        ending: 'reset',
      };
    }
    const talk = attempt.talk?.();
    const toServer = talk?.toServer ?? { packets: 3, bytes: 2 * 52 + HANDSHAKE_BYTES };
    const toClient = talk?.toClient ?? { packets: 2, bytes: 52 + HANDSHAKE_BYTES };
    return {
      ...base,
      endUs: base.startUs + Math.round(talk?.durationUs ?? draw.int(20_000, 300_000)),
      outcome: 'accepted',
      toServer,
      toClient,
      ending: talk?.ending ?? 'fin',
      login: talk?.login,
      requests: talk?.requests,
    };
  }

  /** A connection that an asset opens to elsewhere; the answer always comes. */
  connectOut(
    attempt: { atUs: number; asset: Asset; server: string; port: number; protocol?: number; talk: Talk },
    draw: Draw,
  ): Conversation {
    const conversation: Conversation = {
      id: this.conversations.length,
      startUs: attempt.atUs,
      endUs: attempt.atUs + Math.round(attempt.talk.durationUs),
      client: attempt.asset.address,
      clientPort: draw.int(32_768, 60_999),
      server: attempt.server,
      serverPort: attempt.port,
      protocol: attempt.protocol ?? TCP,
      outcome: 'accepted',
      toServer: attempt.talk.toServer,
      toClient: attempt.talk.toClient,
      ending: attempt.talk.ending ?? 'fin',
      asset: attempt.asset,
    };
    this.conversations.push(conversation);
    return conversation;
  }

  control(event: Omit<ControlEvent, 'id'>): void {
    this.controlEvents.push({ id: this.controlEvents.length, ...event });
  }
}

/** Where people log in to a machine: sshd's port, or the terminal service's. */
export function loginPort({ services }: Asset): number {
  const service = services.find(({ application }) => application === 'sshd' || application === 'rdp');
  return service?.port ?? 22;
}

/** What the host's own clock shows at a true time. */
export function hostTime(asset: Asset, fromUs: number, atUs: number): number {
  const { offsetSeconds, driftPpm } = asset.clock;
  return atUs + offsetSeconds * MICROS_PER_SECOND + ((atUs - fromUs) * driftPpm) / 1_000_000;
}

/** IPv6's header is 40 bytes (RFC 8200), IPv4's 20. */
export const IPV6_EXTRA = 20;

/** A conversation whose packets were counted with IPv4's headers, as IPv6 carries it. */
function inIpv6(conversation: Conversation): Conversation {
  const widen = ({ packets, bytes }: Traffic): Traffic => ({ packets, bytes: bytes + packets * IPV6_EXTRA });
  return { ...conversation, toServer: widen(conversation.toServer), toClient: widen(conversation.toClient) };
}

/** Payload to what a flow log counts: full segments of 1,448 bytes, 52 bytes of headers a packet (IPv4, and TCP with timestamps). */
export function traffic(payloadBytes: number, extraPackets: number): Traffic {
  const packets = Math.max(1, Math.round(Math.ceil(payloadBytes / 1448) + extraPackets));
  return { packets, bytes: Math.round(payloadBytes + packets * 52 + 8) };
}
