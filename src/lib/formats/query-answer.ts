import { encodeUtf8 } from '../base/bytes';
import { azureActivity } from './azure-activity';
import { azureResource } from './azure-resource';
import { clickhouse } from './clickhouse';
import { defender } from './defender';
import { entra } from './entra';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { INNER_FORMATS } from './inner-formats';
import { closedJson } from './shared/closed-json';
import { isObject, parseJsonObject, textAt, type JsonObject } from './shared/json';
import { arrayAt, objectsAt, parseJsonText } from './shared/json-fields';
import { NOT_JSON } from './shared/reject-reasons';
import { sinkOver } from './shared/sink-over';
import { snowflake } from './snowflake';

const SNIFFED_CHARS = 65_536;
const SNIFFED_ROWS = 20;
/** A format is believed to be inside when it is surer than this of the first rows. */
const SURE = 0.5;

const SIGN_IN = ['TimeGenerated', 'UserPrincipalName', 'IPAddress', 'ResultType'];

/** How an answer begins that holds a table. */
const BEGINNING =
  /^\s*\{\s*"(?:tables"\s*:\s*\[\s*\{|meta"\s*:\s*\[|results"\s*:\s*\[\s*\[\s*\{\s*"field"|(?:@odata\.\w+"\s*:\s*"[^"]{0,500}"\s*,\s*")?[Ss]chema"\s*:\s*\[|Stats"\s*:\s*\{)/;

/** What may be in the rows: a log's own columns, or its lines. */
const KNOWN: readonly Format[] = [
  ...[entra, defender, azureActivity, azureResource, clickhouse, snowflake],
  ...INNER_FORMATS,
];

/**
 * The rows of an answer, each with its columns' names; empty where it holds no table:
 * `{"tables":[{"columns":[{"name"}],"rows":[[…]]}]}` of Azure Monitor's Log Analytics ("Azure Monitor Log Analytics API response format", learn.microsoft.com),
 * `{"Schema":[…],"Results":[{…}]}` of Microsoft Defender's advanced hunting and Graph's (there in small letters),
 * `{"meta":[…],"data":[{…}]}` of ClickHouse ("JSON", "JSONCompact", clickhouse.com/docs/interfaces/formats),
 * `{"results":[[{"field","value"}]]}` of CloudWatch Logs Insights ("GetQueryResults", docs.aws.amazon.com).
 */
function rowsOf(answer: JsonObject): readonly JsonObject[] {
  const tables = objectsAt(answer, 'tables');
  if (tables.length > 0) return tables.flatMap((table) => named(table, 'columns', 'rows'));
  if (answer['meta'] !== undefined) return named(answer, 'meta', 'data');
  const results = answer['Results'] ?? answer['results'];
  if (!Array.isArray(results)) return [];
  return results.flatMap((row: unknown) => {
    if (isObject(row)) return [row];
    const fields = Array.isArray(row) ? row.filter(isObject) : [];
    return fields.length === 0
      ? []
      : [Object.fromEntries(fields.map((field) => [textAt(field, 'field'), field['value']]))];
  });
}

/** Rows that are lists in the order of the columns, or objects already. */
function named(table: JsonObject, columns: string, rows: string): JsonObject[] {
  const names = objectsAt(table, columns).map((column) => textAt(column, 'name'));
  return arrayAt(table, rows).flatMap((row) => {
    if (isObject(row)) return [row];
    return Array.isArray(row) ? [Object.fromEntries(names.map((name, i) => [name, row[i] as unknown]))] : [];
  });
}

/** The line that a row carries, or the row as the record that it was. */
function recordText(row: JsonObject): string {
  const line = row['@message'];
  return typeof line === 'string' ? line : JSON.stringify(row);
}

/** What the first rows are of; null where no format is sure of them. */
function formatOf(rows: readonly JsonObject[]): { format: Format; head: Head } | null {
  const lines = rows.slice(0, SNIFFED_ROWS).map(recordText);
  if (lines.length === 0) return null;
  const text = lines.join('\n');
  const head: Head = { bytes: encodeUtf8(text), text, lines, isWhole: false };
  // Log Analytics names the columns of sign-ins as no other export does.
  let best: Format | null = SIGN_IN.every((name) => rows[0]?.[name] !== undefined) ? entra : null;
  let confidence = best ? 0.9 : SURE;
  for (const format of KNOWN) {
    const found = format.sniff(head);
    if (found > confidence) [best, confidence] = [format, found];
  }
  return best && { format: best, head };
}

/** Answers of query services, whose rows are read by the format that knows them. An answer is one record of its file. */
class QueryAnswerParser implements RecordParser {
  readonly #context: ParseContext;
  readonly #sink: RecordSink;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#sink = context.sink;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const answer = parseJsonObject(bytes, start, end);
    const reason = answer ? this.#answer(rowsOf(answer), offset, line) : NOT_JSON;
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  #answer(rows: readonly JsonObject[], offset: number, line: number): string | null {
    if (rows.length === 0) {
      this.#sink.skip('answer without rows');
      return null;
    }
    const found = formatOf(rows);
    if (!found) return 'its rows are of no log that is known: export them as CSV, where columns can be named';
    let fault: string | null = null;
    let isSkipped = false;
    // What is counted is the answer: its rows are told of by a note.
    const sink = sinkOver(this.#sink, {
      reject: (reason) => {
        fault = reason;
      },
      skip: () => {
        isSkipped = true;
      },
      number: () => undefined,
      isRepeat: () => false,
    });
    const total = (): number => found.format.tables.reduce((sum, table) => sum + this.#sink[table].total, 0);
    const before = total();
    const parser = found.format.parser({ ...this.#context, sink, head: found.head });
    for (const row of rows) {
      const text = encodeUtf8(recordText(row));
      parser.record(text, 0, text.length, offset, line);
    }
    parser.finish?.();
    const isTold = total() > before;
    this.#sink.note(`The answer's rows are of another log (${found.format.label}); they were read as such.`);
    if (!isTold && fault === null) this.#sink.skip('answer without a row that tells anything');
    if (isTold && fault !== null)
      this.#sink.note(`Some rows of an answer could not be read; the last because ${String(fault)}.`);
    if (isTold && isSkipped)
      this.#sink.note('Some rows of an answer give no row here, as they tell of other things.');
    return isTold ? null : fault;
  }
}

function sniffAnswer(head: Head): number {
  const start = head.text.slice(0, SNIFFED_CHARS);
  if (!BEGINNING.test(start)) return 0;
  const answer = parseJsonText(closedJson(start) ?? '');
  return answer && formatOf(rowsOf(answer)) ? 0.98 : 0;
}

export const queryAnswer: Format = {
  id: 'query-answer',
  label: 'Query answer (Log Analytics, Defender, ClickHouse, …)',
  framing: 'json',
  splittable: true,
  tables: ['logins', 'queries', 'changes', 'flows'],
  sniff: sniffAnswer,
  parser: (context) => new QueryAnswerParser(context),
};
