import { CHANGE_KIND, LOGIN_OUTCOME } from '../../tables/schemas';

/**
 * Codes of a sign-in that stopped to ask for something (another factor, consent, "keep me signed in") and of one that another try completes: no
 * credential was refused. From "Microsoft Entra authentication and authorization error codes", learn.microsoft.com.
 */
const INTERRUPTS = new Set([
  50140, 50074, 50076, 50072, 50079, 50058, 50097, 50125, 50127, 50129, 50131, 50132, 50133, 50144, 50158,
  50199, 16000, 16001, 16003, 65001, 70044, 81010, 81012, 90094, 700082,
]);
const LOCKED = new Set([50053]);
const UNKNOWN_USER = new Set([50034, 51004]);

/** Kinds of changes of the directory by the activity's name ("Microsoft Entra audit log activity reference"). */
const CHANGES: readonly [RegExp, number][] = [
  [/^(?:Add user|Invite external user|Add service principal|Add application)$/i, CHANGE_KIND.userCreated],
  [
    /^(?:Delete user|Hard Delete user|Delete service principal|Delete application)$/i,
    CHANGE_KIND.userDeleted,
  ],
  [
    /(?:Add (?:eligible |scoped )?member to role|Add app role assignment|Add delegated permission grant|Consent to application|Add owner to)/i,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /(?:Remove (?:eligible |scoped )?member from role|Remove app role assignment|Remove owner from|Remove delegated permission)/i,
    CHANGE_KIND.privilegeRevoked,
  ],
  [
    /(?:Add service principal credentials|certificates and secrets|Add.*(?:credential|key))/i,
    CHANGE_KIND.keyCreated,
  ],
  [/(?:Remove service principal credentials|Remove.*(?:credential|key))/i, CHANGE_KIND.keyDeleted],
  [
    /(?:password|strong authentication|security info|Disable account|Enable account)/i,
    CHANGE_KIND.credentialChanged,
  ],
  [/(?:diagnostic setting)/i, CHANGE_KIND.loggingStopped],
  [/(?:policy|named location|domain|federation|group)/i, CHANGE_KIND.policyChanged],
];

/** The kind of change that an activity of the directory is; `other` when it is none of those that matter. */
export function directoryChange(activity: string): number {
  return CHANGES.find(([pattern]) => pattern.test(activity))?.[1] ?? CHANGE_KIND.other;
}

/** LOGIN_OUTCOME by a sign-in's error code; 0 is a success. */
export function signInOutcome(code: number): number {
  if (code === 0) return LOGIN_OUTCOME.success;
  if (Number.isNaN(code) || INTERRUPTS.has(code)) return LOGIN_OUTCOME.unknown;
  if (LOCKED.has(code)) return LOGIN_OUTCOME.maxAttempts;
  return UNKNOWN_USER.has(code) ? LOGIN_OUTCOME.invalidUser : LOGIN_OUTCOME.failure;
}
