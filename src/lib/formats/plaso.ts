import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { accessLog } from './access-log';
import { auditd } from './auditd';
import { cloudtrail } from './cloudtrail';
import type { Format, Head, ParseContext, RecordParser } from './format';
import { iisW3c } from './iis-w3c';
import { postgresql } from './postgresql';
import { textOf, valueAt, type JsonObject } from './shared/json';
import { firstText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { KindCounts } from './shared/kind-counts';
import { FIREWALL_FIELDS, plasoLine, W3C_FIELDS, type PlasoEvent, type PlasoLog } from './shared/plaso-lines';
import { hashBytes, hashed } from './shared/record-hash';
import { noTime } from './shared/reject-reasons';
import { sinkOver } from './shared/sink-over';
import { jsonKeys } from './shared/sniff-json';
import { UTMP_TYPES, type UtmpRecord } from './shared/utmp';
import { UtmpRows, UtmpSigns } from './shared/utmp-rows';
import { syslog } from './syslog';
import { windowsFirewall } from './windows-firewall';
import { windowsXml } from './windows-xml';

const TEXTS = [
  ...['data_type', 'datetime', 'timestamp_desc', 'hostname', 'reporter', 'pid', 'body', 'message_body'],
  ...['message', 'username', 'address', 'ip_address', 'port', 'authentication_method', 'terminal', 'type'],
  ...['filename', 'display_name', 'xml_string', 'cloud_trail_event', 'audit_type', 'user_name'],
  ...['http_request', 'http_request_referer', 'http_request_user_agent', 'http_response_bytes'],
  ...['http_response_code', 'server_name', 'port_number', 's_computername', 'dest_ip', 'http_method'],
  ...['requested_uri_stem', 'cs_uri_query', 'dest_port', 'cs_username', 'source_ip', 'user_agent', 'cs_host'],
  ...['http_status', 'sent_bytes', 'received_bytes', 'time_taken', 'action', 'protocol', 'destination_ip'],
  ...['source_port', 'destination_port', 'packet_size', 'tcp_flags', 'path', 'user', 'severity', 'log_line'],
] as const;

/** Fields that are read of a timeline's events; `datetime` is what is left of the time in some exports. */
export const PLASO_FIELDS = [
  ...TEXTS,
  'timestamp',
  'date_time.is_local_time',
  'date_time.time_elements_tuple',
] as const;

const DRAWN =
  'A timeline of Plaso holds what was drawn from the logs, not the logs: which times they cover, and what was left out, it does not tell. The logs themselves say more.';
const LOCAL =
  'Times of some logs were without a zone, and were taken for UTC as they stood; they are read as local times: say of which zone.';
const NO_XML =
  'Windows events stand here without their XML, and give no rows: export with xml_string among the fields, or load the event logs (.evtx).';

/** `isByFile`: whether lines need those before them in their file. */
interface Reader {
  readonly format: Format;
  readonly head?: string;
  readonly isByFile?: boolean;
}

const READERS: Readonly<Record<PlasoLog, Reader>> = {
  syslog: {
    format: syslog,
    head: '2026-03-10T12:00:00Z host sshd[20]: Connection from 192.0.2.1 port 50000',
  },
  'access log': {
    format: accessLog,
    head: '192.0.2.1 - - [10/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
  },
  W3C: { format: iisW3c, head: `#Fields: ${W3C_FIELDS}` },
  firewall: { format: windowsFirewall, head: `#Time Format: UTC\n#Fields: ${FIREWALL_FIELDS}` },
  'firewall, local time': {
    format: windowsFirewall,
    head: `#Time Format: Local\n#Fields: ${FIREWALL_FIELDS}`,
  },
  auditd: { format: auditd, isByFile: true },
  PostgreSQL: {
    format: postgresql,
    head: '2026-03-10 12:00:00.000 UTC [20] bob@shop LOG:  connection authorized: user=bob database=shop',
    isByFile: true,
  },
  'Windows event': { format: windowsXml },
  CloudTrail: { format: cloudtrail },
};

function headOf(text: string): Head {
  return { bytes: encodeUtf8(text), text, lines: text.split('\n'), isWhole: false };
}

/** Whether the event's time is the digits of a log without a zone. A time that was given a zone has other digits, unless that zone is UTC. */
function isLocalTime(record: JsonObject, us: number): boolean {
  if (valueAt(record, 'date_time.is_local_time') !== true) return false;
  const digits = valueAt(record, 'date_time.time_elements_tuple');
  if (!Array.isArray(digits)) return false;
  const [year, month, day, hour, minute, second] = digits.map(Number) as number[];
  const asUtc = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
  return asUtc === Math.floor(us / 1e6) * 1000;
}

/** Files whose lines are read by themselves; a hostile timeline may name a new one in each event. */
const MAX_FILES = 1_000;

const UTMP_MESSAGE =
  /^User: (.*?) ?(?:Hostname: (\S+) )?(?:Terminal: (\S+) )?(?:PID: (\d+) )?(?:Terminal identifier: \S+ )?Status: (\w+)(?: IP Address: (\S+))?/;

const fileOf = (event: PlasoEvent): string => event.attribute('display_name', 'filename');

function utmpOf(event: PlasoEvent): UtmpRecord | null {
  const said = UTMP_MESSAGE.exec(event.attribute('message'));
  const written = event.attribute('type');
  const type = UTMP_TYPES.find((name, i) => name === (said?.[5] ?? written) || String(i) === written);
  if (type === undefined) return null;
  const host = event.attribute('hostname') || (said?.[2] ?? '');
  const address = event.attribute('ip_address') || (said?.[6] ?? '');
  return {
    type,
    us: event.us,
    user: event.attribute('username') || (said?.[1] ?? ''),
    line: event.attribute('terminal') || (said?.[3] ?? ''),
    host: host === 'localhost' ? '' : host,
    address: address === '0.0.0.0' ? '' : address,
    pid: Number(event.attribute('pid') || (said?.[4] ?? '0')) || 0,
    id: '',
    session: 0,
    exit: 0,
  };
}

/**
 * Timelines of Plaso (`psort -o json_line`), also as Timesketch exports them. Events that were drawn from logs are read as the lines that they
 * were; those of files, registries and browsers are counted by their data type.
 */
class PlasoParser extends JsonRecords {
  readonly #context: ParseContext;
  readonly #parsers = new Map<string, RecordParser>();
  readonly #logins = new Map<string, UtmpRows>();
  readonly #others: KindCounts;
  #fault: string | null = null;

  constructor(context: ParseContext) {
    super(context, wantedAt(...PLASO_FIELDS));
    this.#others = new KindCounts(context.sink, 'event of');
    const sink = sinkOver(context.sink, {
      reject: (reason) => {
        this.#fault = reason;
      },
      // Numbers in a timeline are of many files, of which parts may have been left out.
      number: () => undefined,
    });
    this.#context = { ...context, sink };
  }

  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const time = timeOf(valueAt(record, 'timestamp') ?? '');
    const { us, basis } = Number.isNaN(time.us) ? timeOf(textOf(record.datetime)) : time;
    const type = textOf(record.data_type);
    if (type === '') return 'it has no data_type, which says what the event was drawn from';
    if (Number.isNaN(us)) return noTime('timestamp', '1773144000000000');
    const event: PlasoEvent = {
      type,
      us,
      isLocal: basis === TIME_BASIS.local || isLocalTime(record, us),
      number: line,
      attribute: (...names) => {
        const text = firstText(record, ...names);
        return text === '-' ? '' : text;
      },
    };
    this.sink.note(DRAWN);
    if (type === 'linux:utmp:event') return this.#utmp(event, offset, line);
    const found = plasoLine(event);
    if (!found) {
      if (type === 'windows:evtx:record') this.sink.note(NO_XML);
      this.#others.skip(type);
      return null;
    }
    // A record of Windows has two times, and each is an event.
    const bytes = encodeUtf8(found.text);
    if (found.log === 'Windows event') {
      hashBytes(bytes, 0, bytes.length);
      if (this.sink.isRepeat(hashed.low, hashed.high, offset)) return null;
    }
    if (event.isLocal) this.sink.note(LOCAL);
    this.#fault = null;
    this.#parserOf(found.log, fileOf(event)).record(bytes, 0, bytes.length, offset, line);
    return this.#fault;
  }

  finish(): void {
    for (const parser of this.#parsers.values()) parser.finish?.();
  }

  #parserOf(log: PlasoLog, file: string): RecordParser {
    const { format, head = '', isByFile = false } = READERS[log];
    const key = isByFile && this.#parsers.size < MAX_FILES ? `${log} ${file}` : log;
    let parser = this.#parsers.get(key);
    if (!parser) this.#parsers.set(key, (parser = format.parser({ ...this.#context, head: headOf(head) })));
    return parser;
  }

  #utmp(event: PlasoEvent, offset: number, line: number): string | null {
    const record = utmpOf(event);
    if (!record) return 'its type is none that login records have (7, USER_PROCESS and their like)';
    const file = this.#logins.size < MAX_FILES ? fileOf(event) : '';
    let rows = this.#logins.get(file);
    if (!rows) {
      // Unlike the file, the event says where it comes from.
      const signs = new UtmpSigns();
      signs.isBtmp = /\bbtmp\b/.test(file);
      signs.isWtmp = !signs.isBtmp;
      rows = new UtmpRows(this.sink);
      rows.decide(signs.isBtmp ? 'failures' : 'logins', signs);
      this.#logins.set(file, rows);
    }
    rows.write(record, offset, line, event.isLocal ? TIME_BASIS.local : TIME_BASIS.absolute);
    return null;
  }
}

function sniffPlaso(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('data_type') || !has('timestamp_desc')) return 0;
  return has('timestamp') || has('datetime') ? 0.97 : 0;
}

export const plaso: Format = {
  id: 'plaso',
  label: 'Plaso or Timesketch timeline (JSON)',
  framing: 'json',
  // Some of the logs in it are read by what stood before.
  splittable: false,
  retells: true,
  tables: ['logins', 'queries', 'changes', 'flows'],
  sniff: sniffPlaso,
  parser: (context) => new PlasoParser(context),
};
