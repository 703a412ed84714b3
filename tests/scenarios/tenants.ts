import type { LogFile } from './databases';
import { Draw } from './draw';

export const THIEF = '45.155.204.9';
/** The mailbox that the thief read, and the days on which it did. */
export const VICTIM = 'user07@acme.example';
export const STOLEN_ON = ['2026-03-05', '2026-03-06'];

const OFFICE = '198.51.100.10';
const FROM = Date.UTC(2026, 2, 2) / 1000;
const DAYS = 10;
const THEFTS = [Date.UTC(2026, 2, 5, 2, 12) / 1000, Date.UTC(2026, 2, 6, 2, 40) / 1000];

export const TENANTS = ['sign-ins alone', 'mail and sign-ins'] as const;
export type TenantKind = (typeof TENANTS)[number];

interface Visit {
  /** Seconds since 1970. */
  readonly at: number;
  readonly user: string;
  readonly address: string;
  readonly isAccepted: boolean;
}

const addressIn = (draw: Draw, firsts: readonly number[]): string =>
  `${draw.pick(firsts)}.${draw.int(0, 255)}.${draw.int(0, 255)}.${draw.int(1, 254)}`;

/**
 * Thirty people of a tenant, who work by day from their office and at times from home, two of them away for some days; two hundred addresses that try
 * their names; and where `isStolen`, one who has somebody's session and comes two nights.
 */
function visits(seed: number, isStolen: boolean): Visit[] {
  const draw = new Draw(seed);
  const told: Visit[] = [];
  const staff = draw.fork('staff');
  const people = Array.from({ length: 30 }, (_, k) => ({
    user: `user${String(k).padStart(2, '0')}@acme.example`,
    home: addressIn(staff, [81, 88, 92]),
    away: k < 2 ? addressIn(staff, [151, 176]) : null,
  }));
  for (let day = 0; day < DAYS; day++) {
    if (day % 7 >= 5) continue;
    for (const { user, home, away } of people) {
      const place = away !== null && day >= 3 && day < 6 ? away : null;
      for (let k = staff.int(1, 3); k > 0; k--) {
        const address = place ?? (staff.uniform(0, 1) < 0.75 ? OFFICE : home);
        const at = FROM + day * 86_400 + staff.uniform(7, 18) * 3600;
        told.push({ at, user, address, isAccepted: staff.uniform(0, 1) < 0.95 });
      }
    }
  }
  const bots = draw.fork('bots');
  for (let k = 0; k < 200; k++) {
    const address = addressIn(bots, [45, 61, 80, 91, 103, 118, 141, 177, 185, 193]);
    for (let tries = bots.pick([1, 1, 2, 3]); tries > 0; tries--) {
      const { user } = bots.pick(people);
      told.push({ at: FROM + bots.uniform(0, DAYS * 86_400), user, address, isAccepted: false });
    }
  }
  if (isStolen) for (const at of THEFTS) told.push({ at, user: VICTIM, address: THIEF, isAccepted: true });
  return told.sort((a, b) => a.at - b.at);
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);

function signIn({ at, user, address, isAccepted }: Visit, index: number): object {
  return {
    id: `s${index}`,
    createdDateTime: `${iso(at)}Z`,
    userPrincipalName: user,
    appDisplayName: 'Office 365 Exchange Online',
    clientAppUsed: isAccepted ? 'Browser' : 'Authenticated SMTP',
    ipAddress: address,
    status: { errorCode: isAccepted ? 0 : 50_126, failureReason: 'Other.' },
  };
}

function auditRecords({ at, user, address, isAccepted }: Visit, index: number): object[] {
  const common = { OrganizationId: 'o', UserKey: user, UserType: 0, UserId: user };
  const login = {
    ...{
      ...common,
      CreationTime: iso(at),
      Id: `l${index}`,
      RecordType: 15,
      Workload: 'AzureActiveDirectory',
    },
    ...{ Operation: isAccepted ? 'UserLoggedIn' : 'UserLoginFailed', ClientIP: address },
    ErrorNumber: isAccepted ? '0' : '50126',
  };
  if (!isAccepted) return [login];
  const mail = (k: number): object => ({
    ...{
      ...common,
      CreationTime: iso(at + 60 * k),
      Id: `m${index}-${k}`,
      RecordType: 50,
      Workload: 'Exchange',
    },
    ...{ Operation: 'MailItemsAccessed', ResultStatus: 'Succeeded', ClientIPAddress: address },
    ...{ MailboxOwnerUPN: user, ClientInfoString: 'Client=OutlookService', OperationCount: 3 },
    Folders: [{ Path: '\\Inbox', FolderItems: [{ InternetMessageId: `<${index}.${k}@acme.example>` }] }],
  });
  return [login, mail(1), mail(2)];
}

/** The logs of a tenant of Microsoft's, by seed: who signed in, and with the audit log whose mail was read. */
export function tenantLogs(kind: TenantKind, seed: number, isStolen: boolean): LogFile[] {
  const told = visits(seed, isStolen);
  if (kind === 'sign-ins alone') return [{ name: 'signins.json', text: JSON.stringify(told.map(signIn)) }];
  const records = told.flatMap(auditRecords);
  return [{ name: 'audit.jsonl', text: records.map((record) => `${JSON.stringify(record)}\n`).join('') }];
}
