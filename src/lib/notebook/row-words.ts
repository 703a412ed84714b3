import { formatBytes, formatCount, formatDuration } from '../base/units';
import { visibleText } from '../base/visible';
import type { TableName } from '../tables/schemas';

/** The text of a row's cell by the column's name; empty where the log says nothing. */
export type CellText = (column: string) => string;

/** What a row of each table is called beside rows of the others. */
export const ROW_KINDS: Readonly<Record<TableName, string>> = {
  flows: 'flow',
  logins: 'login',
  queries: 'query',
  changes: 'change',
};

/** A row in one line of words, for rows of all tables below each other. Without its time. Safe to show: what shows nothing is written out. */
export function rowWords(table: TableName, cell: CellText): string {
  return visibleText(WORDS[table](cell));
}

const WORDS: Readonly<Record<TableName, (cell: CellText) => string>> = {
  flows: flowWords,
  logins: loginWords,
  queries: queryWords,
  changes: changeWords,
};

function flowWords(cell: CellText): string {
  const status = cell('logStatus');
  if (status === 'noData') return joined([place(cell, 'sensor'), 'no traffic in this interval']);
  if (status === 'skipData') return joined([place(cell, 'sensor'), 'records of this interval were lost']);
  const protocol = cell('protocol');
  const way = `${endpoint(cell('srcAddr'), cell('srcPort'))} → ${endpoint(cell('dstAddr'), cell('dstPort'))}`;
  const length = Number(cell('endUs')) - Number(cell('startUs'));
  return joined([
    protocol === '' ? way : `${way} ${protocol}`,
    status === 'retold' ? 'told again' : '',
    cell('verdict') === 'reject' ? 'rejected' : (FLOW_STATES[cell('connState')] ?? ''),
    bytes(cell('srcBytes'), 'out'),
    bytes(cell('dstBytes'), 'back'),
    cell('endUs') !== '' && length > 0 ? formatDuration(length) : '',
  ]);
}

const FLOW_STATES: Readonly<Record<string, string>> = {
  attempt: 'no answer',
  refused: 'refused',
  established: 'connected',
  midstream: 'already under way',
};

function loginWords(cell: CellText): string {
  const { user, became, method, at, from } = {
    user: cell('user'),
    became: cell('became'),
    method: cell('method'),
    at: joinedPlace(cell('service'), cell('host')),
    from: cell('actorName') || endpoint(cell('actorAddr'), cell('actorPort')),
  };
  const what = LOGIN_WORDS[cell('outcome')] ?? 'event';
  return joined([
    user === '' ? what : `${what}: ${user}${became === '' ? '' : ` as ${became}`}`,
    method === '' ? '' : `by ${METHODS[method] ?? method}`,
    at,
    from === '' ? '' : `from ${from}`,
    cell('key'),
  ]);
}

const LOGIN_WORDS: Readonly<Record<string, string>> = {
  failure: 'login failed',
  success: 'login accepted',
  invalidUser: 'no such user',
  connect: 'connected',
  disconnect: 'disconnected',
  sessionOpened: 'session opened',
  sessionClosed: 'session closed',
  maxAttempts: 'cut off after too many tries',
  noIdentification: 'connected and named no protocol',
  privilege: 'privilege taken',
  retold: 'login of another log told again',
};

const METHODS: Readonly<Record<string, string>> = {
  publickey: 'public key',
  keyboardInteractive: 'keyboard-interactive',
  none: 'no credential',
};

function queryWords(cell: CellText): string {
  const principal = cell('principal');
  const status = cell('status');
  const outcome = cell('outcome');
  const duration = cell('durationUs');
  const rows = cell('rowsReturned');
  return joined([
    `${cell('verb') || 'asked'} ${cell('object')}`.trimEnd(),
    status === '' ? outcome : `${outcome} (${status})`.trimStart(),
    bytes(cell('bytesReturned'), 'back'),
    rows === '' ? '' : `${formatCount(Number(rows))} ${rows === '1' ? 'row' : 'rows'} back`,
    duration === '' ? '' : formatDuration(Number(duration)),
    principal === '' ? '' : `as ${principal}`,
    joinedPlace([cell('service'), cell('servicePort')].filter((text) => text !== '').join(' '), cell('host')),
    cell('actorAddr') === '' ? '' : `from ${endpoint(cell('actorAddr'), cell('actorPort'))}`,
  ]);
}

function changeWords(cell: CellText): string {
  const principal = cell('principal');
  const kind = cell('kind');
  return joined([
    [CHANGE_WORDS[kind] ?? 'change', ports(cell), cell('target')].filter((text) => text !== '').join(' '),
    cell('cidr') === '' ? '' : `for ${cell('cidr')}`,
    cell('detail'),
    cell('outcome') === 'failure' ? 'failed' : '',
    principal === '' ? '' : `by ${principal}`,
    place(cell, 'host'),
    cell('actorAddr') === '' ? '' : `from ${cell('actorAddr')}`,
  ]);
}

const CHANGE_WORDS: Readonly<Record<string, string>> = {
  portOpened: 'opened',
  portClosed: 'closed',
  keyCreated: 'key created',
  keyDeleted: 'key deleted',
  userCreated: 'user created',
  userDeleted: 'user deleted',
  privilegeGranted: 'privilege granted',
  privilegeRevoked: 'privilege revoked',
  loggingStopped: 'logging stopped',
  loggingStarted: 'logging started',
  logDeleted: 'log deleted',
  serviceCreated: 'service created',
  serviceStopped: 'service stopped',
  policyChanged: 'policy changed',
  instanceChanged: 'instance changed',
  credentialChanged: 'credential changed',
  commandRun: 'command run',
  groupAttached: 'group attached',
  publicGranted: 'opened to the public:',
  publicRevoked: 'open to nobody unnamed:',
  publicBlocked: 'public access blocked:',
  publicUnblocked: 'public access no longer blocked:',
  copyShared: 'copy shared:',
  retold: 'change of another log told again:',
};

function ports(cell: CellText): string {
  const from = cell('portFrom');
  const to = cell('portTo');
  if (from === '' && to === '') return '';
  if (from === '0' && to === '65535') return 'every port';
  return from === to || to === '' ? `port ${from}` : `ports ${from}–${to}`;
}

function place(cell: CellText, column: string): string {
  return cell(column) === '' ? '' : `on ${cell(column)}`;
}

function joinedPlace(service: string, host: string): string {
  if (service === '') return host === '' ? '' : `on ${host}`;
  return host === '' ? service : `${service} on ${host}`;
}

function endpoint(address: string, port: string): string {
  if (port === '' || port === '0') return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function bytes(text: string, way: string): string {
  return text === '' ? '' : `${formatBytes(Number(text))} ${way}`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
