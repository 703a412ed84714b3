import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import wasm from 'kernel:zeek-conn';
import { beforeAll, describe, expect, it } from 'vitest';
import { accounted, GatheringSink, parseWith } from '../../../../tests/support/parse';
import { hasSharedData, SHARED_DATA, sharedText } from '../../../../tests/support/shared-data';
import { encodeUtf8 } from '../../base/bytes';
import { TABLE_NAMES } from '../../tables/schemas';
import { zeek } from '../zeek';
import { kernelFor, provideKernel } from './kernels';
import { ZeekConnLines } from './zeek-conn-lines';

const NAMES =
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig ' +
  'local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents peer';
const FIELDS = NAMES.split(' ');

/** Values that are all plain, by field. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ts: '1771545600.000001', uid: 'C1', 'id.orig_h': '198.51.100.7', 'id.orig_p': '40000' },
  ...{ 'id.resp_h': '10.0.0.5', 'id.resp_p': '443', proto: 'tcp', service: 'ssl', duration: '0.250000' },
  ...{ orig_bytes: '100', resp_bytes: '2000', conn_state: 'SF', local_orig: '-', local_resp: '-' },
  ...{ missed_bytes: '0', history: 'ShADadFf', orig_pkts: '5', orig_ip_bytes: '320', resp_pkts: '6' },
  ...{ resp_ip_bytes: '2300', tunnel_parents: '(empty)', peer: 'worker-1' },
};

interface Shape {
  readonly fields: readonly string[];
  readonly separator: string;
  readonly unset: string;
  readonly empty: string;
}

const STANDARD: Shape = { fields: FIELDS, separator: '\t', unset: '-', empty: '(empty)' };

function headerOf({ fields, separator, unset, empty }: Shape): string {
  const code = separator.charCodeAt(0).toString(16).padStart(2, '0');
  return [
    `#separator \\x${code}`,
    `#empty_field${separator}${empty}`,
    `#unset_field${separator}${unset}`,
    `#path${separator}conn`,
    `#fields${separator}${fields.join(separator)}`,
    '',
  ].join('\n');
}

const lineOf = ({ fields, separator }: Shape, values: Readonly<Record<string, string>>): string =>
  fields.map((field) => values[field] ?? '-').join(separator);

/** All that the lines gave: the kernel is given them in one block, the ordinary parser in small ones. */
function read(text: string, blockBytes?: number): unknown {
  const parsed = parseWith(zeek, text, { blockBytes });
  // Which line a segment counts its lines from may differ; `line` says the same either way.
  const rows = TABLE_NAMES.map((table) => parsed.rows(table).map((row) => ({ ...row, lineAdjust: 0 })));
  const { rejected, skipped, notes, records } = parsed;
  return { rows, rejected, skipped, notes, records, accounted: accounted(parsed) };
}

const SMALL = 1 << 14;

/** Behind the lines in question, so that the block is large enough for the kernel. */
const LONG = { ...PLAIN, uid: 'C'.repeat(2000), peer: 'w'.repeat(2000) };

function expectSame(shape: Shape, lines: string): void {
  const filler = `${lineOf(shape, LONG)}\n`;
  const text = `${headerOf(shape)}${lines}${filler.repeat(Math.ceil((1 << 16) / filler.length))}`;
  expect(read(text)).toEqual(read(text, SMALL));
}

/** How many of the lines the kernel itself reads, each tried on its own. */
function takenByKernel(shape: Shape, lines: readonly string[]): number {
  const module = kernelFor('zeek-conn', Infinity);
  if (!module) throw new Error('there is no kernel');
  return lines.filter((line) => {
    const reader = new ZeekConnLines(module, new GatheringSink());
    const { fields, separator, unset, empty } = shape;
    reader.use({ fields, unset, empty, path: 'conn', separator: encodeUtf8(separator) });
    const bytes = encodeUtf8(`${line}\n`);
    reader.read(bytes, 0, bytes.length, 0, 1);
    return reader.taken === 1;
  }).length;
}

const oddly = (common: fc.Arbitrary<string>, ...odd: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: common }, { weight: 1, arbitrary: fc.constantFrom('-', '', ...odd) });
const digits = (least: number, most: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: least, maxLength: most });
const decimal = (least: number, most: number): fc.Arbitrary<string> =>
  fc.tuple(digits(least, most), digits(6, 6)).map((parts) => parts.join('.'));
const address = oddly(
  fc.oneof(fc.ipV4(), fc.ipV4(), fc.ipV6()),
  ...[
    '0.0.0.0',
    '1.2.3',
    '256.1.1.1',
    '010.1.002.3',
    '1.2.3.4x',
    '1.2.3.4 ',
    'fe80::1%eth0',
    '::ffff:1.2.3.4',
  ],
);
const count = oddly(digits(1, 16), '(empty)', '12a', '-1', '1.5', '1e3', '9007199254740993', ' 7');
const port = oddly(fc.nat(70_000).map(String), '080', '1x', '65536', '4294967297');

