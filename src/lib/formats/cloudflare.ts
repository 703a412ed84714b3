import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, portOf, textAt, textOf, type JsonObject } from './shared/json';
import { arrayAt, firstText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED = wantedAt(
  ...['EdgeStartTimestamp', 'EdgeEndTimestamp', 'Datetime', 'CreatedAt', 'ClientIP', 'ClientSrcPort'],
  ...['ClientRequestHost', 'ClientRequestMethod', 'ClientRequestURI', 'ClientRequestPath'],
  ...['ClientRequestQuery', 'ClientRequestScheme', 'ClientRequestUserAgent'],
  ...['EdgeResponseStatus', 'EdgeResponseBytes', 'EdgeResponseBodyBytes'],
  ...['SecurityAction', 'SecurityActions', 'WAFAction', 'FirewallMatchesActions', 'Action'],
  ...['Allowed', 'AppDomain', 'Connection', 'Email', 'IPAddress', 'UserUID'],
);

/** What stops a request. */
const STOPPING = /^(?:block|drop|connectionclose)$/;
/** What holds it until the client has proved something; where it had, it was answered. */
const HOLDING = /^(?:(?:js|managed)?challenge|(?:js)?challengefailed)$/;

const BOTH =
  'These are security events: requests that a rule had something to say of. Each stands in the HTTP requests of the same time too, if those are loaded.';

/**
 * What Cloudflare delivers by Logpush and its API: `http_requests`, `firewall_events` and, for applications behind Access, `access_requests`
 * ("Log fields", developers.cloudflare.com/logs). Times are RFC 3339, seconds or nanoseconds, as the job was set up.
 */
class CloudflareParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const isLogin = record['IPAddress'] !== undefined && record['Allowed'] !== undefined;
    const began = ['EdgeStartTimestamp', 'EdgeEndTimestamp', 'Datetime', 'CreatedAt']
      .map((name) => timeOf(record[name]))
      .find(({ us }) => !Number.isNaN(us));
    if (!began)
      return noTime(isLogin ? 'CreatedAt' : 'EdgeStartTimestamp or Datetime', '2024-03-10T12:00:00Z');
    this.rows.at(began.us, began.basis, offset, line);
    if (isLogin) this.#login(record);
    else if (textAt(record, 'ClientIP') !== '') this.#query(record);
    else
      return 'there is no ClientIP, so it is not known who asked: is the field among those that the job delivers?';
    return null;
  }

  #query(record: JsonObject): void {
    if (record['Datetime'] !== undefined && record['EdgeStartTimestamp'] === undefined) this.sink.note(BOTH);
    const host = splitEndpoint(textAt(record, 'ClientRequestHost'));
    const scheme = textAt(record, 'ClientRequestScheme');
    const path = pathOf(record);
    const status = countOf(record['EdgeResponseStatus'], 999, 0);
    this.rows.query({
      actor: textAt(record, 'ClientIP'),
      actorPort: portOf(record['ClientSrcPort']),
      service: scheme === 'https' ? 'https' : 'http',
      host: host.address,
      servicePort: host.port || (scheme === 'https' ? 443 : scheme === 'http' ? 80 : 0),
      verb: verbOfRequest(textAt(record, 'ClientRequestMethod'), path),
      object: path.slice(0, MAX_FIELD_BYTES),
      status,
      outcome: isRefused(record, status) ? QUERY_OUTCOME.denied : outcomeOfStatus(status),
      bytesReturned: countOf(
        firstText(record, 'EdgeResponseBytes', 'EdgeResponseBodyBytes'),
        Number.MAX_SAFE_INTEGER,
        Number.NaN,
      ),
      durationUs: durationOf(record),
      agent: textAt(record, 'ClientRequestUserAgent'),
    });
  }

  #login(record: JsonObject): void {
    this.rows.login({
      actor: textAt(record, 'IPAddress'),
      service: 'cloudflare-access',
      host: textAt(record, 'AppDomain'),
      user: firstText(record, 'Email', 'UserUID'),
      method: textAt(record, 'Connection') === 'onetimepin' ? LOGIN_METHOD.password : LOGIN_METHOD.token,
      outcome: /^true$/i.test(textAt(record, 'Allowed')) ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure,
    });
  }
}

/** The target with its query where it is delivered; else the path, and of security events the two parts. */
function pathOf(record: JsonObject): string {
  return (
    textAt(record, 'ClientRequestURI') ||
    textAt(record, 'ClientRequestPath') + textAt(record, 'ClientRequestQuery')
  );
}

/** By the action that ended it; where that is not delivered, by all that were taken. */
function isRefused(record: JsonObject, status: number): boolean {
  const last = firstText(record, 'SecurityAction', 'Action');
  const taken = ['SecurityActions', 'FirewallMatchesActions'].flatMap((name) =>
    arrayAt(record, name).map(textOf),
  );
  const actions = last === '' ? [textAt(record, 'WAFAction'), ...taken] : [last];
  return actions
    .map((action) => action.toLowerCase().replaceAll('_', ''))
    .some((action) => STOPPING.test(action) || (HOLDING.test(action) && (status < 200 || status > 299)));
}

/** From the first byte to the last; whole seconds say nothing of most requests. */
function durationOf(record: JsonObject): number {
  const began = record['EdgeStartTimestamp'];
  const ended = record['EdgeEndTimestamp'];
  const isFine = [began, ended].every((value) =>
    typeof value === 'number' ? value > 1e11 : /\.\d|^\d{12,}$/.test(textOf(value)),
  );
  const us = timeOf(ended).us - timeOf(began).us;
  return isFine && us >= 0 ? us : Number.NaN;
}

function sniffCloudflare(head: Head): number {
  const has = jsonKeys(head);
  if (!has) return 0;
  const isRequest =
    has('ClientIP') &&
    (has('ClientRequestHost') || has('ClientRequestURI') || has('ClientRequestMethod')) &&
    (has('EdgeStartTimestamp') || has('EdgeEndTimestamp') || (has('Datetime') && has('Action')));
  const isAccess = has('AppDomain') && has('IPAddress') && has('Allowed') && has('CreatedAt');
  return isRequest || isAccess ? 0.97 : 0;
}

export const cloudflare: Format = {
  id: 'cloudflare',
  label: 'Cloudflare requests, security events or Access logins',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries', 'logins'],
  sniff: sniffCloudflare,
  parser: (context) => new CloudflareParser(context, WANTED),
};
