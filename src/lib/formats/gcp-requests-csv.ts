import { gcpRequests } from './gcp-requests';
import { OF_ENTRIES, OF_REQUESTS } from './gcp-logging-csv';
import { placesOf, recordTable } from './shared/record-tables';

/** Requests alone, as the Logs Explorer downloads them: they are about our own servers, where audit logs are about what Google holds. */
export const gcpRequestsCsv = recordTable({
  id: 'gcp-requests-csv',
  label: 'Google Cloud requests (CSV)',
  inner: gcpRequests,
  needed: [['insertid', 'logname', 'timestamp', 'httprequestrequesturl']],
  places: placesOf(...OF_ENTRIES, ...OF_REQUESTS),
  times: ['timestamp', 'receiveTimestamp'],
});
