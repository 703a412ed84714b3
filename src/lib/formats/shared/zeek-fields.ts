import { ByteTable } from './byte-table';

/** Distinct texts remembered of one field: a hostile log may write another history on every line. */
export const MOST_DERIVED = 4096;

/**
 * The fields of Zeek's logs that we read (docs.zeek.org, "Log files"). Names are compared without dots, underscores and case, because
 * `Log::default_scope_sep` and `Log::default_field_name_map` let a site rename `id.orig_h` to `id_orig_h` or to names of its own.
 */
export const FIELD_NAMES = [
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

type FieldName = (typeof FIELD_NAMES)[number];

/** Index of a field in FIELD_NAMES. */
export type ZeekField = number;

/** The fields by name. */
export const F = Object.fromEntries(FIELD_NAMES.map((name, i) => [name, i])) as Readonly<
  Record<FieldName, ZeekField>
>;

/** A number that a text stands for (a protocol's name, a state), worked out once for each text that occurs. */
export class Derived {
  readonly compute: (text: string) => number;
  readonly byText = new Map<string, number>();
  readonly byBytes = new ByteTable<number>(MOST_DERIVED);

  constructor(compute: (text: string) => number) {
    this.compute = compute;
  }
}

/** Names that the baselines and field-name maps of others use for the four ends of a connection. */
const OTHER_NAMES: Readonly<Record<string, FieldName>> = {
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
  ...FIELD_NAMES.map((name, i): [string, ZeekField] => [plain(name), i]),
  ...Object.entries(OTHER_NAMES).map(([name, ours]): [string, ZeekField] => [name, F[ours]]),
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
  /** What the field's text stands for; the number for the empty text when unset. */
  derive(field: ZeekField, derived: Derived): number;
}

/** Longest text kept of one value: URIs and statements of a megabyte occur. */
export const LONGEST_TEXT = 2048;
