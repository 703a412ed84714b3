import { CONN_STATE, LOGIN_METHOD, LOGIN_OUTCOME, UNKNOWN_FLAGS, VERDICT } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { protocolOf, verdictOf } from './shared/enumerations';
import { FlowWriter } from './shared/flow-writer';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { numberOf, textAt, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { firstText, objectAt, portAt, timeOf } from './shared/json-fields';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { headObjects, jsonKeys } from './shared/sniff-json';

/** Alert signatures named in the notes, and those remembered to find them: a hostile file may hold a new one on every line. */
const NAMED_SIGNATURES = 10;
const MOST_SIGNATURES = 2000;

/** Which kinds of event the head holds, for what they say twice. */
interface Kinds {
  readonly flow: boolean;
  readonly http: boolean;
}

/** Hexadecimal, as eve.json prints flags: `1b`. */
function flagsAt(tcp: JsonObject, key: string): number {
  const text = textAt(tcp, key);
  const value = /^[0-9a-f]{1,2}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  return value < UNKNOWN_FLAGS ? value : UNKNOWN_FLAGS;
}

/** What both sides' flags and the flow's own state show. `state` is Suricata's: new, established, closed, bypassed. */
function connStateOf(protocol: number, tcp: JsonObject, state: string, back: number): number {
  const answer = flagsAt(tcp, 'tcp_flags_tc');
  if (protocol === 6 && answer !== UNKNOWN_FLAGS) {
    if ((answer & 18) === 18) return CONN_STATE.established;
    if ((answer & 4) === 4 && (answer & 2) === 0 && (flagsAt(tcp, 'tcp_flags_ts') & 2) === 2)
      return CONN_STATE.refused;
  }
  if (back === 0) return CONN_STATE.attempt;
  return state === 'established' ? CONN_STATE.established : CONN_STATE.unknown;
}

const WANTED: Wanted = {
  ...wantedAt('event_type', 'timestamp', 'src_ip', 'dest_ip', 'src_port', 'dest_port', 'proto', 'direction'),
  ...wantedAt('icmp_type', 'icmp_code', 'in_iface', 'host'),
  flow: {
    ...wantedAt('start', 'end', 'bytes_toserver', 'bytes_toclient', 'pkts_toserver', 'pkts_toclient'),
    ...wantedAt('state', 'action', 'src_ip', 'src_port'),
  },
  netflow: wantedAt('start', 'end', 'bytes', 'pkts'),
  tcp: wantedAt('tcp_flags', 'tcp_flags_tc', 'tcp_flags_ts'),
  verdict: { action: true },
  alert: wantedAt('signature', 'action'),
  http: wantedAt('status', 'url', 'http_method', 'length', 'http_user_agent'),
  rdp: wantedAt('event_type', 'cookie'),
  krb5: wantedAt('error_code', 'msg_type', 'cname'),
  smb: { ...wantedAt('command', 'status'), ntlmssp: { user: true } },
};

class SuricataParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #flow: FlowWriter;
  readonly #rows: RowWriter;
  readonly #kinds: Kinds;
  readonly #signatures = new Map<string, number>();

  constructor(sink: RecordSink, kinds: Kinds) {
    this.#sink = sink;
    this.#flow = new FlowWriter(sink);
    this.#rows = new RowWriter(sink);
    this.#kinds = kinds;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const event = this.objects.read(bytes, start, end);
    const reason = event ? this.#event(event, offset, line) : NOT_JSON;
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  finish(): void {
    const named = [...this.#signatures].sort((a, b) => b[1] - a[1]).slice(0, NAMED_SIGNATURES);
    for (const [signature, count] of named)
      this.#sink.note(`Suricata alert (${count} times): ${signature.slice(0, 120)}`);
  }

  #event(event: JsonObject, offset: number, line: number): string | null {
    const type = textAt(event, 'event_type');
    const time = timeOf(event['timestamp']);
    this.#rows.at(time.us, time.basis, offset, line);
    if (type === 'flow') return this.#flowEvent(event, objectAt(event, 'flow'), offset, line);
    if (type === 'netflow') return this.#netflow(event, offset, line);
    if (type === 'alert') return this.#alert(event, offset, line);
    if (type !== 'http' && type !== 'ssh' && type !== 'rdp' && type !== 'krb5' && type !== 'smb') {
      if (type === '')
        return 'there is no event_type, so it is not known whether this is a flow, an alert or something else';
      this.#sink.skip(`suricata ${type}`);
      return null;
    }
    if (Number.isNaN(time.us)) return noTime('timestamp', '2024-03-10T12:00:00.123456+0000');
    if (type === 'http') this.#http(event);
    else if (!this.#login(event, type)) this.#sink.skip(`suricata ${type} without a login`);
    return null;
  }

  /** Ends, protocol, interface: what every event has. */
  #common(event: JsonObject): void {
    const flow = this.#flow;
    flow.ends(textAt(event, 'src_ip'), textAt(event, 'dest_ip'));
    const isIcmp = event['icmp_type'] !== undefined;
    flow.ports(event[isIcmp ? 'icmp_type' : 'src_port'], event[isIcmp ? 'icmp_code' : 'dest_port']);
    flow.row.protocol = protocolOf(textAt(event, 'proto'));
    flow.row.sensor = flow.ids.string(firstText(event, 'in_iface', 'host'));
  }

  #flowEvent(event: JsonObject, counters: JsonObject, offset: number, line: number): string | null {
    const { row } = this.#flow;
    this.#common(event);
    this.#flow.times(textAt(counters, 'start') || textAt(event, 'timestamp'), textAt(counters, 'end'));
    row.srcBytes = this.#flow.bytes(counters['bytes_toserver']);
    row.dstBytes = this.#flow.bytes(counters['bytes_toclient']);
    row.srcPackets = this.#flow.packets(counters['pkts_toserver']);
    row.dstPackets = this.#flow.packets(counters['pkts_toclient']);
    const tcp = objectAt(event, 'tcp');
    row.tcpFlags = flagsAt(tcp, 'tcp_flags');
    row.connState = connStateOf(row.protocol, tcp, textAt(counters, 'state'), row.dstPackets);
    row.verdict = verdictOf(textAt(counters, 'action') || textAt(objectAt(event, 'verdict'), 'action'));
    return this.#flow.commit(offset, line);
  }

  /** One direction of a conversation. Where the file has flow events too, those already hold both. */
  #netflow(event: JsonObject, offset: number, line: number): string | null {
    if (this.#kinds.flow) {
      this.#sink.skip('suricata netflow, as the flow events hold it');
      return null;
    }
    const { row } = this.#flow;
    const counters = objectAt(event, 'netflow');
    this.#common(event);
    this.#flow.times(textAt(counters, 'start') || textAt(event, 'timestamp'), textAt(counters, 'end'));
    row.srcBytes = this.#flow.bytes(counters['bytes']);
    row.srcPackets = this.#flow.packets(counters['pkts']);
    row.tcpFlags = flagsAt(objectAt(event, 'tcp'), 'tcp_flags');
    return this.#flow.commit(offset, line);
  }

  /**
   * An alert's packet may be an answer, and then its source is the server. The client is the side that its `flow` object names, else
   * the one that `direction` tells, else the one without the well-known port.
   */
  #alert(event: JsonObject, offset: number, line: number): string | null {
    const alert = objectAt(event, 'alert');
    const signature = textAt(alert, 'signature');
    const known = this.#signatures.get(signature) ?? 0;
    if (known > 0 || this.#signatures.size < MOST_SIGNATURES) this.#signatures.set(signature, known + 1);
    const oriented = isAnswer(event) ? swapEnds(event) : event;
    const counters = objectAt(event, 'flow');
    const hasRequest = event['http'] !== undefined && !this.#kinds.http;
    if (this.#kinds.flow && !hasRequest) {
      this.#sink.skip('suricata alert, as the flow events hold its conversation');
      return null;
    }
    if (!this.#kinds.flow) {
      // "allowed" only means that the sensor let it pass; it is no firewall's word.
      const isBlocked = verdictOf(textAt(alert, 'action')) === VERDICT.reject;
      const verdict = isBlocked ? VERDICT.reject : VERDICT.unknown;
      const reason = this.#alertFlow(oriented, counters, verdict, offset, line);
      if (reason !== null) return reason;
    }
    if (hasRequest) this.#http(oriented);
    return null;
  }

  #alertFlow(
    event: JsonObject,
    counters: JsonObject,
    verdict: number,
    offset: number,
    line: number,
  ): string | null {
    const { row } = this.#flow;
    this.#common(event);
    // Until the alert: `end` is not written while a flow is still open.
    this.#flow.times(
      textAt(counters, 'start') || textAt(event, 'timestamp'),
      textAt(counters, 'end') || textAt(event, 'timestamp'),
    );
    row.srcBytes = this.#flow.bytes(counters['bytes_toserver']);
    row.dstBytes = this.#flow.bytes(counters['bytes_toclient']);
    row.srcPackets = this.#flow.packets(counters['pkts_toserver']);
    row.dstPackets = this.#flow.packets(counters['pkts_toclient']);
    row.verdict = verdict;
    return this.#flow.commit(offset, line);
  }

  #http(event: JsonObject): void {
    const http = objectAt(event, 'http');
    const status = numberOf(http['status']);
    const url = textAt(http, 'url');
    this.#rows.query({
      actor: textAt(event, 'src_ip'),
      actorPort: portAt(event, 'src_port'),
      service: 'http',
      host: textAt(event, 'dest_ip'),
      servicePort: portAt(event, 'dest_port'),
      verb: verbOfRequest(textAt(http, 'http_method'), url),
      object: url,
      status: status >= 100 && status <= 999 ? status : 0,
      outcome: outcomeOfStatus(status >= 100 && status <= 999 ? status : 0),
      bytesReturned: numberOf(http['length']),
      agent: textAt(http, 'http_user_agent'),
    });
  }

  /** True when a row was written. What goes on inside ssh and rdp is encrypted: only that they spoke is known. */
  #login(event: JsonObject, type: string): boolean {
    const base = {
      actor: textAt(event, 'src_ip'),
      actorPort: portAt(event, 'src_port'),
      host: textAt(event, 'dest_ip'),
      service: type,
    };
    const details = objectAt(event, type);
    if (type === 'ssh') this.#rows.login({ ...base, outcome: LOGIN_OUTCOME.connect });
    else if (type === 'rdp') {
      if (textAt(details, 'event_type') !== 'initial_request') return false;
      this.#rows.login({ ...base, user: textAt(details, 'cookie'), outcome: LOGIN_OUTCOME.connect });
    } else if (type === 'krb5') {
      const error = textAt(details, 'error_code');
      const kind = textAt(details, 'msg_type');
      if (!/AS_RE[PQ]|TGS_REP|ERROR/.test(kind)) return false;
      this.#rows.login({
        ...base,
        service: 'kerberos',
        user: textAt(details, 'cname').split('/')[0] ?? '',
        method: LOGIN_METHOD.kerberos,
        outcome: kerberosOutcome(kind, error),
      });
    } else {
      const ntlm = objectAt(details, 'ntlmssp');
      const user = textAt(ntlm, 'user');
      if (textAt(details, 'command') !== 'SMB2_COMMAND_SESSION_SETUP' || user === '') return false;
      const status = textAt(details, 'status');
      this.#rows.login({
        ...base,
        user,
        method: LOGIN_METHOD.ntlm,
        outcome:
          status === 'STATUS_SUCCESS'
            ? LOGIN_OUTCOME.success
            : /LOGON_FAILURE|WRONG_PASSWORD|ACCOUNT|PASSWORD/.test(status)
              ? LOGIN_OUTCOME.failure
              : LOGIN_OUTCOME.unknown,
      });
    }
    return true;
  }
}

