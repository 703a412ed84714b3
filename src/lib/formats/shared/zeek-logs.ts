import { MICROS_PER_SECOND } from '../../base/time';
import {
  CONN_STATE,
  LOG_STATUS,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  UNKNOWN_FLAGS,
  UNKNOWN_PACKETS,
  VERDICT,
} from '../../tables/schemas';
import type { RecordSink } from '../format';
import { outcomeOfStatus, protocolOf, queryVerbOf } from './enumerations';
import type { ZeekField, ZeekValues } from './zeek-fields';

/** Reads one record of one kind of log into rows; the reason when it can't. `null` is a row written. */
type LogReader = (values: ZeekValues, offset: number, line: number) => string | null;

/** Zeek's summary of a connection (docs.zeek.org, conn.log, `conn_state`) as what both sides are known to have agreed. */
const STATES: Readonly<Record<string, number>> = {
  ...{ S0: CONN_STATE.attempt, RSTOS0: CONN_STATE.attempt, SH: CONN_STATE.attempt, REJ: CONN_STATE.refused },
  ...{ S1: CONN_STATE.established, SF: CONN_STATE.established, S2: CONN_STATE.established },
  ...{ S3: CONN_STATE.established, RSTO: CONN_STATE.established, RSTR: CONN_STATE.established },
  ...{ RSTRH: CONN_STATE.midstream, SHR: CONN_STATE.midstream, OTH: CONN_STATE.midstream },
};

/** Letters of `history`, either side's, as the flags that such a packet carries; data is only ever sent with ACK. */
const HISTORY: Readonly<Record<string, number>> = {
  s: 2,
  h: 18,
  a: 16,
  d: 16,
  f: 1,
  r: 4,
  i: 6,
  q: 0,
  c: 0,
  g: 0,
  t: 0,
  w: 0,
};

function flagsOf(history: string): number {
  let flags = 0;
  for (const letter of history.toLowerCase()) flags |= HISTORY[letter] ?? 0;
  return flags;
}

/**
 * The readers of the logs that give rows. Which asset a record is about is the responder's address: that is what a sensor knows, a host's
 * name for itself it does not.
 */
