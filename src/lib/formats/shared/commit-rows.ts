import { SCHEMAS, type RowFor, type TableName } from '../../tables/schemas';
import type { TableBuilder } from '../../tables/builders';

// The builder's own `commit` reads and writes each column by a name that it only knows at run time; that costs more than reading a line of
// CSV or JSON does. These write the same columns by name, so that the engine knows each one's type. A test holds them to the schemas.

const FLOW_UNKNOWN = unknownsOf('flows');

/** `builder.commit` for flows. */
export function commitFlow(builder: TableBuilder<'flows'>, offset: number, line: number): void {
  const i = builder.open(offset, line);
  const { columns, row } = builder;
  columns.startUs[i] = row.startUs;
  columns.endUs[i] = row.endUs;
  columns.srcAddr[i] = row.srcAddr;
  columns.dstAddr[i] = row.dstAddr;
  columns.srcPort[i] = row.srcPort;
  columns.dstPort[i] = row.dstPort;
  columns.protocol[i] = row.protocol;
  columns.srcBytes[i] = row.srcBytes;
  columns.dstBytes[i] = row.dstBytes;
  columns.srcPackets[i] = row.srcPackets;
  columns.dstPackets[i] = row.dstPackets;
  columns.verdict[i] = row.verdict;
  columns.logStatus[i] = row.logStatus;
  columns.tcpFlags[i] = row.tcpFlags;
  columns.connState[i] = row.connState;
  columns.sensor[i] = row.sensor;
  columns.timeBasis[i] = row.timeBasis;
  builder.commitDirect(offset, line);
  const unknown = FLOW_UNKNOWN;
  row.startUs = unknown.startUs;
  row.endUs = unknown.endUs;
  row.srcAddr = unknown.srcAddr;
  row.dstAddr = unknown.dstAddr;
  row.srcPort = unknown.srcPort;
  row.dstPort = unknown.dstPort;
  row.protocol = unknown.protocol;
  row.srcBytes = unknown.srcBytes;
  row.dstBytes = unknown.dstBytes;
  row.srcPackets = unknown.srcPackets;
  row.dstPackets = unknown.dstPackets;
  row.verdict = unknown.verdict;
  row.logStatus = unknown.logStatus;
  row.tcpFlags = unknown.tcpFlags;
  row.connState = unknown.connState;
  row.sensor = unknown.sensor;
  row.timeBasis = unknown.timeBasis;
}

const LOGIN_UNKNOWN = unknownsOf('logins');

/** `builder.commit` for logins. */
export function commitLogin(builder: TableBuilder<'logins'>, offset: number, line: number): void {
  const i = builder.open(offset, line);
  const { columns, row } = builder;
  columns.timeUs[i] = row.timeUs;
  columns.actorAddr[i] = row.actorAddr;
  columns.actorPort[i] = row.actorPort;
  columns.actorName[i] = row.actorName;
  columns.host[i] = row.host;
  columns.service[i] = row.service;
  columns.user[i] = row.user;
  columns.became[i] = row.became;
  columns.method[i] = row.method;
  columns.outcome[i] = row.outcome;
  columns.key[i] = row.key;
  columns.process[i] = row.process;
  columns.timeBasis[i] = row.timeBasis;
  builder.commitDirect(offset, line);
  const unknown = LOGIN_UNKNOWN;
  row.timeUs = unknown.timeUs;
  row.actorAddr = unknown.actorAddr;
  row.actorPort = unknown.actorPort;
  row.actorName = unknown.actorName;
  row.host = unknown.host;
  row.service = unknown.service;
  row.user = unknown.user;
  row.became = unknown.became;
  row.method = unknown.method;
  row.outcome = unknown.outcome;
  row.key = unknown.key;
  row.process = unknown.process;
  row.timeBasis = unknown.timeBasis;
}

const QUERY_UNKNOWN = unknownsOf('queries');

