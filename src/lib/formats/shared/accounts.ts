import { CHANGE_KIND, CHANGE_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { messageText, writeChange, type LineEvent } from './line-event';

/** Groups whose members can act as root or read every log on common distributions. */
const PRIVILEGED_GROUPS =
  /^(?:root|wheel|sudo|admin|adm|shadow|disk|docker|lxd|systemd-journal|sssd|google-sudoers)$/;

interface Rule {
  readonly pattern: RegExp;
  readonly kind: (match: RegExpExecArray) => number;
  readonly target: (match: RegExpExecArray) => string;
  readonly principal?: (match: RegExpExecArray) => string;
}

const first = (match: RegExpExecArray): string => match[1] ?? '';

/** Messages of shadow-utils (useradd.c, usermod.c, userdel.c, gpasswd.c, passwd.c, chpasswd.c) that say that an account changed. */
const RULES: readonly Rule[] = [
  { pattern: /^new user: name=([^,]+)/, kind: () => CHANGE_KIND.userCreated, target: first },
  { pattern: /^delete user [`'"]?([^`'"]+)['"]?$/, kind: () => CHANGE_KIND.userDeleted, target: first },
  {
    pattern: /^add ['"`]?([^'"`]+)['"`]? to (?:shadow )?group ['"`]?([^'"`]+)['"`]?$/,
    kind: (match) =>
      PRIVILEGED_GROUPS.test(match[2] ?? '') ? CHANGE_KIND.privilegeGranted : CHANGE_KIND.policyChanged,
    target: first,
  },
  {
    pattern: /^(?:user|member) (\S+) added by (\S+) to group (\S+)$/,
    kind: (match) =>
      PRIVILEGED_GROUPS.test(match[3] ?? '') ? CHANGE_KIND.privilegeGranted : CHANGE_KIND.policyChanged,
    target: first,
    principal: (match) => match[2] ?? '',
  },
  {
    pattern: /^(?:user|member) (\S+) removed by (\S+) from group (\S+)$/,
    kind: () => CHANGE_KIND.privilegeRevoked,
    target: first,
    principal: (match) => match[2] ?? '',
  },
  {
    pattern: /^delete ['"`]?([^'"`]+)['"`]? from (?:shadow )?group ['"`]?([^'"`]+)['"`]?$/,
    kind: () => CHANGE_KIND.privilegeRevoked,
    target: first,
  },
  {
    pattern: /^change user ['"`]([^'"`]+)['"`] UID from ['"`]\d+['"`] to ['"`](\d+)['"`]/,
    kind: (match) => (match[2] === '0' ? CHANGE_KIND.privilegeGranted : CHANGE_KIND.other),
    target: first,
  },
  {
    pattern:
      /^(?:change|lock|unlock) user ['"`]([^'"`]+)['"`] (?:password|expiration)|^(?:lock|unlock) user ['"`]([^'"`]+)['"`]/,
    kind: () => CHANGE_KIND.credentialChanged,
    target: (match) => match[1] ?? match[2] ?? '',
  },
  { pattern: /^change user ['"`]([^'"`]+)['"`] /, kind: () => CHANGE_KIND.other, target: first },
  {
    pattern: /^password for ['"`]?([^'"`]+)['"`]? changed by ['"`]?([^'"`]+)['"`]?$/,
    kind: () => CHANGE_KIND.credentialChanged,
    target: first,
    principal: (match) => match[2] ?? '',
  },
  {
    pattern: /^changed password (?:expiry )?for (\S+)$/,
    kind: () => CHANGE_KIND.credentialChanged,
    target: first,
  },
];

/** Reads one message of a program that manages accounts; true when it gave a row. A failed try (`failed adding user`) changes nothing and gives none. */
export function readAccountMessage(
  sink: RecordSink,
  event: LineEvent,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const text = messageText(bytes, start, end).trim();
  for (const rule of RULES) {
    const match = rule.pattern.exec(text);
    if (!match) continue;
    writeChange(sink.changes, sink.dictionaries, event, {
      kind: rule.kind(match),
      outcome: CHANGE_OUTCOME.success,
      principal: rule.principal?.(match) ?? '',
      target: rule.target(match),
      detail: text.slice(0, 300),
    });
    return true;
  }
  return false;
}

/** What a logging service says of its own end and beginning: the traces that a cleaned machine still has. */
export function readLoggerMessage(
  sink: RecordSink,
  event: LineEvent,
  program: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const text = messageText(bytes, start, Math.min(end, start + 600)).trim();
  let kind: number | undefined;
  if (
    /exiting on signal|shutting down|terminating on|The audit daemon is exiting|^Journal stopped/i.test(text)
  )
    kind = CHANGE_KIND.loggingStopped;
  else if (/\] (?:re)?start(?:ed)?$|starting up|initialized|^Journal started/i.test(text))
    kind = CHANGE_KIND.loggingStarted;
  if (kind === undefined) return false;
  writeChange(sink.changes, sink.dictionaries, event, {
    kind,
    outcome: CHANGE_OUTCOME.success,
    principal: '',
    target: program,
    detail: text.slice(0, 300),
  });
  return true;
}
