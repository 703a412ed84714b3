import type { TimeBasis } from '../../base/time';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  VERDICT,
} from '../../tables/schemas';
import type { RecordSink } from '../format';
import { changeKindOfCommand } from './commands';
import { portOf } from './json';
import { internText } from './line-event';
import { RowWriter } from './row-writer';
import { NOTE_1149, RDP_FIELDS, RDP_LOGS, rdpLogin } from './windows-rdp';

/** Values of EventData and UserData that are read. */
export const WINDOWS_FIELDS = [
  ...['AccessList', 'AccessReason', 'AccountName', 'AuditPolicyChanges', 'AuthenticationPackageName'],
  ...['Channel', 'ClientAddress', 'ClientName', 'CommandLine', 'DestAddress', 'DestPort', 'ImagePath'],
  ...['IpAddress', 'IpPort', 'LogonType', 'MemberName', 'MemberSid', 'NewProcessName'],
  ...['OldTargetUserName', 'Protocol', 'RelativeTargetName', 'RuleName', 'ServiceFileName'],
  ...['ServiceName', 'SettingType', 'ShareName', 'SourceAddress', 'SourcePort', 'Status'],
  ...['SubcategoryGuid', 'SubjectLogonId', 'SubjectUserName', 'TargetDomainName', 'TargetLogonId'],
  ...['TargetUserName', 'TaskName', 'Workstation', 'WorkstationName'],
  ...RDP_FIELDS,
] as const;

export type WindowsField = (typeof WINDOWS_FIELDS)[number];

/** One event of a Windows log, whichever exporter wrote it. */
export interface WindowsEvent {
  readonly id: number;
  readonly us: number;
  readonly basis: TimeBasis;
  readonly host: string;
  /** The log that it stands in, else its provider; empty where the export says neither. */
  readonly channel: string;
  /** A named value of EventData or UserData; empty when it is not there or `-`. */
  get(name: WindowsField): string;
}

/** Names of logon types ("4624(S): An account was successfully logged on", learn.microsoft.com). */
const LOGON_TYPES: Readonly<Record<string, string>> = {
  '2': 'console',
  '3': 'network logon',
  '4': 'batch',
  '5': 'service',
  '7': 'unlock',
  '8': 'network logon in clear text',
  '9': 'new credentials',
  '10': 'rdp',
  '11': 'cached console',
  '12': 'cached rdp',
  '13': 'cached unlock',
};

/** Groups whose members administer machines, the domain or its backups, in English installations. */
const PRIVILEGED_GROUPS =
  /^(?:(?:Domain|Enterprise|Schema|DHCP|DNS)\s?Admin(?:istrator)?s|Administrators|(?:Account|Server|Backup|Print) Operators|Remote Desktop Users|Remote Management Users|Group Policy Creator Owners|Hyper-V Administrators|Event Log Readers|DnsAdmins)$/i;

/** Events that are changes and need no more than a kind and a target. */
const CHANGES: Readonly<Record<number, readonly [kind: number, target: WindowsField | '']>> = {
  4720: [CHANGE_KIND.userCreated, 'TargetUserName'],
  4722: [CHANGE_KIND.credentialChanged, 'TargetUserName'],
  4723: [CHANGE_KIND.credentialChanged, 'TargetUserName'],
  4724: [CHANGE_KIND.credentialChanged, 'TargetUserName'],
  4725: [CHANGE_KIND.credentialChanged, 'TargetUserName'],
  4726: [CHANGE_KIND.userDeleted, 'TargetUserName'],
  4738: [CHANGE_KIND.other, 'TargetUserName'],
  4767: [CHANGE_KIND.credentialChanged, 'TargetUserName'],
  4781: [CHANGE_KIND.other, 'OldTargetUserName'],
  4697: [CHANGE_KIND.serviceCreated, 'ServiceName'],
  7045: [CHANGE_KIND.serviceCreated, 'ServiceName'],
  4698: [CHANGE_KIND.serviceCreated, 'TaskName'],
  4699: [CHANGE_KIND.serviceStopped, 'TaskName'],
  4702: [CHANGE_KIND.serviceCreated, 'TaskName'],
  1102: [CHANGE_KIND.logDeleted, ''],
  104: [CHANGE_KIND.logDeleted, 'Channel'],
  1100: [CHANGE_KIND.loggingStopped, ''],
  4946: [CHANGE_KIND.policyChanged, 'RuleName'],
  4947: [CHANGE_KIND.policyChanged, 'RuleName'],
  4950: [CHANGE_KIND.policyChanged, 'SettingType'],
};

