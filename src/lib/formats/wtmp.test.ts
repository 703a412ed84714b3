import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  BTMP,
  START,
  UNSURE,
  utmpFile,
  WTMP,
  type MadeLayout,
  type MadeRecord,
} from '../../../tests/fixtures/wtmp/records';
import { parseWith } from '../../../tests/support/parse';
import { recognize } from '../ingest/recognize';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { SourceId } from '../base/brand';
import { Originals } from '../workers/originals';
import { ingestFile } from '../ingest/ingest-file';
import { assemble } from '../ingest/assemble';
import { Dictionaries } from '../tables/dictionaries';
import { btmp, utmp, wtmp } from './wtmp';

const at = (seconds: number): number => (START + seconds) * 1e6;

async function recognized(records: readonly MadeRecord[]): Promise<string | undefined> {
  return (await recognize(new Blob([utmpFile(records)]))).ranking[0]?.formatId;
}

describe('wtmp', () => {
  const layouts: readonly (readonly [string, MadeLayout, number])[] = [
    ['x86', {}, 384],
    ['arm64', { isWide: true }, 400],
    ['big-endian', { isBig: true }, 384],
    ['s390x', { isWide: true, isBig: true }, 400],
  ];

  it.each(layouts)('tells who got in, from where, and when they left: %s', (_, layout, size) => {
    // The fields as utmpdump prints them of the x86 file.
    const parsed = parseWith(wtmp, utmpFile(WTMP, layout));
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: at(20), user: 'root', service: 'console', actorAddr: '', outcome: LOGIN_OUTCOME.success },
      {
        timeUs: at(30.25),
        timeBasis: TIME_BASIS.absolute,
        user: 'bob',
        service: 'sshd',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.success,
        process: 1234,
        offset: 4 * size,
        line: 5,
      },
      {
        timeUs: at(90),
        user: 'bob',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.sessionClosed,
        process: 1234,
      },
      { user: 'ann', actorAddr: '2001:db8::9', actorName: '', outcome: LOGIN_OUTCOME.success },
      // A window of a desktop: nobody came in by it.
      { user: 'ann', service: 'window', actorAddr: '', actorName: '', outcome: LOGIN_OUTCOME.sessionOpened },
    ]);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({ BOOT_TIME: 1, RUN_LVL: 1, LOGIN_PROCESS: 1 });
    expect(parsed.notes).toEqual([expect.stringContaining('taken for SSH’s')]);
  });

  it('ends the sessions of before at a boot: a terminal is someone else’s then', () => {
    const [boot, , , , login, end] = WTMP as [MadeRecord, ...MadeRecord[]];
    const parsed = parseWith(wtmp, utmpFile([login!, { ...boot, seconds: START + 40 }, end!]));
    expect(parsed.rows('logins').map(({ outcome }) => outcome)).toEqual([LOGIN_OUTCOME.success]);
    expect(parsed.skipped).toEqual({ BOOT_TIME: 1, DEAD_PROCESS: 1 });
  });
});

describe('btmp', () => {
  it('tells of failures only, also where a display manager wrote what wtmp would have for a login', () => {
    const parsed = parseWith(btmp, utmpFile(BTMP));
    const rows = parsed.rows('logins');
    // As lastb lists them.
    expect(rows).toMatchObject([
      { timeUs: at(0), user: 'admin', service: 'sshd', actorAddr: '203.0.113.7' },
      { user: 'LOGIN', service: 'sshd', actorAddr: '203.0.113.7' },
      { user: 'toor', service: 'console', actorAddr: '' },
      { user: 'ann', actorAddr: '' },
      { user: '', service: 'sshd', actorName: 'client.example.net' },
    ]);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set([LOGIN_OUTCOME.failure]));
  });
});

