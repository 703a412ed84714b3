import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import { TIME_BASIS } from '../base/time';
import type { Format, Head } from './format';
import { splitEndpoint } from './shared/endpoint';
import { directoryChange, signInOutcome } from './shared/entra-codes';
import { numberAt, numberOf, textAt, type JsonObject } from './shared/json';
import { firstText, objectAt, objectsAt, parseJsonText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { NOT_JSON, noTime } from './shared/reject-reasons';

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/**
 * Operations on mail and files by what they do to the data ("Audit log activities", learn.microsoft.com). Of those that only open a page or
 * a folder it is not known what was seen: they are lists.
 */
const READS = names(
  'FileAccessed FileAccessedExtended FileDownloaded FilePreviewed FileSyncDownloadedFull FileSyncDownloadedPartial FileCopied FolderCopied ' +
    'FileVersionDownloaded MailItemsAccessed MessageBind Copy AttachmentAccess AttachmentDownloaded MessageRead ' +
    'ViewReport ExportReport DownloadReport ExportArtifact CopilotInteraction',
);
const LISTS = names(
  'PageViewed PageViewedExtended FolderBind ListViewed SearchQueryPerformed SearchQueryInitiatedExchange SearchQueryInitiatedSharePoint ' +
    'SearchStarted SearchPreviewed SearchExported SearchExportDownloaded PreviewItemListed PreviewItemDownloaded ClientViewSignaled',
);
const WRITES = names(
  'FileUploaded FileModified FileModifiedExtended FileRenamed FileMoved FileRestored FileCheckedIn FileSyncUploadedFull FileSyncUploadedPartial ' +
    'FolderCreated FolderModified FolderRenamed FolderMoved Send SendAs SendOnBehalf Create Update Move UpdateFolderPermissions MessageSent ' +
    'MessageCreatedHasLink MessageUpdated',
);
const DELETES = names(
  'FileDeleted FileDeletedFirstStageRecycleBin FileDeletedSecondStageRecycleBin FileRecycled FileVersionsAllDeleted FolderDeleted FolderRecycled ' +
    'SoftDelete HardDelete MoveToDeletedItems MessageDeleted MessagesDeleted',
);

/** Kinds of change by the operation, the first that matches: Exchange's cmdlets and SharePoint's sharing. */
const CHANGES: readonly [RegExp, number][] = [
  [/^(?:Set-AdminAuditLogConfig|Set-MailboxAuditBypassAssociation)$/, CHANGE_KIND.loggingStopped],
  [
    /^(?:Add-MailboxPermission|Add-RecipientPermission|Add-MailboxFolderPermission|AddFolderPermissions|Add-RoleGroupMember|New-ManagementRoleAssignment|SharingSet|AnonymousLinkCreated|AnonymousLinkUpdated|CompanyLinkCreated|SecureLinkCreated|AddedToSecureLink|SharingInvitationCreated|AddedToGroup|SiteCollectionAdminAdded|MemberAdded)$/,
    CHANGE_KIND.privilegeGranted,
  ],
  [
    /^(?:Remove-MailboxPermission|Remove-RecipientPermission|Remove-MailboxFolderPermission|RemoveFolderPermissions|Remove-RoleGroupMember|SharingRevoked|AnonymousLinkRemoved|RemovedFromGroup|SiteCollectionAdminRemoved|MemberRemoved)$/,
    CHANGE_KIND.privilegeRevoked,
  ],
  [
    /^(?:(?:New|Set|Enable|Disable|Remove)-(?:InboxRule|TransportRule|HostedContentFilterPolicy|AntiPhishPolicy|SafeLinksPolicy|SafeAttachmentPolicy)|UpdateInboxRules|Set-Mailbox|Set-CASMailbox|Set-TransportConfig|New-(?:In|Out)boundConnector|Set-(?:In|Out)boundConnector|SharingPolicyChanged)$/,
    CHANGE_KIND.policyChanged,
  ],
  [/^(?:New-Mailbox|Enable-Mailbox|New-MailUser)$/, CHANGE_KIND.userCreated],
  [/^(?:Remove-Mailbox|Disable-Mailbox|Remove-MailUser)$/, CHANGE_KIND.userDeleted],
];

/** Parameters that switch the audit log on or off. */
const LOG_SWITCH = /^(?:UnifiedAuditLogIngestionEnabled|AdminAuditLogEnabled)$/i;

const WANTED: Wanted = {
  ...wantedAt(
    'CreationTime',
    'Operation',
    'RecordType',
    'ResultStatus',
    'UserId',
    'UserKey',
    'Workload',
    'ObjectId',
    'AuditData',
  ),
  ...wantedAt(
    'ClientIP',
    'ClientIPAddress',
    'ActorIpAddress',
    'ErrorNumber',
    'LogonError',
    'MailboxOwnerUPN',
    'OperationCount',
  ),
  ...wantedAt(
    'SourceFileName',
    'SiteUrl',
    'UserAgent',
    'ClientInfoString',
    'FileSizeBytes',
    'Parameters',
    'ModifiedProperties',
  ),
  ...wantedAt(
    'Folders',
    'AffectedItems',
    'Item',
    'Folder',
    'Target',
    'ExtendedProperties',
    'TargetUserOrGroupName',
  ),
};

/** Microsoft 365's unified audit log: sign-ins, mail, files, and what administrators changed, as searches and the Management Activity API give it. */
class M365AuditParser extends JsonRecords {
  protected override take(outer: JsonObject, offset: number, line: number): string | null {
    const record = unwrap(outer);
    if (!record) return NOT_JSON;
    const operation = textAt(record, 'Operation').replace(/\.$/, '');
    if (operation === '') return 'there is no Operation, so it is not known what was done';
    // Always UTC, though no letter says so ("Common schema").
    const time = timeOf(record['CreationTime']);
    if (Number.isNaN(time.us)) return noTime('CreationTime', '2024-03-10T12:00:00');
    this.rows.at(time.us, TIME_BASIS.absolute, offset, line);
    if (
      !this.#login(record, operation) &&
      !this.#query(record, operation) &&
      !this.#change(record, operation)
    )
      this.sink.skip(`operation ${operation.slice(0, 60)}`);
    return null;
  }

  #login(record: JsonObject, operation: string): boolean {
    if (!/^(?:UserLoggedIn|UserLoginFailed|MailboxLogin|TeamsSessionStarted|SignInEvent)$/.test(operation))
      return false;
    const { address, port } = clientOf(record);
    this.rows.login({
      actor: address,
      actorPort: port,
      service: serviceOf(record),
      user: textAt(record, 'UserId'),
      method:
        operation === 'UserLoggedIn' || operation === 'UserLoginFailed'
          ? LOGIN_METHOD.unknown
          : LOGIN_METHOD.token,
      outcome: loginOutcome(record, operation),
    });
    return true;
  }

  #query(record: JsonObject, operation: string): boolean {
    const verb = verbOf(operation);
    if (verb === undefined) return false;
    const { address, port } = clientOf(record);
    this.rows.query({
      actor: address,
      actorPort: port,
      principal: firstText(record, 'UserId', 'UserKey'),
      service: serviceOf(record),
      host: holderOf(record),
      verb,
      object:
        verb === QUERY_VERB.list ? `${operation} ${objectOf(record)}`.trim() : objectOf(record) || operation,
      outcome: /^fail/i.test(textAt(record, 'ResultStatus')) ? QUERY_OUTCOME.error : QUERY_OUTCOME.success,
      rowsReturned: operation === 'MailItemsAccessed' ? numberAt(record, 'OperationCount') : Number.NaN,
      bytesReturned: verb === QUERY_VERB.read ? numberAt(record, 'FileSizeBytes') : Number.NaN,
      agent:
        firstText(record, 'UserAgent', 'ClientInfoString') ||
        propertyOf(record, 'ExtendedProperties', 'UserAgent'),
    });
    return true;
  }

  #change(record: JsonObject, operation: string): boolean {
    const isDirectory = textAt(record, 'Workload') === 'AzureActiveDirectory';
    const known = isDirectory
      ? directoryChange(operation)
      : CHANGES.find(([pattern]) => pattern.test(operation))?.[1];
    // Cmdlets that only look change nothing.
    if (
      known === undefined &&
      !/^(?:Add|New|Set|Enable|Disable|Remove|Update|Install|Import)-/.test(operation)
    )
      return false;
    const parameters = objectsAt(record, 'Parameters').map(
      (each) => `${textAt(each, 'Name')}=${textAt(each, 'Value')}`,
    );
    const targets = objectsAt(record, 'Target').map((each) => textAt(each, 'ID'));
    const { address } = clientOf(record);
    this.rows.change({
      actor: address,
      principal: firstText(record, 'UserId', 'UserKey'),
      kind: known === CHANGE_KIND.loggingStopped ? logSwitch(record) : (known ?? CHANGE_KIND.other),
      target:
        firstText(record, 'TargetUserOrGroupName') ||
        textAt(record, 'ObjectId') ||
        (targets.find((id) => id.includes('@')) ?? targets[0] ?? ''),
      outcome: /^(?:fail|false)/i.test(textAt(record, 'ResultStatus'))
        ? CHANGE_OUTCOME.failure
        : CHANGE_OUTCOME.success,
      detail: [operation, ...parameters].join(' ').slice(0, 600),
    });
    return true;
  }
}

