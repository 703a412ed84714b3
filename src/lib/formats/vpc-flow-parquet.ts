import { decodeUtf8, encodeUtf8 } from '../base/bytes';
import { FailureError, toFailure } from '../base/result';
import type { Format, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { AwsFlowFields } from './shared/aws-flow-fields';
import { TRANSIT_GATEWAY_FIELDS, VPC_FIELDS } from './shared/aws-flow-layout';
import { openParquet, readParquetRow, startsWithParquet, type ParquetColumn } from './shared/parquet';

const FIELDS = new Set([...VPC_FIELDS, ...TRANSIT_GATEWAY_FIELDS]);

/** Parquet names have underscores; AWS' own have hyphens. */
const plain = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** A cell as the text form has it; times that a conversion made dates are seconds again. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return String(value.getTime() / 1000);
  const text = String(value);
  return text === '-' ? '' : text;
}

class VpcFlowParquetParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #fields: AwsFlowFields;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#fields = new AwsFlowFields(sink);
  }

  /** The complete file. A damaged one is one rejected record, with what was read before it kept. */
  record(bytes: Uint8Array, start: number, end: number): void {
    let row = 0;
    try {
      const file = openParquet(bytes.subarray(start, end));
      const known = file.names.filter((name) => FIELDS.has(plain(name)));
      if (!known.some((name) => /addr$/.test(name))) {
        const names = file.names.slice(0, 12).join(', ').slice(0, 200);
        return this.#reject(`its columns are not those of a flow log (${names})`, names, 1);
      }
      for (const group of file.groups((name) => FIELDS.has(plain(name)))) {
        const columns = new Map(
          [...group.columns].map(([name, values]): [string, ParquetColumn] => [plain(name), values]),
        );
        for (let i = 0; i < group.rows; i++, row++) this.#row(columns, i, row);
      }
      if (row === 0) this.#sink.skip('table without rows');
    } catch (caught) {
      this.#reject(toFailure(caught).what, '', row + 1);
    }
  }

  /** Records of a columnar file have no place of their own in its bytes: offset and line are the row's number. */
  #row(columns: ReadonlyMap<string, ParquetColumn>, i: number, row: number): void {
    const reason = this.#fields.write((name) => textOf(columns.get(name)?.[i]), row, row + 1);
    if (reason === null) return;
    const shown = [...columns].map(([name, values]) => `${name}=${textOf(values[i])}`).join(' ');
    this.#reject(reason, shown, row + 1);
  }

  #reject(reason: string, shown: string, line: number): void {
    const text = encodeUtf8(shown);
    this.#sink.reject(reason, text, 0, text.length, line);
  }
}

/** A row as the file holds it, a column a line; an absent value is `null`, which no text is. */
async function rowText(source: SourceBytes, row: number): Promise<string> {
  const values = await readParquetRow(source, row);
  if (!values) throw new FailureError({ what: `The Parquet file has no row ${row + 1}` });
  return [...values].map(([name, value]) => `${name}=${heldText(value)}`).join('\n');
}

function heldText(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid time' : value.toISOString();
  return value instanceof Uint8Array ? decodeUtf8(value) : String(value ?? null);
}

/** VPC and transit gateway flow logs as AWS delivers them in Parquet. The receipt of a row is its number. */
export const vpcFlowParquet: Format = {
  id: 'vpc-flow-parquet',
  label: 'AWS VPC flow log (Parquet)',
  framing: 'whole',
  splittable: false,
  heldOffAsset: true,
  tables: ['flows'],
  rowText,
  // What the columns are stands at the file's end, so the head can only tell that it is Parquet.
  sniff: (head) => (startsWithParquet(head.bytes) ? 0.9 : 0),
  parser: ({ sink }: ParseContext) => new VpcFlowParquetParser(sink),
};
