import { addressId, f64, i32, stringId, u16, u32, u8, type ColumnsOf, type RowOf } from './columns';

/**
 * Columns that every table has. `offset` is the byte offset of the row's record in the (decompressed) source, relative to the
 * segment's `baseOffset`. `lineAdjust` is the record's line number minus (segment.baseLine + index): zero throughout a clean file.
 */
const RECEIPT = { timeBasis: u8(), offset: u32(), lineAdjust: i32() };

/**
 * One exported flow record, in the direction of the record. `src…` is who the record names first (for connection logs the
 * originator); `srcBytes` is what src sent, `dstBytes` what came back (NaN: the export does not say). Which side is the
 * asset is decided by the analysis, since only the case knows its own networks.
 */
export const FLOW_SCHEMA = {
  startUs: f64(),
  endUs: f64(),
  srcAddr: addressId,
  dstAddr: addressId,
  srcPort: u16(),
  dstPort: u16(),
  /** IANA protocol number; 255 when the log does not say. For ICMP the ports hold type and code where the log gives them. */
  protocol: u8(255),
  srcBytes: f64(),
  dstBytes: f64(),
  /** Packets each way; 4294967295 means unknown. */
  srcPackets: u32(0xffffffff),
  dstPackets: u32(0xffffffff),
  verdict: u8(),
  logStatus: u8(),
  /** OR of TCP flags seen (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32); 255 when the log does not say. */
  tcpFlags: u8(255),
  connState: u8(),
  /** Interface or sensor that wrote the record (eni-…, sensor name). */
  sensor: stringId,
  ...RECEIPT,
} as const;

export const UNKNOWN_PACKETS = 0xffffffff;
export const UNKNOWN_FLAGS = 255;
export const UNKNOWN_PROTOCOL = 255;

export const VERDICT = { unknown: 0, accept: 1, reject: 2 } as const;
/**
 * `noData`: the interval was watched and had no traffic. `skipData`: records were lost. Never the same thing. `retold`: another log holds the same
 * line, and the flow counts there; no parser sets it.
 */
export const LOG_STATUS = { ok: 0, noData: 1, skipData: 2, retold: 3 } as const;
/**
 * What is known of a TCP conversation, from Zeek's conn_state/history, Suricata's or argus' state, or flags.
 * `attempt`: no answer. `refused`: answered by a reset. `established`: both sides agreed, then ended or not.
 */
export const CONN_STATE = { unknown: 0, attempt: 1, refused: 2, established: 3, midstream: 4 } as const;

export const LOGIN_SCHEMA = {
  timeUs: f64(),
  actorAddr: addressId,
  actorPort: u16(),
  /** Remote host name where the log gives a name instead of an address. */
  actorName: stringId,
  /** The machine that wrote the line, as it names itself. */
  host: stringId,
  /** `sshd`, `sudo`, `console`, `rdp`, … */
  service: stringId,
  user: stringId,
  /**
   * The account that `user` became or acted as, or tried to: root of `sudo: bob : … USER=root`, the role that was taken. Empty in most
   * logins. (ECS: `user.effective`; OCSF's Authentication: `user`, with ours as `actor.user`.)
   */
  became: stringId,
  method: u8(),
  outcome: u8(),
  /** Key fingerprint (`SHA256:…`) or access key id. */
  key: stringId,
  /** Process or logon id that ties the lines of one session together; 0 unknown. */
  process: u32(),
  ...RECEIPT,
} as const;

export const LOGIN_METHOD = {
  unknown: 0,
  password: 1,
  publickey: 2,
  keyboardInteractive: 3,
  none: 4,
  hostbased: 5,
  gssapi: 6,
  mfa: 7,
  token: 8,
  kerberos: 9,
  ntlm: 10,
  other: 11,
} as const;

/**
 * One event of the authentication path. Only `failure` is a rejected credential: sshd prints `Invalid user` and then
 * `Failed password for invalid user` about the same try, and counting both would double every guess.
 */
