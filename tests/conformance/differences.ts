import type { PeerField } from './peers/record';

/**
 * Where we differ from a peer on purpose, and why. `peers.test.ts` fails on a difference that is not listed here, and on an entry that no
 * real file shows any longer.
 */
export interface Difference {
  readonly format: string;
  readonly peer: string;
  /** `row`: the peer speaks of a record that gives no row here; `ours` is then what the record is counted as. */
  readonly field: PeerField | 'row';
  readonly ours?: RegExp;
  readonly theirs?: RegExp;
  readonly where?: RegExp;
  /** The record's raw text, as far as it is one line. */
  readonly line?: RegExp;
  /** How the two must differ. */
  readonly holds?: (ours: string, theirs: string) => boolean;
  /** Both say the same, one of them in fewer digits or another spelling: counted as agreement at the coarser one's precision. */
  readonly isNotation?: true;
  readonly reason: string;
}

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** Records that rightly give no row: they are counted by the kind that `ours` matches. */
const WITHOUT_ROWS: readonly (readonly [format: string, peer: string, ours: RegExp, reason: string])[] = [
  [
    'access-log',
    'CrowdSec',
    /^info line$/,
    'An informational line of the error log says nothing about access',
  ],
  [
    'argus',
    'argus default',
    /^argus \w+ without IP addresses$/,
    'Frames below IP (by their MAC addresses) are no flow between addresses',
  ],
  [
    'auditd',
    'Filebeat',
    /^(?:SYSCALL|PROCTITLE|SOCKADDR|CRED_ACQ|CRED_DISP|USER_ACCT|USER_AUTH|LOGIN) record$/,
    'One part of an event whose row another record gives',
  ],
  [
    'auditd',
    'Filebeat',
    /^(?:SERVICE_START|SERVICE_STOP|CONFIG_CHANGE) record$/,
    'Only services that write logs, and changes that silence auditing, are changes an analyst looks for',
  ],
  [
    'auditd',
    'Filebeat',
    /^(?:AVC|CRYPTO_KEY_USER|CRYPTO_SESSION|KERN_MODULE|MAC_IPSEC_EVENT|NETFILTER_CFG|SOFTWARE_UPDATE|SYSTEM_BOOT|SYSTEM_SHUTDOWN|TTY|VIRT_CONTROL|VIRT_MACHINE_ID) record$/,
    'Neither a login, a command nor a change of accounts or logging',
  ],
  ['cloudtrail', 'Filebeat', /^digest of delivered files$/, 'A digest lists files, it is no event'],
  [
    'cloudtrail',
    'Filebeat',
    /^insight event$/,
    'An insight is a statistic of events that are there themselves',
  ],
  ['cloudtrail', 'Filebeat', /^repeated delivery of an event$/, 'Deliveries repeat; an event counts once'],
  [
    'es-audit',
    'Filebeat',
    /^server log line$/,
    'A line of the server’s own log, between those of the audit log',
  ],
  ['gcp-audit', 'Filebeat', /^end of an operation/, 'An operation counts once, at its beginning'],
  ['gcp-audit', 'plaso', /^end of an operation/, 'An operation counts once, at its beginning'],
  [
    'http-error-log',
    'Filebeat',
    /^(?:error|notice|warn|trace3) line$/,
    'Says nothing of a request that was refused or failed',
  ],
  [
    'iis-w3c',
    'Filebeat',
    /^connection without a request$/,
    'HTTPERR’s lines without a request show no query',
  ],
  [
    'mongodb',
    'CrowdSec',
    /^speculative authentication$/,
    'A driver tries with its greeting first and again in full: one guess counts once',
  ],
  ['mongodb', 'Filebeat', /^[A-Z]+ line$/, 'The server about itself'],
  ['mysql-log', 'Filebeat', /line/, 'The server about itself'],
  [
    'okta',
    'Filebeat',
    /^event policy\.evaluate_sign_on$/,
    'A policy’s evaluation is no login; the login is an event of its own',
  ],
  [
    'postgresql',
    'Filebeat',
    /of the message before$|^error of a statement$/,
    'Belongs to the message before it, whose row it is part of',
  ],
  ['postgresql', 'Filebeat', /line of another kind$/, 'The server about itself'],
  [
    'postgresql',
    'Filebeat',
    /^duration (?:without a statement|of the statement before)$|^parse or bind step$/,
    'The statement has a row of its own; its duration or a step towards it would count it twice',
  ],
  [
    'postgresql-csv',
    'Filebeat',
    /line of another kind$|^continuation|^terminated connection$/,
    'The server about itself',
  ],
  [
    'postgresql-csv',
    'Filebeat',
    /^duration (?:without a statement|of the statement before)$|^parse or bind step$/,
    'The statement has a row of its own; its duration or a step towards it would count it twice',
  ],
  [
    'suricata',
    'CrowdSec',
    /^suricata alert, as the flow events hold/,
    'An alert is a mark on a conversation; the flow event gives its row',
  ],
  [
    'suricata',
    'Filebeat',
    /^suricata alert, as the flow events hold/,
    'An alert is a mark on a conversation; the flow event gives its row',
  ],
  [
    'suricata',
    'Filebeat',
    /^suricata (?:dns|fileinfo|stats|tls)$/,
    'No access to data: the conversation is in the flow events, the request in the http event',
  ],
  [
    'syslog',
    'CrowdSec',
    /^(?:sshd|sudo) other$/,
    'PAM says again what sshd or sudo says of the same try; counting both would double every guess',
  ],
  [
    'syslog',
    'Filebeat',
    /^(?:sshd|sudo|groupadd|syslogd) other$|^program /,
    'Counted by program: no login, command or change of an account',
  ],
  ['syslog', 'Filebeat', /^no program named$/, 'Lines such as “last message repeated” name no program'],
  [
    'zeek-json',
    'Filebeat',
    /^zeek log of an unknown kind$/,
    'dns, ssl, notice and smb_mapping show no access to data',
  ],
];

