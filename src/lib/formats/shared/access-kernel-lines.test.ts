import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import wasm from 'kernel:access-log';
import { beforeAll, describe, expect, it } from 'vitest';
import { accounted, GatheringSink, parseWith } from '../../../../tests/support/parse';
import { hasSharedData, SHARED_DATA, sharedText } from '../../../../tests/support/shared-data';
import { encodeUtf8 } from '../../base/bytes';
import { TABLE_NAMES } from '../../tables/schemas';
import { accessLog } from '../access-log';
import { AccessKernelLines } from './access-kernel-lines';
import { kernelFor, provideKernel } from './kernels';

const COMMON = '192.0.2.7 - - [20/Feb/2026:10:00:01 +0000] "GET /app?q=1 HTTP/1.1" 200 512';
const COMBINED = `${COMMON} "https://example.org/" "Mozilla/5.0 (X11; Linux x86_64)"`;

/** Small blocks are read without a kernel. */
const SMALL = 1 << 14;

/** All that the lines gave: the kernel is given them in one block, the ordinary parser in small ones. */
function read(text: string, blockBytes?: number): unknown {
  const parsed = parseWith(accessLog, text, { blockBytes });
  // Which line a segment counts its lines from may differ; `line` says the same either way.
  const rows = TABLE_NAMES.map((table) => parsed.rows(table).map((row) => ({ ...row, lineAdjust: 0 })));
  const { rejected, skipped, notes, records } = parsed;
  return { rows, rejected, skipped, notes, records, accounted: accounted(parsed) };
}

/** Behind the lines in question, so that the block is large enough for the kernel. */
const FILLER = `${COMBINED.replace('/app', `/${'p'.repeat(1800)}`)}\n`.repeat(40);

function expectSame(lines: string): void {
  expect(read(lines + FILLER)).toEqual(read(lines + FILLER, SMALL));
}

/** Those of the lines that the kernel itself reads, each tried on its own. */
function takenByKernel(lines: readonly string[]): string[] {
  const module = kernelFor('access-log', Infinity);
  if (!module) throw new Error('there is no kernel');
  return lines.filter((line) => {
    const reader = new AccessKernelLines(module, new GatheringSink());
    const bytes = encodeUtf8(`${line}\n`);
    reader.read(bytes, 0, bytes.length, 0, 1);
    return reader.taken === 1;
  });
}

const mostly = (common: fc.Arbitrary<string>, ...odd: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 10, arbitrary: common }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

const two = (most: number): fc.Arbitrary<string> => fc.nat(most).map((n) => String(n).padStart(2, '0'));
const lone = fc.oneof(fc.ipV4(), fc.ipV4(), fc.ipV6());
const host = fc.constantFrom(
  ...[
    'www.example.org',
    'www.example.org:443',
    'example.org:99999',
    'é:80',
    '-',
    ':80',
    '-:80',
    'h'.repeat(200),
    'a,',
    '"h"',
  ],
);
const client = mostly(
  fc.oneof(
    { weight: 4, arbitrary: lone },
    { weight: 1, arbitrary: fc.tuple(host, lone).map((p) => p.join(' ')) },
  ),
  ...[
    'host.example',
    'www.example:443 192.0.2.1',
    '192.0.2.1, 192.0.2.2',
    '0.0.0.0',
    '1.2.3.4.5',
    '-',
    'unix:',
  ],
);
const user = mostly(
  fc.constantFrom('-', '-', 'alice', 'é', 'a.b@example.org'),
  ...['', '"a b"', '[x]', 'two words', 'u'.repeat(80), '[20/Feb/2026:10:00:01 +0000] "', '--'],
);
const time = mostly(
  fc
    .tuple(two(31), fc.constantFrom('Feb', 'Feb', 'Dec', 'feb'), two(24), two(60), two(61))
    .map(([day, month, hour, minute, second]) => `${day}/${month}/2026:${hour}:${minute}:${second} +0000`),
  ...['20/Feb/2026:10:00:01 -0730', '20/Feb/2026:10:00:01 +9900', '20/Feb/2026:10:00:60 +0000'],
  ...[
    '20/Feb/2026:10:00:01',
    '20/Feb/2026:10:00:01.250 +0000',
    '20/Feb/2026:10:00:01 +000',
    '20/Foo/2026:10:00:01 +0000',
  ],
  ...['20/Feb/2026:10:00:1x +0000', '20/Feb/2026:10:00:x1 +0000', '29/Feb/2026:10:00:01 +0000'],
);
const path = fc.oneof(
  fc.webPath().map((made) => made || '/'),
  fc.constantFrom(
    '/index/_search',
    '/graphql',
    '-',
    '',
    '*',
    '/a b',
    '/a\\"b',
    '/\\\\',
    '/x"y',
    '/é',
    `/${'p'.repeat(3000)}`,
  ),
);
const request = mostly(
  fc
    .tuple(
      fc.constantFrom(
        'GET',
        'GET',
        'POST',
        'HEAD',
        'PUT',
        'DELETE',
        'PROPFIND',
        'get',
        'GE_T',
        'M-SEARCH',
        'G',
      ),
      path,
      fc.constantFrom(' HTTP/1.1', ' HTTP/1.1', ' HTTP/2.0', ' HTTP/2', ' HTTP/1.1 HTTP/1.0', '', ' HTTP/'),
    )
    .map(([method, target, version]) => `${method} ${target}${version}`),
  ...[
    '-',
    '',
    '\\x16\\x03\\x01',
    'GET',
    'GET HTTP/1.1',
    'GET  HTTP/1.1',
    ' HTTP/1.1',
    'ABCDEFGHIJKLMNOPQ /x HTTP/1.1',
  ],
);
const status = mostly(
  fc.integer({ min: 100, max: 599 }).map(String),
  ...['-', '000', '99', '1000', '20x', '', '401', '403', '407', '999'],
);
const size = mostly(
  fc.nat(9_999_999).map(String),
  ...['-', '0', '007', '12345678', '99999999999', '1.5', '', '12a', '-1', '--'],
);
const quoted = mostly(
  fc.string({ unit: fc.constantFrom(...'abc /;()1.é'), maxLength: 40 }),
  ...['-', '', '\\"x\\"', '\\\\', '"', '\\', 'a'.repeat(600)],
).map((text) => `"${text}"`);
const tail = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 6, arbitrary: fc.tuple(quoted, quoted).map((parts) => ` ${parts.join(' ')}`) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        quoted,
        quoted,
        fc.constantFrom(
          '"-"',
          '0.123',
          'rt=0.250 uct="0.1"',
          '12',
          '"198.51.100.1"',
          '- - 1.5',
          'a b c 0.5',
          ' ',
          '1.2.3',
        ),
      )
      .map((parts) => ` ${parts.join(' ')}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(' ', ' "', ' "x"', ' "x" ', ' x "y"', '"x" "y"', ' "x"  "y"', ' 0.25'),
  },
);
const line = fc.oneof(
  {
    weight: 15,
    arbitrary: fc
      .tuple(client, user, time, request, status, size, tail)
      .map(([c, u, t, r, s, b, rest]) => `${c} - ${u} [${t}] "${r}" ${s} ${b}${rest}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        '',
        '   ',
        '# a comment',
        'not a line',
        COMMON.replace(' - - ', ' ident - '),
        COMMON.replace(' - -', ' -'),
      ],
      ...[COMMON.replace('] "', ']  "'), COMMON.slice(0, 60), COMMON.replace(' 200 ', '  200 ')],
      '[20/Feb/2026:10:00:01 +0000] 192.0.2.1 TLSv1.2 ECDHE "GET / HTTP/1.1" 12',
    ),
  },
);

