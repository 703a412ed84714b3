import { decodeUtf8 } from '../../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { loginOutcomeOf, protocolOf, verdictOf } from './enumerations';
import { ConnectionReader } from './firewall-messages';
import { countOf, fillFlow, writeFirewallChange, writeFirewallLogin } from './firewall-rows';
import { internText, type LineEvent } from './line-event';
import { namedValues } from './named-values';
import { noTime } from './reject-reasons';

const MAX_MESSAGE = 8192;
/** Counters are zero in the records of what was denied, and of what begins. */
const ENDS = 'Stop';
/** Begins the message of an administrator's login; names in other messages are whatever somebody called a rule. */
const ADMIN_LOGIN = /^(?:User|Administrator) .{1,128}? (?:logged (?:in|out|off)|failed to log ?in)\b/i;

/**
 * Sophos Firewall (SFOS, XG) as it writes to syslog, in its older ("device standard") and newer format (Sophos, "Log file details", "Syslog guide"): connections as flows, one row for one that
 * starts, goes on and stops; logins to the device, through its VPN and at its portal; what administrators changed.
 */
export class SophosMessages extends ConnectionReader {
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    super(sink, event, isFile, 'sophos');
  }

  override finish(): void {
    this.connections.finish(
      (open) =>
        `Connections still open at the end of the file: ${open}. Their rows hold what was counted so far.`,
    );
  }

  /** The message from its first field on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const fields = namedValues(decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE)));
    const get = (...names: readonly string[]): string => {
      for (const name of names) {
        const value = fields.get(name);
        if (value !== undefined && value !== '') return value;
      }
      return '';
    };
    // Abbreviations of zones are ambiguous: without an offset the header's clock counts where it has a zone.
    if (!this.takeOwnTime(get('timestamp'), `${get('date')} ${get('time')}`))
      return noTime('timestamp=, or date= and time=', 'timestamp="2024-03-10T12:00:00+0000"');
    const device = get('device_serial_id', 'device_id', 'device_name');
    if (this.event.host === 0)
      this.event.host = internText(this.sink.dictionaries, get('device_name') || device);
    if (get('log_type') === 'Firewall') return this.#flow(get, device);
    if (!this.#login(get) && !this.#change(get))
      this.kinds.skip([get('log_type'), get('log_component')].filter((word) => word !== '').join('/'));
    return null;
  }

  #flow(get: Get, device: string): string | null {
    const verdict = verdictOf(get('log_subtype')) || verdictOf(get('status'));
    const event = get('con_event', 'connevent');
    const sentBytes = countOf(get('bytes_sent', 'sent_bytes'));
    const isCounted = event === ENDS || sentBytes > 0;
    const reason = fillFlow(this.sink, this.event, {
      ...{
        source: get('src_ip'),
        destination: get('dst_ip'),
        protocol: protocolOf(get('protocol')),
        verdict,
      },
      sourcePort: get('src_port', 'icmp_type'),
      destinationPort: get('dst_port', 'icmp_code'),
      ...(isCounted
        ? {
            sentBytes,
            receivedBytes: countOf(get('bytes_received', 'recv_bytes')),
            sentPackets: countOf(get('packets_sent', 'sent_pkts')),
            receivedPackets: countOf(get('packets_received', 'recv_pkts')),
            seconds: countOf(get('duration')),
          }
        : {}),
    });
    if (reason !== null) return reason;
    const { offset, line } = this.event;
    const id = get('con_id', 'connid');
    const key = `${device} ${id}`;
    if (id === '' || event === '') commitFlow(this.sink.flows, offset, line);
    else if (event === ENDS) this.connections.end(key, offset, line);
    else this.connections.update(key, offset, line);
    return null;
  }

  #login(get: Get): boolean {
    const component = get('log_component');
    const isLogin = get('log_subtype') === 'Authentication' || /authentication/i.test(component);
    const isAdmin = get('log_subtype') === 'Admin' && ADMIN_LOGIN.test(get('message'));
    if (!isLogin && !isAdmin) return false;
    const stated = loginOutcomeOf(get('status'));
    const isOver = stated === LOGIN_OUTCOME.success && /\blogged (?:out|off)\b/i.test(get('message'));
    if (stated === LOGIN_OUTCOME.unknown) return false;
    writeFirewallLogin(this.sink, this.event, {
      actor: get('src_ip'),
      service: /vpn/i.test(component) ? 'vpn' : isAdmin ? 'admin' : component.toLowerCase(),
      user: get('user_name', 'user'),
      outcome: isOver ? LOGIN_OUTCOME.sessionClosed : stated,
    });
    return true;
  }

  #change(get: Get): boolean {
    if (get('log_subtype') !== 'Admin') return false;
    const message = get('message');
    writeFirewallChange(this.sink, this.event, {
      actor: get('src_ip'),
      kind: CHANGE_KIND.policyChanged,
      outcome: /^success/i.test(get('status')) ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      principal: get('user_name', 'user'),
      target: /'([^']{1,200})'/.exec(message)?.[1] ?? get('log_component'),
      detail: message,
    });
    return true;
  }
}

type Get = (...names: readonly string[]) => string;