/** A search's row holds the record as text. */
function unwrap(outer: JsonObject): JsonObject | null {
  const inner = outer['AuditData'];
  if (typeof inner === 'string') return parseJsonText(inner);
  return inner === undefined || inner === null ? outer : objectAt(outer, 'AuditData');
}

/** Whoever was asked for an address and had none wrote zeros. */
function clientOf(record: JsonObject): { address: string; port: number } {
  const text = firstText(record, 'ClientIP', 'ClientIPAddress', 'ActorIpAddress');
  const client = splitEndpoint(text);
  return /^(?:0\.0\.0\.0|::|<null>)?$/.test(client.address) ? { address: '', port: 0 } : client;
}

function serviceOf(record: JsonObject): string {
  const workload = textAt(record, 'Workload');
  return workload === 'AzureActiveDirectory' ? 'entra' : workload.toLowerCase() || 'm365';
}

function loginOutcome(record: JsonObject, operation: string): number {
  const code = firstText(record, 'ErrorNumber');
  if (operation === 'UserLoginFailed' && !/^0?$/.test(code)) return signInOutcome(numberOf(code));
  if (/UserAccountNotFound|UserNotFound/i.test(textAt(record, 'LogonError')))
    return LOGIN_OUTCOME.invalidUser;
  if (operation === 'UserLoginFailed' || /^fail/i.test(textAt(record, 'ResultStatus')))
    return LOGIN_OUTCOME.failure;
  return LOGIN_OUTCOME.success;
}

