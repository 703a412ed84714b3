import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/**
 * The log of Cisco's firewalls, as their syslog server holds it. Lines that others wrote in between are read as in any syslog file. Read in one
 * piece: a connection's beginning says who opened it, its end how long and how much.
 */
export const ciscoAsa: Format = {
  id: 'cisco-asa',
  label: 'Cisco ASA or FTD syslog',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.ciscoAsa),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
