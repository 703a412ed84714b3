import type { Format, Head, ParseContext, RecordParser } from './format';
import { AwsFlowReader } from './shared/aws-flow';
import {
  awsFlowHeader,
  awsFlowLayout,
  DEFAULT_FIELDS,
  VPC_FIELDS,
  type AwsFlowLayout,
} from './shared/aws-flow-layout';

const SNIFFED_LINES = 50;

/** Without a header: the default fields, then as many of the documentation's list as there are. */
const HEADERLESS = awsFlowLayout(VPC_FIELDS, DEFAULT_FIELDS);

const ADDRESS = /^(?:-|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i;

function fieldsOf(line: string): string[] {
  return line.trim().split(/\s+/);
}

/** Whether these are the default format's fields, judged by those that have a shape of their own. */
function isDefaultRecord(fields: readonly string[], from: number): boolean {
  const field = (name: string): string => fields[from + VPC_FIELDS.indexOf(name)] ?? '';
  return (
    fields.length - from >= DEFAULT_FIELDS &&
    /^\d{1,2}$/.test(field('version')) &&
    ADDRESS.test(field('srcaddr')) &&
    ADDRESS.test(field('dstaddr')) &&
    /^(?:ACCEPT|REJECT|-)$/.test(field('action')) &&
    /^(?:OK|NODATA|SKIPDATA|-)$/.test(field('log-status'))
  );
}

const TIMESTAMP = /^(?:\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?|\d{10,13}(?:\.\d+)?)$/;

/** Fields that a CloudWatch export puts before the record: none, its timestamp, or its timestamp and the log stream's name. */
function prefixOf(fields: readonly string[]): number {
  if (isDefaultRecord(fields, 0)) return 0;
  if (!TIMESTAMP.test(fields[0] ?? '')) return -1;
  if (isDefaultRecord(fields, 1)) return 1;
  return isDefaultRecord(fields, 2) ? 2 : -1;
}

interface Shape {
  readonly layout: AwsFlowLayout;
  readonly prefix: number;
  readonly confidence: number;
}

/** The layout that the head gives: its header's, or the default one. */
function shapeOf(head: Head): Shape {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, SNIFFED_LINES);
  for (const line of lines) {
    const header = awsFlowHeader(line);
    if (header && !header.some((name) => name.startsWith('tgw-')) && !line.includes(',')) {
      return { layout: awsFlowLayout(header), prefix: 0, confidence: 0.99 };
    }
  }
  let fitting = 0;
  let prefix = 0;
  for (const line of lines) {
    const found = prefixOf(fieldsOf(line));
    if (found === -1) continue;
    if (fitting === 0) prefix = found;
    fitting += 1;
  }
  return { layout: HEADERLESS, prefix, confidence: lines.length === 0 ? 0 : (0.98 * fitting) / lines.length };
}

/**
 * AWS VPC flow log as text: the default format, any custom one that comes with its header (S3 puts one into every object, so it may
 * come again), and CloudWatch exports with a timestamp before each record. A custom format without its header can't be known.
 */
export const vpcFlow: Format = {
  id: 'vpc-flow',
  label: 'AWS VPC flow log',
  framing: 'lines',
  splittable: true,
  keepsPace(head) {
    const { layout, prefix } = shapeOf(head);
    return layout.isDefault && prefix === 0;
  },
  heldOffAsset: true,
  tables: ['flows'],
  sniff: (head) => shapeOf(head).confidence,
  parser({ sink, head }: ParseContext): RecordParser {
    const { layout, prefix } = shapeOf(head);
    return new AwsFlowReader(sink, layout, prefix);
  },
};
