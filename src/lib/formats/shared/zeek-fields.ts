import { decodeUtf8 } from '../../base/bytes';
import type { RecordSink } from '../format';
import { AddressCache, StringCache } from './interning';
import { textOf, type JsonObject } from './json';
import { parsedTime, parseTimeBytes } from './time';
import { parseTimeText } from './time-text';

/**
 * The fields of Zeek's logs that we read (docs.zeek.org, "Log files"). Names are compared without dots, underscores and case, because
 * `Log::default_scope_sep` and `Log::default_field_name_map` let a site rename `id.orig_h` to `id_orig_h` or to names of its own.
 */
const FIELD_NAMES = [
  ...[
    'ts',
    'uid',
    'id.orig_h',
    'id.orig_p',
    'id.resp_h',
    'id.resp_p',
    'proto',
    'duration',
    'orig_bytes',
    'resp_bytes',
  ],
  ...['orig_ip_bytes', 'resp_ip_bytes', 'orig_pkts', 'resp_pkts', 'conn_state', 'history', 'peer'],
  ...['auth_success', 'auth_attempts', 'version', 'kex_alg', 'host_key_alg', 'client', 'server'],
  ...[
    'cookie',
    'result',
    'security_protocol',
    'username',
    'hostname',
    'domainname',
    'success',
    'server_tree_name',
  ],
  ...[
    'server_nb_computer_name',
    'server_dns_computer_name',
    'request_type',
    'error_msg',
    'trans_depth',
    'method',
  ],
  ...[
    'host',
    'uri',
    'user_agent',
    'status_code',
    'response_body_len',
    'cmd',
    'arg',
    'rows',
    'cmd.name',
    'cmd.key',
  ],
  ...[
    'cmd.value',
    'action',
    'path',
    'name',
    'size',
    'frontend',
    'frontend_arg',
    'backend',
    'backend_arg',
    'user',
  ],
  ...['database', 'application_name', 'command', 'reply_code', 'file_size', 'service', 'fuid', 'password'],
] as const;

export type ZeekField = (typeof FIELD_NAMES)[number];

/** Names that the baselines and field-name maps of others use for the four ends of a connection. */
const OTHER_NAMES: Readonly<Record<string, ZeekField>> = {
  ...{ src: 'id.orig_h', srcip: 'id.orig_h', sourceip: 'id.orig_h', origh: 'id.orig_h' },
  ...{ dst: 'id.resp_h', dstip: 'id.resp_h', destinationip: 'id.resp_h', resph: 'id.resp_h' },
  ...{ srcport: 'id.orig_p', sourceport: 'id.orig_p', origp: 'id.orig_p' },
  ...{
    dstport: 'id.resp_p',
    destinationport: 'id.resp_p',
    respp: 'id.resp_p',
    systemname: 'peer',
    node: 'peer',
  },
};

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

const byPlainName = new Map<string, ZeekField>([
  ...FIELD_NAMES.map((name): [string, ZeekField] => [plain(name), name]),
  ...Object.entries(OTHER_NAMES),
]);

/** Our name of a field, or undefined for one that we do not read. */
export function zeekFieldOf(name: string): ZeekField | undefined {
  return byPlainName.get(plain(name));
}

/** One record's values, whether they come from a line of columns or from a JSON object. */
export interface ZeekValues {
  /** The first value that was not what its field holds, in an analyst's words. */
  readonly fault: string | null;
  has(field: ZeekField): boolean;
  /** Microseconds; NaN when unset. */
  time(field: ZeekField): number;
  /** NaN when unset. */
  number(field: ZeekField): number;
  /** Address id; 0 when unset. */
  address(field: ZeekField): number;
  /** String id; 0 when unset. */
  string(field: ZeekField): number;
  text(field: ZeekField): string;
  /** Undefined when unset: an `auth_success` that is absent is not false. */
  flag(field: ZeekField): boolean | undefined;
}

/** Longest text kept of one value: URIs and statements of a megabyte occur. */
const LONGEST_TEXT = 4096;
const MOST_COLUMNS = 256;

/** What the `#` lines of a TSV log say. */
export interface ZeekHeader {
  separator: Uint8Array;
  unset: string;
  empty: string;
  path: string;
  fields: readonly string[];
}

