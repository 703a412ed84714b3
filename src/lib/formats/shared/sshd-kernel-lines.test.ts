import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import wasm from 'kernel:sshd';
import { beforeAll, describe, expect, it } from 'vitest';
import { accounted, GatheringSink, parseWith, type Parsed } from '../../../../tests/support/parse';
import { hasSharedData, sharedText } from '../../../../tests/support/shared-data';
import { encodeUtf8 } from '../../base/bytes';
import { TABLE_NAMES, type TableName } from '../../tables/schemas';
import { syslog } from '../syslog';
import { kernelFor, provideKernel } from './kernels';
import { KERNEL_MESSAGES, SshdKernelLines } from './sshd-kernel-lines';
import { SyslogPrograms } from './syslog-programs';

const fixture = (name: string): string => readFileSync(`tests/fixtures/syslog/${name}`, 'utf8');

/** Behind the lines in question, so that the block is large enough for the kernel. */
const FILLER = 'Mar 10 06:25:46 log-3 sshd[7]: Connection closed by 192.0.2.77 port 50022 [preauth]\n'.repeat(
  800,
);

/** All that the lines gave: the kernel sees them as a block, the ordinary parser one by one. */
function read(text: string, settings: { byLine?: boolean } = {}): unknown {
  const parsed = parseWith(syslog, text + FILLER, settings);
  return { ...contentOf(parsed), accounted: accounted(parsed), records: parsed.records };
}

function contentOf(parsed: Parsed): Record<string, unknown> {
  // Which line a segment counts its lines from may differ; `line` says the same either way.
  const rowsOf = (table: TableName): unknown[] =>
    parsed.rows(table).map((row) => ({ ...row, lineAdjust: 0 }));
  const rows = Object.fromEntries(TABLE_NAMES.map((table) => [table, rowsOf(table)]));
  return { rows, rejected: parsed.rejected, skipped: parsed.skipped, notes: parsed.notes };
}

function expectSame(text: string): void {
  expect(read(text)).toEqual(read(text, { byLine: true }));
}

/** How many of the lines the kernel itself reads, each tried on its own. */
function takenByKernel(lines: readonly string[]): string[] {
  const module = kernelFor('sshd', Infinity);
  if (!module) throw new Error('there is no kernel');
  const sink = new GatheringSink();
  const reader = new SshdKernelLines(module, sink, new SyslogPrograms(sink));
  return lines.filter((line) => {
    const bytes = encodeUtf8(`${line}\n`);
    // A line that is left makes the reader leave the next ones too, for a while.
    for (let tries = 0; tries < 200; tries++) {
      reader.read(bytes, 0, bytes.length, 0, 1);
      if (reader.taken > 0) return true;
    }
    return false;
  });
}

