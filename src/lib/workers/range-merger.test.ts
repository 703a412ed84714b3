import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/brand';
import { formatById } from '../formats/registry';
import { parseRange, type RangeResult } from '../ingest/parse-range';
import { recognize } from '../ingest/recognize';
import { Dictionaries } from '../tables/dictionaries';
import { assertTablesIntegrity } from '../tables/integrity';
import type { SegmentData } from '../tables/segment';
import { lineOf, makeTables, offsetOf } from '../tables/segment';
import { RangeMerger } from './range-merger';

const ID = 0 as SourceId;

/** Flow records with a broken line now and then, so that samples and line numbers have something to show. */
function flowText(count: number): string {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    lines.push(
      i % 97 === 13
        ? `broken line ${i}`
        : `2 1 eni-${i % 5} 203.0.113.${i % 250} 10.0.0.${(i * 7) % 250} ${40_000 + i} 22 6 3 ${i} ${1_700_000_000 + i} ${1_700_000_060 + i} ACCEPT OK`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function parsed(blob: Blob, cuts: readonly number[]): Promise<[RangeResult, SegmentData[]][]> {
  const { container, head, ranking } = await recognize(blob);
  const formatId = ranking[0]!.formatId;
  expect(formatById(formatId)?.splittable).toBe(true);
  const edges = [0, ...cuts, blob.size];
  return Promise.all(
    edges.slice(1).map(async (endByte, index): Promise<[RangeResult, SegmentData[]]> => {
      const segments: SegmentData[] = [];
      const range = { index, startByte: edges[index]!, endByte };
      const result = await parseRange(
        { blob, container, formatId, head, options: {}, range },
        { onSegment: (data) => segments.push(data), onProgress: () => undefined },
      );
      return [result, segments];
    }),
  );
}

/** Everything about the merged source that must not depend on how it was cut. */
function summary(ranges: [RangeResult, SegmentData[]][], order: readonly number[]): unknown {
  const dictionaries = new Dictionaries();
  const merger = new RangeMerger(ID, dictionaries);
  for (const at of order) {
    const [result, segments] = ranges[at]!;
    for (const data of segments) merger.addSegment(result.index, structuredClone(data));
    merger.addResult(result);
    merger.mergeReady();
  }
  expect(merger.merged).toBe(ranges.length);
  const { segments, ...rest } = merger.result();
  const tables = makeTables(segments);
  assertTablesIntegrity(tables, dictionaries);
  const rows = tables.flows.segments.flatMap((segment) =>
    Array.from({ length: segment.length }, (_, i) => [
      lineOf(segment, i),
      offsetOf(segment, i),
      dictionaries.addresses.text(segment.columns.srcAddr[i]!),
      dictionaries.strings.text(segment.columns.sensor[i]!),
      segment.columns.startUs[i],
      segment.columns.srcPort[i],
      segment.columns.srcBytes[i],
      // Ids, too: the same file gives the same case whoever reads it.
      segment.columns.dstAddr[i],
    ]),
  );
  return { rest, rows };
}

describe('ranges of one source', () => {
  it('come together as if the source had been read in one piece, in whatever order they finish', async () => {
    const blob = new Blob([flowText(1500)]);
    const whole = summary(await parsed(blob, []), [0]);
    expect((whole as { rows: unknown[] }).rows).toHaveLength(1484);
    expect((whole as { rest: { rejected: number } }).rest).toMatchObject({ rejected: 16, lines: 1500 });
    const cuts = [1, Math.floor(blob.size / 3), Math.floor(blob.size / 3) + 5, blob.size - 40];
    const ranges = await parsed(blob, cuts);
    for (const order of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 0, 4, 1, 3],
    ])
      expect(summary(ranges, order)).toEqual(whole);
  });

  it('count an event that was delivered twice once, in whichever ranges it stands', async () => {
    const event = (id: number, name: string): string =>
      JSON.stringify({
        eventTime: '2026-02-20T00:00:00Z',
        eventSource: 'ec2.amazonaws.com',
        eventName: name,
        eventID: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
        awsRegion: 'us-east-1',
        sourceIPAddress: `198.51.100.${id}`,
        userIdentity: { type: 'Root' },
      });
    const events = Array.from({ length: 60 }, (_, i) =>
      event(i % 40, (i % 40) % 3 === 0 ? 'CreateSecurityGroup' : 'DescribeInstances'),
    );
    // Every event from the 40th on was delivered before but for one that only shares an id.
    const text = `${[...events, event(7, 'DescribeHosts')].join('\n')}\n`;
    const blob = new Blob([text]);
    const merged = async (cuts: number[]): Promise<ReturnType<RangeMerger['result']>> => {
      const merger = new RangeMerger(ID, new Dictionaries());
      for (const [result, segments] of await parsed(blob, cuts)) {
        for (const data of segments) merger.addSegment(result.index, data);
        merger.addResult(result);
        merger.mergeReady();
      }
      return merger.result();
    };
    for (const cuts of [[], [text.length / 2], [1000, 2000, text.length - 300]]) {
      const { rows, skipped, records, notes, segments } = await merged(cuts);
      expect({ records, skipped }).toEqual({ records: 61, skipped: { 'repeated delivery of an event': 20 } });
      expect(rows.queries + rows.changes).toBe(41);
      expect(segments.reduce((sum, { length }) => sum + length, 0)).toBe(41);
      expect(notes.filter((note) => /more than once/.test(note))).toHaveLength(1);
    }
  });

  it('touch no dictionary before their turn', async () => {
    const [first, second] = await parsed(new Blob([flowText(300)]), [10_000]);
    const dictionaries = new Dictionaries();
    const merger = new RangeMerger(ID, dictionaries);
    for (const data of second![1]) merger.addSegment(1, data);
    merger.addResult(second![0]);
    merger.mergeReady();
    expect(dictionaries.addresses.size).toBe(1);
    for (const data of first![1]) merger.addSegment(0, data);
    merger.addResult(first![0]);
    merger.mergeReady();
    expect(merger.merged).toBe(2);
  });
});

