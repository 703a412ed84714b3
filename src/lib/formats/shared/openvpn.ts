import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/**
 * Whom a server's message is about: `bob/203.0.113.7:51234`, without a name until one is known. IPv6 addresses have no port there (OpenVPN's
 * mroute.c prints ports of IPv4 only).
 */
const CLIENT = /^(?:(\S.{0,255}?)\/)?(\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}|[0-9a-fA-F]*:[0-9a-fA-F:.]+) (.*)$/;

/**
 * What an OpenVPN server (2.2 to 2.6) says of its clients. "Peer Connection Initiated" means that TLS stands: it comes before AUTH_FAILED too, where the
 * password was wrong. Let in is who is sent the settings of the tunnel (`PUSH_REPLY`, in the log from verb 3 on); of a long list that is sent in parts, the
 * last part counts. AUTH_FAILED follows on "TLS Auth Error", which is the failure: it is kept as the end of the try.
 */
function loginOf(text: string): LoginSaid | undefined {
  const [, name = '', from = '', said = ''] = CLIENT.exec(text) ?? [];
  if (from === '') return undefined;
  const of = (outcome: number, user: string, method: number = LOGIN_METHOD.unknown): LoginSaid => ({
    service: 'openvpn',
    outcome,
    user: user === 'UNDEF' ? '' : user,
    from,
    method,
  });
  const peer = /^\[(.*)\] Peer Connection Initiated with \[AF_INET6?\](\S+)/.exec(said);
  if (peer) return { ...of(LOGIN_OUTCOME.connect, peer[1] ?? ''), from: endpointOf(peer[2] ?? '', from) };
  if (said.startsWith('TLS Auth Error:')) return of(LOGIN_OUTCOME.failure, name, LOGIN_METHOD.password);
  const certificate = /^VERIFY ERROR: depth=\d+, .*?\bCN=([^,/]+)/.exec(said);
  if (certificate || said.startsWith('VERIFY ERROR:') || said.startsWith('CRL CHECK FAILED'))
    return of(LOGIN_OUTCOME.failure, (certificate?.[1] ?? name).trim(), LOGIN_METHOD.publickey);
  const sent = /^SENT CONTROL \[(.*)\]: '(PUSH_REPLY|AUTH_FAILED)\b(.*)/.exec(said);
  if (sent?.[2] === 'AUTH_FAILED') return of(LOGIN_OUTCOME.disconnect, sent[1] ?? '', LOGIN_METHOD.password);
  if (sent && !/,push-continuation 2\b/.test(sent[3] ?? ''))
    return of(LOGIN_OUTCOME.success, sent[1] || name);
  if (/^TLS Error: TLS (?:key negotiation failed|handshake failed)/.test(said))
    return of(LOGIN_OUTCOME.noIdentification, name);
  if (name !== '' && /^SIG\w+\[soft,(?!delayed-exit)[^\]]*\] received, client-instance/.test(said))
    return of(LOGIN_OUTCOME.sessionClosed, name);
  return undefined;
}

/** The port stands behind the last colon, of IPv6 too. */
function endpointOf(text: string, otherwise: string): string {
  const [, address = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (address === '') return otherwise;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export const readOpenvpn = readerOf(loginOf);
