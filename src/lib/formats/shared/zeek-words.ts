import { CONN_STATE, LOGIN_OUTCOME, QUERY_VERB, UNKNOWN_FLAGS } from '../../tables/schemas';
import { queryVerbOf } from './enumerations';

/** Zeek's summary of a connection (docs.zeek.org, conn.log, `conn_state`) as what both sides are known to have agreed. */
const STATES: Readonly<Record<string, number>> = {
  ...{ S0: CONN_STATE.attempt, RSTOS0: CONN_STATE.attempt, SH: CONN_STATE.attempt, REJ: CONN_STATE.refused },
  ...{ S1: CONN_STATE.established, SF: CONN_STATE.established, S2: CONN_STATE.established },
  ...{ S3: CONN_STATE.established, RSTO: CONN_STATE.established, RSTR: CONN_STATE.established },
  ...{ RSTRH: CONN_STATE.midstream, SHR: CONN_STATE.midstream, OTH: CONN_STATE.midstream },
};

/** CONN_STATE of a connection's state. */
export function stateOf(state: string): number {
  return Object.hasOwn(STATES, state) ? (STATES[state] as number) : CONN_STATE.unknown;
}

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

/** TCP flags of a connection's history; unknown for one without. */
export function flagsOf(history: string): number {
  if (history === '') return UNKNOWN_FLAGS;
  let flags = 0;
  for (const letter of history.toLowerCase()) flags |= HISTORY[letter] ?? 0;
  return flags;
}

/** FILE_OPEN is an open for whatever purpose; only FILE_READ shows that content went out. */
export const SMB_VERBS: Readonly<Record<string, number>> = {
  FILE_READ: QUERY_VERB.read,
  FILE_WRITE: QUERY_VERB.write,
  FILE_RENAME: QUERY_VERB.write,
  FILE_SET_ATTRIBUTE: QUERY_VERB.write,
  FILE_DELETE: QUERY_VERB.delete,
  PRINT_WRITE: QUERY_VERB.write,
};

export const FTP_VERBS: Readonly<Record<string, number>> = {
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

/** What a MySQL command does: for statements by their first word. */
export function sqlVerb(command: string, statement: string): number {
  if (/^(?:query|stmt_prepare|stmt_execute|parse)$/.test(command)) return queryVerbOf(statement);
  return MYSQL_COMMANDS[command] ?? QUERY_VERB.unknown;
}

/** "Preauthentication required" is the first step of every login, not a failed one. */
export function kerberosOutcome(success: boolean | undefined, error: string): number {
  if (success === true) return LOGIN_OUTCOME.success;
  if (success === undefined || /PREAUTH_REQUIRED/.test(error)) return LOGIN_OUTCOME.connect;
  if (/CLIENT_NOT_FOUND|C_PRINCIPAL_UNKNOWN/.test(error)) return LOGIN_OUTCOME.invalidUser;
  return /PREAUTH_FAILED|LOCKED_OUT|REVOKED|EXPIRED|BAD_INTEGRITY/.test(error)
    ? LOGIN_OUTCOME.failure
    : LOGIN_OUTCOME.unknown;
}
