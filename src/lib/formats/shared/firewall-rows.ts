import { LOGIN_METHOD, UNKNOWN_PACKETS } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { internText, writeLogin, type LineEvent } from './line-event';

/** Digits of a count that a double holds exactly. */
export const MOST_DIGITS = 15;

/** A login to a firewall or through it, as texts of the log. */
export interface FirewallLogin {
  readonly actor: string;
  readonly actorPort?: number;
  readonly service: string;
  readonly user: string;
  readonly method?: number;
  readonly outcome: number;
}

/** One login row; time, host and place are the event's. A user that the firewall masks (`*****`) or does not know (`N/A`) stays unknown. */
export function writeFirewallLogin(sink: RecordSink, event: LineEvent, login: FirewallLogin): void {
  const { dictionaries } = sink;
  const { user, actorPort = 0 } = login;
  const address = dictionaries.addresses.internText(login.actor);
  writeLogin(
    sink.logins,
    event,
    internText(dictionaries, login.service),
    login.outcome,
    login.method ?? LOGIN_METHOD.unknown,
    /^(?:\**|N\/A)$/.test(user) ? 0 : internText(dictionaries, user),
    address,
    address === 0 ? internText(dictionaries, login.actor) : 0,
    actorPort <= 65535 ? actorPort : 0,
    0,
  );
}

/** A count of packets as the flows' columns hold it; NaN is unknown. */
export function packetCount(count: number): number {
  return Number.isNaN(count) ? UNKNOWN_PACKETS : Math.min(count, UNKNOWN_PACKETS - 1);
}
