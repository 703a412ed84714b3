import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { auditd } from './auditd';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/auditd/audit.log', 'utf8');

describe('a Linux audit log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('auditd');
  });

  it('counts a refused credential once, and puts a login together from its records', () => {
    const parsed = parseWith(auditd, fixture);
    expect(recordsAccounted(parsed)).toBe(15);
    expect(parsed.rows('logins')).toMatchObject([
      {
        user: 'root',
        actorAddr: '203.0.113.7',
        service: 'sshd',
        host: 'log1',
        outcome: LOGIN_OUTCOME.failure,
        method: LOGIN_METHOD.password,
      },
      {
        user: 'alice',
        actorAddr: '198.51.100.9',
        outcome: LOGIN_OUTCOME.success,
        method: LOGIN_METHOD.publickey,
        key: 'ea:4e:a7:19',
        process: 15800,
        timeUs: 1_425_291_640_193_000,
      },
      { user: 'alice', service: 'sudo', outcome: LOGIN_OUTCOME.privilege },
      { user: 'bob', service: 'su', outcome: LOGIN_OUTCOME.failure, timeBasis: TIME_BASIS.local },
    ]);
    expect(parsed.rejected).toMatchObject([{ line: 15 }]);
  });

  it('tells what was run, changed and silenced, and by whom', () => {
    const told = parseWith(auditd, fixture)
      .rows('changes')
      .map((row) => [row.kind, row.target, row.principal]);
    expect(told).toEqual([
      [CHANGE_KIND.logDeleted, 'rm -rf /var/log/audit', 'alice'],
      [CHANGE_KIND.commandRun, 'curl -o /tmp/x', 'uid 1000'],
      [CHANGE_KIND.userCreated, 'support', 'uid 1000'],
      [CHANGE_KIND.loggingStopped, 'audit', 'uid 1000'],
      [CHANGE_KIND.loggingStopped, 'rsyslog', ''],
    ]);
  });

  it('tells who wrote to a file of authorized keys, and not who read it', () => {
    const parsed = parseWith(auditd, readFileSync('tests/fixtures/auditd/authorized-keys.log', 'utf8'));
    expect(parsed.rows('changes').map((row) => [row.kind, row.target, row.principal])).toEqual([
      [CHANGE_KIND.keyCreated, '/home/support/.ssh/authorized_keys', 'uid 1000'],
      [CHANGE_KIND.keyCreated, '/root/.ssh/authorized_keys', 'uid 1000'],
    ]);
    expect(recordsAccounted(parsed)).toBe(7);
  });

  it('tells whose login a session by sudo belongs to, and nothing of the kind of sshd’s', () => {
    const line = (exe: string): string =>
      `type=USER_START msg=audit(1425291670.730:60): pid=28395 uid=0 auid=1000 ses=1 msg='op=PAM:session_open acct="root" exe="${exe}" hostname=? addr=? terminal=pts/0 res=success'\x1dAUID="bob"\n`;
    const parsed = parseWith(auditd, line('/usr/bin/sudo') + line('/usr/sbin/sshd'));
    expect(parsed.rows('logins').map(({ user, became }) => [user, became])).toEqual([
      ['bob', 'root'],
      ['root', ''],
    ]);
  });

  it('tells who changed to which account', () => {
    const line = `type=USER_AUTH msg=audit(1425291670.730:60): pid=28395 uid=0 auid=1000 ses=1 msg='op=PAM:authentication acct="root" exe="/bin/su" hostname=? addr=? terminal=pts/0 res=success'`;
    const parsed = parseWith(auditd, `${line}\n`);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'uid 1000', became: 'root', service: 'su', outcome: LOGIN_OUTCOME.privilege },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ principal: 'uid 1000', target: 'su root' }]);
  });

  it('keeps the sessions of cron, without which the log of a quiet machine could end unnoticed', () => {
    const record = (type: string, serial: number, op: string): string =>
      `type=${type} msg=audit(1710072000.${serial}:${serial}): pid=812 uid=0 auid=0 ses=3 msg='op=PAM:${op} grantors=pam_unix acct="root" exe="/usr/sbin/crond" hostname=? addr=? terminal=cron res=success'`;
    const parsed = parseWith(
      auditd,
      [
        record('USER_ACCT', 401, 'accounting'),
        record('USER_START', 402, 'session_open'),
        record('USER_END', 403, 'session_close'),
      ].join('\n'),
    );
    expect(parsed.rows('logins')).toMatchObject([
      { service: 'crond', user: 'root', actorAddr: '', outcome: LOGIN_OUTCOME.sessionOpened, process: 812 },
      { service: 'crond', user: 'root', actorAddr: '', outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
  });

  it('keeps the phrase that shadow’s programs write about what they do', () => {
    const line = `type=ADD_GROUP msg=audit(1425291670.730:60): pid=2945 uid=0 auid=1000 ses=1 msg='op=adding group to /etc/gshadow id=1004 exe="/usr/sbin/groupadd" hostname=? addr=? terminal=pts/2 res=success'`;
    const empty = line.replace('adding group to /etc/gshadow', '');
    expect(
      parseWith(auditd, `${line}\n${empty}\n`)
        .rows('changes')
        .map((row) => [row.detail, row.target]),
    ).toEqual([
      ['ADD_GROUP adding group to /etc/gshadow', 'uid 1004'],
      ['ADD_GROUP', 'uid 1004'],
    ]);
  });

  it('knows the client’s port from the key exchange of the same process, and not from an earlier client’s', () => {
    const record = (type: string, serial: number, pid: number, message: string): string =>
      `type=${type} msg=audit(1425291690.000:${serial}): pid=${pid} uid=0 auid=4294967295 ses=4294967295 msg='${message}'`;
    const exchange = (client: string, port: number): string =>
      `op=start direction=from-client cipher=aes256-ctr ksize=256 mac=hmac-sha2-256 pfs=curve25519-sha256 spid=78 suid=74 rport=${port} laddr=192.0.2.5 lport=22  exe="/usr/sbin/sshd" hostname=? addr=${client} terminal=? res=success`;
    const refused = (client: string): string =>
      `op=PAM:authentication grantors=? acct="root" exe="/usr/sbin/sshd" hostname=${client} addr=${client} terminal=ssh res=failed`;
    const parsed = parseWith(
      auditd,
      [
        record('CRYPTO_SESSION', 1, 77, exchange('203.0.113.7', 40_123)),
        record('USER_AUTH', 2, 77, refused('203.0.113.7')),
        record('USER_AUTH', 3, 77, refused('203.0.113.8')),
        record('CRYPTO_SESSION', 4, 77, exchange('203.0.113.7', 40_200)),
        record('USER_AUTH', 5, 77, refused('203.0.113.7')),
      ].join('\n') + '\n',
    );
    const { connect, failure } = LOGIN_OUTCOME;
    expect(parsed.rows('logins').map((row) => [row.outcome, row.actorAddr, row.actorPort])).toEqual([
      [connect, '203.0.113.7', 40_123],
      [failure, '203.0.113.7', 40_123],
      [failure, '203.0.113.8', 0],
      [connect, '203.0.113.7', 40_200],
      [failure, '203.0.113.7', 40_200],
    ]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(auditd, fixture);
  });
});

describe.skipIf(!hasSharedData)('audit logs of others', () => {
  it('agree with Filebeat’s parse of commands', () => {
    const agreement = new Agreement('auditd against Filebeat');
    const folder = 'elastic-beats/filebeat/module/auditd/log/test';
    const parsed = compareWithFilebeat(agreement, auditd, `${folder}/execve.log`, 'changes', (expected) => ({
      timeUs: microsOf(expected['@timestamp']),
      target: (expected['process.args'] as string[] | undefined)?.slice(0, 40).join(' '),
    }));
    expect(parsed.rejected).toEqual([]);
    compareWithFilebeat(agreement, auditd, `${folder}/useradd.log`, 'changes', (expected) => {
      const type = expected['auditd.log.record_type'];
      if (type !== 'ADD_USER' && type !== 'ADD_GROUP') return undefined;
      return {
        timeUs: microsOf(expected['@timestamp']),
        actorAddr: expected['source.ip'] as string | undefined,
      };
    });
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('give one failure a try of a server under brute force, not two', () => {
    const parsed = parseWith(auditd, sharedBytes('msticpy/tests/testdata/auditd_log.txt'));
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rows('logins').filter((row) => row.outcome === LOGIN_OUTCOME.failure)).toHaveLength(187);
  });

  it.each([
    'elastic-beats/filebeat/module/auditd/log/test/audit-rhel6.log',
    'elastic-beats/filebeat/module/auditd/log/test/audit-rhel7.log',
    'elastic-beats/filebeat/module/auditd/log/test/audit-cent7-node.log',
    'elastic-beats/filebeat/module/auditd/log/test/test.log',
    'plaso/audit_enriched.log',
    'plaso/selinux.log',
  ])('are accounted for: %s', (path) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('auditd');
    const parsed = parseWith(auditd, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
  });
});