/** RFC 4120, 7.5.9: 6 principal unknown, 18 revoked, 23 expired, 24 pre-authentication failed, 25 pre-authentication required. */
function kerberosOutcome(kind: string, error: string): number {
  if (/_REP$/.test(kind)) return LOGIN_OUTCOME.success;
  if (/C_PRINCIPAL_UNKNOWN|^6$/.test(error)) return LOGIN_OUTCOME.invalidUser;
  if (/PREAUTH_FAILED|REVOKED|EXPIRED|^(?:18|23|24)$/.test(error)) return LOGIN_OUTCOME.failure;
  return LOGIN_OUTCOME.connect;
}

function isAnswer(event: JsonObject): boolean {
  const flow = objectAt(event, 'flow');
  const client = textAt(flow, 'src_ip');
  if (client !== '')
    return client === textAt(event, 'dest_ip') && portAt(flow, 'src_port') === portAt(event, 'dest_port');
  const direction = textAt(event, 'direction');
  if (direction !== '') return direction === 'to_client';
  const [from, to] = [portAt(event, 'src_port'), portAt(event, 'dest_port')];
  return from > 0 && from < 1024 && to >= 1024;
}

function swapEnds(event: JsonObject): JsonObject {
  return {
    ...event,
    src_ip: event['dest_ip'],
    dest_ip: event['src_ip'],
    src_port: event['dest_port'],
    dest_port: event['src_port'],
  };
}