describe('which of the two a file is', () => {
  it('is told by its records, whatever its name', async () => {
    expect(await recognized(WTMP)).toBe('wtmp');
    expect(await recognized(BTMP)).toBe('btmp');
    expect(await recognized(WTMP.slice(4, 6))).toBe('wtmp');
    expect((await recognize(new Blob([gzipSync(utmpFile(BTMP))]))).ranking[0]?.formatId).toBe('btmp');
  });

  it('is left open where nothing tells, said, and answered by the format that is chosen', async () => {
    expect(await recognized(UNSURE)).toBe('utmp');
    const unsure = parseWith(utmp, utmpFile(UNSURE));
    expect(unsure.rows('logins')).toMatchObject([{ user: 'bob', outcome: LOGIN_OUTCOME.unknown }]);
    expect(unsure.notes.join()).toContain('choose “Linux wtmp”');
    expect(parseWith(wtmp, utmpFile(UNSURE)).rows('logins')[0]?.outcome).toBe(LOGIN_OUTCOME.success);
    expect(parseWith(btmp, utmpFile(UNSURE)).rows('logins')[0]?.outcome).toBe(LOGIN_OUTCOME.failure);
  });

  it('never makes a success of what may be a failure: a file of both, or a failed one called wtmp', async () => {
    const both = [...WTMP, ...BTMP];
    expect(await recognized(both)).toBe('utmp');
    for (const format of [wtmp, btmp, utmp]) {
      const parsed = parseWith(format, utmpFile(both));
      const outcomes = parsed.rows('logins').map(({ outcome }) => outcome);
      expect(outcomes, format.id).not.toContain(LOGIN_OUTCOME.success);
      expect(outcomes.filter((outcome) => outcome === LOGIN_OUTCOME.failure)).toHaveLength(4);
      expect(parsed.notes.join()).toContain('left open');
    }
    const called = parseWith(wtmp, utmpFile(BTMP)).rows('logins');
    expect(called.every(({ outcome }) => outcome === LOGIN_OUTCOME.failure)).toBe(true);
  });
});

describe('what is no record', () => {
  it('is rejected in words, and the records behind it are read', () => {
    const bytes = utmpFile(WTMP);
    const odd = new Uint8Array([...bytes.subarray(0, 384), 1, 2, 3, ...bytes.subarray(384, 5 * 384 - 10)]);
    const parsed = parseWith(wtmp, odd);
    expect(parsed.rejected).toMatchObject([
      { line: 2, reason: expect.stringContaining('3 bytes are no login record'), text: '01 02 03' },
      { line: 6, reason: 'the file ends inside this record: 374 of 384 bytes are there' },
    ]);
    expect(parsed.rows('logins')).toMatchObject([{ user: 'root', offset: 3 * 384 + 3 }]);
  });

  it('names entries that were overwritten with zeros, as tools do that hide a login', () => {
    const bytes = utmpFile(WTMP);
    bytes.fill(0, 4 * 384, 5 * 384);
    const parsed = parseWith(wtmp, bytes);
    expect(parsed.rejected).toMatchObject([
      { line: 5, reason: expect.stringContaining('tools that erase logins') },
    ]);
  });
});

describe('the receipt of a login', () => {
  it.each([
    ['plain', (bytes: Uint8Array<ArrayBuffer>) => bytes],
    ['packed', (bytes: Uint8Array<ArrayBuffer>) => gzipSync(bytes)],
  ])('is its record in words, at its byte: %s', async (_, pack) => {
    const blob = new Blob([pack(utmpFile(WTMP)) as Uint8Array<ArrayBuffer>]);
    const dictionaries = new Dictionaries();
    const raw = await ingestFile({ blob, name: 'wtmp.1', lastModifiedMs: 0 }, 0 as SourceId, dictionaries);
    if (!raw.ok) throw new Error(raw.error.what);
    const evidence = assemble([raw.value], dictionaries, { rules: [] }, 0);
    const [record] = await new Originals(async () => blob).records(evidence, 'logins', [1]);
    expect(record).toMatchObject({ source: 'wtmp.1', offset: 4 * 384 });
    expect(record?.text?.split('\n')).toEqual([
      'type=USER_PROCESS (7)',
      'time=2015-03-02T10:20:30.250000Z',
      'pid=1234',
      'line=pts/0',
      'id=ts/0',
      'user=bob',
      'host=203.0.113.7',
      'address=203.0.113.7',
      'session=0',
      'exit=0',
    ]);
  });
});