function verbOf(operation: string): number | undefined {
  if (READS.has(operation)) return QUERY_VERB.read;
  if (LISTS.has(operation)) return QUERY_VERB.list;
  if (WRITES.has(operation)) return QUERY_VERB.write;
  return DELETES.has(operation) ? QUERY_VERB.delete : undefined;
}

/** A file's address, or a mailbox with its folder and subject. */
function objectOf(record: JsonObject): string {
  const mailbox = textAt(record, 'MailboxOwnerUPN');
  if (mailbox === '') return firstText(record, 'ObjectId', 'SourceFileName', 'SiteUrl');
  const item = objectsAt(record, 'Item')[0] ?? objectsAt(record, 'AffectedItems')[0] ?? {};
  const folder =
    textAt(objectAt(item, 'ParentFolder'), 'Path') ||
    textAt(objectsAt(record, 'Folders')[0] ?? objectAt(record, 'Folder'), 'Path');
  return [mailbox, folder, textAt(item, 'Subject')].filter((part) => part !== '').join(' ');
}

/** What holds the data: a mailbox, or a site (`contoso.sharepoint.com/sites/hr`). */
function holderOf(record: JsonObject): string {
  const mailbox = textAt(record, 'MailboxOwnerUPN');
  if (mailbox !== '') return mailbox;
  const site = /^https:\/\/([^/]+(?:\/(?:sites|teams|personal)\/[^/]+)?)/i.exec(
    firstText(record, 'SiteUrl', 'ObjectId'),
  );
  return site?.[1] ?? '';
}

/** The value of a `{"Name": …, "Value": …}` in a list. */
function propertyOf(record: JsonObject, list: string, name: string): string {
  const found = objectsAt(record, list).find((each) => textAt(each, 'Name') === name);
  return found ? textAt(found, 'Value') : '';
}

/** Whether the audit log was switched on, off, or only set up differently. */
function logSwitch(record: JsonObject): number {
  if (textAt(record, 'Operation') === 'Set-MailboxAuditBypassAssociation')
    return /^true$/i.test(propertyOf(record, 'Parameters', 'AuditBypassEnabled'))
      ? CHANGE_KIND.loggingStopped
      : CHANGE_KIND.loggingStarted;
  const values = objectsAt(record, 'Parameters')
    .filter((each) => LOG_SWITCH.test(textAt(each, 'Name')))
    .map((each) => textAt(each, 'Value'));
  if (values.some((value) => /^false$/i.test(value))) return CHANGE_KIND.loggingStopped;
  return values.some((value) => /^true$/i.test(value))
    ? CHANGE_KIND.loggingStarted
    : CHANGE_KIND.policyChanged;
}

function sniffM365(head: Head): number {
  const start = head.text.slice(0, 16_384);
  if (!/^\s*[[{]/.test(start)) return 0;
  const text = start.replaceAll('\\"', '"');
  const has = (key: string): boolean => new RegExp(`"${key}"\\s*:`).test(text);
  return has('CreationTime') && has('Operation') && has('Workload') && (has('UserId') || has('UserKey'))
    ? 0.97
    : 0;
}

export const m365Audit: Format = {
  id: 'm365-audit',
  label: 'Microsoft 365 unified audit log',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffM365,
  parser: (context) => new M365AuditParser(context, WANTED),
};
