import { CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import { portOf } from './json';
import { type RowWriter } from './row-writer';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets } from './sql';

export const POSTGRES = 'postgresql';
const PORT = 5432;

/** One message of a PostgreSQL server, from whichever of its log destinations. */
export interface PostgresMessage {
  readonly user: string;
  readonly client: string;
  readonly clientPort: number;
  readonly application: string;
  readonly process: number;
  readonly severity: string;
  readonly message: string;
  /** Statement that an error is about, where the destination keeps it beside the message. */
  readonly statement: string;
}

/** PGAudit's class of statement (pgaudit README, "Format"). */
const AUDIT_VERBS: Readonly<Record<string, number>> = {
  READ: QUERY_VERB.read,
  WRITE: QUERY_VERB.write,
  FUNCTION: QUERY_VERB.read,
  ROLE: QUERY_VERB.admin,
  DDL: QUERY_VERB.admin,
  MISC: QUERY_VERB.unknown,
  MISC_SET: QUERY_VERB.admin,
};

/**
 * Rows of one message. Returns undefined when it gave some, else what it is to be counted as. Message texts from postgres.c, auth.c,
 * postinit.c and pgaudit.c.
 */
export function writePostgres(rows: RowWriter, entry: PostgresMessage): string | undefined {
  const { message } = entry;
  const severity = entry.severity.toUpperCase();
  if (severity === 'FATAL') return writeFatal(rows, entry);
  if (severity === 'ERROR' || severity === 'PANIC') return writeError(rows, entry);
  if (severity !== 'LOG' && severity !== 'INFO') return `${severity.slice(0, 20)} line`;
  if (message.startsWith('AUDIT: ')) return writeAudit(rows, entry);
  const timed = /^duration: ([\d.]+) ms(?:\s+([^]*))?$/.exec(message);
  if (timed)
    return timed[2] === undefined
      ? 'duration without a statement'
      : writeStatement(rows, entry, timed[2], Number(timed[1]) * 1000);
  if (/^(?:statement|execute|fastpath)\b/.test(message))
    return writeStatement(rows, entry, message, Number.NaN);
  return writeConnection(rows, entry);
}

/**
 * `statement: …`, `execute <name>: …`; the steps before (`parse`, `bind`) have not run anything yet. What has a duration was carried out.
 * Returns undefined when it gave a row, else what it is to be counted as.
 */
export function writeStatement(
  rows: RowWriter,
  entry: PostgresMessage,
  text: string,
  durationUs: number,
  outcome: number = Number.isNaN(durationUs) ? QUERY_OUTCOME.unknown : QUERY_OUTCOME.success,
): string | undefined {
  if (/^(?:parse|bind) /.test(text)) return 'parse or bind step';
  const match = /^(?:statement|execute \S+|fastpath function call): ?([^]*)$/.exec(text);
  if (!match) return 'LOG line of another kind';
  query(rows, entry, match[1] ?? '', outcome, durationUs);
  return undefined;
}

function query(
  rows: RowWriter,
  entry: PostgresMessage,
  sql: string,
  outcome: number,
  durationUs: number,
  verb = verbOfSql(sql),
): void {
  const change = changeOfSql(sql);
  rows.query({
    actor: entry.client,
    actorPort: entry.clientPort,
    principal: entry.user,
    service: POSTGRES,
    servicePort: PORT,
    verb,
    object: change ? withoutSecrets(sql) : shownStatement(sql),
    outcome,
    durationUs,
    agent: entry.application,
  });
  if (change)
    rows.change({
      actor: entry.client,
      principal: entry.user,
      kind: change.kind,
      target: change.target,
      outcome:
        outcome === QUERY_OUTCOME.denied || outcome === QUERY_OUTCOME.error
          ? CHANGE_OUTCOME.failure
          : CHANGE_OUTCOME.unknown,
      detail: withoutSecrets(sql),
    });
}

/** `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.account,"select …",<none>[,rows]`. */
function writeAudit(rows: RowWriter, entry: PostgresMessage): string | undefined {
  const fields = splitCsv(entry.message.slice(7));
  const [, , , kind = '', command = '', , object = '', statement = ''] = fields;
  if (kind === '') return 'audit line of another shape';
  const isDelete = /^(?:DELETE|TRUNCATE|DROP)/.test(command);
  const verb = isDelete ? QUERY_VERB.delete : (AUDIT_VERBS[kind] ?? QUERY_VERB.unknown);
  const returned = /^\d+$/.test(fields[9] ?? '') ? Number(fields[9]) : Number.NaN;
  const change = changeOfSql(statement);
  rows.query({
    actor: entry.client,
    actorPort: entry.clientPort,
    principal: entry.user,
    service: POSTGRES,
    servicePort: PORT,
    verb,
    object: object === '' ? withoutSecrets(statement) : object,
    outcome: QUERY_OUTCOME.success,
    rowsReturned: returned,
    agent: entry.application,
  });
  if (change)
    rows.change({
      actor: entry.client,
      principal: entry.user,
      kind: change.kind,
      target: change.target,
      outcome: CHANGE_OUTCOME.unknown,
      detail: withoutSecrets(statement),
    });
  return undefined;
}