const ZEEK_MARKS =
  '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n';

/** Two headers a format, each with a line that it describes. The lines of one are other rows, or none, under the other. */
const HEADERS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  'vpc-flow': [
    'version srcaddr dstaddr srcport dstport bytes start end\n',
    '3 192.0.2.1 10.0.0.5 40000 9200 700 1700000000 1700000030\n',
    'version dstaddr srcaddr dstport srcport bytes start end\n',
    '3 10.0.0.6 192.0.2.2 9200 41000 800 1700000100 1700000130\n',
  ],
  zeek: [
    `${ZEEK_MARKS}#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\n`,
    '1700000000.5\tC1\t192.0.2.1\t40000\t10.0.0.5\t9200\ttcp\t700\n',
    `${ZEEK_MARKS.replace('field\t-', 'field\tnone')}#fields\tts\tuid\tid.resp_h\tid.resp_p\tid.orig_h\tid.orig_p\tproto\torig_bytes\n`,
    '1700000100.5\tC2\t10.0.0.6\t9200\t192.0.2.2\t41000\ttcp\tnone\n',
  ],
  nfdump: [
    'ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt\n',
    '2024-03-02 10:20:30,2024-03-02 10:20:31,1.500,192.0.2.1,10.0.0.5,40000,9200,TCP,...AP.SF,0,0,10,700\n',
    'Summary\nflows,bytes,packets\n1,700,10\nfirstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n',
    '2024-03-02 10:21:30.250,1.500,TCP,192.0.2.2,41000,10.0.0.6,9200,10,800\n',
  ],
  argus: [
    'StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes\n',
    '2024/03/02 10:20:30.250000,1.5,tcp,192.0.2.1,40000,->,10.0.0.5,9200,FIN,90,9000,700\n',
    'StartTime,Dur,Proto,DstAddr,Dport,Dir,SrcAddr,Sport,State,TotPkts,TotBytes,SrcBytes\n',
    '2024/03/02 10:21:30.250000,1.5,tcp,10.0.0.6,9200,->,192.0.2.2,41000,FIN,90,9000,800\n',
  ],
  'windows-firewall': [
    '#Software: Microsoft Windows Firewall\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size\n',
    '2024-03-02 10:20:30 ALLOW TCP 192.0.2.1 10.0.0.5 40000 3389 700\n',
    '#Time Format: UTC\n#Fields: date time action protocol dst-ip src-ip dst-port src-port size\n',
    '2024-03-02 10:21:30 ALLOW TCP 10.0.0.6 192.0.2.2 3389 41000 800\n',
  ],
};

