import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random';
import { recognize } from './recognize';

const FLOW =
  '2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n';

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(7);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

async function failureOf(...parts: BlobPart[]): Promise<string> {
  const { failure } = await recognize(new Blob(parts));
  return failure ? `${failure.what}. ${failure.kept ?? ''} ${failure.todo ?? ''}` : 'no failure';
}

describe('recognize', () => {
  it('tells a format by content', async () => {
    const { ranking, container, failure, head } = await recognize(new Blob([FLOW.repeat(5)]));
    expect([ranking[0]?.formatId, container, failure]).toEqual(['vpc-flow', 'none', undefined]);
    expect([head.lines.length, head.isWhole]).toEqual([5, true]);
  });

  it('looks into gzip, and reads no more than the head', async () => {
    const { ranking, container, head } = await recognize(new Blob([gzipSync(FLOW.repeat(20_000))]));
    expect([ranking[0]?.formatId, container]).toEqual(['vpc-flow', 'gzip']);
    expect([head.bytes.length, head.isWhole]).toEqual([256 * 1024, false]);
  });

  it('reads UTF-16, with and without a byte-order mark, also inside gzip', async () => {
    const utf16 = Buffer.from(FLOW.repeat(3), 'utf16le');
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]);
    const bigEndian = Buffer.from(marked).swap16();
    for (const [bytes, container] of [
      [utf16, 'utf-16le'],
      [marked, 'utf-16le'],
      [bigEndian, 'utf-16be'],
      [gzipSync(marked), 'gzip+utf-16le'],
    ] as const) {
      const found = await recognize(new Blob([bytes]));
      expect([found.container, found.ranking[0]?.formatId]).toEqual([container, 'vpc-flow']);
    }
  });

  it('drops the byte-order mark from the head', async () => {
    const { head, ranking } = await recognize(new Blob(['\uFEFF', FLOW]));
    expect(head.lines).toEqual([FLOW.trimEnd()]);
    expect(ranking[0]?.formatId).toBe('vpc-flow');
  });

  it('says of an empty file that it is empty, compressed or not', async () => {
    expect(await failureOf('')).toContain('The file is empty');
    expect(await failureOf(gzipSync(''))).toContain('The compressed file holds nothing');
    expect(await failureOf('\n\n  \r\n')).toContain('nothing but blank lines');
    expect(await failureOf(new Uint8Array(5000))).toContain('NUL bytes only');
  });

  it.each([
    '[]',
    '{ }\n',
    '{"Records":[]}',
    '{"value": [], "nextLink": null}',
    '{"Events":[],"NextToken":"AbC="}',
    '{"rows":[],"next":null}',
  ])('says of %s that nothing was exported', async (text) => {
    expect(await failureOf(text)).toContain('an empty list: nothing was exported');
  });

  it('does not take a record for an empty export because its own lists are empty', async () => {
    for (const time of ['"2015-03-02T10:20:30Z"', '1425291630123']) {
      const record = `{"when":${time},"rules":[],"tags":[],"request":{"client":"203.0.113.7","headers":[{"name":"Host","value":"a"}]}}`;
      const { ranking } = await recognize(new Blob([record]));
      expect(ranking.map(({ formatId }) => formatId)).toContain('json-table');
    }
    expect(await failureOf('{"rules":[],"tags":[],"request":{"client":"203.0.113.7"}}')).toContain(
      'No known log format',
    );
  });

  it.each([
    [
      'a Route 53 Resolver query log',
      'VPC flow log',
      '{"version":"1.1","vpc_id":"vpc-1","query_timestamp":"2015-03-02T10:20:30Z","query_name":"example.net.","query_type":"A","rcode":"NOERROR","answers":[],"srcaddr":"10.0.0.5","srcport":"51234"}',
    ],
    [
      'GuardDuty findings',
      'CloudTrail',
      '{"schemaVersion":"2.0","type":"UnauthorizedAccess:EC2/SSHBruteForce","service":{"action":{"actionType":"NETWORK_CONNECTION"},"eventFirstSeen":"2015-03-02T10:20:30Z"}}',
    ],
    [
      'GuardDuty findings',
      'CloudTrail',
      '{"Findings":[{"SchemaVersion":"2.0","Service":{"Action":{"ActionType":"AWS_API_CALL"},"EventFirstSeen":"2015-03-02T10:20:30Z"}}]}',
    ],
    [
      'Security Hub findings',
      'CloudTrail',
      '{"Findings":[{"SchemaVersion":"2018-10-08","ProductArn":"arn:aws:securityhub:::product/x","AwsAccountId":"1","GeneratorId":"g","Resources":[{"Id":"i-1"}],"CreatedAt":"2015-03-02T10:20:30Z"}]}',
    ],
    [
      'what Chainsaw detected',
      'Windows events',
      'timestamp,detections,path,Event ID,Record ID,Computer,User,User SID,Event Data\n2015-03-02T10:20:30+00:00,Suspicious Logon,C:\\Security.evtx,4624,123,DC1,bob,S-1-5,"TargetUserName: bob"\n',
    ],
    [
      'an HTTP archive',
      'access log of the server',
      '{"log":{"version":"1.2","creator":{"name":"Firefox"},"entries":[{"startedDateTime":"2015-03-02T10:20:30.123Z","time":40,"request":{"method":"GET","url":"https://example.com/"},"response":{"status":200}}]}}',
    ],
    [
      'an append-only file of Redis',
      'MONITOR',
      '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n',
    ],
  ])('names %s, and what to load instead', async (kind, instead, text) => {
    const failure = await failureOf(text);
    expect(failure).toContain(kind);
    expect(failure).toContain(instead);
    expect(await failureOf(`${text}\n${text}\n`)).toBe(failure);
  });

  it('says of a table that ends with its header that it has no rows', async () => {
    expect(await failureOf('ts,sa,da,sp,dp,pr\n')).toContain('seems to be a header, and no rows');
    expect(await failureOf('"Event Time";"User"\r\n\r\n')).toContain('seems to be a header, and no rows');
    expect(await failureOf('Dear diary, nothing happened.\n')).toContain('No known log format');
  });

  it('says of random bytes that they are binary, whatever the name and container', async () => {
    expect(await failureOf(randomBytes(500_000))).toContain('The file holds binary data');
    expect(await failureOf(gzipSync(randomBytes(500_000)))).toContain(
      'The compressed file holds binary data',
    );
  });

  it.each([
    ['a zip archive', [0x50, 0x4b, 3, 4]],
    ['lz4', [0x04, 0x22, 0x4d, 0x18]],
    ['a 7-Zip archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
    ['an SQLite database', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20]],
    ['a packet capture whose header is damaged', [0xd4, 0xc3, 0xb2, 0xa1]],
    ['a packet capture of Solaris', [0x73, 0x6e, 0x6f, 0x6f, 0x70, 0]],
  ])('names %s and what to do with it', async (kind, magic) => {
    const failure = await failureOf(Uint8Array.from(magic), randomBytes(2000));
    expect(failure).toContain(kind);
    expect(failure).toMatch(/Unpack|Export|Convert|Get the file again/);
  });

  it.each([
    ['a RAR archive', 'Rar!\x1a\x07\x01\0', 'Unpack'],
    ['a Windows cabinet', 'MSCF\0\0\0\0', 'Unpack'],
    ['a virtual disk (VMDK)', 'KDMV\x01\0\0\0', 'Mount'],
    ['a forensic disk image', 'EVF\t\r\n\xff\0\x01', 'Mount'],
    ['a memory image', 'EMiL\x01\0\0\0', 'logs of the machine'],
    ['a Windows registry hive', 'regf\x01\0\0\0', 'event logs'],
    ['a Windows prefetch file', 'MAM\x04\0\0', 'event logs'],
    ['a Windows prefetch file', '\x1e\0\0\0SCCA', 'event logs'],
    ['a Windows shortcut', 'L\0\0\0\x01\x14\x02\0', 'event logs'],
    ['an ESE database', '\x01\x02\x03\x04\xef\xcd\xab\x89', 'event logs'],
    ['an old Office document', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'CSV'],
    ['a spreadsheet', `PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml ... xl/workbook.xml`, 'as CSV'],
    [
      'a spreadsheet',
      `PK\x03\x04${'\0'.repeat(26)}mimetypeapplication/vnd.oasis.opendocument.spreadsheet`,
      'as CSV',
    ],
    ['an Office document', `PK\x03\x04${'\0'.repeat(26)}docProps/app.xml`, 'as CSV'],
    ['an SQLite database', 'SQLite format 3\0', 'CSV'],
    ['a PDF document', '%PDF-1.7', 'logs themselves'],
    ['a MySQL binary log', '\xfebin\x01\x02', 'audit log'],
    ['a data file of MongoDB', '\x41\xd8\x01\0', 'audit log of mongod'],
    ['a write-ahead log of PostgreSQL', `\x13\xd1\x06${'\0'.repeat(31)}\0\x01\0\x20\0\0`, 'pgAudit'],
    ['a snapshot of Redis', 'REDIS0011\xfa', 'MONITOR'],
    ['an index file of Elasticsearch', '\x3f\xd7\x6c\x17', 'slow log'],
  ])('says of %s what it is and what to load instead', async (kind, first, instead) => {
    const failure = await failureOf(
      Uint8Array.from(first, (char) => char.charCodeAt(0)),
      randomBytes(2000),
    );
    expect(failure).toContain(kind);
    expect(failure).toContain(instead);
  });

  it.each([
    ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0, 0x50]],
  ])('says of what only begins as %s that nothing of it could be read', async (kind, magic) => {
    const failure = await failureOf(Uint8Array.from(magic), new Uint8Array(2000).fill(0xff));
    expect(failure).toContain(`Nothing of the ${kind} file could be read`);
    expect(failure).toContain('Get the file again');
  });

  it('does not take a line that begins with BZh for bzip2', async () => {
    expect(await failureOf('BZh7 is a postal code\nmore text\n')).toContain('No known log format');
  });

  it('knows a damaged tar inside gzip by its other mark', async () => {
    const tar = Buffer.alloc(1024);
    tar.write('log.txt');
    tar.write('ustar', 257);
    expect(await failureOf(gzipSync(tar))).toContain(
      'Inside the gzip file is a tar archive whose first header is damaged',
    );
  });

  it('reads the head of a truncated gzip, and says of one cut in its header that nothing is left', async () => {
    const packed = gzipSync(FLOW.repeat(3000));
    const { ranking, head } = await recognize(new Blob([packed.subarray(0, packed.length / 2)]));
    expect(ranking[0]?.formatId).toBe('vpc-flow');
    expect(head.isWhole).toBe(false);
    expect(await failureOf(packed.subarray(0, 12))).toContain('cut off before its end');
  });

  it('shows the first line of text that no format fits', async () => {
    const failure = await failureOf('\nDear diary,\ntoday nothing happened\n');
    expect(failure).toContain('No known log format fits this file. Its first line reads: Dear diary,');
  });

  it('takes a log with a run of NUL bytes for a log', async () => {
    const { ranking } = await recognize(new Blob([FLOW.repeat(10), new Uint8Array(4096), FLOW.repeat(10)]));
    expect(ranking[0]?.formatId).toBe('vpc-flow');
  });
});
