import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** Security events in QRadar’s LEEF, in a file or by way of syslog. Read in one piece: of firewalls' connections more than one event may tell. Not held off the machines: any product may write them there. */
export const leef: Format = {
  id: 'leef',
  label: 'LEEF security events',
  framing: 'lines',
  splittable: false,
  tables: ['flows', 'logins', 'queries', 'changes'],
  sniff: (head) => sniffFirewall(head, VENDOR.leef),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