export class ZeekLogs {
  readonly #sink: RecordSink;
  readonly #readers: Readonly<Record<string, LogReader>>;
  readonly #texts = new Map<string, number>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#readers = {
      conn: (values, offset, line) => this.#conn(values, offset, line),
      ssh: (values, offset, line) => this.#ssh(values, offset, line),
      rdp: (values, offset, line) => this.#rdp(values, offset, line),
      ntlm: (values, offset, line) => this.#ntlm(values, offset, line),
      kerberos: (values, offset, line) => this.#kerberos(values, offset, line),
      http: (values, offset, line) => this.#http(values, offset, line),
      mysql: (values, offset, line) => this.#mysql(values, offset, line),
      postgresql: (values, offset, line) => this.#postgresql(values, offset, line),
      redis: (values, offset, line) => this.#redis(values, offset, line),
      smb_files: (values, offset, line) => this.#smbFiles(values, offset, line),
      ftp: (values, offset, line) => this.#ftp(values, offset, line),
    };
  }

  /** The reader of a log, or undefined for one that gives no rows (weird, dns, ssl, …). */
  reader(kind: string | undefined): LogReader | undefined {
    return kind !== undefined && Object.hasOwn(this.#readers, kind) ? this.#readers[kind] : undefined;
  }

  #intern(text: string): number {
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.#sink.dictionaries.strings.intern(text);
      this.#texts.set(text, id);
    }
    return id;
  }

  #conn(values: ZeekValues, offset: number, line: number): string | null {
    const startUs = values.time('ts');
    if (Number.isNaN(startUs)) return values.fault ?? 'the time (ts) is missing';
    const duration = values.number('duration');
    const src = values.address('id.orig_h');
    const dst = values.address('id.resp_h');
    const srcPort = values.number('id.orig_p');
    const dstPort = values.number('id.resp_p');
    // With headers where Zeek counted them, so that the bytes mean the same as in the flow logs of routers and clouds.
    const [srcBytes, dstBytes] = values.has('orig_ip_bytes')
      ? [values.number('orig_ip_bytes'), values.number('resp_ip_bytes')]
      : [values.number('orig_bytes'), values.number('resp_bytes')];
    const srcPackets = values.number('orig_pkts');
    const dstPackets = values.number('resp_pkts');
    if (values.fault !== null) return values.fault;
    if (src === 0 && dst === 0) return 'no address is given';
    const protocol = protocolOf(values.text('proto'));
    const history = protocol === 6 ? values.text('history') : '';

    const flows = this.#sink.flows;
    const i = flows.open(offset, line);
    const columns = flows.columns;
    columns.startUs[i] = startUs;
    columns.endUs[i] = Number.isNaN(duration) ? startUs : startUs + Math.round(duration * MICROS_PER_SECOND);
    columns.srcAddr[i] = src;
    columns.dstAddr[i] = dst;
    columns.srcPort[i] = srcPort <= 65535 ? srcPort : 0;
    columns.dstPort[i] = dstPort <= 65535 ? dstPort : 0;
    columns.protocol[i] = protocol;
    columns.srcBytes[i] = srcBytes;
    columns.dstBytes[i] = dstBytes;
    columns.srcPackets[i] = srcPackets < UNKNOWN_PACKETS ? srcPackets : UNKNOWN_PACKETS;
    columns.dstPackets[i] = dstPackets < UNKNOWN_PACKETS ? dstPackets : UNKNOWN_PACKETS;
    // A sensor sees packets, not a firewall's decision about them.
    columns.verdict[i] = VERDICT.unknown;
    columns.logStatus[i] = LOG_STATUS.ok;
    columns.tcpFlags[i] = history === '' ? UNKNOWN_FLAGS : flagsOf(history);
    columns.connState[i] = STATES[values.text('conn_state')] ?? CONN_STATE.unknown;
    columns.sensor[i] = values.string('peer');
    columns.timeBasis[i] = 0;
    flows.commitDirect(offset, line);
    return null;
  }

  /** Fills what every login row of a sensor has; a reason when the record can't be a row. */
  #login(values: ZeekValues, service: string): string | null {
    const row = this.#sink.logins.row;
    row.timeUs = values.time('ts');
    if (Number.isNaN(row.timeUs)) return values.fault ?? 'the time (ts) is missing';
    row.actorAddr = values.address('id.orig_h');
    row.actorPort = portOf(values.number('id.orig_p'));
    row.host = values.string('id.resp_h');
    row.service = this.#intern(service);
    return values.fault;
  }

  #commitLogin(fault: string | null, offset: number, line: number): string | null {
    if (fault === null) this.#sink.logins.commit(offset, line);
    else this.#sink.logins.abandon();
    return fault;
  }

  #ssh(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'ssh');
    const success = values.flag('auth_success');
    // Encrypted: Zeek infers the outcome from packet sizes and leaves it out when it can't.
    this.#sink.logins.row.outcome =
      success === undefined ? LOGIN_OUTCOME.connect : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #rdp(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'rdp');
    const row = this.#sink.logins.row;
    row.user = values.string('cookie');
    // `result` is the outcome of negotiating the connection; whether the login inside it succeeded is encrypted.
    row.outcome = LOGIN_OUTCOME.connect;
    return this.#commitLogin(fault, offset, line);
  }

  #ntlm(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'ntlm');
    const row = this.#sink.logins.row;
    row.user = values.string('username');
    row.actorName = values.string('hostname');
    row.method = LOGIN_METHOD.ntlm;
    const success = values.flag('success');
    row.outcome =
      success === undefined ? LOGIN_OUTCOME.unknown : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #kerberos(values: ZeekValues, offset: number, line: number): string | null {
    const isTicket = values.text('request_type') === 'TGS';
    const fault = this.#login(values, isTicket ? 'kerberos-tgs' : 'kerberos');
    const row = this.#sink.logins.row;
    row.user = this.#sink.dictionaries.strings.intern(values.text('client').split('/')[0] ?? '');
    row.method = LOGIN_METHOD.kerberos;
    row.outcome = kerberosOutcome(values.flag('success'), values.text('error_msg'));
    return this.#commitLogin(fault, offset, line);
  }

  /** Fills what every query row of a sensor has. */
  #query(values: ZeekValues, service: string): string | null {
    const row = this.#sink.queries.row;
    row.timeUs = values.time('ts');
    if (Number.isNaN(row.timeUs)) return values.fault ?? 'the time (ts) is missing';
    row.actorAddr = values.address('id.orig_h');
    row.actorPort = portOf(values.number('id.orig_p'));
    row.host = values.string('id.resp_h');
    row.servicePort = portOf(values.number('id.resp_p'));
    row.service = this.#intern(service);
    const success = values.flag('success');
    row.outcome =
      success === undefined ? QUERY_OUTCOME.unknown : success ? QUERY_OUTCOME.success : QUERY_OUTCOME.error;
    return values.fault;
  }

  #commitQuery(fault: string | null, offset: number, line: number): string | null {
    if (fault === null) this.#sink.queries.commit(offset, line);
    else this.#sink.queries.abandon();
    return fault;
  }

  #http(values: ZeekValues, offset: number, line: number): string | null {
    let fault = this.#query(values, 'http');
    const row = this.#sink.queries.row;
    row.principal = values.string('username');
    row.verb = queryVerbOf(values.text('method'));
    row.object = values.string('uri');
    row.agent = values.string('user_agent');
    const status = values.number('status_code');
    row.status = status <= 65535 ? status : 0;
    row.outcome = outcomeOfStatus(row.status);
    row.bytesReturned = values.number('response_body_len');
    fault ??= values.fault;
    return this.#commitQuery(fault, offset, line);
  }

  #mysql(values: ZeekValues, offset: number, line: number): string | null {
    const command = values.text('cmd').toLowerCase();
    const argument = values.text('arg');
    if (command === 'login' || command === 'change_user')
      return this.#databaseLogin(values, 'mysql', argument, offset, line);
    const fault = this.#query(values, 'mysql');
    const row = this.#sink.queries.row;
    row.verb = sqlVerb(command, argument);
    row.object = this.#sink.dictionaries.strings.intern(argument === '' ? command : argument);
    const rows = values.number('rows');
    // For a statement that writes, `rows` counts those it touched.
    if (row.verb === QUERY_VERB.read || row.verb === QUERY_VERB.list) row.rowsReturned = rows;
    return this.#commitQuery(fault, offset, line);
  }

  #databaseLogin(
    values: ZeekValues,
    service: string,
    user: string,
    offset: number,
    line: number,
  ): string | null {
    const fault = this.#login(values, service);
    const row = this.#sink.logins.row;
    row.user = this.#sink.dictionaries.strings.intern(user);
    const success = values.flag('success');
    row.outcome =
      success === undefined ? LOGIN_OUTCOME.connect : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #postgresql(values: ZeekValues, offset: number, line: number): string | null {
    const message = values.text('frontend');
    const statement = values.text('frontend_arg');
    if (message === 'startup' || message === 'password_message') {
      return this.#databaseLogin(values, 'postgresql', values.text('user'), offset, line);
    }
    const fault = this.#query(values, 'postgresql');
    const row = this.#sink.queries.row;
    row.principal = values.string('user');
    row.agent = values.string('application_name');
    row.verb =
      message === 'simple_query' || message === 'parse' ? sqlVerb('query', statement) : QUERY_VERB.unknown;
    row.object = this.#sink.dictionaries.strings.intern(
      statement === '' ? message || values.text('backend') : statement,
    );
    row.rowsReturned = values.number('rows');
    return this.#commitQuery(fault, offset, line);
  }

  #redis(values: ZeekValues, offset: number, line: number): string | null {
    const command = values.text('cmd.name').toUpperCase();
    const key = values.text('cmd.key');
    const fault = this.#query(values, 'redis');
    const row = this.#sink.queries.row;
    row.verb = redisVerb(command);
    row.object = this.#sink.dictionaries.strings.intern(key === '' ? command : `${command} ${key}`);
    return this.#commitQuery(fault, offset, line);
  }

  #smbFiles(values: ZeekValues, offset: number, line: number): string | null {
    const action = values.text('action').replace(/^SMB::/, '');
    const fault = this.#query(values, 'smb');
    const row = this.#sink.queries.row;
    row.verb = SMB_VERBS[action] ?? QUERY_VERB.unknown;
    row.outcome = QUERY_OUTCOME.success;
    const path = values.text('path');
    const name = values.text('name');
    row.object = this.#sink.dictionaries.strings.intern(
      path === '' || name === '' ? path + name : `${path}\\${name}`,
    );
    return this.#commitQuery(fault, offset, line);
  }

  #ftp(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#query(values, 'ftp');
    const row = this.#sink.queries.row;
    row.principal = values.string('user');
    row.verb = FTP_VERBS[values.text('command').toUpperCase()] ?? QUERY_VERB.unknown;
    const target = values.text('arg');
    row.object = this.#sink.dictionaries.strings.intern(target === '' ? values.text('command') : target);
    const reply = values.number('reply_code');
    if (reply >= 100 && reply <= 999) {
      row.status = reply;
      row.outcome =
        reply < 400
          ? QUERY_OUTCOME.success
          : reply === 530 || reply === 550
            ? QUERY_OUTCOME.denied
            : QUERY_OUTCOME.error;
    }
    if (row.verb === QUERY_VERB.read) row.bytesReturned = values.number('file_size');
    return this.#commitQuery(fault, offset, line);
  }
}

