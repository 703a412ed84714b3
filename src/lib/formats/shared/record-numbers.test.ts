import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../../tests/support/parse';
import type { SequenceInfo } from '../../tables/sequences';
import { auditd } from '../auditd';
import type { Format } from '../format';
import { journaldExport } from '../journald-export';
import { journaldJson } from '../journald-json';
import { postgresql } from '../postgresql';
import { postgresqlCsv } from '../postgresql-csv';
import { postgresqlJson } from '../postgresql-json';
import { windowsCsv } from '../windows-csv';
import { windowsJson } from '../windows-json';
import { windowsXml } from '../windows-xml';

/** Three records, of which the one between the second and the third is missing. */
const NUMBERS = [41, 42, 44];

const CASES: readonly [string, Format, string, Partial<SequenceInfo>, (n: number) => string][] = [
  [
    'journald’s cursor',
    journaldJson,
    'web1 ab12',
    { kind: 'journal' },
    (n) =>
      `{"__CURSOR":"s=ab12;i=${n.toString(16)};b=c;m=1;t=2;x=3","__REALTIME_TIMESTAMP":"1425290400000000","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"cron","MESSAGE":"x"}\n`,
  ],
  [
    'journald’s sequence number',
    journaldExport,
    'web1 ab12',
    { kind: 'journal' },
    (n) =>
      `__SEQNUM=${n}\n__SEQNUM_ID=ab12\n__REALTIME_TIMESTAMP=1425290400000000\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=cron\nMESSAGE=x\n\n`,
  ],
  [
    'Windows’ record id (XML)',
    windowsXml,
    'DC1 Security',
    { kind: 'windows' },
    (n) =>
      `<Event><System><EventID>4634</EventID><TimeCreated SystemTime='2015-03-02T10:00:00Z'/><EventRecordID>${n}</EventRecordID><Channel>Security</Channel><Computer>DC1</Computer></System></Event>\n`,
  ],
  [
    'Windows’ record id (winlogbeat)',
    windowsJson,
    'DC1 Security',
    { kind: 'windows' },
    (n) =>
      `{"@timestamp":"2015-03-02T10:00:00Z","winlog":{"event_id":4634,"record_id":${n},"channel":"Security","computer_name":"DC1"}}\n`,
  ],
  [
    'Windows’ record id (CSV)',
    windowsCsv,
    'DC1 Security',
    { kind: 'windows' },
    (n) =>
      `${n === 41 ? 'TimeCreated,Computer,Channel,EventID,RecordNumber,EventRecordId,TargetUserName\n' : ''}2015-03-02T10:00:00Z,DC1,Security,4634,${n % 2},${n},alice\n`,
  ],
  [
    'auditd’s serial, shared by the records of an event',
    auditd,
    '',
    { kind: 'audit' },
    (n) =>
      `type=SYSCALL msg=audit(1425290400.000:${n}): arch=c000003e syscall=59\ntype=EXECVE msg=audit(1425290400.000:${n}): argc=1 a0="ls"\n`,
  ],
  [
    'PostgreSQL’s session lines (csvlog)',
    postgresqlCsv,
    '54f4.1',
    { kind: 'session line' },
    (n) =>
      `2015-03-02 10:00:00.000 UTC,"app","db",7,"10.0.0.9:4000",54f4.1,${n},"idle",2015-03-02 09:00:00 UTC,1/1,0,LOG,00000,"statement: select 1",,,,,,,,,"psql"\n`,
  ],
  [
    'PostgreSQL’s session lines (jsonlog)',
    postgresqlJson,
    '54f4.1',
    { kind: 'session line' },
    (n) =>
      `{"timestamp":"2015-03-02 10:00:00.000 UTC","pid":7,"session_id":"54f4.1","line_num":${n},"error_severity":"LOG","message":"statement: select 1"}\n`,
  ],
  [
    'pgAudit’s statements',
    postgresql,
    'process 7',
    { kind: 'session statement' },
    (n) =>
      `2015-03-02 10:00:00.000 UTC [7] app@db LOG:  AUDIT: SESSION,${n},1,READ,SELECT,TABLE,public.t,select 1,<none>\n`,
  ],
];

describe('record numbers that a format carries', () => {
  it.each(CASES)('%s', (_, format, name, info, record) => {
    const { sequences, rejected } = parseWith(format, NUMBERS.map(record).join(''));
    expect(rejected).toEqual([]);
    expect(sequences).toMatchObject([
      { ...info, numbers: 3, missing: 1, gaps: [{ name, after: 42, before: 44 }] },
    ]);
  });
});

describe('a journal’s series', () => {
  it.each<[string, Format, (n: number, host: string, machine: string) => string]>([
    [
      'JSON',
      journaldJson,
      (n, host, machine) =>
        `{"__SEQNUM":"${n}","__SEQNUM_ID":"ab12","__REALTIME_TIMESTAMP":"1425290400000000","_HOSTNAME":"${host}","_MACHINE_ID":"${machine}","SYSLOG_IDENTIFIER":"cron","MESSAGE":"x"}\n`,
    ],
    [
      'the export format',
      journaldExport,
      (n, host, machine) =>
        `__SEQNUM=${n}\n__SEQNUM_ID=ab12\n__REALTIME_TIMESTAMP=1425290400000000\n_HOSTNAME=${host}\n_MACHINE_ID=${machine}\nSYSLOG_IDENTIFIER=cron\nMESSAGE=x\n\n`,
    ],
  ])(
    'goes on when its machine is renamed, and is another machine’s of the same name not: %s',
    (_, format, entry) => {
      const id = '0123456789abcdef0123456789abcdef';
      const renamed = parseWith(
        format,
        entry(41, 'ip-10-0-0-5', id) + entry(42, 'web1', id) + entry(44, 'web1', id),
      );
      expect(renamed.sequences).toMatchObject([
        { series: 1, numbers: 3, gaps: [{ name: '01234567 ab12', after: 42, before: 44 }] },
      ]);
      const other = parseWith(format, entry(41, 'web1', id) + entry(43, 'web1', id.replace('0', 'f')));
      expect(other.sequences).toMatchObject([{ series: 2, gaps: [] }]);
      // What is no machine’s id names nothing.
      expect(parseWith(format, entry(41, 'web1', 'x') + entry(43, 'web1', 'x')).sequences).toMatchObject([
        { gaps: [{ name: 'web1 ab12' }] },
      ]);
    },
  );
});