const NAMES: Readonly<Record<number, string>> = {
  4720: 'account created',
  4722: 'account enabled',
  4723: 'password change',
  4724: 'password reset',
  4725: 'account disabled',
  4726: 'account deleted',
  4738: 'account changed',
  4767: 'account unlocked',
  4781: 'account renamed',
  4697: 'service installed',
  7045: 'service installed',
  4698: 'scheduled task created',
  4699: 'scheduled task deleted',
  4702: 'scheduled task updated',
  1102: 'audit log cleared',
  104: 'event log cleared',
  1100: 'event logging shut down',
  4946: 'firewall rule added',
  4947: 'firewall rule changed',
  4950: 'firewall setting changed',
};

/**
 * The logs that these events stand in, by their channel's or provider's names as exports spell them (`WinEventLog:Security`): in others the same ids mean
 * something else, as 104 does in the Task Scheduler's, a task that could not log on.
 */
const SECURITY_LOG = /(?:^|[^a-z])security$|security.auditing|eventlog$/i;
const SYSTEM_LOG = /(?:^|[^a-z])system$|service control manager|eventlog$/i;
const SYSTEM_EVENTS = new Set([104, 7045]);

/** Whether events of the log are read at all. */
export function isReadLog(channel: string): boolean {
  return [SECURITY_LOG, SYSTEM_LOG, RDP_LOGS].some((log) => log.test(channel));
}

function isOfItsLog({ id, channel }: WindowsEvent): boolean {
  return channel === '' || (SYSTEM_EVENTS.has(id) ? SYSTEM_LOG : SECURITY_LOG).test(channel);
}

