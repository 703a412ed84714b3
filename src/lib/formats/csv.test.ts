import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accounted, headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import {
  CHANGE_KIND,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  UNKNOWN_PACKETS,
  VERDICT,
} from '../tables/schemas';
import { csv, previewDelimited } from './csv';
import type { CsvMapping } from './format';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/csv/${name}`, 'utf8');
const parse = (text: string, mapping?: CsvMapping): Parsed =>
  parseWith(csv, text, { options: mapping ? { mapping } : {} });
const us = (iso: string): number => Date.parse(iso) * 1000;

describe('a delimited table', () => {
  it.each([
    'firewall.csv',
    'kibana-flows.csv',
    'splunk-logins.csv',
    'requests.tsv',
    'semicolon-european.csv',
    'insights-postgresql.csv',
  ])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('csv');
  });

  it.each([
    ['Zeitpunkt;Quell-IP;Quellport;Ziel-IP;Zielport;Aktion;Bytes gesendet', 'zugelassen', 'verweigert'],
    [
      'Date et heure;Adresse IP source;Port source;Adresse IP destination;Port destination;Décision;Octets envoyés',
      'autorisé',
      'refusé',
    ],
    [
      'Fecha y hora;Dirección IP origen;Puerto de origen;IP destino;Puerto destino;Acción;Bytes enviados',
      'permitido',
      'denegado',
    ],
    [
      'Data e hora;Endereço de origem;Porta de origem;IP destino;Porta de destino;Ação;Bytes enviados',
      'permitido',
      'negado',
    ],
    ['日時;送信元IPアドレス;送信元ポート;宛先IPアドレス;宛先ポート;結果;送信バイト数', '許可', '拒否'],
    ['时间;源IP地址;源端口;目的IP地址;目的端口;动作;发送字节数', '允许', '拒绝'],
  ])('is understood by names in other languages: %s', (header, yes, no) => {
    const rows = [`2015-03-02 10:20:30;203.0.113.9;40000;10.0.0.5;9200;${yes};1200`];
    rows.push(`2015-03-02 10:20:31;203.0.113.9;40001;10.0.0.5;9200;${no};60`);
    expect(parse([header, ...rows, ''].join('\n')).rows('flows')).toMatchObject([
      {
        startUs: us('2015-03-02T10:20:30Z'),
        srcAddr: '203.0.113.9',
        srcPort: 40000,
        dstAddr: '10.0.0.5',
        dstPort: 9200,
        verdict: VERDICT.accept,
        srcBytes: 1200,
      },
      { verdict: VERDICT.reject },
    ]);
  });

  it.each([
    ['Datum,Uhrzeit,Benutzer,IP-Adresse,Rechner,Ergebnis', 'erfolgreich', 'fehlgeschlagen'],
    ['Date,Heure,Utilisateur,Adresse IP,Serveur,Résultat', 'réussi', 'échec'],
    ['日付,時刻,ユーザー名,接続元IP,ホスト名,結果', '成功', '失敗'],
    ['日期,时间,用户名,来源IP,主机名,结果', '成功', '失败'],
  ])('of logins is, too, its date and its clock apart: %s', (header, yes, no) => {
    const rows = [
      `2015-03-02,10:20:30,root,203.0.113.9,web-1,${yes}`,
      `2015-03-02,10:20:31,root,203.0.113.9,web-1,${no}`,
    ];
    expect(parse([header, ...rows, ''].join('\n')).rows('logins')).toMatchObject([
      {
        timeUs: us('2015-03-02T10:20:30Z'),
        user: 'root',
        actorAddr: '203.0.113.9',
        host: 'web-1',
        outcome: LOGIN_OUTCOME.success,
      },
      { outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('gives flows of a firewall export, cells over two lines and stray quotes included', () => {
    const parsed = parse(fixture('firewall.csv'));
    const rows = parsed.rows('flows');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      startUs: us('2015-03-02T10:20:30Z'),
      endUs: us('2015-03-02T10:20:30Z'),
      timeBasis: TIME_BASIS.local,
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcBytes: 1200,
      dstBytes: 88000,
      srcPackets: UNKNOWN_PACKETS,
      verdict: VERDICT.accept,
      line: 2,
    });
    expect(rows[1]).toMatchObject({ verdict: VERDICT.reject, dstBytes: Number.NaN, line: 4 });
    expect(fixture('firewall.csv').slice(rows[1]!.offset)).toMatch(/^2015\/03\/02 10:20:31/);
    expect(parsed.skipped).toEqual({ header: 1, 'continued line': 1 });
    expect(parsed.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [5, '"Destination Port" is out of range'],
      [6, '10 columns expected, 3 found'],
      [7, '"Receive Time" is not a time'],
    ]);
  });

  it('reads Kibana’s times and grouped numbers', () => {
    expect(parse(fixture('kibana-flows.csv')).rows('flows')).toMatchObject([
      { startUs: us('2015-03-02T10:20:30.250Z'), srcPort: 40000, dstPort: 9200, srcBytes: 1204, protocol: 6 },
      { srcAddr: '2001:db8::7', protocol: 17 },
    ]);
  });

  it('gives logins of a Splunk search, with the zone that the times name', () => {
    expect(parse(fixture('splunk-logins.csv')).rows('logins')).toMatchObject([
      {
        timeUs: us('2015-03-02T09:20:30Z'),
        timeBasis: TIME_BASIS.absolute,
        user: 'root',
        actorAddr: '198.51.100.7',
        outcome: LOGIN_OUTCOME.failure,
        host: 'web-1',
        service: 'sshd',
      },
      { user: 'fztu', outcome: LOGIN_OUTCOME.success },
    ]);
  });

  it('reads Windows logon events by their numbers, not by a status column that is empty for successes', () => {
    expect(parse(fixture('sentinel-signins.csv')).rows('logins')).toMatchObject([
      {
        timeUs: us('2019-01-15T17:15:02.980Z'),
        timeBasis: TIME_BASIS.absolute,
        user: 'alice',
        outcome: LOGIN_OUTCOME.success,
        method: LOGIN_METHOD.ntlm,
        actorPort: 50123,
        host: 'DC1',
        process: 0xfaac27,
      },
      { user: 'bob', outcome: LOGIN_OUTCOME.failure, method: LOGIN_METHOD.kerberos },
    ]);
  });

  it('gives queries of a tab-separated request log', () => {
    expect(parse(fixture('requests.tsv')).rows('queries')).toMatchObject([
      {
        timeUs: 1425291630123_000,
        actorAddr: '198.51.100.7',
        verb: QUERY_VERB.read,
        object: '/logs/_search?q=*',
        status: 200,
        bytesReturned: 48211,
        agent: 'curl/7.30',
      },
      { verb: QUERY_VERB.write, status: 401, outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('asks for a mapping where names say nothing, and follows the one given', () => {
    // Polish, which nothing here knows.
    const text = fixture('semicolon-european.csv').replace(
      'Datum;Zeit;Benutzer;Quelle;Ergebnis',
      'Dzień;Godzina;Kto;Skąd;Wynik',
    );
    expect(csv.mapped!.needsMapping(headOf(encodeUtf8(text)), {})).toBe(true);
    expect(parse(text).rejected[0]?.reason).toContain('name them in the mapping');
    const mapping: CsvMapping = {
      table: 'logins',
      columns: { timeUs: 'Dzień + Godzina', user: 'Kto', actorAddr: 'Skąd', outcome: 'Wynik' },
      values: { Erfolg: 'success', Fehler: 'failure' },
    };
    expect(parse(text, mapping).rows('logins')).toMatchObject([
      { timeUs: us('2015-03-15T10:20:30Z'), user: 'alice', outcome: LOGIN_OUTCOME.success },
      { timeUs: us('2015-03-16T10:20:31Z'), user: 'bob', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('lets no cell say that its row counts elsewhere', () => {
    const text = 'when;who;what\n2015-03-15T10:20:30Z;eve;retold\n';
    const columns = { timeUs: 'when', user: 'who', principal: 'who', outcome: 'what', kind: 'what' };
    const values = { retold: 'retold' };
    expect(parse(text, { table: 'logins', columns, values }).rows('logins')).toMatchObject([
      { user: 'eve', outcome: LOGIN_OUTCOME.unknown },
    ]);
    expect(parse(text, { table: 'changes', columns, values }).rows('changes')).toMatchObject([
      { principal: 'eve', kind: CHANGE_KIND.other },
    ]);
  });

  it('reads who became whom', () => {
    const text =
      'timestamp,user,effective_user,src_ip,outcome\n2015-03-15T10:20:30Z,bob,root,192.0.2.1,success\n2015-03-15T10:20:31Z,eve,,192.0.2.1,failure\n';
    expect(parse(text).rows('logins')).toMatchObject([
      { user: 'bob', became: 'root' },
      { user: 'eve', became: '' },
    ]);
  });

  it('is proposed to a person by its values where the names say too little, and never read by them alone', () => {
    const guess = (text: string) => {
      const head = headOf(encodeUtf8(text));
      expect(csv.mapped!.needsMapping(head, {})).toBe(true);
      return previewDelimited(head)?.guess;
    };
    expect(
      guess('a;b;c;d\n7;1425291600123;203.0.113.9;10.0.0.5\n8;1425291600124;203.0.113.9;10.0.0.5\n'),
    ).toMatchObject({
      table: 'flows',
      columns: { startUs: 'b', srcAddr: 'c', dstAddr: 'd' },
      time: 'ms',
    });
    expect(
      guess('Dzień;Godzina;Skąd\n03/02/2015;10:20:30;203.0.113.9\n03/02/2015;10:20:31;203.0.113.9\n'),
    ).toMatchObject({
      table: 'logins',
      columns: { timeUs: 'Dzień + Godzina', actorAddr: 'Skąd' },
    });
  });

  it('reads dates by the order that a person named where no row tells it', () => {
    const text =
      'when,who,from\n03/02/2015 10:20:30,root,203.0.113.9\n03/02/2015 10:20:31,root,203.0.113.9\n';
    const columns = { timeUs: 'when', user: 'who', actorAddr: 'from' };
    const first = (mapping: CsvMapping) => parse(text, mapping).rows('logins')[0]?.timeUs;
    expect(first({ table: 'logins', columns })).toBe(us('2015-03-02T10:20:30Z'));
    expect(first({ table: 'logins', columns, dayFirst: true })).toBe(us('2015-02-03T10:20:30Z'));
  });

  it('names the columns of a table without a header by number', () => {
    const preview = previewDelimited(headOf(encodeUtf8(fixture('no-header.csv'))));
    expect(preview?.columns).toEqual(['column 1', 'column 2', 'column 3', 'column 4', 'column 5']);
    expect(preview?.rows).toHaveLength(2);
    const mapping: CsvMapping = {
      table: 'flows',
      columns: { startUs: 'column 1', srcAddr: 'column 2', dstAddr: 'column 3', dstPort: 'column 4' },
    };
    expect(parse(fixture('no-header.csv'), mapping).rows('flows')).toMatchObject([
      { startUs: 1425291630_000_000, dstPort: 22 },
      { line: 2 },
    ]);
  });

  it('reads the lines that a Splunk search exports whole, by their own format', () => {
    const lines = [
      'Mar  2 10:20:30 web-1 sshd[100]: Failed password for root from 198.51.100.7 port 40000 ssh2',
      'Mar  2 10:20:35 web-1 sshd[101]: Accepted password for fztu from 198.51.100.9 port 40001 ssh2',
    ];
    const text = `_time,_raw,host,source,sourcetype\n${lines.map((line) => `"2015-03-02T10:20:30.000+0000","${line}",web-1,/var/log/auth.log,linux_secure`).join('\n')}\n`;
    expect(csv.mapped!.needsMapping(headOf(encodeUtf8(text)), {})).toBe(false);
    const parsed = parse(text);
    expect(parsed.rows('logins')).toMatchObject([
      {
        user: 'root',
        outcome: LOGIN_OUTCOME.failure,
        actorPort: 40000,
        timeBasis: TIME_BASIS.yearless,
        line: 2,
      },
      { user: 'fztu', outcome: LOGIN_OUTCOME.success, host: 'web-1', process: 101, line: 3 },
    ]);
    expect(parsed.notes[0]).toContain('"_raw"');
  });

  it('reads the lines that CloudWatch Logs exports beside their times, by their own format', () => {
    const line = (end: number): string =>
      `2 123456789012 eni-0a1b 203.0.113.7 10.0.0.5 51234 443 6 10 840 1425291630 ${end} ACCEPT OK`;
    const text = `@timestamp,@message\n2015-03-02 10:21:00.000,${line(1425291640)}\n2015-03-02 10:22:00.000,${line(1425291650)}\n`;
    expect(recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id).toBe('csv');
    expect(parse(text).rows('flows')).toMatchObject([
      { srcAddr: '203.0.113.7', dstPort: 443, srcBytes: 840, line: 2 },
      { line: 3 },
    ]);
  });

  it('is not taken for syslog where rows begin with their time', () => {
    const text = [
      'Receive Time,Type,Generate Time,Source address,Destination address,Source Port,Destination Port,IP Protocol,Action,Bytes Sent,Bytes Received,Elapsed Time (sec)',
      '2015/03/02 10:20:30,TRAFFIC,2015/03/02 10:20:30,203.0.113.7,10.0.0.5,51234,443,tcp,allow,1000,2000,15',
    ].join('\n');
    expect(recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id).toBe('csv');
    expect(parse(text).rows('flows')).toMatchObject([
      { srcAddr: '203.0.113.7', dstAddr: '10.0.0.5', dstPort: 443, srcBytes: 1000, dstBytes: 2000 },
    ]);
  });

  it('reads the messages of a SIEM’s syslog table', () => {
    const text = [
      'TimeGenerated,Computer,ProcessName,ProcessID,SyslogMessage',
      '2015-03-02T10:20:30Z,web-1,sshd,100,Failed password for root from 198.51.100.7 port 40000 ssh2',
      '2015-03-02T10:20:31Z,web-1,CRON,,session opened',
      'soon,web-1,sshd,100,x',
    ].join('\n');
    const parsed = parse(text);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: us('2015-03-02T10:20:30Z'),
        timeBasis: TIME_BASIS.absolute,
        host: 'web-1',
        user: 'root',
        actorAddr: '198.51.100.7',
        process: 100,
      },
    ]);
    expect(parsed.rejected).toMatchObject([{ line: 4, reason: '"TimeGenerated" is not a time' }]);
    expect(accounted(parsed)).toBe(parsed.records);
  });

  it('shows a preview with the guess that parsing would use', () => {
    const preview = previewDelimited(headOf(encodeUtf8(fixture('requests.tsv'))));
    expect(preview).toMatchObject({
      delimiter: '\t',
      guess: { table: 'queries', time: 'ms', columns: { timeUs: 'timestamp', object: 'uri' } },
    });
    expect(previewDelimited(headOf(encodeUtf8('no table here\nat all')))).toBeNull();
  });

  it.each([
    ['2015-03-02T10:20:30+05:30', '2015-03-02T04:50:30Z'],
    ['1425291630', '2015-03-02T10:20:30Z'],
    ['1425291630123456789', '2015-03-02T10:20:30.123Z'],
    ['3/2/2015 1:20 AM', '2015-03-02T01:20:00Z'],
    ['02/Mar/2015:10:20:30 +0000', '2015-03-02T10:20:30Z'],
    ['Mon Mar  2 10:20:30 2015', '2015-03-02T10:20:30Z'],
    ['20150302T102030Z', '2015-03-02T10:20:30Z'],
  ])('reads the time %s', (text, iso) => {
    const rows = parse(`time,user,result\n"${text}",alice,success\n`).rows('logins');
    expect(Math.floor((rows[0]?.timeUs as number) / 1000)).toBe(Date.parse(iso));
  });

  it('gives up on a quote that is never closed without losing the lines after it', () => {
    const text = `time,user,result\n"2015-03-02 10:20:30,alice,success\n2015-03-02 10:20:31,bob,success\n`;
    const parsed = parse(text, {
      table: 'logins',
      delimiter: ',',
      columns: { timeUs: 'time', user: 'user', outcome: 'result' },
    });
    expect(parsed.rows('logins')).toMatchObject([{ user: 'bob' }]);
    expect(parsed.rejected).toMatchObject([
      { line: 2, reason: 'a quotation mark is opened and never closed' },
    ]);
  });

  it('never throws and never loses a line, whatever the cells', () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('"', '""', '"a\nb"', '198.51.100.7', '2015-03-02T10:20:30Z', ',', '\r'),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 12 }),
        fc.boolean(),
        (rows, byLine) => {
          const text = `time,src,dst,user,action\n${rows.map((row) => row.join(',')).join('\n')}`;
          const parsed = parseWith(csv, text, { byLine });
          expect(accounted(parsed)).toBe(parsed.records);
        },
      ),
      { seed: 11, numRuns: 200 },
    );
  });
});

