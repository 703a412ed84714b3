import { entra } from './entra';
import { objectAt } from './shared/json-fields';
import { placesOf, recordTable } from './shared/record-tables';

/**
 * Entra sign-ins as a table: what the portal's "Download" gives (`Date (UTC)`, `Username`, `Sign-in error code`), and rows of Log Analytics' tables
 * of sign-ins (`TimeGenerated`, `ResultType`).
 */
export const entraCsv = recordTable({
  id: 'entra-csv',
  label: 'Microsoft Entra sign-ins (CSV)',
  inner: entra,
  needed: [
    ['date', 'username', 'ipaddress', 'signinerrorcode'],
    ['timegenerated', 'userprincipalname', 'ipaddress', 'resulttype'],
    ['createddatetime', 'userprincipalname', 'ipaddress', 'resulttype'],
  ],
  places: {
    ...{ date: 'createdDateTime', username: 'userPrincipalName', user: 'userDisplayName' },
    ...{ signinerrorcode: 'status.errorCode', timegenerated: 'TimeGenerated', resulttype: 'ResultType' },
    ...placesOf('ipAddress', 'createdDateTime', 'userPrincipalName', 'userDisplayName', 'appId', 'category'),
    ...placesOf('authenticationRequirement', 'authenticationDetails', 'servicePrincipalName'),
  },
  times: ['createdDateTime', 'TimeGenerated'],
  settle(record, cell) {
    // The portal leaves the code of a sign-in that went well out, or writes its result in words alone.
    if (record['ResultType'] !== undefined || objectAt(record, 'status')['errorCode'] !== undefined) return;
    if (/^success$/i.test(cell('status'))) record['status'] = { errorCode: 0 };
  },
});
