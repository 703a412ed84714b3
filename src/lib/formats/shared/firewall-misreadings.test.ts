import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../../tests/support/parse';
import { recordsAccounted } from '../../../../tests/support/robust';
import { TIME_BASIS } from '../../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import { formatById } from '../registry';

// Lines that are easily taken for what they are not. Forms of fields and messages: the makers' references named in each reader, and samples of
// github.com/elastic/integrations (packages/sophos, citrix_adc, cef).

function read(id: string, ...lines: readonly string[]): Parsed {
  const format = formatById(id);
  if (!format) throw new Error(`no format ${id}`);
  return parseWith(format, `${lines.join('\n')}\n`);
}

const { success, failure, sessionClosed } = LOGIN_OUTCOME;

describe('Sophos’ newer records', () => {
  const connection = (event: string, counts: string): string =>
    `Nov 16 00:25:00 xg device_name="SFW" timestamp="2021-11-15T18:25:30-0600" device_serial_id="C1" log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" src_ip="203.0.113.7" dst_ip="192.0.2.10" protocol="TCP" src_port=50875 dst_port=443 ${counts}con_event="${event}" con_id="31"`;

  it('tell of one connection twice: con_event and con_id are connevent and connid', () => {
    const counts = 'duration=30 packets_sent=4  packets_received=2 bytes_sent=216 bytes_received=112 ';
    const parsed = read('sophos', connection('Start', ''), connection('Stop', counts));
    expect(parsed.rows('flows')).toMatchObject([{ srcBytes: 216, dstBytes: 112, line: 2 }]);
    expect(recordsAccounted(parsed)).toBe(2);
  });

  it('are no login where a rule’s name speaks of one', () => {
    const event = (message: string, status: string): string =>
      `<30>device="SFW" date=2015-03-02 time=10:21:06 timezone="GMT" device_name="XG230" log_type="Event" log_component="GUI" log_subtype="Admin" status="${status}" user_name="admin" src_ip=203.0.113.12 message="${message}"`;
    const parsed = read(
      'sophos',
      event(
        "Firewall Rule 'block log in' was updated by 'admin' from '203.0.113.12' using 'GUI'",
        'Successful',
      ),
      event('User admin failed to login to WebAdmin console because of wrong credentials', 'Failed'),
      event("Administrator 'admin' logged in successfully to Web Admin Console.", 'Successful'),
    );
    expect(parsed.rows('changes')).toMatchObject([{ target: 'block log in', principal: 'admin' }]);
    expect(parsed.rows('logins')).toMatchObject([{ outcome: failure }, { outcome: success }]);
  });
});

describe('SonicWall’s messages', () => {
  const event = (id: number, message: string): string =>
    `id=firewall sn=0017C5000001 time="2015-03-02 10:21:10 UTC" fw=192.0.2.1 pri=6 c=32 m=${id} msg="${message}" n=1 usr="admin" src=203.0.113.10:17391:X1 dst=192.0.2.1:443:X1`;

  it('are no login where a screen was left open, and a change where a rule was added', () => {
    const parsed = read(
      'sonicwall',
      event(34, 'Login screen timed out'),
      event(261, 'Administrator logged out'),
      event(440, 'Access rule added'),
    );
    expect(parsed.rows('logins')).toMatchObject([{ outcome: sessionClosed, line: 2 }]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.policyChanged, principal: 'admin' }]);
  });
});

describe('CEF and LEEF events', () => {
  it.each(['drop-icmp', 'drop-all-packets', 'block-url', 'block-ip', 'reset-both'])(
    'of PAN-OS that say %s let nothing through',
    (action) => {
      const parsed = read(
        'cef',
        `Mar  2 10:20:30 fw1 CEF:0|Palo Alto Networks|PAN-OS|9.1.0|url|THREAT|1|rt=Mar 02 2015 10:20:30 GMT src=203.0.113.7 dst=192.0.2.10 spt=50001 dpt=9200 proto=tcp act=${action}`,
      );
      expect(parsed.rows('flows')).toMatchObject([{ verdict: VERDICT.reject }]);
    },
  );

  it('went well where they say so, though the message speaks of tries that failed', () => {
    const login = (words: string): string =>
      `Mar  2 10:20:31 v CEF:0|CyberArk|Vault|12.2|7|Logon|5|suser=operator ${words} src=203.0.113.12 rt=1425291635000`;
    const parsed = read(
      'cef',
      login('msg=Logged on after 2 failed attempts outcome=success'),
      login('msg=Logged on after 2 failed attempts outcome=failure'),
      login('msg=Invalid credentials'),
    );
    expect(parsed.rows('logins').map(({ outcome }) => outcome)).toEqual([success, failure, failure]);
  });

  it('of Check Point name machines by their addresses of version 6', () => {
    const parsed = read(
      'cef',
      'Mar  2 10:20:33 gw CEF:0|Check Point|VPN-1 & FireWall-1|Check Point|Log|https|Unknown|act=Drop rt=1425291633000 spt=50003 dpt=22 c6a2=2001:db8::7 c6a2Label=Source IPv6 Address c6a3=2001:db8::10 c6a3Label=Destination IPv6 Address proto=6 product=VPN-1 & FireWall-1',
    );
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '2001:db8::7', dstAddr: '2001:db8::10', dstPort: 22, verdict: VERDICT.reject },
    ]);
  });

  it('of LEEF have no name: the id says what became of a connection', () => {
    const parsed = read(
      'leef',
      'Mar  2 10:20:32 fw1 LEEF:1.0|Example|Gate|1.0|Deny|src=203.0.113.9\tdst=192.0.2.10\tsrcPort=50003\tdstPort=22\tproto=TCP',
    );
    expect(parsed.rows('flows')).toMatchObject([{ verdict: VERDICT.reject }]);
  });
});

