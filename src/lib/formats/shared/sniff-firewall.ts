import { encodeUtf8 } from '../../base/bytes';
import type { Head } from '../format';
import { findFirewall } from './firewall-lines';
import { readSyslogHeader } from './syslog-header';

const LINES = 200;
const LONGEST = 1000;

/** Confidence that a file is the log of this vendor's firewalls: sure where every second line is theirs. */
export function sniffFirewall(head: Head, vendor: number): number {
  let seen = 0;
  let theirs = 0;
  for (const line of head.lines.slice(0, LINES)) {
    if (line.trim() === '') continue;
    seen += 1;
    const bytes = encodeUtf8(line.slice(0, LONGEST));
    if (findFirewall(bytes, 0, bytes.length, readSyslogHeader(bytes, 0, bytes.length)) === vendor)
      theirs += 1;
  }
  if (seen === 0) return 0;
  return theirs * 2 >= seen ? 0.97 : (0.9 * theirs) / seen;
}