/** FILE_OPEN is an open for whatever purpose; only FILE_READ shows that content went out. */
const SMB_VERBS: Readonly<Record<string, number>> = {
  FILE_READ: QUERY_VERB.read,
  FILE_WRITE: QUERY_VERB.write,
  FILE_RENAME: QUERY_VERB.write,
  FILE_SET_ATTRIBUTE: QUERY_VERB.write,
  FILE_DELETE: QUERY_VERB.delete,
  PRINT_WRITE: QUERY_VERB.write,
};

const FTP_VERBS: Readonly<Record<string, number>> = {
  RETR: QUERY_VERB.read,
  LIST: QUERY_VERB.list,
  NLST: QUERY_VERB.list,
  MLSD: QUERY_VERB.list,
  STOR: QUERY_VERB.write,
  STOU: QUERY_VERB.write,
  APPE: QUERY_VERB.write,
  DELE: QUERY_VERB.delete,
  USER: QUERY_VERB.auth,
  PASS: QUERY_VERB.auth,
};

const REDIS_READS =
  /^(?:GET|MGET|HGET|HGETALL|HMGET|HVALS|LRANGE|LINDEX|SMEMBERS|ZRANGE|ZRANGEBYSCORE|GETRANGE|DUMP|XRANGE|XREAD|STRLEN|EXISTS|TTL|TYPE)/;
