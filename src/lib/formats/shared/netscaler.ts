import { decodeUtf8 } from '../../base/bytes';
import { microsFromCivil, TIME_BASIS } from '../../base/time';
import type { Micros } from '../../base/brand';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { MessageReader } from './firewall-messages';
import { writeFirewallChange, writeFirewallLogin } from './firewall-rows';
import { internText, type LineEvent } from './line-event';
import { noTime } from './reject-reasons';

const MAX_MESSAGE = 8192;
/** `03/02/2015:10:20:30 GMT ns1 0-PPE-0 : default SSLVPN LOGIN 927699709 0 : …`; older releases leave some of it out. */
const HEADER =
  /^(\d\d)\/(\d\d)\/(\d{4}):(\d\d):(\d\d):(\d\d)(?: (GMT|UTC|[A-Z]{2,5}(?=\s+\S{1,128}\s+\S{0,8}PPE-)))?\s+(?:(\S{1,128})\s+)?\S{0,8}PPE-\d{1,4} : (?:default )?([A-Z_]{2,20}) (\w{2,40}) \d{1,20}(?: \d{1,10})? :\s*(.*)$/s;
/** What only looks, among the commands of administrators. */
const LOOKS = /^(?:show|stat|help|man|whoami)\b/i;

/**
 * Citrix NetScaler (ADC, Gateway) as it writes to syslog ("NetScaler syslog message reference"): logins to its gateway and through its authentication, logins of
 * administrators and their commands that change something. All else is counted by feature and event.
 */
export class NetscalerMessages extends MessageReader {
  constructor(sink: RecordSink, event: LineEvent) {
    super(sink, event, 'netscaler');
  }

  /** The message from its own time on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE)).trim();
    const match = HEADER.exec(text);
    if (!match) {
      this.kinds.skip('other');
      return null;
    }
    const [, host = '', feature = '', name = '', rest = ''] = match.slice(7);
    if (!this.#time(match)) return noTime('the time before the message', '03/10/2024:12:00:00 GMT');
    if (this.event.host === 0) this.event.host = internText(this.sink.dictionaries, host);
    if (!this.#login(feature, name, rest) && !this.#command(name, rest))
      this.kinds.skip(`${feature} ${name}`);
    return null;
  }

  /** Months come first by default; where that cannot be, days do. */
  #time(match: RegExpExecArray): boolean {
    const [first = 0, second = 0, year = 0, hour = 0, minute = 0, seconds = 0] = match
      .slice(1, 7)
      .map(Number);
    const isDayFirst = first > 12;
    const month = isDayFirst ? second : first;
    const day = isDayFirst ? first : second;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || seconds > 60)
      return false;
    if (isDayFirst)
      this.sink.note(
        'Dates of NetScaler lines begin with the day here and there. Those whose day is 12 at most were read with the month first: check them.',
      );
    this.event.us = microsFromCivil(year, month, day, hour, minute, seconds) as Micros;
    this.event.basis = /^(?:GMT|UTC)$/.test(match[7] ?? '') ? TIME_BASIS.absolute : TIME_BASIS.local;
    return true;
  }

  #login(feature: string, name: string, rest: string): boolean {
    const outcome = loginOutcome(feature, name);
    if (outcome === undefined) return false;
    const clients = [...rest.matchAll(/ - Client_ip ([0-9a-fA-F.:]{2,46})(?= |$)/g)];
    const forwarded = / - X-Forwarded-For_ip ([0-9a-fA-F.:]{2,46})(?= |$)/.exec(rest)?.[1];
    const context = /^Context \S{1,256}@([0-9a-fA-F.:]{2,46}) - /.exec(rest)?.[1];
    // A name that was tried may itself hold such a part: then it is not known whose the address is.
    const isSure = outcome !== LOGIN_OUTCOME.failure || clients.length === 1;
    writeFirewallLogin(this.sink, this.event, {
      // The appliance writes the context; what a request says that it was forwarded for, its sender chose.
      actor: isSure ? (clients[0]?.[1] ?? context ?? forwarded ?? '') : '',
      service: feature === 'SSLVPN' ? 'vpn' : feature.toLowerCase(),
      user: /(?:^|- |\] )User (.{1,256}?) - /.exec(rest)?.[1] ?? '',
      outcome,
    });
    return true;
  }

  #command(name: string, rest: string): boolean {
    const [, user = '', from = '', command = '', status = ''] =
      /^User (.{1,128}?) - (?:ADM_User \S{1,128} - )?Remote_ip (\S{1,64}) - Command "(.*)" - Status "([^"]{0,64})/s.exec(
        rest,
      ) ?? [];
    if (name !== 'CMD_EXECUTED' || command === '' || LOOKS.test(command)) return false;
    const isDone = /^success/i.test(status);
    const session = /^(?:(login)|logout|exit)\b/i.exec(command);
    if (session) {
      const isLogin = session[1] !== undefined;
      const gained = isLogin ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.sessionClosed;
      writeFirewallLogin(this.sink, this.event, {
        actor: from,
        service: 'admin',
        user,
        outcome: isDone || !isLogin ? gained : LOGIN_OUTCOME.failure,
      });
      return true;
    }
    writeFirewallChange(this.sink, this.event, {
      actor: from,
      kind: CHANGE_KIND.commandRun,
      outcome: isDone ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      principal: user,
      target: command,
      detail: name,
    });
    return true;
  }
}

function loginOutcome(feature: string, name: string): number | undefined {
  if (name === 'LOGIN_FAILED') return LOGIN_OUTCOME.failure;
  if (feature !== 'SSLVPN' && feature !== 'AAATM' && feature !== 'AAA') return undefined;
  if (name === 'LOGIN') return LOGIN_OUTCOME.success;
  return name === 'LOGOUT' ? LOGIN_OUTCOME.sessionClosed : undefined;
}
