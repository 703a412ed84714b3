import { greatest, least } from '../base/extremes';
import { formatUtcDay, MICROS_PER_DAY } from '../base/time';
import { plural } from '../base/units';
import { isCloudService, isLoggedOnDemand } from './cloud-services';
import type { Ground } from './context';
import type { AnswerFinding, EvidenceWish } from './findings';
import type { DayVerdict, ExposedService, Obstacle } from './verdict-day';

/** How a wish calls the machine and its service: by name where it stands alone, by what it is where it is asked for many. */
interface Names {
  /** `log-3`, or `the host`. */
  readonly host: string;
  /** `log-3 9200/tcp (Elasticsearch)`, or `9200/tcp (Elasticsearch)`. */
  readonly service: string;
}

/** Evidence asked for in words that fit one machine or many. */
interface Draft {
  readonly act: EvidenceWish['act'];
  /** A noun phrase or a question. */
  readonly what: (names: Names) => string;
  readonly why: string;
}

/**
 * Services that hand their callers a shell or a desktop: they write no log of requests. What was done there stands in records of what ran. Names
 * are those of the standard profiles.
 */
const SHELLS: ReadonlySet<string> = new Set(['SSH', 'Telnet', 'rexec', 'rlogin', 'rsh or syslog']);
const WINDOWS_SHELLS: ReadonlySet<string> = new Set(['RDP', 'WinRM', 'WinRM (TLS)', 'SMB']);

/** What evidence would settle the days that cannot be told, each wish once: as sentences of this service, and in parts that fit others, too. */
export function missingEvidence(
  ground: Ground,
  service: ExposedService,
  days: readonly DayVerdict[],
): Pick<AnswerFinding, 'missing' | 'wishes'> {
  const asked = new Map<string, { readonly draft: Draft; readonly days: number[] }>();
  const { asset, port, protocol } = service;
  const { name } = ground.profileOf(asset, port, protocol);
  const said = name === undefined ? service.serviceText : `${service.serviceText} (${name})`;
  const isBucket = service.serviceText === 's3';
  const names: Names = {
    host: isBucket ? `the bucket ${service.assetText}` : service.assetText,
    service: `${service.assetText} ${said}`,
  };
  const shared: Names = {
    host: isBucket ? 'the bucket' : isCloudService(protocol) ? 'the account' : 'the host',
    service: said,
  };
  for (const day of days) {
    if (day.verdict !== 'cannot tell') continue;
    for (const obstacle of day.obstacles) {
      const draft = draftOf(service, name ?? '', obstacle);
      const text = draft.what(names);
      const entry = asked.get(text) ?? { draft, days: [] };
      entry.days.push(day.day);
      asked.set(text, entry);
    }
  }
  const wishes = [...asked];
  return {
    missing: wishes.map(
      ([text, { days: wished }]) =>
        `${text.charAt(0).toUpperCase()}${text.slice(1)} (${dayRange(wished)}, UTC).`,
    ),
    wishes: wishes.map(([, { draft }]) => ({ act: draft.act, what: draft.what(shared), why: draft.why })),
  };
}

/**
 * Logs as a sentence names them, by the labels of their formats: `the syslog`, not `the Syslog (sshd, sudo, su, accounts, kernel)`, which
 * says what the format holds.
 */
export function logWords(label: string): string {
  return label
    .replace(/\s*\([^()]*\)/g, '')
    .replace(/(?<=^|, )(?:Syslog|Web server|Packet capture|Flow events|Output of)\b/g, (words) =>
      words.toLowerCase(),
    );
}

function draftOf(service: ExposedService, name: string, obstacle: Obstacle): Draft {
  switch (obstacle.kind) {
    case 'no log':
      return isCloudService(service.protocol)
        ? cloudDraft(service)
        : {
            act: 'get',
            what: ({ host, service: at }) => `${logOf(name, at)} that was kept off ${host}`,
            why: 'no loaded log could have shown a read',
          };
    case 'on asset':
      return {
        act: 'get',
        what: ({ host }) =>
          `a copy of the ${logWords(obstacle.label)} that left ${host} as it was written, or the analyst’s word that this one is sound`,
        why: 'who held the host could have changed the one that is loaded',
      };
    case 'horizon':
      return {
        act: 'get',
        what: ({ host }) => `a copy of the ${logWords(obstacle.label)} that left ${host} as it was written`,
        why: 'the one that is loaded counts only while the host could be trusted',
      };
    case 'holes':
      return {
        act: 'get',
        what: () => `the missing stretches of the ${logWords(obstacle.label)}`,
        why: 'what happened in them is not seen',
      };
    case 'thin':
      return {
        act: 'get',
        what: ({ service: at }) =>
          `a log of ${at} with a regular sign of life (a health check, a heartbeat), or its record numbers`,
        why: 'the one that is loaded has so few rows that missing ones would not be noticed',
      };
    case 'unnamed':
      return {
        act: 'get',
        what: ({ host }) => `the usage logs of ${host}, if they were switched on`,
        why: 'audit logs hold no request of those who came without a name',
      };
    case 'contradiction':
      return {
        act: 'secure',
        what: ({ host }) => `a disk image or journal of ${host}, to see whether lines were removed`,
        why: 'the logs contradict one another',
      };
    case 'unread':
      return {
        act: 'get',
        what: ({ service: at }) => `a log that ${at} itself wrote, or a packet capture`,
        why: 'data was exchanged in which no request could be read',
      };
    case 'suspicion':
      return obstacle.rung === 6
        ? {
            act: 'find out',
            what: ({ service: at }) => `what zone and clock the log of ${at} was written by`,
            why: 'by another clock a read falls on another day',
          }
        : {
            act: 'get',
            what: ({ service: at }) =>
              `${logOf(name, at)}, a proxy log or a packet capture, to see what was sent`,
            why: 'by the bytes sent, data may have been read',
          };
  }
}

/** The log that a service of that name would write of what was asked of it. */
function logOf(name: string, at: string): string {
  if (SHELLS.has(name))
    return `a record of what was done over ${at} (auditd, a session recording, shell history)`;
  if (WINDOWS_SHELLS.has(name))
    return `a record of what was done over ${at} (Windows Security events, Sysmon, a session recording)`;
  return `an access or audit log of ${at}`;
}

function cloudDraft({ serviceText, protocol }: ExposedService): Draft {
  const why = 'no loaded log could have shown a read';
  if (serviceText === 's3') {
    return {
      act: 'get',
      what: ({ host }) => `CloudTrail data events of ${host}, or its server access log`,
      why,
    };
  }
  return isLoggedOnDemand(protocol)
    ? {
        act: 'get',
        what: ({ service: at }) => `the log of data events (data access) of ${at}, if it was switched on`,
        why,
      }
    : { act: 'get', what: ({ host }) => `a trail of ${host} with the events that only read`, why };
}

function dayRange(days: readonly number[]): string {
  const first = least(days);
  const last = greatest(days);
  const text = (day: number): string => formatUtcDay(day * MICROS_PER_DAY);
  if (first === last) return text(first);
  const isRun = last - first + 1 === new Set(days).size;
  return `${text(first)} to ${text(last)}${isRun ? '' : `, ${plural(new Set(days).size, 'day')}`}`;
}
