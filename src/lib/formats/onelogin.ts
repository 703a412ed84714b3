import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { textAt, type JsonObject } from './shared/json';
import { firstText, objectsAt, timeOf } from './shared/json-fields';
import { JsonEntries, type EntryList } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED = wantedAt(
  ...['created_at', 'event_timestamp', 'event_type_id', 'ipaddr', 'user_name', 'user_id', 'data'],
  ...['actor_user_name', 'app_name', 'role_name', 'notes'],
);

/** Numbers of events by what they mean ("Event Types", developers.onelogin.com): the user's own logins, and those to an application. */
const LOGINS: ReadonlyMap<string, number> = new Map([
  ['5', LOGIN_OUTCOME.success],
  ['6', LOGIN_OUTCOME.failure],
  ['7', LOGIN_OUTCOME.sessionClosed],
  ['8', LOGIN_OUTCOME.success],
  ['19', LOGIN_OUTCOME.maxAttempts],
]);

/** An application or a role given, another user's place taken, accounts made, ended and freed, a second factor taken away. */
const CHANGES: ReadonlyMap<string, number> = new Map([
  ['1', CHANGE_KIND.privilegeGranted],
  ['2', CHANGE_KIND.privilegeRevoked],
  ['3', CHANGE_KIND.privilegeGranted],
  ['4', CHANGE_KIND.privilegeGranted],
  ['12', CHANGE_KIND.credentialChanged],
  ['13', CHANGE_KIND.userCreated],
  ['15', CHANGE_KIND.userDeleted],
  ['17', CHANGE_KIND.userDeleted],
  ['24', CHANGE_KIND.credentialChanged],
]);

/** Events of OneLogin, as its API answers and its webhooks send them ("Events", developers.onelogin.com). */
class OneLoginParser extends JsonEntries {
  protected override listIn(object: JsonObject): EntryList | undefined {
    return object['data'] === undefined ? undefined : { entries: objectsAt(object, 'data'), path: ['data'] };
  }

  protected override untold(event: JsonObject): string {
    return `event type ${textAt(event, 'event_type_id').slice(0, 20)}`;
  }

  protected override entry(event: JsonObject, offset: number, line: number): string | null {
    const type = textAt(event, 'event_type_id');
    // Webhooks write `2015-03-02 10:20:30 UTC`.
    const time = timeOf(firstText(event, 'created_at', 'event_timestamp'));
    this.rows.at(time.us, time.basis, offset, line);
    if (Number.isNaN(time.us)) return noTime('created_at or event_timestamp', '2024-03-10T12:00:00.123Z');
    if (type === '') return 'there is no event_type_id, so it is not known what happened';
    const outcome = LOGINS.get(type);
    const kind = CHANGES.get(type);
    const user = firstText(event, 'user_name', 'user_id');
    if (outcome !== undefined)
      this.rows.login({
        actor: textAt(event, 'ipaddr'),
        service: (type === '8' && textAt(event, 'app_name')) || 'onelogin',
        user,
        method: type === '8' ? LOGIN_METHOD.token : LOGIN_METHOD.unknown,
        outcome,
      });
    if (kind !== undefined)
      this.rows.change({
        actor: textAt(event, 'ipaddr'),
        principal: firstText(event, 'actor_user_name', 'user_name'),
        kind,
        target: user,
        outcome: CHANGE_OUTCOME.success,
        detail: [
          `event type ${type}`,
          ...['role_name', 'app_name', 'notes'].map((name) => textAt(event, name)),
        ]
          .filter((part) => part !== '')
          .join(' ')
          .slice(0, 600),
      });
    return null;
  }
}

function sniffOneLogin(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('event_type_id') || !has('ipaddr')) return 0;
  return has('account_id') && (has('created_at') || has('event_timestamp')) ? 0.97 : 0;
}

export const oneLogin: Format = {
  id: 'onelogin',
  label: 'OneLogin events',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'changes'],
  sniff: sniffOneLogin,
  parser: (context) => new OneLoginParser(context, WANTED),
};
