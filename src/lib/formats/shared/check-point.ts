import { decodeUtf8 } from '../../base/bytes';
import { MICROS_PER_SECOND } from '../../base/time';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { protocolOf, verdictOf } from './enumerations';
import { ConnectionReader } from './firewall-messages';
import {
  countOf,
  fillFlow,
  LONGEST_SECONDS,
  packetCount,
  writeFirewallChange,
  writeFirewallLogin,
} from './firewall-rows';
import type { LineEvent } from './line-event';
import { noTime } from './reject-reasons';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

/** Records of what an administrator changed run to some thousand bytes. */
const MAX_MESSAGE = 32_768;
/** Lists put two colons. What is quoted is escaped by a backslash. */
const FIELD = /(?<![\w-])([\w-]{1,64}):{1,2}"((?:[^"\\]|\\.)*)"/gs;
/** One of the packets that a drop record stands for: `<203.0.113.7,50001,192.0.2.10,22,6;eth0>`. */
const PACKET = /<([0-9a-fA-F.:]{2,46}),(\d{1,5}),([0-9a-fA-F.:]{2,46}),(\d{1,5}),(\d{1,3})[;>]/g;
/** What a gateway lets through, in words of its blades that other firewalls do not have. */
const LETS_THROUGH = /^(?:encrypt|decrypt|detect|monitor|bypass|inform|inspect)/i;
/** Identities that a gateway takes over from elsewhere: nobody gave credentials to it. */
const TAKEN_OVER = /^(?:AD Query|Identity Collector|Terminal Server|Remote Access)/i;
const REMOTE_ACCESS = /mobile access|vpn|snx/i;

type Fields = ReadonlyMap<string, string>;

/**
 * Logs of Check Point's gateways and management as Log Exporter writes them in syslog (sk122323; the fields: sk144192): connections as flows, logins of administrators
 * and through Mobile Access as logins, what administrators changed as changes. What came of a connection later comes under the same `loguid`: one row.
 */
