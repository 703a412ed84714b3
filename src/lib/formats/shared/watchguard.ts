import { decodeUtf8, encodeUtf8 } from '../../base/bytes';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, TIME_BASIS } from '../../base/time';
import { LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { protocolOf } from './enumerations';
import { ConnectionReader } from './firewall-messages';
import { countOf, fillFlow, writeFirewallLogin } from './firewall-rows';
import type { LineEvent } from './line-event';
import { namedValues } from './named-values';
import { noTime } from './reject-reasons';
import { parsedTime } from './time';
import { readIsoTime } from './time-prefix';

const MAX_MESSAGE = 8192;
const QUARTER = MICROS_PER_HOUR / 4;
const FEW_SECONDS = 5 * MICROS_PER_SECOND;
/** Names of interfaces may have blanks. `Allow 1-Trusted 0-External 52 tcp 20 127 203.0.113.7 192.0.2.10 50001 443 …`: length, header and TTL are left out by proxies and of what ended. */
const TRAFFIC =
  /^(Allow|Deny) (\S.{2,128}?) (?:\d{1,6} )?([a-z\d-]{2,12}) (?:\d{1,3} \d{1,3} )?([0-9a-fA-F.:]{2,46}) ([0-9a-fA-F.:]{2,46})(?: (\d{1,5}) (\d{1,5}))?(?: |$)/;
/** Stands before the process. */
const OWN_TIME = /\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\) $/;
const AUTHENTICATED =
  /^Authentication of (.{1,64}?) user \[(.{0,256})\] from (\S{1,64}) was (accepted|rejected)/;
const LOGGED = /^(.{1,64}?) user (?:\[([^\]]{0,256})\]|(\S{1,256})) from (\S{1,64}) logged (in|out)\b/;

/**
 * WatchGuard's Fireboxes ("Fireware Log Catalog"): traffic as flows, logins of users and administrators. A connection is told of when it begins, by a proxy for each
 * request, and when it ends with what was counted: one row.
 */
export class WatchguardMessages extends ConnectionReader {
  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    super(sink, event, isFile, 'watchguard');
  }

  /** The message from behind its host on. The reason when it cannot be read. */
  override read(bytes: Uint8Array, start: number, end: number): string | null {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE));
    const [, before = '', id = '', message = ''] =
      /^(.{0,160}?)msg_id="([^"]{1,16})" ?(.*)$/s.exec(text) ?? [];
    if (id === '') return 'there is no msg_id="…", by which a Firebox’ messages are known';
    const process = /([\w-]{1,40})(?:\[\d{1,10}\])?: $/.exec(before)?.[1] ?? '';
    this.#time(before.slice(0, before.lastIndexOf(')') + 2));
    if (Number.isNaN(this.event.us)) return noTime('a time before the message', 'Mar 10 12:00:00');
    const traffic = TRAFFIC.exec(message);
    if (traffic) return this.#traffic(traffic, message);
    if (!this.#login(message)) this.kinds.skip(`${process} ${id}`.trim());
    return null;
  }

  /** The Firebox' own clock has the year. It is in UTC where the receiver's, which stands before it, is off by whole quarters of an hour. */
  #time(before: string): void {
    const event = this.event;
    const own = encodeUtf8(OWN_TIME.exec(before)?.[1] ?? '');
    if (own.length === 0 || readIsoTime(own, 0, own.length) === -1) return;
    const shift = (parsedTime.us - event.us) % MICROS_PER_DAY;
    const quarters = Math.round(shift / QUARTER);
    const isUtc = quarters !== 0 && Math.abs(shift - quarters * QUARTER) <= FEW_SECONDS;
    if (event.basis === TIME_BASIS.absolute && !Number.isNaN(event.us)) return;
    event.us = parsedTime.us;
    event.basis = isUtc ? TIME_BASIS.absolute : TIME_BASIS.local;
  }

  #traffic(match: RegExpExecArray, message: string): string | null {
    const [, decision, interfaces = '', name = '', source = '', destination = '', ...ports] = match;
    const [sourcePort = '', destinationPort = ''] = ports;
    const fields = namedValues(message.slice(match[0].length));
    const isAllowed = decision === 'Allow';
    const seconds = countOf(fields.get('duration') ?? '');
    const isEnd = !Number.isNaN(seconds);
    const counts = {
      seconds,
      sentBytes: countOf(fields.get('sent_bytes') ?? ''),
      receivedBytes: countOf(fields.get('rcvd_bytes') ?? ''),
    };
    const reason = fillFlow(this.sink, this.event, {
      ...{ source, destination, sourcePort, destinationPort, protocol: protocolOf(name) },
      verdict: isAllowed ? VERDICT.accept : VERDICT.reject,
      ...(isEnd ? counts : {}),
    });
    if (reason !== null) return reason;
    const key = [this.event.host, interfaces, name, source, sourcePort, destination, destinationPort].join(
      ' ',
    );
    if (isAllowed) this.#settle(key, isEnd);
    else commitFlow(this.sink.flows, this.event.offset, this.event.line);
    return null;
  }

  /** A connection has no number; its ends and ports name it for an hour after the last that was heard of it. */
  #settle(key: string, isEnd: boolean): void {
    const { offset, line } = this.event;
    const { row } = this.sink.flows;
    const before = this.connections.take(key);
    if (before && row.startUs - before.row.endUs > MICROS_PER_HOUR) this.connections.write(before);
    else if (before) {
      this.connections.drop();
      row.startUs = Math.min(row.startUs, before.row.startUs);
    }
    if (isEnd) commitFlow(this.sink.flows, offset, line);
    else this.connections.hold(key, offset, line);
  }

  #login(message: string): boolean {
    const authenticated = AUTHENTICATED.exec(message);
    const logged = LOGGED.exec(message);
    const [, kind = '', user = '', from = ''] = authenticated ?? [];
    if (authenticated) {
      // What was accepted is told of once more when the user is logged in.
      if (authenticated[4] === 'accepted') return false;
      this.#write(kind, user, from, LOGIN_OUTCOME.failure);
    } else if (logged)
      this.#write(
        logged[1] ?? '',
        logged[2] ?? logged[3] ?? '',
        logged[4] ?? '',
        logged[5] === 'in' ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.sessionClosed,
      );
    return authenticated !== null || logged !== null;
  }

  #write(kind: string, user: string, actor: string, outcome: number): void {
    const service = /vpn/i.test(kind) ? 'vpn' : /management|admin/i.test(kind) ? 'admin' : kind.toLowerCase();
    writeFirewallLogin(this.sink, this.event, { actor, service, user, outcome });
  }
}
