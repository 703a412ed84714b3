import { greatest } from '../base/extremes';
import type { Evidence } from './evidence';

/** A service of a cloud that holds data of ours: it has no port, and the bucket, account or project stands where a machine would. */
interface CloudService {
  /** As the audit log names it. */
  readonly name: string;
  readonly label: string;
  /** Calls that return what is held, by the name that stands before the object; an object without such a name was read itself. */
  readonly reads: RegExp;
  /**
   * Whether reads are logged only where someone asked for it (CloudTrail data events, Google's data access logs). The others are management
   * events, which every trail has unless its reading ones were left out.
   */
  readonly isOnDemand: boolean;
  /**
   * Whether it is there to hold data. What runs machines, code or databases gives some away too (a first password, a console's output, a
   * database's log), and is asked about only where someone called for that: that nobody did says nothing of what the machines hold.
   */
  readonly isStore: boolean;
}

/** Holders of everything but what lies in buckets, mailboxes and sites: a call of such a service about one of these lists buckets, and reads none. */
const ACCOUNTS = /^(?:AWS account|Google Cloud project) /;
/** Services whose logs name a holder of their own: a bucket, a storage account, a vault, a mailbox, a site, a database, a drive, a repository. */
const OWN_HOLDERS: ReadonlySet<string> = new Set([
  ...['s3', 'storage', 'azure-storage', 'azure-key-vault'],
  ...['exchange', 'sharepoint', 'onedrive'],
  ...['snowflake', 'redshift', 'salesforce', 'google-drive', 'github'],
]);

/** Whether data of the service can lie in a holder of that name. */
export function holdsDataOf(protocol: number, holder: string): boolean {
  const name = cloudServiceName(protocol);
  return name !== undefined && OWN_HOLDERS.has(name) !== ACCOUNTS.test(holder);
}

function service(
  name: string,
  label: string,
  reads: RegExp,
  isOnDemand: boolean,
  isStore = true,
): CloudService {
  return { name, label, reads, isOnDemand, isStore };
}

/**
 * Which calls return data, from the services' own API references; which of them are data events, from "Logging data events"
 * (docs.aws.amazon.com/awscloudtrail), "Cloud Audit Logs overview" (cloud.google.com/logging/docs/audit) and "Diagnostic settings in Azure
 * Monitor" (learn.microsoft.com), where no request is logged unless that was asked for. Decrypting is left out: what is decrypted was read elsewhere, and
 * that call is logged too. A list of things (instances, users, buckets) is no data.
 */
