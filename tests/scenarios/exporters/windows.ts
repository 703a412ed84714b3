import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/lib/base/time';
import type { Draw } from '../draw';
import { hostTime, type Asset, type Conversation, type World } from '../world';
import { sortLines, type LogLine } from './lines';
import type { LoginFile } from './logins';

/** EventData, by the names of "Windows security audit events" (learn.microsoft.com). */
type Data = Readonly<Record<string, string>>;

interface WindowsEvent {
  readonly afterUs: number;
  readonly id: number;
  readonly data: Data;
}

type Windows = 'windows-json' | 'windows-xml' | 'windows-csv';

/** How a host asks for credentials: before it shows a desktop (Network Level Authentication), which leaves the client's port out, or on the desktop. */
interface HostSetting {
  readonly name: string;
  readonly isNla: boolean;
  readonly sid: string;
}

const SYSTEM: Data = {
  SubjectUserSid: 'S-1-5-18',
  SubjectUserName: 'SYSTEM',
  SubjectDomainName: 'NT AUTHORITY',
  SubjectLogonId: '0x3e7',
};

const NOBODY: Data = {
  SubjectUserSid: 'S-1-0-0',
  SubjectUserName: '-',
  SubjectDomainName: '-',
  SubjectLogonId: '0x0',
};

function machine({ name }: HostSetting): Data {
  return { ...SYSTEM, SubjectUserName: `${name.toUpperCase()}$`, SubjectDomainName: 'WORKGROUP' };
}

function placeOf({ client, clientPort }: Conversation, isPortKnown: boolean): Data {
  return { IpAddress: client, IpPort: isPortKnown ? String(clientPort) : '0' };
}

/** What the Security log says of one connection to the terminal service, with times from its start. */
function eventsOf(conversation: Conversation, host: HostSetting, draw: Draw): WindowsEvent[] {
  const { login } = conversation;
  const events: WindowsEvent[] = [];
  const say = (afterUs: number, id: number, data: Data): void => {
    events.push({ afterUs, id, data });
  };
  for (const each of login?.tries ?? []) {
    if (each.isAccepted) {
      saySession(conversation, each.user, each.afterUs, host, draw, say);
      continue;
    }
    say(each.afterUs, 4625, {
      ...(host.isNla ? NOBODY : machine(host)),
      TargetUserSid: 'S-1-0-0',
      TargetUserName: each.user,
      TargetDomainName: host.isNla ? '' : host.name,
      Status: '0xc000006d',
      FailureReason: '%%2313',
      SubStatus: each.isKnownUser ? '0xc000006a' : '0xc0000064',
      LogonType: host.isNla ? '3' : '10',
      LogonProcessName: host.isNla ? 'NtLmSsp ' : 'User32 ',
      AuthenticationPackageName: host.isNla ? 'NTLM' : 'Negotiate',
      WorkstationName: host.isNla ? '-' : host.name.toUpperCase(),
      ProcessName: host.isNla ? '-' : 'C:\\Windows\\System32\\winlogon.exe',
      ...placeOf(conversation, !host.isNla),
    });
  }
  return events;
}

type Say = (afterUs: number, id: number, data: Data) => void;

