import { parseRange } from './parse-range';
import { wholeRange } from './plan';
import { recognize } from './recognize';

/** A megabyte or two of each: less leaves loops that the JavaScript engine has not compiled, more brings nothing that could be measured. */
const LINES = 12_000;
const SLICE_BYTES = 256 * 1024;

const USERS = ['root', 'admin', 'oracle', 'ubuntu', 'test'];
const PATHS = ['/', '/login', '/api/items?page=2', '/static/app.js'];
/** What other programs than sshd write to syslog. */
const OTHERS = [
  'CRON[77]: (root) CMD (true)',
  'systemd[1]: Started Session 7 of User root.',
  'sudo:      ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/systemctl status app',
  'sshd[77]: Invalid user test from 198.18.0.77 port 50022',
];
const START_SECOND = 1_767_225_600;

interface MadeUp {
  readonly header?: string;
  readonly line: (index: number) => string;
}

/** Of the formats that are read by a kernel, lines that use it. Addresses are those for documentation (RFC 5737) and for benchmarks (RFC 2544). */
const SAMPLES: readonly MadeUp[] = [
  {
    line: (i) =>
      `2 123456789010 eni-0a1b2c3d4e5f6${1000 + (i % 16)} ${actor(i)} 192.0.2.13 ${port(i)} 443 6 ${1 + (i % 40)} ${40 + (i % 60_000)} ${START_SECOND + i} ${START_SECOND + i + 59} ${i % 3 === 0 ? 'REJECT' : 'ACCEPT'} OK`,
  },
  {
    line: (i) =>
      `Mar 10 06:${two(i >> 4)}:${two(i)} host sshd[${1000 + i}]: Failed password for ${i % 2 === 0 ? 'invalid user ' : ''}${USERS[i % USERS.length]} from ${actor(i)} port ${port(i)} ssh2`,
  },
  {
    line: (i) =>
      `2026-03-10T06:${two(i >> 4)}:${two(i)}.${100_000 + i}+00:00 host ${OTHERS[i % OTHERS.length]}`,
  },
  {
    header:
      '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n' +
      '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n',
    line: (i) =>
      `${START_SECOND + i}.${100_000 + i}\tC${i}\t${actor(i)}\t${port(i)}\t192.0.2.13\t443\ttcp\t-\t${i % 90}.5\t${i}\t${2 * i}\tSF\tShADadFf\t${1 + (i % 80)}\t${i + 320}\t7\t4000`,
  },
  {
    line: (i) =>
      `${actor(i)} - - [10/Mar/2026:06:${two(i >> 4)}:${two(i)} +0000] "GET ${PATHS[i % PATHS.length]} HTTP/1.1" ${i % 4 === 0 ? 404 : 200} ${100 + i} "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
  },
];

function actor(index: number): string {
  return `198.18.${(index >> 6) & 255}.${1 + (index % 250)}`;
}

function port(index: number): number {
  return 1024 + ((index * 7919) % 60_000);
}

function two(value: number): string {
  return String(value % 60).padStart(2, '0');
}

/**
 * Reads made-up lines and forgets them. In a worker that has just started all code runs slowly until the engine has compiled it, which costs the
 * first file up to a sixth of its time; a worker that waits for a file can have that behind it. Throws `Cancelled`.
 */
export async function runIn(signal: AbortSignal): Promise<void> {
  for (const { header = '', line } of SAMPLES) {
    const blob = new Blob([header, Array.from({ length: LINES }, (_, i) => line(i)).join('\n'), '\n']);
    const { container, head, ranking } = await recognize(blob);
    const formatId = ranking[0]?.formatId;
    if (formatId === undefined) continue;
    const range = wholeRange(blob.size);
    await parseRange({ blob, container, formatId, head, options: {}, range }, IGNORED, signal, {
      sliceBytes: SLICE_BYTES,
    });
  }
}

const IGNORED = { onSegment: () => undefined, onProgress: () => undefined };