const SERVICES: readonly CloudService[] = [
  service(
    's3',
    'Amazon S3',
    /^REST\.(?:GET|HEAD)\.(?:BUCKET|BUCKETVERSIONS)$|^ListObject(?:s|sV2|Versions)$/,
    true,
  ),
  service(
    'dynamodb',
    'Amazon DynamoDB',
    /^(?:Get|BatchGet|TransactGet)Items?$|^(?:Query|Scan|(?:Batch)?ExecuteStatement|ExecuteTransaction|GetRecords)$/,
    true,
  ),
  service('secretsmanager', 'AWS Secrets Manager', /^(?:Batch)?GetSecretValue$/, false),
  service('ssm', 'AWS Systems Manager', /^GetParameter(?:s|sByPath|History)?$|^GetCommandInvocation$/, false),
  service(
    'ec2',
    'Amazon EC2',
    /^Get(?:PasswordData|ConsoleOutput|ConsoleScreenshot|LaunchTemplateData)$/,
    false,
    false,
  ),
  service('ebs', 'Amazon EBS', /^(?:Get|List)SnapshotBlocks?$|^ListChangedBlocks$/, true),
  service('lambda', 'AWS Lambda', /^GetFunction(?:\d+v?\d*)?$/, false, false),
  service(
    'logs',
    'Amazon CloudWatch Logs',
    /^(?:GetLogEvents|FilterLogEvents|GetLogRecord|GetQueryResults|StartQuery|StartLiveTail)$/,
    true,
  ),
  service(
    'athena',
    'Amazon Athena',
    /^(?:GetQueryResults|GetQueryResultsStream|StartQueryExecution)$/,
    false,
  ),
  service('rds', 'Amazon RDS', /^Download(?:Complete)?DBLogFile(?:Portion)?$/, false, false),
  service('rdsdata', 'Amazon RDS Data API', /^(?:Batch)?ExecuteStatement$/, true),
  service('redshift-data', 'Amazon Redshift Data API', /^GetStatementResult(?:V2)?$/, false),
  service('sqs', 'Amazon SQS', /^ReceiveMessage$/, true),
  service('kinesis', 'Amazon Kinesis', /^(?:GetRecords|SubscribeToShard)$/, true),
  service('ecr', 'Amazon ECR', /^(?:GetDownloadUrlForLayer|BatchGetImage)$/, false),
  service('codecommit', 'AWS CodeCommit', /^(?:GitPull|GetFile|GetFolder|GetBlob)$/, false),
  service('cognito-idp', 'Amazon Cognito', /^(?:ListUsers|AdminGetUser)$/, false),
  service('storage', 'Google Cloud Storage', /^storage\.objects\.(?:get|list)$/, true),
  service(
    'bigquery',
    'Google BigQuery',
    /tabledata\.list$|jobs?(?:ervice)?\.(?:query|getqueryresults|insert|insertjob)$|^(?:select|with|from|export|extract|copy)$/i,
    false,
  ),
  service('secretmanager', 'Google Secret Manager', /AccessSecretVersion$/, true),
  service(
    'firestore',
    'Google Firestore',
    /(?:GetDocument|BatchGetDocuments|ListDocuments|RunQuery|Listen)$/,
    true,
  ),
  service('datastore', 'Google Datastore', /(?:Lookup|RunQuery)$/, true),
  service(
    'spanner',
    'Google Cloud Spanner',
    /(?:ExecuteSql|ExecuteStreamingSql|\.Read|StreamingRead)$/,
    true,
  ),
  service('pubsub', 'Google Pub/Sub', /(?:Pull|StreamingPull)$/, true),
  // Mailbox auditing says of what was opened by license and setting ("Manage mailbox auditing", learn.microsoft.com).
  service('exchange', 'Microsoft Exchange Online', /^(?:MailItemsAccessed|MessageBind)$/, true),
  service('sharepoint', 'Microsoft SharePoint Online', /^FileAccessed$/, true),
  service('onedrive', 'Microsoft OneDrive', /^FileAccessed$/, true),
  service(
    'azure-storage',
    'Azure Storage',
    /^(?:List(?:Blobs|Files\w*|Filesystem\w*|Path\w*)|Query(?:Blob|Entit|File|Directory)\w*|(?:Get|Peek)Messages?|GetRange|Read\w*|Copy\w*Source)$/,
    true,
  ),
  service('azure-key-vault', 'Azure Key Vault', /^(?:SecretGet|\w+(?:Backup|Release)|Sas\w*Get)$/, true),
  // A statement's first word; what writes is no read whatever it is called ("QUERY_HISTORY view", docs.snowflake.com).
  service(
    'snowflake',
    'Snowflake',
    /^(?:select|with|table|values|copy|get|call|execute|unload|read)$/i,
    true,
  ),
  service('redshift', 'Amazon Redshift', /^(?:select|with|table|values|fetch|execute|unload)$/i, true),
  // "EventLogFile Supported Event Types", developer.salesforce.com: event monitoring is bought on top.
  service(
    'salesforce',
    'Salesforce',
    /^(?:API|RestApi|BulkApi\w*|Report|ReportExport|DocumentAttachmentDownloads|ContentTransfer)$/,
    true,
  ),
  // "Drive Audit Activity Events", developers.google.com: which editions log them differs.
  service(
    'google-drive',
    'Google Drive',
    /^(?:view|preview|download|print|(?:source_)?copy|email_as_attachment|sync_item_content|(?:access|prefetch)_item_content|access_url)$/,
    true,
  ),
  // "Audit log events for your organization", docs.github.com: events of Git are kept for a week, and exported apart.
  service('github', 'GitHub', /^(?:git\.(?:clone|fetch)|repo\.download_zip)$/, true),
];

/** Protocol numbers from here on stand for cloud services: IANA's end at 255. */
const FIRST = 256;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  SERVICES.map(({ name }, index) => [name, FIRST + index]),
);

/** The number that stands in a protocol's place for a cloud service that holds data; −1: none of that name is known. */
export function cloudServiceNumber(name: string): number {
  return NUMBERS.get(name.toLowerCase()) ?? -1;
}

