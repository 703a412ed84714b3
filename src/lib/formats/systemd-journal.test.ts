import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { journalFile, LOGINS, sshdEntry } from '../../../tests/fixtures/systemd-journal/records';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { LzmaDecoder } from '../base/lzma';
import { recognize } from '../ingest/recognize';
import { LOGIN_OUTCOME, TABLE_NAMES } from '../tables/schemas';
import { journaldExport } from './journald-export';
import { systemdJournal } from './systemd-journal';

const FOLDER = 'tests/fixtures/systemd-journal';
const fixture = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(gunzipSync(readFileSync(`${FOLDER}/${name}.gz`)));

/** Rows without their places, which differ between a file and its export. */
const rowsOf = (parsed: Parsed): unknown =>
  TABLE_NAMES.map((table) =>
    parsed.rows(table).map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 })),
  );

const textAt = (bytes: Uint8Array<ArrayBuffer>, offset: number): Promise<string> | undefined =>
  systemdJournal.recordText?.(
    { size: bytes.length, read: (start, end) => Promise.resolve(bytes.slice(start, end)) },
    offset,
  );

/** Every entry of an export in journalctl's words: its fields as `NAME=value`, those that begin with two underscores left out. */
function entriesOf(all: Uint8Array): string[][] {
  const bytes = Buffer.from(all);
  const entries: string[][] = [[]];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString('utf8', at, end);
    at = end + 1;
    if (line === '') {
      entries.push([]);
      continue;
    }
    let field = line;
    if (!line.includes('=')) {
      const length = Number(bytes.readBigUInt64LE(at));
      field = `${line}=${bytes.toString('utf8', at + 8, at + 8 + length)}`;
      at += 9 + length;
    }
    if (!field.startsWith('__')) entries.at(-1)?.push(field);
  }
  return entries.filter((fields) => fields.length > 0);
}

const PACKED = {
  // 704 bytes, of LZ4_compress_default (liblz4 1.9) behind their size and of liblzma 5.4 at preset 0 without a check.
  lz4: Buffer.concat([
    Buffer.from([0xc0, 2, 0, 0, 0, 0, 0, 0]),
    Buffer.from(
      '/zNNRVNTQUdFPUZhaWxlZCBwYXNzd29yZCBmb3Igcm9vdCBmcm9tIDIwMy4wLjExMy43IHBvcnQgNTAwMDEgc3NoMiA6AP//aFBzc2gyIA==',
      'base64',
    ),
  ]),
  xz: Buffer.from(
    '/Td6WFoAAAD/EtlBAgAhAQwAAACPmEGc4AK/AEpdACaRRqzQb3S4pbVbRkOq+iiKsZZy56loDqXAD6+mrVeVlNOYdCB7eDjBJjWY4F12pSgllpjXVolB+WCdmSOGSIy2tymgFnfqFBAAAAAAAAFewAUAAACzpRorqAAK/AIAAAAAAFla',
    'base64',
  ),
};

