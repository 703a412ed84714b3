import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  ANSWERED,
  CLIENT,
  conversation,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  linkHeader,
  MIXED,
  NOON_US,
  otherBlock,
  pcapFile,
  pcapngFile,
  SERVER,
  statisticsBlock,
  tcp,
  udp,
  vxlan,
  type Captured,
} from '../../../tests/fixtures/pcap/captures';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import type { SourceId } from '../base/brand';
import { assemble } from '../ingest/assemble';
import { ingestFile } from '../ingest/ingest-file';
import { Dictionaries } from '../tables/dictionaries';
import { CONN_STATE } from '../tables/schemas';
import { Originals } from '../workers/originals';
import { pcap } from './pcap';
import { MOST_OPEN } from './shared/packet-conversations';

const { attempt, refused, established, midstream, unknown } = CONN_STATE;

function reading(file: Uint8Array): Parsed {
  const parsed = parseWith(pcap, file);
  expect(recordsAccounted(parsed)).toBe(parsed.records);
  return parsed;
}

const read = (packets: readonly Captured[]): Parsed => reading(pcapFile(packets));

/** Packets without their link's header, at times 10 ms apart. */
function inFrames(...packets: readonly Buffer[]): Captured[] {
  return packets.map((packet, i) => ({ us: NOON_US + i * 10_000, bytes: ethernet(0x0800, packet) }));
}

const there = { src: CLIENT, dst: SERVER };
const back = { src: SERVER, dst: CLIENT };

async function ingested(file: Uint8Array<ArrayBuffer>) {
  const dictionaries = new Dictionaries();
  const blob = new Blob([file]);
  const result = await ingestFile({ blob, name: 'x', lastModifiedMs: 0 }, 0 as SourceId, dictionaries);
  if (!result.ok) throw new Error(result.error.what);
  return { blob, dictionaries, source: result.value };
}

async function textsOf(file: Uint8Array<ArrayBuffer>): Promise<(string | null)[]> {
  const { blob, dictionaries, source } = await ingested(file);
  const evidence = assemble([source], dictionaries, { rules: [] }, 0);
  const originals = new Originals(() => Promise.resolve(undefined));
  originals.set(source.id, blob);
  const rows = [...Array(evidence.tables.flows.rowCount).keys()];
  return (await originals.records(evidence, 'flows', rows)).map(({ text }) => text);
}