describe('RouterOS’ lines', () => {
  const packet = 'in:ether1 out:bridge, proto TCP (SYN), 203.0.113.7:50001->192.0.2.10:9200, len 60';

  it('are read behind the times of its own files, where no host stands', () => {
    const parsed = read(
      'mikrotik',
      `mar/02/2015 10:20:30 firewall,info forward: ${packet}`,
      '2015-03-02 10:20:31 system,error,critical login failure for user root from 203.0.113.10 via ssh',
      'mar/02 10:20:32 system,error,critical login failure for user root from 203.0.113.10 via ssh',
    );
    expect(parsed.rows('flows')).toMatchObject([
      { startUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000, timeBasis: TIME_BASIS.local, sensor: '' },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.10', timeBasis: TIME_BASIS.local, host: '' },
      { actorAddr: '203.0.113.10', timeBasis: TIME_BASIS.yearless, host: '' },
    ]);
    expect(parsed.rejected).toEqual([]);
  });

  it('are read behind a host and a colon that stands alone', () => {
    const parsed = read('mikrotik', `Mar  2 10:20:30 edge : firewall,info forward: ${packet}`);
    expect(parsed.rows('flows')).toMatchObject([{ dstPort: 9200, sensor: 'edge' }]);
  });

  it('are no login where a script writes of one, and a change with the word first', () => {
    const parsed = read(
      'mikrotik',
      'Mar  2 10:20:42 edge script,info user admin logged in from 203.0.113.66 via ssh',
      'Mar  2 10:20:43 edge system,info changed script settings by tcp-msg(winbox):admin@203.0.113.11 (/system script set a source=":log info b")',
    );
    expect(parsed.rows('logins')).toEqual([]);
    expect(parsed.rows('changes')).toMatchObject([
      { principal: 'admin', actorAddr: '203.0.113.11', target: 'script settings' },
    ]);
  });
});

describe('NetScaler’s lines', () => {
  const command = (status: string): string =>
    `<134> 03/02/2015:10:20:35 GMT ns1 0-PPE-0 : default UI CMD_EXECUTED 6870 0 :  User nsroot - Remote_ip 203.0.113.9 - Command "login nsroot "**********"" - Status "${status}"`;

  it('tell of administrators’ logins as commands', () => {
    const parsed = read('netscaler', command('Success'), command('ERROR: Invalid username or password'));
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.9', user: 'nsroot', service: 'admin', outcome: success },
      { actorAddr: '203.0.113.9', user: 'nsroot', service: 'admin', outcome: failure },
    ]);
  });

  it('name the client in the context where Client_ip is empty; a forwarded address is whatever was sent', () => {
    const parsed = read(
      'netscaler',
      '<135> 03/02/2015:10:21:00 GMT ns1 0-PPE-0 : default SSLVPN LOGIN 2345690 0 : Context carol@203.0.113.20 - SessionId: 2345690 - User carol - Client_ip  - X-Forwarded-For_ip 198.51.100.1 - Nat_ip "Mapped Ip" - Vserver 192.0.2.1:443 - Browser_type "Mozilla/5.0" - Group(s) "T"',
    );
    expect(parsed.rows('logins')).toMatchObject([{ actorAddr: '203.0.113.20', user: 'carol' }]);
  });

  it('have a host of capitals where no zone is written', () => {
    const parsed = read(
      'netscaler',
      '<134> 03/02/2015:10:20:34 NSVPX 0-PPE-0 : default AAA LOGIN_FAILED 139115982 0 :  User bob - Client_ip 203.0.113.7 - Failure_reason "x" - Browser y',
    );
    expect(parsed.rows('logins')).toMatchObject([{ host: 'NSVPX', timeBasis: TIME_BASIS.local }]);
  });
});

describe('a Firebox’ lines', () => {
  it('are read where the name of an interface has a blank', () => {
    const parsed = read(
      'watchguard',
      '<142>Mar  2 10:20:30 Firebox FVE6035FD3AE3 (2015-03-02T10:20:30) firewall[10]: msg_id="3000-0148" Deny 0-External Guest Wifi 60 tcp 20 127 203.0.113.7 192.0.2.10 50001 22 offset 8 S 1 win 1 (search-00)',
    );
    expect(parsed.rows('flows')).toMatchObject([{ dstPort: 22, protocol: 6, verdict: VERDICT.reject }]);
  });
});
