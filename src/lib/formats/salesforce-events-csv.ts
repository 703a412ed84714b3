import { salesforceEvents, SALESFORCE_FIELDS } from './salesforce-events';
import { placesOf, recordTable } from './shared/record-tables';

/** The files as Salesforce gives them: a table for each event type and day or hour. */
export const salesforceEventsCsv = recordTable({
  id: 'salesforce-events-csv',
  label: 'Salesforce event log file (CSV)',
  inner: salesforceEvents,
  needed: [
    ['eventtype', 'timestampderived', 'organizationid', 'userid'],
    ['eventtype', 'timestamp', 'organizationid', 'userid'],
  ],
  places: placesOf(...SALESFORCE_FIELDS),
  times: [],
});
