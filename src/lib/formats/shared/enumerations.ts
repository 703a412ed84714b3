import {
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  UNKNOWN_FLAGS,
  UNKNOWN_PROTOCOL,
  VERDICT,
} from '../../tables/schemas';
import { outcomeOfStatus } from './http';
import { foldWord, NO, YES } from './languages';

// Words that products use for the same few things, as our numbers. Each function gives the unknown value for a word it does not know.

/** Names of IANA protocol numbers that logs write out (iana.org/assignments/protocol-numbers). */
const PROTOCOLS: Readonly<Record<string, number>> = {
  ...{ hopopt: 0, icmp: 1, igmp: 2, ipv4: 4, ipip: 4, ipencap: 4, tcp: 6, egp: 8, igp: 9, udp: 17, rdp: 27 },
  ...{ dccp: 33, ipv6: 41, gre: 47, esp: 50, ah: 51, icmp6: 58, icmpv6: 58, ipv6icmp: 58, eigrp: 88 },
  ...{ ospf: 89, ospfigp: 89, pim: 103, vrrp: 112, carp: 112, l2tp: 115, sctp: 132, udplite: 136, mpls: 137 },
};

/** `6`, `tcp`, `TCP`, `IPv6-ICMP`, `T` and `U` (Azure) as an IANA number; 255 when it is none. */
export function protocolOf(text: string): number {
  const word = text.trim().toLowerCase();
  if (/^\d{1,3}(?:\.0+)?$/.test(word)) {
    const value = Number(word);
    return value <= 255 ? value : UNKNOWN_PROTOCOL;
  }
  if (word === 't') return 6;
  if (word === 'u') return 17;
  return PROTOCOLS[word.replace(/[-_ ]/g, '')] ?? UNKNOWN_PROTOCOL;
}

const ACCEPTS = new Set(
  (
    'accept accepted allow allowed allows permit permitted pass passed built success succeeded connectionsuccess ' +
    'connectionaccepted inboundconnectionaccepted forward a'
  )
    .split(' ')
    .concat(YES),
);
const REJECTS = new Set(
  (
    'reject rejected deny denied denies drop dropped block blocked refuse refused discard discarded prevent prevented ' +
    'connectionfailed connectionblocked failure failed prohibit resetboth resetclient resetserver reset d ' +
    'dropicmp dropall dropallpackets blockip blockurl blockcontinue randomdrop'
  )
    .split(' ')
    .concat(NO),
);

/** What a firewall or flow log decided. */
export function verdictOf(text: string): number {
  const word = lettersOf(text);
  if (ACCEPTS.has(word)) return VERDICT.accept;
  return REJECTS.has(word) ? VERDICT.reject : VERDICT.unknown;
}

/** Windows logon events by number: 4624 success, 4625 failure, … (learn.microsoft.com, "Audit logon events"). */
const WINDOWS_OUTCOMES: Readonly<Record<string, number>> = {
  4624: LOGIN_OUTCOME.success,
  4625: LOGIN_OUTCOME.failure,
  4634: LOGIN_OUTCOME.sessionClosed,
  4647: LOGIN_OUTCOME.sessionClosed,
  4648: LOGIN_OUTCOME.success,
  4672: LOGIN_OUTCOME.privilege,
  4771: LOGIN_OUTCOME.failure,
};

const SUCCESSES = new Set(
  (
    'success successful succeeded successfully ok true yes pass passed accepted accept allow allowed granted login loggedin ' +
    'logonsuccess loginsuccess authenticated auditsuccess s'
  )
    .split(' ')
    .concat(YES),
);
const FAILURES = new Set(
  (
    'failure failed fail error false no denied deny rejected reject invalid invalidcredentials blocked block badpassword logonfailed ' +
    'loginfailed logonfailure unauthorized unauthenticated auditfailure interrupted f'
  )
    .split(' ')
    .concat(NO),
);

/** The outcome of a try to log in: words, Windows event numbers, or a result code where 0 is success (Entra, LDAP). */
export function loginOutcomeOf(text: string): number {
  const trimmed = text.trim();
  if (/^\d+(?:\.0+)?$/.test(trimmed)) {
    const code = Number(trimmed);
    return WINDOWS_OUTCOMES[code] ?? (code === 0 ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.unknown);
  }
  const word = lettersOf(text);
  if (SUCCESSES.has(word)) return LOGIN_OUTCOME.success;
  if (FAILURES.has(word)) return LOGIN_OUTCOME.failure;
  if (/^(?:logoff|logout|loggedoff|loggedout|sessionclosed)$/.test(word)) return LOGIN_OUTCOME.sessionClosed;
  if (word === 'sessionopened') return LOGIN_OUTCOME.sessionOpened;
  if (/^(?:invaliduser|unknownuser|usernotfound|nosuchuser)$/.test(word)) return LOGIN_OUTCOME.invalidUser;
  if (word === 'disconnect' || word === 'disconnected') return LOGIN_OUTCOME.disconnect;
  if (/fail|invalid|denied|reject|wrong|incorrect/.test(word)) return LOGIN_OUTCOME.failure;
  return /success|accepted/.test(word) ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.unknown;
}

