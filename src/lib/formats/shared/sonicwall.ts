import { decodeUtf8 } from '../../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, CONN_STATE, LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { protocolOf } from './enumerations';
import { ConnectionReader } from './firewall-messages';
import { countOf, fillFlow, writeFirewallChange, writeFirewallLogin } from './firewall-rows';
import type { LineEvent } from './line-event';
import { namedValues } from './named-values';
import { noTime } from './reject-reasons';

const MAX_MESSAGE = 8192;
const TCP = 6;
/** Message ids ("SonicOS Log Events Reference Guide"). */
const OPENED = '98';
const CLOSED = '537';
const CONFIGURED =
  /^(?:Configuration (?:change )?(?:succeeded|failed)|Access rules? (?:added|modified|deleted|restored))/i;
const REFUSED = /\b(?:dropped|denied|blocked|rejected|refused)\b/i;
const LOGIN = /\blogged (out)\b|\blog(?:ged|in)\b.{0,60}?\b(allowed|denied|failed|succeeded|success)\b/i;
/** An address of version 4, a port, an interface, a name; any may be missing. */
const ENDPOINT = /^([0-9.]*)(?::(\d{0,5}))?(?::|$)/;

interface Endpoint {
  readonly address: string;
  readonly port: string;
}

/**
 * SonicWall's syslog (`id=firewall sn=… time="…" fw=… m=537 …`; SonicWall, "SonicOS Log Events Reference Guide", "Enhanced Syslog"): connections as flows, one row for what was
 * opened and closed; what was dropped; logins of administrators and of users; changed settings.
 */
export class SonicwallMessages extends ConnectionReader {
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    super(sink, event, isFile, 'sonicwall', 'opening of a connection that also closes in the log');
  }

  override finish(): void {
    this.connections.finish(
      (open) => `Connections still open at the end of the file: ${open}. Nothing was counted of them.`,
    );
  }

  /** The message from `id=` on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const fields = namedValues(decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE)));
    const get = (name: string): string => fields.get(name) ?? '';
    if (!this.takeOwnTime(get('time'))) return noTime('time=', 'time="2024-03-10 12:00:00 UTC"');
    if (this.#login(get) || this.#change(get)) return null;
    const id = get('m');
    const isRefused = /^(?:drop|deny|block)/i.test(get('fw_action')) || REFUSED.test(get('msg'));
    const isConnection = id === OPENED || id === CLOSED || isRefused;
    if (!isConnection || !this.#fill(get, isRefused)) {
      this.kinds.skip(`${id} ${get('msg')}`.trim());
      return null;
    }
    this.#commit(get, id);
    return null;
  }

  #login(get: Get): boolean {
    const message = get('msg');
    const [, left = '', result = left] = LOGIN.exec(message) ?? [];
    if (result === '') return false;
    const isFailure = /denied|failed/i.test(result);
    writeFirewallLogin(this.sink, this.event, {
      actor: endpoint(get('src'), get('srcV6')).address,
      actorPort: Number(endpoint(get('src'), '').port),
      service: /vpn/i.test(`${message} ${get('sess')}`)
        ? 'vpn'
        : /^(?:CLI )?admin/i.test(message)
          ? 'admin'
          : 'user',
      user: get('usr'),
      outcome: isFailure
        ? LOGIN_OUTCOME.failure
        : /out/i.test(result)
          ? LOGIN_OUTCOME.sessionClosed
          : LOGIN_OUTCOME.success,
    });
    return true;
  }

  #change(get: Get): boolean {
    if (!CONFIGURED.test(get('msg'))) return false;
    const message = get('msg');
    writeFirewallChange(this.sink, this.event, {
      actor: endpoint(get('src'), get('srcV6')).address,
      kind: CHANGE_KIND.policyChanged,
      outcome: /fail/i.test(message) ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      principal: get('usr'),
      target: /'([^']{1,200})'/.exec(message)?.[1]?.trim() ?? '',
      detail: message,
    });
    return true;
  }

  #fill(get: Get, isRefused: boolean): boolean {
    const source = endpoint(get('src'), get('srcV6'));
    const destination = endpoint(get('dst'), get('dstV6'));
    const protocol = protocolOf(/^icmp/i.test(get('msg')) ? 'icmp' : (get('proto').split('/')[0] ?? ''));
    const isClosed = get('m') === CLOSED;
    // ICMP's identifiers stand where ports would.
    const hasPorts = protocol !== 1 && protocol !== 58;
    const milliseconds = countOf(get('cdur'));
    const sentBytes = countOf(get('sent'));
    const receivedBytes = countOf(get('rcvd'));
    const receivedPackets = countOf(get('rpkt'));
    const reason = fillFlow(this.sink, this.event, {
      ...{ source: source.address, destination: destination.address, protocol },
      sourcePort: hasPorts ? source.port : get('type'),
      destinationPort: hasPorts ? destination.port : get('code'),
      verdict: isRefused ? VERDICT.reject : VERDICT.accept,
      ...(isClosed
        ? {
            sentBytes,
            receivedBytes,
            receivedPackets,
            sentPackets: countOf(get('spkt')),
            seconds: milliseconds / 1000,
          }
        : {}),
    });
    if (reason !== null) return false;
    if (isClosed && protocol === TCP && receivedPackets > 1)
      this.sink.flows.row.connState = CONN_STATE.established;
    return true;
  }

  /** A connection has no number: its ends and ports are its name, which a later one takes over. */
  #commit(get: Get, id: string): void {
    const { offset, line } = this.event;
    const key = `${get('sn')} ${get('src')} ${get('srcV6')} ${get('dst')} ${get('dstV6')} ${get('proto')}`;
    if (id === OPENED) {
      const before = this.connections.take(key);
      if (before) this.connections.write(before);
      this.connections.hold(key, offset, line);
      return;
    }
    if (id === CLOSED && this.connections.take(key)) this.connections.drop();
    commitFlow(this.sink.flows, offset, line);
  }
}

type Get = (name: string) => string;

function endpoint(text: string, version6: string): Endpoint {
  const [, address = '', port = ''] = ENDPOINT.exec(text) ?? [];
  return { address: version6 === '' ? address : version6, port };
}
