/**
 * What real noise measures, as figures: counts and quantiles only, no line of any log. Each table names the data set it was
 * counted in; the scenarios draw from these tables instead of from invented shapes.
 */
import type { Quantiles, Weighted } from './draw';

/**
 * User names in `Failed …`/`Invalid user` lines, tries counted. Loghub OpenSSH_2k (524 lines, 4 h of one server) and Elastic's
 * examples' auth.log (577 h of an exposed host; that host's own accounts left out), added up; names tried once are a sample.
 */
export const GUESSED_NAMES: Weighted<string> = [
  ['root', 910],
  ['admin', 231],
  ['ubnt', 43],
  ['pi', 31],
  ['test', 25],
  ['support', 17],
  ['default', 12],
  ['guest', 12],
  ['monitor', 10],
  ['cloud', 8],
  ['user', 7],
  ['user1', 7],
  ['openerp', 7],
  ['pruebas', 7],
  ['ajay', 7],
  ['johnny', 7],
  ['ems', 7],
  ['webconfig', 7],
  ['cubrid', 7],
  ['ftp', 7],
  ['bin', 6],
  ['oracle', 6],
  ['0', 6],
  ['uucp', 5],
  ['git', 5],
  ['ftpuser', 5],
  ['1234', 5],
  ['api', 3],
  ['operator', 3],
  ['inspur', 3],
  ['matlab', 3],
  ['webmaster', 2],
  ['123', 2],
  ['anonymous', 2],
  ['sshd', 2],
  ['cisco', 2],
  ['ubuntu', 2],
  ['deploy', 2],
  ['mysql', 2],
  ['magnos', 2],
  ['0000', 2],
  ['010101', 2],
  ['1111', 2],
  ['dbadmin', 2],
  ['gpadmin', 2],
  ['osmc', 2],
  ['service', 2],
  ['telecomadmin', 2],
  ['postgres', 1],
  ['nagios', 1],
  ['redhat', 1],
  ['pgadmin', 1],
  ['PlcmSpIp', 1],
  ['Management', 1],
  ['www', 1],
  ['vnc', 1],
  ['test1', 1],
  ['cyrus', 1],
  ['boot', 1],
  ['123456', 1],
  ['sybase', 1],
  ['admin1', 1],
  ['deployer', 1],
  ['temp', 1],
  ['noc', 1],
];

/** Tries per guessing address: Loghub OpenSSH_2k (24 addresses: median 5, 90 % at 46, most 286) and Elastic's auth.log (130: median 6, 95 % at 33, most 157). */
export const TRIES_PER_ADDRESS: Quantiles = [
  [0, 1],
  [0.1, 1],
  [0.25, 4],
  [0.5, 6],
  [0.75, 7],
  [0.9, 22],
  [0.95, 60],
  [0.99, 160],
  [1, 286],
];

/** Seconds between an address's tries while it is at work (the long pauses between its visits left out), same two files: median 2, 90 % at 6–11. */
export const SECONDS_BETWEEN_TRIES: Quantiles = [
  [0, 0.8],
  [0.05, 2],
  [0.5, 2.2],
  [0.75, 4],
  [0.9, 8],
  [0.95, 14],
  [1, 30],
];

/** Tries in one connection: OpenSSH_2k mostly 1, Elastic's auth.log mostly 1 or the server's limit of 6. */
export const TRIES_PER_CONNECTION: Weighted<number> = [
  [1, 60],
  [2, 6],
  [3, 8],
  [6, 26],
];