export function loginMethodOf(text: string): number {
  const word = lettersOf(text);
  if (word === '' || word === 'negotiate') return LOGIN_METHOD.unknown;
  if (word.includes('keyboard')) return LOGIN_METHOD.keyboardInteractive;
  if (word.includes('publickey') || word === 'key' || word === 'sshkey') return LOGIN_METHOD.publickey;
  if (word.includes('kerberos')) return LOGIN_METHOD.kerberos;
  if (word.includes('ntlm')) return LOGIN_METHOD.ntlm;
  if (word.includes('gssapi')) return LOGIN_METHOD.gssapi;
  if (word.includes('mfa') || word.includes('multifactor') || word.includes('twofactor'))
    return LOGIN_METHOD.mfa;
  if (word.includes('token') || word.includes('saml') || word.includes('oauth')) return LOGIN_METHOD.token;
  if (word.includes('password') || word === 'pwd' || word === 'basic') return LOGIN_METHOD.password;
  if (word.includes('hostbased')) return LOGIN_METHOD.hostbased;
  return word === 'none' ? LOGIN_METHOD.none : LOGIN_METHOD.other;
}

const VERBS: Readonly<Record<string, number>> = {
  ...{
    get: QUERY_VERB.read,
    head: QUERY_VERB.read,
    read: QUERY_VERB.read,
    select: QUERY_VERB.read,
    find: QUERY_VERB.read,
  },
  ...{
    search: QUERY_VERB.read,
    query: QUERY_VERB.read,
    getobject: QUERY_VERB.read,
    download: QUERY_VERB.read,
  },
  ...{
    list: QUERY_VERB.list,
    listobjects: QUERY_VERB.list,
    show: QUERY_VERB.list,
    propfind: QUERY_VERB.list,
    options: QUERY_VERB.list,
  },
  ...{
    post: QUERY_VERB.write,
    put: QUERY_VERB.write,
    patch: QUERY_VERB.write,
    insert: QUERY_VERB.write,
    update: QUERY_VERB.write,
  },
  ...{
    write: QUERY_VERB.write,
    create: QUERY_VERB.write,
    upload: QUERY_VERB.write,
    putobject: QUERY_VERB.write,
  },
  ...{
    delete: QUERY_VERB.delete,
    drop: QUERY_VERB.delete,
    truncate: QUERY_VERB.delete,
    remove: QUERY_VERB.delete,
  },
  ...{ connect: QUERY_VERB.auth, login: QUERY_VERB.auth, auth: QUERY_VERB.auth },
  ...{ grant: QUERY_VERB.admin, revoke: QUERY_VERB.admin, alter: QUERY_VERB.admin, admin: QUERY_VERB.admin },
};

/** An HTTP method, an SQL statement's first word, or an operation's name. */
export function queryVerbOf(text: string): number {
  const word =
    text
      .trim()
      .toLowerCase()
      .split(/[\s(;]/, 1)[0] ?? '';
  return VERBS[word] ?? QUERY_VERB.unknown;
}

export function queryOutcomeOf(text: string): number {
  const trimmed = text.trim();
  if (/^[1-5]\d\d$/.test(trimmed)) return outcomeOfStatus(Number(trimmed));
  const word = lettersOf(text);
  if (SUCCESSES.has(word)) return QUERY_OUTCOME.success;
  if (/denied|deny|unauthorized|forbidden|reject|block/.test(word)) return QUERY_OUTCOME.denied;
  return FAILURES.has(word) || /error|fail/.test(word) ? QUERY_OUTCOME.error : QUERY_OUTCOME.unknown;
}

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  F: 1,
  S: 2,
  R: 4,
  P: 8,
  A: 16,
  U: 32,
  E: 64,
  C: 128,
  W: 128,
};
const FLAG_NAMES: Readonly<Record<string, number>> = {
  ...{ fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 },
};

/** `27`, `0x1b`, `...AP.SF`, `SA`, `SYN|ACK`, `syn,ack` as the OR of TCP flags; 255 when it is none of these. */
export function tcpFlagsOf(text: string): number {
  const trimmed = text.trim();
  if (/^\d{1,3}(?:\.0+)?$/.test(trimmed) || /^0x[0-9a-f]{1,2}$/i.test(trimmed)) {
    const value = Number(trimmed);
    return value < UNKNOWN_FLAGS ? value : UNKNOWN_FLAGS;
  }
  let flags = 0;
  if (/^[FSRPAUECW.*-]+$/.test(trimmed) && /[A-Z.]/.test(trimmed)) {
    for (const letter of trimmed) flags |= FLAG_LETTERS[letter] ?? 0;
    return flags;
  }
  const names = trimmed
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => FLAG_NAMES[name] === undefined)) return UNKNOWN_FLAGS;
  for (const name of names) flags |= FLAG_NAMES[name] ?? 0;
  return flags;
}

function lettersOf(text: string): string {
  // Nearly all words are plain, and are met millions of times.
  return /\P{ASCII}/u.test(text)
    ? foldWord(text).replace(/\p{N}/gu, '')
    : text.toLowerCase().replace(/[^a-z]/g, '');
}
