import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import { compareWithFilebeat } from '../../../tests/support/peers';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import { recognizeFormat } from './registry';
import { syslog } from './syslog';

const fixture = (name: string): string => readFileSync(`tests/fixtures/syslog/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(syslog, text);
const logins = (text: string): ParsedRow[] => parse(text).rows('logins');
const sshd = (message: string): ParsedRow[] => logins(`Mar  2 10:20:30 log1 sshd[7]: ${message}\n`);
const changes = (program: string, message: string): ParsedRow[] =>
  parse(`Mar  2 10:20:30 log1 ${program}: ${message}\n`).rows('changes');

describe('a syslog file', () => {
  it.each(['auth.log', 'shapes.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('syslog');
  });

  it('is not claimed for what merely begins with a time', () => {
    for (const text of [
      '2015-03-02 10:20:30 INFO starting up\n2015-03-02 10:20:31 WARN slow\n',
      '2015-03-02T10:20:30.000Z 12 [Warning] Access denied\n',
      '192.0.2.1 - - [02/Mar/2015:10:20:30 +0000] "GET / HTTP/1.1" 200 5\n',
    ])
      expect(syslog.sniff(headOf(encodeUtf8(text)))).toBeLessThan(0.3);
  });

  const suricataEve =
    '{"timestamp":"2015-03-02T10:20:29.000000+0000","flow_id":1,"event_type":"http","src_ip":"203.0.113.7","src_port":40000,"dest_ip":"10.0.0.5","dest_port":9200,"proto":"TCP","tx_id":0,"http":{"hostname":"10.0.0.5","url":"/logs/_search","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":52300}}';
  const mongodAudit =
    '{"t":{"$date":"2015-03-02T10:20:29.000+00:00"},"s":"I","c":"ACCESS","id":20250,"ctx":"conn1","msg":"Authentication succeeded","attr":{"mechanism":"SCRAM-SHA-256","principalName":"app","authenticationDatabase":"admin","remote":"203.0.113.7:40000"}}';
  const padding = 'Mar  2 10:20:30 log1 cron[7]: a line of another program\n'.repeat(4_000);

  it.each(['', padding])(
    'is read where programs write JSON objects as messages, on the machine that the line names',
    (before) => {
      const parsed = parse(
        `${before}Mar  2 10:20:30 sensor1 suricata[9]: ${suricataEve}\n` +
          `Mar  2 10:20:30 db1 forwarder[10]: @cee: ${mongodAudit}\n` +
          'Mar  2 10:20:31 db1 forwarder[10]: started\n' +
          'Mar  2 10:20:31 app1 app[11]: {"level":"info","msg":"of no known format"}\n',
      );
      expect(parsed.rows('queries')).toMatchObject([
        { actorAddr: '203.0.113.7', object: expect.stringContaining('/logs/_search') as string, status: 200 },
      ]);
      expect(parsed.rows('logins')).toMatchObject([
        { actorAddr: '203.0.113.7', user: 'app', host: 'db1', outcome: LOGIN_OUTCOME.success },
      ]);
      expect(parsed.skipped).toMatchObject({ 'program forwarder': 1, 'program app': 1 });
      expect(recordsAccounted(parsed)).toBe(parsed.records);
    },
  );

  it.each(['', padding])('is read where a relay puts a program before events of CEF', (before) => {
    const event =
      'CEF:0|Fortinet|Fortigate|v6.0.3|00013|traffic:forward close|3|cat=traffic:forward FTNTFGTsubtype=forward src=203.0.113.7 spt=50001 dst=192.0.2.10 dpt=9200 proto=6 act=close out=455 in=7475';
    const parsed = parse(`${before}Mar  2 10:20:30 relay1 forwarder: ${event}\n`);
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '203.0.113.7', dstAddr: '192.0.2.10', dstPort: 9200 },
    ]);
  });

  it('is read where Samba logs what was done with files, and by whom', () => {
    const parsed = parse(
      [
        'alice|203.0.113.7|ws1|staff|open|ok|r|hr/payroll.xlsx',
        'alice|203.0.113.7|pread_send|ok|hr/payroll.xlsx',
        'bob|10.0.0.9|open|ok|w|letters/a.docx',
        'bob|10.0.0.9|unlinkat|ok|letters/a.docx',
        'nobody|203.0.113.8|open|fail (Permission denied)|r|hr/payroll.xlsx',
        'bob|10.0.0.9|close|ok|letters/a.docx',
      ]
        .map((message) => `Mar  2 10:20:30 files1 smbd_audit[7]: ${message}\n`)
        .join(''),
    );
    const said = parsed
      .rows('queries')
      .map(({ principal, actorAddr, verb, object, outcome, host, servicePort }) => [
        [principal, actorAddr, verb, object, outcome].join(' '),
        host,
        servicePort,
      ]);
    expect(said).toEqual(
      [
        `alice 203.0.113.7 ${QUERY_VERB.read} hr/payroll.xlsx ${QUERY_OUTCOME.success}`,
        `alice 203.0.113.7 ${QUERY_VERB.read} hr/payroll.xlsx ${QUERY_OUTCOME.success}`,
        `bob 10.0.0.9 ${QUERY_VERB.write} letters/a.docx ${QUERY_OUTCOME.success}`,
        `bob 10.0.0.9 ${QUERY_VERB.delete} letters/a.docx ${QUERY_OUTCOME.success}`,
        `nobody 203.0.113.8 ${QUERY_VERB.read} hr/payroll.xlsx ${QUERY_OUTCOME.denied}`,
      ].map((row) => [row, 'files1', 445]),
    );
    expect(parsed.skipped).toEqual({ 'smbd_audit other': 1 });
  });

  it('is accounted for to the last line', () => {
    const parsed = parse(fixture('auth.log'));
    expect(parsed.records).toBe(31);
    expect(recordsAccounted(parsed)).toBe(31);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toMatchObject({ 'postfix/smtpd other': 1, 'program CRON': 1, 'sshd other': 4 });
  });

  it('counts a rejected credential once, however many lines speak of it', () => {
    const failures = logins(fixture('auth.log')).filter((row) => row.outcome === LOGIN_OUTCOME.failure);
    expect(failures.filter((row) => row.user === 'admin')).toHaveLength(1);
    const repeated = failures.filter((row) => row.user === 'root');
    expect(repeated).toHaveLength(5);
    expect(new Set(repeated.map((row) => row.offset)).size).toBe(1);
    expect(new Set(repeated.map((row) => row.line))).toEqual(new Set([7]));
    expect(repeated[0]).toMatchObject({
      actorAddr: '203.0.113.8',
      actorPort: 50002,
      method: LOGIN_METHOD.password,
    });
  });

  it('keeps who, from where, how, and with which key', () => {
    const rows = logins(fixture('auth.log'));
    expect(rows.find((row) => row.outcome === LOGIN_OUTCOME.success)).toMatchObject({
      user: 'alice',
      actorAddr: '198.51.100.9',
      actorPort: 50003,
      host: 'log1',
      service: 'sshd',
      method: LOGIN_METHOD.publickey,
      key: 'SHA256:AAAAbbbbCCCCddddEEEEffffGGGGhhhhIIIIjjjjKKK',
      process: 4322,
      timeBasis: TIME_BASIS.yearless,
      timeUs: Date.UTC(2000, 2, 2, 10, 20, 37) * 1000,
    });
    expect(rows.find((row) => row.user === 'bob' && row.service === 'sshd')).toMatchObject({
      actorAddr: '',
      actorName: 'client.example.net',
      method: LOGIN_METHOD.keyboardInteractive,
    });
    expect(rows.find((row) => row.outcome === LOGIN_OUTCOME.connect)).toMatchObject({ actorPort: 50001 });
    expect(
      rows.filter((row) => row.outcome === LOGIN_OUTCOME.noIdentification).map((row) => row.actorAddr),
    ).toEqual(['2001:db8::7', '203.0.113.9']);
    const opened = rows.filter((row) => row.outcome === LOGIN_OUTCOME.sessionOpened);
    expect(opened.map(({ user, became }) => [user, became])).toEqual([
      ['alice', ''],
      ['alice', 'root'],
    ]);
  });

  it('tells who took other rights, who was refused, and what was run with them', () => {
    const parsed = parse(fixture('auth.log'));
    const local = parsed.rows('logins').filter((row) => row.service === 'sudo' || row.service === 'su');
    const told = local.map((row) => [row.service, row.user, row.became, row.outcome]);
    expect(told).toEqual([
      ['sudo', 'alice', 'root', LOGIN_OUTCOME.privilege],
      ['sudo', 'alice', 'root', LOGIN_OUTCOME.sessionOpened],
      ['sudo', 'bob', 'root', LOGIN_OUTCOME.failure],
      ['sudo', 'bob', 'root', LOGIN_OUTCOME.failure],
      ['sudo', 'bob', 'root', LOGIN_OUTCOME.failure],
      ['sudo', 'eve', 'root', LOGIN_OUTCOME.failure],
      ['su', 'bob', 'root', LOGIN_OUTCOME.failure],
      ['su', 'alice', 'root', LOGIN_OUTCOME.privilege],
    ]);
    const [first, , refused] = parsed.rows('changes');
    expect(first).toMatchObject({
      kind: CHANGE_KIND.logDeleted,
      principal: 'alice',
      target: '/bin/rm -rf /var/log/audit',
      outcome: CHANGE_OUTCOME.success,
    });
    expect(refused).toMatchObject({
      kind: CHANGE_KIND.commandRun,
      principal: 'eve',
      outcome: CHANGE_OUTCOME.failure,
    });
  });

  it('tells who had a session opened as whom, where the service is one for that', () => {
    const opened = (program: string, service: string, rest: string): unknown[] =>
      logins(
        `Mar  2 10:20:30 log1 ${program}: pam_unix(${service}:session): session opened for user ${rest}\n`,
      ).map(({ user, became }) => [user, became]);
    expect(opened('su[7]', 'su-l', 'root(uid=0) by bob(uid=1000)')).toEqual([['bob', 'root']]);
    expect(opened('su', 'su', 'root by bob(uid=0)')).toEqual([['bob', 'root']]);
    expect(opened('pkexec', 'polkit-1', 'root(uid=0) by bob(uid=1000)')).toEqual([['bob', 'root']]);
    expect(opened('su', 'su', 'root(uid=0) by (uid=0)')).toEqual([['root', '']]);
    expect(opened('sudo', 'sudo', 'root(uid=0) by root(uid=0)')).toEqual([['root', '']]);
    // Who once started a server by hand has no part in its sessions.
    for (const server of ['sshd', 'vsftpd', 'login'])
      expect(opened(`${server}[7]`, server, 'bob by alice(uid=0)')).toEqual([['bob', '']]);
  });

  it('tells what happened to accounts and to the log itself', () => {
    const told = parse(fixture('auth.log'))
      .rows('changes')
      .filter((row) => row.kind !== CHANGE_KIND.commandRun && row.principal === '')
      .map((row) => [row.kind, row.target]);
    expect(told).toEqual([
      [CHANGE_KIND.userCreated, 'support'],
      [CHANGE_KIND.privilegeGranted, 'support'],
      [CHANGE_KIND.credentialChanged, 'support'],
      [CHANGE_KIND.loggingStopped, 'rsyslogd'],
      [CHANGE_KIND.userDeleted, 'support'],
    ]);
  });

  it('takes the time of CloudWatch’s export, which has a year and a zone, and the rest from the line it holds', () => {
    const lines = [
      '2015-03-02T10:20:31.000Z Mar  2 10:20:30 log1 sshd[7]: Failed password for root from 203.0.113.7 port 4000 ssh2',
      '2015-03-02T10:20:33.000Z Mar  2 10:20:32 log1 systemd: Stopping User Slice of root.',
    ].join('\n');
    expect(recognizeFormat(headOf(encodeUtf8(lines)))[0]?.format.id).toBe('syslog');
    expect(parse(lines).rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 31) * 1000,
        timeBasis: TIME_BASIS.absolute,
        host: 'log1',
        user: 'root',
        process: 7,
      },
    ]);
  });

  it('reads every shape of header', () => {
    const rows = logins(fixture('shapes.log'));
    expect(rows.map((row) => row.actorPort)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const at = Date.UTC(2015, 2, 2, 10, 20, 30) * 1000;
    const yearless = Date.UTC(2000, 2, 2, 10, 20, 30) * 1000;
    const { yearless: Y, local: L, absolute: A } = TIME_BASIS;
    expect(rows.map((row) => [row.timeUs, row.timeBasis])).toEqual([
      [yearless, Y],
      [yearless + 500_000, Y],
      [at, L],
      [at, L],
      [at + 250_000 - 90 * 60_000_000, A],
      [at + 1, A],
      [at, A],
      [at + 1, A],
      [yearless, Y],
      [yearless, Y],
      [at, A],
    ]);
    expect(rows.map((row) => row.host)).toEqual([
      ...Array<string>(6).fill('log1'),
      '10.0.0.5',
      'log1',
      '',
      'log1',
      'log1',
    ]);
  });

  it('takes 29 February, and rejects a day that no year has', () => {
    const line = (date: string): string =>
      `${date} 10:00:00 log1 sshd[1]: Failed password for root from 192.0.2.1 port 5 ssh2\n`;
    expect(logins(line('Feb 29'))[0]).toMatchObject({ timeUs: Date.UTC(2000, 1, 29, 10) * 1000 });
    expect(parse(line('Feb 30')).rejected).toMatchObject([
      { line: 1, reason: expect.stringContaining('time') as string },
    ]);
  });

  it('is indifferent to CRLF, blank lines and a missing last newline', () => {
    const content = (text: string): unknown[] =>
      logins(text).map(({ offset: _o, line: _l, lineAdjust: _a, ...row }) => row);
    const text = fixture('auth.log');
    for (const variant of [text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\n\n'), text.trimEnd()])
      expect(content(variant)).toEqual(content(text));
    expect(parse('\n\n').skipped).toEqual({ blank: 2 });
  });

  it('gives the same rows however the lines are shared out', () => {
    expectSplitInvariance(syslog, fixture('auth.log') + fixture('shapes.log'));
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(syslog, fixture('auth.log') + fixture('shapes.log'));
  });
});

describe('web servers in syslog', () => {
  it('give their requests, from the machine that wrote the line', () => {
    const parsed = parse(
      'Mar  2 10:20:31 web1 nginx: 203.0.113.7 - - [02/Mar/2015:10:20:30 +0000] "GET /a HTTP/1.1" 200 5 "-" "x/1"\nMar  2 10:20:32 web1 nginx: starting\n',
    );
    expect(parsed.rows('queries')).toMatchObject([
      {
        host: 'web1',
        actorAddr: '203.0.113.7',
        object: '/a',
        status: 200,
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
      },
    ]);
    expect(parsed.skipped).toEqual({ 'nginx other': 1 });
  });
});

describe('what an attacker can write into a syslog file', () => {
  it('cannot pass off another address by a user name', () => {
    expect(
      sshd('Failed password for invalid user a from 192.0.2.66 port 22 ssh2 from 203.0.113.7 port 9 ssh2'),
    ).toMatchObject([{ actorAddr: '203.0.113.7', actorPort: 9, user: 'a from 192.0.2.66 port 22 ssh2' }]);
    expect(sshd('Invalid user b from 192.0.2.66 port 1 from 203.0.113.7 port 9')).toMatchObject([
      { actorAddr: '203.0.113.7', user: 'b from 192.0.2.66 port 1' },
    ]);
    expect(
      sshd('Connection closed by invalid user c 192.0.2.66 port 1 203.0.113.7 port 9 [preauth]'),
    ).toMatchObject([{ actorAddr: '', actorPort: 0 }]);
  });

  it('cannot pass off another address by a certificate’s free text', () => {
    expect(
      sshd(
        'Failed publickey for root from 203.0.113.7 port 9 ssh2: RSA-CERT SHA256:abc ID x from 192.0.2.66 port 1 ssh2 (serial 0) CA RSA SHA256:def',
      ),
    ).toMatchObject([{ actorAddr: '203.0.113.7', actorPort: 9, user: 'root', key: 'SHA256:abc' }]);
  });

  it('keeps the key of a client whose address ends with colons, and makes none of its port', () => {
    const accepted = 'Accepted publickey for root from 2001:db8:: port 9 ssh2';
    expect(sshd(`${accepted}: ED25519 SHA256:abc`)).toMatchObject([
      { actorAddr: '2001:db8::', actorPort: 9, key: 'SHA256:abc' },
    ]);
    expect(sshd(accepted)).toMatchObject([{ actorAddr: '2001:db8::', key: '' }]);
  });

  it('may have empty and spaced names', () => {
    expect(sshd('Failed password for invalid user  from 203.0.113.7 port 9 ssh2')).toMatchObject([
      { user: '', actorPort: 9 },
    ]);
    expect(sshd('Invalid user  0101 from 203.0.113.7')).toMatchObject([
      { user: ' 0101', actorAddr: '203.0.113.7' },
    ]);
  });

  it('cannot make a line count for millions', () => {
    const parsed = parse(
      'Mar  2 10:20:30 log1 sshd[7]: message repeated 99999999 times: [ Failed password for root from 203.0.113.7 port 9 ssh2]\n',
    );
    expect(parsed.rows('logins')).toHaveLength(1000);
    expect(parsed.notes).toHaveLength(1);
  });

  it('cannot exhaust the stack by nesting, nor the counts by naming programs', () => {
    const nested = `Mar  2 10:20:30 log1 sshd[7]: ${'error: message repeated 1 times: [ '.repeat(50_000)}`;
    expect(recordsAccounted(parse(nested))).toBe(1);
    const many = Array.from({ length: 5000 }, (_, i) => `Mar  2 10:20:30 log1 p${i}: x`).join('\n');
    const parsed = parse(many);
    expect(Object.keys(parsed.skipped).length).toBeLessThan(250);
    expect(recordsAccounted(parsed)).toBe(5000);
  });
});

describe('messages of programs', () => {
  it.each([
    [
      'Connection reset by authenticating user root 203.0.113.7 port 9 [preauth]',
      LOGIN_OUTCOME.disconnect,
      'root',
    ],
    ['Connection closed by 203.0.113.7 port 9 [preauth]', LOGIN_OUTCOME.disconnect, ''],
    [
      'Disconnecting invalid user x 203.0.113.7 port 9: Too many authentication failures [preauth]',
      LOGIN_OUTCOME.disconnect,
      'x',
    ],
    ['Received disconnect from 203.0.113.7: 11: Bye Bye [preauth]', LOGIN_OUTCOME.disconnect, ''],
    [
      'banner exchange: Connection from 203.0.113.7 port 9: invalid format',
      LOGIN_OUTCOME.noIdentification,
      '',
    ],
    ['fatal: Timeout before authentication for 203.0.113.7 port 9', LOGIN_OUTCOME.disconnect, ''],
    [
      'Unable to negotiate with 203.0.113.7 port 9: no matching MAC found. Their offer: x [preauth]',
      LOGIN_OUTCOME.disconnect,
      '',
    ],
    [
      'User root from 203.0.113.7 not allowed because not listed in AllowUsers',
      LOGIN_OUTCOME.invalidUser,
      'root',
    ],
    ['error: PAM: Authentication failure for root from 203.0.113.7', LOGIN_OUTCOME.failure, 'root'],
    [
      'drop connection #10 from [203.0.113.7]:9 on [10.0.0.5]:22 past MaxStartups',
      LOGIN_OUTCOME.disconnect,
      '',
    ],
    ['refused connect from x@::ffff:192.0.2.66 (::ffff:203.0.113.7)', LOGIN_OUTCOME.disconnect, ''],
  ])('sshd: %s', (message, outcome, user) => {
    expect(sshd(message)).toMatchObject([{ outcome, user, actorAddr: '203.0.113.7' }]);
  });

  it.each([
    [
      'sudo',
      'a : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl stop auditd',
      CHANGE_KIND.loggingStopped,
    ],
    [
      'sudo',
      'a : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/tee -a /root/.ssh/authorized_keys',
      CHANGE_KIND.keyCreated,
    ],
    ['sudo', 'a : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls /var/log', CHANGE_KIND.commandRun],
    ['usermod[1]', "change user 'a' UID from '1001' to '0'", CHANGE_KIND.privilegeGranted],
    ['gpasswd[1]', 'user a added by root to group docker', CHANGE_KIND.privilegeGranted],
    ['gpasswd[1]', 'user a removed by root from group docker', CHANGE_KIND.privilegeRevoked],
    ['chpasswd[1]', 'pam_unix(chpasswd:chauthtok): password changed for a', CHANGE_KIND.credentialChanged],
  ])('%s: %s', (program, message, kind) => {
    expect(changes(program, message)).toMatchObject([{ kind, host: 'log1' }]);
  });
});

describe.skipIf(!hasSharedData)('syslog files of others', () => {
  it('give 532 failures and one success of a server under brute force, each of 2,000 lines accounted for', () => {
    const bytes = sharedBytes('loghub/OpenSSH/OpenSSH_2k.log');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('syslog');
    const parsed = parseWith(syslog, bytes);
    const rows = parsed.rows('logins');
    expect(parsed.records).toBe(2000);
    expect(recordsAccounted(parsed)).toBe(2000);
    expect(parsed.rejected).toEqual([]);
    expect(rows.filter((row) => row.outcome === LOGIN_OUTCOME.failure)).toHaveLength(532);
    const successes = rows.filter((row) => row.outcome === LOGIN_OUTCOME.success);
    expect(successes).toMatchObject([{ user: 'fztu', actorAddr: '119.137.62.142' }]);
    expect(rows.filter((row) => row.outcome === LOGIN_OUTCOME.failure && row.user === 'fztu')).toEqual([]);
  });

  it('agree with Filebeat’s parse of sshd and sudo', () => {
    const agreement = new Agreement('syslog against Filebeat');
    const folder = 'elastic-beats/filebeat/module/system/auth/test';
    for (const name of ['test.log', 'auth-ubuntu1204.log', 'secure-rhel7.log', 'timestamp.log']) {
      compareWithFilebeat(agreement, syslog, `${folder}/${name}`, 'logins', (expected) => {
        const event = expected['system.auth.ssh.event'];
        const dropped = expected['system.auth.ssh.dropped_ip'] as string | undefined;
        const isSudo = expected['system.auth.sudo.command'] !== undefined;
        if (event === undefined && dropped === undefined && !isSudo) return undefined;
        const outcomes: Record<string, number> = {
          Accepted: LOGIN_OUTCOME.success,
          Failed: LOGIN_OUTCOME.failure,
          Invalid: LOGIN_OUTCOME.invalidUser,
        };
        const methods: Record<string, number> = {
          password: LOGIN_METHOD.password,
          publickey: LOGIN_METHOD.publickey,
        };
        const signature = expected['system.auth.ssh.signature'] as string | undefined;
        return {
          host: expected['host.hostname'] as string,
          process: (expected['process.pid'] as number | undefined) ?? 0,
          service: expected['process.name'] as string,
          user: expected['user.name'] as string | undefined,
          became: expected['user.effective.name'] as string | undefined,
          actorAddr: dropped ?? (expected['source.ip'] as string | undefined),
          actorPort: expected['source.port'] as number | undefined,
          outcome: typeof event === 'string' ? outcomes[event] : undefined,
          method: methods[String(expected['system.auth.ssh.method'])],
          key: signature?.split(' ')[1],
        };
      });
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
    expect(agreement.total).toBeGreaterThan(400);
  });

  it.each(['plaso/syslog/syslog_ssh.log', 'crowdsec-hub/sshd-logs/sshd-logs.log'])(
    'lose no line: %s',
    (path) => {
      const parsed = parseWith(syslog, sharedBytes(path));
      expect(recordsAccounted(parsed)).toBe(parsed.records);
      expect(parsed.rejected).toEqual([]);
    },
  );
});