function writeFatal(rows: RowWriter, entry: PostgresMessage): string | undefined {
  const { message } = entry;
  const failed = /^(\w+(?: \w+)?) authentication failed for user "([^"]*)"/.exec(message);
  const barred =
    /^(?:no pg_hba\.conf entry for|pg_hba\.conf rejects connection for) (?:replication connection from )?host "([^"]*)"(?:, user "([^"]*)")?/.exec(
      message,
    );
  const unknown = /^role "([^"]*)" (?:does not exist|is not permitted to log in)/.exec(message);
  if (!failed && !barred && !unknown) {
    return /terminating connection/.test(message) ? 'terminated connection' : 'FATAL line of another kind';
  }
  rows.login({
    actor: entry.client || (barred?.[1] ?? ''),
    actorPort: entry.clientPort,
    service: POSTGRES,
    user: failed?.[2] ?? barred?.[2] ?? unknown?.[1] ?? entry.user,
    method: failed ? methodOf(failed[1] ?? '') : LOGIN_METHOD.unknown,
    outcome: LOGIN_OUTCOME.failure,
    process: entry.process,
  });
  return undefined;
}

const DENIED = /^permission denied for (?:\w+ )?"?([^"]*)"?/;

/** What an error message says became of the statement that it is about. */
export function outcomeOfError(message: string): number {
  return DENIED.test(message) ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error;
}

function writeError(rows: RowWriter, entry: PostgresMessage): string | undefined {
  const denied = DENIED.exec(entry.message);
  if (entry.statement === '' && !denied) return 'error of a statement';
  const outcome = outcomeOfError(entry.message);
  if (entry.statement !== '') query(rows, entry, entry.statement, outcome, Number.NaN);
  else query(rows, entry, denied?.[1] ?? '', outcome, Number.NaN, QUERY_VERB.unknown);
  return undefined;
}

/** Connections, with `log_connections` and `log_disconnections` on. */
function writeConnection(rows: RowWriter, entry: PostgresMessage): string | undefined {
  const { message } = entry;
  const field = (name: string): string => new RegExp(`(?:^|\\s)${name}=(\\S+)`).exec(message)?.[1] ?? '';
  let outcome: number;
  if (message.startsWith('connection received: ')) outcome = LOGIN_OUTCOME.connect;
  else if (/^(?:replication )?connection authorized: /.test(message)) outcome = LOGIN_OUTCOME.success;
  else if (message.startsWith('disconnection: ')) outcome = LOGIN_OUTCOME.disconnect;
  else return 'LOG line of another kind';
  const host = field('host');
  rows.login({
    actor: entry.client || (host === '[local]' ? '' : host),
    actorPort: entry.clientPort || portOf(field('port')),
    service: POSTGRES,
    user: field('user') || entry.user,
    outcome,
    process: entry.process,
  });
  return undefined;
}

function methodOf(name: string): number {
  if (/^password|^SCRAM|^MD5/i.test(name)) return LOGIN_METHOD.password;
  if (/^GSSAPI/i.test(name)) return LOGIN_METHOD.gssapi;
  if (/^certificate/i.test(name)) return LOGIN_METHOD.publickey;
  return LOGIN_METHOD.other;
}

/** The values of one CSV record; quotes double inside quotes. */
export function splitCsv(text: string, limit = 40): string[] {
  const values: string[] = [];
  let at = 0;
  while (at <= text.length && values.length < limit) {
    if (text[at] === '"') {
      let close = text.indexOf('"', at + 1);
      while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close === -1) close = text.length;
      values.push(text.slice(at + 1, close).replaceAll('""', '"'));
      const comma = text.indexOf(',', close);
      at = comma === -1 ? text.length + 1 : comma + 1;
    } else {
      const comma = text.indexOf(',', at);
      values.push(text.slice(at, comma === -1 ? text.length : comma));
      at = comma === -1 ? text.length + 1 : comma + 1;
    }
  }
  return values;
}
