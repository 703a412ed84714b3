import type { AssetId } from '../base/brand';
import { cloudServiceLabel, cloudServiceName, cloudServiceNumber, isCloudService } from './cloud-services';
import type { AssetIndex } from './context';
import type { CaseParameters, ServiceProfile } from './parameters';

/** What a service is like when nobody has configured it otherwise. */
interface DefaultProfile {
  readonly name: string;
  readonly authRequired: boolean;
  readonly tls: boolean;
  readonly adminWithoutAuth: boolean;
  readonly note?: string;
}

function profile(
  name: string,
  authRequired: boolean,
  tls: boolean,
  adminWithoutAuth = false,
  note?: string,
): DefaultProfile {
  return { name, authRequired, tls, adminWithoutAuth, ...(note === undefined ? {} : { note }) };
}

/**
 * Port/protocol → what that service is as installed, from the projects' own documentation of their defaults: whether a login is
 * needed before data can be read, whether the port speaks TLS, and whether it takes admin commands from anyone who connects. Where
 * versions differ the less safe one stands here, and `note` says so: a profile decides whether a conversation counts as access.
 */
const DEFAULTS: Readonly<Record<string, DefaultProfile>> = {
  '20/tcp': profile('FTP data', true, false),
  '21/tcp': profile('FTP', true, false),
  '22/tcp': profile('SSH', true, true),
  '23/tcp': profile('Telnet', true, false),
  '25/tcp': profile('SMTP', false, false, false, 'takes mail from anyone; reading needs another service'),
  '53/tcp': profile('DNS', false, false),
  '53/udp': profile('DNS', false, false),
  '69/udp': profile('TFTP', false, false, true),
  '80/tcp': profile('HTTP', false, false, false, 'what lies behind it may need a login'),
  '88/tcp': profile('Kerberos', true, true),
  '110/tcp': profile('POP3', true, false),
  '111/tcp': profile('rpcbind', false, false, true),
  '111/udp': profile('rpcbind', false, false, true),
  '123/udp': profile('NTP', false, false),
  '135/tcp': profile('MS-RPC', true, false),
  '137/udp': profile('NetBIOS name', false, false),
  '138/udp': profile('NetBIOS datagram', false, false),
  '139/tcp': profile('NetBIOS session', true, false),
  '143/tcp': profile('IMAP', true, false),
  '161/udp': profile('SNMP', false, false, true, 'v1/v2c: the community string is often `public`'),
  '389/tcp': profile('LDAP', true, false, false, 'anonymous bind may read'),
  '389/udp': profile('CLDAP', false, false),
  '443/tcp': profile('HTTPS', false, true, false, 'what lies behind it may need a login'),
  '445/tcp': profile('SMB', true, false),
  '465/tcp': profile('SMTPS', true, true),
  '500/udp': profile('IKE', true, true),
  '512/tcp': profile('rexec', true, false),
  '513/tcp': profile('rlogin', true, false),
  '514/tcp': profile('rsh or syslog', false, false),
  '514/udp': profile('syslog', false, false, false, 'takes lines from anyone: entries can be forged'),
  '548/tcp': profile('AFP', true, false),
  '587/tcp': profile('SMTP submission', true, true),
  '623/udp': profile('IPMI', true, false),
  '636/tcp': profile('LDAPS', true, true),
  '873/tcp': profile('rsync', false, false, true),
  '993/tcp': profile('IMAPS', true, true),
  '995/tcp': profile('POP3S', true, true),
  '1080/tcp': profile('SOCKS', false, false, true),
  '1433/tcp': profile('SQL Server', true, false),
  '1434/udp': profile('SQL Server browser', false, false),
  '1521/tcp': profile('Oracle listener', true, false),
  '1723/tcp': profile('PPTP', true, false),
  '1883/tcp': profile('MQTT', false, false, true),
  '1900/udp': profile('SSDP', false, false),
  '2049/tcp': profile('NFS', false, false, true),
  '2181/tcp': profile('ZooKeeper', false, false, true),
  '2222/tcp': profile('SSH', true, true),
  '2375/tcp': profile('Docker API', false, false, true),
  '2376/tcp': profile('Docker API (TLS)', true, true),
  '2379/tcp': profile('etcd', false, false, true),
  '3000/tcp': profile('Grafana', true, false),
  '3128/tcp': profile('Squid', false, false, true),
  '3268/tcp': profile('Global catalog', true, false),
  '3306/tcp': profile('MySQL', true, false),
  '3389/tcp': profile('RDP', true, true),
  '4369/tcp': profile('Erlang port mapper', false, false, true),
  '4505/tcp': profile('Salt master', true, true),
  '5000/tcp': profile('HTTP (5000)', false, false, true, 'Docker registry and Flask among others'),
  '5044/tcp': profile('Logstash Beats', false, false, false, 'takes events from anyone'),
  '5060/udp': profile('SIP', true, false),
  '5222/tcp': profile('XMPP', true, false),
  '5432/tcp': profile('PostgreSQL', true, false),
  '5601/tcp': profile('Kibana', false, false, true, 'no login before 8.0 or without security'),
  '5672/tcp': profile('AMQP', true, false),
  '5900/tcp': profile('VNC', true, false),
  '5984/tcp': profile('CouchDB', false, false, true, 'before 3.0 anyone is admin'),
  '5985/tcp': profile('WinRM', true, false),
  '5986/tcp': profile('WinRM (TLS)', true, true),
  '6379/tcp': profile('Redis', false, false, true, 'no password unless set'),
  '6443/tcp': profile('Kubernetes API', true, true),
  '7000/tcp': profile('Cassandra inter-node', false, false, true),
  '7474/tcp': profile('Neo4j', true, false),
  '8000/tcp': profile('HTTP (8000)', false, false),
  '8080/tcp': profile('HTTP (8080)', false, false),
  '8081/tcp': profile('HTTP (8081)', false, false),
  '8086/tcp': profile('InfluxDB', false, false, true, '1.x: no login unless set'),
  '8088/tcp': profile('Hadoop YARN', false, false, true),
  '8089/tcp': profile('Splunk management', true, true),
  '8123/tcp': profile('ClickHouse HTTP', false, false, true, 'user `default` has no password unless set'),
  '8443/tcp': profile('HTTPS (8443)', false, true),
  '8500/tcp': profile('Consul', false, false, true),
  '8888/tcp': profile('HTTP (8888)', false, false, true, 'Jupyter among others'),
  '9000/tcp': profile('HTTP (9000)', false, false, true, 'ClickHouse native, MinIO, Portainer among others'),
  '9042/tcp': profile('Cassandra CQL', false, false, true, 'no login unless set'),
  '9090/tcp': profile('Prometheus', false, false, true),
  '9092/tcp': profile('Kafka', false, false, true),
  '9100/tcp': profile('Node exporter or printer', false, false),
  '9200/tcp': profile('Elasticsearch', false, false, true, 'no login before 8.0 or without security'),
  '9300/tcp': profile('Elasticsearch transport', false, false, true),
  '9600/tcp': profile('Logstash API', false, false, true),
  '10000/tcp': profile('Webmin', true, true),
  '10250/tcp': profile('Kubelet', true, true),
  '11211/tcp': profile('memcached', false, false, true),
  '11211/udp': profile('memcached', false, false, true),
  '12201/udp': profile('GELF', false, false, false, 'takes log lines from anyone'),
  '15672/tcp': profile('RabbitMQ management', true, false),
  '27017/tcp': profile('MongoDB', false, false, true, 'no login unless set'),
  '27018/tcp': profile('MongoDB', false, false, true, 'no login unless set'),
  '50070/tcp': profile('HDFS NameNode', false, false, true),
};

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
  const keys = Object.keys(DEFAULTS).filter((key) => key.endsWith(suffix));
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