export class CheckPointMessages extends ConnectionReader {
  readonly #isFile: boolean;

  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    super(sink, event, isFile, 'check point');
    this.#isFile = isFile;
  }

  /** The message from its program or first field on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE));
    const fields = new Map<string, string>();
    // The first of a name counts: what a later field's text holds must not replace it.
    for (const [, name = '', value = ''] of text.matchAll(FIELD))
      if (!fields.has(name)) fields.set(name, value.trim());
    if (fields.size === 0) return 'there are no fields such as action:"Accept"; src:"192.0.2.1"';
    return this.readFields(fields);
  }

  /** A record by its fields, whatever they were written as. */
  readFields(fields: ReadonlyMap<string, string>): string | null {
    if (!this.#time(fields)) return noTime('a time before the message or time:', 'time:"1710072000"');
    return this.#record(fields);
  }

  /** The log's own time, in seconds, milliseconds or words; else the header's, which Log Exporter takes from it. */
  #time(fields: Fields): boolean {
    const event = this.event;
    const own = fields.get('time') ?? '';
    if (own.length >= 10 && parseTimeText(own)) {
      event.us = parsedTime.us;
      event.basis = parsedTime.basis;
    }
    return !Number.isNaN(event.us);
  }

  #record(fields: Fields): string | null {
    const get = (name: string): string => fields.get(name) ?? '';
    const packets = get('packets');
    if (this.#login(get) || this.#change(get)) return null;
    if (packets.includes('<')) return this.#packets(packets, verdict(get('action')));
    if (get('src') !== '' && get('dst') !== '') return this.#flow(get);
    if (get('loguid') !== '' && get('start_time') !== '' && this.#update(get)) return null;
    this.kinds.skip(get('product') || 'other');
    return null;
  }

  #login(get: (name: string) => string): boolean {
    const operation = get('operation') || get('action');
    if (!/^(?:Failed )?Log (?:In|Out)$/i.test(operation)) return false;
    const method = get('auth_method');
    if (TAKEN_OVER.test(method)) {
      this.kinds.skip(`identity by ${method}`);
      return true;
    }
    const status = `${get('auth_status')} ${get('audit_status')} ${get('additional_info')}`;
    const isFailure = /^failed/i.test(operation) || /fail|denied/i.test(status);
    const success = /out$/i.test(operation) ? LOGIN_OUTCOME.sessionClosed : LOGIN_OUTCOME.success;
    const product = get('product');
    writeFirewallLogin(this.sink, this.event, {
      actor: get('client_ip') || get('src') || get('machine'),
      service: REMOTE_ACCESS.test(product) ? 'vpn' : product.toLowerCase(),
      user: get('administrator') || get('user') || get('src_user_name'),
      method: /password/i.test(method) ? LOGIN_METHOD.password : LOGIN_METHOD.unknown,
      outcome: isFailure ? LOGIN_OUTCOME.failure : success,
    });
    return true;
  }

  /** Audit records: who created, changed or deleted which object, installed a policy, ran a script. */
  #change(get: (name: string) => string): boolean {
    const operation = get('operation');
    const principal = get('administrator');
    const kind = changeKind(operation, get('objecttype'));
    if (principal === '' || kind === undefined) return false;
    writeFirewallChange(this.sink, this.event, {
      actor: get('client_ip'),
      kind,
      outcome: /fail/i.test(get('audit_status')) ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      principal,
      target: get('task') || get('objectname') || get('uid') || get('objecttype'),
      detail: [operation, get('objecttype'), get('fieldschanges')].filter((part) => part !== '').join(': '),
    });
    return true;
  }

  #packets(list: string, decision: number): string | null {
    const { offset, line } = this.event;
    let rows = 0;
    for (const [
      ,
      source = '',
      sourcePort = '',
      destination = '',
      destinationPort = '',
      number,
    ] of list.matchAll(PACKET)) {
      const protocol = protocolOf(number ?? '');
      const reason = fillFlow(this.sink, this.event, {
        ...{ source, sourcePort, destination, destinationPort, protocol, verdict: decision },
        sentPackets: 1,
      });
      if (reason !== null) continue;
      commitFlow(this.sink.flows, offset, line);
      rows += 1;
    }
    return rows > 0 ? null : 'packets: holds no <source,port,destination,port,protocol>';
  }

  #flow(get: (name: string) => string): string | null {
    const { flows } = this.sink;
    const { offset, line, host } = this.event;
    const reason = fillFlow(this.sink, this.event, {
      ...{ source: get('src'), destination: get('dst'), protocol: protocolOf(get('proto')) },
      sourcePort: get('s_port') || get('icmp_type'),
      destinationPort: get('service') || get('icmp_code'),
      verdict: verdict(get('action')),
    });
    if (reason !== null) return reason;
    this.#count(get);
    const id = get('loguid');
    if (id === '' || !this.#isFile) {
      commitFlow(flows, offset, line);
      return null;
    }
    const key = `${host} ${id}`;
    const before = this.connections.take(key);
    if (before) {
      this.connections.drop();
      for (const name of ['srcBytes', 'dstBytes', 'startUs'] as const)
        if (name === 'startUs' || Number.isNaN(flows.row[name])) flows.row[name] = before.row[name];
    }
    this.connections.hold(key, offset, line, true);
    return null;
  }

  /** What a later record says of a connection: bytes and time, and neither addresses nor ports. False when the connection is not known. */
  #update(get: (name: string) => string): boolean {
    const key = `${this.event.host} ${get('loguid')}`;
    const before = this.connections.take(key);
    if (!before) return false;
    Object.assign(this.sink.flows.row, before.row);
    this.#count(get);
    this.connections.drop();
    this.connections.hold(key, before.offset, before.line, true);
    return true;
  }

  /** What each side sent, and from when to when, where the record says so. */
  #count(get: (name: string) => string): void {
    const { row } = this.sink.flows;
    const sent = countOf(get('client_outbound_bytes') || get('sent_bytes'));
    const received = countOf(get('server_outbound_bytes') || get('received_bytes'));
    if (!Number.isNaN(sent)) row.srcBytes = sent;
    if (!Number.isNaN(received)) row.dstBytes = received;
    const sentPackets = countOf(get('client_outbound_packets'));
    const receivedPackets = countOf(get('server_outbound_packets'));
    if (!Number.isNaN(sentPackets)) row.srcPackets = packetCount(sentPackets);
    if (!Number.isNaN(receivedPackets)) row.dstPackets = packetCount(receivedPackets);
    const startUs = epochOf(get('start_time'));
    const endUs = epochOf(get('lastupdatetime'));
    const longest = LONGEST_SECONDS * MICROS_PER_SECOND;
    if (startUs <= row.startUs && row.endUs - startUs <= longest) row.startUs = startUs;
    if (endUs >= row.endUs && endUs - row.startUs <= longest) row.endUs = endUs;
  }
}

function epochOf(text: string): number {
  return /^\d{10,13}$/.test(text) && parseTimeText(text) ? parsedTime.us : Number.NaN;
}

function verdict(action: string): number {
  return LETS_THROUGH.test(action) ? VERDICT.accept : verdictOf(action);
}

function changeKind(operation: string, type: string): number | undefined {
  const isAccount = /administrator|^user\b/i.test(type);
  if (/^Create /.test(operation)) return isAccount ? CHANGE_KIND.userCreated : CHANGE_KIND.policyChanged;
  if (/^Delete /.test(operation)) return isAccount ? CHANGE_KIND.userDeleted : CHANGE_KIND.policyChanged;
  if (/^(?:Modify|Set|Install|Uninstall) /.test(operation)) return CHANGE_KIND.policyChanged;
  return /^Run .*Script/.test(operation) ? CHANGE_KIND.commandRun : undefined;
}
