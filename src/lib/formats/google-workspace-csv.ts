import { formatUtc, MICROS_PER_MINUTE, TIME_BASIS } from '../base/time';
import { googleWorkspace } from './google-workspace';
import { plainHeader, recordTable, type NewRecord } from './shared/record-tables';
import { parsedTime } from './shared/time';
import { parseTimeText } from './shared/time-text';
import { zoneMinutesOf } from './shared/zone-names';

/** Titles of events that the API does not name by the same words ("User log events", "Drive log events", "Admin log events", support.google.com/a). */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [/^(?:successful login|login success)$/i, 'login_success'],
  [/^(?:failed login|login failure)$/i, 'login_failure'],
  [/^(?:account )?password change$/i, 'password_edit'],
  [/^(?:account )?recovery (email|phone) change$/i, 'recovery_$1_edit'],
  [/^2-step verification (disable|enroll)$/i, '2sv_$1'],
  [/^out of domain email forwarding enabled$/i, 'email_forwarding_out_of_domain'],
  [/^user suspended\b.*$/i, 'account_disabled_generic'],
  [/^leaked password\b.*$/i, 'account_disabled_password_leak'],
  [/^item content synced$/i, 'sync_item_content'],
  [/^item content accessed$/i, 'access_item_content'],
  [/^item content pre-?fetched$/i, 'prefetch_item_content'],
  [/^user sharing permissions change$/i, 'change_user_access'],
  [/^link sharing visibility change$/i, 'change_document_visibility'],
  [/^link sharing access type change$/i, 'change_document_access_scope'],
  [/^user creation$/i, 'CREATE_USER'],
  [/^user deletion$/i, 'DELETE_USER'],
  [/^user suspension$/i, 'SUSPEND_USER'],
  [/^user password change$/i, 'CHANGE_PASSWORD'],
];

/** Parameters of events that are read, and the headers that consoles give them beside their own names. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ...{ login_type: [], login_challenge_method: ['challengetype'], is_second_factor: [] },
  ...{ application_name: [], affected_email_address: [], owner: ['itemowner'] },
  ...{ shared_drive_id: [], doc_title: ['title', 'itemname'], doc_id: ['documentid', 'itemid'] },
  ...{ target_user: ['target', 'targetuser'], visibility: [], new_value: [], old_value: [] },
  ...{ membership_change_type: [], method_name: ['method'], api_name: [], num_response_bytes: [] },
  ...{ app_name: [], USER_EMAIL: [], API_CLIENT_NAME: [], SETTING_NAME: [], GROUP_EMAIL: [] },
};

const ACTORS = ['actoremail', 'actor', 'user', 'actorkey', 'actorprofileid'];
/** Who opens a file that is open to anybody. */
const NOBODY = /^anonymous(?: user)?$/i;

type Cells = (header: string) => string;

function firstOf(cell: Cells, headers: readonly string[]): string {
  return headers.map(cell).find((text) => text !== '') ?? '';
}

/** Whose event it is: only a file's has a document, and only a login's is named so or has its type. */
function applicationOf(cell: Cells, title: string): string {
  if (firstOf(cell, ['documentid', 'itemid', 'docid']) !== '') return 'drive';
  return /log(?:in|out)|password|verification|recovery|suspended/i.test(title) || cell('logintype') !== ''
    ? 'login'
    : 'admin';
}

/** The API's name of an event that a console gives by its title; what is a name stays as it is. */
function eventName(title: string, application: string): string {
  const known = TITLES.find(([pattern]) => pattern.test(title));
  if (known)
    return title.replace(...known).replace(/_(?:Email|Phone|Disable|Enroll)/g, (part) => part.toLowerCase());
  const words = title.replace(/[^a-z0-9]+/gi, '_');
  if (words === title && /^(?:[a-z0-9_]+|[A-Z0-9_]+)$/.test(title)) return title;
  return application === 'admin' ? words.toUpperCase() : words.toLowerCase();
}

/** A time in the browser's zone, which some exports name as `PDT` or `GMT+1` behind it; one without stays local. */
function timeIn(text: string): string {
  const [, civil = text, zone = ''] =
    /^(.*\d(?:\s*[AP]M)?)\s+([A-Z]{1,5}(?:[+-]\d{1,2}(?::\d\d)?)?)$/i.exec(text) ?? [];
  if (!parseTimeText(zone === '' ? text : civil)) return text;
  if (parsedTime.basis === TIME_BASIS.absolute) return formatUtc(parsedTime.us);
  const minutes = minutesEast(zone);
  const utc = formatUtc(parsedTime.us - (minutes ?? 0) * MICROS_PER_MINUTE);
  return minutes === undefined ? utc.slice(0, -1) : utc;
}

function minutesEast(zone: string): number | undefined {
  const [, sign, hours, minutes = '0'] = /^(?:GMT|UTC)([+-])(\d{1,2})(?::(\d\d))?$/.exec(zone) ?? [];
  if (hours === undefined) return zone === '' ? undefined : zoneMinutesOf(zone);
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Makes the activity that the API would give of a row. */
function settle(record: NewRecord, cell: Cells): void {
  const title = firstOf(cell, ['name', 'event', 'eventname']);
  const application = cell('idapplicationname') || applicationOf(cell, title);
  const parameters = Object.entries(PARAMETERS).flatMap(([name, others]) => {
    const value = firstOf(cell, [plainHeader(name), ...others]);
    if (value === '') return [];
    const isWord = /^(?:true|false)$/i.test(value) || /^login_/.test(name);
    return [{ name, value: isWord ? value.toLowerCase() : value }];
  });
  const actor = firstOf(cell, ACTORS);
  record['id'] = { time: timeIn(firstOf(cell, ['idtime', 'date'])), applicationName: application };
  record['actor'] = NOBODY.test(actor) ? {} : { email: actor };
  record['ipAddress'] = firstOf(cell, ['ipaddress', 'ip']);
  record['events'] = [{ name: eventName(title, application), parameters }];
}

/**
 * Activities as tables: what the admin console's "Audit and investigation" exports (a title an event, in the words of "User log events" and its
 * like), and what GAM's `report` prints (github.com/GAM-team/GAM): the API's own names as columns, a row an event.
 */
export const googleWorkspaceCsv = recordTable({
  id: 'google-workspace-csv',
  label: 'Google Workspace activities (CSV)',
  inner: googleWorkspace,
  needed: [
    ['name', 'idtime', 'idapplicationname', 'actoremail'],
    ['date', 'event', 'documentid', 'ipaddress'],
    ['date', 'eventname', 'itemid', 'ipaddress'],
    ['date', 'event', 'logintype', 'ipaddress'],
    ['date', 'eventname', 'logintype', 'ipaddress'],
    ['date', 'event', 'description', 'actor', 'ipaddress'],
  ],
  places: {},
  times: [],
  settle,
});
