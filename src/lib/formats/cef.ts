import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** Security events in ArcSight’s CEF, in a file or by way of syslog. Read in one piece: of firewalls' connections more than one event may tell. Not held off the machines: any product may write them there. */
export const cef: Format = {
  id: 'cef',
  label: 'CEF security events',
  framing: 'lines',
  splittable: false,
  tables: ['flows', 'logins', 'queries', 'changes'],
  sniff: (head) => sniffFirewall(head, VENDOR.cef),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
