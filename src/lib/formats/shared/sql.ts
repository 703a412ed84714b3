import { CHANGE_KIND, QUERY_VERB } from '../../tables/schemas';

/** Longest part of a statement that is kept as a query's object. */
const MAX_STATEMENT = 1000;

/** A statement on one line, cut: what a row shows. */
export function shownStatement(statement: string): string {
  const start = statement.slice(0, 4 * MAX_STATEMENT);
  // Most are on one line, and putting all of one together again takes longer than seeing that.
  const line = /[^\S ]| {2}/.test(start) ? start.replace(/\s+/g, ' ') : start;
  return line.trim().slice(0, MAX_STATEMENT);
}

/** Leading comments and parentheses say nothing about what a statement does. Bounded: a comment may be long and hostile. */
function leadingWords(statement: string): string {
  let text = statement.slice(0, 4096).trimStart();
  for (let i = 0; i < 20; i++) {
    if (text.startsWith('/*')) {
      const close = text.indexOf('*/');
      if (close === -1) return '';
      text = text.slice(close + 2).trimStart();
    } else if (text.startsWith('--') || text.startsWith('#')) {
      const newline = text.indexOf('\n');
      if (newline === -1) return '';
      text = text.slice(newline + 1).trimStart();
    } else if (text.startsWith('(')) text = text.slice(1).trimStart();
    else break;
  }
  return text;
}

/** What a client asks about the server and its own session: literals, settings, and functions that read nothing held. */
const SERVER_ITEM = String.raw`(?:\d+(?:\.\d+)?|'[^']{0,40}'|null|true|false|@@[\w.]+|(?:version|now|database|schema|user|current_user|session_user|system_user|connection_id|current_database|current_schema|current_catalog|current_timestamp|current_date|current_time|getdate|pg_backend_pid|pg_is_in_recovery|pg_postmaster_start_time|inet_(?:client|server)_(?:addr|port)|txid_current|utc_timestamp)(?: ?\( ?\))?)(?: (?:as )?[\w"\`]{1,64})?`;
const OF_SERVER = new RegExp(`^select ${SERVER_ITEM}(?: ?, ?${SERVER_ITEM})*(?: limit \\d+)? ?;?$`, 'i');
/** Longer ones are no greeting. */
const MAX_GREETING = 200;

/** `SELECT 1`, `select version()`, `SELECT @@version_comment LIMIT 1`: what drivers and scanners send first, which reads no data. */
function asksOnlyOfServer(statement: string): boolean {
  if (statement.length > MAX_GREETING || /\bfrom\b/i.test(statement)) return false;
  return OF_SERVER.test(statement.replace(/\s+/g, ' ').trim());
}

