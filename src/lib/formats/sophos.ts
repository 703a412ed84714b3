import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The syslog of Sophos’ firewalls (SFOS). Read in one piece: of a connection that lasts there is more than one record. */
export const sophos: Format = {
  id: 'sophos',
  label: 'Sophos Firewall log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.sophos),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
