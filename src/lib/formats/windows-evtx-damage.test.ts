import { describe, expect, it } from 'vitest';
import { eventChunks, logOf, logons, sealed } from '../../../tests/fixtures/windows-evtx/event-file';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import type { SourceId } from '../base/brand';
import { ingestFile } from '../ingest/ingest-file';
import { Dictionaries } from '../tables/dictionaries';
import { windowsEvtx } from './windows-evtx';

const users = (parsed: Parsed): unknown[] => parsed.rows('logins').map(({ user }) => user);
const told = (count: number): string[] => Array.from({ length: count }, (_, i) => `user${i}`);

describe('damaged event logs', () => {
  const chunks = (): Buffer[] => eventChunks(logons(12), { perChunk: 4 });

  it('are read where their checksums do not fit, which is said', () => {
    const [first, second, third] = chunks() as [Buffer, Buffer, Buffer];
    second.writeUInt32LE(0, 52);
    const parsed = parseWith(windowsEvtx, logOf([first, second, third]));
    expect(users(parsed)).toEqual(told(12));
    expect(parsed.notes).toEqual([
      expect.stringMatching(/checksums of 1 chunk of 3 do not fit.*begins at byte 69,632/),
    ]);
  });

  it('are read as far as they go when they were in use', () => {
    const [first, second] = chunks() as [Buffer, Buffer];
    // The header was not brought up to date: it counts two events of four.
    const sizes = [512];
    for (let i = 0; i < 2; i++) sizes.push(sizes[i]! + second.readUInt32LE(sizes[i]! + 4));
    second.writeUInt32LE(sizes[2]!, 48);
    const parsed = parseWith(windowsEvtx, logOf([first, sealed(second)], { flags: 1 }));
    expect(users(parsed)).toEqual(told(8));
    expect(parsed.notes).toEqual([expect.stringContaining('The log was in use when it was copied')]);
  });

  it('leave older events in the unused space alone', () => {
    const [first] = chunks() as [Buffer];
    const at = first.readUInt32LE(44);
    first.writeUInt32LE(at, 48);
    first.writeBigUInt64LE(3n, 16);
    first.writeBigUInt64LE(1n, at + 8);
    const parsed = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(users(parsed)).toEqual(told(3));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.notes).toEqual([]);
  });

  it('lose the event whose content is damaged, and no other', () => {
    const [first] = chunks() as [Buffer];
    const second = 512 + first.readUInt32LE(512 + 4);
    first.fill(0xee, second + 24, second + 60);
    const parsed = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(users(parsed)).toEqual(['user0', 'user2', 'user3']);
    expect(parsed.rejected).toMatchObject([
      {
        line: 2,
        reason: expect.stringContaining('this event is damaged: its content is damaged (0xee'),
        text: expect.stringMatching(/^2a 2a 00 00 /),
      },
    ]);
  });

  it('go on behind bytes that are no event, and name them', () => {
    const [first] = chunks() as [Buffer];
    const second = 512 + first.readUInt32LE(512 + 4);
    const size = first.readUInt32LE(second + 4);
    first.fill(0, second, second + size);
    const zeros = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(users(zeros)).toEqual(['user0', 'user2', 'user3']);
    expect(zeros.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(`${size} zero bytes stand where events should be`),
    ]);
    first.fill(0x55, second, second + size);
    const noise = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(users(noise)).toEqual(['user0', 'user2', 'user3']);
    expect(noise.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(`${size} bytes are no event record`),
    ]);
  });

  it('read an event that states two sizes by the one that leads on, and say so', () => {
    const [first] = chunks() as [Buffer];
    const second = 512 + first.readUInt32LE(512 + 4);
    first.writeUInt32LE(7, second - 4);
    const parsed = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(users(parsed)).toEqual(told(4));
    expect(parsed.notes).toEqual([expect.stringContaining('two different sizes')]);
    first.writeUInt32LE(0xffff, 512 + 4);
    const lost = parseWith(windowsEvtx, logOf([sealed(first)]));
    expect(lost.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('two sizes that it states differ'),
    ]);
    // The templates stand in the event that was lost, and are read there all the same.
    expect(users(lost)).toEqual(['user1', 'user2', 'user3']);
  });

  it('are read where the header of a chunk was zeroed, and named where all of it was', () => {
    const [first, second, third] = chunks() as [Buffer, Buffer, Buffer];
    first.fill(0, 0, 512);
    second.fill(0);
    const parsed = parseWith(windowsEvtx, logOf([first, second, third]));
    expect(users(parsed)).toEqual(told(12).filter((_, i) => i < 4 || i > 7));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.notes).toEqual([
      expect.stringContaining('The header of 1 chunk is damaged'),
      expect.stringMatching(/Where 1 chunk with events should be, the file holds zeros/),
    ]);
  });

  it('read chunks that the header does not count, and say of what time they are', () => {
    const parsed = parseWith(windowsEvtx, logOf(chunks(), { chunks: 2 }));
    expect(users(parsed)).toEqual(told(12));
    expect(parsed.notes).toEqual([
      expect.stringMatching(/^1 chunk with events behind the last one that the file’s header counts/),
    ]);
  });

  it('are told to be whole by the number of their last chunk where they are too large for the count', async () => {
    const file = logOf(chunks(), { chunks: 3 });
    const header = new DataView(file.buffer);
    header.setUint32(16, 65_537, true);
    header.setUint16(42, 2, true);
    const input = { blob: new Blob([file]), name: 'x', lastModifiedMs: 0 };
    const result = await ingestFile(input, 0 as SourceId, new Dictionaries());
    expect(result.ok && result.value.notes).toEqual([
      expect.stringContaining('By its own header the file is 4.29 GB longer'),
    ]);
  });

  it('tell what was cut off: within an event, and by what the headers count', async () => {
    const file = logOf(chunks());
    const last = parseWith(windowsEvtx, file).rows('logins')[10]!.offset;
    const blob = new Blob([file.slice(0, last + 40)]);
    const result = await ingestFile(
      { blob, name: 'x', lastModifiedMs: 0 },
      0 as SourceId,
      new Dictionaries(),
    );
    expect(result.ok && result.value).toMatchObject({ records: 11, rejected: 1, isCut: true });
    expect(result.ok && result.value.rejectedSamples[0]!.reason).toMatch(
      /the file ends inside this event: 40 of \d+ bytes/,
    );
    expect(result.ok && result.value.notes).toEqual([
      expect.stringContaining('By its own header the file is'),
    ]);
    const atEvent = new Blob([file.slice(0, last)]);
    const whole = await ingestFile(
      { blob: atEvent, name: 'x', lastModifiedMs: 0 },
      0 as SourceId,
      new Dictionaries(),
    );
    expect(whole.ok && whole.value).toMatchObject({ records: 10, rejected: 0, isCut: true });
    expect(whole.ok && whole.value.notes.join()).toContain(
      '2 events that the headers of the chunks count are not there',
    );
  });
});