/** The service's name, or undefined where the number is a protocol's. */
export function cloudServiceName(protocol: number): string | undefined {
  return SERVICES[protocol - FIRST]?.name;
}

export function cloudServiceLabel(protocol: number): string | undefined {
  return SERVICES[protocol - FIRST]?.label;
}

export function isCloudService(protocol: number): boolean {
  return protocol >= FIRST;
}

/** Whether a call makes its service one to ask about: any call to one that holds data, a call for what it holds to the others. */
export function isAskedAbout(protocol: number, object: string): boolean {
  return SERVICES[protocol - FIRST]?.isStore === true || readsCloudData(protocol, object);
}

/** Whether reads of the service are logged only where that was asked for. */
export function isLoggedOnDemand(protocol: number): boolean {
  return SERVICES[protocol - FIRST]?.isOnDemand ?? true;
}

/**
 * Whether a read by nobody named, of what is open to everyone, is logged like others. Of Google's services it is not: "publicly available
 * resources … don't generate audit logs" ("Cloud Audit Logs overview", cloud.google.com/logging/docs/audit).
 */
export function logsUnnamed(protocol: number): boolean {
  return cloudServiceName(protocol) !== 'storage';
}

/** Numbers of the services whose reads stand in every trail that holds reading management events. */
export const LOGGED_ALWAYS: readonly number[] = SERVICES.flatMap(({ isOnDemand }, index) =>
  isOnDemand ? [] : [FIRST + index],
);

/** Key of a service in a map that otherwise holds ports: ports end at 65,535, and a cloud service has none. */
export function ceilingKey(port: number, protocol: number): number {
  return isCloudService(protocol) ? protocol << 16 : port;
}

/** A name of a call: `GetSecretValue`, `REST.GET.ACL`, `google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion`. */
const CALL = /^[A-Za-z][\w.]*(?= |$)/;

/**
 * Whether a call on a cloud service's `object` returns data that is held there. The object is the call's name and what it was about, or, where
 * an object itself was read, that alone (`bucket/key`).
 */
export function readsCloudData(protocol: number, object: string): boolean {
  const held = SERVICES[protocol - FIRST];
  if (!held) return false;
  const call = CALL.exec(object)?.[0];
  return call === undefined ? object !== '' : held.reads.test(call);
}

/** Whether an answer is about a cloud service: those have a name where others have a port. */
export function isCloudAnswer({ service: name }: { readonly service: string }): boolean {
  return cloudServiceNumber(name) !== -1;
}

/** Formats of cloud services: their rows are about what the service holds, not about a machine of ours. */
export const CLOUD_FORMATS =
  /cloudtrail|s3|entra|azure-(?:signin|activity|resource)|okta|gcp-audit|gcp-logging|m365|office|snowflake|bigquery|redshift|salesforce|google-workspace|github-audit|duo|auth0|onelogin/;

/** Of these it is known which calls return data; of the others every read counts as one. */
const JUDGED_FORMATS =
  /^(?:(?:cloudtrail|m365-audit|snowflake|bigquery-jobs|salesforce-events|google-workspace|github-audit)(?:-csv)?|s3-access|gcp-audit|gcp-logging-csv|azure-resource|redshift)$/;

export const CLOUD_LOG = { no: 0, other: 1, judged: 2 } as const;

/** CLOUD_LOG by SourceId: logs that a cloud service writes. */
export function cloudLogs(evidence: Evidence): Uint8Array {
  const ids = evidence.sources.map((source) => source.id as number);
  const kinds = new Uint8Array(
    greatest(
      ids.map((id) => id + 1),
      0,
    ),
  );
  for (const { id, format } of evidence.sources) {
    if (JUDGED_FORMATS.test(format)) kinds[id] = CLOUD_LOG.judged;
    else if (CLOUD_FORMATS.test(format)) kinds[id] = CLOUD_LOG.other;
  }
  return kinds;
}

/** What a query for rows must ask of the columns to get a cloud service's own: its bucket or account has several. */
export function rowsOfService(evidence: Evidence, protocol: number): Record<string, readonly number[]> {
  const name = cloudServiceName(protocol);
  return name === undefined ? {} : { service: [evidence.dictionaries.strings.find(name)] };
}
