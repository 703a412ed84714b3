import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** What Check Point's Log Exporter sends to syslog. Read in one piece: what came of a connection may be told far behind its beginning. */
export const checkPoint: Format = {
  id: 'check-point',
  label: 'Check Point log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.checkPoint),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