function kindsOf(head: Head): Kinds {
  const has = (kind: string): boolean => new RegExp(String.raw`"event_type"\s*:\s*"${kind}"`).test(head.text);
  return { flow: has('flow'), http: has('http') };
}

/**
 * Suricata's eve.json: flow (or netflow) events give flows, http requests queries, ssh, rdp, smb and Kerberos logins, alerts the conversation and
 * request they are about where no other event holds it; their signatures are noted. Everything else is counted by its type.
 */
export const suricata: Format = {
  id: 'suricata',
  label: 'Suricata eve.json',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  seesFromOutside: true,
  tables: ['flows', 'logins', 'queries'],
  sniff(head) {
    const has = jsonKeys(head);
    if (!has || !has('event_type') || !has('timestamp')) return 0;
    const objects = headObjects(head);
    // One event larger than what is sniffed: its keys alone must do.
    if (objects.length === 0) return has('src_ip') && has('flow_id') ? 0.8 : 0.2;
    // Other products quote eve.json inside their own events; there these keys are not the event's.
    const own = objects.filter(
      (object) => textAt(object, 'event_type') !== '' && textAt(object, 'timestamp') !== '',
    );
    const isSuricata = own.some((object) => object['src_ip'] !== undefined || object['stats'] !== undefined);
    return isSuricata ? (0.97 * own.length) / objects.length : 0;
  },
  parser: ({ sink, head }: ParseContext) => new SuricataParser(sink, kindsOf(head)),
};
