import { bigqueryJobs, BIGQUERY_COLUMNS } from './bigquery-jobs';
import { placesOf, recordTable } from './shared/record-tables';

const OF_ERRORS = ['error_result.reason', 'error_result.message'];
const OF_TABLES = ['project_id', 'dataset_id', 'table_id'].map((name) => `destination_table.${name}`);

/** The same jobs as CSV: lists and objects in a cell as JSON, or an object spread over columns. */
export const bigqueryJobsCsv = recordTable({
  id: 'bigquery-jobs-csv',
  label: 'BigQuery jobs (CSV)',
  inner: bigqueryJobs,
  needed: [
    ['creationtime', 'useremail', 'jobid', 'jobtype'],
    ['creationtime', 'useremail', 'jobid', 'statementtype'],
  ],
  places: placesOf(...BIGQUERY_COLUMNS, ...OF_ERRORS, ...OF_TABLES),
  times: ['creation_time', 'start_time', 'end_time'],
});
