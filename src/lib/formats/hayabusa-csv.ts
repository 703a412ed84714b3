import { hayabusa, HAYABUSA_COLUMNS } from './hayabusa';
import { placesOf, recordTable } from './shared/record-tables';

/** What `csv-timeline` of Hayabusa writes, in any of its profiles. */
export const hayabusaCsv = recordTable({
  id: 'hayabusa-csv',
  label: 'Hayabusa timeline of Windows events (CSV)',
  inner: hayabusa,
  needed: [
    ['timestamp', 'computer', 'channel', 'eventid', 'level', 'ruletitle'],
    ['datetime', 'timestampdesc', 'computer', 'channel', 'eventid', 'level', 'details'],
  ],
  places: placesOf(...HAYABUSA_COLUMNS),
  times: [],
});