const time = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 31 }), fc.nat(24), fc.nat(60), fc.nat(61))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')))
    .map(([day, hour, minute, second]) => `Mar ${day!.replace(/^0/, ' ')} ${hour}:${minute}:${second}`),
  fc
    .date({ min: new Date('1969-12-30'), max: new Date('2400-01-01'), noInvalidDate: true })
    .chain((date) =>
      fc.constantFrom(
        date.toISOString(),
        date.toISOString().replace('Z', '123+01:00'),
        date.toISOString().replace('Z', '-0330'),
        date.toISOString().slice(0, 19),
        date.toISOString().slice(0, 19).replace('T', ' '),
        `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
        `${date.toISOString().slice(0, 20)}1234567Z`,
        `${date.toISOString().slice(0, 20)}5+02`,
      ),
    ),
  fc.constantFrom(
    'Mar 10 06:25:46',
    'Mar 10 06:25:46',
    'Mar 10 06:25:46.25',
    'Mar 1 06:25:46',
    'Mar 10 23:59:60',
    '2026-03-10T23:59:60Z',
    'mar 10 06:25:46',
    'Mar 10 2026 06:25:46',
    'Feb 29 06:25:46',
    'Feb 30 06:25:46',
    'Mar  1  6:25:46',
    '2026-02-29T06:25:46Z',
    '1773123946',
  ),
);
const host = fc.oneof(
  fc.constantFrom(
    'log-3',
    'log-3',
    'web',
    'ip-10-0-0-1.eu-central-1.compute.internal',
    'a'.repeat(70),
    'é',
    'x:',
    'In(38)',
    '<4.6> log-3',
    'Message forwarded from log-3:',
    '',
  ),
  fc.string({ maxLength: 5 }),
);
const program = fc.constantFrom(
  'sshd[24200]:',
  'sshd[24200]:',
  'sshd[1]:',
  'sshd[9999999]:',
  'sshd[16777216]:',
  'sshd[4294967296]:',
  'sshd[]:',
  'sshd[7x]:',
  'sshd:',
  'sshd[12]: ',
  'sshd[12]: [ID 800047 auth.info]',
  'sshd-session[9]:',
  'sshd-auth[9]:',
  'sshd-other[9]:',
  'CRON[9]:',
  'auth|security:info sshd[24200]:',
  'sshd',
);
const user = fc.oneof(
  fc.constantFrom(
    'root',
    'admin',
    'ubuntu',
    'from',
    '',
    'a b',
    'x from y',
    'user',
    'port',
    'é',
    'a,b',
    'u(x',
    'u'.repeat(80),
    'invalid user x',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const peer = fc
  .tuple(
    fc.oneof(
      fc.ipV4(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(
        '0.0.0.0',
        '256.1.1.1',
        '010.1.002.3',
        '1.2.3',
        '1.2.3.4.5',
        'host.example.org',
        'UNKNOWN',
        '::ffff:192.0.2.1',
        '1.2.3.4:',
        '1.2.3.4,',
        '',
      ),
    ),
    fc.oneof(
      fc.nat(70_000).map((port) => ` port ${port}`),
      fc.constantFrom(
        '',
        ' port ',
        ' port x',
        ' port 99999999999',
        ': 11: Bye',
        ' on port 22',
        ':22',
        ' port 22 port 23',
      ),
    ),
  )
  .map(([address, port]) => address + port);
const tail = fc.constantFrom(
  '',
  '',
  ' ssh2',
  ' ssh2',
  ' [preauth]',
  ' ssh2 [preauth]',
  ' ssh1',
  ' ssh2: RSA SHA256:J3ULFBXm0vDyd2RFGqmGjLYTb0ePXjvSFkmbRIRXpWQ',
  ' ssh2: RSA 39:33:99:e9:a0:dc:f2:33:a3:e5:72:3b:7c:3a:56:84',
  ' ssh2: RSA-CERT SHA256:abc ID me (serial 0) CA RSA SHA256:def',
  ' ssh2: RSA a,b',
  ' ssh2:',
  ':11: Bye Bye [preauth]',
  ' from 1.2.3.4 port 5',
  ': Too many authentication failures [preauth]',
  ' ',
  '\r',
  ' \r',
  '\t',
  ' ssh',
  '\u0000',
);
const start = fc.oneof(
  fc.constantFrom(...KERNEL_MESSAGES.map(([text]) => text)),
  fc.constantFrom(
    'Failed none for ',
    'Failed password for illegal user ',
    'Failed  for ',
    'Disconnecting invalid user ',
    'User ',
    'message repeated 3 times: [ Failed password for ',
    'fatal: ',
    'error: ',
  ),
);
const line = fc
  .tuple(time, host, program, start, user, fc.constantFrom(' from ', ' ', '(uid=0) by '), peer, tail)
  .map(([t, h, p, m, u, between, from, end]) => {
    const shape = KERNEL_MESSAGES.find(([text]) => text === m)?.[1];
    const rest = shape === 'peer' ? from + end : u + (shape === 'userAndPeer' ? ' ' : between) + from + end;
    return `${t} ${h} ${p} ${m}${rest}`.replaceAll('\n', '').replace(/^\0+/, '');
  });

/** What programs other than sshd write: some of it gives rows. */
const otherProgram = fc.oneof(
  fc.constantFrom(
    'CRON[9]:',
    'CRON[9]:',
    'cron:',
    'systemd[1]:',
    'kernel:',
    'kernel:',
    'sudo:',
    'su[12]:',
    'nginx:',
    'rsyslogd:',
    'filterlog[1]:',
    'useradd[77]:',
    'postfix/smtpd[123]:',
    'login(pam_unix)[9]:',
    'com.apple.x[19] <Info>:',
    'a[very long process id]:',
    'a[1 2]:',
    'a[]:',
    'a[1]',
    'a[1]:b',
    `${'p'.repeat(70)}:`,
    'é[1]:',
    ':',
    '[1]:',
  ),
  fc.tuple(fc.string({ maxLength: 4 }), fc.nat(99)).map(([name, pid]) => `${name}[${pid}]:`),
);
const otherMessage = fc.oneof(
  fc.constantFrom(
    '(root) CMD (true)',
    'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
    'pam_unix(cron:session): session closed for user root',
    'pam_unix(crond:session): session opened for user x by y',
    'pam_unix(systemd-user:session): session opened for user ops(uid=1000) by (uid=0)',
    'pam_unix(vsftpd:session): session opened for user x by y',
    'pam_unix(cron:chauthtok): password changed for root',
    'pam_unix(cron:session): ',
    'pam_sss(cron:session): session opened for user root',
    'pam_faillock',
    'session opened for user root by (uid=0)',
    '[37110.123456] TCP: request_sock_TCP: Possible SYN flooding on port 9200. Sending cookies.',
    '[1.5] [UFW BLOCK] IN=eth0 OUT= MAC= SRC=192.0.2.1 DST=192.0.2.2 LEN=40 PROTO=TCP SPT=1 DPT=22 SYN',
    '[1.5] OUT=eth0 SRC=192.0.2.1 DST=192.0.2.2 LEN=40 PROTO=UDP SPT=1 DPT=53',
    'IN=',
    'MAIN=1 N= T=',
    '[ID 800047 auth.info] pam_unix(cron:session): x',
    '     ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/systemctl stop rsyslog',
    'ops : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
    'ops : a password is required ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
    'ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
    '(to root) ops on pts/0',
    'new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/sh',
    '192.0.2.1 - - [10/Mar/2026:06:25:46 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
    '',
    ' ',
    '\t',
    '\r',
    '\u0000',
  ),
  fc.string({ maxLength: 40 }),
);
const otherLine = fc
  .tuple(time, host, otherProgram, fc.constantFrom(' ', ' ', ' ', '  ', ''), otherMessage)
  .map(([t, h, p, blank, text]) => `${t} ${h} ${p}${blank}${text}`.replaceAll('\n', '').replace(/^\0+/, ''));

/** A line with some bytes cut out and others put in. */
const damaged = (lines: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      lines,
      fc.nat(160),
      fc.nat(3),
      fc.constantFrom('', ' ', ':', '\t', '0', 'from ', '[', 'é', '\r', '99999'),
    )
    .map(([text, at, cut, insert]) => text.slice(0, at) + insert + text.slice(at + cut));

const REAL = [
  'loghub/OpenSSH/OpenSSH_2k.log',
  'elastic-examples/Machine Learning/Security Analytics Recipes/suspicious_login_activity/data/auth.log',
  'elastic-beats/filebeat/module/system/auth/test/auth-ubuntu1204.log',
  'elastic-beats/filebeat/module/system/auth/test/test.log',
  'elastic-beats/filebeat/module/system/auth/test/secure-rhel7.log',
  'crowdsec-hub/sshd-logs/sshd-logs.log',
  'crowdsec-hub/ssh-bf/ssh-bf.log',
  'plaso/syslog/syslog_ssh.log',
];

describe('sshd lines in WebAssembly', () => {
  beforeAll(() => {
    provideKernel('sshd', wasm);
    expect(kernelFor('sshd', Infinity)).toBeDefined();
  });

  it('are what the ordinary parser makes of them', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (lines) =>
        expectSame(`${lines.join('\n')}\n`),
      ),
      { numRuns: 400 },
    );
  });

  it('are the same among those of other programs', () => {
    const lines = fc.array(fc.oneof(line, otherLine, otherLine), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lines, (some) => expectSame(`${some.join('\n')}\n`)),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.array(damaged(otherLine), { minLength: 1, maxLength: 60 }), (some) =>
        expectSame(`${some.join('\n')}\n`),
      ),
      { numRuns: 100 },
    );
  });

  it('do not take the level that ESXi writes for the machine', () => {
    const line = 'sshd[7]: Failed password for root from 192.0.2.77 port 50022 ssh2\n';
    expectSame(`2026-03-10T06:25:46Z In(38) ${line}2026-03-10T06:25:47Z In(38) ${line}`);
  });

  it('count more programs than are told apart', () => {
    const lines = Array.from({ length: 900 }, (_, i) => `Mar 10 06:25:46 log-3 p${i % 300}[1]: text ${i}`);
    expectSame(`${lines.join('\n')}\n`);
  });

  it('leave few lines of a whole machine to the ordinary parser', () => {
    const lines = [
      'Mar 10 06:25:46 log-3 CRON[1]: (root) CMD (true)',
      'Mar 10 06:25:46 log-3 CRON[1]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
      'Mar 10 06:25:46 log-3 systemd[1]: Started Session 7 of User root.',
      'Mar 10 06:25:46 log-3 kernel: [37110.123456] TCP: Possible SYN flooding on port 9200.',
      '2026-03-10T06:25:46.123456+00:00 log-3 dockerd[77]: level=info msg="ready"',
    ];
    expect(takenByKernel(lines)).toEqual(lines);
  });

  it('are the same when damaged', () => {
    const fixtures = fc.constantFrom(...(fixture('auth.log') + fixture('shapes.log')).split('\n'));
    fc.assert(
      fc.property(fc.array(damaged(fc.oneof(line, fixtures)), { minLength: 1, maxLength: 40 }), (lines) =>
        expectSame(`${lines.join('\n')}\n`),
      ),
      { numRuns: 300 },
    );
  });

  it.skipIf(!hasSharedData).each(REAL)('are the same in %s, whole and damaged', (path) => {
    const text = `${sharedText(path).trimEnd()}\n`;
    expectSame(text);
    expectSame(text.replace(/^(\w{3} [ \d]\d) ([\d:]{8})/gm, '2015-03-10T$2.123456+01:00'));
    const lines = fc.constantFrom(...text.split('\n'));
    fc.assert(
      fc.property(fc.array(damaged(lines), { minLength: 1, maxLength: 40 }), (some) =>
        expectSame(`${some.join('\n')}\n`),
      ),
      { numRuns: 60 },
    );
  });

  it('say where each row came from when segments fill and lines are left out or skipped in between', () => {
    const lines = Array.from({ length: 140_000 }, (_, i) => {
      const header = `Mar 10 06:25:46 log-3 sshd[${i % 30_000}]:`;
      if (i % 1000 === 7) return 'Mar 10 06:25:46 log-3 CRON[1]: (root) CMD (true)';
      return i % 5 === 0
        ? `${header} pam_unix(sshd:auth): check pass; user unknown`
        : `${header} Invalid user u${i % 100} from 192.0.2.${i % 200} port ${i % 60_000}`;
    });
    const rows = parseWith(syslog, `${lines.join('\n')}\n`).rows('logins');
    let offset = 0;
    const expected = lines.flatMap((text, i) => {
      const at = offset;
      offset += text.length + 1;
      return text.includes('Invalid') ? [[at, i + 1, i % 60_000, i % 30_000, `u${i % 100}`]] : [];
    });
    expect(rows.map((row) => [row.offset, row.line, row.actorPort, row.process, row.user])).toEqual(expected);
  });

  it('hold nothing that another file left in memory', () => {
    const sudo = 'Mar 10 06:25:46 log-3 sudo: bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls\n';
    expect(parseWith(syslog, sudo.repeat(50)).rows('logins')[49]?.['became']).toBe('root');
    const rows = parseWith(syslog, FILLER).rows('logins');
    expect(new Set(rows.map(({ became }) => became))).toEqual(new Set(['']));
  });

  it.skipIf(!hasSharedData)('are most lines of real logs', () => {
    const lines = REAL.slice(0, 2).flatMap((path) => sharedText(path).split('\n'));
    const ofSshd = lines.filter((text) => /sshd\[\d+\]: /.test(text));
    expect(takenByKernel(ofSshd).length / ofSshd.length).toBeGreaterThan(0.9);
  });
});