describe("a journal file of systemd's own", () => {
  it.each(['compact.journal', 'regular.journal', 'plain.journal'])(
    'gives of %s what journalctl exports of it, every field of every entry',
    async (name) => {
      const bytes = fixture(name);
      expect((await recognize(new Blob([bytes]))).ranking[0]?.formatId).toBe('systemd-journal');
      const parsed = parseWith(systemdJournal, bytes);
      const exported = fixture('entries.export');
      const peer = parseWith(journaldExport, exported);
      expect(parsed.rejected).toEqual([]);
      expect(rowsOf(parsed)).toEqual(rowsOf(peer));
      expect(parsed.skipped).toEqual(peer.skipped);
      expect(parsed.sequences[0]).toMatchObject({ numbers: 24, missing: 0 });
      // Receipts hold the entries that gave rows; the peer's are in the same order.
      const peers = new Map(
        entriesOf(exported).map((fields) => [fields.find((f) => f.startsWith('_PID=')), fields]),
      );
      const places = new Set(parsed.rows('logins').map(({ offset }) => offset));
      expect(places.size).toBe(17);
      for (const offset of places) {
        const text = (await textAt(bytes, offset)) ?? '';
        const fields = peers.get(/^_PID=\d+$/m.exec(text)?.[0] ?? undefined) ?? [];
        // journalctl tells of the boot by a header of the entry.
        const held = fields.filter((field) => !field.startsWith('_BOOT_ID='));
        expect(held.length).toBeGreaterThan(8);
        for (const field of held) expect(text).toContain(field.replaceAll('\n', '\n  '));
      }
    },
  );

  it('unpacks what older systems packed with LZ4 or XZ', () => {
    for (const isCompact of [false, true]) {
      const file = journalFile(
        [
          sshdEntry({ flag: 2, packed: PACKED.lz4 }),
          sshdEntry({ flag: 1, packed: PACKED.xz }),
          sshdEntry({ flag: 1, packed: PACKED.xz.subarray(0, 60) }),
          sshdEntry({ flag: 2, packed: PACKED.lz4.subarray(0, 50) }),
        ],
        { isCompact },
      );
      const parsed = parseWith(systemdJournal, file);
      expect(parsed.rows('logins')).toMatchObject([
        { user: 'root', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure, host: 'log1', line: 1 },
        { user: 'root', actorAddr: '203.0.113.7', line: 2 },
      ]);
      expect(parsed.rejected).toMatchObject([
        { reason: expect.stringContaining('1 of the 5 fields') as string, line: 3 },
        { line: 4 },
      ]);
    }
  });

  it('takes what was not written to yet for no damage, and says that the journal was open', () => {
    const parsed = parseWith(systemdJournal, journalFile(LOGINS, { state: 1, roomBytes: 4096 }));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toHaveLength(3);
    expect(parsed.skipped).toEqual({ 'sshd other': 1 });
    expect(parsed.notes).toEqual([expect.stringContaining('open when it was copied')]);
  });

  it('says where a cut file ends, and how many entries its header counts', () => {
    const file = journalFile(LOGINS);
    const parsed = parseWith(systemdJournal, file.slice(0, file.length - 30));
    expect(parsed.rows('logins')).toHaveLength(2);
    expect(parsed.rejected).toMatchObject([
      { reason: expect.stringMatching(/ends inside this object: \d+ of \d+ bytes/) as string },
    ]);
    expect(parsed.notes).toEqual([expect.stringContaining('counts 4 entries, and 3 are in the file')]);
  });

  it('goes on behind a damaged stretch', () => {
    const file = journalFile(LOGINS);
    const [, second] = parseWith(systemdJournal, file).rows('logins');
    file.fill(0xee, Number(second?.offset), Number(second?.offset) + 40);
    const parsed = parseWith(systemdJournal, file);
    expect(parsed.rows('logins').map(({ user }) => user)).toEqual(['root', 'alice']);
    expect(parsed.rejected).toMatchObject([
      { reason: expect.stringContaining('are no object of a journal') as string, line: 2 },
    ]);
  });

  it('does not follow an entry to data that is none', () => {
    const file = journalFile([LOGINS[0]!, LOGINS[1]!]);
    const [first] = parseWith(systemdJournal, file).rows('logins');
    const item = Number(first?.offset) + 64;
    for (const offset of [0n, BigInt(first?.offset ?? 0), 3n, 1n << 40n, (1n << 64n) - 8n]) {
      new DataView(file.buffer).setBigUint64(item, offset, true);
      const parsed = parseWith(systemdJournal, file);
      expect(parsed.rows('logins')).toHaveLength(1);
      expect(parsed.rejected).toMatchObject([
        { reason: expect.stringContaining("can't be read") as string, line: 1 },
      ]);
    }
  });

  it('tries a packed value once that cannot be unpacked, however many entries have it', () => {
    const packed = Buffer.from(PACKED.xz);
    packed.fill(0xee, 60, 80);
    const damaged = { flag: 1, packed };
    const file = journalFile(Array.from({ length: 50 }, (_, i) => sshdEntry(damaged, i + 1)));
    const decode = vi.spyOn(LzmaDecoder.prototype, 'decode');
    const parsed = parseWith(systemdJournal, file);
    expect(parsed.rejected).toHaveLength(50);
    expect(decode).toHaveBeenCalledTimes(1);
    decode.mockRestore();
  });

  it('shows no line of a value as a field of its own, and no entry without end', async () => {
    const forged = journalFile([
      sshdEntry('MESSAGE=Invalid user a\n_HOSTNAME=other from 203.0.113.8 port 5'),
    ]);
    const [row] = parseWith(systemdJournal, forged).rows('logins');
    const lines = (await textAt(forged, Number(row?.offset)))?.split('\n');
    expect(lines?.filter((line) => line.startsWith('_HOSTNAME='))).toEqual(['_HOSTNAME=log1']);
    const long = `LONG=${'x'.repeat(1 << 19)}`;
    const file = journalFile([[...LOGINS[0]!, ...new Array<string>(1000).fill(long)]]);
    const [entry] = parseWith(systemdJournal, file).rows('logins');
    const text = await textAt(file, Number(entry?.offset));
    expect(text).toMatch(/99\d more fields are not shown/);
    expect(text?.length).toBeLessThan(1 << 22);
  });

  it('refuses a layout that a later systemd may bring, with the way around it', () => {
    const file = journalFile(LOGINS);
    file[12] = 0x6f;
    const parsed = parseWith(systemdJournal, file, { head: headOf(file) });
    expect(parsed.rejected).toMatchObject([
      { reason: expect.stringContaining('journalctl -o export') as string },
    ]);
  });
});
