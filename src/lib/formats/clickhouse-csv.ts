import { clickhouse, CLICKHOUSE_COLUMNS } from './clickhouse';
import { placesOf, recordTable } from './shared/record-tables';

/** Rows of ClickHouse's query_log and session_log as `FORMAT CSVWithNames` and `TSVWithNames` print them. */
export const clickhouseCsv = recordTable({
  id: 'clickhouse-csv',
  label: 'ClickHouse query_log or session_log (CSV)',
  inner: clickhouse,
  needed: [
    ['type', 'eventtime', 'querydurationms', 'query', 'user', 'address'],
    ['type', 'eventtime', 'user', 'authtype', 'clientaddress'],
  ],
  places: placesOf(...CLICKHOUSE_COLUMNS),
  // In the server's time zone, which the rows do not name.
  times: [],
});