describe('what CloudWatch Logs Insights downloads', () => {
  const insights = (message: string): Parsed =>
    parse(
      `@timestamp,@message,@logStream\n2015-03-02 10:20:30.000,"${message.replaceAll('"', '""')}",log-1\n`,
    );

  it('is read by the format of the lines in it, to the last one that was held for what might follow', () => {
    const text = fixture('insights-postgresql.csv');
    const parsed = parse(text);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      { object: 'SELECT * FROM keys', actorAddr: '203.0.113.7', principal: 'app', line: 2 },
      { object: 'SELECT "body" FROM messages', actorPort: 50_001, line: 4 },
    ]);
    expect(parsed.rows('logins')).toMatchObject([{ user: 'app', outcome: LOGIN_OUTCOME.success, line: 5 }]);
    // The line is held back until nothing can follow it.
    expect(
      insights('2015-03-02 10:20:31 UTC:203.0.113.7(50001):app@mail:[1]:LOG:  statement: SELECT 1').rows(
        'queries',
      ),
    ).toHaveLength(1);
  });

  it('may hold a database’s audit log and a cluster’s', () => {
    const audit = insights(
      "1425291631000000,db-1,app,203.0.113.7,33,1,QUERY,mail,'SELECT * FROM messages',0",
    );
    expect(audit.rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', principal: 'app', object: 'SELECT * FROM messages' },
    ]);
    const secret = {
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: '1' },
      ...{ stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/mail/secrets/db', verb: 'get' },
      ...{ user: { username: 'bob' }, sourceIPs: ['203.0.113.7'], responseStatus: { code: 200 } },
      objectRef: { resource: 'secrets', namespace: 'mail', name: 'db', apiVersion: 'v1' },
      ...{ requestReceivedTimestamp: '2015-03-02T10:20:30Z', stageTimestamp: '2015-03-02T10:20:30Z' },
    };
    expect(insights(JSON.stringify(secret)).rows('queries')).toMatchObject([
      { principal: 'bob', object: 'get secrets/mail/db', verb: QUERY_VERB.read },
    ]);
  });
});