describe('packet captures', () => {
  const layouts: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
    ['little-endian', pcapFile(MIXED)],
    ['big-endian', pcapFile(MIXED, { isBig: true })],
    ['nanoseconds', pcapFile(MIXED, { isNano: true })],
    ['pcapng', pcapngFile(MIXED)],
    ['pcapng, big-endian', pcapngFile(MIXED, { isBig: true })],
    ['pcapng, nanoseconds', pcapngFile(MIXED, { interfaces: [{ resolution: 9 }] })],
    ['pcapng, 2^-20 seconds', pcapngFile(MIXED, { interfaces: [{ resolution: 0x80 + 20 }] })],
    [
      'pcapng, picoseconds from an offset',
      pcapngFile(MIXED, { interfaces: [{ resolution: 12, offset: 1_700_000_000 }] }),
    ],
    ['pcapng, obsolete packet blocks', pcapngFile(MIXED, { isObsolete: true })],
  ];

  it.each(layouts)('gives a row a conversation, with both directions: %s', (_, file) => {
    const parsed = reading(file);
    // Sizes: 20 bytes of IPv4, 20 of TCP (8 of UDP), and what is inside.
    expect(parsed.rows('flows')).toMatchObject([
      {
        ...{ startUs: NOON_US, endUs: NOON_US + 80_000, srcAddr: CLIENT, dstAddr: SERVER, protocol: 6 },
        ...{ srcPort: 40_000, dstPort: 9200, srcPackets: 5, dstPackets: 4, srcBytes: 300, dstBytes: 1560 },
        ...{ tcpFlags: 27, connState: established, line: 1 },
      },
      { dstPort: 9201, srcPackets: 1, dstPackets: 1, srcBytes: 40, dstBytes: 40, connState: refused },
      { dstPort: 9202, srcPackets: 3, dstPackets: 0, srcBytes: 120, dstBytes: 0, connState: attempt },
      { srcAddr: CLIENT, dstPort: 53, protocol: 17, srcBytes: 58, dstBytes: 118, connState: established },
      {
        srcAddr: CLIENT,
        protocol: 1,
        srcPort: 8,
        dstPort: 0,
        srcPackets: 1,
        dstPackets: 1,
        connState: unknown,
      },
    ]);
    expect(parsed.skipped).toMatchObject({ 'ARP packet': 1, 'later packet of a conversation': 13 });
    expect(parsed.rejected).toEqual([]);
  });

  it.each([0, 1, 12, 101, 108, 113, 228, 276])('reads link type %i', (link) => {
    const packet = ipv4(there, 17, udp(50_000, 53, 20));
    const bytes = Buffer.concat([linkHeader(link), packet]);
    const rows = reading(pcapFile([{ us: NOON_US, bytes }], { link })).rows('flows');
    expect(rows).toMatchObject([{ srcAddr: CLIENT, dstAddr: SERVER, dstPort: 53, srcBytes: 48 }]);
  });

  it('says which link type it cannot read', () => {
    const { rejected } = reading(pcapFile([{ us: NOON_US, bytes: Buffer.alloc(60) }], { link: 127 }));
    expect(rejected[0]?.reason).toMatch(/link type 127 are not read: expected Ethernet/);
  });

  it('passes over VLAN tags, MPLS, PPPoE and SNAP', () => {
    const packet = ipv4(there, 17, udp(50_000, 53, 20));
    const frames = [
      ethernet(0x0800, packet, [0x8100_0005]),
      ethernet(0x0800, packet, [0x88a8_0005, 0x8100_0006]),
      ethernet(0x8847, Buffer.concat([Buffer.from([0, 1, 0, 64, 0, 2, 1, 64]), packet])),
      ethernet(0x8864, Buffer.concat([Buffer.from([0x11, 0, 0, 1, 0, 50, 0, 0x21]), packet])),
      ethernet(56, Buffer.concat([Buffer.from([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), packet])),
    ];
    const rows = read(frames.map((bytes, i) => ({ us: NOON_US + i * 20_000, bytes }))).rows('flows');
    expect(rows).toMatchObject([{ srcAddr: CLIENT, dstPort: 53, srcPackets: 5, srcBytes: 240 }]);
  });

  it('reads IPv6 behind extension headers, and its fragments', () => {
    const [a, b] = ['2001:db8:0:0:0:0:0:7', '2001:db8:0:0:0:0:0:20'];
    const hop = Buffer.from([17, 0, 5, 2, 0, 0, 1, 0]);
    const first = Buffer.from([17, 0, 0, 1, 0, 0, 0, 77]);
    const later = Buffer.from([17, 0, 0, 64, 0, 0, 0, 77]);
    const packets = [
      ipv6(a, b, 0, udp(50_000, 53, 20), hop),
      ipv6(a, b, 44, udp(50_000, 53, 56), first),
      ipv6(a, b, 44, Buffer.alloc(40), later),
    ].map((packet, i) => ({ us: NOON_US + i, bytes: ethernet(0x86dd, packet) }));
    expect(read(packets).rows('flows')).toMatchObject([
      { srcAddr: '2001:db8::7', dstPort: 53, srcPackets: 3, srcBytes: 76 + 112 + 88 },
    ]);
  });

  it('counts later fragments to the conversation of the first, and without it to the addresses', () => {
    const first = ipv4({ ...there, id: 5, fragment: [0, true] }, 17, udp(50_000, 53, 992));
    const later = ipv4({ ...there, id: 5, fragment: [1000, false] }, 17, Buffer.alloc(500));
    const orphan = ipv4({ ...there, id: 6, fragment: [1000, false] }, 17, Buffer.alloc(100));
    expect(read(inFrames(first, later, orphan)).rows('flows')).toMatchObject([
      { srcPort: 50_000, dstPort: 53, srcPackets: 2, srcBytes: 1020 + 520 },
      { srcPort: 0, dstPort: 0, srcPackets: 1, srcBytes: 120 },
    ]);
  });

  it('takes no ports and flags from what a short frame is filled up with', () => {
    const filling = tcp(40_000, 9200, 'SA');
    const six = ipv6('2001:db8:0:0:0:0:0:7', '2001:db8:0:0:0:0:0:20', 6, Buffer.alloc(0));
    const packets = [
      { us: NOON_US, bytes: ethernet(0x0800, ipv4({ ...there, stated: 20 }, 6, filling)) },
      { us: NOON_US, bytes: ethernet(0x86dd, Buffer.concat([six, filling])) },
    ];
    // An IPv6 payload length of 0 is that of a jumbogram: it is told by the frame alone.
    packets[1]?.bytes.writeUInt16BE(2, 14 + 4);
    expect(read(packets).rows('flows')).toMatchObject([
      { srcPort: 0, dstPort: 0, srcBytes: 20, connState: unknown },
      { srcPort: 0, dstPort: 0, srcBytes: 42, connState: unknown },
    ]);
  });

  it('reads what a VXLAN mirror carries, and says that such packets can be made up', () => {
    const inner = ethernet(0x0800, ipv4(there, 6, tcp(40_000, 9200, 'S')));
    const outer = ipv4({ src: '192.0.2.1', dst: '192.0.2.2' }, 17, vxlan(inner));
    const parsed = read(inFrames(outer));
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: CLIENT, dstAddr: SERVER, dstPort: 9200, srcBytes: 40 },
    ]);
    expect(parsed.notes.join()).toContain('UDP port 4789');
  });
});

