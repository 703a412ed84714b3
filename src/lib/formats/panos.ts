import type { Format } from './format';
import { VENDOR } from './shared/firewall-lines';
import { sniffFirewall } from './shared/sniff-firewall';
import { SyslogParser } from './syslog';

/** The log of a Palo Alto Networks firewall, by way of syslog. Lines that others wrote in between are read as in any syslog file. */
export const panos: Format = {
  id: 'panos',
  label: 'Palo Alto Networks PAN-OS log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows', 'logins', 'changes', 'queries'],
  sniff: (head) => sniffFirewall(head, VENDOR.panos),
  parser: (context) => new SyslogParser(context, { usesKernel: false, isFile: true }),
};
