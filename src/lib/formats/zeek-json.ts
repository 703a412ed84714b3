import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { parseJsonObject, textOf, type JsonObject } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import { NOT_JSON } from './shared/reject-reasons';
import { zeekLogKind } from './shared/zeek-kinds';
import { FIELD_NAMES } from './shared/zeek-fields';
import { ZeekLogs } from './shared/zeek-logs';
import { ZeekObject } from './shared/zeek-object';

const SNIFFED_LINES = 20;
const MOST_PATHS = 500;

/** `_path` is what Zeek's JSON streaming and Corelight add; plain JSON logs name their log by the file's name alone. */
function pathOf(object: JsonObject): string {
  const path = textOf(object['_path'] ?? object['@path'] ?? '');
  return path.slice(0, 64);
}

function looksLikeZeek(object: JsonObject): number {
  if (typeof object['_path'] === 'string' && object['ts'] !== undefined) return 1;
  const uid = object['uid'];
  const isUid = typeof uid === 'string' && /^[CF][A-Za-z0-9]{10,24}$/.test(uid);
  const hasEnds = object['id.orig_h'] !== undefined || object['id_orig_h'] !== undefined;
  if (object['ts'] === undefined) return 0;
  return isUid && hasEnds ? 0.95 : isUid || hasEnds ? 0.7 : 0;
}

function confidence(head: Head): number {
  const objects = head.lines
    .slice(0, SNIFFED_LINES)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      if (!line.includes('"ts"')) return null;
      const bytes = new TextEncoder().encode(line.replace(/^\s*\[/, '').replace(/[,\]\s]+$/, ''));
      return parseJsonObject(bytes, 0, bytes.length);
    });
  const scores = objects.map((object) => (object ? looksLikeZeek(object) : 0));
  // One object over many lines, or a head cut in the middle of the only line.
  if (scores.length === 0 || scores.every((score) => score === 0)) {
    return /"ts"\s*:/.test(head.text.slice(0, 4096)) && /"id\.orig_h"\s*:/.test(head.text.slice(0, 4096))
      ? 0.6
      : 0;
  }
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

const WANTED = wantedAt(...FIELD_NAMES, '_path', '@path', '_system_name');

class ZeekJsonParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #logs: ZeekLogs;
  readonly #values: ZeekObject;
  readonly #kinds = new Map<string, string>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#logs = new ZeekLogs(sink);
    this.#values = new ZeekObject(sink);
  }

  /** By its path the kind is worked out once; without one each record's fields tell. */
  #kindOf(path: string): string | undefined {
    if (path === '') return zeekLogKind('', (field) => this.#values.has(field));
    let kind = this.#kinds.get(path);
    if (kind === undefined) {
      kind = zeekLogKind(path, (field) => this.#values.has(field)) ?? '';
      if (this.#kinds.size < MOST_PATHS) this.#kinds.set(path, kind);
    }
    return kind;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const object = this.objects.read(bytes, start, end);
    if (!object) {
      this.#sink.reject(NOT_JSON, bytes, start, end, line);
      return;
    }
    const path = pathOf(object);
    // Fields that a site renamed or nested can be found only among all of them.
    const isRenamed = object['id.orig_h'] === undefined;
    this.#values.use((isRenamed && parseJsonObject(bytes, start, end)) || object);
    const read = this.#logs.reader(this.#kindOf(path));
    if (!read) {
      this.#sink.skip(`zeek ${path === '' ? 'log of an unknown kind' : path}`);
      return;
    }
    const reason = read(this.#values, offset, line);
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }
}

/** Zeek's logs as JSON, also several kinds in one stream; the same rows as their tab-separated form. */
export const zeekJson: Format = {
  id: 'zeek-json',
  label: 'Zeek log (JSON)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  seesFromOutside: true,
  tables: ['flows', 'logins', 'queries'],
  sniff: confidence,
  parser: ({ sink }: ParseContext) => new ZeekJsonParser(sink),
};
