import { plaso, PLASO_FIELDS } from './plaso';
import { placesOf, recordTable } from './shared/record-tables';

/** Data types by the long names of sources, where a table has no column for the type. */
const TYPES: Readonly<Record<string, string>> = {
  'Apache Access Log': 'apache:access_log:entry',
  'Cron log': 'syslog:cron:task_run',
  'Log File': 'syslog:line',
  'Systemd journal': 'systemd:journal',
  'UTMP session': 'linux:utmp:event',
};

function typeOf(source: string, message: string): string {
  if (source !== 'SSH Log') return TYPES[source] ?? source;
  if (message.startsWith('Successful')) return 'syslog:ssh:login';
  return message.startsWith('Connection') ? 'syslog:ssh:opened_connection' : 'syslog:ssh:failed_connection';
}

/** `psort -o l2tcsv` writes `01/22/2016`, the clock, and the zone in a column of its own. */
function legacyTime(date: string, clock: string, zone: string): string {
  const [month = '', day = '', year = ''] = date.split('/');
  return `${year}-${month}-${day}T${clock}${/^(?:UTC|GMT|Z)$/i.test(zone) ? 'Z' : ''}`;
}

const EVENT = ['datetime', 'timestampdesc', 'message'];

/** Timelines of Plaso as tables: `psort -o dynamic` and `-o l2tcsv`, and Timesketch's export as CSV. */
export const plasoCsv = recordTable({
  id: 'plaso-csv',
  label: 'Plaso or Timesketch timeline (CSV)',
  inner: plaso,
  needed: [
    [...EVENT, 'datatype'],
    [...EVENT, 'sourcelong', 'parser'],
    ['date', 'time', 'timezone', 'macb', 'source', 'sourcetype', 'desc', 'filename', 'format'],
  ],
  places: { ...placesOf(...PLASO_FIELDS), host: 'hostname', desc: 'message' },
  times: ['datetime'],
  settle: (record, cell) => {
    const legacy = cell('macb');
    if (legacy !== '') record.datetime = legacyTime(cell('date'), cell('time'), cell('timezone'));
    if (typeof record.data_type === 'string') return;
    record.data_type = typeOf(cell('sourcelong') || cell('sourcetype'), cell('message') || cell('desc'));
    // Columns for events of any kind: the machine that a timeline is of, not the other end of a login.
    if (record.data_type === 'linux:utmp:event') {
      delete record.hostname;
      delete record.type;
    }
  },
});
