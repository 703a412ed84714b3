import { encodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext } from './format';
import { isObject, textAt, textOf, type JsonObject } from './shared/json';
import { anyTimeOf, firstText } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { hashBytes, hashed } from './shared/record-hash';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';
import { WindowsRows, type WindowsField } from './shared/windows';

/** Columns of all profiles that are read; `datetime` is the time in the profile for Timesketch. */
export const HAYABUSA_COLUMNS = [
  ...['Timestamp', 'datetime', 'Computer', 'Channel', 'EventID', 'RecordID'],
  ...['Details', 'ExtraFieldInfo', 'AllFieldInfo'],
] as const;

const MATCHES_ONLY =
  'The timeline lists events that a rule of Hayabusa matched, each once here: an event that is not in it may have happened all the same. The event logs that it was drawn from (.evtx) tell all.';

/** Logs by their abbreviations (config/channel_abbreviations.txt of Hayabusa). */
const CHANNELS: Readonly<Record<string, string>> = {
  Sec: 'Security',
  Sys: 'System',
  'RDS-LSM': 'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
  'RDS-RCM': 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational',
  'RDP-CoreTS': 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational',
};

/**
 * What rules call a field of an event, beside its own name (config/default_details.txt of Hayabusa): the first that an event has. A name may
 * stand for another field in other events: `LID` is the new session's in a logon, and else that of who did it.
 */
const NAMES: Readonly<Partial<Record<WindowsField, readonly string[]>>> = {
  AccountName: ['SrcUser', 'Acct'],
  Address: ['SrcIP'],
  AuthenticationPackageName: ['AuthPkg'],
  ClientAddress: ['SrcIP'],
  ClientName: ['SrcComp'],
  CommandLine: ['CmdLine', 'Cmdline'],
  DestAddress: ['TgtIP'],
  DestPort: ['TgtPort'],
  ImagePath: ['Path'],
  IpAddress: ['SrcIP'],
  IpPort: ['SrcPort'],
  LogonType: ['Type'],
  MemberSid: ['SrcSID'],
  NewProcessName: ['Path', 'Proc'],
  OldTargetUserName: ['OldTgtUser'],
  Param1: ['TgtUser', 'User'],
  Param3: ['SrcIP'],
  RelativeTargetName: ['Path'],
  ServiceFileName: ['Path'],
  ServiceName: ['Svc'],
  SourceAddress: ['SrcIP'],
  SourcePort: ['SrcPort'],
  SubjectLogonId: ['LID'],
  SubjectUserName: ['SrcUser', 'User'],
  TargetLogonId: ['LID'],
  TargetUserName: ['TgtUser', 'TgtGrp'],
  TaskName: ['Name'],
  User: ['TgtUser', 'User'],
  Workstation: ['SrcComp'],
  WorkstationName: ['SrcComp'],
};

/** Events of a logon, whose session is the new one. */
const LOGONS = new Set([4624]);

/**
 * Timelines of Hayabusa (`json-timeline`, JSONL or JSON; github.com/Yamato-Security/hayabusa): Windows events that one of its rules matched, their
 * fields under abbreviations. An event stands there once for each rule.
 */
class HayabusaParser extends JsonRecords {
  readonly #events: WindowsRows;

  constructor(context: ParseContext) {
    super(context, wantedAt(...HAYABUSA_COLUMNS));
    this.#events = new WindowsRows(context.sink);
  }

  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const written = textAt(record, 'EventID');
    if (/^[-*]?$|[^\d]/.test(written)) {
      this.sink.skip('rule over several events');
      return null;
    }
    const time = anyTimeOf(firstText(record, 'Timestamp', 'datetime'));
    if (Number.isNaN(time.us)) return noTime('Timestamp', '2024-03-10 12:00:00.123 +00:00');
    this.sink.note(MATCHES_ONLY);
    const id = Number(written);
    const host = textAt(record, 'Computer');
    const channel = textAt(record, 'Channel');
    const number = textAt(record, 'RecordID');
    const fields = fieldsOf(record);
    const same = number === '' ? JSON.stringify([...fields]) : number;
    const key = encodeUtf8([host, channel, id, time.us, same].join('\n'));
    hashBytes(key, 0, key.length);
    if (this.sink.isRepeat(hashed.low, hashed.high, offset)) return null;
    this.#events.write(
      {
        id,
        us: time.us,
        basis: time.basis,
        host,
        channel: CHANNELS[channel] ?? channel,
        get: (name) => valueOf(fields, name, id),
      },
      offset,
      line,
    );
    return null;
  }
}

function valueOf(fields: ReadonlyMap<string, string>, name: WindowsField, id: number): string {
  const isOther =
    (name === 'SubjectLogonId' && LOGONS.has(id)) || (name === 'TargetLogonId' && !LOGONS.has(id));
  const names = isOther ? [name] : [name, ...(NAMES[name] ?? [])];
  // In 4672 the account that was given privileges is who the event is about.
  if (id === 4672 && name === 'SubjectUserName') names.push('TgtUser');
  const text =
    names.map((each) => fields.get(each) ?? '').find((value) => value !== '' && value !== '-') ?? '';
  // Values are explained: `3 - NETWORK`.
  return name === 'LogonType' ? (/^\d{1,2}(?= - |$)/.exec(text)?.[0] ?? text) : text;
}

const SEPARATOR = /\s*¦\s*/;
const MAX_FIELDS = 200;

/** The fields of an event by their names: objects in JSON, in a table `Type: 3 - NETWORK ¦ TgtUser: bob`. */
function fieldsOf(record: JsonObject): Map<string, string> {
  const fields = new Map<string, string>();
  for (const column of ['AllFieldInfo', 'Details', 'ExtraFieldInfo']) {
    const value = record[column];
    const pairs = isObject(value)
      ? Object.entries(value).map(([name, each]) => [name, textOf(each)] as const)
      : textOf(value)
          .split(SEPARATOR, MAX_FIELDS)
          .map((part) => {
            const colon = part.indexOf(':');
            return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()] as const;
          });
    for (const [name, text] of pairs) if (name !== '' && !fields.has(name)) fields.set(name, text);
  }
  return fields;
}

function sniffHayabusa(head: Head): number {
  const has = jsonKeys(head);
  if (!has) return 0;
  return ['RuleTitle', 'Level', 'Computer', 'Channel', 'EventID', 'Timestamp'].every(has) ? 0.97 : 0;
}

export const hayabusa: Format = {
  id: 'hayabusa',
  label: 'Hayabusa timeline of Windows events (JSON)',
  framing: 'json',
  splittable: true,
  retells: true,
  tables: ['logins', 'changes', 'queries', 'flows'],
  sniff: sniffHayabusa,
  parser: (context) => new HayabusaParser(context),
};
