import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  CHUNK,
  eventFile,
  EVENTS,
  HEADER,
  logOf,
  logons,
  sealed,
  value,
  type MadeEvent,
  type MadeValue,
} from '../../../tests/fixtures/windows-evtx/event-file';
import { parseWith } from '../../../tests/support/parse';
import type { SourceId } from '../base/brand';
import { assemble } from '../ingest/assemble';
import { ingestFile } from '../ingest/ingest-file';
import { parseRange, type RangeResult } from '../ingest/parse-range';
import { recognize } from '../ingest/recognize';
import { Dictionaries } from '../tables/dictionaries';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { fromSegmentData, lineOf, offsetOf, type Segment } from '../tables/segment';
import { Originals } from '../workers/originals';
import { windowsEvtx } from './windows-evtx';

const AT = Date.UTC(2015, 2, 2, 10, 20) * 1000;

async function xmlAt(file: Uint8Array, offset: number): Promise<string> {
  const read = (start: number, end: number): Promise<Uint8Array> => Promise.resolve(file.slice(start, end));
  return windowsEvtx.recordText!({ size: file.length, read }, offset);
}

describe('Windows event logs', () => {
  it('tell who got in, who was refused, what connected and what was changed', () => {
    const parsed = parseWith(windowsEvtx, eventFile(EVENTS));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({ 'event 4608': 1 });
    expect(parsed.notes).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        ...{
          timeUs: AT + 123_456,
          user: 'alice',
          actorAddr: '203.0.113.7',
          actorPort: 50123,
          service: 'rdp',
        },
        ...{ host: 'DC1.example.com', outcome: LOGIN_OUTCOME.success, process: 0x824909 },
        ...{ offset: HEADER + 512, line: 1 },
      },
      {
        ...{
          timeUs: AT + 1e6,
          user: 'jürgen',
          actorAddr: '203.0.113.8',
          actorPort: 0,
          method: LOGIN_METHOD.ntlm,
        },
        ...{ outcome: LOGIN_OUTCOME.failure, line: 2 },
      },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        srcAddr: '203.0.113.7',
        dstAddr: '198.51.100.10',
        dstPort: 445,
        protocol: 6,
        verdict: VERDICT.accept,
      },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.logDeleted, principal: 'alice', target: 'Security', line: 5 },
    ]);
  });

  it('are known by their content, packed or with a damaged header', async () => {
    const file = eventFile(EVENTS);
    const formatOf = async (bytes: Uint8Array): Promise<unknown> =>
      (await recognize(new Blob([new Uint8Array(bytes)]))).ranking[0]?.formatId;
    expect(await formatOf(file)).toBe('windows-evtx');
    expect(await formatOf(gzipSync(file))).toBe('windows-evtx');
    const headless = file.slice().fill(0, 0, HEADER);
    expect(await formatOf(headless)).toBe('windows-evtx');
    const parsed = parseWith(windowsEvtx, headless);
    expect(parsed.rows('logins')).toHaveLength(2);
    expect(parsed.notes).toEqual([expect.stringContaining('header of the file is damaged')]);
  });

  it('show an event as XML where a row was read', async () => {
    const file = eventFile(EVENTS);
    const [login, refused] = parseWith(windowsEvtx, file).rows('logins');
    // As evtxexport of libevtx shows it, but for the leading zeros of a number in hexadecimal.
    expect(await xmlAt(file, login!.offset)).toBe(
      `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">
  <System>
    <Provider Name="Microsoft-Windows-Security-Auditing"/>
    <EventID>4624</EventID>
    <TimeCreated SystemTime="2015-03-02T10:20:00.1234567Z"/>
    <EventRecordID>1</EventRecordID>
    <Channel>Security</Channel>
    <Computer>DC1.example.com</Computer>
  </System>
  <EventData>
    <Data Name="SubjectUserSid">S-1-5-18</Data>
    <Data Name="SubjectUserName">DC1$</Data>
    <Data Name="TargetUserName">alice</Data>
    <Data Name="TargetLogonId">0x824909</Data>
    <Data Name="LogonType">10</Data>
    <Data Name="AuthenticationPackageName">Negotiate</Data>
    <Data Name="WorkstationName">WS7</Data>
    <Data Name="IpAddress">203.0.113.7</Data>
    <Data Name="IpPort">50123</Data>
  </EventData>
</Event>`,
    );
    // What has no value is left out.
    expect(await xmlAt(file, refused!.offset)).not.toContain('WorkstationName');
    await expect(xmlAt(file, login!.offset + 8)).rejects.toThrow('There is no event at byte 4616');
  });

  it('show it in receipts, packed as the file may be', async () => {
    const blob = new Blob([gzipSync(eventFile(EVENTS))]);
    const dictionaries = new Dictionaries();
    const raw = await ingestFile({ blob, name: 'S.gz', lastModifiedMs: 0 }, 0 as SourceId, dictionaries);
    if (!raw.ok) throw new Error(raw.error.what);
    const evidence = assemble([raw.value], dictionaries, { rules: [] }, 0);
    const [record] = await new Originals(async () => blob).records(evidence, 'changes', [0]);
    expect(record?.text).toContain('<SubjectUserName>alice</SubjectUserName>');
    expect(record).toMatchObject({ source: 'S.gz', line: 5 });
  });

  it('give the same rows wherever they are shared out', async () => {
    const file = eventFile(logons(60), { perChunk: 7 });
    const blob = new Blob([file]);
    const { head } = await recognize(blob);
    const whole = parseWith(windowsEvtx, file);
    const read = async (startByte: number, endByte: number): Promise<[RangeResult, Segment[]]> => {
      const segments: Segment[] = [];
      const result = await parseRange(
        {
          ...{ blob, container: 'none', formatId: 'windows-evtx', head, options: {} },
          range: { index: 0, startByte, endByte },
        },
        {
          onSegment: (data) => segments.push(fromSegmentData(data, 0 as SourceId)),
          onProgress: () => undefined,
        },
      );
      return [result, segments];
    };
    for (const cut of [100, HEADER, HEADER + 1, HEADER + CHUNK - 1, HEADER + 4 * CHUNK, file.length - 1]) {
      const [first, ofFirst] = await read(0, cut);
      const [second, ofSecond] = await read(cut, file.length);
      const places = [
        ...ofFirst.flatMap((segment) => placesOf(segment, 0)),
        ...ofSecond.flatMap((segment) => placesOf(segment, first.lines)),
      ];
      expect(places, `${cut}`).toEqual(whole.rows('logins').map(({ offset, line }) => [offset, line]));
      expect(first.records + second.records).toBe(60);
      expect([...first.notes, ...second.notes]).toEqual([]);
    }
  });

  it('show values of every type as Windows does', async () => {
    const of = (type: number, ...bytes: number[]): MadeValue => value.raw(type, ...bytes);
    const values: Record<string, [MadeValue, string]> = {
      Ansi: [of(2, 0x6a, 0xfc, 0x72, 0x67), 'jürg'],
      Int8: [of(3, 0xff), '-1'],
      UInt8: [of(4, 0xff), '255'],
      Int16: [of(5, 0xfe, 0xff), '-2'],
      Int32: [of(7, 0xfd, 0xff, 0xff, 0xff), '-3'],
      Int64: [of(9, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), '-4'],
      UInt64: [of(10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), '18446744073709551615'],
      Single: [of(11, 0, 0, 0x20, 0x40), '2.5'],
      Double: [of(12, 0, 0, 0, 0, 0, 0, 0xf8, 0xbf), '-1.5'],
      Boolean: [of(13, 1, 0, 0, 0), 'true'],
      Binary: [of(14, 0xde, 0xad, 1), 'DEAD01'],
      Guid: [
        of(15, 0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 0x3e, 0x3b, 3, 0x28, 0xc3, 0x0d),
        '{54849625-5478-4994-A5BA-3E3B0328C30D}',
      ],
      Size: [of(16, 0, 0, 0, 0x7f), '0x7f000000'],
      SystemTime: [
        of(18, 0xdf, 7, 3, 0, 1, 0, 2, 0, 10, 0, 20, 0, 30, 0, 0x7d, 0),
        '2015-03-02T10:20:30.125Z',
      ],
      Sid: [of(19, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0), 'S-1-5-32-544'],
      Hex64: [of(21, 0, 0, 0, 0, 0, 0, 0x10, 0x80), '0x8010000000000000'],
      Misfit: [of(8, 1, 2), '0102'],
      Markup: [value.text('<b a="1">&</b>\0'), '&lt;b a="1"&gt;&amp;&lt;/b&gt;'],
    };
    const data = Object.fromEntries(Object.entries(values).map(([name, [made]]) => [name, made]));
    const file = eventFile([
      { ...(EVENTS[0] as MadeEvent), data: { ...data, List: value.texts('a', '', 'c') } },
    ]);
    const xml = await xmlAt(file, HEADER + 512);
    for (const [name, [, shown]] of Object.entries(values))
      expect(xml).toContain(`<Data Name="${name}">${shown}</Data>`);
    // Each value of a list has an element.
    expect(xml).toContain(
      '<Data Name="List">a</Data>\n    <Data Name="List"/>\n    <Data Name="List">c</Data>',
    );
  });

  it('keep the numbers of their events, by which missing ones are told', () => {
    const events = logons(6).map((event, i) => ({ ...event, number: 100 + i + (i > 2 ? 40 : 0) }));
    const [info] = parseWith(windowsEvtx, eventFile(events)).sequences;
    expect(info).toMatchObject({ kind: 'windows', records: 6, missing: 40 });
    expect(info!.gaps).toMatchObject([{ name: 'DC1.example.com Security', after: 102, before: 143 }]);
  });

  it('follow no numbers of logs that nothing is read of', () => {
    const events = logons(6).map((event, i) => ({ ...event, channel: 'Application', number: 100 + 40 * i }));
    expect(parseWith(windowsEvtx, eventFile(events)).sequences).toEqual([]);
  });

  it('say of one without events that it is one', async () => {
    const blob = new Blob([logOf([sealed(emptyChunk())], { flags: 1 })]);
    const result = await ingestFile(
      { blob, name: 'x', lastModifiedMs: 0 },
      0 as SourceId,
      new Dictionaries(),
    );
    expect(result.ok && result.value).toMatchObject({
      ...{ records: 1, skipped: { 'log without events': 1 }, rejected: 0, isCut: false, notes: [] },
    });
  });
});

function placesOf(segment: Segment, lineShift: number): [offset: number, line: number][] {
  return Array.from({ length: segment.length }, (_, i) => [
    offsetOf(segment, i),
    lineOf(segment, i) + lineShift,
  ]);
}

/** As Windows makes it before the first event. */
function emptyChunk(): Buffer {
  const chunk = Buffer.alloc(CHUNK);
  chunk.write('ElfChnk\0', 0, 'latin1');
  for (const at of [8, 24]) chunk.writeBigUInt64LE(1n, at);
  chunk.writeBigInt64LE(-1n, 16);
  chunk.writeBigInt64LE(-1n, 32);
  chunk.writeUInt32LE(128, 40);
  chunk.writeUInt32LE(512, 48);
  return chunk;
}
