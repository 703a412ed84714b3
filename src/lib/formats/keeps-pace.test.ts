import { describe, expect, it } from 'vitest';
import type { Head } from './format';
import { formatById } from './registry';

function keepsPace(formatId: string, lines: readonly string[]): boolean {
  const text = lines.join('\n');
  const head: Head = { bytes: new TextEncoder().encode(text), text, lines, isWhole: false };
  return formatById(formatId)?.keepsPace?.(head) ?? false;
}

const VPC = '2 123456789010 eni-1 192.0.2.1 192.0.2.2 443 49152 6 10 840 1418530010 1418530070 ACCEPT OK';
const ZEEK = ['#separator \\x09', '#fields\tts\tuid\tid.orig_h'];
const SSHD = 'Mar 10 06:25:46 log-3 sshd[7]: Invalid user x from 192.0.2.77 port 50022';
const PACKET =
  'Mar 10 06:25:46 log-3 kernel: [1.5] IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 LEN=40 PROTO=TCP SPT=1 DPT=22 SYN';

describe('what a kernel reads most of', () => {
  it('is seen in the head', () => {
    expect(keepsPace('vpc-flow', [VPC])).toBe(true);
    expect(keepsPace('zeek', [...ZEEK, '#path\tconn'])).toBe(true);
    expect(keepsPace('syslog', [SSHD, SSHD, SSHD, SSHD, SSHD, PACKET])).toBe(true);
  });

  it('is not what the same formats leave to TypeScript', () => {
    expect(keepsPace('vpc-flow', [`2024-03-10T06:25:46.000Z ${VPC}`])).toBe(false);
    expect(keepsPace('vpc-flow', ['version srcaddr dstaddr start', '5 192.0.2.1 192.0.2.2 1'])).toBe(false);
    expect(keepsPace('zeek', [...ZEEK, '#path\thttp'])).toBe(false);
    expect(keepsPace('syslog', [SSHD, PACKET, PACKET])).toBe(false);
    expect(keepsPace('syslog', [SSHD.replace('sshd', 'nginx')])).toBe(false);
    expect(keepsPace('cloudtrail', ['{}'])).toBe(false);
  });
});