/** Security events of Windows to rows. Ids and fields from "Windows security audit events", learn.microsoft.com. */
export class WindowsRows {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** Accounts for one event: rows, or a skip by its id. */
  write(event: WindowsEvent, offset: number, line: number): void {
    this.#rows.at(event.us, event.basis, offset, line);
    const isRead =
      this.#remoteDesktop(event) ||
      (isOfItsLog(event) &&
        (this.#logon(event) ||
          this.#ticket(event) ||
          this.#change(event) ||
          this.#access(event, offset, line)));
    if (!isRead) this.#sink.skip(`event ${event.id}`);
  }

  #login(
    event: WindowsEvent,
    fields: {
      service: string;
      user: string;
      became?: string;
      method: number;
      outcome: number;
      logon?: string;
      workstation?: string;
    },
  ): true {
    const address = addressOf(event.get('IpAddress'));
    const logon = Number.parseInt(fields.logon ?? '', 16);
    this.#rows.login({
      actor: address || (fields.workstation ?? ''),
      actorPort: portOf(event.get('IpPort')),
      host: event.host,
      service: fields.service,
      user: fields.user,
      became: fields.became,
      method: fields.method,
      outcome: fields.outcome,
      process: Number.isNaN(logon) ? 0 : logon >>> 0,
    });
    return true;
  }

  #remoteDesktop(event: WindowsEvent): boolean {
    const login = rdpLogin(event);
    if (!login) return false;
    if (event.id === 1149) this.#sink.note(NOTE_1149);
    this.#rows.login(login);
    return true;
  }

  #logon(event: WindowsEvent): boolean {
    const service = LOGON_TYPES[event.get('LogonType')] ?? 'logon';
    const target = event.get('TargetUserName');
    const workstation = event.get('WorkstationName');
    const method = methodOf(event.get('AuthenticationPackageName'));
    switch (event.id) {
      case 4624:
        return this.#login(event, {
          service,
          user: target,
          method,
          outcome: LOGIN_OUTCOME.success,
          logon: event.get('TargetLogonId'),
          workstation,
        });
      case 4625:
        return this.#login(event, {
          service,
          user: target,
          method,
          outcome: LOGIN_OUTCOME.failure,
          workstation,
        });
      case 4634:
      case 4647:
        return this.#login(event, {
          service,
          user: target,
          method,
          outcome: LOGIN_OUTCOME.sessionClosed,
          logon: event.get('TargetLogonId'),
        });
      case 4648:
        return this.#login(event, {
          service: 'explicit credentials',
          ...becomingOf(event.get('SubjectUserName'), target),
          method: LOGIN_METHOD.unknown,
          outcome: LOGIN_OUTCOME.privilege,
          logon: event.get('SubjectLogonId'),
        });
      case 4672:
        return this.#login(event, {
          service: 'special privileges',
          user: event.get('SubjectUserName'),
          method: LOGIN_METHOD.unknown,
          outcome: LOGIN_OUTCOME.privilege,
          logon: event.get('SubjectLogonId'),
        });
      case 4740:
        return this.#login(event, {
          service: 'account lockout',
          user: target,
          method: LOGIN_METHOD.unknown,
          outcome: LOGIN_OUTCOME.maxAttempts,
          workstation: event.get('TargetDomainName'),
        });
      case 4778:
      case 4779:
        return this.#login(event, {
          service: 'rdp',
          user: event.get('AccountName'),
          method: LOGIN_METHOD.unknown,
          outcome: event.id === 4778 ? LOGIN_OUTCOME.sessionOpened : LOGIN_OUTCOME.sessionClosed,
          workstation: addressOf(event.get('ClientAddress')) || event.get('ClientName'),
        });
      default:
        return false;
    }
  }

  /** What a domain controller says of credentials that it checks. */
  #ticket(event: WindowsEvent): boolean {
    const isGranted = /^0x0+$/.test(event.get('Status') || '0x0');
    const user = event.get('TargetUserName');
    switch (event.id) {
      case 4768:
        return this.#login(event, {
          service: 'kerberos',
          user,
          method: LOGIN_METHOD.kerberos,
          outcome: isGranted ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
        });
      case 4771:
        return this.#login(event, {
          service: 'kerberos',
          user,
          method: LOGIN_METHOD.kerberos,
          outcome: LOGIN_OUTCOME.failure,
        });
      // A granted service ticket follows from a login and is none; a refused one may be a probe.
      case 4769:
        return this.#login(event, {
          service: 'kerberos service ticket',
          user,
          method: LOGIN_METHOD.kerberos,
          outcome: isGranted ? LOGIN_OUTCOME.unknown : LOGIN_OUTCOME.failure,
        });
      case 4776:
        return this.#login(event, {
          service: 'credential validation',
          user,
          method: LOGIN_METHOD.ntlm,
          outcome: isGranted ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
          workstation: event.get('Workstation'),
        });
      default:
        return false;
    }
  }

  #change(event: WindowsEvent): boolean {
    const known = CHANGES[event.id];
    if (known) {
      const [kind, field] = known;
      const more = event.get('ServiceFileName') || event.get('ImagePath');
      return this.#changed(
        event,
        kind,
        field === '' ? 'Security' : event.get(field),
        `${event.id} ${NAMES[event.id] ?? ''} ${more}`.trim(),
      );
    }
    if (event.id === 4688) {
      const command = event.get('CommandLine') || event.get('NewProcessName');
      return this.#changed(event, changeKindOfCommand(command), command, '4688 process created');
    }
    if (event.id === 4719) {
      // %%8448 and %%8450: success or failure auditing removed.
      const isLess = /%%84(?:48|50)|removed/i.test(event.get('AuditPolicyChanges'));
      return this.#changed(
        event,
        isLess ? CHANGE_KIND.loggingStopped : CHANGE_KIND.policyChanged,
        event.get('SubcategoryGuid') || 'audit policy',
        '4719 audit policy changed',
      );
    }
    const isAdded = [4728, 4732, 4756].includes(event.id);
    if (!isAdded && ![4729, 4733, 4757].includes(event.id)) return false;
    const group = event.get('TargetUserName');
    const member = event.get('MemberName') || event.get('MemberSid');
    const granted = PRIVILEGED_GROUPS.test(group) ? CHANGE_KIND.privilegeGranted : CHANGE_KIND.policyChanged;
    return this.#changed(
      event,
      isAdded ? granted : CHANGE_KIND.privilegeRevoked,
      member,
      `${event.id} member ${isAdded ? 'added to' : 'removed from'} ${group}`,
    );
  }

  #changed(event: WindowsEvent, kind: number, target: string, detail: string): true {
    this.#rows.change({
      principal: event.get('SubjectUserName'),
      kind,
      target,
      host: event.host,
      outcome: CHANGE_OUTCOME.success,
      detail,
    });
    return true;
  }

  /** Shares that were opened, and connections that the packet filter let through or stopped. */
  #access(event: WindowsEvent, offset: number, line: number): boolean {
    if (event.id === 5140 || event.id === 5145) {
      const share = event.get('ShareName').replace(/^\\\\\*\\/, '');
      const file = event.get('RelativeTargetName');
      const accesses = event.get('AccessList');
      this.#rows.query({
        actor: addressOf(event.get('IpAddress')),
        actorPort: portOf(event.get('IpPort')),
        principal: event.get('SubjectUserName'),
        service: 'smb',
        host: event.host,
        servicePort: 445,
        // %%1537 delete, %%4417 to %%4420 and %%4422 write, %%4416 read data or list a folder.
        verb: /%%1537/.test(accesses)
          ? QUERY_VERB.delete
          : /%%44(?:17|18|20|22)/.test(accesses)
            ? QUERY_VERB.write
            : file === ''
              ? QUERY_VERB.list
              : QUERY_VERB.read,
        object: file === '' ? share : `${share}\\${file}`,
        outcome: /denied|%%1805/i.test(event.get('AccessReason'))
          ? QUERY_OUTCOME.denied
          : QUERY_OUTCOME.success,
      });
      return true;
    }
    if (event.id !== 5156 && event.id !== 5157) return false;
    const { addresses } = this.#sink.dictionaries;
    const { row } = this.#sink.flows;
    row.startUs = event.us;
    row.endUs = event.us;
    row.timeBasis = event.basis;
    row.srcAddr = addresses.internText(event.get('SourceAddress'));
    row.dstAddr = addresses.internText(event.get('DestAddress'));
    row.srcPort = portOf(event.get('SourcePort'));
    row.dstPort = portOf(event.get('DestPort'));
    const protocol = Number(event.get('Protocol') || 255);
    row.protocol = protocol >= 0 && protocol <= 255 ? protocol : 255;
    row.verdict = event.id === 5156 ? VERDICT.accept : VERDICT.reject;
    row.sensor = internText(this.#sink.dictionaries, event.host);
    this.#sink.flows.commit(offset, line);
    return true;
  }
}

/** Windows itself logs a person on with the credentials that were typed in; then the account is nobody else's becoming. */
const SYSTEM_ACCOUNT = /\$$|^(?:|SYSTEM|LOCAL SERVICE|NETWORK SERVICE|DWM-\d+|UMFD-\d+)$/i;

/** Who used the credentials of whom (`runas`, a connection to a share by another account). */
function becomingOf(subject: string, target: string): { user: string; became?: string } {
  const isSame = subject.toLowerCase() === target.toLowerCase();
  return isSame || SYSTEM_ACCOUNT.test(subject) ? { user: target } : { user: subject, became: target };
}

function addressOf(text: string): string {
  return text === 'LOCAL' || text === '-' ? '' : text;
}

function methodOf(packageName: string): number {
  if (/NTLM|MSV1_0|MICROSOFT_AUTHENTICATION_PACKAGE/i.test(packageName)) return LOGIN_METHOD.ntlm;
  if (/Kerberos/i.test(packageName)) return LOGIN_METHOD.kerberos;
  return packageName === '' ? LOGIN_METHOD.unknown : LOGIN_METHOD.other;
}