describe('the kernel for access logs', () => {
  beforeAll(() => provideKernel('access-log', wasm));

  it('makes of every line what the ordinary parser makes of it', () => {
    const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', ' \n');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending), { maxLength: 25 }), (lines) =>
        expectSame(lines.map((parts) => parts.join('')).join('')),
      ),
      { numRuns: 100 },
    );
  });

  it('makes of damaged lines what the ordinary parser makes of them', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...' "\\\n\r[]-:/09aé#')), { maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const characters = [...`${COMBINED}\n${COMMON}\n`.repeat(3)];
        for (const [at, character] of changes) characters[at % characters.length] = character;
        expectSame(characters.join(''));
      }),
      { numRuns: 60 },
    );
  });

  it('reads plain lines itself, and leaves the others', () => {
    const plain = [
      COMMON,
      COMBINED,
      `${COMBINED}\r`,
      `${COMBINED} "-"`,
      `${COMBINED} 0.125`,
      `www.example.org:443 ${COMBINED}`,
      `www.example.org ${COMMON}`,
      COMBINED.replace('192.0.2.7', '2001:db8::7').replace(' - - ', ' - alice '),
      COMBINED.replace('GET', 'POST').replace('HTTP/1.1', 'HTTP/2').replace(' 512 ', ' - '),
      COMBINED.replace('/app', '/app\\"x'),
    ];
    expect(takenByKernel(plain)).toEqual(plain);
    expect(takenByKernel([COMMON.replace('200', '2x0'), 'not a line'])).toEqual([]);
  });

  it('says where each row came from when segments fill and lines are left out in between', () => {
    const lines = Array.from({ length: 70_000 }, (_, i) =>
      i % 1000 === 7 ? 'not a record' : COMMON.replace('512', String(i)),
    );
    let offset = 0;
    const expected = lines.flatMap((text, i) => {
      const at = offset;
      offset += text.length + 1;
      return i % 1000 === 7 ? [] : [[at, i + 1, i]];
    });
    const rows = parseWith(accessLog, `${lines.join('\n')}\n`).rows('queries');
    expect(rows.map((row) => [row.offset, row.line, row.bytesReturned])).toEqual(expected);
  });

  it.skipIf(!hasSharedData)('makes of real logs what the ordinary parser makes of them', () => {
    const logs = readdirSync(SHARED_DATA, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(apache|nginx|access)[^/]*(\/[^/]*)*\.log$|apache_logs\/apache_logs$/.test(name))
      .map((name) => sharedText(name))
      .filter((log) => /^\S+ \S+ \S+ \[\d\d\/\w{3}\/\d{4}:/m.test(log));
    expect(logs.length).toBeGreaterThan(5);
    const all = logs.map((log) => (log.endsWith('\n') ? log : `${log}\n`)).join('');
    expect(all.length).toBeGreaterThan(1 << 16);
    expect(read(all)).toEqual(read(all, SMALL));
  });
});
