import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The syslog of SonicWall’s firewalls. Read in one piece: a connection’s opening and closing may be far apart. */
export const sonicwall: Format = {
  id: 'sonicwall',
  label: 'SonicWall firewall log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.sonicwall),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
