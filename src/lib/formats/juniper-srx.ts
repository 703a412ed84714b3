import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The syslog of a Juniper SRX. Read in one piece: a session's beginning and end may be far apart. */
export const juniperSrx: Format = {
  id: 'juniper-srx',
  label: 'Juniper SRX firewall log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.juniper),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