export type FullProfile = ServiceProfile & { readonly why: string };

/**
 * The profile of one service: what the case says of it, the rest from the port's default, the rest from caution (a service that
 * nothing is known of is held to need a login and to take no admin commands, so that no access is claimed that nobody proved).
 */
export function profileFor(
  assets: AssetIndex,
  parameters: CaseParameters,
  asset: AssetId,
  port: number,
  protocol: number,
): FullProfile {
  const proto = protocolName(protocol);
  const given = givenProfile(assets, parameters, asset, port, protocol);
  const standard = DEFAULTS[`${port}/${proto}`];
  const said = given
    ? (['authRequired', 'tls', 'adminWithoutAuth'] as const).filter((key) => given[key] !== undefined)
    : [];
  const cloud = cloudServiceLabel(protocol);
  const base = standard ?? profile(cloud ?? `port ${port}`, true, isCloudService(protocol));
  const note = standard?.note === undefined ? '' : ` (${standard.note})`;
  const origin = cloud
    ? `${cloud} answers over TLS, and only callers that sign their requests unless a policy opens it to anyone`
    : standard
      ? `the usual defaults of ${standard.name}${note}`
      : 'nothing is known of this port: held to need a login until the case says otherwise';
  return {
    port,
    proto,
    name: given?.name ?? base.name,
    authRequired: given?.authRequired ?? base.authRequired,
    tls: given?.tls ?? base.tls,
    adminWithoutAuth: given?.adminWithoutAuth ?? base.adminWithoutAuth,
    why:
      said.length === 3
        ? 'set for this case'
        : said.length > 0
          ? `${said.join(' and ')} set for this case, the rest ${origin}`
          : origin,
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
