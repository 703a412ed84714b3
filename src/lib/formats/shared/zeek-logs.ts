import { MICROS_PER_SECOND } from '../../base/time';
import {
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
import { commitLogin, commitQuery } from './commit-rows';
import { protocolOf } from './enumerations';
import { outcomeOfStatus, verbOfRequest } from './http';
import { Derived, F, type ZeekValues } from './zeek-fields';
import { flagsOf, FTP_VERBS, kerberosOutcome, redisVerb, SMB_VERBS, sqlVerb, stateOf } from './zeek-words';

/** Reads one record of one kind of log into rows; the reason when it can't. `null` is a row written. */
type LogReader = (values: ZeekValues, offset: number, line: number) => string | null;

/**
 * The readers of the logs that give rows. Which asset a record is about is the responder's address: that is what a sensor knows, a host's
 * name for itself it does not.
 */
export class ZeekLogs {
  readonly #sink: RecordSink;
  readonly #readers: Readonly<Record<string, LogReader>>;
  readonly #texts = new Map<string, number>();
  readonly #protocols = new Derived(protocolOf);
  readonly #flags = new Derived(flagsOf);
  readonly #states = new Derived(stateOf);

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
    const startUs = values.time(F.ts);
    if (Number.isNaN(startUs)) return values.fault ?? 'the time (ts) is missing';
    const duration = values.number(F.duration);
    const src = values.address(F['id.orig_h']);
    const dst = values.address(F['id.resp_h']);
    const srcPort = values.number(F['id.orig_p']);
    const dstPort = values.number(F['id.resp_p']);
    // With headers where Zeek counted them, so that the bytes mean the same as in the flow logs of routers and clouds.
    const [srcBytes, dstBytes] = values.has(F.orig_ip_bytes)
      ? [values.number(F.orig_ip_bytes), values.number(F.resp_ip_bytes)]
      : [values.number(F.orig_bytes), values.number(F.resp_bytes)];
    const srcPackets = values.number(F.orig_pkts);
    const dstPackets = values.number(F.resp_pkts);
    if (values.fault !== null) return values.fault;
    if (src === 0 && dst === 0) return 'neither id.orig_h nor id.resp_h holds an address';
    const protocol = values.derive(F.proto, this.#protocols);

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
    columns.tcpFlags[i] = protocol === 6 ? values.derive(F.history, this.#flags) : UNKNOWN_FLAGS;
    columns.connState[i] = values.derive(F.conn_state, this.#states);
    columns.sensor[i] = values.string(F.peer);
    columns.timeBasis[i] = 0;
    flows.commitDirect(offset, line);
    return null;
  }

  /** Fills what every login row of a sensor has; a reason when the record can't be a row. */
  #login(values: ZeekValues, service: string): string | null {
    const row = this.#sink.logins.row;
    row.timeUs = values.time(F.ts);
    if (Number.isNaN(row.timeUs)) return values.fault ?? 'the time (ts) is missing';
    row.actorAddr = values.address(F['id.orig_h']);
    row.actorPort = portOf(values.number(F['id.orig_p']));
    row.host = values.string(F['id.resp_h']);
    row.service = this.#intern(service);
    return values.fault;
  }

  #commitLogin(fault: string | null, offset: number, line: number): string | null {
    if (fault === null) commitLogin(this.#sink.logins, offset, line);
    else this.#sink.logins.abandon();
    return fault;
  }

  #ssh(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'ssh');
    const success = values.flag(F.auth_success);
    // Encrypted: Zeek infers the outcome from packet sizes and leaves it out when it can't.
    this.#sink.logins.row.outcome =
      success === undefined ? LOGIN_OUTCOME.connect : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #rdp(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'rdp');
    const row = this.#sink.logins.row;
    row.user = values.string(F.cookie);
    // `result` is the outcome of negotiating the connection; whether the login inside it succeeded is encrypted.
    row.outcome = LOGIN_OUTCOME.connect;
    return this.#commitLogin(fault, offset, line);
  }

  #ntlm(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#login(values, 'ntlm');
    const row = this.#sink.logins.row;
    row.user = values.string(F.username);
    row.actorName = values.string(F.hostname);
    row.method = LOGIN_METHOD.ntlm;
    const success = values.flag(F.success);
    row.outcome =
      success === undefined ? LOGIN_OUTCOME.unknown : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #kerberos(values: ZeekValues, offset: number, line: number): string | null {
    const isTicket = values.text(F.request_type) === 'TGS';
    const fault = this.#login(values, isTicket ? 'kerberos-tgs' : 'kerberos');
    const row = this.#sink.logins.row;
    row.user = this.#sink.dictionaries.strings.intern(values.text(F.client).split('/')[0] ?? '');
    row.method = LOGIN_METHOD.kerberos;
    row.outcome = kerberosOutcome(values.flag(F.success), values.text(F.error_msg));
    return this.#commitLogin(fault, offset, line);
  }

  /** Fills what every query row of a sensor has. */
  #query(values: ZeekValues, service: string): string | null {
    const row = this.#sink.queries.row;
    row.timeUs = values.time(F.ts);
    if (Number.isNaN(row.timeUs)) return values.fault ?? 'the time (ts) is missing';
    row.actorAddr = values.address(F['id.orig_h']);
    row.actorPort = portOf(values.number(F['id.orig_p']));
    row.host = values.string(F['id.resp_h']);
    row.servicePort = portOf(values.number(F['id.resp_p']));
    row.service = this.#intern(service);
    const success = values.flag(F.success);
    row.outcome =
      success === undefined ? QUERY_OUTCOME.unknown : success ? QUERY_OUTCOME.success : QUERY_OUTCOME.error;
    return values.fault;
  }

  #commitQuery(fault: string | null, offset: number, line: number): string | null {
    if (fault === null) commitQuery(this.#sink.queries, offset, line);
    else this.#sink.queries.abandon();
    return fault;
  }

  #http(values: ZeekValues, offset: number, line: number): string | null {
    let fault = this.#query(values, 'http');
    const row = this.#sink.queries.row;
    row.principal = values.string(F.username);
    row.verb = verbOfRequest(values.text(F.method), values.text(F.uri));
    row.object = values.string(F.uri);
    row.agent = values.string(F.user_agent);
    const status = values.number(F.status_code);
    row.status = status <= 65535 ? status : 0;
    row.outcome = outcomeOfStatus(row.status);
    row.bytesReturned = values.number(F.response_body_len);
    fault ??= values.fault;
    return this.#commitQuery(fault, offset, line);
  }

  #mysql(values: ZeekValues, offset: number, line: number): string | null {
    const command = values.text(F.cmd).toLowerCase();
    const argument = values.text(F.arg);
    if (command === 'login' || command === 'change_user')
      return this.#databaseLogin(values, 'mysql', argument, offset, line);
    const fault = this.#query(values, 'mysql');
    const row = this.#sink.queries.row;
    row.verb = sqlVerb(command, argument);
    row.object = this.#sink.dictionaries.strings.intern(argument === '' ? command : argument);
    const rows = values.number(F.rows);
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
    const success = values.flag(F.success);
    row.outcome =
      success === undefined ? LOGIN_OUTCOME.connect : success ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    return this.#commitLogin(fault, offset, line);
  }

  #postgresql(values: ZeekValues, offset: number, line: number): string | null {
    const message = values.text(F.frontend);
    const statement = values.text(F.frontend_arg);
    if (message === 'startup' || message === 'password_message') {
      return this.#databaseLogin(values, 'postgresql', values.text(F.user), offset, line);
    }
    const fault = this.#query(values, 'postgresql');
    const row = this.#sink.queries.row;
    row.principal = values.string(F.user);
    row.agent = values.string(F.application_name);
    row.verb =
      message === 'simple_query' || message === 'parse' ? sqlVerb('query', statement) : QUERY_VERB.unknown;
    row.object = this.#sink.dictionaries.strings.intern(
      statement === '' ? message || values.text(F.backend) : statement,
    );
    row.rowsReturned = values.number(F.rows);
    return this.#commitQuery(fault, offset, line);
  }

  #redis(values: ZeekValues, offset: number, line: number): string | null {
    const command = values.text(F['cmd.name']).toUpperCase();
    const key = values.text(F['cmd.key']);
    const fault = this.#query(values, 'redis');
    const row = this.#sink.queries.row;
    row.verb = redisVerb(command);
    row.object = this.#sink.dictionaries.strings.intern(key === '' ? command : `${command} ${key}`);
    return this.#commitQuery(fault, offset, line);
  }

  #smbFiles(values: ZeekValues, offset: number, line: number): string | null {
    const action = values.text(F.action).replace(/^SMB::/, '');
    const fault = this.#query(values, 'smb');
    const row = this.#sink.queries.row;
    row.outcome = QUERY_OUTCOME.success;
    const path = values.text(F.path);
    const name = values.text(F.name);
    row.verb =
      action === 'FILE_OPEN'
        ? verbOfOpening(name, values.number(F.size))
        : (SMB_VERBS[action] ?? QUERY_VERB.unknown);
    row.object = this.#sink.dictionaries.strings.intern(
      path === '' || name === '' ? path + name : `${path}\\${name}`,
    );
    return this.#commitQuery(fault, offset, line);
  }

  #ftp(values: ZeekValues, offset: number, line: number): string | null {
    const fault = this.#query(values, 'ftp');
    const row = this.#sink.queries.row;
    row.principal = values.string(F.user);
    row.verb = FTP_VERBS[values.text(F.command).toUpperCase()] ?? QUERY_VERB.unknown;
    const target = values.text(F.arg);
    row.object = this.#sink.dictionaries.strings.intern(target === '' ? values.text(F.command) : target);
    const reply = values.number(F.reply_code);
    if (reply >= 100 && reply <= 999) {
      row.status = reply;
      row.outcome =
        reply < 400
          ? QUERY_OUTCOME.success
          : reply === 530 || reply === 550
            ? QUERY_OUTCOME.denied
            : QUERY_OUTCOME.error;
    }
    if (row.verb === QUERY_VERB.read) row.bytesReturned = values.number(F.file_size);
    return this.#commitQuery(fault, offset, line);
  }
}

/**
 * FILE_OPEN is written once the server has opened the file, and the reads that follow are left out unless Zeek is told to log them
 * (base/protocols/smb/main.zeek, `logged_file_actions`): a file with content that was opened counts as read, the root of a share as listed.
 */
function verbOfOpening(name: string, size: number): number {
  if (name === '<share_root>') return QUERY_VERB.list;
  return size > 0 ? QUERY_VERB.read : QUERY_VERB.unknown;
}

function portOf(value: number): number {
  return value >= 0 && value <= 65535 ? value : 0;
}
