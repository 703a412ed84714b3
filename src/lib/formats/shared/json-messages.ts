import { BYTE, decodeUtf8, encodeUtf8, indexOfByte, startsWithAscii } from '../../base/bytes';
import type { TableBuilder } from '../../tables/builders';
import { accessLogJson } from '../access-log-json';
import { cloudtrail } from '../cloudtrail';
import { envoyJson } from '../envoy-json';
import { esAudit } from '../es-audit';
import type { Format, Head, RecordParser, RecordSink } from '../format';
import { gcpAudit } from '../gcp-audit';
import { kubernetesAudit } from '../kubernetes-audit';
import { mongodb } from '../mongodb';
import { mysqlAudit } from '../mysql-audit';
import { okta } from '../okta';
import { postgresqlJson } from '../postgresql-json';
import { suricata } from '../suricata';
import { vault } from '../vault';
import { windowsJson } from '../windows-json';
import { zeekJson } from '../zeek-json';
import type { LineEvent } from './line-event';

/** Formats of JSON objects that programs and forwarders send as messages of syslog. Each keeps nothing from one object to the next. */
const FORMATS: readonly Format[] = [
  suricata,
  zeekJson,
  mongodb,
  cloudtrail,
  kubernetesAudit,
  esAudit,
  mysqlAudit,
  postgresqlJson,
  vault,
  gcpAudit,
  okta,
  windowsJson,
  envoyJson,
  accessLogJson,
];
/** A format is believed to be that of a message when it is surer than this of it. */
const SURE = 0.5;
/** Objects of a program of which none was of a known format, before its others are not asked. */
const MOST_TRIES = 100;
/** Where an object may begin: behind a mark such as `@cee:`. */
const LONGEST_MARK = 64;

/** Where the message at `start` has its JSON object; −1 when it is something else. */
export function jsonStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === BYTE.space) at += 1;
  if (bytes[at] === BYTE.openBrace) return at;
  return startsWithAscii(bytes, '@cee:', at, end)
    ? indexOfByte(bytes, BYTE.openBrace, at, Math.min(end, at + LONGEST_MARK))
    : -1;
}

/**
 * One program's messages that are JSON objects, read by the format that is sure of the first of them. An object that names no machine was written on
 * the one that the line names.
 */
export class JsonMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  #format: Format | undefined;
  #parser: RecordParser | undefined;
  #tries = 0;

  constructor(sink: RecordSink, event: LineEvent, format?: Format) {
    this.#sink = sink;
    this.#event = event;
    this.#format = format;
  }

  /** False where the message is no object, or of no format that is known. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const at = jsonStart(bytes, start, end);
    if (at === -1) return false;
    this.#parser ??= this.#begin(bytes, at, end);
    if (!this.#parser) return false;
    const { tables = [] } = this.#format ?? {};
    const logins = tables.includes('logins') ? this.#sink.logins : undefined;
    const queries = tables.includes('queries') ? this.#sink.queries : undefined;
    const [loginsBefore, queriesBefore] = [logins?.total ?? 0, queries?.total ?? 0];
    this.#parser.record(bytes, at, end, this.#event.offset, this.#event.line);
    if (logins) this.#nameHost(logins, logins.total - loginsBefore);
    if (queries) this.#nameHost(queries, queries.total - queriesBefore);
    return true;
  }

  #begin(bytes: Uint8Array, at: number, end: number): RecordParser | undefined {
    if (this.#tries >= MOST_TRIES) return undefined;
    this.#tries += 1;
    const text = decodeUtf8(bytes, at, end);
    const head: Head = { bytes: encodeUtf8(text), text, lines: [text], isWhole: false };
    this.#format ??= FORMATS.find((format) => format.sniff(head) > SURE);
    return this.#format?.parser({ sink: this.#sink, head, options: {} });
  }

  /** The last rows of a table are still at hand: one record's rows are few. */
  #nameHost(builder: TableBuilder<'logins'> | TableBuilder<'queries'>, rows: number): void {
    const hosts = builder.columns.host;
    for (let i = Math.max(0, builder.length - rows); i < builder.length; i++)
      if (hosts[i] === 0) hosts[i] = this.#event.host;
  }
}
