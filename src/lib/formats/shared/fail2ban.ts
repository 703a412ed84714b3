import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { readerOf, type LoginSaid } from './daemon-logins';

/**
 * Jails whose filter looks for refused credentials, as fail2ban's own jail.conf names them, and the service that each watches. Others (bad robots, request
 * limits, repeated bans, connections that never identify themselves) are no logins.
 */
const LOGIN_JAILS: readonly (readonly [RegExp, string])[] = [
  [/^(?:selinux-)?(?:open)?sshd?(?!.*ddos)(?:[-_]|$)/, 'sshd'],
  [/^dropbear/, 'dropbear'],
  [/^(?:pro|pure-|vs|wu|gss)ftpd/, 'ftp'],
  [/^(?:postfix|exim|sendmail|courier)[-_](?:sasl|auth)|^sasl|^perdition/, 'smtp'],
  [/^(?:dovecot|courier-?(?:imap|pop3)|cyrus-imap|uwimap)/, 'imap'],
  [/^mysqld?-auth/, 'mysql'],
  [/^mssql-auth/, 'mssql'],
  [/^mongodb-auth/, 'mongodb'],
  [/^(?:nginx-http|apache|lighttpd)-auth/, 'http'],
  [/^openvpn/, 'openvpn'],
];

/** The service of a jail that watches for refused credentials; undefined for other jails. */
export function serviceOfJail(jail: string): string | undefined {
  const known = LOGIN_JAILS.find(([pattern]) => pattern.test(jail))?.[1];
  return known ?? /^([\w.-]{1,64})[-_]auth$/.exec(jail)?.[1];
}

/** `[sshd] Found 203.0.113.7 - 2015-03-02 10:20:30`: a line of the watched log that the jail's filter fits. The time is that line's; before 0.10 it is absent. */
export const FOUND = /^\[([^\]]{1,64})\] Found (\S+)(?: - (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d))?/;

function loginOf(text: string): LoginSaid | undefined {
  const [, jail = '', from] = FOUND.exec(text.replace(/^(?:[A-Z]+\s+)?/, '')) ?? [];
  const service = serviceOfJail(jail);
  return service === undefined
    ? undefined
    : { service, outcome: LOGIN_OUTCOME.failure, from, method: LOGIN_METHOD.unknown };
}

export const readFail2ban = readerOf(loginOf);
