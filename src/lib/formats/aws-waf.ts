import { QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, textAt, type JsonObject } from './shared/json';
import {
  objectAt,
  objectsAt,
  ORIGINAL_PATHS,
  originalText,
  parseJsonText,
  timeOf,
} from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const ALLOWED =
  'Of a request that the firewall let through this log does not say what was answered: that of the service behind it does.';

const WANTED: Wanted = {
  ...wantedAt('timestamp', 'action', 'webaclId', 'httpSourceId', 'responseCodeSent', ...ORIGINAL_PATHS),
  httpRequest: wantedAt('clientIp', 'headers', 'uri', 'args', 'httpMethod', 'host'),
};

/** AWS WAF logs, as S3, Firehose and CloudWatch Logs hold them ("Log fields for web ACL traffic", docs.aws.amazon.com/waf). */
class WafParser extends JsonRecords {
  protected override take(outer: JsonObject, offset: number, line: number): string | null {
    const record = unwrap(outer);
    const time = timeOf(record['timestamp']);
    if (Number.isNaN(time.us)) return noTime('timestamp in milliseconds', '1710072000123');
    const action = textAt(record, 'action').toUpperCase();
    if (action === '') return 'there is no action, so it is not known whether the request was let through';
    this.rows.at(time.us, time.basis, offset, line);
    this.#write(record, action);
    return null;
  }

  #write(record: JsonObject, action: string): void {
    const asked = objectAt(record, 'httpRequest');
    const headers = objectsAt(asked, 'headers');
    const host = splitEndpoint(
      textAt(asked, 'host') || headerIn(headers, 'host') || textAt(record, 'httpSourceId'),
    );
    const args = textAt(asked, 'args');
    const path = `${textAt(asked, 'uri')}${args === '' ? '' : `?${args}`}`;
    const status = countOf(record['responseCodeSent'], 999, 0);
    if (action === 'ALLOW') this.sink.note(ALLOWED);
    this.rows.query({
      actor: textAt(asked, 'clientIp'),
      service: 'http',
      host: host.address,
      servicePort: host.port,
      verb: verbOfRequest(textAt(asked, 'httpMethod'), path),
      object: path.slice(0, MAX_FIELD_BYTES),
      status,
      // A puzzle that was not solved ends a request too. COUNT ends none: what came of it is said of the rule that did.
      outcome: /^(?:BLOCK|CAPTCHA|CHALLENGE)$/.test(action) ? QUERY_OUTCOME.denied : outcomeOfStatus(status),
      agent: headerIn(headers, 'user-agent'),
    });
  }
}

/** The event itself, where a log group's export wraps it. */
function unwrap(outer: JsonObject): JsonObject {
  if (outer['webaclId'] !== undefined) return outer;
  const original = originalText(outer);
  const inner = original.startsWith('{') ? parseJsonText(original) : null;
  return inner?.['webaclId'] === undefined ? outer : inner;
}

function headerIn(headers: readonly JsonObject[], name: string): string {
  const header = headers.find((one) => textAt(one, 'name').toLowerCase() === name);
  return header ? textAt(header, 'value') : '';
}

function sniffWaf(head: Head): number {
  const has = jsonKeys(head);
  return has && ['webaclId', 'terminatingRuleId', 'action', 'httpRequest', 'clientIp'].every(has) ? 0.98 : 0;
}

export const awsWaf: Format = {
  id: 'aws-waf',
  label: 'AWS WAF log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  seesNoAnswers: true,
  tables: ['queries'],
  sniff: sniffWaf,
  parser: (context) => new WafParser(context, WANTED),
};