describe('conversations', () => {
  it('are begun by who sent the SYN, though an answer was captured first', () => {
    const [syn, answer, ...rest] = conversation(ANSWERED) as [Captured, Captured, ...Captured[]];
    expect(read([answer, syn, ...rest]).rows('flows')).toMatchObject([
      { srcAddr: CLIENT, dstPort: 9200, srcPackets: 5, connState: established },
    ]);
  });

  it('have their server told by its port where their beginning was not captured', () => {
    const rows = read(conversation('<PA500 A <PA500 A')).rows('flows');
    expect(rows).toMatchObject([{ srcAddr: CLIENT, dstPort: 9200, dstBytes: 1080, connState: midstream }]);
  });

  it('end when another one begins between the same ports, and not when a SYN is repeated', () => {
    const second = conversation('S <SA A PA9 <A', { at: NOON_US + 1e6, sequence: 9 });
    const repeated = conversation('S', { at: NOON_US + 1.5e6, sequence: 9 });
    expect(read([...conversation(ANSWERED), ...second, ...repeated]).rows('flows')).toMatchObject([
      { srcPackets: 5, endUs: NOON_US + 80_000 },
      { srcPackets: 4, startUs: NOON_US + 1e6, endUs: NOON_US + 1.5e6 },
    ]);
  });

  it.each([
    ['TCP', 6, 290, 310],
    ['UDP', 17, 50, 70],
    ['ICMP', 1, 50, 70],
  ])('are over after the silence that Zeek allows: %s', (_, protocol, joinedSeconds, apartSeconds) => {
    const payload =
      protocol === 6 ? tcp(40_000, 9200, 'PA', 10) : protocol === 17 ? udp(50_000, 53, 10) : icmp(8, 0);
    const rowsApart = (seconds: number): number =>
      read(
        [0, seconds].map((at) => ({
          us: NOON_US + at * 1e6,
          bytes: ethernet(0x0800, ipv4(there, protocol, payload)),
        })),
      ).rows('flows').length;
    expect([rowsApart(joinedSeconds), rowsApart(apartSeconds)]).toEqual([1, 2]);
  });

  it('keep packets together that were captured out of order', () => {
    const [one, two, three] = conversation('S <SA A') as [Captured, Captured, Captured];
    expect(read([three, one, two]).rows('flows')).toMatchObject([
      { startUs: one.us, endUs: three.us, srcPackets: 2, dstPackets: 1, connState: established },
    ]);
  });

  it('count a packet once that a mirror port gave twice, and say so', () => {
    const twice = conversation(ANSWERED).flatMap((packet) => [packet, { ...packet, us: packet.us + 40 }]);
    const parsed = read(twice);
    expect(parsed.rows('flows')).toMatchObject([
      { srcPackets: 5, dstPackets: 4, srcBytes: 300, dstBytes: 1560 },
    ]);
    expect(parsed.skipped).toMatchObject({ 'packet captured twice': 9 });
    expect(parsed.notes.join()).toContain('9 packets came twice');
    // Datagrams of a system that numbers all of them alike differ in their checksums.
    const alike = [1, 2, 3].map((checksum) => {
      const datagram = udp(50_000, 53, 20);
      datagram.writeUInt16BE(checksum, 6);
      return { us: NOON_US + checksum, bytes: ethernet(0x0800, ipv4({ ...there, id: 1 }, 17, datagram)) };
    });
    expect(read(alike).rows('flows')).toMatchObject([{ srcPackets: 3 }]);
  });

  it('have the sizes that headers state, not those that were captured', () => {
    const cut = conversation(ANSWERED).map(({ us, bytes }) => ({
      us,
      bytes: bytes.subarray(0, 60),
      onWire: bytes.length,
    }));
    expect(read(cut).rows('flows')).toMatchObject([
      { srcBytes: 300, dstBytes: 1560, connState: established },
    ]);
    // A segment that the network card was to cut has no length, and an Ethernet frame is padded to 60 bytes.
    const offloaded = ipv4({ ...there, stated: 0 }, 6, tcp(40_000, 9200, 'PA', 30_000));
    const padded = Buffer.concat([ipv4(back, 6, tcp(9200, 40_000, 'A')), Buffer.alloc(6)]);
    expect(read(inFrames(offloaded, padded)).rows('flows')).toMatchObject([
      { srcBytes: 30_040, dstBytes: 40 },
    ]);
  });

  it('are written out oldest first where more are open than memory is given to', () => {
    const extra = 1000;
    const one = pcapFile([{ us: NOON_US, bytes: ethernet(0x0800, ipv4(there, 6, tcp(1, 9200, 'S'))) }]);
    const record = one.subarray(24);
    const file = new Uint8Array(24 + record.length * (MOST_OPEN + extra));
    file.set(one);
    const view = new DataView(file.buffer);
    for (let i = 0; i < MOST_OPEN + extra; i++) {
      const at = 24 + i * record.length;
      file.set(record, at);
      view.setUint32(at + 4, i, true);
      // The source address, behind 16 bytes of the record, 14 of Ethernet and 12 of IPv4.
      view.setUint32(at + 42, 0x0a00_0000 + i);
    }
    const parsed = parseWith(pcap, file);
    expect(parsed.tables.flows.rowCount).toBe(MOST_OPEN + extra);
    expect(parsed.notes.join()).toContain('those that had been silent longest were written out');
  });
});

