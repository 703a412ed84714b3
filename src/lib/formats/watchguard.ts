import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The syslog of WatchGuard’s Fireboxes. Read in one piece: a connection’s beginning and end may be far apart. */
export const watchguard: Format = {
  id: 'watchguard',
  label: 'WatchGuard Firebox log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.watchguard),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