function saySession(
  conversation: Conversation,
  user: string,
  afterUs: number,
  host: HostSetting,
  draw: Draw,
  say: Say,
): void {
  const place = placeOf(conversation, !host.isNla);
  const logon = `0x${draw.int(0x100000, 0xfffffff).toString(16)}`;
  const target: Data = {
    TargetUserSid: `${host.sid}-${1001 + (user.length % 7)}`,
    TargetUserName: user,
    TargetDomainName: host.name.toUpperCase(),
  };
  if (host.isNla) {
    const network = `0x${draw.int(0x100000, 0xfffffff).toString(16)}`;
    const first = { ...target, TargetLogonId: network, LogonType: '3' };
    say(afterUs, 4624, {
      ...NOBODY,
      ...first,
      LogonProcessName: 'NtLmSsp ',
      AuthenticationPackageName: 'NTLM',
      WorkstationName: '-',
      ...place,
    });
    say(afterUs + 4_000_000, 4634, first);
  }
  say(afterUs + 700_000, 4648, {
    ...machine(host),
    TargetUserName: user,
    TargetDomainName: host.name.toUpperCase(),
    TargetServerName: 'localhost',
    ProcessName: 'C:\\Windows\\System32\\svchost.exe',
    ...place,
  });
  const inside = { ...target, TargetLogonId: logon, LogonType: '10' };
  say(afterUs + 710_000, 4624, {
    ...machine(host),
    ...inside,
    LogonProcessName: 'User32 ',
    AuthenticationPackageName: 'Negotiate',
    WorkstationName: host.name.toUpperCase(),
    ...place,
  });
  const self: Data = {
    SubjectUserSid: target['TargetUserSid'] ?? '',
    SubjectUserName: user,
    SubjectDomainName: host.name.toUpperCase(),
    SubjectLogonId: logon,
  };
  say(afterUs + 711_000, 4672, { ...self, PrivilegeList: 'SeSecurityPrivilege SeBackupPrivilege' });
  const leaves = conversation.login?.leaves;
  if (leaves) sayAccount(leaves, self, host, say);
  const length = conversation.endUs - conversation.startUs;
  if (conversation.login?.ending === 'bye') say(length, 4647, { ...target, TargetLogonId: logon });
  say(length + 30_000, 4634, inside);
}

/** An account that is made, enabled, given a password, and made an administrator. */
function sayAccount(
  { afterUs, account }: { readonly afterUs: number; readonly account: string },
  self: Data,
  { name, sid }: HostSetting,
  say: Say,
): void {
  const made = { TargetUserName: account, TargetDomainName: name.toUpperCase(), TargetSid: `${sid}-1044` };
  say(afterUs, 4720, { ...made, ...self, SamAccountName: account });
  say(afterUs + 1_000, 4722, { ...made, ...self });
  say(afterUs + 2_000, 4724, { ...made, ...self });
  say(afterUs + 40_000_000, 4732, {
    MemberName: '-',
    MemberSid: `${sid}-1044`,
    TargetUserName: 'Administrators',
    TargetDomainName: 'Builtin',
    TargetSid: 'S-1-5-32-544',
    ...self,
  });
}

/** A service that starts at its hour: the pulse of a quiet machine. */
function pulse(world: World, asset: Asset): { atUs: number; id: number; data: Data }[] {
  const draw = world.draw.fork(`services ${asset.name}`);
  const events: { atUs: number; id: number; data: Data }[] = [];
  const minute = draw.int(0, 59);
  const first = Math.ceil(world.fromUs / MICROS_PER_HOUR) * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE;
  for (let atUs = first; atUs < world.toUs; atUs += MICROS_PER_HOUR) {
    const started = atUs + draw.int(0, 20_000_000);
    events.push({
      atUs: started,
      id: 4624,
      data: {
        ...machine({ name: asset.name, isNla: false, sid: '' }),
        TargetUserSid: 'S-1-5-18',
        TargetUserName: 'SYSTEM',
        TargetDomainName: 'NT AUTHORITY',
        TargetLogonId: '0x3e7',
        LogonType: '5',
        LogonProcessName: 'Advapi  ',
        AuthenticationPackageName: 'Negotiate',
        WorkstationName: '-',
        IpAddress: '-',
        IpPort: '-',
      },
    });
    events.push({
      atUs: started + 300,
      id: 4672,
      data: { ...SYSTEM, PrivilegeList: 'SeAssignPrimaryTokenPrivilege' },
    });
  }
  return events;
}

interface Numbered {
  readonly id: number;
  readonly record: number;
  readonly computer: string;
  readonly data: Data;
}

/** `2026-02-20T10:20:30.1234560Z`: a file time's hundred nanoseconds. */
function fileTime(atUs: number): string {
  const us = Math.floor(atUs);
  return `${new Date(Math.floor(us / 1_000_000) * 1000).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}0Z`;
}

