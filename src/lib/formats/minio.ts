import { CHANGE_KIND, CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { outcomeOfStatus } from './shared/http';
import { countOf, numberOf, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED: Wanted = {
  ...wantedAt('time', 'trigger', 'event', 'remotehost', 'userAgent', 'requestPath', 'requestHost'),
  ...wantedAt('accessKey', 'parentUser'),
  api: wantedAt(
    ...['name', 'bucket', 'object', 'objects', 'statusCode', 'tx', 'timeToResponse', 'timeToResponseInNS'],
  ),
};

/** By the name of the call, the first that matches: S3's and those of the administration. */
const VERBS: readonly [RegExp, number][] = [
  // What is set on a bucket or an object, and not what lies in it.
  [
    /^(?:Get|Put|Delete)(?:Bucket|Object)(?:Policy|Location|Versioning|Lifecycle|Encryption|Notification|Replication|Tagging|ObjectLock|Retention|LegalHold|ACL|Attributes|Lock|Quota|Cors)/,
    QUERY_VERB.admin,
  ],
  [/^(?:GetObject|HeadObject|SelectObjectContent)/, QUERY_VERB.read],
  [/^List|^HeadBucket/, QUERY_VERB.list],
  [/^(?:Put|Post|Copy|Upload|Complete|Create|NewMultipart|AppendObject)/, QUERY_VERB.write],
  [/^(?:Delete|Abort)/, QUERY_VERB.delete],
];

const CHANGES: readonly [RegExp, number][] = [
  [/^AddServiceAccount/, CHANGE_KIND.keyCreated],
  [/^DeleteServiceAccount/, CHANGE_KIND.keyDeleted],
  [/^AddUser/, CHANGE_KIND.userCreated],
  [/^RemoveUser/, CHANGE_KIND.userDeleted],
  [/^(?:SetPolicyFor|AttachDetachPolicy|AttachPolicy)/, CHANGE_KIND.privilegeGranted],
  [
    /^(?:Put|Delete)BucketPolicy|^(?:Add|Remove)(?:Canned)?Policy|^SetConfig|^(?:Del|Delete)Config/,
    CHANGE_KIND.policyChanged,
  ],
  [/^SetUserStatus/, CHANGE_KIND.credentialChanged],
];

/** MinIO's audit log, as its webhook and Kafka targets get it ("Audit Logs", min.io/docs): an entry a call, when it has been answered. */
class MinioParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const api = objectAt(record, 'api');
    const name = textAt(api, 'name');
    if (name === '') {
      // Of healing, expiry and replication, which no caller asked for.
      const what = firstText(record, 'trigger', 'event').slice(0, 40);
      this.sink.skip(what === '' ? 'entry without a call' : `entry of ${what}`);
      return null;
    }
    const time = timeOf(record['time']);
    if (Number.isNaN(time.us)) return noTime('time', '2024-03-10T12:00:00.123456789Z');
    this.rows.at(time.us, time.basis, offset, line);
    this.#call(record, api, name);
    return null;
  }

  #call(record: JsonObject, api: JsonObject, name: string): void {
    const host = splitEndpoint(textAt(record, 'requestHost'));
    const client = splitEndpoint(textAt(record, 'remotehost'));
    const status = countOf(api['statusCode'], 999, 0);
    const principal = firstText(record, 'parentUser', 'accessKey');
    const outcome = outcomeOfStatus(status);
    this.rows.query({
      actor: client.address,
      actorPort: client.port,
      principal,
      service: 'minio',
      host: host.address,
      servicePort: host.port,
      verb: VERBS.find(([pattern]) => pattern.test(name))?.[1] ?? QUERY_VERB.admin,
      object: objectOf(record, api, name).slice(0, MAX_FIELD_BYTES),
      status,
      outcome,
      bytesReturned: countOf(api['tx'], Number.MAX_SAFE_INTEGER, Number.NaN),
      durationUs: durationOf(api),
      agent: textAt(record, 'userAgent'),
    });
    const kind = CHANGES.find(([pattern]) => pattern.test(name))?.[1];
    if (kind === undefined) return;
    this.rows.change({
      actor: client.address,
      principal,
      kind,
      target: textAt(api, 'bucket') || textAt(record, 'requestPath'),
      host: host.address,
      outcome: outcome === QUERY_OUTCOME.success ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      detail: `${name} ${textAt(record, 'requestPath')}`.trim().slice(0, 600),
    });
  }
}

/** `bucket/key` of what was read or written itself; before everything else stands the call's name. */
function objectOf(record: JsonObject, api: JsonObject, name: string): string {
  const bucket = textAt(api, 'bucket');
  const key = textAt(api, 'object') || textAt(objectsAt(api, 'objects')[0] ?? {}, 'objectName');
  if (bucket !== '' && key !== '') return `${bucket}/${key}`;
  return `${name} ${bucket || textAt(record, 'requestPath')}`.trim();
}

/** Microseconds of `timeToResponseInNS`, or of a text as Go prints it (`2.31ms`, `1m2.5s`). */
function durationOf(api: JsonObject): number {
  const nanos = numberOf(api['timeToResponseInNS']);
  if (nanos >= 0) return Math.round(nanos / 1000);
  const match = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,12}(?:\.\d{1,12})?)(s|ms|µs|us|ns))?$/.exec(
    textAt(api, 'timeToResponse'),
  );
  if (!match || match[0] === '') return Number.NaN;
  const [, hours = '0', minutes = '0', rest = '0', unit = 's'] = match;
  const micros = { s: 1e6, ms: 1e3, µs: 1, us: 1, ns: 1e-3 }[unit] ?? Number.NaN;
  return Math.round(Number(hours) * 3.6e9 + Number(minutes) * 6e7 + Number(rest) * micros);
}

function sniffMinio(head: Head): number {
  const has = jsonKeys(head);
  return has?.('deploymentid') && has('api') && has('time') && (has('remotehost') || has('requestPath'))
    ? 0.97
    : 0;
}

export const minio: Format = {
  id: 'minio',
  label: 'MinIO audit log',
  framing: 'json',
  splittable: true,
  tables: ['queries', 'changes'],
  sniff: sniffMinio,
  parser: (context) => new MinioParser(context, WANTED),
};
