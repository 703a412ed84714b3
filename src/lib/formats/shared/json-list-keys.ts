/**
 * Keys under which exports put their list of records: CloudTrail and Azure Monitor deliveries, Microsoft Graph, `aws cloudtrail
 * lookup-events`, CloudWatch subscriptions, `gcloud logging`. Only at the first level, and only when the list holds objects.
 */
export const ANYWHERE = ['Records', 'records', 'value', 'Events', 'logEvents', 'entries'] as const;
/** `aws logs filter-log-events` begins with its list. In the middle of an object the word is some record's own field. */
export const AT_THE_START = ['events'] as const;

export const LIST_KEYS: ReadonlySet<string> = new Set<string>([...ANYWHERE, ...AT_THE_START]);
