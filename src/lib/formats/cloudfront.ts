import type { Format, Head } from './format';
import { W3cParser } from './shared/w3c';

function sniffCloudFront(head: Head): number {
  return head.lines.some((line) => /^#Fields:.*\bx-edge-location\b/i.test(line)) ? 0.97 : 0;
}

/** CloudFront standard (access) logs: W3C extended, by tabs, times in UTC, durations in seconds. Docs: "Standard logs (access logs)", docs.aws.amazon.com. */
export const cloudfront: Format = {
  id: 'cloudfront',
  label: 'AWS CloudFront access log',
  framing: 'lines',
  splittable: false,
  heldOffAsset: true,
  tables: ['queries'],
  sniff: sniffCloudFront,
  parser: (context) => new W3cParser(context, 'cloudfront'),
};
