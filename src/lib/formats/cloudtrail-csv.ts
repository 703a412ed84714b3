import { cloudtrail } from './cloudtrail';
import { isObject } from './shared/json';
import { placesOf, recordTable, type NewRecord } from './shared/record-tables';

/** Fields of `userIdentity` as Athena prints the column: `{type=IAMUser, principalid=AIDA…, arn=…}`. */
const IDENTITY: Readonly<Record<string, string>> = {
  ...{ type: 'type', principalid: 'principalId', arn: 'arn', accountid: 'accountId' },
  ...{ invokedby: 'invokedBy', accesskeyid: 'accessKeyId', username: 'userName' },
};

function identityOf(text: string): NewRecord {
  const identity: NewRecord = {};
  for (const [, name = '', value = ''] of text.matchAll(/[{\s,](\w+)=([^,{}]*)/g)) {
    const key = IDENTITY[name.toLowerCase()];
    if (key !== undefined && value !== '' && value !== 'null') identity[key] ??= value;
  }
  return identity;
}

/**
 * CloudTrail events as a table: what the console's event history downloads (`Event time`, `User name`, …), and what queries in CloudTrail Lake
 * and Athena give (`eventTime`, `userIdentity.arn`, …).
 */
export const cloudtrailCsv = recordTable({
  id: 'cloudtrail-csv',
  label: 'AWS CloudTrail (CSV)',
  inner: cloudtrail,
  needed: [['eventtime', 'eventname', 'eventsource']],
  places: {
    ...placesOf(
      'eventTime',
      'eventName',
      'eventSource',
      'eventID',
      'eventCategory',
      'awsRegion',
      'userAgent',
    ),
    ...placesOf(
      'sourceIPAddress',
      'errorCode',
      'errorMessage',
      'readOnly',
      'managementEvent',
      'recipientAccountId',
    ),
    ...placesOf('requestParameters', 'responseElements', 'additionalEventData', 'userIdentity'),
    ...placesOf('userIdentity.type', 'userIdentity.arn', 'userIdentity.principalId', 'userIdentity.userName'),
    ...placesOf('userIdentity.accountId', 'userIdentity.accessKeyId', 'userIdentity.invokedBy'),
    ...{ username: 'userIdentity.userName', awsaccesskey: 'userIdentity.accessKeyId' },
  },
  times: ['eventTime'],
  settle(record) {
    for (const key of ['requestParameters', 'responseElements', 'additionalEventData'])
      if (!isObject(record[key])) record[key] = {};
    const identity = record['userIdentity'];
    if (typeof identity === 'string') record['userIdentity'] = identityOf(identity);
    for (const key of ['readOnly', 'managementEvent'])
      if (record[key] !== undefined) record[key] = /^true$/i.test(String(record[key]));
  },
});
