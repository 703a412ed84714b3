import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../../tests/support/parse';
import { LOGIN_OUTCOME, VERDICT } from '../../tables/schemas';
import { formatById } from '../registry';

/**
 * Lines of Elastic's integrations and what their pipelines make of them (github.com/elastic/integrations, packages/NAME/data_stream/…/_dev/test/pipeline, Elastic License 2.0: facts
 * of single lines only). Of WatchGuard's sent_bytes Elastic says that the destination sent them; a GET of 176 bytes with an answer of 517 says otherwise.
 */
const CHECK_POINT_HEAD =
  '<134>1 2023-12-27T09:39:55Z CP-Manager CheckPoint 10547 - [action:"Accept"; flags:"163872"; ifdir:"outbound"; loguid:"{0x658bf0ed,0x0,0x6401a8c0,0x3c7878a}"; origin:"192.168.1.153"; ';
const PEERS: readonly (readonly [
  format: string,
  line: string,
  table: 'flows' | 'logins',
  expected: Record<string, unknown>,
])[] = [
  [
    'check-point',
    `${CHECK_POINT_HEAD}sequencenum:"1"; time:"1703669995"; version:"5"; additional_info:"Administrator failed to log in: Wrong Password"; administrator:"i.biachi@customer.com"; audit_status:"Failure"; client_ip:"172.28.11.213"; operation:"Log In"; operation_number:"11"; product:"SmartConsole"; subject:"Administrator Login"]`,
    'logins',
    {
      ...{ timeUs: Date.UTC(2023, 11, 27, 9, 39, 55) * 1000, actorAddr: '172.28.11.213' },
      ...{ user: 'i.biachi@customer.com', outcome: LOGIN_OUTCOME.failure },
    },
  ],
  [
    'check-point',
    '<134>1 2020-03-30T07:20:33Z gw-da58d3 CheckPoint 8363 - [action:"Accept"; flags:"411908"; ifdir:"inbound"; ifname:"eth0"; logid:"0"; loguid:"{0x5e819dc1,0x0,0x353707c7,0xee78a1dc}"; origin:"192.168.1.100"; dst:"192.168.1.100"; rule_action:"Accept"; product:"VPN-1 & FireWall-1"; proto:"6"; s_port:"60226"; service:"22"; service_id:"ssh"; src:"192.168.1.205"]',
    'flows',
    {
      ...{ srcAddr: '192.168.1.205', srcPort: 60_226, dstAddr: '192.168.1.100', dstPort: 22, protocol: 6 },
      ...{ startUs: Date.UTC(2020, 2, 30, 7, 20, 33) * 1000, verdict: VERDICT.accept },
    },
  ],
  [
    'sonicwall',
    'Apr 29 10:05:16 172.16.2.1 id=firewall sn=0000A0AAAA00 time="2022-04-29 10:05:52" fw=172.16.0.2 pri=6 c=1024 m=537 msg="Connection Closed" app=11 n=15348774 src=172.16.2.2:64159:X0 dst=1.128.3.4:443:X1 srcMac=00:53:a5:10:44:b8 dstMac=00:53:2a:7d:1d:35 proto=tcp/https sent=4941 rcvd=7294 spkt=16 rpkt=13 cdur=112650',
    'flows',
    {
      ...{ srcAddr: '172.16.2.2', srcPort: 64_159, dstAddr: '1.128.3.4', dstPort: 443, protocol: 6 },
      ...{ srcBytes: 4941, dstBytes: 7294, srcPackets: 16, dstPackets: 13 },
      endUs: Date.UTC(2022, 3, 29, 10, 5, 52) * 1000,
      startUs: Date.UTC(2022, 3, 29, 10, 5, 52) * 1000 - 112_650_000,
    },
  ],
  [
    'watchguard',
    '<142>May 20 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T09:49:17) firewall[10]: msg_id="3000-0150" Deny 1-Trusted 0-External 1440 tcp 20 61 10.0.1.2 192.168.130.126 55810 80 offset 5 A 447868619 win 54 signature_name="EXPLOIT Apple QuickTime" signature_id="1112464" severity="4" sig_vers="18.124" msg="IPS detected" (HTTP-00)',
    'flows',
    {
      ...{ srcAddr: '10.0.1.2', srcPort: 55_810, dstAddr: '192.168.130.126', dstPort: 80, protocol: 6 },
      ...{ verdict: VERDICT.reject, sensor: 'WatchGuard-Firebox' },
    },
  ],
  [
    'watchguard',
    '<142>May 20 15:19:05 WatchGuard-Firebox FVE6035FD3AE3 (2024-01-10T11:49:17) firewall: msg_id="3000-0151" Allow 1-Trusted 0-External tcp 10.0.1.2 81.2.69.192 53018 80 app_id="63" app_cat_id="18" app_ctl_disp="2" duration="80" sent_bytes="652" rcvd_bytes="423" (HTTP-00)',
    'flows',
    { srcPort: 53_018, dstPort: 80, srcBytes: 652, dstBytes: 423, verdict: VERDICT.accept },
  ],
  [
    'netscaler',
    '<132> 07/13/2024:17:09:11 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 1234567 0 :  User b_smith@jk.edu - Client_ip 175.16.199.7 - Failure_reason "Username/Password mismatch" - Browser python-httpx/0.27.0',
    'logins',
    {
      ...{ timeUs: Date.UTC(2024, 6, 13, 17, 9, 11) * 1000, actorAddr: '175.16.199.7' },
      ...{ user: 'b_smith@jk.edu', outcome: LOGIN_OUTCOME.failure, host: 'ns1' },
    },
  ],
  [
    'sophos',
    'device="SFW" date=2017-01-31 time=14:16:19 timezone="IST" device_name="CR750iNG-XP" device_id=C44313350024- P29PUA log_id=010101600001 log_type="Firewall" log_component="Firewall Rule" log_subtype="Allowed" status="Allow" priority=Information duration=30 fw_rule_id=2 policy_type=2 user_name="gaurav" src_ip=10.198.47.71 src_country_code=R1 dst_ip=81.2.69.143 dst_country_code=USA protocol="UDP" src_port=59859 dst_port=53 sent_pkts=1 recv_pkts=1 sent_bytes=77 recv_bytes=105 tran_src_ip=81.2.69.144 tran_src_port=0 tran_dst_ip= tran_dst_port=0 connevent="Stop" connid="185246656" vconnid=""',
    'flows',
    {
      ...{ srcAddr: '10.198.47.71', srcPort: 59_859, dstAddr: '81.2.69.143', dstPort: 53, protocol: 17 },
      ...{ srcBytes: 77, dstBytes: 105, srcPackets: 1, dstPackets: 1, sensor: 'CR750iNG-XP' },
      endUs: Date.UTC(2017, 0, 31, 14, 16, 19) * 1000,
      startUs: Date.UTC(2017, 0, 31, 14, 15, 49) * 1000,
    },
  ],
];

describe('lines of firewalls', () => {
  it.each(PEERS)('say of %s what Elastic reads: %.70s', (id, line, table, expected) => {
    const format = formatById(id);
    const parsed = format && parseWith(format, `${line}\n`);
    expect(parsed?.rows(table)).toMatchObject([expected]);
  });
});