/** Destination ports of unsolicited inbound flows: Stratosphere capture 008 (24 h of one exposed address, 4,201 flows). */
export const SCANNED_TCP_PORTS: Weighted<number> = [
  [23, 595],
  [445, 168],
  [22, 82],
  [81, 57],
  [5555, 54],
  [80, 51],
  [1433, 46],
  [3389, 33],
  [7000, 31],
  [5060, 30],
  [17000, 28],
  [443, 27],
  [8080, 23],
  [2375, 19],
  [8008, 19],
  [2323, 17],
  [7001, 14],
  [2000, 14],
  [5900, 13],
  [8081, 12],
  [8545, 11],
  [8443, 10],
  [60001, 10],
  [2376, 9],
  [5432, 8],
  [27017, 8],
  [139, 8],
  [21, 7],
  [8000, 7],
  [9000, 7],
  [6443, 7],
  [1080, 7],
  [993, 6],
  [389, 6],
  [9200, 6],
  [6379, 4],
  [5601, 2],
  [9300, 1],
];

export const SCANNED_UDP_PORTS: Weighted<number> = [
  [5060, 29],
  [123, 28],
  [9034, 14],
  [53, 9],
  [8081, 8],
  [5353, 8],
  [1194, 7],
  [389, 6],
];

/** Share of UDP among those flows, and flows per source address (1,599 addresses: median 1, 95 % at 5, 99 % at 20, most 816). */
export const UDP_SHARE = 0.06;
export const FLOWS_PER_SCANNER: Quantiles = [
  [0, 1],
  [0.5, 1],
  [0.75, 2],
  [0.9, 3],
  [0.95, 5],
  [0.99, 20],
  [1, 90],
];

/** Packets of an unanswered try: of 3,815 such flows half have 2, 95 % at most 4, 99 % at most 8 (40 to 60 bytes each). */
export const SYN_PACKETS: Quantiles = [
  [0, 1],
  [0.05, 1],
  [0.1, 2],
  [0.9, 2],
  [0.95, 4],
  [0.99, 8],
  [1, 13],
];

/**
 * Payload bytes of a probe that got an answer, and of the answer: Stratosphere 008, states RSTO and RSTR (43 flows): requests
 * 1 to 565 bytes, half under 95; answers up to 224 bytes from a host that served nothing.
 */
export const PROBE_REQUEST_BYTES: Quantiles = [
  [0, 18],
  [0.25, 45],
  [0.5, 95],
  [0.75, 170],
  [0.95, 517],
  [1, 565],
];

/** Seconds that an answered probe lasts, same flows: RSTO 0.007 to 3, seldom 30; RSTR 63 (the server's time-out). */
export const PROBE_SECONDS: Quantiles = [
  [0, 0.01],
  [0.25, 0.09],
  [0.5, 0.15],
  [0.75, 1],
  [0.9, 3],
  [0.97, 33],
  [1, 63],
];

/** Bytes of a web answer to a person: Elastic's examples' apache_logs, 10,000 lines (median 12 kB, 95 % at 172 kB). */
export const WEB_ANSWER_BYTES: Quantiles = [
  [0, 35],
  [0.05, 357],
  [0.1, 1015],
  [0.25, 3638],
  [0.5, 12292],
  [0.75, 37269],
  [0.9, 65748],
  [0.95, 171717],
  [0.99, 1199558],
  [1, 2400000],
];

/** Hour of day of unsolicited flows (UTC+2 capture, Stratosphere 008): nearly flat, with one surge. */
export const SCAN_HOURS: readonly number[] = [
  196, 211, 195, 194, 238, 223, 227, 174, 125, 129, 144, 122, 120, 113, 116, 170, 143, 377, 133, 149, 126,
  152, 232, 192,
];

/** Paths that scanners ask any web server for: the kinds in CrowdSec's HTTP probing tests, and the first pages of the services exposed here. */
export const PROBED_PATHS: Weighted<string> = [
  ['/', 60],
  ['/favicon.ico', 12],
  ['/robots.txt', 10],
  ['/solr/admin/info/system?wt=json', 8],
  ['/.env', 8],
  ['/.git/config', 6],
  ['/api/login', 4],
  ['/phpmyadmin/index.php?lang=en', 4],
  ['/actuator/health', 4],
  ['/.well-known/security.txt', 4],
  ['/administrator/db/index.php?lang=en', 2],
  ['/+cscoe+/', 2],
];
