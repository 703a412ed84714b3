import { CHANGE_KIND } from '../../tables/schemas';

/** What a command line does to the machine, as far as its text shows; the first rule that matches decides. */
const RULES: readonly [RegExp, number][] = [
  [
    /\b(?:rm|shred|truncate|unlink|wipe)\b[^|;]*(?:\/var\/log\/|\/var\/db\/diagnostics\b|\.bash_history|wtmp|btmp|lastlog)/,
    CHANGE_KIND.logDeleted,
  ],
  [
    /\b(?:journalctl\b.*--(?:vacuum|rotate)|wevtutil\s+cl|auditctl\s+-D\b)|\bhistory\s+-c\b|(?:^|[/\s])log\s+erase\b/,
    CHANGE_KIND.logDeleted,
  ],
  [/>\s*\/var\/log\/\S+|\bdd\b.*\bof=\/var\/log\//, CHANGE_KIND.logDeleted],
  [
    /\b(?:systemctl|service|initctl|rc-service|\/etc\/init\.d\/\S+)\b.*\b(?:stop|disable|mask|kill)\b.*\b(?:auditd|rsyslog|syslog|syslog-ng|systemd-journald|filebeat|osqueryd|wazuh-agent|amazon-cloudwatch-agent)\b/,
    CHANGE_KIND.loggingStopped,
  ],
  [
    /\b(?:service|\/etc\/init\.d\/)\s*(?:auditd|rsyslog|syslog|syslog-ng|filebeat|osqueryd)\b\s+stop\b|\bauditctl\s+-e\s*0\b|\bsetenforce\s+0\b|\b(?:pkill|killall|kill)\b.*\b(?:auditd|rsyslogd|syslogd)\b/,
    CHANGE_KIND.loggingStopped,
  ],
  [
    /\b(?:tee|cp|mv|vi|vim|nano|emacs|sed|install|dd|sh|bash|echo|printf|cat)\b.*authorized_keys/,
    CHANGE_KIND.keyCreated,
  ],
  [/\bssh-copy-id\b/, CHANGE_KIND.keyCreated],
  [/\b(?:systemctl|service|rc-service)\b.*\b(?:stop|disable|mask)\b/, CHANGE_KIND.serviceStopped],
];

/**
 * The kind of change that a command run with privileges amounts to; `commandRun` when nothing more can be said. A reading of text: a script
 * or an interpreter can do any of this without showing it. Tools whose work is logged by themselves (useradd, passwd) are left to those lines.
 */
export function changeKindOfCommand(command: string): number {
  // Hostile command lines can be megabytes; what decides stands at the front.
  const text = command.slice(0, 4096);
  for (const [pattern, kind] of RULES) if (pattern.test(text)) return kind;
  return CHANGE_KIND.commandRun;
}