describe('damaged captures', () => {
  it('keep all packets before the one in which a killed capture ends', async () => {
    const file = pcapFile(conversation(ANSWERED));
    const { source } = await ingested(file.slice(0, -10));
    expect(source).toMatchObject({ isCut: true, rejected: 1, records: 10, rows: { flows: 1 } });
    expect(source.rejectedSamples[0]?.reason).toContain('the file ends inside this record');
  });

  it.each(['pcap', 'pcapng'])('go on behind a packet whose length is wrong: %s', (layout) => {
    const packets = conversation('S <SA A PA100 <PA1400 <A FA <FA A PA1 PA1 PA1');
    const file = layout === 'pcap' ? pcapFile(packets) : pcapngFile(packets);
    const before = (layout === 'pcap' ? pcapFile : pcapngFile)(packets.slice(0, 4)).length;
    for (const length of [5, 700, 0x7fff_ffff]) {
      const damaged = file.slice();
      new DataView(damaged.buffer).setUint32(before + (layout === 'pcap' ? 8 : 4), length, true);
      const parsed = reading(damaged);
      // What is left of a packet that was made too short to hold addresses is one more.
      expect(parsed.rejected.length, String(length)).toBe(layout === 'pcap' && length === 5 ? 2 : 1);
      const [row] = parsed.rows('flows');
      const packets = (row?.['srcPackets'] as number) + (row?.['dstPackets'] as number);
      // Of the one that lost its end in a pcap, the headers are there still.
      expect(packets, String(length)).toBe(layout === 'pcap' && length === 700 ? 12 : 11);
    }
  });

  it('are read on where others stand behind them in one file, each by its own header', () => {
    const raw = pcapFile([{ us: NOON_US + 5e6, bytes: ipv4(there, 17, udp(50_000, 53, 10)) }], {
      isBig: true,
      link: 101,
    });
    const parts = [pcapFile(conversation('S')), raw, pcapngFile(conversation('S', { port: 40_009 }))];
    const parsed = reading(new Uint8Array(Buffer.concat(parts)));
    expect(parsed.rows('flows').map((row) => row['srcPort'])).toEqual([40_000, 50_000, 40_009]);
    expect(parsed.notes.join()).toContain('Several captures stand in the file');
  });

  it('say what the capture lost by its own count, and pass over blocks without packets', () => {
    const others = [
      statisticsBlock(5, 2),
      statisticsBlock(30, 12),
      otherBlock(4, Buffer.alloc(40)),
      otherBlock(0x777, Buffer.alloc(9)),
    ];
    const parsed = reading(pcapngFile(conversation('S'), { others }));
    expect(parsed.notes.join()).toContain('lost 42 packets');
    expect(parsed.skipped).toMatchObject({ 'name resolution block': 1, 'block of an unknown kind': 1 });
  });

  it('do not pass for captures without packets', () => {
    expect(reading(pcapFile([]))).toMatchObject({ records: 1, skipped: { header: 1 }, rejected: [] });
    const headless = reading(pcapFile(conversation('S')).slice(4));
    expect(headless.rejected[0]?.reason).toContain('does not begin with the header of a packet capture');
  });
});

describe('receipts of captures', () => {
  it('say in words the packet that began the conversation, of a packed file too', async () => {
    const file = pcapngFile(MIXED, { interfaces: [{ name: 'eth0' }] });
    for (const given of [file, new Uint8Array(gzipSync(file))]) {
      const texts = await textsOf(given);
      expect(texts[0]).toContain(`TCP from ${CLIENT}:40000 to ${SERVER}:9200`);
      expect(texts[0]).toContain('time=2024-03-10');
      expect(texts[0]).toContain('flags=SYN\n');
      expect(texts[0]).toContain('40 bytes with its IP header, 54 on the wire, 54 captured');
      expect(texts[0]).toContain('interface=eth0');
      expect(texts.every((text) => text !== null)).toBe(true);
    }
  });

  it('read a packet by the header of its own capture', async () => {
    const raw = pcapFile([{ us: NOON_US, bytes: ipv4(there, 17, udp(50_000, 53, 10)) }], {
      isBig: true,
      link: 101,
    });
    const texts = await textsOf(new Uint8Array(Buffer.concat([pcapFile(conversation('S')), raw])));
    expect(texts[1]).toContain(`UDP from ${CLIENT}:50000 to ${SERVER}:53`);
  });
});