const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ts: oddly(
    decimal(10, 10),
    ...['19.980000', '1771545600', '1771545600.0000019', '9007199254.740993', '2026-02-20T00:00:00Z', 'ts'],
  ),
  'id.orig_h': address,
  'id.resp_h': address,
  'id.orig_p': port,
  'id.resp_p': port,
  proto: oddly(fc.constantFrom('tcp', 'udp', 'icmp', 'unknown_transport', '6', 'sctp'), 'TCP', '\\x41'),
  duration: oddly(decimal(1, 8), '3', '.500000', '0.5', '123456789.000001', '1.000000e', '-1.000000'),
  conn_state: oddly(fc.constantFrom('SF', 'S0', 'REJ', 'OTH', 'RSTOS0', 'constructor'), 'S\\x46'),
  history: oddly(fc.string({ unit: fc.constantFrom(...'ShADadFfRr^'), maxLength: 70 }), '\\x09'),
  peer: oddly(fc.constantFrom('worker-1', 'bro', 'é', 'a long name of a sensor'), 'a\\x09b', '\\\\'),
  ...Object.fromEntries(
    ['orig_bytes', 'resp_bytes', 'orig_ip_bytes', 'resp_ip_bytes', 'orig_pkts', 'resp_pkts'].map((field) => [
      field,
      count,
    ]),
  ),
};

const shape: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(STANDARD) },
  {
    weight: 2,
    arbitrary: fc.record({
      fields: fc.shuffledSubarray(FIELDS, { minLength: 6 }),
      separator: fc.constantFrom('\t', ' ', ',', '|', '\x01', '1'),
      unset: fc.constantFrom('-', '', 'NULL', 'notset__', 'not set at all', '0'),
      empty: fc.constantFrom('(empty)', 'EMPTY', ''),
    }),
  },
);

const logOf = (given: Shape): fc.Arbitrary<{ given: Shape; lines: string }> => {
  const values = fc.record(
    Object.fromEntries(
      given.fields.map((field) => [
        field,
        fc.oneof(
          { weight: 20, arbitrary: VALUES[field] ?? fc.constant(PLAIN[field] ?? '-') },
          { weight: 1, arbitrary: fc.constantFrom(given.unset, given.empty) },
        ),
      ]),
    ),
  );
  const line = fc.oneof(
    { weight: 12, arbitrary: values.map((made) => lineOf(given, made)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...['', '  ', '# a comment', '#close', 'ts\tuid\tid.orig_h', lineOf(given, PLAIN).slice(0, 40)],
        ...[`${lineOf(given, PLAIN)}${given.separator}x`, `${headerOf(STANDARD)}${lineOf(STANDARD, PLAIN)}`],
        ...[given.separator.repeat(400), 'x'.repeat(700)],
      ),
    },
  );
  return fc
    .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\n', '\r\n')), { maxLength: 25 }))
    .map(([made]) => ({ given, lines: made.map((parts) => parts.join('')).join('') }));
};

describe('the kernel for conn.log', () => {
  beforeAll(() => provideKernel('zeek-conn', wasm));

  it('makes of every line what the ordinary parser makes of it, whatever the header says', () => {
    fc.assert(
      fc.property(shape.chain(logOf), ({ given, lines }) => expectSame(given, lines)),
      { numRuns: 150 },
    );
  });

  it('makes of damaged lines what the ordinary parser makes of them', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'\t\t\n\r#.-:09aé\\')), { maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const characters = [...`${lineOf(STANDARD, PLAIN)}\n`.repeat(5)];
        for (const [at, character] of changes) characters[at % characters.length] = character;
        expectSame(STANDARD, characters.join(''));
      }),
      { numRuns: 100 },
    );
  });

  it('reads plain lines itself, and leaves the others', () => {
    const changes: Readonly<Record<string, string>>[] = [
      {},
      { duration: '-', orig_bytes: '-', resp_bytes: '-', history: '-', peer: '-' },
      { 'id.orig_h': 'fe80::1', 'id.resp_h': 'ff02::16', proto: 'icmp', history: '-' },
      { orig_ip_bytes: '-', resp_ip_bytes: '-', orig_bytes: '123456789012345' },
      { 'id.orig_h': '0.0.0.0', 'id.resp_h': '255.255.255.255', proto: 'udp' },
    ];
    const plain = changes.map((values) => lineOf(STANDARD, { ...PLAIN, ...values }));
    expect(takenByKernel(STANDARD, plain)).toBe(plain.length);
    expect(takenByKernel(STANDARD, [lineOf(STANDARD, { ...PLAIN, orig_pkts: 'x' })])).toBe(0);
  });

  it('says where each row came from when segments fill and lines are left out in between', () => {
    const lines = Array.from({ length: 70_000 }, (_, i) =>
      i % 1000 === 7 ? 'not a record' : lineOf(STANDARD, { ...PLAIN, 'id.orig_p': String(1 + (i % 60_000)) }),
    );
    const header = headerOf(STANDARD);
    const headerLines = header.split('\n').length - 1;
    let offset = header.length;
    const expected = lines.flatMap((text, i) => {
      const at = offset;
      offset += text.length + 1;
      return i % 1000 === 7 ? [] : [[at, headerLines + i + 1, 1 + (i % 60_000)]];
    });
    const rows = parseWith(zeek, `${header}${lines.join('\n')}\n`).rows('flows');
    expect(rows.map((row) => [row.offset, row.line, row.srcPort])).toEqual(expected);
  });

  it.skipIf(!hasSharedData)(
    'makes of the logs of Zeek’s own tests what the ordinary parser makes of them',
    () => {
      const folder = 'zeek-btest';
      const logs = readdirSync(join(SHARED_DATA, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /(^|\/)conn[^/]*\.log$/.test(name))
        .map((name) => sharedText(join(folder, name)));
      expect(logs.length).toBeGreaterThan(20);
      const all = logs.map((log) => (log.endsWith('\n') ? log : `${log}\n`)).join('');
      const text = all.repeat(Math.ceil((1 << 16) / all.length));
      expect(read(text)).toEqual(read(text, SMALL));
    },
  );
});
