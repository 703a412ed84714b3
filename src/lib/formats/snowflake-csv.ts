import { snowflake, SNOWFLAKE_COLUMNS } from './snowflake';
import { placesOf, recordTable } from './shared/record-tables';

/** Rows of Snowflake's LOGIN_HISTORY, QUERY_HISTORY and ACCESS_HISTORY as a worksheet downloads them and as SnowSQL writes them. */
export const snowflakeCsv = recordTable({
  id: 'snowflake-csv',
  label: 'Snowflake login, query or access history (CSV)',
  inner: snowflake,
  needed: [
    ['eventtimestamp', 'username', 'clientip', 'issuccess'],
    ['querytext', 'querytype', 'starttime', 'executionstatus', 'username'],
    ['querystarttime', 'username', 'baseobjectsaccessed'],
  ],
  places: placesOf(...SNOWFLAKE_COLUMNS),
  // Not always UTC: a session has a time zone, and mostly writes it out.
  times: [],
});