const REDIS_LISTS = /^(?:KEYS|SCAN|SSCAN|HSCAN|ZSCAN|HKEYS|RANDOMKEY|DBSIZE|INFO|CLIENT|COMMAND)/;
const REDIS_DELETES = /^(?:DEL|UNLINK|HDEL|FLUSHALL|FLUSHDB|EXPIRE|ZREM|SREM|LTRIM)/;
const REDIS_ADMIN =
  /^(?:CONFIG|SLAVEOF|REPLICAOF|MODULE|DEBUG|SHUTDOWN|SAVE|BGSAVE|BGREWRITEAOF|EVAL|SCRIPT|ACL|MIGRATE|MONITOR|CLUSTER)/;
const REDIS_WRITES =
  /^(?:SET|MSET|HSET|HMSET|LPUSH|RPUSH|SADD|ZADD|INCR|DECR|APPEND|GETSET|RENAME|RESTORE|XADD|PUBLISH)/;

/** What a Redis command does (redis.io/commands). */
export function redisVerb(command: string): number {
  if (REDIS_ADMIN.test(command)) return QUERY_VERB.admin;
  if (REDIS_WRITES.test(command)) return QUERY_VERB.write;
  if (REDIS_LISTS.test(command)) return QUERY_VERB.list;
  if (REDIS_READS.test(command)) return QUERY_VERB.read;
  if (REDIS_DELETES.test(command)) return QUERY_VERB.delete;
  return command === 'AUTH' || command === 'HELLO' ? QUERY_VERB.auth : QUERY_VERB.unknown;
}

