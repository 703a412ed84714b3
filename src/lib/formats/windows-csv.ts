import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS, type TimeBasis } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { CsvRecordCutter, type CsvRecord } from './shared/csv-records';
import { textOf } from './shared/json';
import { splitCsv } from './shared/postgres';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { parseTimeText } from './shared/time-text';
import { WindowsRows } from './shared/windows';
import { payloadData } from './shared/windows-payload';
import { RDP_LOGS } from './shared/windows-rdp';

const MAX_COLUMNS = 300;

/** Columns that hold the event id and the time, in the exports of the Event Viewer, PowerShell, Sentinel and Splunk. */
const ID_COLUMNS = /^(?:Event ?ID|Id|EventCode|event_id)$/i;
const TIME_COLUMNS =
  /^(?:TimeGenerated|TimeCreated|Date and Time|_time|EventTime|@timestamp|SystemTime)(?: \[UTC\])?$/i;
const HOST_COLUMNS = /^(?:Computer|ComputerName|MachineName|Hostname|host)$/i;
const CHANNEL_COLUMNS = /^(?:Channel|LogName|Log Name)$/i;
const PROVIDER_COLUMNS = /^(?:Source|Provider|ProviderName|SourceName|EventSourceName)$/i;
/** The number that the host gave the record: Sentinel, Get-WinEvent, Splunk. Converters that count the file's records too give the host's number first. */
const NUMBER_COLUMNS = [/^EventRecordI[dD]$/, /^RecordI[dD]$/, /^RecordNumber$/];

/** A section's line of a rendered message → the field that the event's data calls it. Rendered in English; other languages keep their rows without details. */
const MESSAGE_FIELDS: Readonly<Record<string, string>> = {
  'Subject|Account Name': 'SubjectUserName',
  'Subject|Logon ID': 'SubjectLogonId',
  'New Logon|Account Name': 'TargetUserName',
  'New Logon|Logon ID': 'TargetLogonId',
  'Account For Which Logon Failed|Account Name': 'TargetUserName',
  'Account Whose Credentials Were Used|Account Name': 'TargetUserName',
  'Account Information|Account Name': 'TargetUserName',
  'New Account|Account Name': 'TargetUserName',
  'Target Account|Account Name': 'TargetUserName',
  'Member|Account Name': 'MemberName',
  'Member|Security ID': 'MemberSid',
  'Group|Group Name': 'TargetUserName',
  '|Logon Account': 'TargetUserName',
  '|Source Workstation': 'Workstation',
  '|User': 'User',
  '|Source Network Address': 'Address',
  '|Error Code': 'Status',
  '|Logon Type': 'LogonType',
  'Logon Information|Logon Type': 'LogonType',
  'Network Information|Source Network Address': 'IpAddress',
  'Network Information|Client Address': 'IpAddress',
  'Network Information|Source Port': 'IpPort',
  'Network Information|Client Port': 'IpPort',
  'Network Information|Network Address': 'IpAddress',
  'Network Information|Port': 'IpPort',
  'Network Information|Workstation Name': 'WorkstationName',
  'Detailed Authentication Information|Authentication Package': 'AuthenticationPackageName',
  'Additional Information|Result Code': 'Status',
  'Additional Information|Failure Code': 'Status',
  'Target Server|Target Server Name': 'TargetServerName',
  'Service Information|Service Name': 'ServiceName',
  'Process Information|Process Command Line': 'CommandLine',
  'Process Information|New Process Name': 'NewProcessName',
};

/** Fields of messages that are one sentence, of RemoteDesktopServices-RdpCoreTS: 131 and 140. */
const SENTENCES: readonly (readonly [string, RegExp])[] = [
  ['ClientIP', /^The server accepted a new \w+ connection from client (\S+?)\.?$/],
  ['IPString', /^A connection from the client computer with an IP address of (\S+) failed because/],
];

/** Events of the end of a session call its account the subject when they are rendered, and the target in their data. */
const LOGOFFS = new Set([4634, 4647]);
const RENDERED_LOGOFF: Readonly<Record<string, string>> = {
  TargetUserName: 'SubjectUserName',
  TargetLogonId: 'SubjectLogonId',
};