/** QUERY_VERB of a SQL statement by its first words; of a `WITH`, by the first verb that changes anything. */
export function verbOfSql(statement: string): number {
  const text = leadingWords(statement);
  const word = /^[A-Za-z]+/.exec(text)?.[0].toUpperCase() ?? '';
  switch (word) {
    case 'SELECT':
      return asksOnlyOfServer(text) ? QUERY_VERB.unknown : QUERY_VERB.read;
    case 'TABLE':
    case 'VALUES':
    case 'FETCH':
    case 'EXECUTE':
    case 'UNLOAD':
    case 'HANDLER':
      return QUERY_VERB.read;
    case 'WITH':
      return /\b(?:INSERT\s+INTO|UPDATE\s+\S+\s+SET|MERGE\s+INTO)\b/i.test(text)
        ? QUERY_VERB.write
        : /\bDELETE\s+FROM\b/i.test(text)
          ? QUERY_VERB.delete
          : QUERY_VERB.read;
    case 'COPY':
      return /\bFROM\s+(?:STDIN|PROGRAM|')/i.test(text) ? QUERY_VERB.write : QUERY_VERB.read;
    case 'SHOW':
    case 'DESCRIBE':
    case 'DESC':
    case 'EXPLAIN':
    case 'USE':
      return QUERY_VERB.list;
    case 'INSERT':
    case 'UPDATE':
    case 'MERGE':
    case 'REPLACE':
    case 'LOAD':
    case 'UPSERT':
      return QUERY_VERB.write;
    case 'DELETE':
    case 'TRUNCATE':
    case 'DROP':
      return QUERY_VERB.delete;
    case 'CREATE':
    case 'ALTER':
    case 'GRANT':
    case 'REVOKE':
    case 'SET':
    case 'RESET':
    case 'COMMENT':
    case 'RENAME':
    case 'FLUSH':
    case 'PURGE':
    case 'KILL':
    case 'VACUUM':
    case 'ANALYZE':
    case 'REINDEX':
    case 'CALL':
    case 'DO':
    case 'INSTALL':
    case 'CHANGE':
    case 'STOP':
    case 'START':
    case 'SHUTDOWN':
      return word === 'START' && /^START\s+TRANSACTION/i.test(text) ? QUERY_VERB.unknown : QUERY_VERB.admin;
    default:
      return QUERY_VERB.unknown;
  }
}

/** What a statement changes about accounts, rights or the log itself; undefined for every other. */
export interface SqlChange {
  readonly kind: number;
  readonly target: string;
}

const NAME = String.raw`(?:IF\s+(?:NOT\s+)?EXISTS\s+)?["'\`]?([^\s"'\`;@(]+)`;

const CHANGES: readonly [RegExp, number][] = [
  [
    new RegExp(`^ALTER\\s+(?:USER|ROLE)\\s+${NAME}[^]*\\b(?:PASSWORD|IDENTIFIED)\\b`, 'i'),
    CHANGE_KIND.credentialChanged,
  ],
  [new RegExp(`^SET\\s+PASSWORD\\s+FOR\\s+${NAME}`, 'i'), CHANGE_KIND.credentialChanged],
  [
    new RegExp(`^CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:USER|ROLE|LOGIN)\\s+${NAME}`, 'i'),
    CHANGE_KIND.userCreated,
  ],
  [new RegExp(`^DROP\\s+(?:USER|ROLE|LOGIN)\\s+${NAME}`, 'i'), CHANGE_KIND.userDeleted],
  [new RegExp(`^GRANT\\b[^]*?\\bTO\\s+${NAME}`, 'i'), CHANGE_KIND.privilegeGranted],
  [new RegExp(`^REVOKE\\b[^]*?\\bFROM\\s+${NAME}`, 'i'), CHANGE_KIND.privilegeRevoked],
  [
    new RegExp(
      `^ALTER\\s+(?:USER|ROLE)\\s+${NAME}[^]*\\b(?:SUPERUSER|CREATEROLE|BYPASSRLS|REPLICATION)\\b`,
      'i',
    ),
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /^(?:ALTER\s+SYSTEM\s+SET|SET\s+(?:GLOBAL|PERSIST)\s+)\s*(?:@@\w+\.)?((?:general_log|slow_query_log|audit_log_policy|server_audit_logging|log_statement|logging_collector|pgaudit\.log|log_connections|log_bin)\b)[^]*?(?:OFF|NONE|=\s*'?0|=\s*'')/i,
    CHANGE_KIND.loggingStopped,
  ],
  [/^(PURGE\s+BINARY\s+LOGS|RESET\s+MASTER)/i, CHANGE_KIND.logDeleted],
];

export function changeOfSql(statement: string): SqlChange | undefined {
  const text = leadingWords(statement);
  if (!/^(?:ALTER|SET|CREATE|DROP|GRANT|REVOKE|PURGE|RESET)\b/i.test(text)) return undefined;
  for (const [pattern, kind] of CHANGES) {
    const match = pattern.exec(text);
    if (match) return { kind, target: match[1] ?? '' };
  }
  return undefined;
}

/** A statement without the secrets that some carry in clear, for the detail of a change. */
export function withoutSecrets(statement: string): string {
  return shownStatement(statement).replace(
    /\b(PASSWORD|IDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)(?:\s+PASSWORD)?|AS|BY)(\s*\(?\s*=?\s*)(?:'[^']*'|"[^"]*")/gi,
    "$1$2'…'",
  );
}