const order = (ranges: readonly unknown[]): number[] => ranges.map((_, i) => i);

/** Whether a range says that those after it began under the wrong header. */
const isMisleading = (ranges: [RangeResult, SegmentData[]][]): boolean =>
  ranges.slice(0, -1).some(([result]) => result.isHeaderChanged);

describe.each(Object.entries(HEADERS))('ranges of %s with headers inside', (_, [h1, line1, h2, line2]) => {
  it('say so when those after them began under another, and are right when they do not', async () => {
    const before = h1 + line1.repeat(2);
    const text = before + h2 + line2.repeat(2);
    const blob = new Blob([text]);
    const whole = summary(await parsed(blob, []), [0]);
    expect((whole as { rest: unknown }).rest).toMatchObject({ rejected: 0, rows: { flows: 4 } });
    expect((whole as { rows: unknown[][] }).rows.map((row) => row[2])).toEqual([
      ...['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2'],
    ]);
    let right = 0;
    for (let cut = 4; cut < blob.size; cut++) {
      for (const cuts of [[cut], [cut >> 2, cut >> 1, cut]]) {
        const ranges = await parsed(blob, cuts);
        // Then the file is read in one piece: what is left to go wrong is a misreading that nobody tells of.
        if (isMisleading(ranges)) continue;
        right += 1;
        expect(summary(ranges, order(ranges))).toEqual(whole);
      }
    }
    expect(right).toBeGreaterThan(line1.length);
  });

  it('are shared out all the same where each header says what the first does', async () => {
    const blob = new Blob([(h1 + line1.repeat(2)).repeat(3)]);
    const whole = summary(await parsed(blob, []), [0]);
    // Behind a whole header: within one, some of what it says has been taken back and not yet been said again.
    for (const cut of [h1.length + 5, Math.floor(blob.size / 2), blob.size - 20]) {
      const ranges = await parsed(blob, [cut]);
      expect(isMisleading(ranges)).toBe(false);
      expect(summary(ranges, order(ranges))).toEqual(whole);
    }
  });
});

describe('a snapshot of dictionaries', () => {
  it('does not see what is added later, and takes nothing itself', () => {
    const dictionaries = new Dictionaries();
    dictionaries.addresses.internText('192.0.2.1');
    dictionaries.strings.intern('root');
    const snapshot = dictionaries.snapshot();
    for (let i = 0; i < 5000; i++) {
      dictionaries.addresses.intern(0, 0, 0xffff, i);
      dictionaries.strings.intern(`user${i}`);
    }
    expect([snapshot.addresses.size, snapshot.strings.size]).toEqual([2, 2]);
    expect([snapshot.addresses.text(1), snapshot.addresses.text(2)]).toEqual(['192.0.2.1', '']);
    expect([snapshot.strings.find('root'), snapshot.strings.find('user7')]).toEqual([1, -1]);
    expect(snapshot.strings.text(dictionaries.strings.find('user7'))).toBe('');
    expect(() => snapshot.strings.intern('new')).toThrow(/snapshot/);
    expect(() => snapshot.addresses.internText('192.0.2.99')).toThrow(/snapshot/);
    expect(snapshot.addresses.internText('192.0.2.1')).toBe(1);
  });
});
