import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { splitEndpoint } from './endpoint';
import type { LoginFields } from './row-writer';
import type { WindowsEvent } from './windows';

/** Fields of the events below, whether an event holds them itself or its rendered message does. */
export const RDP_FIELDS = [...['Address', 'ClientIP', 'IPString', 'Param1', 'Param3', 'User']] as const;

/** The logs by a part of their channel's and provider's names: their ids mean other things in other logs. */
export const RDP_LOGS =
  /TerminalServices-(?:LocalSessionManager|RemoteConnectionManager)|RemoteDesktopServices-RdpCoreTS/;

/** What is to be said of a log that holds event 1149. */
export const NOTE_1149 =
  'Event 1149 (“User authentication succeeded”) is kept as a connection, not as a login: without network level authentication, and on Windows Server 2008, it comes before the password is checked. Events 21 and 25, or 4624 of the Security log, tell who got in.';

/**
 * What the logs of Remote Desktop say of who came; undefined for events without an account or address (39 and 40 name sessions by number only).
 * TerminalServices-LocalSessionManager: 21 logon, 22 shell started, 23 logoff, 24 disconnected, 25 reconnected; its address is LOCAL at the console.
 * TerminalServices-RemoteConnectionManager: 1149. RemoteDesktopServices-RdpCoreTS: 131 connection accepted, 140 name or password refused.
 * Ids and messages from the providers' own manifests; what 1149 is worth from cybertriage.com, "Remote Connection Manager – Event 1149".
 */
export function rdpLogin(event: WindowsEvent): LoginFields | undefined {
  if (!RDP_LOGS.test(event.channel)) return undefined;
  const method = LOGIN_METHOD.unknown;
  const of = (outcome: number, actor: string, user: string): LoginFields => {
    const { address, port } = splitEndpoint(actor);
    const isLocal = address === 'LOCAL';
    return {
      service: isLocal ? 'console' : 'rdp',
      host: event.host,
      user: user.slice(user.lastIndexOf('\\') + 1),
      actor: isLocal ? '' : address,
      actorPort: port,
      method,
      outcome,
    };
  };
  const user = event.get('User');
  const address = event.get('Address');
  if (event.channel.includes('LocalSessionManager')) {
    const outcome = SESSION_EVENTS[event.id];
    if (outcome === undefined || (user === '' && address === '')) return undefined;
    // At the console a session is picked up again by unlocking it, which the Security log tells of.
    return of(event.id === 25 && address === 'LOCAL' ? LOGIN_OUTCOME.sessionOpened : outcome, address, user);
  }
  if (event.channel.includes('RemoteConnectionManager'))
    return event.id === 1149
      ? of(LOGIN_OUTCOME.connect, event.get('Param3') || address, event.get('Param1') || user)
      : undefined;
  if (event.id === 131) return of(LOGIN_OUTCOME.connect, event.get('ClientIP'), '');
  return event.id === 140 ? of(LOGIN_OUTCOME.failure, event.get('IPString'), '') : undefined;
}

const SESSION_EVENTS: Readonly<Record<number, number>> = {
  21: LOGIN_OUTCOME.success,
  22: LOGIN_OUTCOME.sessionOpened,
  23: LOGIN_OUTCOME.sessionClosed,
  24: LOGIN_OUTCOME.sessionClosed,
  25: LOGIN_OUTCOME.success,
};
