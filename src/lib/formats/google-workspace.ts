import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { numberOf, textAt, textOf, type JsonObject } from './shared/json';
import { arrayAt, firstText, objectAt, objectsAt, timeOf } from './shared/json-fields';
import { JsonEntries, type EntryList } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

const WANTED: Wanted = {
  ...wantedAt('ipAddress', 'events', 'items', 'kind'),
  id: wantedAt('time', 'applicationName'),
  actor: wantedAt('email', 'profileId', 'key', 'callerType'),
};

/** Names of events without a row that are spelled out. */
const MOST_UNTOLD = 30;

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Events on files by what they do to the data ("Drive Audit Activity Events", developers.google.com). */
const READS = names(
  'view preview download print copy source_copy email_as_attachment sync_item_content access_item_content prefetch_item_content access_url',
);
const WRITES = names('create upload edit rename move add_to_folder remove_from_folder untrash');
const DELETES = names('delete trash');

/** Kinds of change by the event's name, the first that matches: of accounts, the admin console, files and tokens. */
const CHANGES: readonly [RegExp, number][] = [
  [/^(?:CREATE_USER|UNSUSPEND_USER|UNDELETE_USER|UNARCHIVE_USER)$/, CHANGE_KIND.userCreated],
  [/^(?:DELETE_USER|SUSPEND_USER|ARCHIVE_USER|account_disabled_\w+)$/, CHANGE_KIND.userDeleted],
  [
    /^(?:ASSIGN_ROLE|ADD_PRIVILEGE|UPDATE_ROLE|GRANT_(?:ADMIN|DELEGATED_ADMIN)_PRIVILEGES?|AUTHORIZE_API_CLIENT_ACCESS|ADD_GROUP_MEMBER|authorize)$/,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /^(?:UNASSIGN_ROLE|REMOVE_PRIVILEGE|REVOKE_(?:ADMIN|DELEGATED_ADMIN)_PRIVILEGES?|REMOVE_API_CLIENT_ACCESS|REMOVE_GROUP_MEMBER|revoke)$/,
    CHANGE_KIND.privilegeRevoked,
  ],
  [
    /^(?:CHANGE_PASSWORD|CHANGE_PASSWORD_ON_NEXT_LOGIN|GENERATE_2SV_SCRATCH_CODES|TURN_OFF_2_STEP_VERIFICATION|UNENROLL_USER_FROM_\w+|CHANGE_RECOVERY_\w+|password_edit|recovery_\w+_edit|2sv_\w+|titanium_\w+|passkey_\w+)$/,
    CHANGE_KIND.credentialChanged,
  ],
  [/^email_forwarding_out_of_domain$|^(?:CHANGE|TOGGLE|ENABLE|DISABLE|ENFORCE)_/, CHANGE_KIND.policyChanged],
  [/^(?:ADD|CREATE|DELETE|REMOVE|UPDATE|MOVE|RENAME|DOWNLOAD|TURN_O(?:N|FF))_/, CHANGE_KIND.other],
];

/** Who a file is shared with: by its members, its link, its place. */
const SHARING =
  /^(?:change_user_access|change_document_visibility|change_document_access_scope|change_acl_editors|(?:team|shared)_drive_membership_change|sheets_import_range_access_change)$/;

/**
 * Google Workspace's activities as the Reports API gives them (`activities.list`, developers.google.com/workspace/admin/reports): of logins, the
 * admin console, Drive and tokens; lines, arrays, and whole answers with their list of `items`.
 */
class GoogleWorkspaceParser extends JsonEntries {
  /** Names of events that gave no row, of activities that hold others, too. */
  readonly #untold = new Set<string>();