export class ZeekColumns implements ZeekValues {
  fault: string | null = null;
  count = 0;
  readonly #addresses: AddressCache;
  readonly #strings: StringCache;
  readonly #sink: RecordSink;
  readonly #starts = new Int32Array(MOST_COLUMNS);
  readonly #ends = new Int32Array(MOST_COLUMNS);
  #bytes: Uint8Array = new Uint8Array(0);
  #columns = new Map<ZeekField, number>();
  #separator = 9;
  #longSeparator: Uint8Array | null = null;
  #unset: Uint8Array = new Uint8Array(0);
  #empty: Uint8Array = new Uint8Array(0);

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#addresses = new AddressCache(sink.dictionaries.addresses);
    this.#strings = new StringCache(sink.dictionaries.strings);
  }

  use(header: ZeekHeader): void {
    const encoder = new TextEncoder();
    this.#separator = header.separator[0] ?? 9;
    this.#longSeparator = header.separator.length > 1 ? header.separator : null;
    this.#unset = encoder.encode(header.unset);
    this.#empty = encoder.encode(header.empty);
    this.#columns = new Map();
    header.fields.forEach((name, i) => {
      const field = zeekFieldOf(name);
      if (field !== undefined && !this.#columns.has(field)) this.#columns.set(field, i);
    });
  }

  /** Finds the columns of a line. */
  split(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.fault = null;
    const separator = this.#separator;
    const long = this.#longSeparator;
    let count = 0;
    let from = start;
    for (let i = start; i <= end; i++) {
      if (i < end && (bytes[i] !== separator || (long && !standsAt(bytes, long, i, end)))) continue;
      if (count < MOST_COLUMNS) {
        this.#starts[count] = from;
        this.#ends[count] = i;
      }
      count += 1;
      if (long && i < end) i += long.length - 1;
      from = i + 1;
    }
    this.count = count;
  }

  /** Column of a set value, or −1. */
  #at(field: ZeekField): number {
    const column = this.#columns.get(field);
    if (column === undefined || column >= this.count || column >= MOST_COLUMNS) return -1;
    const start = this.#starts[column] as number;
    const end = this.#ends[column] as number;
    if (start === end || this.#is(this.#unset, start, end) || this.#is(this.#empty, start, end)) return -1;
    return column;
  }

  #is(word: Uint8Array, start: number, end: number): boolean {
    return word.length === end - start && standsAt(this.#bytes, word, start, end);
  }

  has(field: ZeekField): boolean {
    return this.#at(field) !== -1;
  }

  time(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return Number.NaN;
    if (parseTimeBytes(this.#bytes, this.#starts[column] as number, this.#ends[column] as number))
      return parsedTime.us;
    this.fault ??= `${field} is not a time`;
    return Number.NaN;
  }

  number(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return Number.NaN;
    const bytes = this.#bytes;
    const end = this.#ends[column] as number;
    let value = 0;
    for (let i = this.#starts[column] as number; i < end; i++) {
      const digit = (bytes[i] as number) - 48;
      if (digit < 0 || digit > 9) return this.#decimal(field, column);
      value = value * 10 + digit;
    }
    return value;
  }

  #decimal(field: ZeekField, column: number): number {
    const value = Number(decodeUtf8(this.#bytes, this.#starts[column], this.#ends[column]));
    if (Number.isFinite(value) && value >= 0) return value;
    this.fault ??= `${field} is not a number`;
    return Number.NaN;
  }

  address(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return 0;
    const id = this.#addresses.intern(
      this.#bytes,
      this.#starts[column] as number,
      this.#ends[column] as number,
    );
    if (id === 0) this.fault ??= `${field} is not an IP address`;
    return id;
  }

  string(field: ZeekField): number {
    const column = this.#at(field);
    if (column === -1) return 0;
    const bytes = this.#bytes;
    const start = this.#starts[column] as number;
    const end = Math.min(this.#ends[column] as number, start + LONGEST_TEXT);
    for (let i = start; i < end; i++)
      if (bytes[i] === 92) return this.#sink.dictionaries.strings.intern(this.text(field));
    return this.#strings.intern(bytes, start, end);
  }

  text(field: ZeekField): string {
    const column = this.#at(field);
    if (column === -1) return '';
    const start = this.#starts[column] as number;
    const end = Math.min(this.#ends[column] as number, start + LONGEST_TEXT);
    return unescape(this.#bytes, start, end);
  }

  flag(field: ZeekField): boolean | undefined {
    const column = this.#at(field);
    if (column === -1) return undefined;
    const byte = this.#bytes[this.#starts[column] as number];
    // T and F; tools that re-write the log print true and false.
    return byte === 84 || byte === 116 ? true : byte === 70 || byte === 102 ? false : undefined;
  }
}

function standsAt(bytes: Uint8Array, word: Uint8Array, at: number, end: number): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Zeek's ASCII writer prints a backslash as `\\` and what would break its columns as `\x09`. */
function unescape(bytes: Uint8Array, start: number, end: number): string {
  let from = start;
  while (from < end && bytes[from] !== 92) from += 1;
  if (from === end) return decodeUtf8(bytes, start, end);
  const out = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    let byte = bytes[i] as number;
    if (byte === 92 && i + 1 < end) {
      const next = bytes[i + 1] as number;
      const code =
        next === 120 && i + 3 < end
          ? Number.parseInt(String.fromCharCode(bytes[i + 2] as number, bytes[i + 3] as number), 16)
          : Number.NaN;
      if (next === 92) i += 1;
      else if (!Number.isNaN(code)) {
        byte = code;
        i += 3;
      }
    }
    out[length] = byte;
    length += 1;
  }
  return decodeUtf8(out, 0, length);
}

const MOST_CACHED = 20_000;

export class ZeekObject implements ZeekValues {
  fault: string | null = null;
  readonly #sink: RecordSink;
  readonly #values = new Map<ZeekField, unknown>();
  /** Which of our fields a key stands for; keys repeat on every record. */
  readonly #fields = new Map<string, ZeekField | null>();
  readonly #addressIds = new Map<string, number>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  use(object: JsonObject): void {
    this.fault = null;
    this.#values.clear();
    this.#gather(object, '');
  }

  /** ECS exporters and some forwarders nest `id`: `{"id":{"orig_h":…}}`. */
  #gather(object: JsonObject, prefix: string): void {
    for (const key in object) {
      const value = object[key];
      const name = prefix + key;
      let field = this.#fields.get(name);
      if (field === undefined) {
        // `_path`, `_write_ts`, `@timestamp` are the transport's, not the log's; `_system_name` names the sensor.
        field = /^[_@]/.test(name) && name !== '_system_name' ? null : (zeekFieldOf(name) ?? null);
        if (this.#fields.size < MOST_CACHED) this.#fields.set(name, field);
      }
      if (field !== null) {
        if (value !== null && value !== undefined && value !== '') this.#values.set(field, value);
      } else if (prefix === '' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        this.#gather(value as JsonObject, `${key}.`);
      }
    }
  }

  has(field: ZeekField): boolean {
    return this.#values.has(field);
  }

  time(field: ZeekField): number {
    const value = this.#values.get(field);
    if (value === undefined) return Number.NaN;
    if (typeof value === 'number') {
      // Seconds with six decimals are exact in a double after rounding; larger whole numbers are JSON::TS_MILLIS.
      if (Math.abs(value) < 1e11) return Math.round(value * 1e6);
      if (Math.abs(value) < 1e14) return Math.round(value * 1e3);
    } else if (parseTimeText(textOf(value))) return parsedTime.us;
    this.fault ??= `${field} is not a time`;
    return Number.NaN;
  }

  number(field: ZeekField): number {
    const value = this.#values.get(field);
    if (value === undefined) return Number.NaN;
    const number = typeof value === 'number' ? value : Number(textOf(value) || Number.NaN);
    if (Number.isFinite(number) && number >= 0) return number;
    this.fault ??= `${field} is not a number`;
    return Number.NaN;
  }

  address(field: ZeekField): number {
    const value = this.#values.get(field);
    if (value === undefined) return 0;
    const text = textOf(value);
    let id = this.#addressIds.get(text);
    if (id === undefined) {
      id = this.#sink.dictionaries.addresses.internText(text);
      if (this.#addressIds.size > MOST_CACHED) this.#addressIds.clear();
      this.#addressIds.set(text, id);
    }
    if (id === 0) this.fault ??= `${field} is not an IP address`;
    return id;
  }

  string(field: ZeekField): number {
    return this.#sink.dictionaries.strings.intern(this.text(field));
  }

  text(field: ZeekField): string {
    return textOf(this.#values.get(field)).slice(0, LONGEST_TEXT);
  }

  flag(field: ZeekField): boolean | undefined {
    const value = this.#values.get(field);
    if (typeof value === 'boolean') return value;
    return value === 'T' || value === 'true' ? true : value === 'F' || value === 'false' ? false : undefined;
  }
}
