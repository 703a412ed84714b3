import type { Format, Head, ParseContext } from './format';
import { AwsFlowReader } from './shared/aws-flow';
import {
  awsFlowHeader,
  awsFlowLayout,
  TRANSIT_GATEWAY_FIELDS,
  type AwsFlowLayout,
} from './shared/aws-flow-layout';

/** The fields up to `log-status`; what follows was added over time. */
const LEAST_FIELDS = TRANSIT_GATEWAY_FIELDS.indexOf('log-status') + 1;
const HEADERLESS = awsFlowLayout(TRANSIT_GATEWAY_FIELDS, LEAST_FIELDS);

const SHAPE = /^\d{1,2} (?:TransitGateway|-) \S+ tgw-\S+ (?:tgw-attach-\S+|-) /;

function layoutOf(head: Head): { layout: AwsFlowLayout; confidence: number } {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 50);
  for (const line of lines) {
    const header = awsFlowHeader(line);
    if (header?.some((name) => name.startsWith('tgw-')))
      return { layout: awsFlowLayout(header), confidence: 0.99 };
  }
  const fitting = lines.filter((line) => SHAPE.test(line.trim())).length;
  return { layout: HEADERLESS, confidence: lines.length === 0 ? 0 : (0.98 * fitting) / lines.length };
}

/** AWS transit gateway flow log: the default format without a header, or any order with one. There is no verdict in it. */
export const transitGatewayFlow: Format = {
  id: 'transit-gateway-flow',
  label: 'AWS transit gateway flow log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['flows'],
  sniff: (head) => layoutOf(head).confidence,
  parser: ({ sink, head }: ParseContext) => new AwsFlowReader(sink, layoutOf(head).layout),
};