/** Windows events as CSV: a column a field (SIEM exports), or the rendered message in one (Event Viewer, Get-WinEvent). */
class WindowsCsvParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: WindowsRows;
  readonly #cutter: CsvRecordCutter;
  readonly #columns: readonly string[];
  readonly #isDayFirst: boolean;

  constructor({ sink, head }: ParseContext) {
    this.#sink = sink;
    this.#rows = new WindowsRows(sink);
    this.#columns = headerOf(head);
    this.#isDayFirst = isDayFirst(head);
    this.#cutter = new CsvRecordCutter(
      ',',
      (record) => this.#read(record),
      (record) => this.#reject(record, 'a quoted cell begins here and never ends'),
    );
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const isInside = this.#cutter.isOpen;
    if (start === end && !isInside) this.#sink.skip('blank');
    else this.#cutter.line(bytes, start, end, offset, line);
  }

  finish(): void {
    this.#cutter.finish();
  }

  #reject(record: CsvRecord, reason: string): void {
    const bytes = encodeUtf8(record.text);
    this.#sink.reject(reason, bytes, 0, bytes.length, record.line);
  }

  #read(record: CsvRecord): void {
    for (let extra = 1; extra < record.lines; extra++) this.#sink.skip('continuation of the line before');
    const values = splitCsv(record.text, MAX_COLUMNS);
    if (
      values.some(
        (value, i) =>
          ID_COLUMNS.test(value.replace(/^\uFEFF/, '').trim()) && ID_COLUMNS.test(this.#columns[i] ?? ''),
      )
    ) {
      this.#sink.skip('header');
      return;
    }
    const cell = (pattern: RegExp): string =>
      (values[this.#columns.findIndex((name) => pattern.test(name))] ?? '').trim();
    const id = Number(cell(ID_COLUMNS) || Number.NaN);
    const time = this.#time(cell(TIME_COLUMNS));
    if (!Number.isInteger(id) || Number.isNaN(time.us)) {
      this.#reject(
        record,
        Number.isInteger(id)
          ? noTime('the date and time column', '2024-03-10 12:00:00')
          : 'the event id column holds no number (4624 and its like)',
      );
      return;
    }
    const payload = payloadData(this.#cell(values, 'Payload') ?? '');
    const isMapped = !payload && this.#columns.includes('MapDescription');
    const message = payload
      ? new Map<string, string>()
      : isMapped
        ? mappedFields((name) => this.#cell(values, name) ?? '')
        : messageFields(values);
    const host = cell(HOST_COLUMNS);
    const number = NUMBER_COLUMNS.map(cell).find((text) => /^\d{1,15}$/.test(text));
    if (number !== undefined) {
      const series = `${host} ${cell(CHANNEL_COLUMNS)}`.trim();
      this.#sink.number('windows', series, Number(number), record.offset, record.line);
    }
    this.#rows.write(
      {
        id,
        us: time.us,
        basis: time.basis,
        host,
        channel: cell(CHANNEL_COLUMNS) || cell(PROVIDER_COLUMNS),
        get: (name) => {
          const rendered = LOGOFFS.has(id) ? (RENDERED_LOGOFF[name] ?? name) : name;
          const text = (
            payload ? textOf(payload[name]) : (this.#cell(values, name) ?? message.get(rendered) ?? '')
          ).trim();
          return text === '-' ? '' : text;
        },
      },
      record.offset,
      record.line,
    );
  }

  /** A column's value; Sentinel's table names the account of logons in one column with its domain. */
  #cell(values: readonly string[], name: string): string | undefined {
    const at = this.#columns.indexOf(name);
    if (at !== -1) return values[at];
    const account = name === 'TargetUserName' ? values[this.#columns.indexOf('Account')] : undefined;
    return account?.slice(account.lastIndexOf('\\') + 1);
  }

  /** ISO times (SIEMs, UTC when their column says so), or as the viewer and a portal write them: `3/2/2015 10:20:30 AM` in the local clock. */
  #time(text: string): { us: number; basis: TimeBasis } {
    if (!parseTimeText(text, 'auto', this.#isDayFirst)) return { us: Number.NaN, basis: TIME_BASIS.absolute };
    // EvtxECmd, which alone has a payload and maps, writes UTC.
    const isUtc = this.#columns.some((name) =>
      /\[UTC\]$|^(?:TimeGenerated|Payload|MapDescription)$/.test(name),
    );
    const basis = isUtc && parsedTime.basis === TIME_BASIS.local ? TIME_BASIS.absolute : parsedTime.basis;
    return { us: parsedTime.us, basis };
  }
}

function headerOf(head: Head): readonly string[] {
  const columns = splitCsv(head.lines[0] ?? '', MAX_COLUMNS).map((name) => name.trim());
  // The Event Viewer names five columns and writes six: the message has no name.
  return columns;
}

/** Whether some date of the head has a day that can be no month in its first place. */
function isDayFirst(head: Head): boolean {
  return head.lines.some((line) => {
    const match = /(?:^|[",])(\d{1,2})\/(\d{1,2})\/\d{4} \d/.exec(line);
    return match !== null && Number(match[1]) > 12;
  });
}

/** Columns that EvtxECmd's maps fill, with the values of different fields for different events. */
const MAPPED = [
  'PayloadData1',
  'PayloadData2',
  'PayloadData3',
  'PayloadData4',
  'PayloadData5',
  'PayloadData6',
];

/** Fields out of the columns of EvtxECmd's maps (github.com/EricZimmerman/evtx, evtx/Maps), of a table whose `Payload` was left out. */
function mappedFields(cell: (name: string) => string): Map<string, string> {
  const fields = new Map<string, string>();
  const texts = MAPPED.map(cell);
  const found = (pattern: RegExp): string =>
    texts.map((text) => pattern.exec(text)?.[1]).find((text) => text !== undefined) ?? '';
  const account = found(/^Target: (.+)$/);
  fields.set('TargetUserName', account.slice(account.lastIndexOf('\\') + 1));
  fields.set('LogonType', found(/^LogonType:? (\d{1,2})/));
  fields.set('TargetLogonId', found(/^LogonId: (0x[\dA-Fa-f]+)/));
  // `WS1 (203.0.113.7)`, `- (-)`.
  const [, host = '', address = ''] = /^(.*?) \(([^()]*)\)$/.exec(cell('RemoteHost')) ?? [];
  fields.set('IpAddress', address);
  fields.set('WorkstationName', host);
  const user = cell('UserName');
  fields.set('SubjectUserName', user.replace(/ \(S-[\d-]+\)$/, '').slice(user.lastIndexOf('\\') + 1));
  return fields;
}

/** Fields out of the rendered message, which is whichever value has several lines. */
function messageFields(values: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [field, sentence] of SENTENCES)
    for (const value of values) {
      const said = sentence.exec(value.trim())?.[1];
      if (said !== undefined) fields.set(field, said);
    }
  const message = values.find((value) => /\n\s*\S[^\n:]*:/.test(value));
  if (message === undefined) return fields;
  let section = '';
  for (const line of message.slice(0, 1 << 16).split('\n')) {
    const match = /^(\s*)([A-Z][\w ]+):\s*(.*?)\s*$/.exec(line);
    if (!match) continue;
    const [, indent = '', name = '', value = ''] = match;
    if (value === '') section = name;
    else {
      const field = MESSAGE_FIELDS[`${indent === '' ? '' : section}|${name}`];
      if (field !== undefined && !fields.has(field)) fields.set(field, value);
    }
  }
  return fields;
}

function sniffCsv(head: Head): number {
  if (/^\s*[[{<]/.test(head.text.slice(0, 100))) return 0;
  const columns = headerOf(head);
  const has = (pattern: RegExp): boolean => columns.some((name) => pattern.test(name.replace(/^\uFEFF/, '')));
  if (!has(ID_COLUMNS) || !has(TIME_COLUMNS)) return 0;
  if (has(/^(?:TargetUserName|SubjectUserName|LogonType|TargetLogonId|MapDescription)$/)) return 0.96;
  const body = head.text.slice(0, 16_384);
  return /Security-Auditing|Microsoft Windows security auditing/i.test(body) || RDP_LOGS.test(body)
    ? 0.95
    : 0;
}

export const windowsCsv: Format = {
  id: 'windows-csv',
  label: 'Windows security events (CSV)',
  framing: 'lines',
  // The first line names the columns, and a rendered message goes on over lines.
  splittable: false,
  tables: ['logins', 'changes', 'queries', 'flows'],
  sniff: sniffCsv,
  parser: (context) => new WindowsCsvParser(context),
};
