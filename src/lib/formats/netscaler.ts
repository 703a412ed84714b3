import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The syslog of Citrix’ NetScaler and its gateway. */
export const netscaler: Format = {
  id: 'netscaler',
  label: 'Citrix NetScaler log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.netscaler),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
