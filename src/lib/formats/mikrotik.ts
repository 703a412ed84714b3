import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The log of MikroTik’s routers, by way of syslog. */
export const mikrotik: Format = {
  id: 'mikrotik',
  label: 'MikroTik RouterOS log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.mikrotik),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
