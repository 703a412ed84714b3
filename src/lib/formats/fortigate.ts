import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/**
 * The log of a FortiGate, exported or by way of syslog. Lines that others wrote in between are read as in any syslog file. Read in one piece: of a
 * session that lasts there is a record every two minutes, and the last one counts.
 */
export const fortigate: Format = {
  id: 'fortigate',
  label: 'FortiGate log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.fortigate),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
