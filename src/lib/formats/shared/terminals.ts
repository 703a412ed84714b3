// What login records of Unix say of terminals and of where somebody came from.

/** The terminal of a login that sshd refused (OpenSSH, loginrec.c, record_failed_login). */
export const FAILED_SSH = 'ssh:notty';
/** Service of a window of a desktop or a multiplexer: opened by someone who is in already. */
export const WINDOW = 'window';

export const SERVER_NOTE =
  'Such records do not name the server that somebody came in by: a terminal (pts/…) with a remote address is taken for SSH’s.';

/** A remote host's address or name; empty for X displays (`:0`) and what multiplexers write there (`tmux(123).%0`). */
export function remoteOf(host: string): string {
  const name = host.replace(/ via mosh .*$/, '').replace(/:S\.\d+$|:\d+\.\d+$/, '');
  if (name === '0.0.0.0' || name === '::' || /^:\d/.test(name)) return '';
  return /^[\w.-]+$|^[\da-fA-F:.]*:[\da-fA-F:.]*(?:%\w+)?$/.test(name) ? name : '';
}

/** What somebody came in by, as far as terminal and remote host tell. */
export function serviceOfTerminal(line: string, remote: string): string {
  if (line.startsWith('ssh')) return 'sshd';
  if (/^(?:ftp|vsftpd|proftpd)/.test(line)) return 'ftp';
  if (remote !== '') return 'sshd';
  return /^(?:pts\/|:)/.test(line) ? WINDOW : 'console';
}
