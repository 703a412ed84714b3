/** A row of Zeek's that begins with a time which the baseline has not masked, and goes on with an id. */
const DATED_ROW = /^\d{9,10}\.\d+[\t|]C\w{11,}[\t|]/m;

/**
 * Real files that give no source by themselves, how many, and why. `accounting.test.ts` fails on another one, and on an
 * entry that fits more or fewer.
 */
export const UNRECOGNIZED: readonly (readonly [
  path: RegExp,
  files: number,
  reason: string,
  /** What no such file may hold. */
  lacks?: RegExp,
])[] = [
  [
    /(?:^|\/)(?:README(?:\.md)?|SOURCE\.txt|LICENSE|EXAMPLE\.md|labels\.config)$/,
    37,
    'about the files, no log',
  ],
  [/^elastic-.*-expected\.json$|expected-core\.json$|\.assert$/, 88, 'what a peer expects, no log'],
  [/^zeek-btest\/Files\//, 6, 'inputs of Zeek’s own tests that are no logs'],
  [
    /^zeek-btest\/Baseline\/.*\/(?:\.stdout|\.stderr|out|output|zeek\.out|results|logs\.cat|otherfile|anotherfile|manager-reporter\.log)$/,
    106,
    'what a program printed, no log',
  ],
  [
    /^zeek-btest\/Baseline\/.*(?:\.cut|\.select|\.hex|\.pua|filtered\.log|ts_(?:epoch|iso8601|millis|millis_unsigned))$/,
    64,
    'columns that zeek-cut or SQLite took out of a log, without their names',
    DATED_ROW,
  ],
  [
    /^zeek-btest\/Baseline\/(?!scripts\.base\.frameworks\.logging).*\/conn(?:-long|-buffer-overflow)?\.log$/,
    53,
    'service and history of conversations, taken out by zeek-cut: no time, mostly no addresses',
    DATED_ROW,
  ],
  [
    /^zeek-btest\/Baseline\/.*\/http(?:-reduced)?\.log$/,
    12,
    'what requests asked for, taken out by zeek-cut: no time, mostly no addresses',
    DATED_ROW,
  ],
  [/^zeek-btest\/Baseline\/scripts\.base\.protocols\.mysql\.encrypted\/mysql\.log$/, 1, 'empty', /^[^#\s]/m],
  [
    /^zeek-btest\/Baseline\/scripts\.base\.frameworks\.logging\..*\/(?:conn|test|testing\w*|ssh|ssh-tsv|json)\.log(?:\.tsv)?$/,
    15,
    'tests of the log writer with records of made-up fields, or without their header',
    /^#fields.*\bts\b.*\bid\.orig_h\b/m,
  ],
  [/elasticsearch\/server\/test\//, 8, 'the server about itself: no login, query or change'],
  [/vpcflow\/test\/bad\.log$/, 1, 'a line that is no flow record, as its name says'],
  [/azure\/platformlogs\//, 4, 'diagnostics of a platform’s own parts; the page asks what their fields mean'],
  [
    /^lnav\/test\/logfile_(?:glog|invalid_tz|invalid_utf8|logfmt|multiline|rollover|tai64n|ts_value|vdsm|openam)/,
    10,
    'lines of an application that say nothing of access in a form that is known',
  ],
  [
    /^lnav\/test\/logfile_syslog_fr\.0$/,
    1,
    'one line whose month is in French, which no syslog daemon writes',
  ],
  [
    /^lnav\/test\/(?:gharchive_log|logfile_ecs_log|logfile_invalid_json2?)/,
    4,
    'JSON whose fields the page asks about',
  ],
  [
    /^loghub\/.*_(?:structured|templates)\.csv$/,
    2,
    'a table that lists the templates of a log; the log is beside it',
  ],
  [
    /^msticpy\/.*(?:AWS_Honeybucket_Logs\.txt|TimeSeriesDemo\.csv)$/,
    2,
    'a text about a product; sums by hour',
  ],
  [/^msticpy\/.*linux_events\.csv$/, 1, 'audit records as Python’s own text in one cell'],
  [
    /^nfdump\/src\/test\/nftest\.\d\.out$/,
    3,
    'nfdump’s own test dumps its structures, with fields in random order',
  ],
  [
    /^plaso\/(?:atlassian|confluence|jira|cri\.log|security\.log|azure_application_gateway)/,
    13,
    'logs of products that are not read; tables among them are asked about',
  ],
  [
    /^plaso\/(?:bash|fish|zsh)_.*history|^plaso\/(?:bash|fish)_history/,
    4,
    'shell histories name no machine and mostly no time',
  ],
  [/^plaso\/(?:snort3|suricata)_alert_fast\.log$/, 2, 'alerts without the conversation; eve.json is read'],
  [/^plaso\/docker\//, 3, 'a container’s configuration and output'],
  [
    /^plaso\/syslog\/syslog_rsyslog_(?:Traditional)?ForwardFormat$/,
    2,
    'messages as they go over the network, one behind another without line ends',
  ],
  [/^plaso\/syslog\.(?:tar|tgz|zip)$/, 3, 'an archive: each file in it is a source of its own'],
  [/^plaso\/utmpx_mac$/, 1, 'binary login records of macOS'],
  [/^vector-journald\/tests\/data\/journalctl$/, 1, 'a script that stands in for journalctl'],
];
