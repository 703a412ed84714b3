import { encodeUtf8 } from '../../base/bytes';
import type { Head } from '../format';
import { findFirewall, VENDOR } from './firewall-lines';
import { HEADER, hasProgram, readSyslogHeader } from './syslog-header';

const LINES = 200;
const LONGEST = 1000;

/**
 * Confidence that a file is the log of this vendor's firewalls: sure where at least every second line is theirs and no program of a host wrote any.
 * A file that hosts write to as well is a syslog file, in which firewalls are read too: what hosts say of themselves is not held off them.
 */
export function sniffFirewall(head: Head, vendor: number): number {
  let seen = 0;
  let theirs = 0;
  let ofHosts = 0;
  for (const line of head.lines.slice(0, LINES)) {
    if (line.trim() === '') continue;
    seen += 1;
    const bytes = encodeUtf8(line.slice(0, LONGEST));
    const status = readSyslogHeader(bytes, 0, bytes.length);
    const writer = findFirewall(bytes, 0, bytes.length, status);
    if (writer === vendor) theirs += 1;
    else if (writer === VENDOR.none && status === HEADER.ok && hasProgram()) ofHosts += 1;
  }
  if (seen === 0) return 0;
  return theirs * 2 >= seen && ofHosts === 0 ? 0.97 : (0.5 * theirs) / seen;
}
