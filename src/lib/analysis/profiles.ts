import type { AssetId } from '../base/brand';
import { cloudServiceLabel, cloudServiceName, cloudServiceNumber, isCloudService } from './cloud-services';
import type { AssetIndex } from './context';
import type { CaseParameters, ServiceProfile } from './parameters';
import { SERVICE_DEFAULTS } from './service-defaults';

/**
 * Seconds within which a service by its defaults drops whoever has not logged in: sshd's LoginGraceTime (sshd_config(5)), PostgreSQL's
 * authentication_timeout, MySQL's connect_timeout (their manuals). Infinity: no such limit is known.
 */
export function loginSeconds(port: number, protocol: number): number {
  return protocol === 6 ? (LOGIN_SECONDS.get(port) ?? Infinity) : Infinity;
}

const LOGIN_SECONDS: ReadonlyMap<number, number> = new Map([
  [22, 120],
  [2222, 120],
  [3306, 10],
  [5432, 60],
]);

/** Whether the port is known as a service's own, whatever side it is seen on: what tells a server's port from a client's. */
export function isServicePort(port: number, protocol: number): boolean {
  return protocol === 17 ? UDP_PORTS.has(port) : TCP_PORTS.has(port);
}

const TCP_PORTS = portsOf('/tcp');
const UDP_PORTS = portsOf('/udp');

function portsOf(suffix: string): ReadonlySet<number> {
  const keys = Object.keys(SERVICE_DEFAULTS).filter((key) => key.endsWith(suffix));
  return new Set(keys.map((key) => Number(key.slice(0, key.indexOf('/')))));
}

const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };
const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' };

/**
 * IANA number of a protocol as a person writes it (`tcp`, `17`), or that of a cloud service (`s3`); TCP when nothing is written, 255 when it is
 * no protocol.
 */
export function protocolNumber(text: string | undefined): number {
  if (text === undefined || text === '') return 6;
  const known = PROTOCOL_NUMBERS[text.toLowerCase()];
  if (known !== undefined) return known;
  const cloud = cloudServiceNumber(text);
  if (cloud !== -1) return cloud;
  const number = Number(text);
  return Number.isInteger(number) && number >= 0 && number < 255 ? number : 255;
}

/** `tcp`, `udp`, `icmp`, a cloud service's name, otherwise the number; `any` for 255. */
export function protocolName(protocol: number): string {
  return (
    PROTOCOL_NAMES[protocol] ?? cloudServiceName(protocol) ?? (protocol === 255 ? 'any' : String(protocol))
  );
}

/** `9200/tcp`, or `s3` for a cloud service, which has no port. */
export function serviceName(port: number, protocol: number): string {
  return cloudServiceName(protocol) ?? `${port}/${protocolName(protocol)}`;
}

/** What can be said of a service beside its port, in the words that a person sees. */
export const PROFILE_FLAGS = [
  ['authRequired', 'Needs a login'],
  ['tls', 'TLS'],
  ['adminWithoutAuth', 'Admin without login'],
] as const;

export type FullProfile = ServiceProfile & Required<Omit<ServiceProfile, 'asset'>> & { readonly why: string };

/**
 * The profile of a service of which the case says nothing: its port's default, or caution (a service that nothing is known of is held
 * to need a login and to take no admin commands, so that no access is claimed that nobody proved).
 */
export function standardProfile(port: number, protocol: number): FullProfile {
  const proto = protocolName(protocol);
  const standard = SERVICE_DEFAULTS[`${port}/${proto}`];
  if (standard) {
    const { reason, source, ...flags } = standard;
    return { port, proto, ...flags, why: `the usual defaults of ${standard.name}: ${reason} (${source})` };
  }
  const cloud = cloudServiceLabel(protocol);
  return {
    port,
    proto,
    name: cloud ?? `port ${port}`,
    authRequired: true,
    tls: isCloudService(protocol),
    adminWithoutAuth: false,
    why: cloud
      ? `${cloud} answers over TLS, and only callers that sign their requests unless a policy opens it to anyone`
      : 'nothing is known of this port: held to need a login until the case says otherwise',
  };
}

/** All defaults, by port, each with the reason and its source alone. */
export const STANDARD_PROFILES: readonly FullProfile[] = Object.entries(SERVICE_DEFAULTS)
  .map(([key, { reason, source }]) => {
    const [port = '', proto] = key.split('/');
    return { ...standardProfile(Number(port), protocolNumber(proto)), why: `${reason} (${source})` };
  })
  .sort((a, b) => a.port - b.port);

/** The profile of one service: what the case says of it, the rest as `standardProfile` has it. */
export function profileFor(
  assets: AssetIndex,
  parameters: CaseParameters,
  asset: AssetId,
  port: number,
  protocol: number,
): FullProfile {
  const standard = standardProfile(port, protocol);
  const given = givenProfile(assets, parameters, asset, port, protocol);
  if (!given) return standard;
  const said = PROFILE_FLAGS.filter(([flag]) => given[flag] !== undefined).map(([, words]) => `“${words}”`);
  return {
    ...standard,
    name: given.name ?? standard.name,
    authRequired: given.authRequired ?? standard.authRequired,
    tls: given.tls ?? standard.tls,
    adminWithoutAuth: given.adminWithoutAuth ?? standard.adminWithoutAuth,
    why:
      said.length === PROFILE_FLAGS.length
        ? 'set for this case'
        : said.length > 0
          ? `${said.join(' and ')} set for this case, the rest: ${standard.why}`
          : standard.why,
  };
}

function givenProfile(
  assets: AssetIndex,
  parameters: CaseParameters,
  asset: AssetId,
  port: number,
  protocol: number,
): ServiceProfile | undefined {
  const fits = (parameters.services ?? []).filter(
    (service) => service.port === port && protocolNumber(service.proto) === protocol,
  );
  if (fits.length === 0) return undefined;
  const names = [assets.names[asset], ...(assets.aliases[asset] ?? [])];
  return (
    fits.find((service) => service.asset !== undefined && names.includes(service.asset)) ??
    fits.find((service) => service.asset === undefined)
  );
}