const MYSQL_COMMANDS: Readonly<Record<string, number>> = {
  field_list: QUERY_VERB.list,
  process_info: QUERY_VERB.list,
  create_db: QUERY_VERB.write,
  drop_db: QUERY_VERB.delete,
  shutdown: QUERY_VERB.admin,
  process_kill: QUERY_VERB.admin,
  binlog_dump: QUERY_VERB.read,
  table_dump: QUERY_VERB.read,
};

function sqlVerb(command: string, statement: string): number {
  if (/^(?:query|stmt_prepare|stmt_execute|parse)$/.test(command)) return queryVerbOf(statement);
  return MYSQL_COMMANDS[command] ?? QUERY_VERB.unknown;
}

/** "Preauthentication required" is the first step of every login, not a failed one. */
function kerberosOutcome(success: boolean | undefined, error: string): number {
  if (success === true) return LOGIN_OUTCOME.success;
  if (success === undefined || /PREAUTH_REQUIRED/.test(error)) return LOGIN_OUTCOME.connect;
  if (/CLIENT_NOT_FOUND|C_PRINCIPAL_UNKNOWN/.test(error)) return LOGIN_OUTCOME.invalidUser;
  return /PREAUTH_FAILED|LOCKED_OUT|REVOKED|EXPIRED|BAD_INTEGRITY/.test(error)
    ? LOGIN_OUTCOME.failure
    : LOGIN_OUTCOME.unknown;
}

function portOf(value: number): number {
  return value >= 0 && value <= 65535 ? value : 0;
}

const KNOWN_LOGS = 'conn ssh rdp ntlm kerberos http mysql postgresql redis smb_files ftp'.split(' ');

/** Fields by which a log without a known path is told; the first that fits counts. */
const TELLING: readonly (readonly [string, readonly (readonly ZeekField[])[]])[] = [
  [
    'conn',
    [
      ['conn_state', 'id.orig_h'],
      ['history', 'proto', 'id.orig_h'],
      ['orig_ip_bytes', 'proto'],
    ],
  ],
  ['ssh', [['auth_success'], ['kex_alg'], ['host_key_alg'], ['auth_attempts']]],
  ['redis', [['cmd.name']]],
  [
    'mysql',
    [
      ['cmd', 'arg'],
      ['cmd', 'success'],
    ],
  ],
  ['http', [['trans_depth'], ['method', 'uri', 'id.orig_h']]],
  ['rdp', [['security_protocol'], ['cookie', 'result']]],
  ['kerberos', [['request_type', 'client']]],
  ['ntlm', [['server_tree_name'], ['server_nb_computer_name'], ['username', 'domainname', 'id.orig_h']]],
  [
    'postgresql',
    [
      ['frontend', 'id.orig_h'],
      ['backend', 'id.orig_h'],
    ],
  ],
  ['ftp', [['command', 'reply_code']]],
  ['smb_files', [['action', 'name', 'size', 'id.orig_h']]],
];

/**
 * Which of the logs we read this is: by its path where it has one (`conn`, `conn-first`, `ssh_filtered`), else by its fields. Undefined
 * for the others.
 */
export function zeekLogKind(path: string, has: (field: ZeekField) => boolean): string | undefined {
  const base = path.toLowerCase();
  const byPath = KNOWN_LOGS.find(
    (known) => base === known || (base.startsWith(known) && /^[-_.]/.test(base.slice(known.length))),
  );
  if (byPath !== undefined) return byPath;
  if (path !== '' && !base.startsWith('conn')) return undefined;
  return TELLING.find(([, sets]) => sets.some((set) => set.every(has)))?.[0];
}