  finish(): void {
    if (this.#untold.size > 0)
      this.sink.note(`Events of these names give no row: ${[...this.#untold].sort().join(', ')}.`);
  }

  protected override listIn(object: JsonObject): EntryList | undefined {
    return object['items'] === undefined
      ? undefined
      : { entries: objectsAt(object, 'items'), path: ['items'] };
  }

  /** By its first event's name. */
  protected override untold(activity: JsonObject): string {
    return `event ${textAt(objectsAt(activity, 'events')[0] ?? {}, 'name').slice(0, 60)}`;
  }

  protected override entry(activity: JsonObject, offset: number, line: number): string | null {
    const time = timeOf(objectAt(activity, 'id')['time']);
    this.rows.at(time.us, time.basis, offset, line);
    if (Number.isNaN(time.us)) return noTime('id.time', '2024-03-10T12:00:00.123Z');
    const events = objectsAt(activity, 'events').filter((event) => textAt(event, 'name') !== '');
    if (events.length === 0) return 'there are no events with a name, so it is not known what was done';
    const untold: string[] = [];
    for (const event of events) {
      const read = new Parameters(event);
      const isTold =
        this.#login(activity, event, read) ||
        this.#query(activity, event, read) ||
        this.#change(activity, event, read);
      if (!isTold) untold.push(textAt(event, 'name').slice(0, 60));
    }
    if (this.rows.rows > 0)
      for (const name of untold) if (this.#untold.size < MOST_UNTOLD) this.#untold.add(name);
    return null;
  }

  #login(activity: JsonObject, event: JsonObject, { text, isTrue }: Parameters): boolean {
    const name = textAt(event, 'name');
    if (!/^(?:login_success|login_failure|login_challenge|login_verification|logout)$/.test(name))
      return false;
    const isSecond = /^login_(?:challenge|verification)$/.test(name) || isTrue('is_second_factor');
    this.rows.login({
      actor: textAt(activity, 'ipAddress'),
      // A login at an application of others, by SAML, names it.
      service: text('application_name') || 'google',
      user: actorOf(activity),
      method: isSecond
        ? LOGIN_METHOD.mfa
        : /password/.test(text('login_type') + text('login_challenge_method'))
          ? LOGIN_METHOD.password
          : /saml/.test(text('login_type'))
            ? LOGIN_METHOD.token
            : LOGIN_METHOD.unknown,
      outcome: loginOutcome(name),
    });
    return true;
  }

  #query(activity: JsonObject, event: JsonObject, { text }: Parameters): boolean {
    const name = textAt(event, 'name');
    const isCall = name === 'activity' && text('method_name') !== '';
    const isFile = textAt(objectAt(activity, 'id'), 'applicationName') === 'drive';
    const verb = isCall ? verbOfMethod(text('method_name')) : isFile ? verbOfFile(name) : undefined;
    if (verb === undefined) return false;
    const sent = numberOf(text('num_response_bytes'));
    this.rows.query({
      actor: textAt(activity, 'ipAddress'),
      principal: actorOf(activity),
      service: isFile ? 'google-drive' : text('api_name') || 'google',
      // Whose file it is: a person, or a shared drive by its name.
      host: isFile ? text('owner') || text('shared_drive_id') : '',
      verb,
      object: (isCall
        ? text('method_name')
        : [name, text('doc_title'), text('doc_id')].filter((part) => part !== '').join(' ')
      ).slice(0, MAX_FIELD_BYTES),
      outcome: QUERY_OUTCOME.success,
      bytesReturned: sent >= 0 ? sent : Number.NaN,
      agent: isCall ? text('app_name') : '',
    });
    return true;
  }

  #change(activity: JsonObject, event: JsonObject, parameters: Parameters): boolean {
    const { text } = parameters;
    const name = textAt(event, 'name');
    const isSharing = SHARING.test(name);
    const kind = isSharing ? sharingKind(parameters) : CHANGES.find(([pattern]) => pattern.test(name))?.[1];
    if (kind === undefined) return false;
    this.rows.change({
      actor: textAt(activity, 'ipAddress'),
      principal: actorOf(activity),
      kind,
      target:
        text('target_user') ||
        text('USER_EMAIL') ||
        text('affected_email_address') ||
        text('doc_title') ||
        text('app_name') ||
        text('API_CLIENT_NAME') ||
        text('SETTING_NAME') ||
        text('GROUP_EMAIL'),
      outcome: CHANGE_OUTCOME.success,
      detail: [name, ...parameters.all()].join(' ').slice(0, 600),
    });
    return true;
  }
}

