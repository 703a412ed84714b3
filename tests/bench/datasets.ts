import { createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom, randomInt, type Random } from '../../src/lib/base/random';
import { JSON_RECORDS, type JsonRecords } from './json-records';
import { iso, outside, pad, START, type MakeRow, type Row } from './rows';

export type DatasetName =
  | JsonRecords
  | 'vpc'
  | 'sshd'
  | 'sshd-iso'
  | 'syslog'
  | 'postgres'
  | 'zeek'
  | 'access'
  | 'cloudtrail'
  | 'es-audit'
  | 'eve'
  | 'zeek-json';

/** What every contender must answer before its time counts. Numbers that only a full parse of every column can give. */
export interface Expected {
  readonly rows: number;
  /** Sum of the size column (bytes, status, …), exact. */
  readonly sum: number;
  /** Rows for which a text column holds a given value. */
  readonly matches: number;
}

export interface Dataset {
  readonly name: DatasetName;
  readonly path: string;
  readonly sizeBytes: number;
  readonly expected: Expected;
}

const OUT = join('tests', 'bench', 'out');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function syslogTime(second: number): string {
  const date = new Date(second * 1000);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** As rsyslog writes times by default in newer distributions. */
function rfc3339(random: Random, second: number): string {
  return `${iso(second).slice(0, 19)}.${String(randomInt(random, 0, 999_999)).padStart(6, '0')}+00:00`;
}

function sshdRow(random: Random, clock: string): Row {
  const isMatch = random() < 0.6;
  const port = randomInt(random, 1024, 65535);
  const user = ['root', 'admin', 'oracle', 'test', 'ubuntu'][randomInt(random, 0, 4)];
  const text = isMatch
    ? `Failed password for ${user === 'root' ? 'root' : `invalid user ${user}`} from ${outside(random)} port ${port} ssh2`
    : `Invalid user ${user} from ${outside(random)} port ${port}`;
  return { line: `${clock} log-3 sshd[${randomInt(random, 1000, 60000)}]: ${text}`, size: port, isMatch };
}

/** What else stands in a machine's syslog. */
function otherRow(random: Random, clock: string): Row {
  const pid = randomInt(random, 1000, 60000);
  const texts = [
    `CRON[${pid}]: (root) CMD (cd / && run-parts --report /etc/cron.hourly)`,
    `CRON[${pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)`,
    `systemd[1]: Started Session ${pid} of User root.`,
    `kernel: [${pid}.123456] TCP: request_sock_TCP: Possible SYN flooding on port 9200. Sending cookies.`,
    `sudo:      ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/systemctl status app-${pid % 9}`,
  ];
  const line = `${clock} log-3 ${texts[randomInt(random, 0, texts.length - 1)]}`;
  return { line, size: 0, isMatch: false, isOther: true };
}

const OF_JSON_RECORDS = Object.fromEntries(
  Object.entries(JSON_RECORDS).map(([name, row]) => [name, { header: '', row }]),
) as Record<JsonRecords, { header: string; row: MakeRow }>;

const GENERATORS: Record<DatasetName, { header: string; row: MakeRow }> = {
  ...OF_JSON_RECORDS,
  vpc: {
    header: '',
    row: (random, index) => {
      const at = START + Math.floor(index / 40);
      const packets = randomInt(random, 1, 40);
      const size = packets * randomInt(random, 40, 1500);
      const isMatch = random() < 0.7;
      const [a, b] = random() < 0.5 ? [outside(random), '10.20.0.13'] : ['10.20.0.13', outside(random)];
      const eni = `eni-0a1b2c3d4e5f6${String(randomInt(random, 1000, 1015))}`;
      return {
        line: `2 123456789010 ${eni} ${a} ${b} ${randomInt(random, 1024, 65535)} ${[22, 443, 9200, 5601][randomInt(random, 0, 3)]} 6 ${packets} ${size} ${at} ${at + randomInt(random, 1, 59)} ${isMatch ? 'ACCEPT' : 'REJECT'} OK`,
        size,
        isMatch,
      };
    },
  },
  sshd: {
    header: '',
    row: (random, index) => sshdRow(random, syslogTime(START + Math.floor(index / 5))),
  },
  'sshd-iso': {
    header: '',
    row: (random, index) => sshdRow(random, rfc3339(random, START + Math.floor(index / 5))),
  },
  syslog: {
    header: '',
    row: (random, index) => {
      const clock = syslogTime(START + Math.floor(index / 5));
      return random() < 0.5 ? sshdRow(random, clock) : otherRow(random, clock);
    },
  },
  postgres: {
    header: '',
    row: (random, index) => {
      const date = iso(START + Math.floor(index / 20));
      const isMatch = random() < 0.7;
      const micros = randomInt(random, 100, 90_000);
      const milliseconds = `${Math.floor(micros / 1000)}.${String(micros % 1000).padStart(3, '0')}`;
      const id = randomInt(random, 1, 90_000);
      const statement = isMatch
        ? `SELECT id, name\n\tFROM customers\n\tWHERE id = ${id}`
        : `UPDATE customers SET seen = now() WHERE id = ${id}`;
      return {
        line: `${date.slice(0, 10)} ${date.slice(11, 19)}.${String(index % 1000).padStart(3, '0')} UTC [${randomInt(random, 100, 140)}] app@crm LOG:  duration: ${milliseconds} ms  statement: ${statement}`,
        size: micros,
        isMatch,
      };
    },
  },
  zeek: {
    header:
      '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n' +
      '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n' +
      '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]\n',
    row: (random, index) => {
      const size = randomInt(random, 0, 90_000);
      const isMatch = random() < 0.7;
      return {
        line: [
          `${START + Math.floor(index / 40)}.${String(randomInt(random, 0, 999_999)).padStart(6, '0')}`,
          `C${Math.floor(random() * 1e15).toString(36)}`,
          outside(random),
          randomInt(random, 1024, 65535),
          '10.20.0.13',
          [22, 443, 9200][randomInt(random, 0, 2)],
          'tcp',
          '-',
          `${randomInt(random, 0, 90)}.${String(randomInt(random, 0, 999_999)).padStart(6, '0')}`,
          size,
          randomInt(random, 0, 90_000),
          isMatch ? 'SF' : 'REJ',
          '-\t-\t0',
          isMatch ? 'ShADadFf' : 'Sr',
          randomInt(random, 1, 80),
          size + 320,
          randomInt(random, 1, 80),
          4000,
          '-',
        ].join('\t'),
        // Bytes on the wire (orig_ip_bytes), as all flows have them.
        size: size + 320,
        isMatch,
      };
    },
  },
  access: {
    header: '',
    row: (random, index) => {
      const date = new Date((START + Math.floor(index / 20)) * 1000);
      const size = randomInt(random, 100, 60_000);
      const isMatch = random() < 0.8;
      const clock = `${pad(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} +0000`;
      return {
        line: `${outside(random)} - - [${clock}] "GET /app/page-${randomInt(random, 1, 400)}?q=${randomInt(random, 1, 9)} HTTP/1.1" ${isMatch ? 200 : 404} ${size} "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`,
        size,
        isMatch,
      };
    },
  },
  cloudtrail: {
    header: '',
    row: (random, index) => {
      const size = randomInt(random, 100, 99_000);
      const isMatch = random() < 0.5;
      return {
        line: JSON.stringify({
          eventVersion: '1.08',
          userIdentity: {
            type: 'IAMUser',
            principalId: 'AIDAEXAMPLE',
            arn: 'arn:aws:iam::123456789010:user/ops',
            accountId: '123456789010',
            userName: 'ops',
          },
          eventTime: `${iso(START + Math.floor(index / 5)).slice(0, 19)}Z`,
          eventSource: 's3.amazonaws.com',
          eventName: isMatch ? 'GetObject' : 'ListObjects',
          awsRegion: 'us-east-1',
          sourceIPAddress: outside(random),
          userAgent: 'aws-cli/2.15',
          requestParameters: { bucketName: 'app-logs', key: `2026/${randomInt(random, 1, 500)}.json` },
          responseElements: null,
          additionalEventData: { bytesTransferredOut: size },
          eventID: `${index}-aaaa-bbbb-cccc`,
          readOnly: true,
          eventType: 'AwsApiCall',
        }),
        size,
        isMatch,
      };
    },
  },
  'es-audit': {
    header: '',
    row: (random, index) => {
      const port = randomInt(random, 1024, 65535);
      const isMatch = random() < 0.5;
      return {
        line: JSON.stringify({
          type: 'audit',
          timestamp: iso(START + Math.floor(index / 5))
            .replace('.', ',')
            .replace('Z', '+0000'),
          'node.name': 'log-3',
          'event.type': 'transport',
          'event.action': 'access_granted',
          'authentication.type': 'ANONYMOUS',
          'user.name': '_anonymous',
          'origin.type': 'rest',
          'origin.address': `${outside(random)}:${port}`,
          'request.id': `r${index}`,
          action: isMatch ? 'indices:data/read/search' : 'cluster:monitor/main',
          'request.name': 'SearchRequest',
          indices: ['app-logs'],
        }),
        size: port,
        isMatch,
      };
    },
  },
  eve: {
    header: '',
    row: (random, index) => {
      const size = randomInt(random, 60, 90_000);
      const isMatch = random() < 0.7;
      const at = START + Math.floor(index / 40);
      const stamp = (second: number): string =>
        `${iso(second).slice(0, 20)}${String(randomInt(random, 0, 999_999)).padStart(6, '0')}+0000`;
      return {
        line: JSON.stringify({
          timestamp: stamp(at + 60),
          flow_id: randomInt(random, 1, 2_000_000_000),
          in_iface: 'eth0',
          event_type: 'flow',
          src_ip: outside(random),
          src_port: randomInt(random, 1024, 65535),
          dest_ip: '10.20.0.13',
          dest_port: [22, 443, 9200][randomInt(random, 0, 2)],
          proto: 'TCP',
          app_proto: 'http',
          flow: {
            pkts_toserver: randomInt(random, 1, 80),
            pkts_toclient: randomInt(random, 1, 80),
            bytes_toserver: size,
            bytes_toclient: randomInt(random, 60, 90_000),
            start: stamp(at),
            end: stamp(at + 30),
            age: 30,
            state: 'closed',
            reason: 'timeout',
            alerted: false,
          },
          tcp: {
            tcp_flags: isMatch ? '1b' : '16',
            tcp_flags_ts: isMatch ? '1b' : '02',
            tcp_flags_tc: isMatch ? '1b' : '14',
            syn: true,
            ack: true,
            state: 'closed',
          },
        }),
        size,
        isMatch,
      };
    },
  },
  'zeek-json': {
    header: '',
    row: (random, index) => {
      const size = randomInt(random, 0, 90_000);
      const isMatch = random() < 0.7;
      return {
        line: JSON.stringify({
          ts: Number(
            `${START + Math.floor(index / 40)}.${String(randomInt(random, 0, 999_999)).padStart(6, '0')}`,
          ),
          uid: `C${Math.floor(random() * 1e15).toString(36)}abcdefgh`.slice(0, 18),
          'id.orig_h': outside(random),
          'id.orig_p': randomInt(random, 1024, 65535),
          'id.resp_h': '10.20.0.13',
          'id.resp_p': [22, 443, 9200][randomInt(random, 0, 2)],
          proto: 'tcp',
          duration: Number(
            `${randomInt(random, 0, 90)}.${String(randomInt(random, 0, 999_999)).padStart(6, '0')}`,
          ),
          orig_bytes: size,
          resp_bytes: randomInt(random, 0, 90_000),
          conn_state: isMatch ? 'SF' : 'REJ',
          missed_bytes: 0,
          history: isMatch ? 'ShADadFf' : 'Sr',
          orig_pkts: randomInt(random, 1, 80),
          orig_ip_bytes: size + 320,
          resp_pkts: randomInt(random, 1, 80),
          resp_ip_bytes: 4000,
        }),
        size: size + 320,
        isMatch,
      };
    },
  },
};

/** Writes (or finds) a data set of `rows` records. Seeded: the same rows on every machine. */
export async function dataset(name: DatasetName, rows: number): Promise<Dataset> {
  await mkdir(OUT, { recursive: true });
  const path = join(OUT, `${name}-${rows}.log`);
  const { header, row } = GENERATORS[name];
  const random = seededRandom(20260220);
  const isThere = existsSync(path);
  const stream = isThere ? null : createWriteStream(path);
  if (header) stream?.write(header);
  let sum = 0;
  let matches = 0;
  let counted = 0;
  let block: string[] = [];
  for (let index = 0; index < rows; index++) {
    const made = row(random, index);
    sum += made.size;
    if (!made.isOther) counted += 1;
    if (made.isMatch) matches += 1;
    block.push(made.line);
    if (block.length === 5000 || index === rows - 1) {
      if (stream && !stream.write(`${block.join('\n')}\n`))
        await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
      block = [];
    }
  }
  if (stream) await new Promise<void>((resolve) => stream.end(() => resolve()));
  return { name, path, sizeBytes: statSync(path).size, expected: { rows: counted, sum, matches } };
}

/** As many small files, each with some hundred lines of one of two formats. */
export async function smallFiles(
  count: number,
): Promise<{ readonly paths: readonly string[]; readonly rows: number }> {
  const folder = join(OUT, 'small');
  await mkdir(folder, { recursive: true });
  const random = seededRandom(20260310);
  const paths: string[] = [];
  let rows = 0;
  for (let file = 0; file < count; file++) {
    const { row } = GENERATORS[file % 2 === 0 ? 'vpc' : 'sshd'];
    const lines = Array.from(
      { length: randomInt(random, 100, 900) },
      (_, i) => row(random, file * 1000 + i).line,
    );
    const path = join(folder, `host-${file}.log`);
    await writeFile(path, `${lines.join('\n')}\n`);
    paths.push(path);
    rows += lines.length;
  }
  return { paths, rows };
}
