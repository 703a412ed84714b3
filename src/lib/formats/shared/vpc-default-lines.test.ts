import fc from 'fast-check';
import wasm from 'kernel:vpc-flow';
import { beforeAll, describe, expect, it } from 'vitest';
import { accounted, parseWith, type Parsed } from '../../../../tests/support/parse';
import { vpcFlow } from '../vpc-flow';
import { kernelFor, provideKernel } from './kernels';

/** Two blanks between fields are a record too, but none that the fast path takes: such lines show what the slow one makes of them. */
const slow = (line: string): string => line.replace(' ', '  ');
const HEAD =
  '2 123456789010 eni-0a1b2c3d4e5f60001 192.0.2.1 192.0.2.2 1 2 6 3 4 1700000000 1700000060 ACCEPT OK';

/** Lines far enough from the end of the block for the fast path in TypeScript, and in a block large enough for the kernel. */
function parse(lines: readonly string[]): Parsed {
  const filler = Array.from({ length: 700 }, (_, i) => (i < 12 ? slow(HEAD) : HEAD));
  return parseWith(vpcFlow, `${[HEAD, HEAD, ...lines, ...filler].join('\n')}\n`);
}

function comparable(parsed: Parsed): unknown {
  const rows = parsed
    .rows('flows')
    .slice(0, -600)
    .map((row) => ({ ...row, offset: 0 }));
  return { rows, rejected: parsed.rejected, skipped: parsed.skipped };
}

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '-',
    '0.0.0.0',
    '255.255.255.255',
    '010.1.002.3',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4x',
  ),
);
const number = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.nat(most).map(String),
    fc.nat(most).map(String),
    fc.constantFrom(
      '-',
      '',
      '0',
      '007',
      '65536',
      '256',
      '99999999',
      '100000000',
      '4294967296',
      '1e3',
      '-1',
      '12a',
    ),
  );
const second = fc.oneof(
  fc.integer({ min: 1_699_999_900, max: 1_700_000_200 }).map(String),
  fc.constantFrom(
    '-',
    '0',
    '999999999',
    '1700000000000',
    '9007199254',
    '9007199255',
    '17000000x0',
    '170000000 0',
  ),
);
const line = fc
  .tuple(
    fc.constantFrom('2', '2', '2', '10', '-', 'version', '2x'),
    fc.constantFrom('123456789010', '123456789010', '999999999999', '-', '1'),
    fc.constantFrom(
      'eni-0a1b2c3d4e5f60001',
      'eni-0a1b2c3d4e5f60002',
      'eni-11223344',
      '-',
      'é',
      'e'.repeat(90),
    ),
    address,
    address,
    number(65_535),
    number(65_535),
    number(255),
    number(5_000_000),
    number(2_000_000_000),
    second,
    second,
    fc.constantFrom('ACCEPT', 'REJECT', 'ACCEPT', 'REJECT', '-', 'ACCEPTED', 'REJEKT', 'accept'),
    fc.constantFrom('OK', 'OK', 'OK', 'NODATA', 'SKIPDATA', '-', 'OKAY', 'OK extra', 'OK\r', 'OK ', 'O'),
  )
  .map((fields) => fields.join(' '));

describe.each(['in TypeScript', 'in WebAssembly'])('the fast path for default lines %s', (language) => {
  beforeAll(() => {
    if (language === 'in WebAssembly') provideKernel('vpc-flow', wasm);
    expect(kernelFor('vpc-flow', 1 << 16) !== undefined).toBe(language === 'in WebAssembly');
  });

  it('makes of every line what the general reader makes of it', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
        const fast = parse(lines);
        const general = parse(lines.map(slow));
        const texts = (parsed: Parsed): unknown =>
          JSON.parse(JSON.stringify(comparable(parsed)).replaceAll('  ', ' '));
        expect(texts(fast)).toEqual(texts(general));
        expect(accounted(fast)).toBe(accounted(general));
      }),
      { numRuns: 300 },
    );
  });

  it('says where each row came from when segments fill and lines are left out in between', () => {
    const lines = Array.from({ length: 70_000 }, (_, i) =>
      i % 1000 === 7 ? 'not a record' : HEAD.replace(' 1 2 ', ` ${1 + (i % 60_000)} ${i % 7} `),
    );
    const rows = parseWith(vpcFlow, `${lines.join('\n')}\n`).rows('flows');
    let offset = 0;
    const expected = lines.flatMap((text, i) => {
      const at = offset;
      offset += text.length + 1;
      return i % 1000 === 7 ? [] : [[at, i + 1, 1 + (i % 60_000)]];
    });
    expect(rows.map((row) => [row.offset, row.line, row.srcPort])).toEqual(expected);
  });

  it('keeps addresses apart that share a place in the table of known ones', () => {
    const words = Array.from({ length: 1 << 20 }, (_, i) => 0x0a000000 + i).filter(
      (word) => Math.imul(word, 0x9e3779b1) >>> 17 === 5,
    );
    const known = words
      .slice(0, 12)
      .map((word) => `10.${(word >> 16) & 255}.${(word >> 8) & 255}.${word & 255}`);
    expect(new Set(known).size).toBe(12);
    const lines = [...known, ...known, ...known].map((text) => HEAD.replace('192.0.2.1', text));
    const sources = parse(lines)
      .rows('flows')
      .map(({ srcAddr }) => srcAddr);
    expect(sources.slice(2, 2 + lines.length)).toEqual([...known, ...known, ...known]);
  });
});
