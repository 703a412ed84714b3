import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { textAt, type JsonObject } from './shared/json';
import { arrayAt, firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { JsonEntries, type EntryList } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED: Wanted = {
  ...wantedAt('isotimestamp', 'timestamp', 'result', 'reason', 'factor', 'event_type', 'ip', 'username'),
  ...wantedAt('email', 'alias', 'integration', 'authlogs', 'response'),
  access_device: { ip: true },
  application: { name: true },
  user: { name: true },
};

/**
 * Duo's authentication log (Admin API, "Authentication Logs", duo.com/docs/adminapi): entries of its second version and of its first, alone or
 * in the answer that held them.
 */
class DuoParser extends JsonEntries {
  /** `{"response": {"authlogs": […]}}`, `{"authlogs": […]}` or, of the first version, `{"response": […]}`. */
  protected override listIn(object: JsonObject): EntryList | undefined {
    if (object['authlogs'] !== undefined)
      return { entries: objectsAt(object, 'authlogs'), path: ['authlogs'] };
    if (Array.isArray(object['response']))
      return { entries: objectsAt(object, 'response'), path: ['response'] };
    const response = objectAt(object, 'response');
    if (arrayAt(response, 'authlogs').length === 0) return undefined;
    return { entries: objectsAt(response, 'authlogs'), path: ['response', 'authlogs'] };
  }

  protected override untold(): string {
    return 'entry without a row';
  }

  protected override entry(entry: JsonObject, offset: number, line: number): string | null {
    this.rows.at(Number.NaN, TIME_BASIS.absolute, offset, line);
    const time = [timeOf(entry['isotimestamp']), timeOf(entry['timestamp'])].find(
      ({ us }) => !Number.isNaN(us),
    );
    const result = textAt(entry, 'result');
    if (!time) return noTime('isotimestamp', '2024-03-10T12:00:00.123456+00:00');
    if (result === '') return 'there is no result, so it is not known whether the login went well';
    this.rows.at(time.us, time.basis, offset, line);
    this.rows.login({
      actor: textAt(objectAt(entry, 'access_device'), 'ip') || textAt(entry, 'ip'),
      // What was logged in to; enrollments name none.
      service: textAt(objectAt(entry, 'application'), 'name') || textAt(entry, 'integration') || 'duo',
      user: textAt(objectAt(entry, 'user'), 'name') || firstText(entry, 'username', 'email', 'alias'),
      method: LOGIN_METHOD.mfa,
      outcome: /^success$/i.test(result)
        ? LOGIN_OUTCOME.success
        : /^lock/i.test(textAt(entry, 'reason'))
          ? LOGIN_OUTCOME.maxAttempts
          : LOGIN_OUTCOME.failure,
    });
    return null;
  }
}

function sniffDuo(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('result') || !has('factor') || !has('reason')) return 0;
  return (has('access_device') && has('auth_device')) || (has('integration') && has('username') && has('ip'))
    ? 0.96
    : 0;
}

export const duo: Format = {
  id: 'duo',
  label: 'Duo authentication log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins'],
  sniff: sniffDuo,
  parser: (context) => new DuoParser(context, WANTED),
};
