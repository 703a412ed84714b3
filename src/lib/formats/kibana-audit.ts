import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { verbOfRequest } from './shared/http';
import { textAt, textOf, valueAt, type JsonObject } from './shared/json';
import { timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';

const WANTED: Wanted = {
  ...wantedAt('@timestamp', 'message', 'event.action', 'event.outcome', 'user.name', 'client.ip', 'url.path'),
  event: wantedAt('action', 'outcome'),
  user: { name: true },
  client: { ip: true },
  url: wantedAt('path', 'query'),
  http: { request: { method: true } },
  kibana: {
    ...wantedAt('space_id', 'authentication_type', 'authentication_provider'),
    saved_object: wantedAt('type', 'id', 'name'),
  },
};

/** Kibana's audit log (elastic.co, "Kibana audit events"): who signed in, which saved objects were opened, changed or deleted. */
class KibanaAuditParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const action = at(record, 'event.action');
    if (action === '') return 'there is no event.action, so it is not known what was done';
    const time = timeOf(record['@timestamp']);
    if (Number.isNaN(time.us)) return noTime('@timestamp', '2024-03-10T12:00:00.123Z');
    this.rows.at(time.us, time.basis, offset, line);
    if (!this.#login(record, action) && !this.#query(record, action))
      this.sink.skip(`event ${action.slice(0, 60)}`);
    return null;
  }

  #login(record: JsonObject, action: string): boolean {
    if (action !== 'user_login' && action !== 'user_logout') return false;
    const isFine = at(record, 'event.outcome') === 'success';
    this.rows.login({
      actor: at(record, 'client.ip'),
      service: 'kibana',
      // A failed login has no user; the message names the way alone.
      user: at(record, 'user.name'),
      method: /basic/i.test(`${at(record, 'kibana.authentication_type')} ${textAt(record, 'message')}`)
        ? LOGIN_METHOD.password
        : LOGIN_METHOD.unknown,
      outcome:
        action === 'user_logout'
          ? LOGIN_OUTCOME.sessionClosed
          : isFine
            ? LOGIN_OUTCOME.success
            : LOGIN_OUTCOME.failure,
    });
    return true;
  }

  #query(record: JsonObject, action: string): boolean {
    const method = at(record, 'http.request.method');
    const path = at(record, 'url.path');
    const isRequest = action === 'http_request';
    const verb = isRequest ? verbOfRequest(method.toUpperCase(), path) : verbOf(action);
    if (verb === undefined) return false;
    const object = [at(record, 'kibana.saved_object.type'), at(record, 'kibana.saved_object.id')]
      .filter((part) => part !== '')
      .join('/');
    this.rows.query({
      actor: at(record, 'client.ip'),
      principal: at(record, 'user.name'),
      service: 'kibana',
      verb,
      object: isRequest ? path : object || action,
      outcome: outcomeOf(at(record, 'event.outcome')),
    });
    return true;
  }
}

/** A text under a path of names with dots between, as ECS nests them, or under the whole path as one name. */
function at(record: JsonObject, path: string): string {
  return textOf(valueAt(record, path));
}

/** `unknown` is what Kibana writes before it carries a change out. */
function outcomeOf(outcome: string): number {
  if (outcome === 'success') return QUERY_OUTCOME.success;
  return outcome === 'failure' ? QUERY_OUTCOME.denied : QUERY_OUTCOME.unknown;
}

/** By the last word of an action on saved objects, rules, connectors, cases and spaces. */
function verbOf(action: string): number | undefined {
  if (/_(?:get|resolve|find|find_alerts|collect_multinamespace_references|aggregate|get_.*)$/.test(action))
    return QUERY_VERB.read;
  if (/_(?:delete|remove|remove_references|bulk_delete.*)$/.test(action)) return QUERY_VERB.delete;
  if (
    /_(?:create|update|push|enable|disable|mute|unmute|snooze|copy|copy_to_space|update_objects_spaces)$/.test(
      action,
    )
  )
    return QUERY_VERB.write;
  return undefined;
}

function sniffKibana(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  const isAudit =
    /"logger"\s*:\s*"plugins\.security\.audit|"(?:action|event\.action)"\s*:\s*"(?:user_login|saved_object_\w+|http_request|space_\w+)"/.test(
      start,
    );
  return isAudit && /"kibana"\s*:|"kibana\./.test(start) && /"@timestamp"\s*:/.test(start) ? 0.98 : 0;
}

export const kibanaAudit: Format = {
  id: 'kibana-audit',
  label: 'Kibana audit log',
  framing: 'json',
  splittable: true,
  tables: ['logins', 'queries'],
  sniff: sniffKibana,
  parser: (context) => new KibanaAuditParser(context, WANTED),
};
