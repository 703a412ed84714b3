import { recordLines } from './lines';
import type { PeerFields, PeerFile } from './record';

/**
 * What plaso's own tests say of its test data: `tests/parsers/{text_plugins,jsonl_plugins}/*.py` and `utmp.py` of
 * https://github.com/log2timeline/plaso. An event is named by its place among the file's records; times without a year stand in 2000.
 */
const EVENTS: readonly (readonly [path: string, event: number, fields: PeerFields])[] = [
  [
    'apache_access.log',
    0,
    {
      time: '2016-01-13T19:31:16Z',
      source: '10.0.0.1',
      method: 'GET',
      object: '/wp-content/themes/darkmode/header.php?install2',
      status: 200,
      bytesBack: 494,
    },
  ],
  [
    'apache_access.log',
    4,
    {
      time: '2016-01-13T19:31:20+02:00',
      source: '192.168.0.2',
      object: '/wp-content/themes/darkmode/evil.php?cmd=uname+-a',
      status: 200,
      bytesBack: 694,
      agent: 'Mozilla/5.0 (X11; Linux i686; rv:2.0b12pre) Gecko/20100101 Firefox/4',
    },
  ],
  [
    // plaso leaves the eighth line out.
    'apache_access.log',
    9,
    {
      time: '2018-01-13T19:31:17Z',
      source: '192.168.0.2',
      host: 'plaso.log2timeline.net',
      destinationPort: 443,
      object: '/wp-content/themes/darkmode/evil.php',
      status: 200,
      bytesBack: 1063,
      agent:
        'Mozilla/5.0 (Windows NT 7.1) AppleWebKit/534.30 (KHTML, like Gecko) Chrome/12.0.742.112 Safari/534.30',
    },
  ],
  [
    'apache_access.log',
    14,
    {
      time: '2019-11-16T09:46:42+02:00',
      source: '192.168.0.64',
      user: 'pyllyukko@EXAMPLE.COM',
      object: '/',
      status: 200,
      bytesBack: 8264,
    },
  ],
  ['audit_enriched.log', 3, { source: '172.23.112.1', outcome: 'failure' }],
  [
    'aws_elb_access.log',
    0,
    {
      time: '2020-01-11T16:55:20.356586Z',
      source: '192.168.1.10',
      sourcePort: 44325,
      host: 'www.domain.name',
      method: 'GET',
      object: '/',
      status: 200,
      bytesBack: 107999,
      durationUs: 177_000,
      agent: 'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; WOW64; Trident/6.0)',
    },
  ],
  [
    'iis/iis6.log',
    0,
    {
      time: '2013-07-30T00:00:00Z',
      source: '10.10.10.100',
      destinationPort: 80,
      method: 'GET',
      object: '/some/image/path/something.jpg',
      status: 200,
    },
  ],
  [
    'iis/iis7_sqli.log',
    0,
    {
      time: '2015-10-16T13:01:02Z',
      source: '222.222.222.222',
      destinationPort: 443,
      method: 'GET',
      status: 500,
    },
  ],
  [
    'iis/iis7_owa.log',
    0,
    {
      time: '2015-12-31T00:19:48Z',
      source: '77.123.22.98',
      destinationPort: 443,
      method: 'GET',
      status: 200,
    },
  ],
  ['iis/iis_without_date.log', 1, { time: '2013-07-30T00:00:03Z' }],
  [
    'iis/iis10.log',
    0,
    {
      time: '2021-04-01T00:00:21Z',
      source: '222.222.222.222',
      destinationPort: 80,
      method: 'GET',
      object: '/foo/bar/baz.asp',
      status: 200,
    },
  ],
  [
    'jsonl/aws_cloudtrail.jsonl',
    0,
    { time: '2022-02-08T09:23:37+11:00', source: '1.2.3.4', user: 'fakeusername' },
  ],
  [
    'jsonl/azure_activity_log.jsonl',
    0,
    {
      time: '2022-02-09T03:04:54.297853Z',
      source: '1.2.3.4',
      user: '12345678-9abc-defg-hijk-lmnopqrstuvw',
      action: 'Microsoft.Compute/disks/delete',
    },
  ],
  [
    'jsonl/gcp_logging.jsonl',
    0,
    {
      time: '2021-10-19T02:57:47.339377Z',
      source: '1.1.1.1',
      action: 'beta.compute.networks.insert',
    },
  ],
  [
    'jsonl/gcp_logging.jsonl',
    9,
    {
      time: '2024-04-26T20:10:10.024055Z',
      source: '1.1.1.1',
      user: 'fake-account@fake-project.com',
      action: 'beta.compute.instances.insert',
    },
  ],
  [
    'jsonl/gcp_logging.jsonl',
    10,
    {
      time: '2024-12-03T17:58:44.882119Z',
      source: '34.72.217.225',
      user: 'dvwa-service-account@ketchup.iam.gserviceaccount.com',
      action: 'google.iam.admin.v1.CreateServiceAccount',
      outcome: 'failure',
    },
  ],
  [
    'jsonl/microsoft_audit_log.jsonl',
    0,
    {
      time: '2022-05-07T12:55:53Z',
      user: 'NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Servicehost)',
      action: 'Install-DefaultSharingPolicy',
    },
  ],
  [
    'jsonl/microsoft_audit_log.jsonl',
    3,
    { time: '2022-05-08T15:13:41Z', user: 'piet@sst5f.onmicrosoft.com', outcome: 'success' },
  ],
  ['postgresql.log', 15, { time: '2022-04-12T00:24:24.741Z', user: 'postgres', outcome: 'failure' }],
  ['syslog/syslog_ssh.log', 1, { time: '2000-03-11T19:26:39Z', source: '192.168.0.1', outcome: 'success' }],
  [
    'syslog/syslog_ssh.log',
    3,
    { time: '2000-03-11T22:55:30Z', source: '001:db8:a0b:12f0::1', sourcePort: 8759, outcome: 'failure' },
  ],
  ['syslog/syslog_ssh.log', 4, { time: '2000-03-11T22:55:31Z', source: '188.124.3.41' }],
  ['utmp/utmp', 12, { time: '2013-12-18T22:46:56.305504Z', user: 'moxilo' }],
  [
    'utmp/wtmp.1',
    0,
    { time: '2011-12-01T17:36:38.432935Z', source: '10.10.122.1', user: 'userA', outcome: 'success' },
  ],
  [
    'vsftpd.log',
    12,
    {
      time: '2016-06-10T14:24:19Z',
      source: '192.168.1.7',
      user: 'jean',
      object: '/home/jean/trains/how-thomas-the-tank-engine-works-1.jpg',
      bytesBack: 49283,
      outcome: 'success',
    },
  ],
  [
    'windows_firewall.log',
    7,
    {
      start: '2005-04-11T08:06:26Z',
      source: '123.45.78.90',
      sourcePort: 80,
      destination: '123.156.78.90',
      destinationPort: 1774,
      bytes: 576,
    },
  ],
];

/** Of a record of x86's login records, which are no lines. */
const UTMP_BYTES = 384;

/** plaso's test data, with what its tests check of it. */
export function plasoFiles(paths: readonly string[]): PeerFile[] {
  const all = new Map<string, PeerFile['records'][number][]>();
  for (const [name, event, fields] of EVENTS) {
    const path = `plaso/${name}`;
    if (!paths.includes(path)) continue;
    const offset = name.startsWith('utmp/') ? event * UTMP_BYTES : recordLines(path)[event]!.offset;
    all.set(path, [...(all.get(path) ?? []), { at: { offset }, fields }]);
  }
  return [...all].map(([path, records]) => ({ peer: 'plaso', path, records }));
}
