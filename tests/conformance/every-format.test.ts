import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../src/lib/formats/format';
import { FORMATS } from '../../src/lib/formats/registry';
import { recognize } from '../../src/lib/ingest/recognize';
import { eventFile, EVENTS } from '../fixtures/windows-evtx/event-file';
import { MIXED, pcapFile, pcapngFile } from '../fixtures/pcap/captures';
import { journalFile, LOGINS } from '../fixtures/systemd-journal/records';
import { flowLog } from '../fixtures/vpc-flow-parquet/flow-log';
import { BTMP, UNSURE, utmpFile, WTMP } from '../fixtures/wtmp/records';
import { readingOf } from './reading';

const FIXTURES = 'tests/fixtures';

/** Fixtures that other formats are surer of: no header tells this table; that one holds Windows events. */
const ELSEWHERE = new Set(['csv/no-header.csv', 'csv/sentinel-signins.csv']);

/** Fixtures of formats whose files are no text: made, not kept. */
const MADE: Readonly<Record<string, () => readonly Uint8Array<ArrayBuffer>[]>> = {
  'vpc-flow-parquet': () => [new Uint8Array(flowLog())],
  pcap: () => [
    pcapFile(MIXED),
    pcapFile(MIXED, { isBig: true, isNano: true }),
    pcapngFile(MIXED),
    pcapngFile(MIXED, { isBig: true, interfaces: [{ name: 'eth0', resolution: 9 }] }),
  ],
  wtmp: () => [utmpFile(WTMP), utmpFile(WTMP, { isWide: true }), utmpFile(WTMP, { isBig: true })],
  btmp: () => [utmpFile(BTMP), utmpFile(BTMP, { isWide: true, isBig: true })],
  utmp: () => [utmpFile(UNSURE)],
  'windows-evtx': () => [eventFile([...EVENTS, ...EVENTS], { perChunk: 6 })],
  'systemd-journal': () => [
    journalFile(LOGINS),
    journalFile(LOGINS, { isCompact: true, state: 1, roomBytes: 64 }),
  ],
};

/** A format's fixtures by name. */
function fixturesOf(format: Format): Map<string, Uint8Array<ArrayBuffer>> {
  const made = MADE[format.id]?.();
  if (made) return new Map(made.map((bytes, i) => [`made ${i}`, bytes]));
  const names = readdirSync(`${FIXTURES}/${format.id}`).filter((name) => name !== 'ORIGIN.md');
  return new Map(
    names.map((name) => [name, new Uint8Array(readFileSync(`${FIXTURES}/${format.id}/${name}`))]),
  );
}

interface Change {
  readonly at: number;
  readonly cut: number;
  readonly insert: Uint8Array;
  readonly repeat: boolean;
}

/** Damage as disks, editors, merges and attackers do it: cut out, put in, repeat, overwrite. */
const damage = fc.array(
  fc.record({
    at: fc.nat(1 << 16),
    cut: fc.nat(40),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom(
          '\n',
          '\r',
          '\0',
          '"',
          '\\',
          '{',
          '}',
          ',',
          '\t',
          '-',
          '1e999',
          '\uFEFF',
          '::',
          "'",
          '[',
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
    repeat: fc.boolean(),
  }),
  { maxLength: 6 },
);

function damaged(bytes: Uint8Array, changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  let all = Buffer.from(bytes);
  for (const { at, cut, insert, repeat } of changes) {
    const start = at % (all.length + 1);
    const end = repeat ? start : Math.min(all.length, start + cut);
    const again = repeat ? all.subarray(start, start + cut * 4) : [];
    all = Buffer.concat([all.subarray(0, start), insert, Buffer.from(again), all.subarray(end)]);
  }
  return new Uint8Array(all);
}

/** Where chunks end: anywhere, a byte behind the last end or some thousand. */
const sliceSizes = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 4000 }),
  ),
  { minLength: 1, maxLength: 40 },
);

/** The sizes one after another, and over again. */
function inTurn(sizes: readonly number[]): () => number {
  let next = 0;
  return () => sizes[next++ % sizes.length] as number;
}

describe.each(FORMATS.map((format) => [format.id, format] as const))('%s', (id, format) => {
  it('has fixtures of its own whose origin is noted, known by their content alone', async () => {
    expect(readFileSync(`${FIXTURES}/${id}/ORIGIN.md`, 'utf8').length).toBeGreaterThan(20);
    const fixtures = fixturesOf(format);
    expect(fixtures.size).toBeGreaterThan(0);
    for (const [name, bytes] of fixtures) {
      if (ELSEWHERE.has(`${id}/${name}`)) continue;
      const { ranking } = await recognize(new Blob([bytes]));
      expect(ranking[0]?.formatId, name).toBe(id);
    }
  });

  it('gives the same wherever its chunks end, and never throws or loses count, whatever the bytes', async () => {
    const fixtures = [...fixturesOf(format).values()];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fixtures), damage, sliceSizes, async (fixture, changes, sizes) => {
        const bytes = damaged(fixture, changes);
        // Later parts of a file meet a parser that was made for its beginning.
        const { head } = await recognize(new Blob([fixture]));
        const whole = await readingOf(format, bytes, head, 1 << 24);
        expect(await readingOf(format, bytes, head, inTurn(sizes))).toBe(whole);
      }),
      { seed: 11, numRuns: 60 },
    );
  }, 60_000);
});