/** As Winlogbeat 8 ships it. */
function asJson(event: Numbered, atUs: number): string {
  return JSON.stringify({
    '@timestamp': new Date(Math.floor(atUs / 1000)).toISOString(),
    event: { code: String(event.id), kind: 'event', provider: 'Microsoft-Windows-Security-Auditing' },
    host: { name: event.computer.toLowerCase() },
    winlog: {
      api: 'wineventlog',
      channel: 'Security',
      computer_name: event.computer,
      event_data: event.data,
      event_id: String(event.id),
      provider_name: 'Microsoft-Windows-Security-Auditing',
      record_id: event.record,
    },
  });
}

/** As wevtutil and the Event Viewer export it. */
function asXml(event: Numbered, atUs: number): string {
  const data = Object.entries(event.data).map(([name, value]) => `<Data Name='${name}'>${value}</Data>`);
  return (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'/>" +
    `<EventID>${event.id}</EventID><TimeCreated SystemTime='${fileTime(atUs)}'/><EventRecordID>${event.record}</EventRecordID>` +
    `<Channel>Security</Channel><Computer>${event.computer}</Computer></System><EventData>${data.join('')}</EventData></Event>`
  );
}

/** A column a field, as SIEMs and evtx converters export it. */
const COLUMNS = [
  ...[
    'SubjectUserName',
    'SubjectLogonId',
    'TargetUserName',
    'TargetDomainName',
    'TargetLogonId',
    'LogonType',
  ],
  ...['AuthenticationPackageName', 'WorkstationName', 'IpAddress', 'IpPort', 'Status', 'SubStatus'],
  ...['MemberName', 'MemberSid', 'ProcessName'],
];

function asCsv(event: Numbered, atUs: number): string {
  const cells = COLUMNS.map((name) => event.data[name] ?? '');
  return [fileTime(atUs), event.computer, 'Security', event.id, event.record, ...cells].join(',');
}

const WRITERS: Readonly<
  Record<Windows, { write: typeof asJson; ending: string; head?: string; foot?: string }>
> = {
  'windows-json': { write: asJson, ending: 'json' },
  'windows-xml': {
    write: asXml,
    ending: 'xml',
    head: '<?xml version="1.0" encoding="utf-8"?>\n<Events>',
    foot: '</Events>',
  },
  'windows-csv': {
    write: asCsv,
    ending: 'csv',
    head: ['TimeCreated', 'Computer', 'Channel', 'EventID', 'EventRecordId', ...COLUMNS].join(','),
  },
};

/** The host's Security log by its own clock. Its record numbers run on whatever is taken out later. */
export function exportWindows(
  world: World,
  asset: Asset,
  conversations: readonly Conversation[],
  format: Windows,
): LoginFile {
  const draw = world.draw.fork(`windows ${asset.name}`);
  const host: HostSetting = {
    name: asset.name,
    isNla: draw.chance(0.5),
    sid: `S-1-5-21-${draw.int(1e8, 4e9)}-${draw.int(1e8, 4e9)}-${draw.int(1e8, 4e9)}`,
  };
  const entries = pulse(world, asset).map((event) => ({ ...event, conversation: -1 }));
  for (const conversation of conversations) {
    if (conversation.asset !== asset || !conversation.login) continue;
    for (const event of eventsOf(conversation, host, draw))
      entries.push({
        atUs: conversation.startUs + event.afterUs,
        id: event.id,
        data: event.data,
        conversation: conversation.id,
      });
  }
  const { write, ending, head, foot } = WRITERS[format];
  const first = draw.int(20_000, 4_000_000);
  const within = entries.filter((entry) => entry.atUs >= world.fromUs && entry.atUs < world.toUs);
  const lines: LogLine[] = sortLines(
    within.map((entry, index) => ({
      atUs: hostTime(asset, world.fromUs, entry.atUs),
      text: String(index),
      conversation: entry.conversation,
    })),
  ).map((line, index) => {
    const { id, data } = within[Number(line.text)] as (typeof within)[number];
    const event = { id, record: first + index, computer: asset.name.toUpperCase(), data };
    return { ...line, text: write(event, line.atUs) };
  });
  return {
    name: `${asset.name}-security.${ending}`,
    lines,
    ...(head === undefined ? {} : { head }),
    ...(foot === undefined ? {} : { foot }),
  };
}