export const LOGIN_OUTCOME = {
  unknown: 0,
  failure: 1,
  success: 2,
  invalidUser: 3,
  connect: 4,
  disconnect: 5,
  sessionOpened: 6,
  sessionClosed: 7,
  maxAttempts: 8,
  noIdentification: 9,
  /** A privilege change: sudo, su, special privileges assigned. */
  privilege: 10,
  /** What another log tells of the same event, and where it counts. No parser sets it. */
  retold: 11,
} as const;

export const QUERY_SCHEMA = {
  timeUs: f64(),
  actorAddr: addressId,
  actorPort: u16(),
  principal: stringId,
  service: stringId,
  host: stringId,
  /** Port of the service on the asset where the log says; 0 unknown. */
  servicePort: u16(),
  verb: u8(),
  /** What was asked for: index, path, bucket/key, table, statement. */
  object: stringId,
  /** HTTP or service status; 0 unknown. */
  status: u16(),
  outcome: u8(),
  rowsReturned: f64(),
  bytesReturned: f64(),
  durationUs: f64(),
  /** User agent or client program. */
  agent: stringId,
  ...RECEIPT,
} as const;

export const QUERY_VERB = { unknown: 0, read: 1, list: 2, write: 3, delete: 4, admin: 5, auth: 6 } as const;
/** `denied`: refused for lack of rights. `error`: the service did not carry it out for another reason. */
export const QUERY_OUTCOME = { unknown: 0, success: 1, denied: 2, error: 3 } as const;

export const CHANGE_SCHEMA = {
  timeUs: f64(),
  principal: stringId,
  actorAddr: addressId,
  kind: u8(),
  /** The thing changed: a security group, user, key, trail, file. */
  target: stringId,
  cidr: stringId,
  portFrom: u16(),
  /** Inclusive. 0–65535 means every port. */
  portTo: u16(),
  /** IANA protocol number; 255 every protocol or unknown. */
  protocol: u8(255),
  outcome: u8(),
  host: stringId,
  /** The event's own name and what else an analyst needs to read it. */
  detail: stringId,
  ...RECEIPT,
} as const;

export const CHANGE_KIND = {
  other: 0,
  portOpened: 1,
  portClosed: 2,
  keyCreated: 3,
  keyDeleted: 4,
  userCreated: 5,
  userDeleted: 6,
  privilegeGranted: 7,
  privilegeRevoked: 8,
  loggingStopped: 9,
  loggingStarted: 10,
  logDeleted: 11,
  serviceCreated: 12,
  serviceStopped: 13,
  policyChanged: 14,
  instanceChanged: 15,
  credentialChanged: 16,
  commandRun: 17,
  groupAttached: 18,
  /** What another log tells of the same change, and where it counts. No parser sets it. */
  retold: 19,
  /** Whoever comes from `cidr` may read what `host` holds, or may no longer, without being named; `target` is the lever that says so. */
  publicGranted: 20,
  publicRevoked: 21,
  /** What the public is granted by that lever does not count, or counts again. */
  publicBlocked: 22,
  publicUnblocked: 23,
  /** A copy of a disk, image or database was given to another account, or to all. */
  copyShared: 24,
} as const;
export const CHANGE_OUTCOME = { unknown: 0, success: 1, failure: 2 } as const;

export const SCHEMAS = {
  flows: FLOW_SCHEMA,
  logins: LOGIN_SCHEMA,
  queries: QUERY_SCHEMA,
  changes: CHANGE_SCHEMA,
} as const;

export type TableName = keyof typeof SCHEMAS;
export const TABLE_NAMES = Object.keys(SCHEMAS) as readonly TableName[];
export type SchemaOf<T extends TableName> = (typeof SCHEMAS)[T];
export type ColumnsFor<T extends TableName> = ColumnsOf<SchemaOf<T>>;
export type RowFor<T extends TableName> = RowOf<SchemaOf<T>>;

/** The words of an enumeration that a log may use itself: that a row counts elsewhere is not for a log to say. */
export function wordsOfLogs(enumeration: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(enumeration).filter(([name]) => name !== 'retold'));
}

/** The name of an enumeration's value, for the screen and the exports: `nameOf(VERDICT, 1)` is `accept`. */
export function nameOf(enumeration: Readonly<Record<string, number>>, value: number): string {
  for (const [name, number] of Object.entries(enumeration)) if (number === value) return name;
  return 'unknown';
}