describe.skipIf(!hasSharedData)('CSV exports of others', () => {
  it('gives the sudo sessions of a Sentinel syslog table', () => {
    const parsed = parseWith(csv, sharedBytes('msticpy/tests/testdata/syslog_data.csv'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins').length + parsed.rows('changes').length).toBeGreaterThan(0);
    expect(new Set(parsed.rows('logins').map((row) => row.service))).toEqual(new Set(['sudo']));
  });

  it('gives the flows of an Azure network analytics export, local side by direction', () => {
    const parsed = parseWith(csv, sharedBytes('msticpy/tests/testdata/az_net_flows.csv'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('flows')).toHaveLength(460);
    expect(parsed.rows('flows')[0]).toMatchObject({
      srcAddr: '10.0.3.5',
      dstAddr: '65.55.44.109',
      dstPort: 443,
      startUs: us('2019-02-12T13:00:07Z'),
    });
  });

  it('gives the logons of a SIEM export', () => {
    const rows = parseWith(csv, sharedBytes('msticpy/tests/testdata/host_logons.csv')).rows('logins');
    expect(rows).toHaveLength(14);
    expect(rows[2]).toMatchObject({
      user: 'adm1nistrator',
      actorAddr: 'fe80::38dc:e4a9:61bd:b458',
      method: LOGIN_METHOD.ntlm,
      outcome: LOGIN_OUTCOME.success,
    });
  });
});
