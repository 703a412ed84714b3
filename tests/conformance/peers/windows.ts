import Papa from 'papaparse';
import { sharedText } from '../../support/shared-data';
import { linesOf, recordLines } from './lines';
import type { PeerFields, PeerFile } from './record';

type Json = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;

/** The section of a rendered message that names the account which the event is about. */
const ACCOUNT_SECTIONS: Readonly<Record<number, string>> = {
  4624: 'New Logon',
  4625: 'Account For Which Logon Failed',
  4634: 'Subject',
  4648: 'Account Whose Credentials Were Used',
  4672: 'Subject',
  4768: 'Account Information',
  4769: 'Account Information',
  4776: '',
};

/** What Windows itself wrote of an event as text, beside the fields that it is read from here. */
function fieldsOfMessage(record: Json): PeerFields {
  const message = String(record['Message']);
  const id = Number(record['EventID']);
  const section = ACCOUNT_SECTIONS[id];
  const from = section === undefined || section === '' ? 0 : message.indexOf(`${section}:\r\n`);
  const value = (label: string, start = 0): string | undefined =>
    text(new RegExp(`(?:^|\\s)${label}:[\\t ]*([^\\r\\n]*)`).exec(message.slice(start))?.[1]?.trim());
  const port = value('(?:Source|Client) Port') ?? value('\\r\\n\\tPort');
  return {
    user:
      section === undefined || from === -1
        ? undefined
        : value(section === '' ? 'Logon Account' : 'Account Name', from),
    source: value('(?:Source Network|Client|Network) Address'),
    sourcePort: port === undefined ? undefined : Number(port),
    host: text(record['Hostname']),
    outcome: id === 4624 ? 'success' : id === 4625 ? 'failure' : undefined,
  };
}

/** Windows events of the OTRF captures, for each event that says who came in. */
function otrfFiles(paths: readonly string[]): PeerFile[] {
  return paths
    .filter((path) => /^otrf-windows-paired\/.*\/security\.jsonl$/.test(path))
    .map((path) => ({
      peer: 'Windows message',
      path,
      records: recordLines(path).flatMap(({ offset, line }) => {
        const record = JSON.parse(line) as Json;
        return Number(record['EventID']) in ACCOUNT_SECTIONS
          ? [{ at: { offset }, fields: fieldsOfMessage(record) }]
          : [];
      }),
    }));
}

/** A SIEM's tables, by the meaning that its documentation gives the columns ("Azure Monitor table reference", learn.microsoft.com). */
const TABLES: Readonly<Record<string, (row: Readonly<Record<string, string>>) => PeerFields>> = {
  'host_logons.csv': (row) => ({
    time: `${row['TimeGenerated']?.replace(' ', 'T')}Z`,
    user: text(row['TargetUserName']),
    source: text(row['IpAddress']),
    host: text(row['Computer']),
    outcome: row['EventID'] === '4624' ? 'success' : 'failure',
  }),
  'az_net_flows.csv': (row) => ({
    start: `${row['FlowStartTime']?.replace(' ', 'T')}Z`,
    end: `${row['FlowEndTime']?.replace(' ', 'T')}Z`,
    [row['FlowDirection'] === 'O' ? 'source' : 'destination']: text(row['VMIPAddress']),
    [row['FlowDirection'] === 'O' ? 'destination' : 'source']: text(row['AllExtIPs']),
    destinationPort: Number(row['DestPort']),
    protocol: row['L4Protocol'] === 'T' ? 6 : 17,
  }),
};

function sentinelFiles(paths: readonly string[]): PeerFile[] {
  return paths.flatMap((path) => {
    const read = path.startsWith('msticpy/tests/')
      ? TABLES[path.slice(path.lastIndexOf('/') + 1)]
      : undefined;
    if (!read) return [];
    const { data } = Papa.parse<Record<string, string>>(sharedText(path), {
      header: true,
      skipEmptyLines: true,
    });
    // None of the tables has a line end inside a cell.
    const lines = linesOf(sharedText(path)).slice(1);
    return {
      peer: 'Sentinel columns',
      path,
      records: data.map((row, i) => ({ at: { offset: lines[i]!.offset }, fields: read(row) })),
    };
  });
}

export function windowsFiles(paths: readonly string[]): PeerFile[] {
  return [...otrfFiles(paths), ...sentinelFiles(paths)];
}