/** `builder.commit` for queries. */
export function commitQuery(builder: TableBuilder<'queries'>, offset: number, line: number): void {
  const i = builder.open(offset, line);
  const { columns, row } = builder;
  columns.timeUs[i] = row.timeUs;
  columns.actorAddr[i] = row.actorAddr;
  columns.actorPort[i] = row.actorPort;
  columns.principal[i] = row.principal;
  columns.service[i] = row.service;
  columns.host[i] = row.host;
  columns.servicePort[i] = row.servicePort;
  columns.verb[i] = row.verb;
  columns.object[i] = row.object;
  columns.status[i] = row.status;
  columns.outcome[i] = row.outcome;
  columns.rowsReturned[i] = row.rowsReturned;
  columns.bytesReturned[i] = row.bytesReturned;
  columns.durationUs[i] = row.durationUs;
  columns.agent[i] = row.agent;
  columns.timeBasis[i] = row.timeBasis;
  builder.commitDirect(offset, line);
  const unknown = QUERY_UNKNOWN;
  row.timeUs = unknown.timeUs;
  row.actorAddr = unknown.actorAddr;
  row.actorPort = unknown.actorPort;
  row.principal = unknown.principal;
  row.service = unknown.service;
  row.host = unknown.host;
  row.servicePort = unknown.servicePort;
  row.verb = unknown.verb;
  row.object = unknown.object;
  row.status = unknown.status;
  row.outcome = unknown.outcome;
  row.rowsReturned = unknown.rowsReturned;
  row.bytesReturned = unknown.bytesReturned;
  row.durationUs = unknown.durationUs;
  row.agent = unknown.agent;
  row.timeBasis = unknown.timeBasis;
}

const CHANGE_UNKNOWN = unknownsOf('changes');

/** `builder.commit` for changes. */
export function commitChange(builder: TableBuilder<'changes'>, offset: number, line: number): void {
  const i = builder.open(offset, line);
  const { columns, row } = builder;
  columns.timeUs[i] = row.timeUs;
  columns.principal[i] = row.principal;
  columns.actorAddr[i] = row.actorAddr;
  columns.kind[i] = row.kind;
  columns.target[i] = row.target;
  columns.cidr[i] = row.cidr;
  columns.portFrom[i] = row.portFrom;
  columns.portTo[i] = row.portTo;
  columns.protocol[i] = row.protocol;
  columns.outcome[i] = row.outcome;
  columns.host[i] = row.host;
  columns.detail[i] = row.detail;
  columns.timeBasis[i] = row.timeBasis;
  builder.commitDirect(offset, line);
  const unknown = CHANGE_UNKNOWN;
  row.timeUs = unknown.timeUs;
  row.principal = unknown.principal;
  row.actorAddr = unknown.actorAddr;
  row.kind = unknown.kind;
  row.target = unknown.target;
  row.cidr = unknown.cidr;
  row.portFrom = unknown.portFrom;
  row.portTo = unknown.portTo;
  row.protocol = unknown.protocol;
  row.outcome = unknown.outcome;
  row.host = unknown.host;
  row.detail = unknown.detail;
  row.timeBasis = unknown.timeBasis;
}

/** Commits the row being filled, in whichever table. */
export function commitRow(builder: TableBuilder<TableName>, offset: number, line: number): void {
  if (builder.table === 'flows') commitFlow(builder as unknown as TableBuilder<'flows'>, offset, line);
  else if (builder.table === 'logins')
    commitLogin(builder as unknown as TableBuilder<'logins'>, offset, line);
  else if (builder.table === 'queries')
    commitQuery(builder as unknown as TableBuilder<'queries'>, offset, line);
  else commitChange(builder as unknown as TableBuilder<'changes'>, offset, line);
}

function unknownsOf<T extends TableName>(table: T): RowFor<T> {
  const unknowns = Object.entries(SCHEMAS[table]).map(([name, spec]) => [name, spec.unknown]);
  return Object.fromEntries(unknowns) as RowFor<T>;
}