/** Fields that say something else on purpose. */
const FIELDS: readonly Difference[] = [
  {
    format: 'access-log',
    peer: 'Filebeat',
    field: 'source',
    theirs: /^(?:unix:|localhost)$/,
    reason: 'The machine’s own call has no client that could be an actor',
  },
  {
    format: 'auditd',
    peer: 'Filebeat',
    field: 'outcome',
    ours: /^unknown$/,
    line: /^type=USER_END /,
    reason: 'The end of a session is neither a success nor a failure',
  },
  {
    format: 'azure-activity',
    peer: 'Filebeat',
    field: 'durationUs',
    ours: /^null$/,
    theirs: /^0$/,
    reason: 'The log writes 0 for every operation; a length that was not measured is unknown',
  },
  {
    format: 'cloudtrail',
    peer: 'Filebeat',
    field: 'source',
    theirs: /^REDACTED$/,
    reason: 'No address is no address',
  },
  {
    format: 'entra',
    peer: 'Filebeat',
    field: 'outcome',
    ours: /^unknown$/,
    theirs: /^failure$/,
    line: /"errorCode":"?50140\b/,
    reason: 'The sign-in was interrupted for a further step (50140 and its like): no credential was rejected',
  },
  {
    format: 'es-audit',
    peer: 'Filebeat',
    field: 'outcome',
    ours: /^success$/,
    theirs: /^failure$/,
    line: /\[access_granted\]|\[authentication_success\]|"event\.type":"security_config_change"/,
    reason: 'Access granted, or a change carried out: the peer’s pipeline falls back to failure',
  },
  {
    format: 'gcp-audit',
    peer: 'Filebeat',
    field: 'outcome',
    where: /@945$/,
    reason: 'The call answered with 71 items; one permission among those checked was not granted',
  },
  {
    format: 'iis-w3c',
    peer: 'Filebeat',
    field: 'object',
    isNotation: true,
    holds: (ours, theirs) => decodeURIComponent(ours.replaceAll('+', ' ')) === theirs,
    reason: 'The query stays as it was logged: decoded, a plus and a blank could not be told apart',
  },
  {
    format: 'iis-w3c',
    peer: 'Filebeat',
    field: 'source',
    line: /\]\(http:\/\//,
    reason:
      'The sample’s addresses were turned into links (`[10.0.0.1](http://10.0.0.1)`), which no server writes',
  },
  {
    format: 'mysql-slow',
    peer: 'Filebeat',
    field: 'time',
    isNotation: true,
    holds: (ours, theirs) => seconds(ours) === seconds(theirs),
    reason: '`# Time:` has microseconds, `SET timestamp` the same time in whole seconds',
  },
  {
    format: 'mysql-slow',
    peer: 'Filebeat',
    field: 'time',
    where: /-8\.0\.15\.log@\d+$/,
    holds: (ours, theirs) => seconds(theirs) < seconds(ours),
    reason:
      'From MySQL 8.0.14 on `SET timestamp` is the statement’s start; `# Time:` is its end, as in all rows',
  },
  {
    format: 'mysql-slow',
    peer: 'Filebeat',
    field: 'durationUs',
    isNotation: true,
    holds: (ours, theirs) => Math.fround(Number(ours) / 1e6) === Math.fround(Number(theirs) / 1e6),
    reason: 'Filebeat’s figures are rounded as in single precision',
  },
  {
    format: 'mysql-slow',
    peer: 'Filebeat',
    field: 'object',
    where: /percona-ubuntu-8\.0\.15\.log@244$/,
    reason: 'The greeting of a server that was started again is no part of the statement before it',
  },
  {
    format: 'nfdump',
    peer: 'nfdump JSON',
    field: 'start',
    where: /csv@/,
    isNotation: true,
    holds: (ours, theirs) => seconds(ours) === seconds(theirs),
    reason: 'The CSV prints whole seconds',
  },
  {
    format: 'nfdump',
    peer: 'nfdump JSON',
    field: 'end',
    where: /csv@/,
    isNotation: true,
    // The start's cut second is missing at the end as well.
    holds: (ours, theirs) =>
      Date.parse(theirs) >= Date.parse(ours) && Date.parse(theirs) - Date.parse(ours) < 1000,
    reason: 'The CSV prints whole seconds; the end is the printed start and the duration',
  },
  {
    format: 'nfdump',
    peer: 'nfdump JSON',
    field: 'bytes',
    where: /(?:long|extended)\.txt@/,
    line: /\d\.\d M /,
    isNotation: true,
    holds: (ours, theirs) => Math.round(Number(theirs) / 1e5) === Number(ours) / 1e5,
    reason: 'The columns for people print large counts as “1.9 M”',
  },
  {
    format: 'okta',
    peer: 'Filebeat',
    field: 'outcome',
    ours: /^unknown$/,
    line: /"eventType": ?"user\.session\.end"/,
    reason: 'The end of a session is neither a success nor a failure',
  },
  ...(['source', 'sourcePort', 'destination', 'destinationPort'] as const).map((field) => ({
    format: 'suricata',
    peer: 'Filebeat',
    field,
    line: /"event_type":"alert","src_ip":"81\.2\.69\.143","src_port":80,/,
    reason:
      'An alert’s client is named first, also when its packet was an answer: the counters beside it are the client’s and the server’s',
  })),
  {
    format: 'syslog',
    peer: 'CrowdSec',
    field: 'bytes',
    theirs: /^56$/,
    reason: 'UDP’s second LEN leaves the IP header out; bytes must mean the same in every row',
  },
  {
    format: 'syslog',
    peer: 'CrowdSec',
    field: 'outcome',
    ours: /^unknown$/,
    theirs: /^failure$/,
    line: /sshd\[\d+\]: (?:Disconnected from|Connection (?:closed|reset) by) .* \[preauth\]$/,
    reason: 'A connection that ends before a credential was checked is no rejected credential',
  },
  {
    format: 'zeek',
    peer: 'Zeek JSON',
    field: 'outcome',
    ours: /^unknown$/,
    reason:
      'Kerberos refuses the first request of every login until it proves who asks: that is no wrong password',
  },
];

export const DIFFERENCES: readonly Difference[] = [
  ...WITHOUT_ROWS.map(([format, peer, ours, reason]) => ({
    format,
    peer,
    field: 'row' as const,
    ours,
    reason,
  })),
  ...FIELDS,
];