/** An event's parameters by name: each has its value under a name of its type. */
class Parameters {
  readonly #values = new Map<string, string>();

  constructor(event: JsonObject) {
    for (const parameter of objectsAt(event, 'parameters')) {
      const many = [...arrayAt(parameter, 'multiValue'), ...arrayAt(parameter, 'multiIntValue')].map(textOf);
      const value = firstText(parameter, 'value', 'intValue', 'boolValue') || many.join(', ');
      if (value !== '') this.#values.set(textAt(parameter, 'name'), value);
    }
  }

  readonly text = (name: string): string => this.#values.get(name) ?? '';
  readonly isTrue = (name: string): boolean => this.text(name) === 'true';

  /** As `name=value`. */
  all(): string[] {
    return [...this.#values].map(([name, value]) => `${name}=${value}`);
  }
}

/** Anonymous readers of a shared file have no address of mail. */
function actorOf(activity: JsonObject): string {
  return firstText(objectAt(activity, 'actor'), 'email', 'key', 'profileId');
}

/** A challenge or a second factor is part of a login whose outcome has an event of its own. */
function loginOutcome(name: string): number {
  if (name === 'login_success') return LOGIN_OUTCOME.success;
  if (name === 'login_failure') return LOGIN_OUTCOME.failure;
  return name === 'logout' ? LOGIN_OUTCOME.sessionClosed : LOGIN_OUTCOME.unknown;
}

function verbOfFile(name: string): number | undefined {
  if (READS.has(name)) return QUERY_VERB.read;
  if (WRITES.has(name)) return QUERY_VERB.write;
  return DELETES.has(name) ? QUERY_VERB.delete : undefined;
}

/** A call by an application on a user's behalf: `gmail.users.messages.get`. */
function verbOfMethod(method: string): number {
  const last = method.slice(method.lastIndexOf('.') + 1);
  if (/^(?:get|batchGet|export|download|query)/i.test(last)) return QUERY_VERB.read;
  if (/^(?:list|search)/i.test(last)) return QUERY_VERB.list;
  if (/^(?:delete|trash|remove)/i.test(last)) return QUERY_VERB.delete;
  return /^(?:insert|update|patch|create|send|modify|copy|upload|import)/i.test(last)
    ? QUERY_VERB.write
    : QUERY_VERB.admin;
}

/** What somebody may do with a file, and who may open it, from least to most. */
const DEGREES: readonly (readonly string[])[] = [
  ['none', 'can_view', 'can_comment', 'can_edit', 'owner'],
  [
    ...['private', 'people_within_domain_with_link', 'public_in_the_domain', 'people_with_link'],
    'public_on_the_web',
  ],
];

/** Whether a file is open to fewer, or for less, than before. */
function isNarrowed(before: string, now: string): boolean {
  return DEGREES.some((degrees) => degrees.includes(now) && degrees.indexOf(now) < degrees.indexOf(before));
}

function sharingKind({ text }: Parameters): number {
  const now = text('new_value');
  const isTaken =
    /^(?:none|private)$/.test(now) ||
    isNarrowed(text('old_value'), now) ||
    /remove/.test(text('membership_change_type'));
  return isTaken ? CHANGE_KIND.privilegeRevoked : CHANGE_KIND.privilegeGranted;
}

function sniffWorkspace(head: Head): number {
  const has = jsonKeys(head);
  if (!has) return 0;
  const isActivity = has('applicationName') && has('events') && has('actor') && has('time');
  return isActivity && (has('uniqueQualifier') || /admin#reports#activit/.test(head.text)) ? 0.97 : 0;
}

export const googleWorkspace: Format = {
  id: 'google-workspace',
  label: 'Google Workspace activities (login, admin, Drive)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffWorkspace,
  parser: (context) => new GoogleWorkspaceParser(context, WANTED),
};
